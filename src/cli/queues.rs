//! `cordboard queues`: asks the service of the queues, as scripts do.

use super::{client, table};
use crate::admin::{Request, Response};
use anyhow::{Result, bail};
use cordboard_app::{Destination, Value};
use cordboard_exchange::AdminReply;
use std::collections::BTreeMap;
use std::path::Path;

/// `queues`
pub(super) fn queues(etc: &Path, queue: Option<&str>, json: bool) -> Result<()> {
    let text = |text: &str| Value::Text(text.to_owned());
    let mut entries = BTreeMap::from([("do".to_owned(), text("list"))]);
    entries.extend(queue.map(|queue| ("queue".to_owned(), text(queue))));
    let request = Request::Service { kind: "queue".to_owned(), request: Value::Map(entries) };
    let Response::Exchange(AdminReply::Service(answer)) = client::ask(etc, &request)? else {
        bail!("an answer to another question")
    };
    let all = if let Value::List(all) = answer { all } else { vec![answer] };
    if json {
        let plain: Vec<serde_json::Value> = all.iter().map(plain).collect();
        table::say(&serde_json::to_string_pretty(&plain)?);
        return Ok(());
    }
    let names = ["name", "title", "waiting", "talking", "offered", "answered", "abandoned", "missed"];
    let more = ["callbacks", "service_level", "wait_s", "talk_s"];
    let cells = |queue: &Value| names.iter().chain(&more).map(|name| cell(queue.entry(name))).collect();
    let rows: Vec<Vec<String>> = all.iter().map(cells).collect();
    let head = ["QUEUE", "TITLE", "WAITING", "TALKING", "TODAY", "ANSWERED", "ABANDONED", "MISSED"];
    let head: Vec<&str> = head.into_iter().chain(["CALLBACKS", "IN TIME %", "WAIT", "TALK"]).collect();
    table::print(&head, &rows);
    for queue in &all {
        say_members(queue);
    }
    Ok(())
}

fn say_members(queue: &Value) {
    let list = |name: &str| if let Value::List(list) = queue.entry(name) { list.clone() } else { Vec::new() };
    let cells = |keys: &[&str], of: &Value| keys.iter().map(|key| cell(of.entry(key))).collect();
    let agents = list("agents");
    if !agents.is_empty() {
        table::say(&format!("\n{}: agents", cell(queue.entry("name"))));
        let keys = ["name", "state", "paused", "reason", "penalty", "calls", "missed"];
        let rows: Vec<Vec<String>> = agents.iter().map(|agent| cells(&keys, agent)).collect();
        table::print(&["AGENT", "STATE", "PAUSED", "REASON", "PENALTY", "CALLS", "MISSED"], &rows);
    }
    let waiting = list("waiting");
    if !waiting.is_empty() {
        table::say(&format!("\n{}: callers", cell(queue.entry("name"))));
        let keys = ["number", "name", "waited_s", "priority", "callback", "call"];
        let rows: Vec<Vec<String>> = waiting.iter().map(|caller| cells(&keys, caller)).collect();
        table::print(&["FROM", "NAME", "WAITS", "PRIORITY", "CALLBACK", "CALL"], &rows);
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Unit => String::new(),
        Value::Bool(truth) => if *truth { "yes" } else { "no" }.to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Text(text) | Value::Untrusted(text) => text.clone(),
        Value::Destination(to) => destination(to),
        Value::List(list) => list.len().to_string(),
        Value::Map(map) => map.len().to_string(),
    }
}

fn destination(to: &Destination) -> String {
    match to {
        Destination::User(user) => user.clone(),
        Destination::Trunk { trunk, number } => format!("{number}@{trunk}"),
        Destination::Extension { context, number } => format!("Local/{number}@{context}"),
    }
}

/// A value as JSON that other programs read.
fn plain(value: &Value) -> serde_json::Value {
    match value {
        Value::Unit => serde_json::Value::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Int(number) => (*number).into(),
        Value::Float(number) => (*number).into(),
        Value::Text(text) | Value::Untrusted(text) => text.as_str().into(),
        Value::Destination(to) => destination(to).into(),
        Value::List(list) => list.iter().map(plain).collect(),
        Value::Map(map) => map.iter().map(|(key, value)| (key.clone(), plain(value))).collect(),
    }
}
