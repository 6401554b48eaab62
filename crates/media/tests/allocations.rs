//! What a packet costs of the heap: relaying one takes none, and turning one of a call's two laws into the other neither.
#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod phones;

use cordboard_media::StreamKind;
use cordboard_media::rtp::Fields;
use core::cell::Cell;
use phones::{PCMA, PCMU, World};
use std::alloc::{GlobalAlloc, Layout, System};

/// Packets before what is counted: both sides are latched and every queue has its room.
const WARM: u16 = 100;
/// Twenty seconds of a talk.
const COUNTED: u16 = 1_000;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// The system's allocator, counting what this thread asks of it.
struct Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[allow(unsafe_code, reason = "an allocator has no safe form")]
// SAFETY: every call is handed on to the system's allocator as it came; the counter is a plain cell of this thread, whose
// initialisation allocates nothing.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: the caller's promise about the layout is the one that is asked for.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: the pointer came from the system's allocator with this layout.
        unsafe { System.dealloc(pointer, layout) }
    }
}

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - before
}

/// How many allocations a thousand packets of each side take, and that all of them went on to the other.
fn talk(first: u8, second: u8) -> usize {
    let (mut world, a, b) = World::bridge(first, second);
    let mut buffer = [0x55; 172];
    let mut counted = 0;
    let mut passed = 0;
    for n in 0..WARM + COUNTED {
        // Timers are no part of the path: reports and figures are made every few seconds.
        world.run_ms(20);
        for phone in [a, b] {
            let from = world.phones[phone].clone();
            let fields = Fields {
                marker: false,
                payload_type: from.payload_type,
                sequence: n,
                timestamp: u32::from(n) * 160,
                ssrc: from.ssrc,
            };
            buffer[..12].copy_from_slice(&fields.to_bytes());
            let (now, engine) = (world.now, &mut world.engine);
            let mut forward = None;
            let taken = allocations(|| {
                forward = engine.packet(now, from.slot, StreamKind::AudioRtp, from.address, &mut buffer);
            });
            let mut told = 0;
            let polled = allocations(|| {
                while engine.poll().is_some() {
                    told += 1
                }
            });
            if n >= WARM {
                counted += taken + if told == 0 { polled } else { 0 };
                passed += usize::from(forward.is_some());
            }
        }
    }
    assert_eq!(passed, 2 * usize::from(COUNTED), "{first} to {second}");
    counted
}

#[test]
fn a_relayed_packet_allocates_nothing() {
    assert_eq!(talk(PCMA, PCMA), 0);
}

#[test]
fn a_packet_that_changes_its_law_allocates_nothing() {
    assert_eq!(talk(PCMA, PCMU), 0);
}

#[test]
fn what_is_allocated_is_counted() {
    assert_eq!(allocations(|| drop(vec![1u8; 100])), 1);
}
