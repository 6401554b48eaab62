//! Where the inputs start from: what the parsers' own tests keep, and a few of our own.

use cordboard_media::codec::{Codec, registry};
use std::path::{Path, PathBuf};

/// Folders whose files are seeds, relative to the workspace. A file below any of them counts.
const FOLDERS: [(&str, &[&str]); 3] = [
    ("sip", &["crates/sip/tests/torture"]),
    ("sdp", &["crates/sdp/tests/phones"]),
    ("sounds", &["crates/sounds/tests/files"]),
];

const INVITE: &str = "INVITE sip:102@192.0.2.5:5060;transport=tcp SIP/2.0\r\n\
    Via: SIP/2.0/UDP 192.168.1.51:5060;branch=z9hG4bK776asdhds;rport, SIP/2.0/TLS [2001:db8::9]:5061;branch=z9hG4bK1;received=192.0.2.1\r\n\
    Max-Forwards: 70\r\nRoute: <sip:proxy.example.com;lr>, <sips:10.0.0.1:5061;lr>\r\n\
    From: \"Alice \\\"A\\\" Smith\" <sip:101@192.0.2.5>;tag=1928301774\r\nTo: Bob <sip:102@192.0.2.5>\r\n\
    Call-ID: a84b4c76e66710@192.168.1.51\r\nCSeq: 314159 INVITE\r\nContact: <sip:101@192.168.1.51:5060;ob>;q=0.7;expires=60\r\n\
    Supported: replaces, timer, 100rel\r\nSession-Expires: 1800;refresher=uac\r\n\
    Authorization: Digest username=\"101\", realm=\"cordboard\", nonce=\"84a4cc6f3082121f\", uri=\"sip:102@192.0.2.5\", \
    response=\"7587245234b3434cc3412213e5f113a5\", algorithm=MD5, qop=auth, nc=00000001, cnonce=\"0a4f113b\"\r\n\
    Content-Type: application/sdp\r\nContent-Length: 4\r\n\r\nv=0\n";

const RESPONSE: &str = "SIP/2.0 401 Unauthorized\r\nv: SIP/2.0/UDP 192.168.1.51;branch=z9hG4bK1;rport=5060;received=192.0.2.1\r\n\
    f: <sip:101@h>;tag=a\r\nt: <sip:101@h>;tag=b\r\ni: c@h\r\nCSeq: 1 REGISTER\r\n\
    WWW-Authenticate: Digest realm=\"h\", nonce=\"n\", algorithm=SHA-256, qop=\"auth,auth-int\", stale=true\r\n\
    Reason: Q.850;cause=16;text=\"Normal\"\r\n folded: no\r\nl: 0\r\n\r\n";

const URIS: [&str; 12] = [
    "sip:101@192.0.2.5",
    "sips:alice:secret@example.com:5061;transport=tls;lr?Subject=Hi%20there&Priority=urgent",
    "sip:[2001:db8::10]:5070",
    "sip:user%40host;par=u%40@[::ffff:192.0.2.1]",
    "tel:+49-30-123;phone-context=+49",
    "urn:service:sos",
    "<sip:a@h>;tag=1",
    "\"A, \\\"B\\\"\" <sip:a@h;x=\"y\">;q=0.5;expires=10",
    "SIP/2.0/UDP h:5060;branch=z9hG4bK1;rport;received=192.0.2.1;ttl=1",
    "SIP / 2.0 / TCP [2001:db8::1] ; branch = z9hG4bKx",
    "4294967295 INVITE",
    "sip:*@h;maddr=239.255.255.1;method=REGISTER?to=sip:x%40y",
];

