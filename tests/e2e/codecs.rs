//! `cordboard phone` in every codec, each with a phone that has µ-law alone. Speex and G.729 where their libraries are installed.

use crate::harness::ear::{MOMENT_MS, Wav, write_hum};
use crate::harness::exchange::{BINARY, Exchange};
use crate::harness::plan::{Plan, project};
use crate::harness::process::Process;
use crate::harness::wait;
use cordboard::codec_libs;
use cordboard_media::codec::{self, Codec};
use std::process::Command;

/// Everybody can be dialled by four digits.
const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("_XXXX", |ch| ch.dial(user(ch.dialed), #{ timeout: 60 }));
"#;
/// Calls at once: as many as a small machine converts in time, in a build for tests.
const AT_ONCE: usize = 9;
/// What callers and callees hum: a fundamental and its strongest harmonic, which is none of the other's.
const CALLER_HZ: (u16, u16) = (100, 700);
const CALLEE_HZ: (u16, u16) = (125, 1_125);
/// How long they talk, and how much of it has to be heard.
const TALK_S: u32 = 2;
const HEARD_MS: u32 = 1_000;

/// All that can be spoken here, as the configuration calls them.
fn names() -> Vec<String> {
    codec_libs::load();
    let all = codec::registry();
    let is_spoken = |codec: &&&dyn Codec| codec.encoder(codec.fmtp(), codec.sample_rate_hz()).is_some();
    let name = |codec: &&dyn Codec| {
        let is_shared = all.iter().filter(|other| other.name() == codec.name()).count() > 1;
        if is_shared {
            format!("{}/{}", codec.name(), codec.clock_rate_hz())
        } else {
            codec.name().to_owned()
        }
    };
    all.iter().filter(is_spoken).map(name).collect()
}

/// A phone with one codec that hums and records.
fn phone(exchange: &Exchange, user: &str, codec: &str, hum: (u16, u16), script: &str) -> Process {
    let file = |kind: &str| exchange.folder.file(&format!("{user}-{kind}"));
    write_hum(&file("says.wav"), hum.0, hum.1, 20);
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(exchange.folder.file("etc")).args(["phone", user, "--server"]);
    command.arg(exchange.sip.to_string()).args(["--codecs", codec, "--do", script]);
    command.arg("--play").arg(file("says.wav")).arg("--record").arg(file("hears.wav"));
    Process::start(&format!("phone {user} ({codec})"), &mut command, &file("output"))
}

/// What a phone heard is the other's hum.
fn heard(exchange: &Exchange, user: &str, codec: &str, (_, hz): (u16, u16)) {
    let wav = Wav::read(&exchange.folder.file(&format!("{user}-hears.wav"))).expect("a recording");
    let (with, all) = wav.moments_with(0, hz);
    let wanted = usize::try_from(HEARD_MS / MOMENT_MS).unwrap();
    assert!(with >= wanted, "{codec}: {user} heard {hz} Hz in {with} of {all} moments");
}

#[test]
fn a_phone_of_every_codec_and_one_of_mu_law_hear_each_other() {
    let names = names();
    assert!(names.len() >= 20, "{names:?}");
    let [callers, callees]: [Vec<String>; 2] =
        [2_000, 3_000].map(|first| (first..).take(names.len()).map(|user: u32| user.to_string()).collect());
    let mut users = std::fs::read_to_string(project().join("etc/users.toml")).unwrap();
    for ((caller, callee), codec) in callers.iter().zip(&callees).zip(&names) {
        users +=
            &format!("\n[user.{caller}]\ncodecs = [\"{codec}\"]\n\n[user.{callee}]\ncodecs = [\"PCMU\"]\n");
    }
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN).file("etc/users.toml", &users));
    let pairs: Vec<_> = callers.iter().zip(&callees).zip(&names).collect();
    for group in pairs.chunks(AT_ONCE) {
        let waits = "register; until incoming; answer; until ended";
        let mut all: Vec<Process> =
            group.iter().map(|((_, callee), _)| phone(&exchange, callee, "PCMU", CALLEE_HZ, waits)).collect();
        all.iter_mut().for_each(|callee| callee.prints("registered", wait::SOON));
        all.extend(group.iter().map(|((caller, callee), codec)| {
            let script = format!(
                "register; until registered; call {callee}; until talking; wait {TALK_S}; hangup; until ended"
            );
            phone(&exchange, caller, codec, CALLER_HZ, &script)
        }));
        all.iter_mut().rev().for_each(|phone| phone.succeeds(wait::LONG));
        for ((caller, callee), codec) in group {
            heard(&exchange, caller, codec, CALLEE_HZ);
            heard(&exchange, callee, codec, CALLER_HZ);
        }
    }
    let records = exchange.leaves_records(names.len());
    assert!(records.iter().all(|record| record.disposition == "answered"), "{records:?}");
}
