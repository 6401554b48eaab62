//! Sessions that move between real threads, with real sockets on loopback.

use super::super::tests::{PATIENCE, World, leg, setup, world_of};
use super::super::wav;
use cordboard_base::{Format, LegId};
use cordboard_media::{
    Audio, Command, Event, MixId, MixInput, MixSettings, Play, PlayEnd, PlayId, RecordSettings, RecordSides,
    RecordingId, RecordingOf, Source, Tone, codec, goertzel,
};
use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

/// A packet's samples.
const FRAME: usize = 160;
/// What must be heard, and what must not: of a tone that is said at 8,000.
const HEARD: f64 = 2_000.0;
const NOT_HEARD: f64 = 300.0;

/// A phone that says a tone, and our leg towards it.
struct Phone {
    leg: LegId,
    socket: UdpSocket,
    office: SocketAddr,
    hz: f64,
    sequence: u16,
    /// RTP packets that came, in order.
    got: Vec<Vec<u8>>,
}

impl Phone {
    fn new(world: &mut World, leg: LegId, hz: f64) -> Self {
        let office = world.opened(leg);
        let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
        socket.set_nonblocking(true).unwrap();
        world.media.command(setup(leg, socket.local_addr().unwrap()));
        Self { leg, socket, office, hz, sequence: 0, got: Vec::new() }
    }

    /// The next packet, at this time.
    fn send(&mut self, timestamp: u32, payload: &[u8]) {
        let mut packet = vec![0x80, 0];
        packet.extend(self.sequence.to_be_bytes());
        packet.extend(timestamp.to_be_bytes());
        packet.extend([0, 0, 0, 1]);
        packet.extend(payload);
        self.sequence = self.sequence.wrapping_add(1);
        self.socket.send_to(&packet, self.office).unwrap();
    }

    #[allow(clippy::cast_possible_truncation, reason = "at most 8,000")]
    fn say(&mut self) {
        let first = u32::from(self.sequence) * 160;
        let sample = |n: u32| (f64::from(n) * self.hz * std::f64::consts::TAU / 8_000.0).sin() * 8_000.0;
        let samples: Vec<i16> = (first..first + 160).map(|n| sample(n) as i16).collect();
        self.send(first, &encoded(&samples));
    }

    fn listen(&mut self) {
        let mut buffer = [0; 500];
        while let Ok((size, from)) = self.socket.recv_from(&mut buffer) {
            assert_eq!(from, self.office, "from the port that this phone was shown");
            self.got.push(buffer[..size].to_vec());
        }
    }

    fn sequences(&self) -> Vec<u16> {
        self.got.iter().map(|packet| u16::from_be_bytes([packet[2], packet[3]])).collect()
    }

    fn payloads(&self) -> Vec<u8> {
        self.got.iter().flat_map(|packet| packet[12..].to_vec()).collect()
    }

    /// How loud a tone is in the last 200 ms.
    fn hears(&self, hz: f64) -> f64 {
        let payloads = self.payloads();
        let last = &payloads[payloads.len().saturating_sub(10 * FRAME)..];
        goertzel::amplitude(&decoded(last), 8_000, hz)
    }

    /// One stream of ours, without a gap.
    fn assert_one_stream(&self) {
        assert!(self.got.iter().all(|packet| packet[8..12] == self.got[0][8..12]), "one SSRC");
        let sequences = self.sequences();
        let next = |pair: &[u16]| pair[1] == pair[0].wrapping_add(1);
        assert!(sequences.windows(2).all(next), "{}: {sequences:?}", self.leg);
    }
}

fn pcmu() -> &'static dyn codec::Codec {
    codec::find(&Format::new(0, "PCMU", 8_000)).unwrap()
}

fn encoded(samples: &[i16]) -> Vec<u8> {
    let mut payload = Vec::new();
    pcmu().encoder("", 8_000).unwrap().encode(samples, &mut payload);
    payload
}

