//! A queue that more callers wait in than most offices have in a day, all at once.

use crate::harness::crowd::{Crowd, Seat};
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::wait;
use crate::load::{WAVE, names, raise_file_limit};
use cordboard_phone::Command;
use rustix::process::Signal;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::time::{Duration, Instant};

const CALLERS: u32 = 500;
const AGENTS: u32 = 20;
/// All of them are served within so long.
const TIME_MAX: Duration = Duration::from_secs(60);

/// Those who dial 620 hear music. The others hear ringing, which costs no packets: the test's own machine has to play 500 phones.
const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("620", |ch| { ch.queue("sales"); });
internal.on("621", |ch| { ch.queue("sales", #{ ringing: true }); });
"#;

fn queues(agents: &[String]) -> String {
    let mut text = "[queue.sales]\nstrategy = \"least-recent\"\nring_s = 60\n".to_owned();
    for agent in agents {
        writeln!(text, "[[queue.sales.member]]\nuser = \"{agent}\"").unwrap();
    }
    text
}

/// The calls of an event of the queue log, in order.
fn logged(log: &str, event: &str) -> Vec<String> {
    let of = |line: &&str| line.split('|').nth(4) == Some(event);
    log.lines().filter(of).map(|line| line.split('|').nth(1).unwrap().to_owned()).collect()
}

#[test]
fn five_hundred_callers_are_served_each_once_in_the_order_in_which_they_came() {
    raise_file_limit();
    let [callers, agents] = [names(2_000, CALLERS), names(3_000, AGENTS)];
    let users = callers.iter().chain(&agents).cloned();
    let plan = Plan::sample().dialplan(DIALPLAN).users(users).media_ports(1_200);
    let plan = plan.set("limits", "calls", 600).file("etc/queues.toml", &queues(&agents));
    let mut exchange = Exchange::start(&plan);
    let mut crowd = Crowd::new(&exchange);
    let [calling, taking] =
        [&callers, &agents].map(|names| names.iter().map(|name| crowd.mute(name)).collect::<Vec<Seat>>());
    for wave in calling.chunks(WAVE) {
        crowd.register(wave);
    }
    let began = Instant::now();
    for wave in calling.chunks(WAVE).enumerate() {
        for (at, caller) in wave.1.iter().enumerate() {
            crowd.calls(*caller, if at.is_multiple_of(10) { "620" } else { "621" });
        }
        let joined = (wave.0 + 1) * WAVE;
        crowd.until("callers to wait", |_| (exchange.calls() == joined).then_some(()));
    }
    // Now the agents come, and each takes one caller after the other.
    crowd.register(&taking);
    let mut served = BTreeMap::<String, u32>::new();
    for _ in 0..CALLERS / AGENTS {
        for agent in &taking {
            *served.entry(crowd.rings(*agent)).or_default() += 1;
            crowd.does(*agent, Command::Answer);
        }
        for agent in &taking {
            crowd.talks(*agent);
        }
        for agent in &taking {
            crowd.hangs_up(*agent);
        }
    }
    for caller in &calling {
        crowd.talks(*caller);
        assert_eq!(crowd.is_over(*caller), None, "its talk is over");
    }
    assert!(began.elapsed() <= TIME_MAX, "{:?}", began.elapsed());
    assert_eq!(served.len(), callers.len());
    assert!(served.values().all(|times| *times == 1), "doubled: {served:?}");
    let records = exchange.leaves_records(callers.len());
    assert!(records.iter().all(|record| record.disposition == "answered" && record.error.is_none()));
    assert_eq!(exchange.calls(), 0);
    the_log_agrees(&exchange);
    exchange.still_answers();
    the_figures_survive(&mut exchange);
}

/// The day's figures of the queue and of each agent, as another process finds them in the store.
fn the_figures_survive(exchange: &mut Exchange) {
    let figures = |exchange: &Exchange| {
        let sales = exchange.asks_json(&["queues", "--json"]).remove(0);
        let queue = ["offered", "answered", "abandoned", "missed", "wait_s", "talk_s", "service_level"]
            .map(|key| sales[key].as_u64().unwrap());
        let agents = sales["agents"].as_array().unwrap().iter();
        let agents: Vec<(String, u64)> = agents
            .map(|agent| (agent["name"].as_str().unwrap().to_owned(), agent["today"].as_u64().unwrap()))
            .collect();
        (queue, agents)
    };
    let before = figures(exchange);
    assert_eq!(before.0[..4], [u64::from(CALLERS), u64::from(CALLERS), 0, 0]);
    assert_eq!(before.1.iter().map(|(_, taken)| taken).sum::<u64>(), u64::from(CALLERS));
    assert!(before.1.iter().all(|(_, taken)| *taken == u64::from(CALLERS / AGENTS)), "{:?}", before.1);
    exchange.signal(Signal::TERM);
    exchange.process().succeeds(wait::SOON);
    exchange.start_again();
    assert_eq!(figures(exchange), before);
}

/// Everybody who came was connected once, with one agent, and nobody long before somebody who had come earlier.
fn the_log_agrees(exchange: &Exchange) {
    let callers = usize::try_from(CALLERS).unwrap();
    let path = exchange.folder.file("var/queue_log");
    let log = wait::until("the log", wait::SOON, || {
        let log = std::fs::read_to_string(&path).unwrap();
        (logged(&log, "COMPLETEAGENT").len() == callers).then_some(log)
    });
    let [entered, connected, completed] =
        ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"].map(|event| logged(&log, event));
    for calls in [&entered, &connected, &completed] {
        assert_eq!((calls.len(), calls.iter().collect::<BTreeSet<_>>().len()), (callers, callers));
    }
    assert!(logged(&log, "ABANDON").is_empty() && logged(&log, "COMPLETECALLER").is_empty());
    // As many as there are agents are served together.
    let agents = usize::try_from(AGENTS).unwrap();
    let place: BTreeMap<&String, usize> = entered.iter().enumerate().map(|(at, call)| (call, at)).collect();
    for (at, call) in connected.iter().enumerate() {
        assert!(
            place[call].abs_diff(at) < 2 * agents,
            "{call} came as number {}, was served as {at}",
            place[call]
        );
    }
}
