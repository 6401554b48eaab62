//! What it costs to go to a place in an hour of MP3, whose frames have to be counted: forward from the beginning, on from there, and
//! back. `cargo bench -p cordboard-sounds --bench seek`
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use cordboard_sounds::{Long, Reader, Stream};
use std::io::Cursor;
use std::time::Instant;

/// An hour at 44,100 Hz.
const FRAMES: usize = 3_600 * 44_100 / 1_152;
/// MPEG 1, layer 3, 128 kbit/s, 44,100 Hz, one channel; everything behind the header is 0, which is silence.
const HEADER: [u8; 4] = [0xFF, 0xFB, 0x90, 0xC0];
const FRAME_BYTES: usize = 417;

fn main() {
    let mut frame = [0; FRAME_BYTES];
    frame[..4].copy_from_slice(&HEADER);
    let file = frame.repeat(FRAMES);
    println!("{} MB", file.len() / 1_000_000);
    let begun = Instant::now();
    let reader = Reader::open(Box::new(Cursor::new(file)), "mp3").unwrap();
    let mut long = Long::new(Stream::new(reader));
    println!("opened: {:.1?}, {:?} ms long", begun.elapsed(), long.length_ms());
    for (what, block) in [
        ("the first block", 0),
        ("59 minutes on", 1_770),
        ("the next", 1_771),
        ("back to 58", 1_740),
        ("10 s on", 1_745),
        ("back to 1", 30),
    ] {
        let begun = Instant::now();
        let block = long.block(block).unwrap();
        println!("{what}: {:.1?}, {} samples", begun.elapsed(), block.samples.data.len());
    }
}
