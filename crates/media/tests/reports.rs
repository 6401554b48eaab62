//! RTCP, time-outs and latches over time.
#![cfg(test)]

mod phones;

use cordboard_media::rtcp::{Packet, ReportBlock, SenderInfo, VoipMetrics, Writer, parse_compound};
use cordboard_media::{Command, Event, Output, Source, StreamKind};
use core::net::SocketAddr;
use phones::{Got, PCMA, World};

fn rtcp(world: &mut World, phone: usize) -> Vec<Got> {
    let got = world.got.remove(&world.phones[phone].slot).unwrap_or_default();
    got.into_iter().filter(|got| cordboard_media::rtp::is_rtcp(&got.bytes)).collect()
}

fn rtcp_address(world: &World, phone: usize) -> SocketAddr {
    let rtp = world.phones[phone].address;
    SocketAddr::new(rtp.ip(), rtp.port() + 1)
}

fn talk(world: &mut World, from: usize, packets: usize) {
    for _ in 0..packets {
        world.send(from, &[0xD5; 160]);
        world.run_ms(20);
    }
}

#[test]
fn reports_go_to_the_next_port_at_drawn_intervals() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    talk(&mut world, a, 3_000);
    let reports = rtcp(&mut world, b);
    assert!((8..=20).contains(&reports.len()), "{} in a minute", reports.len());
    assert!(
        reports.iter().all(|got| got.to == rtcp_address(&world, b) && got.stream == StreamKind::AudioRtcp)
    );
    let gaps: Vec<u128> = reports.windows(2).map(|w| (w[1].at - w[0].at).as_millis()).collect();
    assert!(gaps.iter().all(|gap| (2_052..=6_157).contains(gap)), "{gaps:?}");
    assert!(gaps.iter().any(|gap| *gap != gaps[0]));
}

#[test]
fn a_sender_report_says_what_was_sent_and_a_receiver_report_what_was_heard() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.phones[a].sequence = 65_500;
    for n in 0..500 {
        if n % 10 == 3 {
            world.phones[a].sequence = world.phones[a].sequence.wrapping_add(1); // lost on the way
            world.phones[a].timestamp += 160;
            world.run_ms(20);
        } else {
            talk(&mut world, a, 1);
        }
    }
    let to_listener = parse_compound(&rtcp(&mut world, b).last().unwrap().bytes).unwrap();
    let Packet::SenderReport { ssrc: 0x1002, info, reports } = &to_listener[0] else {
        panic!("{to_listener:?}")
    };
    assert!(reports.is_empty() && info.packets > 100);
    assert_eq!(info.octets, info.packets * 160);
    assert_eq!(
        info.ntp >> 32,
        2_208_988_800 + 1_800_000_000 + (info.ntp >> 32) % 100,
        "the wall clock's second"
    );
    let Packet::Description { names } = &to_listener[1] else { panic!("{to_listener:?}") };
    assert_eq!((names[0].0, names[0].1.len()), (0x1002, 16));

    let to_talker = parse_compound(&rtcp(&mut world, a).last().unwrap().bytes).unwrap();
    let Packet::ReceiverReport { ssrc: 0x1001, reports } = &to_talker[0] else { panic!("{to_talker:?}") };
    let block = reports[0];
    assert_eq!(block.ssrc, world.phones[a].ssrc);
    assert!(block.lost > 10 && (15..40).contains(&block.fraction_lost), "{block:?}");
    assert_eq!(block.highest >> 16, 1, "one wrap");
}

#[test]
fn the_round_trip_is_measured_and_the_peers_losses_are_told() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    talk(&mut world, a, 400);
    let report = rtcp(&mut world, b).last().unwrap().clone();
    let packets = parse_compound(&report.bytes).unwrap();
    let Packet::SenderReport { ssrc, info, .. } = &packets[0] else { panic!("{packets:?}") };
    // The listener answers after one second, and the way there and back takes 80 ms.
    let waited = (world.now - report.at).as_millis();
    world.run_ms(1_080 - u64::try_from(waited).unwrap().min(1_000));
    let delay_ms = u32::try_from((world.now - report.at).as_millis()).unwrap() - 80;
    let block = ReportBlock {
        ssrc: *ssrc,
        lost: 7,
        jitter: 40,
        last_sr: u32::try_from(info.ntp >> 16 & 0xFFFF_FFFF).unwrap(),
        delay_since_last_sr: delay_ms * 65_536 / 1_000,
        ..ReportBlock::default()
    };
    let answer = Writer::default().receiver_report(0xBB, &[block]).finish();
    let from = rtcp_address(&world, b);
    world.datagram(b, StreamKind::AudioRtcp, from, &answer);
    let (_, stats) = world.engine.figures(world.now, world.leg(b)).unwrap();
    assert!((stats.round_trip_ms - 80.0).abs() < 1.1, "our milliseconds are whole: {stats:?}");
    assert_eq!((stats.peer_lost, stats.peer_jitter_ms), (7, 5.0));
}

