//! Previews for an office of a few lines.

use super::*;
use crate::house::{House, Staging};
use crate::predict::Wording;
use cordboard_dialplan::Bundle;
use cordboard_exchange::{Hours, HoursRule};
use cordboard_sim::Plan;
use cordboard_sim::stage::Prompts;
use std::rc::Rc;

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| ch.dial(user(ch.dialed), #{ timeout: 20 }));
internal.on("700", |ch| { if in_time("mon-fri", "12:00-12:59") { ch.play("lunch"); } else { ch.play("work"); } });
let inbound = context("from-itsp");
inbound.on("_X.", |ch| {
    if holiday(today()) != () { ch.play("holiday"); ch.hangup(); }
    if !hours("office").open { ch.play("office-closed"); ch.hangup(); }
    ch.dial(user("101"), #{ timeout: 20 });
});
inbound.on("600", |ch| {
    let key = ch.menu(#{ prompt: "welcome", digits: 1, timeout: 3, retries: 1 });
    if key == "1" { ch.play(if hours("office").open { "one" } else { "two" }); }
});
"#;

fn look(office: &str, from: &str, days: i64) -> Preview {
    look_after(office, from, days, &[])
}

/// After codes: `105=*271`.
fn look_after(office: &str, from: &str, days: i64, dialed: &[&str]) -> Preview {
    let mut setup = Plan::new(office).setup;
    setup.time_zone = "Europe/Berlin".to_owned();
    let weekdays = HoursRule { weekdays: 0b001_1111, from_min: 9 * 60, to_min: 17 * 60 };
    setup.hours.insert("office".to_owned(), Hours { open: vec![weekdays], closed_on_holidays: false });
    setup.holidays.insert("2026-12-24".to_owned(), "Christmas Eve".to_owned());
    let prompts = Prompts::new(|_, _| Some(1_000));
    let house = House::new(Staging { setup, bundle: Bundle::single(office), prompts, seed: 1 });
    let house = Rc::new(house.unwrap_or_else(|findings| panic!("{findings:?}")));
    let predictor = Predictor::new(&house, Wording::default());
    let from = predictor.moment(from, 0).unwrap();
    let mut assumed = Assumed::usual();
    dialed.iter().for_each(|dialed| assumed.dialed(predictor.house(), dialed).unwrap());
    preview(&predictor, from, days, &assumed, &|_| true)
}

fn of<'a>(preview: &'a Preview, calls: &str) -> Vec<(&'a str, &'a str, String)> {
    let place = preview.lines.iter().position(|line| line.calls.iter().any(|it| it.contains(calls))).unwrap();
    let line = &preview.lines[place];
    let changes = preview.changes.iter().filter(|change| change.line == place);
    changes.map(|it| (it.at.as_str(), line.ways[it.is].text.as_str(), it.because.join(", "))).collect()
}

#[test]
fn an_office_opens_and_closes_and_a_holiday_is_told_apart() {
    let preview = look(OFFICE, "2026-12-23 18:00", 2);
    let (closed, holiday) = ("hears office-closed; over: normal", "hears holiday; over: normal");
    let open = "101 rings for 20.0 s, nobody answers there; over: no-answer";
    assert_eq!(
        of(&preview, "`_X.`"),
        [
            ("Thu 2026-12-24 00:00", holiday, "holiday: Christmas Eve".to_owned()),
            ("Fri 2026-12-25 00:00", closed, "holiday: none".to_owned()),
            ("Fri 2026-12-25 09:00", open, "hours office: open".to_owned()),
            ("Fri 2026-12-25 17:00", closed, "hours office: closed".to_owned()),
        ],
        "{}",
        preview.text()
    );
    assert_eq!(preview.holidays, [("2026-12-24".to_owned(), "Christmas Eve".to_owned())]);
}

#[test]
fn times_in_scripts_count_and_the_end_of_a_span_is_within() {
    let preview = look(OFFICE, "2026-11-27 10:00", 1);
    let because = |answer: &str| format!("in_time mon-fri 12:00-12:59: {answer}");
    assert_eq!(
        of(&preview, "`700`"),
        [
            ("Fri 2026-11-27 12:00", "hears lunch; over: normal", because("yes")),
            ("Fri 2026-11-27 13:00", "hears work; over: normal", because("no")),
        ]
    );
}

#[test]
fn what_lies_behind_a_key_counts_too() {
    let preview = look(OFFICE, "2026-11-27 10:00", 1);
    let line = preview.lines.iter().find(|line| line.calls[0].contains("`600`")).unwrap();
    assert_eq!(line.ways.len(), 2);
    assert_eq!(line.ways[0].text, line.ways[1].text);
    assert_ne!(line.ways[0].keys, line.ways[1].keys);
}

#[test]
fn what_does_not_ask_the_clock_is_looked_at_once() {
    let preview = look(OFFICE, "2026-11-27 10:00", 30);
    assert!(preview.lines.iter().all(|line| line.calls.iter().all(|calls| !calls.contains("`_10X`"))));
    assert_eq!((preview.examined.routes, preview.examined.by_the_clock), (4, 3));
    assert!(preview.examined.calls < 150, "{:?}", preview.examined);
    let quiet = look("context(\"from-itsp\").on(\"_X.\", |ch| ch.hangup());", "2026-11-27 10:00", 30);
    assert!(quiet.changes.is_empty() && quiet.text().contains("Nothing changes"));
}

#[test]
fn a_date_that_is_compared_by_a_script_is_looked_at_every_day() {
    let office = r#"context("from-itsp").on("_X.", |ch| {
        ch.play(if today() == "2026-12-31" { "last-day" } else { "any-day" });
    });"#;
    let preview = look(office, "2026-12-20 10:00", 20);
    let changes = of(&preview, "`_X.`");
    let times: Vec<&str> = changes.iter().map(|(at, ..)| *at).collect();
    assert_eq!(times, ["Thu 2026-12-31 00:00", "Fri 2027-01-01 00:00"]);
    assert!(preview.notes[0].contains("once a day"), "{:?}", preview.notes);
}