fn decoded(payload: &[u8]) -> Vec<i16> {
    let mut samples = Vec::new();
    pcmu().decoder("", 8_000).unwrap().decode(payload, &mut samples).unwrap();
    samples
}

impl World {
    fn hear(&mut self, leg: LegId, source: Source) {
        self.media.command(Command::Hear { leg, source });
    }

    fn bridge(&mut self, a: LegId, b: LegId) {
        self.hear(a, Source::Leg(b));
        self.hear(b, Source::Leg(a));
    }

    /// All say their tones for 20 ms.
    fn talk(&mut self, phones: &mut [Phone]) {
        phones.iter_mut().for_each(Phone::say);
        let next = Instant::now() + Duration::from_millis(20);
        while let Some(left) = next.checked_duration_since(Instant::now()) {
            self.poller.wait(Some(left), &mut Vec::new()).unwrap();
            self.waker.clear();
            self.media.events(&mut self.events);
        }
        phones.iter_mut().for_each(Phone::listen);
    }

    /// All say their tones until this holds.
    fn talk_until(&mut self, phones: &mut [Phone], what: &str, mut holds: impl FnMut(&[Phone]) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !holds(phones) {
            self.talk(phones);
            assert!(Instant::now() < end, "{what}: {:?}", levels(phones));
        }
    }

    /// Talks until each hears exactly these of the others.
    fn all_hear(&mut self, phones: &mut [Phone], wanted: &[(usize, &[usize])]) {
        self.talk_until(phones, &format!("{wanted:?}"), |phones| {
            wanted.iter().all(|(listener, heard)| {
                phones.iter().enumerate().all(|(n, phone)| {
                    let level = phones[*listener].hears(phone.hz);
                    if heard.contains(&n) { level > HEARD } else { level < NOT_HEARD }
                })
            })
        });
    }

    /// Takes events until this one.
    fn event(&mut self, wanted: impl Fn(&Event) -> bool) -> Event {
        loop {
            let event = self.next();
            if wanted(&event) {
                return event;
            }
        }
    }

    fn end(self) {
        self.media.stop();
        let _removed = std::fs::remove_dir_all(self.directory);
    }
}

fn levels(phones: &[Phone]) -> Vec<Vec<f64>> {
    phones
        .iter()
        .map(|listener| phones.iter().map(|phone| listener.hears(phone.hz).round()).collect())
        .collect()
}

fn phones(world: &mut World, legs: &[LegId]) -> Vec<Phone> {
    let hz = [500.0, 700.0, 900.0, 1_100.0, 1_300.0, 1_500.0];
    legs.iter().zip(hz).map(|(leg, hz)| Phone::new(world, *leg, hz)).collect()
}

#[test]
fn no_packet_is_lost_doubled_or_out_of_order_while_its_session_moves() {
    const PACKETS: u16 = 3_000;
    let mut world = world_of(24_100..=24_139, 2);
    let (a, b) = (leg(1, 0), leg(1, 1));
    let mut pair = phones(&mut world, &[a, b]);
    world.bridge(a, b);
    world.all_hear(&mut pair, &[(0, &[1]), (1, &[0])]);
    pair.iter_mut().for_each(|phone| phone.got.clear());
    let (begin, first) = (Instant::now(), pair[0].sequence);
    let mut sent: u16 = 0;
    let mut moves = 0;
    while pair.iter().any(|phone| phone.got.len() < usize::from(PACKETS)) {
        // Whoever comes in threes draws the pair to where it is.
        if sent / 100 > moves {
            moves += 1;
            let others = [0, 1, 2].map(|index| leg(100 + u64::from(moves), index));
            others.iter().for_each(|&leg| world.media.command(opening(leg)));
            world.bridge(others[0], others[1]);
            world.hear(others[2], Source::Leg(others[0]));
            world.hear(others[2], Source::Leg(a));
            world.hear(others[0], Source::Leg(a));
            others.iter().for_each(|&leg| world.media.command(Command::Close { leg }));
        }
        // No more on the way than a socket holds, however slow this machine is.
        let got = pair.iter().map(|phone| phone.got.len()).min().unwrap();
        if sent < PACKETS && usize::from(sent) < got + 32 {
            let timestamp = u32::from(first) * 160 + u32::try_from(begin.elapsed().as_millis()).unwrap() * 8;
            let [high, low] = sent.to_be_bytes();
            let payload = [[high, low].as_slice(), &[0; FRAME - 2]].concat();
            pair.iter_mut().for_each(|phone| phone.send(timestamp, &payload));
            sent += 1;
        }
        pair.iter_mut().for_each(Phone::listen);
        world.media.events(&mut world.events);
        assert!(begin.elapsed() < PATIENCE, "{got} of {sent}");
    }
    for phone in &pair {
        phone.assert_one_stream();
        let numbers = phone.got.iter().map(|packet| u16::from_be_bytes([packet[12], packet[13]]));
        assert!(numbers.eq(0..PACKETS), "in order, each once");
    }
    assert!(world.media.counters().moved >= 2 * u64::from(moves), "{:?}", world.media.counters());
    world.end();
}

