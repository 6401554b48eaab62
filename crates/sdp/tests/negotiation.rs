//! Offer, answer, acceptance: who agrees on what (RFC 3264, RFC 6337).
#![cfg(test)]

mod world;

use cordboard_base::{Direction, Format};
use cordboard_sdp::{
    AgreedAudio, Capabilities, MediaKind, Refusal, SdpError, SessionDescription, accept, answer, offer,
};
use world::{caps, format, local, parse, socket};

/// A peer's description with one audio line.
fn audio(connection: &str, port: u16, formats: &str, attributes: &[&str]) -> SessionDescription {
    let attributes: String = attributes.iter().map(|text| format!("a={text}\r\n")).collect();
    parse(&format!(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN {connection}\r\nt=0 0\r\nm=audio {port} RTP/AVP {formats}\r\n{attributes}"
    ))
}

fn answered(
    theirs: &SessionDescription,
    caps: &Capabilities,
    prefer: &[Format],
    wanted: Direction,
) -> AgreedAudio {
    answer(theirs, &local(), caps, prefer, wanted, None).unwrap().1.audio.unwrap()
}

fn codec(theirs: &SessionDescription, ours: &[&str], prefer: &[&str]) -> String {
    let prefer: Vec<Format> = prefer.iter().map(|name| format(name)).collect();
    answered(theirs, &caps(ours), &prefer, Direction::SendRecv).send[0].name.clone()
}

#[test]
fn a_codec_of_the_other_leg_beats_every_preference() {
    let theirs = audio("IP4 192.0.2.1", 4000, "9 0 8", &[]);
    assert_eq!(codec(&theirs, &["G722", "PCMU", "PCMA"], &["PCMA"]), "PCMA");
    assert_eq!(codec(&theirs, &["G722", "PCMU", "PCMA"], &["opus", "PCMU", "G722"]), "PCMU");
    // Nothing shared with the other leg: the offerer's order decides, not ours.
    assert_eq!(codec(&theirs, &["PCMA", "PCMU"], &["opus"]), "PCMU");
    // The other leg's codec that we can't speak ourselves is no use.
    assert_eq!(codec(&theirs, &["PCMA"], &["G722"]), "PCMA");
}

#[test]
fn a_stream_of_comfort_noise_and_events_alone_is_no_audio() {
    let theirs = audio("IP4 192.0.2.1", 4000, "13 101", &["rtpmap:101 telephone-event/8000"]);
    let caps = Capabilities { audio: vec![Format::new(13, "CN", 8_000)], ..caps(&["PCMU"]) };
    let refusal = answer(&theirs, &local(), &caps, &[], Direction::SendRecv, None).unwrap_err();
    assert_eq!((refusal.warn_code(), refusal), (305, Refusal::NoCommonFormat));
}

/// What we have, and comfort noise at 8,000 Hz.
fn with_noise(names: &[&str]) -> Capabilities {
    let mut caps = caps(names);
    caps.audio.push(Format::new(13, "CN", 8_000));
    caps
}

fn names(formats: &[Format]) -> Vec<(u8, &str)> {
    formats.iter().map(|format| (format.payload_type, format.name.as_str())).collect()
}

#[test]
fn comfort_noise_is_taken_beside_a_codec_of_its_clock_by_who_has_it() {
    let both = [(0, "PCMU"), (13, "CN")];
    let theirs = audio("IP4 192.0.2.1", 4000, "13 0 101", &["rtpmap:101 telephone-event/8000"]);
    let answer_with =
        |caps: &Capabilities| answer(&theirs, &local(), caps, &[], Direction::SendRecv, None).unwrap();
    let (description, agreed) = answer_with(&with_noise(&["PCMU"]));
    let agreed = agreed.audio.unwrap();
    assert_eq!((names(&agreed.send), names(&agreed.receive)), (both.to_vec(), both.to_vec()));
    let all = names(description.media[0].formats());
    assert_eq!(all, [(0, "PCMU"), (13, "CN"), (101, "telephone-event")]);
    // Not by who hasn't it, not where it was not offered, and not beside a codec of another clock (RFC 3389 §4).
    assert_eq!(names(&answer_with(&caps(&["PCMU"])).1.audio.unwrap().receive), [(0, "PCMU")]);
    for (formats, attributes) in [("0", &[][..]), ("96 13", &["rtpmap:96 opus/48000/2"][..])] {
        let theirs = audio("IP4 192.0.2.1", 4000, formats, attributes);
        let agreed = answered(&theirs, &with_noise(&["PCMU", "opus"]), &[], Direction::SendRecv);
        assert_eq!((agreed.send.len(), agreed.receive.len()), (1, 1), "{formats}");
    }
}