/// `*1` holds the office closed until its hours change next.
const HELD: &str = r#"
let internal = context("internal");
internal.on("*1", |ch| { ch.answer(); db::set("held", "ends", hours("office").next); });
let inbound = context("from-itsp");
inbound.on("_X.", |ch| {
    let ends = db::get("held", "ends");
    let is_held = ends != () && now() < ends;
    if is_held || !hours("office").open { ch.play("office-closed"); ch.hangup(); }
    ch.dial(user("101"), #{ timeout: 20 });
});
"#;

#[test]
fn what_a_code_holds_until_a_time_ends_then_and_is_not_held_anew() {
    let preview = look_after(HELD, "2026-11-26 10:00", 2, &["101=*1"]);
    let open = "101 rings for 20.0 s, nobody answers there; over: no-answer";
    let closed = "hears office-closed; over: normal";
    assert_eq!(
        of(&preview, "`_X.`"),
        [
            ("Fri 2026-11-27 09:00", open, "hours office: open".to_owned()),
            ("Fri 2026-11-27 17:00", closed, "hours office: closed".to_owned()),
        ],
        "{}",
        preview.text()
    );
    let line = &preview.lines[0];
    assert_eq!(line.ways[line.first].text, closed);
    let free = look(HELD, "2026-11-26 10:00", 2);
    assert_eq!(of(&free, "`_X.`").len(), 3);
}

#[test]
fn a_calendar_has_an_event_for_each_change_in_universal_time() {
    let preview = look(OFFICE, "2026-12-23 18:00", 2);
    let ics = preview.ics(1_795_424_400);
    assert_eq!(ics.matches("BEGIN:VEVENT").count(), preview.changes.len());
    // Midnight in Berlin.
    assert!(ics.contains("DTSTART:20261223T230000Z\r\n"), "{ics}");
    assert!(ics.split("\r\n").all(|line| line.len() <= 75));
}
