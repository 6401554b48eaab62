//! A page to a multicast group: one stream, which everybody decodes who has joined.

use crate::harness::crowd::Crowd;
use crate::harness::ear;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::wait;
use cordboard_base::Format;
use cordboard_media::codec;
use cordboard_media::rtp::Packet;
use std::net::{Ipv4Addr, UdpSocket};

const GROUP: Ipv4Addr = Ipv4Addr::new(239, 255, 77, 1);
const ANN: u16 = 700;
const BEEP: u16 = 1_000;
/// 200 ms.
const MOMENT: usize = 1_600;

const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("300", |ch| { ch.page([], #{ group: "hall" }); });
"#;

/// A loudspeaker that has joined the group on the loopback network.
struct Loudspeaker {
    socket: UdpSocket,
    heard: Vec<i16>,
    sequence: Vec<u16>,
    sources: Vec<u32>,
}

impl Loudspeaker {
    fn new() -> Self {
        let socket = UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)).unwrap();
        socket.join_multicast_v4(&GROUP, &Ipv4Addr::LOCALHOST).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, heard: Vec::new(), sequence: Vec::new(), sources: Vec::new() }
    }

    /// Takes what has come.
    fn listens(&mut self) {
        let pcma = codec::find(&Format::new(8, "PCMA", 8_000)).unwrap();
        let mut bytes = [0; 2_048];
        while let Ok((length, _)) = self.socket.recv_from(&mut bytes) {
            let packet = Packet::parse(&bytes[..length]).unwrap();
            assert_eq!((packet.header.payload_type, packet.payload.len()), (8, 160));
            self.sequence.push(packet.header.sequence);
            self.sources.push(packet.header.ssrc);
            let mut decoder = pcma.decoder("", 8_000).unwrap();
            decoder.decode(packet.payload, &mut self.heard).unwrap();
        }
    }

    fn hears(&self, frequency_hz: u16) -> bool {
        let from = self.heard.len().saturating_sub(MOMENT);
        self.heard.len() > MOMENT && ear::hears(&self.heard[from..], 8_000, frequency_hz)
    }
}

#[test]
fn who_has_joined_the_group_hears_the_page_and_nothing_when_it_is_over() {
    let (mut hall, mut stair) = (Loudspeaker::new(), Loudspeaker::new());
    let ports = [&hall, &stair].map(|speaker| speaker.socket.local_addr().unwrap().port());
    let paging = format!(
        "multicast_from = \"127.0.0.1\"\n[group.hall]\nmulticast = [\"{GROUP}:{}\", \"{GROUP}:{}\"]\ncodec = \"PCMA\"\n",
        ports[0], ports[1]
    );
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN).file("etc/paging.toml", &paging));
    let mut crowd = Crowd::new(&exchange);
    let ann = crowd.phone("101", ANN);
    crowd.register(&[ann]);
    crowd.calls(ann, "300");
    crowd.talks(ann);
    for wanted in [BEEP, ANN] {
        crowd.until("the loudspeakers to hear it", |_| {
            [&mut hall, &mut stair].into_iter().for_each(Loudspeaker::listens);
            (hall.hears(wanted) && stair.hears(wanted)).then_some(())
        });
    }
    crowd.hangs_up(ann);
    let all = hall.sequence.len();
    assert!(hall.sources.windows(2).all(|pair| pair[0] == pair[1]), "one stream");
    assert!(hall.sequence.windows(2).all(|pair| pair[0].wrapping_add(1) == pair[1]), "without a gap");
    assert_ne!(hall.sources[0], stair.sources[0]);
    // What was under way has come; then nothing more does, for as long as 50 packets would take.
    let end = std::time::Instant::now() + std::time::Duration::from_secs(2);
    let mut quiet_since = (all, std::time::Instant::now());
    wait::until("silence", wait::SOON, || {
        hall.listens();
        if hall.sequence.len() != quiet_since.0 {
            quiet_since = (hall.sequence.len(), std::time::Instant::now());
        }
        (std::time::Instant::now() > end && quiet_since.1.elapsed().as_millis() > 1_000).then_some(())
    });
}
