//! `restore(snapshot(x))` behaves as `x`: scenarios are cut at random turns, the whole exchange and its media engine are
//! restored from their data, and every message and packet that follows is the same.

use crate::basic_call::OFFICE;
use cordboard_phone::Command;
use cordboard_sim::{Link, Plan, World};
use cordboard_sip::message::{Message, parse_datagram};

/// Runs a scenario plain, then with cuts, and compares all that was sent.
fn same_with_cuts(dialplan: &str, scenario: impl Fn(&World)) {
    let run = |seed: u64, cuts: Option<u64>| {
        let world = World::new(&Plan::new(dialplan).seed(seed));
        if let Some(cuts) = cuts {
            world.cut_and_restore(cuts, 150);
        }
        scenario(&world);
        world
    };
    for seed in 1..=2 {
        let plain = run(seed, None);
        for cuts in 1..=2 {
            let cut = run(seed, Some(cuts));
            for (before, after) in plain.trace().iter().zip(cut.trace().iter()) {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                assert_eq!(
                    (before.at, text(&before.bytes)),
                    (after.at, text(&after.bytes)),
                    "seed {seed}, cuts {cuts}"
                );
            }
            assert!(cut.cuts_made() > 20, "{} cuts of {} turns", cut.cuts_made(), cut.turns());
            assert_eq!(plain.trace().len(), cut.trace().len());
            assert_eq!(plain.media_trace(), cut.media_trace(), "media of seed {seed}, cuts {cuts}");
            assert_eq!(plain.records(), cut.records());
        }
    }
}

#[test]
fn registrations_and_a_basic_call_are_the_same() {
    same_with_cuts(OFFICE, |world| {
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls("102");
        ben.rings();
        ben.answers();
        anna.is_answered();
        world.run_secs(3);
        anna.hangs_up();
        ben.is_over();
        world.run_secs(40);
    });
}

#[test]
fn holds_and_digits_are_the_same() {
    same_with_cuts(OFFICE, |world| {
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls("102");
        ben.rings();
        ben.answers();
        anna.is_answered();
        anna.presses("12");
        world.run_secs(1);
        ben.holds();
        world.run_secs(1);
        ben.resumes();
        world.run_secs(1);
        ben.hangs_up();
        anna.is_over();
        world.run_secs(35);
    });
}

