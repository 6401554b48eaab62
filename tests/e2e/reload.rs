//! New configuration and dialplan while calls go on.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::wait;
use crate::harness::watcher::Watcher;
use rustix::process::Signal;

fn dialplan(extension: &str) -> String {
    format!(
        "let internal = context(\"internal\");\n\
         internal.on(\"_10X\", |ch| ch.dial(user(ch.dialed)));\n\
         internal.on(\"{extension}\", |ch| ch.hangup(\"busy\"));\n"
    )
}

#[test]
fn a_good_reload_takes_over_and_a_bad_one_is_refused_while_a_call_goes_on() {
    let mut exchange = Exchange::start(&Plan::sample().dialplan(&dialplan("701")));
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.phone("101", 700), crowd.phone("102", 1_100)];
    let cleo = crowd.mute("103");
    crowd.register(&[ann, ben, cleo]);
    crowd.connects(ann, "102", ben);

    exchange.folder.write("dialplan/main.rhai", &dialplan("702"));
    exchange.asks(&["reload"]);
    crowd.calls(cleo, "702");
    assert_eq!(crowd.is_over(cleo), Some(486));
    crowd.calls(cleo, "701");
    assert_eq!(crowd.is_over(cleo), Some(404));

    exchange.folder.write("dialplan/main.rhai", "let internal = contxt(\"internal\");");
    let refused = exchange.command(&["reload"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && why.contains("contxt") && why.contains("context"), "{why}");
    crowd.calls(cleo, "702");
    assert_eq!(crowd.is_over(cleo), Some(486), "the old dialplan must stay");

    crowd.hears(ann, 1_100);
    crowd.hears(ben, 700);
    crowd.hangs_up(ann);
    crowd.is_over(ben);
    exchange.still_answers();
}

#[test]
fn sighup_reloads_and_a_new_user_can_register() {
    let exchange = Exchange::start(&Plan::sample());
    let users = std::fs::read_to_string(exchange.folder.file("etc/users.toml")).unwrap();
    exchange.folder.write("etc/users.toml", &format!("{users}\n[user.107]\nname = \"Eve\"\n"));
    exchange.signal(Signal::HUP);
    wait::until("user 107", wait::SOON, || {
        exchange.asks_json(&["phones", "--json"]).iter().any(|phone| phone["user"] == "107").then_some(())
    });
    let mut crowd = Crowd::new(&exchange);
    let eve = crowd.mute("107");
    crowd.register(&[eve]);
}

#[test]
fn a_misspelt_key_is_refused_with_its_place_and_the_office_goes_on() {
    let mut exchange = Exchange::start(&Plan::sample());
    let path = exchange.folder.file("etc/cordboard.toml");
    let good = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, good.replace("default_s", "defualt_s")).unwrap();
    let refused = exchange.command(&["reload"]);
    let why = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success(), "a misspelt key was taken");
    assert!(why.contains("cordboard.toml") && why.contains("default_s"), "{why}");
    exchange.signal(Signal::HUP);
    exchange.still_answers();
}

fn has_version(exchange: &Exchange, taken_by: &str) -> bool {
    exchange.asks_json(&["dialplan", "history", "--json"]).iter().any(|version| version["cause"] == taken_by)
}

#[test]
fn what_nobody_confirms_goes_back_and_the_files_stay() {
    let exchange = Exchange::start(&Plan::sample().dialplan(&dialplan("701")));
    let mut crowd = Crowd::new(&exchange);
    let ann = crowd.mute("101");
    crowd.register(&[ann]);
    exchange.folder.write("dialplan/main.rhai", &dialplan("702"));
    let said = exchange.asks(&["reload", "--confirm", "2s"]);
    assert!(said.contains("2 s") && said.contains("cordboard confirm"), "{said}");
    crowd.calls(ann, "702");
    assert_eq!(crowd.is_over(ann), Some(486), "the new one has its calls meanwhile");

    wait::until("the old dialplan", wait::SOON, || {
        has_version(&exchange, "back: nobody confirmed").then_some(())
    });
    crowd.calls(ann, "701");
    assert_eq!(crowd.is_over(ann), Some(486));
    let file = std::fs::read_to_string(exchange.folder.file("dialplan/main.rhai")).unwrap();
    assert!(file.contains("702"), "nobody's work is lost");
    let shown = exchange.asks(&["dialplan", "history"]);
    assert!(shown.contains("the files are others than what runs"), "{shown}");
    assert!(exchange.log().contains("not confirmed"));
    let late = exchange.command(&["confirm"]);
    assert!(!late.status.success(), "there is nothing to confirm any more");
}

