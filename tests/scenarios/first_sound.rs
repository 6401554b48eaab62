//! How soon after the answer there is sound, through the whole exchange: from the 200 that a phone gets to the first packet with sound in it.

use cordboard_base::Format;
use cordboard_media::codec;
use cordboard_sim::World;
use core::time::Duration;

/// The goal: less than a packet of 20 ms.
const SOON: Duration = Duration::from_millis(12);
/// Loud: above what a quiet line has.
const LOUD: u16 = 500;
const EAR: &str = "192.0.2.201:30000";

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("600", |ch| { ch.answer(); ch.tone("milliwatt"); ch.wait(2); });
internal.on("601", |ch| { ch.answer(); ch.play("welcome"); ch.wait(2); });
internal.on("602", |ch| { ch.music("default"); ch.wait(2); });
"#;

/// The time from the answer to the first packet, and to the first with sound in it.
fn heard_after(number: &str) -> (Duration, Duration) {
    let world = World::with_dialplan(SCRIPT);
    let (anna, ear) = (world.raw("101"), world.peer(EAR));
    let (ip, port) = EAR.split_once(':').unwrap();
    let sdp = format!(
        "v=0\r\no=raw 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio {port} RTP/AVP 8\r\n\
         a=rtpmap:8 PCMA/8000\r\n"
    );
    let call = anna.calls(number, "", Some(&sdp));
    let answer = anna.gets_response("200");
    let answered = world.now();
    call.acks(&answer, None);
    let mut decoder = codec::find(&Format::new(8, "PCMA", 8_000)).unwrap().decoder("", 8_000).unwrap();
    let mut first = None;
    loop {
        let packet = ear.next_bytes_within(Duration::from_secs(2)).expect("no sound within two seconds");
        let after = world.now().since(answered);
        let first = *first.get_or_insert(after);
        let mut samples = Vec::new();
        decoder.decode(&packet[12..], &mut samples).unwrap();
        if samples.iter().any(|sample| sample.unsigned_abs() > LOUD) {
            return (first, after);
        }
    }
}

#[test]
fn a_tone_is_there_as_soon_as_the_call_is_answered() {
    let (_, sound) = heard_after("600");
    assert!(sound <= SOON, "{sound:?}");
}

#[test]
fn prompts_begin_as_soon_and_so_does_music() {
    for number in ["601", "602"] {
        let (packet, sound) = heard_after(number);
        // Prompts have 30 ms of silence before their first word, and music may begin softly.
        assert!(packet <= SOON && sound <= Duration::from_millis(200), "{number}: {packet:?} {sound:?}");
    }
}
