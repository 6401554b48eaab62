//! Predictions agree with simulated calls: for calls drawn at random, what is foreseen is what then happens.
//!
//! The two sides share the exchange, which is what is tested, and the office's files. They share neither the world (another seed,
//! another time for which it has been up), nor the people (each side has its own), nor the view: a prediction tells what the exchange
//! has decided (states of legs, orders to its media, the static table of routes), the trace is what is seen without it: SIP on the
//! wire, the caller's ear, the record in the store.
//!
//! `CORDBOARD_TUPLES=1000 cargo test -p cordboard-rehearsal agree` says how many; what has failed once stands in [`tuples::failed_once`].

#[path = "../../../../tests/harness/figures.rs"]
mod figures;
mod outside;
mod tuples;

use crate::house::{House, Staging};
use crate::predict::{Assumed, Prediction, Predictor, Question, Rung, What, Wording};
use cordboard_app::Cause;
use cordboard_exchange::{Hours, HoursRule};
use cordboard_sim::Plan;
use cordboard_sim::stage::Prompts;
use outside::{Rang, Trace, trace};
use std::collections::BTreeMap;
use std::rc::Rc;
use tuples::{Chance, tuple};

/// Where the calls are drawn from.
const SEED: u64 = 0x5eed_0005;
/// Calls, where nothing else is said: so that they take some seconds.
const TUPLES: usize = 200;
/// The network's way back and forth, in ms.
const NEAR_MS: u64 = 60;

fn house(seed: u64) -> Rc<House> {
    let plan = Plan::shipped().with(|setup| {
        let rule = HoursRule { weekdays: 31, from_min: 540, to_min: 1_050 };
        setup.hours.insert("office".to_owned(), Hours { open: vec![rule], closed_on_holidays: true });
        setup.holidays.insert("2026-12-24".to_owned(), "Christmas Eve".to_owned());
        setup.holidays.insert("2027-01-01".to_owned(), "New Year's Day".to_owned());
    });
    let length = |name: &str| 800 + u32::try_from(name.len()).unwrap_or(0) * 73;
    let prompts = Prompts::new(move |name, _| Some(length(name)));
    let staging = Staging { setup: plan.setup, bundle: plan.dialplan, prompts, seed };
    Rc::new(House::new(staging).unwrap_or_else(|findings| panic!("{findings:?}")))
}

/// A prediction as it can be compared with what is seen from outside.
fn foreseen(prediction: &Prediction) -> Trace {
    let taken = prediction.routes.iter().find(|route| route.taken);
    let (mut heard, mut rang, mut answered_ms) = (Vec::new(), Vec::new(), None);
    for event in &prediction.events {
        match &event.what {
            What::Hears { heard: all, .. } => {
                let is_tone =
                    |name: &str| name == "ringback" || name == "a beep" || name.starts_with("a tone");
                let sounds = all.iter().filter(|heard| !is_tone(&heard.name));
                heard.extend(sounds.map(|heard| (heard.name.clone(), heard.whole)));
            }
            What::Rings { who, ms, then } => {
                rang.push((who.clone(), event.at_ms, *ms, *then == Rung::Answered))
            }
            What::Answered => answered_ms = Some(event.at_ms),
            What::Route { .. }
            | What::Step { .. }
            | What::Unreached { .. }
            | What::Talks { .. }
            | What::Presses { .. }
            | What::Message { .. }
            | What::Emergency { .. }
            | What::Joins { .. }
            | What::ScriptError { .. }
            | What::GivesUp { .. } => {}
        }
    }
    let end = prediction.end.as_ref();
    let cause = end.map(|end| end.cause.clone()).unwrap_or_default();
    let status = match (answered_ms, Cause::by_name(&cause), end.map(|end| end.disposition)) {
        // RFC 3261 §9.2: what was cancelled is answered 487.
        (None, Some(_), Some("cancelled")) => Some(487),
        (None, Some(cause), _) => Some(cause.status()),
        (_, _, _) => None,
    };
    Trace {
        route: taken.map(|route| (route.context.clone(), route.pattern.clone())),
        heard,
        rang,
        answered_ms,
        status,
        over_ms: end.map_or(0, |end| end.at_ms),
        disposition: end.map_or("none", |end| end.disposition),
        cause,
    }
}