#[test]
fn what_is_confirmed_stays_and_what_is_refused_by_its_author_goes_at_once() {
    let exchange = Exchange::start(&Plan::sample().dialplan(&dialplan("701")));
    let mut crowd = Crowd::new(&exchange);
    let ann = crowd.mute("101");
    crowd.register(&[ann]);
    exchange.folder.write("dialplan/main.rhai", &dialplan("702"));
    exchange.asks(&["reload", "--confirm", "1h"]);
    exchange.folder.write("dialplan/main.rhai", &dialplan("703"));
    exchange.asks(&["reload", "--confirm", "1h"]);
    exchange.asks(&["confirm", "--revert"]);
    crowd.calls(ann, "701");
    assert_eq!(crowd.is_over(ann), Some(486), "what was there before the first of both is back");

    exchange.asks(&["reload", "--confirm", "1h"]);
    exchange.asks(&["confirm"]);
    crowd.calls(ann, "703");
    assert_eq!(crowd.is_over(ann), Some(486));
    assert!(has_version(&exchange, "confirmed"));
    assert!(!exchange.command(&["confirm", "--revert"]).status.success(), "it is confirmed for good");
}

#[test]
fn a_rollback_puts_files_and_exchange_back_and_keeps_what_was_there() {
    let exchange = Exchange::start(&Plan::sample().dialplan(&dialplan("701")));
    let mut crowd = Crowd::new(&exchange);
    let ann = crowd.mute("101");
    crowd.register(&[ann]);
    wait::until("the first version", wait::SOON, || has_version(&exchange, "start").then_some(()));
    exchange.folder.write("dialplan/main.rhai", &dialplan("702"));
    exchange.folder.write("dialplan/shop/hours.rhai", "fn open() { true }\n");
    exchange.folder.write("dialplan/tests/kept.rhai", "// no script of the office's\n");
    exchange.asks(&["reload"]);
    wait::until("the second version", wait::SOON, || has_version(&exchange, "reload").then_some(()));
    let difference = exchange.asks(&["dialplan", "diff", "1"]);
    assert!(
        difference.contains("-internal.on(\"701\"") && difference.contains("+internal.on(\"702\""),
        "{difference}"
    );
    assert!(difference.contains("+++ shop/hours.rhai (files)"), "{difference}");

    // Changed, and never loaded: this is kept as well.
    exchange.folder.write("dialplan/main.rhai", &dialplan("703"));
    let said = exchange.asks(&["dialplan", "rollback", "1"]);
    assert!(
        said.contains("version 1 again") && said.contains("is version 3") && said.contains("reloaded"),
        "{said}"
    );
    crowd.calls(ann, "701");
    assert_eq!(crowd.is_over(ann), Some(486));
    assert!(!exchange.folder.file("dialplan/shop/hours.rhai").exists());
    assert!(exchange.folder.file("dialplan/tests/kept.rhai").exists());
    assert!(exchange.asks(&["dialplan", "diff", "3", "4"]).contains("-internal.on(\"703\""));
    let versions = exchange.asks_json(&["dialplan", "history", "--json"]);
    let running: Vec<_> =
        versions.iter().filter(|one| one["running"] == true).map(|one| &one["number"]).collect();
    assert_eq!(running, [4], "{versions:?}");

    let absent = exchange.command(&["dialplan", "rollback", "99"]);
    assert!(!absent.status.success(), "there is no version 99");
}

#[test]
fn whoever_talks_and_whatever_lamps_show_nobody_notices_reloads() {
    let mut exchange = Exchange::start(&Plan::sample().dialplan(&dialplan("701")));
    let passwords = exchange.passwords();
    let mut crowd = Crowd::new(&exchange);
    let [ann, ben] = [crowd.phone("101", 700), crowd.phone("102", 1_100)];
    let [cleo, dan] = [crowd.mute("103"), crowd.mute("104")];
    crowd.register(&[ann, ben, cleo, dan]);
    crowd.connects(ann, "102", ben);
    let mut lamp = Watcher::new(exchange.sip, "105", &passwords["105"], "104");
    for round in 0..25 {
        exchange.folder.write("dialplan/main.rhai", &dialplan(&format!("7{round:02}")));
        exchange.asks(&["reload"]);
        crowd.connects(cleo, "104", dan);
        lamp.shows("confirmed");
        exchange.asks(&["reload"]);
        crowd.hangs_up(cleo);
        crowd.is_over(dan);
        lamp.shows("terminated");
        crowd.calls(cleo, &format!("7{round:02}"));
        assert_eq!(crowd.is_over(cleo), Some(486), "round {round}");
    }
    assert!(!crowd.has_ended(ann));
    crowd.hears(ann, 1_100);
    crowd.hears(ben, 700);
    exchange.still_answers();
}