#[test]
fn our_report_tells_the_peer_when_its_own_came() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    talk(&mut world, a, 10);
    let info = SenderInfo { ntp: 0x1111_2222_3333_4444, ..SenderInfo::default() };
    let from = rtcp_address(&world, a);
    world.datagram(a, StreamKind::AudioRtcp, from, &Writer::default().sender_report(1, info, &[]).finish());
    rtcp(&mut world, a);
    let at = world.now;
    while world.got.get(&world.phones[a].slot).is_none_or(Vec::is_empty) {
        talk(&mut world, b, 1);
        world.take_rtp(a);
    }
    let report = rtcp(&mut world, a).remove(0);
    let packets = parse_compound(&report.bytes).unwrap();
    let Packet::SenderReport { reports, .. } = &packets[0] else { panic!("{packets:?}") };
    assert_eq!(reports[0].last_sr, 0x2222_3333);
    let seconds = f64::from(reports[0].delay_since_last_sr) / 65_536.0;
    assert!((seconds - (report.at - at).as_secs_f64()).abs() < 0.001);
}

#[test]
fn with_rtcp_mux_everything_goes_over_one_port() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    world.setup(b, |audio| audio.rtcp_mux = true);
    talk(&mut world, a, 400);
    let address = world.phones[b].address;
    let reports = rtcp(&mut world, b);
    assert!(
        reports.iter().all(|got| got.to == address && got.stream == StreamKind::AudioRtp)
            && !reports.is_empty()
    );
    let before = world.engine.figures(world.now, world.leg(b)).unwrap().1;
    world.datagram(b, StreamKind::AudioRtp, address, &Writer::default().receiver_report(1, &[]).finish());
    let after = world.engine.figures(world.now, world.leg(b)).unwrap().1;
    assert_eq!((before.discarded, before.strangers), (after.discarded, after.strangers));
}

#[test]
fn rtcp_of_a_stranger_or_that_is_none_is_counted() {
    let (mut world, a, _) = World::bridge(PCMA, PCMA);
    let stranger = "198.51.100.1:5".parse().unwrap();
    world.datagram(a, StreamKind::AudioRtcp, stranger, &Writer::default().receiver_report(1, &[]).finish());
    let known = rtcp_address(&world, a);
    world.datagram(a, StreamKind::AudioRtcp, known, &[1, 2, 3]);
    let (_, stats) = world.engine.figures(world.now, world.leg(a)).unwrap();
    assert_eq!((stats.strangers, stats.discarded), (1, 1));
}

#[test]
fn closing_says_goodbye_before_the_sockets_go() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    talk(&mut world, a, 10);
    world.others.clear();
    let leg = world.leg(b);
    world.handle(Command::Close { leg });
    let last = rtcp(&mut world, b).pop().unwrap();
    assert_eq!(parse_compound(&last.bytes).unwrap().last(), Some(&Packet::Goodbye { sources: vec![0x1002] }));
    assert_eq!(world.others, [Output::Unbind { slot: world.phones[b].slot, leg }]);
}

#[test]
fn a_peer_that_goes_silent_on_the_wire_times_out_once() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    world.setup(a, |audio| audio.timeout_ms = 3_000);
    let timeouts =
        |world: &World| world.events.iter().filter(|(_, e)| matches!(e, Event::Timeout { .. })).count();
    world.run_ms(2_000);
    talk(&mut world, a, 1);
    world.run_ms(2_970);
    assert_eq!(timeouts(&world), 0);
    world.run_ms(10_000);
    assert_eq!(timeouts(&world), 1);
    talk(&mut world, a, 1);
    world.run_ms(10_000);
    assert_eq!(timeouts(&world), 2, "packets flowed again in between");
    world.setup(a, |audio| (audio.timeout_ms, audio.receives) = (3_000, false));
    world.run_ms(10_000);
    assert_eq!(timeouts(&world), 2, "not while nothing is to be received");
}

#[test]
fn a_connected_socket_is_opened_again_when_its_peer_goes_quiet_or_is_set_up_anew() {
    let mut world = World::new();
    let a = world.phone(PCMA);
    let address = world.phones[a].address;
    let latches = |world: &mut World| -> Vec<Option<SocketAddr>> {
        let of = |output: Output| {
            let Output::Latch { address, .. } = output else { return None };
            Some(address)
        };
        std::mem::take(&mut world.others).into_iter().filter_map(of).collect()
    };
    talk(&mut world, a, 5);
    assert_eq!(latches(&mut world), [Some(address)]);
    world.run_ms(12_000);
    assert_eq!(latches(&mut world), [None]);
    talk(&mut world, a, 5);
    assert_eq!(latches(&mut world), [Some(address)]);
    world.setup(a, |_| ());
    talk(&mut world, a, 5);
    assert_eq!(latches(&mut world), [None, Some(address)]);
    let told = world.events.iter().filter(|(_, e)| matches!(e, Event::Latched { .. })).count();
    assert_eq!(told, 1, "the call core hears only of another address");
}

