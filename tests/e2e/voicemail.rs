//! Voicemail on a real disk: a message from one phone to another, and what a process that is killed at any moment leaves.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::tape::Tape;
use crate::harness::wait;
use std::path::PathBuf;
use std::time::Duration;

/// Voices, in Hz.
const ANN: u16 = 700;
const BEN: u16 = 1_100;

fn files(exchange: &Exchange) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(exchange.folder.file("var/messages")) else { return Vec::new() };
    entries.map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn a_message_goes_from_one_phone_to_the_other_and_its_file_with_the_last_row() {
    let exchange = Exchange::start(&Plan::sample());
    let mut crowd = Crowd::new(&exchange);
    let (ann, ben) = (crowd.phone("101", ANN), crowd.phone("102", BEN));
    crowd.register(&[ann, ben]);
    crowd.calls(ann, "*102");
    crowd.talks(ann);
    crowd.goes_on(Duration::from_millis(300));
    crowd.presses(ann, "#");
    crowd.goes_on(Duration::from_secs(4));
    crowd.hangs_up(ann);
    wait::until("the message", wait::SOON, || (exchange.new_messages("102") == 1).then_some(()));
    assert_eq!(files(&exchange).len(), 1);
    let pin = exchange.mailbox("102")["first_pin"].as_str().unwrap().to_owned();
    crowd.calls(ben, "*97");
    crowd.talks(ben);
    crowd.presses(ben, &format!("{pin}#"));
    crowd.goes_on(Duration::from_millis(2_000));
    crowd.presses(ben, "1#");
    crowd.hears(ben, ANN);
    crowd.presses(ben, "7#");
    crowd.is_over(ben);
    wait::until("its end", wait::SOON, || (exchange.new_messages("102") == 0).then_some(()));
    wait::until("the file's end", wait::SOON, || files(&exchange).is_empty().then_some(()));
}

/// Three callers leave messages, and the process dies so long after they have pressed `#`. Says how many of them were told that
/// their message is saved, to the end.
fn dies_after(exchange: &mut Exchange, delay: Duration) -> u64 {
    let mut crowd = Crowd::new(exchange);
    let seats = ["101", "103", "104"].map(|user| crowd.phone(user, ANN));
    crowd.register(&seats);
    for seat in seats {
        crowd.calls(seat, "5");
    }
    for seat in seats {
        crowd.talks(seat);
    }
    crowd.goes_on(Duration::from_millis(1_500));
    for seat in seats {
        crowd.presses(seat, "#");
    }
    crowd.goes_on(delay);
    exchange.kill();
    seats.iter().map(|seat| u64::from(crowd.has_ended(*seat))).sum()
}

#[test]
fn a_process_killed_at_any_moment_keeps_every_message_that_was_confirmed_once() {
    const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("5", |ch| { ch.voicemail("102", #{ greet: "none", skip_intro: true }); });
"#;
    let plan = Plan::sample().dialplan(SCRIPT).file("etc/voicemail.toml", "min_s = 0\n");
    let mut exchange = Exchange::start(&plan);
    let mut confirmed = 0;
    for (round, delay_ms) in (1..).zip([0, 150, 250, 330, 420, 900, 4_000]) {
        confirmed += dies_after(&mut exchange, Duration::from_millis(delay_ms));
        exchange.start_again();
        let kept = exchange.new_messages("102");
        assert!(
            (confirmed..=3 * round).contains(&kept),
            "{kept} messages of {confirmed} after {delay_ms} ms"
        );
        // What was being recorded and is nobody's message is deleted, and nothing else.
        let left = wait::at_most(wait::SOON, || {
            let files = files(&exchange);
            (files.len() as u64 == kept).then_some(files)
        });
        let left = left.unwrap_or_else(|| panic!("{kept} messages have {:?}", files(&exchange)));
        for file in left {
            let (with, all) = Tape::plays(&file).moments_with(ANN);
            assert!(all >= 3 && with + 2 >= all, "{}: {with} of {all} moments", file.display());
        }
    }
    assert!(confirmed >= 3, "the last round was not cut short: {confirmed}");
}