#[test]
fn comfort_noise_is_offered_by_who_has_it_and_holds_if_it_is_accepted() {
    let ours = offer(&local(), &with_noise(&["PCMA", "PCMU"]), Direction::SendRecv, None);
    let offered = names(ours.media[0].formats());
    assert_eq!(offered, [(8, "PCMA"), (0, "PCMU"), (13, "CN"), (101, "telephone-event")]);
    for (formats, expected) in [("0 13", vec![(0, "PCMU"), (13, "CN")]), ("0", vec![(0, "PCMU")])] {
        let agreed = accept(&ours, &audio("IP4 192.0.2.1", 4000, formats, &[])).unwrap().audio.unwrap();
        assert_eq!((names(&agreed.send), names(&agreed.receive)), (expected.clone(), expected));
    }
    // Who has not offered it does not get it by an answer.
    let ours = offer(&local(), &caps(&["PCMU"]), Direction::SendRecv, None);
    let agreed = accept(&ours, &audio("IP4 192.0.2.1", 4000, "0 13", &[])).unwrap().audio.unwrap();
    assert_eq!(names(&agreed.receive), [(0, "PCMU")]);
}

#[test]
fn each_direction_is_answered_by_its_reverse_narrowed_to_our_wish() {
    use Direction::{Inactive, RecvOnly, SendOnly, SendRecv};
    let table = [
        ("sendrecv", SendRecv, SendRecv, false),
        ("sendonly", SendRecv, RecvOnly, true),
        ("recvonly", SendRecv, SendOnly, false),
        ("inactive", SendRecv, Inactive, true),
        ("sendrecv", SendOnly, SendOnly, false),
        ("sendonly", SendOnly, Inactive, true),
        ("recvonly", RecvOnly, Inactive, false),
        ("sendrecv", Inactive, Inactive, false),
    ];
    for (offered, wanted, expected, held) in table {
        let theirs = audio("IP4 192.0.2.1", 4000, "0", &[offered]);
        let agreed = answered(&theirs, &caps(&["PCMU"]), &[], wanted);
        assert_eq!((agreed.direction, agreed.held_by_peer), (expected, held), "{offered} {wanted:?}");
    }
}

#[test]
fn an_unspecified_address_is_a_hold_in_both_families_and_port_9_is_not() {
    let agreed = |connection, port| {
        answered(&audio(connection, port, "0", &[]), &caps(&["PCMU"]), &[], Direction::SendRecv)
    };
    for held in [agreed("IP4 0.0.0.0", 4000), agreed("IP6 ::", 4000)] {
        assert_eq!((held.direction, held.held_by_peer), (Direction::RecvOnly, true));
        assert_eq!((held.remote_rtp, held.remote_rtcp), (None, None));
    }
    let trickle = agreed("IP4 0.0.0.0", 9);
    assert_eq!(
        (trickle.direction, trickle.held_by_peer, trickle.remote_rtp),
        (Direction::SendRecv, false, None)
    );
    assert_eq!(agreed("IP4 192.0.2.1", 9).remote_rtp, None);
}

#[test]
fn nobody_is_made_to_flood_a_multicast_group() {
    for address in ["IP4 224.2.1.1/127/3", "IP6 ff15::101", "IP4 255.255.255.255"] {
        let mut local = local();
        if address.starts_with("IP6") {
            local.audio = Some(socket("[2001:db8::5]:20000"));
        }
        let theirs = audio(address, 4000, "0", &[]);
        let (_, agreed) = answer(&theirs, &local, &caps(&["PCMU"]), &[], Direction::SendRecv, None).unwrap();
        assert_eq!(agreed.audio.unwrap().remote_rtp, None, "{address}");
    }
}

#[test]
fn rtcp_goes_to_the_next_port_or_where_it_is_told_or_to_the_rtp_port() {
    let rtcp = |port, attributes: &[&str]| {
        let agreed = answered(
            &audio("IP4 192.0.2.1", port, "0", attributes),
            &caps(&["PCMU"]),
            &[],
            Direction::SendRecv,
        );
        agreed.remote_rtcp.map(|at| at.to_string())
    };
    assert_eq!(rtcp(4000, &[]).as_deref(), Some("192.0.2.1:4001"));
    assert_eq!(rtcp(65535, &[]), None);
    assert_eq!(rtcp(4000, &["rtcp:53020"]).as_deref(), Some("192.0.2.1:53020"));
    assert_eq!(rtcp(4000, &["rtcp:53020 IN IP4 198.51.100.9"]).as_deref(), Some("198.51.100.9:53020"));
    assert_eq!(rtcp(4000, &["rtcp:nonsense"]).as_deref(), Some("192.0.2.1:4001"));
    assert_eq!(rtcp(4000, &["rtcp:4444", "rtcp-mux"]).as_deref(), Some("192.0.2.1:4000"));
}

