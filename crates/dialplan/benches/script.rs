//! What a script costs: its start, a resume, its memory while it is parked.

#![allow(clippy::expect_used, reason = "a benchmark stops where something is wrong")]

use cordboard_app::{CallInfo, Programs, Reply, RouteRequest, Step};
use cordboard_base::Time;
use cordboard_dialplan::{Bundle, Dialplan};

const PLAN: &str = r#"
    import "office" as office;
    let internal = context("internal");
    internal.on("_10X", |ch| office::ring(ch, ch.dialed));
    internal.on("1", |ch| { loop { ch.wait(1); ch.enter_when_done(); } });
    internal.otherwise(|ch| ch.hangup("unallocated"));
"#;

const OFFICE: &str = r#"
    fn ring(ch, who) {
        let r = ch.dial(user(who), #{ timeout: 25 });
        switch r.status { "answered" => (), "busy" => ch.hangup("busy"), _ => ch.play("vm-nobodyavail") }
    }
"#;

fn plan() -> Dialplan {
    let main = PLAN.replace("ch.enter_when_done();", "");
    Dialplan::load(&Bundle::single(&main).with("office.rhai", OFFICE)).expect("the scripts are right")
}

fn request(number: &str) -> RouteRequest {
    RouteRequest {
        info: CallInfo { context: "internal".into(), dialed: number.into(), ..CallInfo::default() },
    }
}

fn main() {
    parked();
    divan::main();
}

/// From the route to the first step, and the end of the call.
#[divan::bench]
fn start_to_first_step_and_end(bencher: divan::Bencher<'_, '_>) {
    let (plan, request) = (plan(), request("102"));
    bencher.bench_local(|| {
        let mut app = plan.route(&request).expect("a route");
        assert!(matches!(app.resume(Time::ZERO, Reply::Start), Step::Dial(_)));
    });
}

/// From one step to the next. A script's log of replies is bounded, so a new one takes over in time.
#[divan::bench]
fn resume(bencher: divan::Bencher<'_, '_>) {
    let (plan, request) = (plan(), request("1"));
    let start = || {
        let mut app = plan.route(&request).expect("a route");
        app.resume(Time::ZERO, Reply::Start);
        app
    };
    let (mut app, mut left) = (start(), 9_000);
    bencher.bench_local(|| {
        left -= 1;
        if left == 0 {
            (app, left) = (start(), 9_000);
        }
        app.resume(Time::ZERO, Reply::Ok)
    });
}

/// A dialplan's load, the engine's own 0.4 ms included.
#[divan::bench]
fn load() -> Dialplan {
    plan()
}

/// Resident memory of parked scripts, from /proc/self/statm.
fn parked() {
    let (plan, request) = (plan(), request("102"));
    let mut warm = plan.route(&request).expect("a route");
    warm.resume(Time::ZERO, Reply::Start);
    let before = resident_kib();
    const SCRIPTS: u64 = 2_000;
    let scripts: Vec<_> = (0..SCRIPTS)
        .map(|_| {
            let mut app = plan.route(&request).expect("a route");
            app.resume(Time::ZERO, Reply::Start);
            app
        })
        .collect();
    let grown = resident_kib().saturating_sub(before);
    println!(
        "resident per parked script: {:.1} KiB ({} scripts)",
        grown as f64 / SCRIPTS as f64,
        scripts.len()
    );
}

fn resident_kib() -> u64 {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    statm.split(' ').nth(1).and_then(|pages| pages.parse::<u64>().ok()).unwrap_or(0) * 4
}
