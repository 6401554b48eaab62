//! `queues.conf`, and the names that `agents.conf` gives to agents.

use super::{Device, Files, Names, bounded, leftovers, line, quoted_key};
use crate::conf::{Conf, Entry, Section};
use crate::dialplan::parse::Plan;
use crate::quoted::{is_name, list, quoted};
use crate::report::Report;
use std::fmt::Write;

const STRATEGIES: [&str; 9] = [
    "ringall",
    "leastrecent",
    "fewestcalls",
    "random",
    "rrmemory",
    "rrordered",
    "linear",
    "wrandom",
    "roundrobin",
];
const KNOWN: [&str; 30] = [
    "musicclass",
    "musiconhold",
    "announce",
    "strategy",
    "servicelevel",
    "context",
    "timeout",
    "retry",
    "weight",
    "wrapuptime",
    "autofill",
    "autopause",
    "autopausebusy",
    "autopauseunavail",
    "maxlen",
    "announce-frequency",
    "min-announce-frequency",
    "periodic-announce-frequency",
    "periodic-announce",
    "announce-holdtime",
    "announce-position",
    "announce-position-limit",
    "announce-to-first-user",
    "joinempty",
    "leavewhenempty",
    "ringinuse",
    "member",
    "penaltymemberslimit",
    "reportholdtime",
    "announce-position-only-up",
];
const HANDLED: [&str; 14] = [
    "eventwhencalled",
    "eventmemberstatus",
    "timeoutpriority",
    "memberdelay",
    "timeoutrestart",
    "shared_lastcall",
    "setinterfacevar",
    "setqueueentryvar",
    "setqueuevar",
    "persistentmembers",
    "monitor-type",
    "keepstats",
    "log-membername-as-agent",
    "random-periodic-announce",
];

/// Reads the queues.
pub(super) fn read(files: &Files, plan: &Plan, names: &mut Names, report: &mut Report) -> String {
    let mut text = "# Queues. Every key is explained in the sample office's file.\n".to_owned();
    let Some(conf) = &files.queues else { return text };
    let general = conf.section("general");
    for section in conf.real().filter(|section| section.name != "general") {
        if !is_name(&section.name) {
            report.lost(&section.place, &format!("[{}]", section.name), "a queue can't be called so");
            continue;
        }
        names.queues.insert(section.name.clone());
        report.count("queues", 1);
        leftovers(section, &KNOWN, &HANDLED, report);
        let _infallible = write!(text, "\n[queue.{}]\n", quoted_key(&section.name));
        queue(section, general, (plan, names), &mut text, report);
        for entry in section.all("member") {
            member(&section.name, entry, (files.agents.as_ref(), names, plan), &mut text, report);
        }
    }
    text
}

fn queue(
    section: &Section,
    general: Option<&Section>,
    (plan, names): (&Plan, &mut Names),
    text: &mut String,
    report: &mut Report,
) {
    if let Some(strategy) = section.entry("strategy") {
        match (STRATEGIES.contains(&strategy.value.as_str()), strategy.value.as_str()) {
            (true, "roundrobin") => line(text, "strategy", "\"rrmemory\""),
            (true, known) => line(text, "strategy", &quoted(known)),
            (false, unknown) => {
                report.lost(&strategy.place, unknown, "there is no such strategy: all ring together")
            }
        }
    }
    for key in ["musicclass", "musiconhold"] {
        if let Some(class) = section.get(key) {
            line(text, "music", &quoted(class));
        }
    }
    let numbers = [
        ("weight", "weight", (0, 1_000)),
        ("timeout", "ring_s", (1, 180)),
        ("retry", "retry_s", (0, 600)),
        ("wrapuptime", "wrap_up_s", (0, 3_600)),
        ("maxlen", "callers_max", (0, 10_000)),
        ("servicelevel", "service_level_s", (1, 3_600)),
        ("announce-frequency", "announce_s", (0, 3_600)),
        ("min-announce-frequency", "announce_min_s", (1, 3_600)),
        ("periodic-announce-frequency", "periodic_s", (0, 3_600)),
        ("announce-position-limit", "announce_position_limit", (1, 1_000)),
        ("penaltymemberslimit", "penalty_members_limit", (0, 1_000)),
    ];
    for (theirs, ours, bounds) in numbers {
        let bounds = if theirs == "timeout" && section.get(theirs) == Some("0") { (0, 180) } else { bounds };
        match bounded(section, theirs, bounds, report) {
            Some(0) if theirs == "timeout" => line(text, ours, "180"),
            Some(number) => line(text, ours, &number.to_string()),
            None => {}
        }
    }
    let autofill = section.yes("autofill").or_else(|| general?.yes("autofill"));
    let truths = [
        ("autofill", autofill),
        ("ring_in_use", section.yes("ringinuse")),
        ("auto_pause_busy", section.yes("autopausebusy")),
        ("auto_pause_unavailable", section.yes("autopauseunavail")),
        ("agent_hold_time", section.yes("reportholdtime")),
        ("announce_only_up", section.yes("announce-position-only-up")),
        ("announce_hold_time", section.get("announce-holdtime").map(|when| when != "no")),
    ];
    for (key, truth) in truths {
        if let Some(truth) = truth {
            line(text, key, if truth { "true" } else { "false" });
        }
    }
    words(section, text, report);
    exits(section, (plan, names), text, report);
}

