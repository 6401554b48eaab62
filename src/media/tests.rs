//! The media threads on loopback. Every wait ends with an event or fails after [`PATIENCE`].

use super::*;
use crate::poller::Poller;
use cordboard_base::{CallId, Format, Interface, LegId};
use cordboard_media::{Audio, Play, PlayEnd, PlayId, Source, StreamSeed, StreamSetup};
use std::net::UdpSocket;
use std::time::{Duration, Instant};

pub(super) const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct World {
    pub(super) media: Media,
    pub(super) waker: Waker,
    pub(super) poller: Poller,
    pub(super) events: Vec<Event>,
    /// Of data, recordings and sounds.
    pub(super) directory: PathBuf,
}

fn world(ports: RangeInclusive<u16>) -> World {
    world_of(ports, 1)
}

/// With so many workers.
pub(super) fn world_of(ports: RangeInclusive<u16>, workers: u16) -> World {
    let loopback = Interface { address: "127.0.0.1".parse().unwrap(), bits: 8, external: None };
    let directory =
        std::env::temp_dir().join(format!("cordboard-media-{}-{}", std::process::id(), ports.start()));
    let config = MediaConfig {
        multicast: Default::default(),
        workers,
        ports,
        seed: 0,
        dscp: 46,
        networks: Networks { interfaces: vec![loopback], local: Vec::new() },
        sounds: directory.join("sounds"),
        music: BTreeMap::new(),
        lang: "en".to_owned(),
        cache_bytes: 1 << 20,
        recordings: directory.join("recordings"),
        data: directory.clone(),
        keep: KeepRecordings::default(),
    };
    let waker = Waker::new().unwrap();
    let poller = Poller::new().unwrap();
    poller.add(&waker, 0).unwrap();
    let media = Media::start(&config, Clock::start(), &waker).unwrap();
    World { media, waker, poller, events: Vec::new(), directory }
}

pub(super) fn leg(call: u64, index: u16) -> LegId {
    LegId { call: CallId(call), index }
}

fn open(leg: LegId) -> Command {
    let seed = StreamSeed { ssrc: 9, sequence: 100, timestamp: 5 };
    Command::Open { leg, peer: "127.0.0.1".parse().unwrap(), video: false, seed }
}

pub(super) fn setup(leg: LegId, remote: SocketAddr) -> Command {
    let format = Format::new(0, "PCMU", 8_000);
    let audio = StreamSetup {
        remote_rtp: Some(remote),
        remote_rtcp: None,
        rtcp_mux: false,
        send: vec![format.clone()],
        receive: vec![format],
        telephone_event: None,
        ptime_ms: 20,
        sends: true,
        receives: true,
        timeout_ms: 0,
        extended_reports: Default::default(),
    };
    Command::Setup { leg, audio: Some(audio), video: None }
}

impl World {
    pub(super) fn next(&mut self) -> Event {
        let until = Instant::now() + PATIENCE;
        while self.events.is_empty() {
            self.media.events(&mut self.events);
            if self.events.is_empty() {
                let left = until.checked_duration_since(Instant::now()).expect("no event came");
                self.poller.wait(Some(left), &mut Vec::new()).unwrap();
                self.waker.clear();
            }
        }
        self.events.remove(0)
    }

    pub(super) fn opened(&mut self, leg: LegId) -> SocketAddr {
        self.media.command(open(leg));
        let event = self.next();
        let Event::Opened { audio, video: None, .. } = event else { panic!("{event:?}") };
        audio
    }

    pub(super) fn close(&mut self, leg: LegId) {
        self.media.command(Command::Close { leg });
        loop {
            if let Event::Closed { leg: closed, .. } = self.next() {
                assert_eq!(closed, leg);
                return;
            }
        }
    }
}

fn peer() -> UdpSocket {
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    socket
}

fn rtp(sequence: u8) -> Vec<u8> {
    let mut packet = vec![0x80, 0, 0, sequence, 0, 0, 0, sequence, 0, 0, 0, 1];
    packet.extend([sequence; 160]);
    packet
}