#[test]
fn a_menu_whose_script_is_replayed_is_the_same() {
    const MENU: &str = r#"
let internal = context("internal");
internal.on("610", |ch| {
    ch.answer();
    let count = 0;
    for n in 0..3 {
        let typed = ch.read(#{ prompt: ["enter", "digits/1"], max: 2, timeout: 3 });
        if typed == "42" { count += 1; ch.play("thank-you"); } else { ch.play("sorry"); }
        db::set("tries", ch.caller.number, `${count}`);
    }
    ch.say.digits(rand(100, 999));
    let r = ch.dial(user("102"), #{ timeout: 5 });
    ch.play(if r.status == "no-answer" { "nobody" } else { "done" });
});
internal.on_hangup(|ch| log::info(`over: ${ch.cdr.disposition}`));
"#;
    same_with_cuts(MENU, |world| {
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls("610");
        anna.is_answered();
        world.run_secs(1);
        anna.presses("42");
        world.run_secs(2);
        anna.presses("17");
        world.run_secs(8);
        ben.rings();
        anna.is_over();
        world.run_secs(35);
    });
}

#[test]
fn a_ring_group_and_transfers_are_the_same() {
    const GROUP: &str = r#"
let internal = context("internal");
internal.on("600", |ch| { ch.dial([user("102"), user("103")], #{ timeout: 30 }); });
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
"#;
    same_with_cuts(GROUP, |world| {
        let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
        anna.calls("600");
        ben.rings();
        clara.rings();
        ben.answers();
        anna.is_answered();
        clara.is_over();
        world.run_secs(1);
        ben.does(Command::Transfer("103".to_owned()));
        clara.rings();
        clara.answers();
        world.run_secs(2);
        clara.hangs_up();
        anna.is_over();
        world.run_secs(35);
    });
}

#[test]
fn whoever_is_rung_by_a_route_is_the_same() {
    const ROUTES: &str = r#"
let internal = context("internal");
internal.on("600", |ch| {
    let r = ch.dial([user("102"), extension("internal", "205")], #{ timeout: 30 });
    ch.play(if r.status == "answered" { "vm-goodbye" } else { "vm-nobodyavail" });
});
internal.on("205", |ch| { ch.play("vm-goodbye"); ch.dial(user("103"), #{ timeout: 8, confirm: true }); ch.enter("internal", "206"); });
internal.on("206", |ch| { ch.dial(user("104"), #{ timeout: 8 }); });
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
"#;
    same_with_cuts(ROUTES, |world| {
        let [anna, ben, clara, david] = ["101", "102", "103", "104"].map(|user| world.registered(user));
        anna.calls("600");
        ben.rings();
        clara.rings();
        world.run_secs(3);
        clara.answers();
        world.run_secs(1);
        clara.hangs_up();
        david.rings();
        david.answers();
        anna.is_answered();
        world.run_secs(2);
        david.does(Command::Transfer("103".to_owned()));
        clara.rings();
        clara.answers();
        world.run_secs(1);
        anna.hangs_up();
        clara.is_over();
        world.run_secs(35);
    });
}

#[test]
fn calls_over_bad_links_are_the_same() {
    same_with_cuts(OFFICE, |world| {
        let (anna, ben) = (world.phone("101"), world.phone("102"));
        world.link(&anna, Link::lossy(15));
        world.link(&ben, Link { jitter: core::time::Duration::from_millis(30), ..Link::lossy(5) });
        anna.registers();
        ben.registers();
        anna.calls("102");
        ben.rings();
        ben.answers();
        anna.is_answered();
        world.run_secs(2);
        ben.hangs_up();
        anna.is_over();
        world.run_secs(40);
    });
}

#[test]
fn lamps_texts_tcp_and_late_offers_are_the_same() {
    same_with_cuts(OFFICE, |world| {
        let anna = world.phone_with("101", |spec| spec.tcp = true);
        let ben = world.phone_with("102", |spec| {
            spec.nat = true;
            spec.config.late_offer = true;
        });
        anna.registers();
        ben.registers();
        let lamp = crate::lamps::watcher(world);
        lamp.takes("NOTIFY");
        ben.does(Command::Message { to: "101".to_owned(), text: "hello".to_owned() });
        ben.calls("101");
        anna.rings();
        lamp.takes("NOTIFY");
        anna.answers();
        ben.is_answered();
        world.run_secs(2);
        anna.hangs_up();
        ben.is_over();
        world.run_secs(120);
    });
}

#[test]
fn the_lamp_of_a_phone_with_two_calls_is_the_same() {
    same_with_cuts(OFFICE, |world| {
        let [anna, ben, clara] = ["101", "102", "103"].map(|user| world.registered(user));
        let lamp = crate::lamps::watcher(world);
        let shown = || {
            while let Some(text) = lamp.next_within(core::time::Duration::from_secs(1)) {
                let Ok(Message::Request(notify)) = parse_datagram(text.as_bytes()) else { panic!("{text}") };
                lamp.answers(&notify, 200);
            }
        };
        anna.calls("102");
        ben.rings();
        ben.answers();
        shown();
        clara.calls("102");
        ben.rings();
        shown();
        clara.hangs_up();
        shown();
        anna.hangs_up();
        world.run_secs(35);
    });
}

#[test]
fn a_call_over_its_session_timer_and_a_drain_are_the_same() {
    let quiet = |setup: &mut cordboard_exchange::Setup| setup.office.session_expires_s = 90;
    let run = |cuts: Option<u64>| {
        let world = World::new(&Plan::new(OFFICE).with(quiet));
        if let Some(cuts) = cuts {
            world.cut_and_restore(cuts, 50);
        }
        let (anna, ben) = (world.registered("101"), world.registered("102"));
        anna.calls("102");
        ben.rings();
        ben.answers();
        world.run_secs(20);
        ben.holds();
        world.run_secs(100);
        world.drain(core::time::Duration::from_secs(5));
        world.run_secs(10);
        assert!(world.drained().is_some());
        world
    };
    let (plain, cut) = (run(None), run(Some(7)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.trace(), cut.trace());
    assert_eq!(plain.media_trace(), cut.media_trace());
}
