//! 500 tests of the shipped dialplan, of ten kinds that an office's suite is made of, on one core: `cargo bench -p
//! cordboard-rehearsal --bench rehearsal`. The goal is 2 s.

#[path = "../../../tests/harness/figures.rs"]
mod figures;

use cordboard_rehearsal::{House, Options, Staging, Suite};
use cordboard_sim::Plan;
use cordboard_sim::stage::Prompts;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

const TESTS: usize = 500;
const ROUNDS: usize = 5;
const GOAL: Duration = Duration::from_secs(2);

/// Ten tests; `N` is a number of three digits.
const KINDS: [&str; 10] = [
    r#"let a = t.call("101", "102"); let b = t.phone("102"); a.hears("ringback"); b.answers(); a.talks_with(b); t.wait(30); a.hangs_up(); assert_eq(t.record().billsec, 30);"#,
    r#"let a = t.call("101", "102"); t.phone("102").ignores(); a.hears_at_last("vm-intro"); a.waits(10).says(4).hangs_up(); t.mailbox("102").has(1);"#,
    r#"t.clock("2026-11-22 12:00"); t.call("from-itsp", "5550N").hears("office-closed").is_over();"#,
    r#"let c = t.call("from-itsp", "5550N"); t.phone("103").answers(); c.talks_with(t.phone("103")); t.phone("101").is_over("elsewhere");"#,
    r#"t.call("102", "*72103").hears(["call-fwd-unconditional", "activated"]).is_over(); t.call("101", "102"); t.phone("103").rings();"#,
    r#"let a = t.call("101", "610"); a.hears(["welcome", "demo-menu"]).presses("2").hears("press-1").presses("N#").hears("you-entered").is_over();"#,
    r#"let a = t.call("101", "95550N1"); let b = t.trunk("itsp").rings("5550N1"); b.answers(); a.talks_with(b); b.hangs_up(); a.is_over();"#,
    r#"let a = t.call("101", "102"); let b = t.phone("102").answers(); a.is_answered(); b.transfers("700"); b.is_over(); a.hears("music"); let c = t.call("103", "701").is_answered(); a.talks_with(c);"#,
    r#"t.call("105", "*280").hears("callflow-night").is_over(); t.call("from-itsp", "5550N").hears("office-closed"); t.lamp("*280").is("on");"#,
    r#"let a = t.call("101", "500"); a.is_answered(); let b = t.call("102", "500"); b.is_answered(); t.wait(10); a.talks_with(b);"#,
];

fn suite() -> Suite {
    let mut texts = BTreeMap::new();
    for (kind, body) in KINDS.iter().enumerate() {
        let mut text = String::new();
        for n in 0..TESTS / KINDS.len() {
            let body = body.replace('N', &(100 + n).to_string());
            text += &format!("test(\"kind {kind}, number {n}\", |t| {{ {body} }});\n");
        }
        texts.insert(format!("tests/kind{kind}.rhai"), text);
    }
    Suite::new(texts)
}

fn house() -> Result<Rc<House>, String> {
    let plan = Plan::shipped().with(|setup| {
        let rule = cordboard_exchange::HoursRule { weekdays: 31, from_min: 540, to_min: 1_050 };
        let hours = cordboard_exchange::Hours { open: vec![rule], closed_on_holidays: true };
        setup.hours.insert("office".to_owned(), hours);
    });
    let prompts = Prompts::new(|_, _| Some(1_500));
    let staging = Staging { setup: plan.setup, bundle: plan.dialplan, prompts, seed: 1 };
    House::new(staging).map(Rc::new).map_err(|findings| format!("{findings:?}"))
}

fn main() -> Result<(), String> {
    let suite = suite();
    let mut best = Duration::MAX;
    let mut worst = Duration::ZERO;
    for _ in 0..ROUNDS {
        let began = Instant::now();
        let house = house()?;
        let made = began.elapsed();
        let (outcomes, _) = suite.run(&house, &Options::default(), |_| ());
        let took = began.elapsed();
        let failed: Vec<&str> = outcomes
            .iter()
            .filter(|outcome| !outcome.passed())
            .map(|outcome| outcome.name.as_str())
            .collect();
        assert!(
            failed.is_empty() && outcomes.len() == TESTS,
            "{} failed: {:?}",
            failed.len(),
            failed.first()
        );
        println!("{} tests in {took:.3?}, {made:.3?} of it before the first", outcomes.len());
        best = best.min(took);
        worst = worst.max(took);
    }
    figures::write(
        "500 tests of a dialplan, on one core",
        &format!("{GOAL:?}"),
        &format!("{best:.2?} to {worst:.2?}"),
        "cargo bench -p cordboard-rehearsal --bench rehearsal",
    );
    Ok(())
}