/// Binding requests: bare, with SOFTWARE and an attribute that must be understood and is not, and the sample of RFC 5769 §2.1
/// with its FINGERPRINT.
const STUN: [&str; 3] = [
    "00010000 2112a442 000102030405060708090a0b",
    "00010014 2112a442 000102030405060708090a0b 80220004 74657374 7fff0008 0102030405060708",
    "00010058 2112a442 b7e7a701bc34d686fa87dfae 80220010 5354554e207465737420636c69656e74 00240004 6e0001ff \
     80290008 932ff9b151263b36 00060009 6576746a3a68367659202020 00080014 9aeaa70cbfd8cb56781ef2b5b2d3f249c1b571a2 \
     80280004 e57a3bcf",
];

/// RTP: plain, with marker and payload, with CSRC list, extension and padding, a telephone-event.
const RTP: [&str; 4] = [
    "80000001 000000a0 deadbeef",
    "80880001 000000a0 deadbeef d5d5d5d5d5d5d5d5",
    "b2000001 000000a0 deadbeef 00000001 00000002 bede0001 10ff0000 d5d5d5d5 00000004",
    "80e50002 000000a0 deadbeef 050a00a0",
];

/// RTCP: SR with a report and SDES; RR, SDES and BYE; feedback; RR and XR with VoIP metrics.
const RTCP: [&str; 4] = [
    "81c8000c deadbeef e8d1f2a380000000 00000280 00000010 00000a00 cafebabe 0c000003 00018000 00000050 aabbccdd 00010000 \
     81ca0003 deadbeef 01036140 62000000",
    "80c90001 deadbeef 81ca0003 deadbeef 01036140 62000000 81cb0001 deadbeef",
    "81ce0002 deadbeef cafebabe",
    "80c90001 deadbeef 80cf000a deadbeef 07000008 cafebabe 05060708 09101112 13141516 17181910 5d7f2c2b b0002021 22232425",
];

/// The seeds of a target, in an order that is the same everywhere.
pub fn seeds(target: &str) -> Vec<Vec<u8>> {
    let family = target.split('_').next().unwrap_or(target);
    let mut files = Vec::new();
    for folder in FOLDERS.iter().filter(|(name, _)| *name == family).flat_map(|(_, folders)| folders.iter()) {
        collect(&workspace().join(folder), &mut files);
    }
    files.sort();
    let mut seeds: Vec<Vec<u8>> = files.iter().filter_map(|file| std::fs::read(file).ok()).collect();
    match target {
        "sip_uri" | "sip_headers" => seeds = URIS.iter().map(|text| text.as_bytes().to_vec()).collect(),
        "sip_message" | "sip_stream" => seeds.extend([INVITE, RESPONSE].map(|text| text.as_bytes().to_vec())),
        "stun" => seeds = STUN.iter().map(|text| from_hex(text)).collect(),
        "rtp" => seeds = RTP.iter().map(|text| from_hex(text)).collect(),
        "rtcp" => seeds = RTCP.iter().map(|text| from_hex(text)).collect(),
        "media" => seeds = vec![packets()],
        "playout" => seeds = vec![steps()],
        "codecs" => seeds = payloads(),
        "digits" => seeds = vec![presses()],
        // Kept with the line ends of an editor; the wire has others.
        "sdp" => seeds.iter_mut().for_each(|seed| *seed = with_carriage_returns(seed)),
        _ => {}
    }
    seeds
}

/// A conversation for the media engine: each packet with its length before it, RTP and RTCP by turns.
fn packets() -> Vec<u8> {
    let one = |bytes: Vec<u8>| core::iter::once(u8::try_from(bytes.len()).unwrap_or(0)).chain(bytes);
    let audio = |sequence: u8| {
        let mut packet = from_hex("80000000 00000000 deadbeef");
        packet.resize(172, 0xd5);
        if let [_, _, _, low, ..] = packet.as_mut_slice() {
            *low = sequence;
        }
        packet
    };
    let signs = RTP.iter().chain(&RTCP).map(|text| from_hex(text));
    (0..6).map(audio).chain(signs).flat_map(one).collect()
}

