//! `queue_log`, as Asterisk writes it: `time|call|queue|agent|event|data…`, which report programs read; and events for whoever
//! listens.

use crate::caller::CallerId;
use crate::queues::Queues;
use cordboard_app::{Destination, ServiceOutput, Value};
use cordboard_base::CallId;
use std::collections::BTreeMap;

/// The log's name.
const LOG: &str = "queue_log";

impl Queues {
    /// A line about a queue.
    pub(crate) fn journal(
        &mut self,
        call: Option<CallId>,
        queue: &str,
        who: Option<&Destination>,
        event: &str,
        data: &[&str],
    ) {
        if let Some((call, text)) =
            call.zip(told(queue, who.map(|who| self.agent_name(queue, who)), event, data))
        {
            self.out.push_back(ServiceOutput::Note { call, text });
        }
        let call = call.map_or_else(|| "NONE".to_owned(), |call| call.to_string());
        let who = who.map_or_else(|| "NONE".to_owned(), |who| self.agent_name(queue, who));
        self.append(&[&call, queue, &who, event], data);
    }

    /// A line about all of them.
    pub(crate) fn journal_all(&mut self, event: &str, data: &[&str]) {
        self.append(&["NONE", "NONE", "NONE", event], data);
    }

    /// A line about an agent, of all queues.
    pub(crate) fn journal_agent(&mut self, who: &Destination, event: &str) {
        let agent = interface(who);
        self.append(&["NONE", "NONE", &agent, event], &[""]);
    }

    fn append(&mut self, head: &[&str], data: &[&str]) {
        let time = self.unix_us.div_euclid(1_000_000).to_string();
        let fields: Vec<&str> =
            core::iter::once(time.as_str()).chain(head.iter().chain(data).copied()).collect();
        self.out.push_back(ServiceOutput::line(LOG, &fields));
    }

    /// A member as reports name it: by the name that the settings give it, else by technology and number, as Asterisk does.
    pub(crate) fn agent_name(&self, queue: &str, who: &Destination) -> String {
        let member = self.queues.get(queue).and_then(|queue| queue.member(who));
        match (member.map(|member| member.name.as_str()).filter(|name| !name.is_empty()), who) {
            (Some(name), _) => name.to_owned(),
            (None, _) => interface(who),
        }
    }

    /// An event about a caller.
    pub(crate) fn event(&mut self, name: &str, id: CallerId) {
        let Some(caller) = self.callers.get(&id) else { return };
        let text = |text: &str| Value::Text(text.to_owned());
        let mut data = BTreeMap::from([
            ("queue".to_owned(), text(&caller.queue)),
            ("call".to_owned(), text(&caller.call.map(|call| call.to_string()).unwrap_or_default())),
            ("number".to_owned(), Value::Untrusted(caller.who.number.clone())),
            ("name".to_owned(), Value::Untrusted(caller.who.name.clone())),
        ]);
        if let crate::caller::Stage::Talking(talk) = &caller.stage
            && let Some(agent) = &talk.agent
        {
            data.insert("agent".to_owned(), text(&self.agent_name(&caller.queue, agent)));
        }
        if let Some(callback) = &caller.callback {
            data.insert("callback".to_owned(), Value::Untrusted(callback.number.clone()));
        }
        self.out.push_back(ServiceOutput::Event { name: name.to_owned(), data: Value::Map(data) });
    }
}

/// Technology and number.
fn interface(who: &Destination) -> String {
    match who {
        Destination::User(user) => format!("SIP/{user}"),
        Destination::Trunk { trunk, number } => format!("SIP/{trunk}/{number}"),
        Destination::Extension { context, number } => format!("Local/{number}@{context}"),
    }
}

/// A line of the log in words, for those who follow the call; `None`: it is about an agent's membership.
fn told(queue: &str, who: Option<String>, event: &str, data: &[&str]) -> Option<String> {
    let of = |at: usize| data.get(at).copied().unwrap_or_default();
    let who = who.unwrap_or_default();
    Some(match event {
        "ENTERQUEUE" => format!("{queue}: place {}", of(2)),
        "ABANDON" => format!("{queue}: gives up on place {} (was {}) after {} s", of(0), of(1), of(2)),
        "EXITWITHKEY" => format!("{queue}: leaves by key {} on place {} after {} s", of(0), of(1), of(3)),
        "EXITWITHTIMEOUT" => {
            format!("{queue}: time is over on place {} (was {}) after {} s", of(0), of(1), of(2))
        }
        "EXITEMPTY" => format!("{queue}: nobody serves it any more, place {} after {} s", of(0), of(2)),
        "RINGNOANSWER" => format!("{queue}: {who} does not answer"),
        "CONNECT" => format!("{queue}: connected with {who} after {} s", of(0)),
        "CALLBACK" => format!("{queue}: keeps place {} and is called back", of(1)),
        "ADDMEMBER" | "REMOVEMEMBER" | "PENALTY" | "PAUSE" | "UNPAUSE" => return None,
        other => format!("{queue}: {}", other.to_lowercase()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_s_lines_are_told_in_words_and_those_about_agents_are_not() {
        let told = |event: &str, data: &[&str]| told("sales", Some("Ann".to_owned()), event, data);
        assert_eq!(told("ENTERQUEUE", &["", "5550100", "2"]).as_deref(), Some("sales: place 2"));
        assert_eq!(
            told("ABANDON", &["1", "2", "30"]).as_deref(),
            Some("sales: gives up on place 1 (was 2) after 30 s")
        );
        assert_eq!(
            told("CONNECT", &["25", "", "3"]).as_deref(),
            Some("sales: connected with Ann after 25 s")
        );
        assert_eq!(told("AGENTDUMP", &[""]).as_deref(), Some("sales: agentdump"));
        assert_eq!(told("PAUSE", &["lunch"]), None);
    }
}
