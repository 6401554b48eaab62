//! Who speaks which codec, who offers first, and what is heard before the answer.

use crate::basic_call::OFFICE;
use cordboard_base::Format;
use cordboard_media::codec;
use cordboard_phone::{Happening, PhoneConfig};
use cordboard_sim::{Plan, World};

const EARLY: &str = r#"
let internal = context("internal");
internal.on("700", |ch| { ch.progress(); ch.play("please-wait"); ch.dial(user("102"), #{ timeout: 20 }); });
internal.on("701", |ch| { ch.progress(); ch.play("closed-today"); ch.hangup("busy"); });
"#;

fn pcma(config: &mut PhoneConfig) {
    config.codecs = vec![Format::new(8, "PCMA", 8_000)];
}

fn pcmu(config: &mut PhoneConfig) {
    config.codecs = vec![Format::new(0, "PCMU", 8_000)];
}

#[test]
fn a_codec_that_both_ends_share_is_preferred_to_converting() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.registered("101");
    let ben = world.phone_with("102", |spec| pcmu(&mut spec.config));
    ben.registers();
    anna.calls("102");
    ben.rings();
    ben.answers();
    assert_eq!(anna.is_answered(), "PCMU", "not PCMA, which both the office and anna like better");
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
    assert!(world.record().legs.iter().all(|leg| leg.codec == "PCMU"));
}

#[test]
fn phones_without_a_codec_in_common_hear_each_other_converted() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.phone_with("101", |spec| pcma(&mut spec.config));
    let ben = world.phone_with("102", |spec| pcmu(&mut spec.config));
    anna.registers();
    ben.registers();
    anna.calls("102");
    ben.rings();
    ben.answers();
    assert_eq!(anna.is_answered(), "PCMA");
    anna.talks_with(&ben);
}

#[test]
fn a_phone_of_any_codec_talks_with_one_of_mu_law_alone() {
    for codec in codec::registry() {
        let format = codec::offered(*codec);
        let rate_hz = codec.sample_rate_hz();
        // What only passes through has no voice here, and the voices of these phones are tones, which a vocoder does not speak.
        if codec.encoder(codec.fmtp(), rate_hz).is_none() || matches!(codec.name(), "LPC" | "PCMU") {
            continue;
        }
        let names = vec![format!("{}/{}", format.name, format.clock_rate_hz), "PCMU".to_owned()];
        let plan = Plan::new(OFFICE).with(|setup| setup.office.codecs.clone_from(&names));
        let world = World::new(&plan);
        let anna = world.phone_with("101", |spec| spec.config.codecs = vec![format.clone()]);
        let ben = world.phone_with("102", |spec| pcmu(&mut spec.config));
        anna.registers();
        ben.registers();
        anna.calls("102");
        ben.rings();
        ben.answers();
        assert_eq!(anna.is_answered(), format.name);
        anna.talks_with(&ben);
    }
}

/// The payload numbers of a description's audio.
fn numbers(body: &[u8]) -> Vec<String> {
    let text = String::from_utf8_lossy(body).into_owned();
    let line = text.lines().find_map(|line| line.strip_prefix("m=audio ")).expect("a description with audio");
    line.split(' ').skip(2).map(str::to_owned).collect()
}

#[test]
fn comfort_noise_is_taken_from_who_offers_it_and_offered_to_whom_he_calls() {
    let world = World::with_dialplan(OFFICE);
    let (anna, ben) = (world.raw("101"), world.raw("102"));
    for offered in ["RTP/AVP 8 13", "RTP/AVP 8"] {
        let has_noise = offered.ends_with("13");
        let mut call = anna.calls("102", "", Some(&anna.sdp().replace("RTP/AVP 8", offered)));
        let mut called = ben.invited();
        assert_eq!(numbers(&called.invite.body).contains(&"13".to_owned()), has_noise);
        // Ben has none: what anna leaves out is made for him.
        called.replies(200, "", Some(&ben.sdp()));
        called.gets("ACK");
        let answer = call.is_answered();
        assert_eq!(numbers(&answer.body), if has_noise { vec!["8", "13"] } else { vec!["8"] });
        call.hangs_up();
        called.is_over();
    }
    world.is_quiet();
}

#[test]
fn a_caller_that_makes_its_offer_late_is_connected_all_the_same() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.phone_with("101", |spec| spec.config.late_offer = true);
    anna.registers();
    let ben = world.registered("102");
    anna.calls("102");
    ben.rings();
    ben.answers();
    anna.is_answered();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_prompt_is_heard_before_the_answer_and_then_the_callee() {
    let world = World::with_dialplan(EARLY);
    let (anna, ben) = (world.registered("101"), world.registered("102"));
    anna.calls("700");
    anna.expects("early media", |h| matches!(h, Happening::EarlyMedia { .. }).then_some(()));
    anna.hears_prompt("please-wait");
    ben.rings();
    ben.answers();
    anna.is_answered();
    anna.talks_with(&ben);
}

#[test]
fn a_refusal_can_be_explained_without_answering() {
    let world = World::with_dialplan(EARLY);
    let anna = world.registered("101");
    anna.calls("701");
    anna.hears_prompt("closed-today");
    anna.is_refused(486);
    assert_eq!(world.record().answered_us, None);
}

#[test]
fn a_phone_on_tcp_talks_to_one_on_udp() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.phone_with("101", |spec| spec.tcp = true);
    anna.registers();
    let ben = world.registered("102");
    ben.calls("101");
    anna.rings();
    anna.answers();
    ben.is_answered();
    ben.talks_with(&anna);
    anna.hangs_up();
    ben.is_over();
    anna.calls_and_talks_with("102", &ben);
    ben.hangs_up();
    anna.is_over();
    world.is_quiet();
}