#[test]
fn rtcp_mux_needs_both_sides() {
    for (ours, theirs, expected) in [(true, true, true), (false, true, false), (true, false, false)] {
        let local = cordboard_sdp::Local { rtcp_mux: ours, ..local() };
        let attributes: &[&str] = if theirs { &["rtcp-mux"] } else { &[] };
        let peer = audio("IP4 192.0.2.1", 4000, "0", attributes);
        let (reply, agreed) =
            answer(&peer, &local, &caps(&["PCMU"]), &[], Direction::SendRecv, None).unwrap();
        assert_eq!((reply.media[0].rtcp_mux, agreed.audio.unwrap().rtcp_mux), (expected, expected));
        let offered = offer(&local, &caps(&["PCMU"]), Direction::SendRecv, None);
        assert_eq!(accept(&offered, &peer).unwrap().audio.unwrap().rtcp_mux, expected);
    }
}

#[test]
fn the_peers_packet_length_is_followed_within_reason() {
    let ptime = |attributes: &[&str]| {
        answered(&audio("IP4 192.0.2.1", 4000, "0", attributes), &caps(&["PCMU"]), &[], Direction::SendRecv)
            .ptime_ms
    };
    assert_eq!(ptime(&[]), 20);
    assert_eq!(ptime(&["ptime:30"]), 30);
    assert_eq!(ptime(&["ptime:30.0"]), 30);
    assert_eq!(ptime(&["ptime:9"]), 20);
    assert_eq!(ptime(&["ptime:10"]), 10);
    assert_eq!(ptime(&["ptime:60"]), 60);
    assert_eq!(ptime(&["ptime:61"]), 20);
    assert_eq!(ptime(&["ptime:45"]), 40);
    assert_eq!(ptime(&["ptime:40", "maxptime:30"]), 30);
    assert_eq!(ptime(&["maxptime:10"]), 10);
    assert_eq!(ptime(&["maxptime:0"]), 20);
    assert_eq!(ptime(&["ptime:-3"]), 20);
    assert_eq!(ptime(&["ptime:99999999999"]), 20);
}

#[test]
fn an_answer_with_numbers_of_its_own_is_sent_its_own_and_may_send_ours() {
    // RFC 3264 §5.1: the numbers of a description are those that its maker wants to receive.
    let ours = offer(&local(), &caps(&["opus", "PCMU"]), Direction::SendRecv, None);
    let theirs = audio(
        "IP4 192.0.2.1",
        4000,
        "111 100",
        &[
            "rtpmap:111 OPUS/48000/2",
            "fmtp:111 stereo=0",
            "rtpmap:100 telephone-event/48000",
            "fmtp:100 0-11,16",
        ],
    );
    let audio = accept(&ours, &theirs).unwrap().audio.unwrap();
    assert_eq!((audio.send[0].payload_type, audio.send[0].fmtp.as_str()), (111, "stereo=0"));
    assert_eq!((audio.receive[0].payload_type, audio.receive[0].fmtp.as_str()), (96, "useinbandfec=1"));
    let event = audio.telephone_event.unwrap();
    let offered =
        ours.media[0].formats().iter().find(|f| f.is_telephone_event() && f.clock_rate_hz == 48_000);
    assert_eq!((event.send_pt, event.receive_pt), (100, offered.unwrap().payload_type));
    assert!(event.events.has(11) && event.events.has(16) && !event.events.has(12));
}

#[test]
fn a_number_that_the_answer_does_not_explain_means_what_we_offered() {
    let ours = offer(&local(), &caps(&["opus"]), Direction::SendRecv, None);
    let audio = accept(&ours, &audio("IP4 192.0.2.1", 4000, "96", &[])).unwrap().audio.unwrap();
    assert_eq!(audio.send[0].name, "opus");
}