/// A conversation for the playout: steps of µ-law, one in five late, one missing, then comfort noise and an event.
fn steps() -> Vec<u8> {
    let step = |n: u32| {
        let kind: u8 = match n {
            10 => 7,
            11 => 6,
            _ => 0,
        };
        let late: u16 = if n.is_multiple_of(5) { 50_000 } else { 20_000 };
        let length: u8 = if kind == 0 { 160 } else { 4 };
        let head = core::iter::once(kind).chain(late.to_be_bytes()).chain([0]);
        let number = (n + u32::from(n > 5)).to_be_bytes();
        let timestamp = (160 * (n + u32::from(n > 5))).to_be_bytes();
        let payload = (0..length).map(|at| if kind == 0 { 0x80 | at } else { 40 });
        head.chain(number.into_iter().skip(3))
            .chain(timestamp)
            .chain([length])
            .chain(payload)
            .collect::<Vec<u8>>()
    };
    (0..14).flat_map(step).collect()
}

/// For each codec of the registry its number and three payloads of a tone, each with its length before it.
fn payloads() -> Vec<Vec<u8>> {
    let of = |(number, codec): (u8, &&'static dyn Codec)| {
        let Some(mut encoder) = codec.encoder("", codec.sample_rate_hz()) else {
            return vec![number, 2, 1, 2];
        };
        let tone: Vec<i16> = (0..64usize.next_multiple_of(codec.frame_samples()))
            .map(|n| if n & 8 == 0 { 900 } else { -700 })
            .collect();
        let mut seed = vec![number];
        for _ in 0..3 {
            let mut payload = Vec::new();
            encoder.encode(&tone, &mut payload);
            seed.push(u8::try_from(payload.len()).unwrap_or(u8::MAX));
            seed.append(&mut payload);
        }
        seed
    };
    (0..).zip(registry()).map(of).collect()
}

/// Steps of two keys: each with its updates and its end thrice, with sound between them.
fn presses() -> Vec<u8> {
    let step = |kind: u8, stamp: u8, code: u8, end: bool, duration: u8| {
        [kind, 20, stamp, code, if end { 0x8A } else { 10 }, duration]
    };
    let key = |stamp: u8, code: u8| {
        let ends = [true; 3].map(|end| step(0, stamp, code, end, 4));
        [step(2, stamp, code, false, 1), step(0, stamp, code, false, 3)].into_iter().chain(ends)
    };
    let sound = (20..26).map(|stamp| step(1, stamp, 0, false, 0));
    key(10, 5).chain(sound).chain(key(30, 11)).flatten().collect()
}

fn workspace() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}

/// Bytes of hexadecimal digits; other characters only part them for the eye.
fn from_hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).filter_map(|d| u8::try_from(d).ok()).collect();
    digits.chunks_exact(2).map(|pair| pair.iter().fold(0, |byte, digit| byte << 4 | digit)).collect()
}

fn with_carriage_returns(text: &[u8]) -> Vec<u8> {
    let lines = text.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    lines.collect::<Vec<_>>().join(&b"\r\n"[..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds() {
        for target in crate::TARGETS {
            assert!(!seeds(target.name).is_empty(), "{}", target.name);
        }
        assert!(seeds("sdp").len() >= 14);
    }

    #[test]
    fn binary_seeds_are_well_formed() {
        let source = "192.0.2.1:32853".parse().unwrap();
        assert!(seeds("stun").iter().all(|seed| cordboard_sip::stun::answer(seed, source).is_some()));
        assert!(seeds("rtcp").iter().all(|seed| cordboard_media::rtcp::parse_compound(seed).is_ok()));
        assert!(seeds("rtp").iter().all(|seed| cordboard_media::rtp::Packet::parse(seed).is_ok()));
    }

    #[test]
    fn kept_files_get_the_line_ends_of_the_wire() {
        assert_eq!(with_carriage_returns(b"a\nb\r\n"), b"a\r\nb\r\n");
    }
}