#[test]
fn a_jump_of_the_senders_clock_does_not_jump_ours() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    talk(&mut world, a, 5);
    world.phones[a].timestamp = world.phones[a].timestamp.wrapping_sub(1_000_000);
    talk(&mut world, a, 5);
    world.phones[a].ssrc = 77;
    (world.phones[a].sequence, world.phones[a].timestamp) = (5, 5);
    talk(&mut world, a, 5);
    let got = world.take_rtp(b);
    assert_eq!(got.len(), 15);
    for pair in got.windows(2) {
        let (one, two) = (pair[0].rtp().header, pair[1].rtp().header);
        assert_eq!(
            (two.ssrc, two.sequence - one.sequence, two.timestamp - one.timestamp),
            (one.ssrc, 1, 160)
        );
    }
    assert!(got[5].rtp().header.marker && got[10].rtp().header.marker);
}

#[test]
fn a_pause_of_the_sender_is_a_pause_of_ours() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    talk(&mut world, a, 2);
    world.run_ms(10_000);
    world.phones[a].timestamp += 80_000;
    talk(&mut world, a, 1);
    let got = world.take_rtp(b);
    assert_eq!(got[2].rtp().header.timestamp - got[1].rtp().header.timestamp, 80_160);
    world.hear(b, Source::Nothing);
}

#[test]
fn the_score_falls_with_loss_and_is_told_for_both_ways() {
    let (mut world, a, b) = World::bridge(PCMA, PCMA);
    let score = |world: &World, phone: usize| world.engine.figures(world.now, world.leg(phone)).unwrap().1;
    assert_eq!((score(&world, a).score, score(&world, a).peer_score), (0.0, 0.0), "nothing is known");
    talk(&mut world, a, 200);
    assert!(score(&world, a).score > 4.3, "{:?}", score(&world, a));
    for n in 0..200u16 {
        world.phones[a].sequence += u16::from(n % 10 == 0);
        talk(&mut world, a, 1);
    }
    let with_loss = score(&world, a).score;
    assert!((2.5..4.1).contains(&with_loss), "5 % lost so far: {with_loss}");

    let ssrc = world.take_rtp(b)[0].rtp().header.ssrc;
    let block = ReportBlock { ssrc, lost: 40, jitter: 160, ..ReportBlock::default() };
    let from = rtcp_address(&world, b);
    world.datagram(b, StreamKind::AudioRtcp, from, &Writer::default().receiver_report(9, &[block]).finish());
    let heard = score(&world, b).peer_score;
    assert!((2.0..4.0).contains(&heard), "a tenth is lost on the way to the peer: {heard}");
    let metrics = VoipMetrics { listening_score: 31, ..VoipMetrics::unknown(ssrc) };
    let report = Writer::default().receiver_report(9, &[]).voip_metrics(9, &[metrics]).finish();
    world.datagram(b, StreamKind::AudioRtcp, from, &report);
    assert_eq!(score(&world, b).peer_score, 3.1, "what the peer says itself");
}

#[test]
fn a_peer_that_asks_for_extended_reports_is_told_how_its_stream_arrived() {
    use cordboard_sdp::{ExtendedReports, Summary};
    let (mut world, a, _) = World::bridge(PCMA, PCMA);
    let plain = |world: &mut World| {
        talk(world, a, 400);
        let got = rtcp(world, a);
        assert!(!got.is_empty());
        got.iter().filter(|got| got.bytes.windows(2).any(|two| two == [0x80, 207])).count()
    };
    assert_eq!(plain(&mut world), 0, "who does not ask is not told");
    let summary = Some(Summary { loss: true, duplicates: true, jitter: false });
    world.setup(a, |audio| audio.extended_reports = ExtendedReports { voip_metrics: true, summary });
    world.lose(a, 160);
    world.lose(a, 160);
    talk(&mut world, a, 400);
    let got = rtcp(&mut world, a);
    let packets = parse_compound(&got[0].bytes).unwrap();
    let Some(Packet::Extended { ssrc: 0x1001, voip }) = packets.last() else { panic!("{packets:?}") };
    assert_eq!((voip.len(), voip[0].ssrc), (1, world.phones[a].ssrc));
    assert!((85..=93).contains(&voip[0].rating) && (40..=45).contains(&voip[0].listening_score), "{voip:?}");
    // The summary is the block before: type 6, loss and duplicates, nine words.
    let at = got[0].bytes.windows(4).position(|four| four == [6, 0b1100_0000, 0, 9]).unwrap();
    let word = |n: usize| u32::from_be_bytes(got[0].bytes[at + 4 * n..][..4].try_into().unwrap());
    assert_eq!((word(1), word(3), word(4)), (world.phones[a].ssrc, 2, 0));
    let (begin, end) = (word(2) >> 16, word(2) & 0xFFFF);
    assert!(end > begin, "{begin} to {end}");
}
