//! Digits: telephone events and tones, in any order and at any time.

use super::media::{bridged, drain_to, leg, peer};
use cordboard_base::Time;
use cordboard_media::rtp::Fields;
use cordboard_media::{Command, Engine};
use cordboard_media::{Event, Output, Source, StreamKind};

/// Bytes of a step: what it is, how much later in ms, the timestamp's low octet, and an event's first two octets and duration.
const STEP: usize = 6;
/// The events' number on both legs.
const EVENTS: u8 = 101;
/// Samples of a packet of sound.
const SAMPLES: usize = 160;

/// Cuts the bytes into packets of events and of sound: a digit is told once for each press at most, with a code that there is and
/// a length that can be, and both legs close.
pub fn digits(data: &[u8]) {
    pressed(data);
}

/// How many digits were told.
fn pressed(data: &[u8]) -> usize {
    let (alice, bob) = (leg(0), leg(1));
    let mut engine = bridged(alice, bob);
    // Nobody else hears it: the engine takes digits for itself.
    engine.handle(Time::ZERO, Command::Hear { leg: alice, source: Source::Nothing });
    let (mut now, mut sequence, mut told, mut packets) = (Time::ZERO, 0u16, 0usize, 0usize);
    let mut rest = data;
    while let Some((&[kind, later, stamp, code, flags, duration], tail)) = rest.split_first_chunk::<STEP>() {
        rest = tail;
        now = Time::from_micros(now.as_micros() + 1_000 * u64::from(later));
        sequence = sequence.wrapping_add(if kind & 0x40 == 0 { 1 } else { u16::from(flags) });
        let is_event = kind & 1 == 0;
        let payload = match is_event {
            true => vec![code, flags, duration, duration.wrapping_mul(7)],
            // Two tones' worth of octets that nobody has made as such.
            false => (0..SAMPLES).map(|n| code.wrapping_mul(u8::try_from(n).unwrap_or(0)) ^ flags).collect(),
        };
        let fields = Fields {
            marker: kind & 2 != 0,
            payload_type: if is_event { EVENTS } else { 0 },
            sequence,
            timestamp: u32::from(stamp) * 160,
            ssrc: 7,
        };
        packets += 1;
        let mut packet = fields.packet(&payload);
        packet.truncate(packet.len().saturating_sub(if kind & 0x30 == 0x30 {
            usize::from(kind & 3)
        } else {
            0
        }));
        let (who, port) = if kind & 4 == 0 { (alice, 4_000) } else { (bob, 5_000) };
        if let Some(slot) = engine.slot(who) {
            engine.packet(now, slot, StreamKind::AudioRtp, peer(port), &mut packet);
        }
        told += heard(&mut engine);
        if engine.next_deadline().is_some_and(|due| due <= now) {
            engine.tick(now);
            told += heard(&mut engine);
        }
    }
    engine.handle(now, Command::Close { leg: alice });
    engine.handle(now, Command::Close { leg: bob });
    told += heard(&mut engine);
    assert!(told <= packets, "{told} digits of {packets} packets");
    assert_eq!(engine.sessions(), 0);
    told
}

/// The digits among an engine's outputs.
fn heard(engine: &mut Engine) -> usize {
    let mut told = 0;
    drain_to(engine, |output| {
        if let Output::Event(Event::Digit { digit, .. }) = output {
            assert!("0123456789*#ABCD".contains(digit), "{digit}");
            told += 1;
        }
    });
    told
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_seed_is_pressed() {
        assert!(crate::seeds("digits").iter().all(|seed| super::pressed(seed) == 2));
    }
}