/// What is not as it was foreseen.
fn differences(foreseen: &Trace, seen: &Trace) -> Vec<String> {
    let mut all = Vec::new();
    let mut is = |what: &str, same: bool, one: &dyn core::fmt::Debug, other: &dyn core::fmt::Debug| {
        if !same {
            all.push(format!("{what}\n  foreseen {one:?}\n  seen     {other:?}"));
        }
    };
    is("route", foreseen.route == seen.route, &foreseen.route, &seen.route);
    is("heard", foreseen.heard == seen.heard, &foreseen.heard, &seen.heard);
    let (one, other) = (by_name(&foreseen.rang), by_name(&seen.rang));
    let near = |a: u64, b: u64| a.abs_diff(b) <= NEAR_MS;
    let like = |(a, b): (&Rang, &Rang)| a.0 == b.0 && near(a.1, b.1) && near(a.2, b.2) && a.3 == b.3;
    is("rang", one.len() == other.len() && one.iter().zip(&other).all(like), &one, &other);
    let answered = match (foreseen.answered_ms, seen.answered_ms) {
        (Some(one), Some(other)) => near(one, other),
        (one, other) => one == other,
    };
    is("answered", answered, &foreseen.answered_ms, &seen.answered_ms);
    is("status", foreseen.status == seen.status, &foreseen.status, &seen.status);
    is("over", near(foreseen.over_ms, seen.over_ms), &foreseen.over_ms, &seen.over_ms);
    is("disposition", foreseen.disposition == seen.disposition, &foreseen.disposition, &seen.disposition);
    is("cause", foreseen.cause == seen.cause, &foreseen.cause, &seen.cause);
    all
}

/// Phones that ring together ring in no particular order; one that has refused at once has not rung.
fn by_name(rang: &[Rang]) -> Vec<Rang> {
    let mut rang: Vec<_> =
        rang.iter().filter(|(_, _, ms, answered)| *ms > NEAR_MS || *answered).cloned().collect();
    rang.sort_by_key(|(who, at, ..)| (at / 1_000, who.clone()));
    rang
}

fn check(predictor: &Predictor, other: &House, question: &Question) -> Trace {
    let prediction = predictor.predict(question, false);
    let (foreseen, seen) = (foreseen(&prediction), trace(other, question));
    let differences = differences(&foreseen, &seen);
    assert!(differences.is_empty(), "{question:?}\n{}\n{}", differences.join("\n"), prediction.text(false));
    seen
}

#[test]
fn predictions_agree_with_simulated_calls() {
    let predictor = Predictor::new(&house(1), Wording::default());
    let other = house(2);
    let wanted = option_env!("CORDBOARD_TUPLES").and_then(|count| count.parse().ok());
    let mut chance = Chance(SEED);
    let drawn = (0..wanted.unwrap_or(TUPLES)).map(|_| tuple(chance.next()));
    let mut met: BTreeMap<&str, usize> = BTreeMap::new();
    for question in tuples::failed_once().into_iter().chain(drawn) {
        let seen = check(&predictor, &other, &question);
        *met.entry(seen.disposition).or_default() += 1;
        for (what, is) in [("rang", !seen.rang.is_empty()), ("heard", !seen.heard.is_empty())] {
            *met.entry(what).or_default() += usize::from(is);
        }
    }
    println!("{met:?}");
    let count = wanted.unwrap_or(TUPLES);
    figures::write(
        "Predictions that are what then happens",
        "1,000 of 1,000",
        &format!("{count} of {count}"),
        "CORDBOARD_TUPLES=1000 cargo test -p cordboard-rehearsal agree",
    );
    // Calls of every kind were among them.
    for kind in ["answered", "busy", "no-answer", "failed", "cancelled", "rang", "heard"] {
        assert!(wanted.is_some() || met.get(kind).copied().unwrap_or(0) >= 3, "{kind}: {met:?}");
    }
}

#[test]
fn a_prediction_that_is_wrong_is_noticed() {
    let predictor = Predictor::new(&house(1), Wording::default());
    let other = house(2);
    let at = |time: &str| predictor.moment(time, 0).unwrap();
    let (caller, number) = (predictor.caller(Some("itsp"), None).unwrap(), "5550100".to_owned());
    let by_day = Question { caller, number, at_us: at("2026-11-23 10:00"), assumed: Assumed::usual() };
    let mut by_night = by_day.clone();
    by_night.at_us = at("2026-11-23 20:00");
    let seen = trace(&other, &by_day);
    assert_eq!(differences(&foreseen(&predictor.predict(&by_day, false)), &seen), Vec::<String>::new());
    let wrong = differences(&foreseen(&predictor.predict(&by_night, false)), &seen);
    assert!(wrong.len() >= 3, "{wrong:?}");
}
