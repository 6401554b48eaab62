//! What holds whatever comes in: no panic, as many media lines, both sides of one mind.
#![cfg(test)]

mod world;

use cordboard_base::{Direction, Format};
use cordboard_sdp::{
    Agreed, AgreedAudio, AgreedVideo, Capabilities, Local, MediaKind, SessionDescription, accept, answer,
    offer,
};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use world::{bodies, caps, format, local, socket};

/// Everything that a peer's bytes can reach.
fn digest(bytes: &[u8]) {
    let Ok(theirs) = SessionDescription::parse(bytes) else { return };
    let both = Local { video: Some(socket("192.168.1.5:20002")), ..local() };
    let caps = Capabilities {
        video: Some(vec![format("H264"), format("VP8")]),
        ..caps(&["PCMU", "PCMA", "G722", "opus", "GSM"])
    };
    let prefer = theirs.formats_of(&MediaKind::Audio);
    let ours = offer(&both, &caps, Direction::SendRecv, None);
    let reply = answer(&theirs, &both, &caps, &prefer, Direction::SendRecv, Some(&ours));
    if let Ok((reply, _)) = reply {
        assert_eq!(reply.media.len(), theirs.media.len());
        for (reply, offered) in reply.media.iter().zip(&theirs.media) {
            assert_eq!((&reply.kind, &reply.protocol), (&offered.kind, &offered.protocol));
            assert!(reply.port == 0 || offered.port != 0);
        }
        SessionDescription::parse(&reply.to_bytes()).unwrap();
        let later = offer(&both, &caps, Direction::SendOnly, Some(&reply));
        assert!(later.media.len() >= reply.media.len());
    }
    let _accepted = accept(&ours, &theirs);
    let again = SessionDescription::parse(&theirs.to_bytes()).unwrap();
    assert_eq!(again.to_bytes(), theirs.to_bytes());
}

fn direction() -> impl Strategy<Value = Direction> {
    select(vec![Direction::SendRecv, Direction::SendOnly, Direction::RecvOnly, Direction::Inactive])
}

fn capabilities() -> impl Strategy<Value = Capabilities> {
    let audio = subsequence(vec!["PCMU", "PCMA", "G722", "GSM", "opus", "speex"], 1..=6).prop_shuffle();
    let video = proptest::option::of(subsequence(vec!["VP8", "H264"], 1..=2).prop_shuffle());
    let numbers = vec(96u8..=127, 6);
    (audio, video, any::<bool>(), 1u16..=6, numbers).prop_map(|(audio, video, events, ptime, numbers)| {
        let numbered = |names: Vec<&str>| -> Vec<Format> {
            let formats = names.iter().zip(&numbers).map(|(name, number)| {
                let format = format(name);
                let payload_type = if format.payload_type < 96 { format.payload_type } else { *number };
                Format { payload_type, ..format }
            });
            formats.collect()
        };
        Capabilities {
            audio: numbered(audio),
            telephone_event: events,
            ptime_ms: ptime * 10,
            video: video.map(numbered),
        }
    })
}

fn side(host: u8) -> impl Strategy<Value = Local> {
    let video = proptest::option::of(Just(socket(&format!("192.0.2.{host}:4002"))));
    (any::<bool>(), video).prop_map(move |(rtcp_mux, video)| Local {
        session_id: u64::from(host),
        version: 1,
        audio: Some(socket(&format!("192.0.2.{host}:4000"))),
        video,
        rtcp_mux,
    })
}

/// The same agreement seen by the other side; addresses and events sets are each side's own.
fn mirrored(agreed: Agreed) -> Agreed {
    let audio = agreed.audio.map(|audio| AgreedAudio {
        send: audio.receive,
        receive: audio.send,
        telephone_event: audio.telephone_event.map(|event| cordboard_sdp::TelephoneEvent {
            send_pt: event.receive_pt,
            receive_pt: event.send_pt,
            ..event
        }),
        direction: audio.direction.reversed(),
        ..audio
    });
    let video = agreed.video.map(|video| AgreedVideo {
        send: video.receive,
        receive: video.send,
        direction: video.direction.reversed(),
        ..video
    });
    Agreed { audio, video }
}

