//! The office-wide part: who may, who listens to whom, and the log of it.

use crate::KIND;
use crate::talk::{Answer, Request, Settings, Told, Word};
use cordboard_app::{Answered, AskId, Asker, Destination, Moment, Overhear, Service, ServiceOutput, Value};
use cordboard_base::CallId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Who listens at once.
const SPIES_MAX: usize = 64;
/// The log.
const LOG: &str = "spy_log";

/// All who listen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spies {
    settings: Settings,
    #[serde(with = "cordboard_base::pairs")]
    spies: BTreeMap<CallId, Spying>,
    next: u64,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// One who listens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Spying {
    spy: String,
    whom: Destination,
    mix: String,
    how: Option<Overhear>,
}

impl Service for Spies {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.settings = serde_json::from_str(settings)?;
        Ok(())
    }

    fn asked(&mut self, at: Moment, _ask: AskId, asker: &Asker, request: &Value) -> Answered {
        let request = request.request(KIND)?;
        Ok(Some(Value::of(&self.answer(at.unix_us, asker, request))))
    }

    fn state(&mut self, _at: Moment, who: Destination, state: String) {
        self.watched(&who, &state);
    }

    fn gone(&mut self, at: Moment, call: CallId) {
        self.end(at.unix_us, call);
    }
}

impl Spies {
    fn answer(&mut self, unix_us: i64, asker: &Asker, request: Request) -> Answer {
        match request {
            Request::Begin { whom } => self.begin(unix_us, asker, whom),
            Request::Here { how } => {
                self.here(unix_us, asker.call, how);
                Answer::Done
            }
            Request::End => {
                self.end(unix_us, asker.call);
                Answer::Done
            }
        }
    }

    fn begin(&mut self, unix_us: i64, asker: &Asker, whom: Destination) -> Answer {
        self.end(unix_us, asker.call);
        let may = |user: &&String| self.settings.may_spy.contains(user);
        // Nobody listens to itself: it would hear nothing new, and its talk would end with it.
        let is_own = |user: &String| whom == Destination::User(user.clone());
        let Some(spy) = asker.user.as_ref().filter(may).filter(|user| !is_own(user)).cloned() else {
            let who = asker.user.clone().unwrap_or_else(|| asker.caller.number.clone());
            self.log(unix_us, "DENIED", &who, &whom, None);
            return Answer::Denied;
        };
        if self.spies.len() >= SPIES_MAX {
            return Answer::Full;
        }
        self.next += 1;
        let mix = format!("{KIND}/{}", self.next);
        self.log(unix_us, "BEGIN", &spy, &whom, None);
        self.spies.insert(asker.call, Spying { spy, whom, mix: mix.clone(), how: None });
        Answer::Allowed { mix }
    }

    fn here(&mut self, unix_us: i64, call: CallId, how: Overhear) {
        let Some(spying) = self.spies.get_mut(&call) else { return };
        let is_first = spying.how.is_none();
        spying.how = Some(how);
        let Spying { spy, whom, mix, .. } = spying.clone();
        self.log(unix_us, "WAY", &spy, &whom, Some(how));
        let who = whom.clone();
        self.out.push_back(ServiceOutput::Overhear { who, mix, how: Some(how) });
        if is_first {
            self.out.push_back(ServiceOutput::Watch { who: whom, wanted: true });
        }
    }

    /// Whoever is overheard talks no more: those who listened are told.
    fn watched(&mut self, who: &Destination, state: &str) {
        if matches!(state, "busy" | "hold") {
            return;
        }
        let theirs = self.spies.iter().filter(|(_, spying)| spying.whom == *who && spying.how.is_some());
        let calls: Vec<CallId> = theirs.map(|(call, _)| *call).collect();
        for call in calls {
            let message = Value::of(&Told { spy: Word::Over });
            self.out.push_back(ServiceOutput::Tell { call, message });
        }
    }

    fn end(&mut self, unix_us: i64, call: CallId) {
        let Some(Spying { spy, whom, mix, how }) = self.spies.remove(&call) else { return };
        self.log(unix_us, "END", &spy, &whom, how);
        self.out.push_back(ServiceOutput::Overhear { who: whom.clone(), mix, how: None });
        if !self.spies.values().any(|spying| spying.whom == whom) {
            self.out.push_back(ServiceOutput::Watch { who: whom, wanted: false });
        }
    }

    /// A line: time, what, who, whom, in which way.
    fn log(&mut self, unix_us: i64, what: &str, spy: &str, whom: &Destination, how: Option<Overhear>) {
        let whom = match whom {
            Destination::User(user) => user.as_str(),
            Destination::Trunk { number, .. } | Destination::Extension { number, .. } => number.as_str(),
        };
        let way = how.map_or("-", way);
        let time = (unix_us / 1_000_000).to_string();
        self.out.push_back(ServiceOutput::line(LOG, &[&time, what, spy, whom, way]));
        let data = [("what", what), ("spy", spy), ("whom", whom), ("way", way)];
        let data = data.map(|(key, text)| (key.to_owned(), Value::Text(text.to_owned())));
        let data = Value::Map(BTreeMap::from(data));
        self.out.push_back(ServiceOutput::Event { name: KIND.to_owned(), data });
    }
}

fn way(how: Overhear) -> &'static str {
    match how {
        Overhear::Listen => "listen",
        Overhear::Whisper => "whisper",
        Overhear::Barge => "barge",
    }
}