#[test]
fn two_legs_that_hear_each_other_are_relayed_through_real_sockets() {
    let mut world = world(24_000..=24_009);
    let (a, b) = (leg(1, 0), leg(1, 1));
    let (to_a, to_b) = (world.opened(a), world.opened(b));
    let (phone_a, phone_b) = (peer(), peer());
    for (leg, phone, other) in [(a, &phone_a, b), (b, &phone_b, a)] {
        world.media.command(setup(leg, phone.local_addr().unwrap()));
        world.media.command(Command::Hear { leg, source: Source::Leg(other) });
    }
    let mut buffer = [0; 500];
    // Commands and packets come to the worker by different ways: what is sent before it knows of the bridge is dropped.
    phone_b.set_read_timeout(Some(Duration::from_millis(50))).unwrap();
    let until = Instant::now() + PATIENCE;
    let mut sequence = 0;
    let size = loop {
        sequence += 1;
        phone_a.send_to(&rtp(sequence), to_a).unwrap();
        match phone_b.recv_from(&mut buffer) {
            Ok((size, from)) => {
                assert_eq!(from, to_b, "from the port that this phone was shown");
                break size;
            }
            Err(_) => assert!(Instant::now() < until, "nothing is relayed"),
        }
    };
    assert_eq!(size, 172);
    assert_eq!(buffer[8..12], [0, 0, 0, 9], "our SSRC");
    assert_eq!(buffer[12..172], [sequence; 160]);
    phone_b.send_to(&rtp(1), to_b).unwrap();
    phone_a.recv_from(&mut buffer).unwrap();
    world.close(a);
    world.close(b);
    world.media.stop();
}

#[test]
fn the_last_pair_is_given_and_one_past_it_fails_until_a_leg_closes() {
    let mut world = world(24_020..=24_023);
    assert_eq!(world.media.free_pairs(), 2);
    let first = world.opened(leg(1, 0));
    world.opened(leg(1, 1));
    world.media.command(open(leg(1, 2)));
    assert_eq!(world.next(), Event::OpenFailed { leg: leg(1, 2) });
    assert_eq!(world.media.counters().open_failed, 1);
    world.close(leg(1, 0));
    assert_eq!(world.opened(leg(1, 3)), first);
    world.media.stop();
}

#[test]
fn a_family_that_we_have_no_address_of_fails() {
    let mut world = world(24_030..=24_031);
    let seed = StreamSeed { ssrc: 1, sequence: 1, timestamp: 1 };
    let peer = "2001:db8::1".parse().unwrap();
    world.media.command(Command::Open { leg: leg(1, 0), peer, video: false, seed });
    assert_eq!(world.next(), Event::OpenFailed { leg: leg(1, 0) });
    world.media.stop();
}

#[test]
fn a_second_open_of_a_leg_gives_its_ports_back() {
    let mut world = world(24_040..=24_043);
    world.opened(leg(1, 0));
    world.media.command(open(leg(1, 0)));
    assert_eq!(world.next(), Event::OpenFailed { leg: leg(1, 0) });
    world.opened(leg(1, 1));
    world.media.stop();
}

#[test]
fn video_has_a_pair_of_its_own() {
    let mut world = world(24_050..=24_053);
    let seed = StreamSeed { ssrc: 1, sequence: 1, timestamp: 1 };
    let peer = "127.0.0.1".parse().unwrap();
    world.media.command(Command::Open { leg: leg(1, 0), peer, video: true, seed });
    let Event::Opened { audio, video: Some(video), .. } = world.next() else { panic!("no video") };
    assert_eq!((audio.port(), video.port()), (24_050, 24_052));
    world.media.stop();
}

#[test]
fn a_message_in_the_data_directory_is_heard_from_where_it_was_told() {
    let mut world = world(24_060..=24_061);
    let caller = leg(1, 0);
    world.opened(caller);
    let phone = peer();
    world.media.command(setup(caller, phone.local_addr().unwrap()));
    let folder = world.directory.clone();
    std::fs::create_dir_all(&folder).unwrap();
    let mut bytes = wav::header(8_000, 1, 2 * 40_000).to_vec();
    bytes.extend((0..40_000).flat_map(|_| 1_000i16.to_le_bytes()));
    std::fs::write(folder.join("m.wav"), bytes).unwrap();
    let items = vec![
        Audio::File { path: "m.wav".to_owned(), from_ms: 4_800 },
        Audio::File { path: "../m.wav".to_owned(), from_ms: 0 },
    ];
    let play = Play { id: PlayId(1), items, repeat: false, interrupt: String::new() };
    world.media.command(Command::Play { leg: caller, play });
    let event = world.next();
    let Event::Played { end, at, .. } = event else { panic!("{event:?}") };
    assert_eq!((end, at.item), (PlayEnd::Missing("../m.wav".to_owned()), 1));
    let mut buffer = [0; 500];
    let mut loud = 0;
    for _ in 0..10 {
        let (size, _) = phone.recv_from(&mut buffer).unwrap();
        assert_eq!(size, 172);
        loud += buffer[12..172].iter().filter(|&&byte| byte != 0xFF).count();
    }
    assert!((1_560..=1_600).contains(&loud), "the last 200 ms: {loud}");
    world.media.stop();
    let _removed = std::fs::remove_dir_all(folder);
}
