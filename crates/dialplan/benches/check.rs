//! The whole check of a large office: 1,000 users, 2,000 lines of script. `cargo bench -p cordboard-dialplan --bench check`

#[path = "../../../tests/harness/figures.rs"]
mod figures;

use cordboard_app::Applications;
use cordboard_dialplan::{Bundle, Dialplan, Fibers, Office};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

/// Checks whose times are written down.
const ROUNDS: usize = 20;
/// The goal of the project: well under a second.
const GOAL: Duration = Duration::from_millis(500);

fn main() {
    divan::main();
    let (bundle, office) = (bundle(), office());
    let applications: Applications = cordboard_installed::installed().applications;
    let mut times: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let began = Instant::now();
            let checked = Dialplan::check(&bundle, &Fibers::default(), &applications, Some(&office));
            assert!(checked.findings.is_empty());
            began.elapsed()
        })
        .collect();
    times.sort();
    let lines: usize = bundle.files.values().map(|text| text.lines().count()).sum();
    figures::write(
        "The check of an office with 1,000 users and 2,000 lines of script, at load",
        "well under 1 s",
        &format!(
            "{:.1?} to {:.1?}, {} users, {lines} lines",
            times[0],
            times[ROUNDS - 1],
            office.users.len()
        ),
        "cargo bench -p cordboard-dialplan --bench check",
    );
    assert!(times[ROUNDS / 2] < GOAL, "{times:?}");
}

/// 200 departments of ten lines each, in ten files.
fn bundle() -> Bundle {
    let mut main = String::new();
    let mut routes = String::from("let internal = context(\"internal\");\n");
    let mut bundle = Bundle::single("");
    for file in 0..10 {
        let mut text = String::new();
        for department in 0..20 {
            let number = 1_000 + (file * 20 + department) * 5;
            let _infallible = write!(
                text,
                "fn ring_{department}(ch) {{\n    if !hours(\"office\").open {{ return night_{department}(ch); }}\n    \
                 let r = ch.dial([user(\"{number}\"), user(\"{}\")], #{{ timeout: 25, transfer: true }});\n    \
                 switch r.status {{\n        \"answered\" => (),\n        \"busy\" => ch.voicemail(\"{number}\"),\n        \
                 _ => night_{department}(ch),\n    }}\n}}\nfn night_{department}(ch) {{ ch.voicemail(\"{number}\", #{{ greet: \"unavail\" }}); }}\n",
                number + 1
            );
            let _infallible = writeln!(
                routes,
                "internal.on(\"{}\", |ch| f{file}::ring_{department}(ch));",
                6_000 + file * 20 + department
            );
        }
        let _infallible = writeln!(main, "import \"f{file}\" as f{file};");
        bundle = bundle.with(&format!("f{file}.rhai"), &text);
    }
    bundle.with("main.rhai", &format!("{main}{routes}"))
}

fn office() -> Office {
    let users: std::collections::BTreeSet<String> = (1_000..2_000).map(|number| number.to_string()).collect();
    Office {
        mailboxes: users.clone(),
        users,
        hours: ["office".to_owned()].into(),
        entered: ["internal".to_owned()].into(),
        ..Office::default()
    }
}

#[divan::bench]
fn a_thousand_users_and_two_thousand_lines(bencher: divan::Bencher<'_, '_>) {
    let (bundle, office) = (bundle(), office());
    let applications: Applications = cordboard_installed::installed().applications;
    let checked = Dialplan::check(&bundle, &Fibers::default(), &applications, Some(&office));
    assert!(checked.findings.is_empty(), "{:?}", checked.findings.first());
    bencher.bench_local(|| Dialplan::check(&bundle, &Fibers::default(), &applications, Some(&office)));
}