/// Without what only one side can say: where the peer is, and who holds whom.
fn shared(agreed: Agreed) -> Agreed {
    let audio = agreed.audio.map(|audio| AgreedAudio {
        remote_rtp: None,
        remote_rtcp: None,
        held_by_peer: false,
        ..audio
    });
    let video = agreed.video.map(|video| AgreedVideo { remote_rtp: None, remote_rtcp: None, ..video });
    Agreed { audio, video }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn bytes_never_panic(bytes in vec(any::<u8>(), 0..2_000)) {
        digest(&bytes);
        digest(&[b"v=0\r\n", &bytes[..]].concat());
    }

    #[test]
    fn lines_of_nonsense_never_panic(lines in vec("[a-z]=[ -~]{0,40}", 0..40)) {
        digest(format!("v=0\r\n{}\r\n", lines.join("\r\n")).as_bytes());
    }

    #[test]
    fn mutated_phones_never_panic(
        body in select(bodies()),
        edits in vec((any::<prop::sample::Index>(), any::<u8>(), 0u8..4), 1..20),
    ) {
        let mut body = body;
        for (at, byte, edit) in edits {
            let at = at.index(body.len().max(1)).min(body.len().saturating_sub(1));
            match edit {
                _ if body.is_empty() => {}
                0 => body[at] = byte,
                1 => { body.remove(at); }
                2 => body.insert(at, byte),
                _ => body.truncate(at),
            }
        }
        digest(&body);
    }

    #[test]
    fn shuffled_lines_of_phones_never_panic(
        lines in vec(select(bodies().iter().flat_map(|b| {
            String::from_utf8_lossy(b).lines().map(str::to_owned).collect::<Vec<_>>()
        }).collect::<Vec<_>>()), 0..60),
    ) {
        digest(format!("v=0\r\nc=IN IP4 192.0.2.1\r\n{}\r\n", lines.join("\r\n")).as_bytes());
    }

    #[test]
    fn both_sides_are_of_one_mind(
        (alice, bob) in (side(1), side(2)),
        (her_caps, his_caps) in (capabilities(), capabilities()),
        (hers, his) in (direction(), direction()),
        prefer in capabilities(),
    ) {
        let offered = offer(&alice, &her_caps, hers, None);
        let on_the_wire = SessionDescription::parse(&offered.to_bytes()).unwrap();
        prop_assert_eq!(&on_the_wire, &offered);
        let shares = her_caps.audio.iter().any(|a| his_caps.audio.iter().any(|b| a.same_encoding(b)));
        match answer(&on_the_wire, &bob, &his_caps, &prefer.audio, his, None) {
            Err(_) => prop_assert!(!shares),
            Ok((reply, his_view)) => {
                prop_assert_eq!(reply.media.len(), offered.media.len());
                let reply = SessionDescription::parse(&reply.to_bytes()).unwrap();
                let her_view = accept(&offered, &reply).unwrap();
                prop_assert_eq!(her_view.audio.is_some(), shares);
                if let Some(audio) = &her_view.audio {
                    prop_assert_eq!(audio.remote_rtp, bob.audio);
                    prop_assert_eq!(his_view.audio.as_ref().and_then(|audio| audio.remote_rtp), alice.audio);
                }
                prop_assert_eq!(shared(mirrored(his_view)), shared(her_view));
            }
        }
    }

    #[test]
    fn later_offers_keep_the_lines_and_never_rebind_a_number(
        alice in side(1),
        rounds in vec((capabilities(), direction()), 2..6),
    ) {
        let mut previous: Option<SessionDescription> = None;
        for (caps, direction) in rounds {
            let next = offer(&alice, &caps, direction, previous.as_ref());
            if let Some(previous) = previous {
                prop_assert!(next.media.len() >= previous.media.len() && next.media.len() <= 2);
                for (old, new) in previous.media.iter().zip(&next.media) {
                    prop_assert_eq!(&old.kind, &new.kind);
                    for format in new.formats().iter().filter(|_| old.port != 0 && new.port != 0) {
                        let before = old.formats().iter().find(|f| f.payload_type == format.payload_type);
                        prop_assert!(before.is_none_or(|before| before.same_encoding(format)));
                    }
                }
                let version = |d: &SessionDescription| d.origin.version.parse::<u64>().unwrap();
                prop_assert_eq!(version(&next) == version(&previous), next == previous);
            }
            previous = Some(next);
        }
    }
}