#[test]
fn an_answer_that_answers_something_else_is_an_error() {
    let ours = offer(&local(), &caps(&["PCMU"]), Direction::SendRecv, None);
    let stranger = audio("IP4 192.0.2.1", 4000, "8", &[]);
    assert_eq!(accept(&ours, &stranger), Err(SdpError::NoCommonFormat { index: 0 }));
    let mut longer = audio("IP4 192.0.2.1", 4000, "0", &[]);
    longer.media.push(longer.media[0].clone());
    assert_eq!(accept(&ours, &longer), Err(SdpError::Mismatch { index: 1 }));
    let mut other = audio("IP4 192.0.2.1", 4000, "0", &[]);
    other.media[0].kind = MediaKind::Video;
    assert_eq!(accept(&ours, &other), Err(SdpError::Mismatch { index: 0 }));
    let mut encrypted = audio("IP4 192.0.2.1", 4000, "0", &[]);
    encrypted.media[0].protocol = "RTP/SAVP".to_owned();
    assert_eq!(accept(&ours, &encrypted), Err(SdpError::Mismatch { index: 0 }));
}

#[test]
fn a_refused_or_missing_stream_of_an_answer_is_none() {
    let ours = offer(&local(), &caps(&["PCMU"]), Direction::SendRecv, None);
    assert_eq!(accept(&ours, &audio("IP4 192.0.2.1", 0, "0", &[])).unwrap().audio, None);
    let nothing = parse("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nt=0 0\r\n");
    assert_eq!(accept(&ours, &nothing).unwrap(), cordboard_sdp::Agreed::default());
}

#[test]
fn a_hold_of_ours_is_not_taken_for_one_of_theirs() {
    let held = |ours, theirs: &str| {
        let ours = offer(&local(), &caps(&["PCMU"]), ours, None);
        let audio = accept(&ours, &audio("IP4 192.0.2.1", 4000, "0", &[theirs])).unwrap().audio.unwrap();
        (audio.direction, audio.held_by_peer)
    };
    assert_eq!(held(Direction::SendOnly, "recvonly"), (Direction::SendOnly, false));
    assert_eq!(held(Direction::SendOnly, "sendrecv"), (Direction::SendOnly, false));
    assert_eq!(held(Direction::SendOnly, "inactive"), (Direction::Inactive, true));
    assert_eq!(held(Direction::Inactive, "inactive"), (Direction::Inactive, false));
    assert_eq!(held(Direction::SendRecv, "sendonly"), (Direction::RecvOnly, true));
}

#[test]
fn an_offer_names_an_event_format_for_each_clock() {
    let ours = offer(&local(), &caps(&["opus", "G722", "speex"]), Direction::SendRecv, None);
    let events: Vec<(u8, u32)> = ours.media[0]
        .formats()
        .iter()
        .filter(|f| f.is_telephone_event())
        .map(|f| (f.payload_type, f.clock_rate_hz))
        .collect();
    assert_eq!(events, [(101, 8_000), (98, 16_000), (99, 48_000)]);
}

#[test]
fn a_later_offer_keeps_lines_and_numbers_and_counts_versions() {
    let theirs = parse(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=image 5000 udptl t38\r\n\
         m=audio 4000 RTP/AVP 8 120 101\r\na=rtpmap:120 telephone-event/8000\r\na=rtpmap:101 speex/16000\r\n",
    );
    let local = cordboard_sdp::Local { rtcp_mux: false, ..local() };
    let (first, _) = answer(&theirs, &local, &caps(&["PCMA"]), &[], Direction::SendRecv, None).unwrap();
    let again = offer(&local, &caps(&["PCMA"]), Direction::SendRecv, Some(&first));
    assert_eq!(again, first, "nothing changed, so neither does the version");

    let hold = offer(&local, &caps(&["PCMA"]), Direction::SendOnly, Some(&first));
    assert_eq!((hold.origin.version.as_str(), hold.media.len(), hold.media[0].port), ("2", 2, 0));
    assert_eq!(hold.media[1].formats()[1].payload_type, 120, "their number for events stays ours");

    let more = Capabilities { audio: vec![format("PCMA"), Format::new(120, "iLBC", 8_000)], ..caps(&[]) };
    let wider = offer(&local, &more, Direction::SendRecv, Some(&hold));
    assert_eq!(wider.origin.version, "3");
    let numbers: Vec<u8> = wider.media[1].formats().iter().map(|f| f.payload_type).collect();
    assert_eq!(numbers, [8, 96, 120], "a number in use gets no second meaning");
}

#[test]
fn a_removed_stream_keeps_its_line_and_may_come_back_in_it() {
    let both = cordboard_sdp::Local { video: Some(socket("192.168.1.5:20002")), ..local() };
    let with_video = Capabilities { video: Some(vec![format("VP8")]), ..caps(&["PCMA"]) };
    let first = offer(&both, &with_video, Direction::SendRecv, None);
    assert_eq!(first.media[1].port, 20_002);
    let second = offer(&both, &caps(&["PCMA"]), Direction::SendRecv, Some(&first));
    assert_eq!((second.media.len(), second.media[1].port), (2, 0));
    let third = offer(&both, &with_video, Direction::SendRecv, Some(&second));
    assert_eq!((third.media.len(), third.media[1].port), (2, 20_002));
}

