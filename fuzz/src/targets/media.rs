//! The media engine: two bridged legs of different codecs, and packets that a stranger or a broken phone might send.

use cordboard_base::{CallId, Format, LegId, Time};
use cordboard_media::{
    Command, Engine, EngineConfig, Output, Source, StreamKind, StreamSeed, StreamSetup, TelephoneEvent,
    VideoSetup,
};
use core::net::{Ipv4Addr, SocketAddr};

/// Where packets go in, by turns.
const STREAMS: [StreamKind; 4] =
    [StreamKind::AudioRtp, StreamKind::AudioRtcp, StreamKind::VideoRtp, StreamKind::VideoRtcp];

/// Outputs that one packet of at most 64 KiB may cause; more would be a loop.
const OUTPUTS_MAX: usize = 4_096;

/// Cuts the bytes into packets (a length, then that many bytes) and gives them to the engine while time goes by: nothing
/// panics, and every input's outputs come to an end.
pub fn media(data: &[u8]) {
    relayed(data);
}

/// How many packets came out rewritten in place.
fn relayed(data: &[u8]) -> usize {
    let mut relayed = 0;
    let (alice, bob) = (leg(0), leg(1));
    let mut engine = bridged(alice, bob);
    let mut now = Time::ZERO;
    let mut rest = data;
    for turn in 0.. {
        let Some((&length, tail)) = rest.split_first() else { break };
        let (packet, tail) = tail.split_at(usize::from(length).min(tail.len()));
        rest = tail;
        now = Time::from_micros(now.as_micros() + 1_000 * u64::from(length));
        let (who, port) = if turn % 3 == 0 { (bob, 5_000) } else { (alice, 4_000) };
        let stream = STREAMS.get(usize::from(length % 8)).copied().unwrap_or(StreamKind::AudioRtp);
        let mut packet = packet.to_vec();
        if let Some(slot) = engine.slot(who) {
            relayed += usize::from(engine.packet(now, slot, stream, peer(port), &mut packet).is_some());
        }
        drain(&mut engine);
        if engine.next_deadline().is_some_and(|due| due <= now) {
            engine.tick(now);
            drain(&mut engine);
        }
    }
    engine.handle(now, Command::Close { leg: alice });
    engine.handle(now, Command::Close { leg: bob });
    drain(&mut engine);
    assert_eq!(engine.sessions(), 0);
    relayed
}

fn drain(engine: &mut Engine) {
    drain_to(engine, |_| {});
}

/// Gives each output of an engine away; they must come to an end.
pub(super) fn drain_to(engine: &mut Engine, mut to: impl FnMut(Output)) {
    let outputs = core::iter::from_fn(|| engine.poll()).take(OUTPUTS_MAX).map(&mut to).count();
    assert!(outputs < OUTPUTS_MAX, "outputs without end");
}

pub(super) fn leg(index: u16) -> LegId {
    LegId { call: CallId(1), index }
}

pub(super) fn peer(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), port))
}

pub(super) fn bridged(alice: LegId, bob: LegId) -> Engine {
    let mut engine = Engine::new(EngineConfig::default());
    let legs = [(alice, bob, "PCMU", 0, 4_000), (bob, alice, "PCMA", 8, 5_000)];
    for (leg, _, _, _, port) in legs {
        let seed = StreamSeed { ssrc: u32::from(port), sequence: 65_530, timestamp: u32::MAX - 100 };
        engine.handle(Time::ZERO, Command::Open { leg, peer: peer(port).ip(), video: true, seed });
    }
    for (leg, other, codec, number, port) in legs {
        let events =
            TelephoneEvent { send_payload_type: 101, receive_payload_type: 101, clock_rate_hz: 8_000 };
        let audio = StreamSetup {
            remote_rtp: Some(peer(port)),
            remote_rtcp: Some(peer(port + 1)),
            rtcp_mux: false,
            send: vec![Format::new(number, codec, 8_000)],
            receive: vec![Format::new(0, "PCMU", 8_000), Format::new(8, "PCMA", 8_000)],
            telephone_event: Some(events),
            ptime_ms: 20,
            sends: true,
            receives: true,
            timeout_ms: 60_000,
            extended_reports: Default::default(),
        };
        let video =
            VideoSetup { remote_rtp: None, remote_rtcp: None, rtcp_mux: true, payload_map: vec![(96, 97)] };
        engine.handle(Time::ZERO, Command::Setup { leg, audio: Some(audio), video: Some(video) });
        engine.handle(Time::ZERO, Command::Hear { leg, source: Source::Leg(other) });
    }
    engine
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_seed_is_heard_at_the_other_end() {
        let relayed: Vec<usize> = crate::seeds("media").iter().map(|seed| super::relayed(seed)).collect();
        assert!(relayed.iter().any(|count| *count >= 4), "{relayed:?}");
    }
}