#[test]
fn calls_on_different_threads_are_connected_transferred_and_parted() {
    let mut world = world_of(24_140..=24_159, 4);
    let legs = [leg(1, 0), leg(1, 1), leg(2, 0), leg(2, 1)];
    let mut all = phones(&mut world, &legs);
    world.bridge(legs[0], legs[1]);
    world.bridge(legs[2], legs[3]);
    world.all_hear(&mut all, &[(0, &[1]), (1, &[0]), (2, &[3]), (3, &[2])]);
    assert_eq!(world.media.counters().moved, 0, "legs of one call share a thread from the beginning");
    // An attended transfer: the partners of both calls talk, those between them go.
    world.bridge(legs[0], legs[3]);
    world.hear(legs[1], Source::Nothing);
    world.hear(legs[2], Source::Nothing);
    world.all_hear(&mut all, &[(0, &[3]), (3, &[0])]);
    assert!(world.media.counters().moved > 0);
    world.close(legs[1]);
    world.close(legs[2]);
    [0, 3].iter().for_each(|&n| all[n].assert_one_stream());
    world.end();
}

#[test]
fn a_conference_gathers_callers_of_all_threads_and_one_listens_in() {
    let mut world = world_of(24_160..=24_179, 4);
    let legs: Vec<LegId> = (1..=5).map(|call| leg(call, 0)).collect();
    let mut all = phones(&mut world, &legs);
    let mix = MixId(1);
    let settings = MixSettings { speakers_max: 4, levelled: false, tells_talkers: false };
    world.media.command(Command::Mix { mix, settings });
    for &leg in &legs[..4] {
        world.media.command(Command::SayInto { mix, leg, input: Some(MixInput::default()) });
        world.hear(leg, Source::Mix(mix));
    }
    world.all_hear(&mut all, &[(0, &[1, 2, 3]), (1, &[0, 2, 3]), (2, &[0, 1, 3]), (3, &[0, 1, 2]), (4, &[])]);
    // A supervisor hears all, and whispers to one.
    world.hear(legs[4], Source::Mix(mix));
    let whisper = MixId(2);
    world.media.command(Command::Mix { mix: whisper, settings });
    for said in [0, 1, 2, 4] {
        let (leg, input) = (legs[said], Some(MixInput::default()));
        world.media.command(Command::SayInto { mix: whisper, leg, input });
    }
    world.hear(legs[3], Source::Mix(whisper));
    world.all_hear(&mut all, &[(0, &[1, 2, 3]), (3, &[0, 1, 2, 4]), (4, &[0, 1, 2, 3])]);
    all.iter().take(4).for_each(Phone::assert_one_stream);
    world.media.command(Command::EndMix { mix });
    world.media.command(Command::EndMix { mix: whisper });
    world.bridge(legs[0], legs[4]);
    world.all_hear(&mut all, &[(0, &[4]), (4, &[0])]);
    world.end();
}

