//! New configuration and dialplan while calls go on.

use crate::harness::crowd::Crowd;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::wait;
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