#[test]
fn video_passes_only_what_the_other_leg_has() {
    let theirs = parse(
        "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n\
         m=video 4002 RTP/AVP 110 111 112\r\na=rtpmap:110 VP8/90000\r\na=rtpmap:111 H264/90000\r\n\
         a=fmtp:111 packetization-mode=1\r\na=rtpmap:112 rtx/90000\r\na=fmtp:112 apt=110\r\n",
    );
    let both = cordboard_sdp::Local { video: Some(socket("192.168.1.5:20002")), ..local() };
    let video = |formats: Option<Vec<Format>>| {
        let caps = Capabilities { video: formats, ..caps(&["PCMA"]) };
        let (reply, agreed) = answer(&theirs, &both, &caps, &[], Direction::SendRecv, None).unwrap();
        (reply.media[1].port, agreed.video.map(|video| video.send))
    };
    assert_eq!(video(None), (0, None));
    assert_eq!(video(Some(vec![Format::new(31, "H261", 90_000)])), (0, None));
    assert_eq!(video(Some(vec![Format::new(112, "rtx", 90_000)])), (0, None));
    let (port, send) = video(Some(vec![format("H264")]));
    assert_eq!((port, send.unwrap()[0].payload_type), (20_002, 111));
}

#[test]
fn video_alone_is_a_call_and_nothing_is_none() {
    let body = |media: &str| {
        parse(&format!("v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n{media}"))
    };
    let both = cordboard_sdp::Local { video: Some(socket("192.168.1.5:20002")), ..local() };
    let caps = Capabilities { video: Some(vec![format("VP8")]), ..caps(&["PCMA"]) };
    let verdict = |media: &str| {
        answer(&body(media), &both, &caps, &[], Direction::SendRecv, None).map(|(reply, _)| reply.media.len())
    };
    assert_eq!(verdict("m=audio 0 RTP/AVP 8\r\nm=video 4002 RTP/AVP 98\r\na=rtpmap:98 VP8/90000\r\n"), Ok(2));
    assert_eq!(verdict(""), Err(Refusal::NoMedia));
    assert_eq!(verdict("m=audio 0 RTP/AVP 8\r\n"), Err(Refusal::NoMedia));
    assert_eq!(verdict("m=text 4000 RTP/AVP 98\r\na=rtpmap:98 t140/1000\r\n"), Err(Refusal::NoMedia));
    assert_eq!(verdict("m=audio 4000 RTP/SAVP 8\r\n"), Err(Refusal::Transport));
    assert_eq!(verdict("m=audio 4000 RTP/AVP 18\r\n"), Err(Refusal::NoCommonFormat));
}

#[test]
fn a_peer_that_asks_for_extended_reports_is_asked_for_as_much_and_others_for_none() {
    let asked = |attributes: &[&str]| {
        let theirs = audio("IP4 192.0.2.1", 4000, "0", attributes);
        let (ours, agreed) =
            answer(&theirs, &local(), &caps(&["PCMU"]), &[], Direction::SendRecv, None).unwrap();
        let said = ours.to_string().lines().find(|line| line.starts_with("a=rtcp-xr")).map(str::to_owned);
        (said, agreed.audio.unwrap().extended_reports)
    };
    let (said, wanted) = asked(&["rtcp-xr:rcvr-rtt=all:10000 stat-summary=loss,dup,jitt,TTL voip-metrics"]);
    assert_eq!(said.as_deref(), Some("a=rtcp-xr:stat-summary=loss,dup,jitt voip-metrics"));
    assert!(wanted.voip_metrics && wanted.summary.is_some_and(|summary| summary.loss && summary.jitter));
    let (said, wanted) = asked(&["sendrecv"]);
    assert!(said.is_none() && wanted.is_empty());
    // RFC 3611 §5: for the whole session, unless a stream says otherwise.
    let text = "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\na=rtcp-xr:voip-metrics\r\n\
                m=audio 4000 RTP/AVP 0\r\n";
    let of = |text: &str| answered(&parse(text), &caps(&["PCMU"]), &[], Direction::SendRecv).extended_reports;
    assert!(of(text).voip_metrics);
    assert!(of(&format!("{text}a=rtcp-xr\r\n")).is_empty());
}