#[test]
fn a_message_that_plays_and_a_recording_go_on_where_the_session_goes() {
    let mut world = world_of(24_180..=24_209, 3);
    let (caller, still) = (leg(1, 0), leg(2, 0));
    let mut all = phones(&mut world, &[caller, still]);
    std::fs::create_dir_all(&world.directory).unwrap();
    let message: Vec<i16> =
        (0..20_000u32).map(|n| i16::try_from(n * 37 % 20_011).unwrap() - 10_000).collect();
    let mut bytes = wav::header(8_000, 1, 40_000).to_vec();
    bytes.extend(message.iter().flat_map(|sample| sample.to_le_bytes()));
    std::fs::write(world.directory.join("m.wav"), bytes).unwrap();
    let id = RecordingId { of: RecordingOf::Leg(caller), number: 1 };
    let settings = RecordSettings::new("whole", RecordSides::Hears);
    world.media.command(Command::Record { id, settings });
    let tone = Tone { frequencies_hz: [600, 0], level_dbm0: -10, cadence_ms: vec![], duration_ms: 500 };
    let items = vec![Audio::File { path: "m.wav".to_owned(), from_ms: 0 }, Audio::Tone(tone)];
    let play = Play { id: PlayId(1), items, repeat: false, interrupt: String::new() };
    world.media.command(Command::Play { leg: still, play: play.clone() });
    world.media.command(Command::Play { leg: caller, play });
    let mut call: u64 = 10;
    let is_played = |event: &&Event| matches!(event, Event::Played { .. });
    while world.events.iter().filter(is_played).count() < 2 {
        // Whoever comes hears the caller; threes draw it to where they are.
        call += 1;
        let others = [0, 1, 2].map(|index| leg(call, index));
        others.iter().for_each(|&other| world.media.command(opening(other)));
        world.bridge(others[0], others[1]);
        world.hear(others[2], Source::Leg(others[0]));
        world.hear(others[0], Source::Leg(caller));
        others.iter().for_each(|&leg| world.media.command(Command::Close { leg }));
        (0..3).for_each(|_| world.talk(&mut all));
        assert!(call < 1_000, "the message does not end");
    }
    for _ in 0..2 {
        let event = world.event(|event| is_played(&event));
        assert!(matches!(event, Event::Played { end: PlayEnd::Finished, .. }), "{event:?}");
    }
    all[0].assert_one_stream();
    let moved = world.media.counters().moved;
    assert!(moved > 10, "{moved}");
    assert!(all[0].payloads() == all[1].payloads(), "what it hears is what one hears who stays");
    assert!(all[0].got.len() >= 150, "{}", all[0].got.len());
    let stamps = all[0].got.iter().map(|packet| u32::from_be_bytes(packet[4..8].try_into().unwrap()));
    let stamps: Vec<u32> = stamps.collect();
    assert!(stamps.windows(2).all(|pair| pair[1] == pair[0] + 160), "{stamps:?}");
    world.media.command(Command::EndRecording { id });
    let ended = world.event(|event| matches!(event, Event::RecordingEnded { .. }));
    let Event::RecordingEnded { ms, failure: None, .. } = ended else { panic!("{ended:?}") };
    assert!(ms >= 3_000, "{ms}");
    world.end();
}

fn opening(leg: LegId) -> Command {
    let seed = cordboard_media::StreamSeed { ssrc: 9, sequence: 100, timestamp: 5 };
    Command::Open { leg, peer: "127.0.0.1".parse().unwrap(), video: false, seed }
}

#[test]
fn threads_begin_when_somebody_needs_them_and_calls_are_spread() {
    let mut world = world_of(24_210..=24_229, 3);
    assert_eq!(world.media.workers.len(), 0);
    world.media.command(Command::EndMix { mix: MixId(9) });
    for call in 1..=6 {
        world.opened(leg(call, 0));
        assert_eq!(world.media.workers.len(), usize::try_from(call.min(3)).unwrap());
    }
    assert_eq!(world.media.placement.loads(), [2, 2, 2]);
    world.end();
}