fn words(section: &Section, text: &mut String, report: &mut Report) {
    if let Some(pause) = section.entry("autopause") {
        let word = if pause.value == "all" {
            "all"
        } else if crate::conf::is_yes(&pause.value) {
            "yes"
        } else {
            "no"
        };
        line(text, "auto_pause", &quoted(word));
    }
    if let Some(position) =
        section.get("announce-position").filter(|word| ["yes", "no", "limit", "more"].contains(word))
    {
        line(text, "announce_position", &quoted(position));
    }
    for (theirs, ours) in [("joinempty", "join_empty"), ("leavewhenempty", "leave_empty")] {
        if let Some(entry) = section.entry(theirs) {
            match empty_rule(&entry.value) {
                Some(rule) => line(text, ours, &rule),
                None => report.lost(
                    &entry.place,
                    &format!("{theirs} = {}", entry.value),
                    "this is no rule for empty queues",
                ),
            }
        }
    }
    if let Some(prompts) = section.get("periodic-announce") {
        line(text, "periodic", &list(prompts.split(',').map(str::trim)));
    }
    if let Some(prompts) = section.get("announce").filter(|prompt| !prompt.is_empty()) {
        line(text, "agent_announce", &list([prompts]));
    }
    for entry in section.entries.iter().filter(|entry| entry.key.starts_with("queue-")) {
        let source = format!("{} = {}", entry.key, entry.value);
        report.lost(
            &entry.place,
            &source,
            "the prompts of queues are chosen by name: put your own file in its place",
        );
    }
}

fn empty_rule(value: &str) -> Option<String> {
    match value.trim() {
        "yes" | "true" | "1" => Some("true".to_owned()),
        "no" | "false" | "0" => Some("false".to_owned()),
        "strict" | "loose" => Some(quoted(value.trim())),
        words => {
            let factors =
                ["paused", "penalty", "inuse", "ringing", "unavailable", "invalid", "unknown", "wrapup"];
            let words: Vec<&str> = words.split(',').map(str::trim).collect();
            words.iter().all(|word| factors.contains(word)).then(|| list(words))
        }
    }
}

/// Keys that leave the queue: one-digit extensions of its context.
fn exits(section: &Section, (plan, names): (&Plan, &mut Names), text: &mut String, report: &mut Report) {
    let Some(context) = section.entry("context").filter(|entry| !entry.value.is_empty()) else { return };
    let Some(known) = plan.contexts.iter().find(|known| known.name == context.value) else {
        return report.lost(
            &context.place,
            &format!("context = {}", context.value),
            "there is no such context",
        );
    };
    let is_key =
        |pattern: &str| pattern.len() == 1 && pattern.chars().all(|c| c.is_ascii_digit() || "*#".contains(c));
    let keys = known.extens.iter().map(|exten| exten.pattern.as_str()).filter(|pattern| is_key(pattern));
    let exits: Vec<String> = keys.map(|key| format!("{} = {}", quoted(key), quoted(key))).collect();
    if exits.is_empty() {
        return report.lost(
            &context.place,
            &format!("context = {}", context.value),
            "it has no extension of one digit",
        );
    }
    line(text, "exit", &format!("{{ {} }}", exits.join(", ")));
    names.exits.insert(context.value.clone());
    line(text, "exit_context", &quoted(&context.value));
}

/// `member => PJSIP/101,penalty,name,state`
fn member(
    queue: &str,
    entry: &Entry,
    (agents, names, plan): (Option<&Conf>, &Names, &Plan),
    text: &mut String,
    report: &mut Report,
) {
    let source = format!("member => {}", entry.value);
    let mut fields = entry.value.split(',').map(str::trim);
    let device = fields.next().unwrap_or_default();
    let (penalty, name) = (fields.next().unwrap_or("0"), fields.next().unwrap_or_default());
    let (technology, rest) = device.split_once('/').unwrap_or(("", device));
    let peer = rest.split(['@', '/']).next().unwrap_or(rest);
    let mut name = name.to_owned();
    let kind = technology.to_ascii_lowercase();
    if kind == "agent"
        && let Some(agent) = agents.and_then(|conf| conf.section(peer))
    {
        name = agent.get("fullname").unwrap_or_default().to_owned();
    }
    let user = match kind.as_str() {
        "pjsip" | "sip" | "iax2" | "user" => named(names, peer),
        "agent" => names.numbers.get(peer).cloned(),
        _ => None,
    };
    let context = rest.split_once('@').map(|(_, context)| context.split('/').next().unwrap_or(context));
    let context =
        context.filter(|context| kind == "local" && plan.contexts.iter().any(|known| known.name == *context));
    if user.is_none() && context.is_none() {
        return report.lost(&entry.place, &source, "no user or trunk of ours is this member: it is left out");
    }
    if kind == "agent" {
        report.differs(
            &entry.place,
            &source,
            "this agent is always a member: who logs in and out does so by a code, ch.queue_login(…)",
        );
    }
    let _infallible = write!(text, "\n[[queue.{}.member]]\n", quoted_key(queue));
    if let Some(user) = user {
        line(text, "user", &quoted(&user));
    } else if let Some(context) = context {
        line(text, "extension", &quoted(peer));
        line(text, "context", &quoted(context));
    }
    if let Ok(penalty) = penalty.parse::<u32>()
        && penalty > 0
    {
        line(text, "penalty", &penalty.min(1_000).to_string());
    }
    if !name.is_empty() {
        line(text, "name", &quoted(&name));
    }
}

fn named(names: &Names, peer: &str) -> Option<String> {
    match names.devices.get(peer) {
        Some(Device::User(user)) => Some(user.clone()),
        Some(Device::Trunk(_)) | None => None,
    }
}
