//! What programs were answered, given to them again. What they did not ask then is asked of the rehearsal's own office, whose
//! database is empty and whose web is not there.

use cordboard_app::{
    App, AppState, CallInfo, Place, Programs, Query, RecordingInfo, Reply, RouteError, RouteRequest, Step,
    Value,
};
use cordboard_base::Time;
use cordboard_call::question;
use cordboard_dialplan::Dialplan;
use cordboard_journey::{Entry, Event, Gap, Inputs};
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

type Given = Result<Value, String>;

/// The scripts, and what they are answered.
pub(super) struct Answers {
    scripts: Dialplan,
    state: Rc<RefCell<State>>,
}

#[derive(Default)]
struct State {
    /// By question, in order; the last one stays.
    given: BTreeMap<String, VecDeque<Option<Given>>>,
    /// Values that the call itself has written.
    written: BTreeSet<String>,
    /// What was asked, and was not then.
    unknown: BTreeSet<String>,
}

impl Answers {
    pub(super) fn new(scripts: &Dialplan, inputs: &Inputs, entries: &[Entry]) -> Self {
        let mut state = State::default();
        for answer in &inputs.answers {
            state.given.entry(answer.what.clone()).or_default().push_back(answer.value.clone());
        }
        let keeps = entries.iter().any(|entry| matches!(entry.event, Event::Routed { .. }));
        if !keeps {
            state.unknown.insert("anything: answers were not kept when this call was made".to_owned());
        }
        Self { scripts: scripts.clone(), state: Rc::new(RefCell::new(state)) }
    }

    pub(super) fn unknown(&self) -> Vec<Gap> {
        let gap = |what: &String| {
            let what = format!("what `{what}` is: it was not asked then");
            Gap { after_us: 0, what, is_the_end: false }
        };
        self.state.borrow().unknown.iter().map(gap).collect()
    }

    fn wrapped(&self, inner: Box<dyn App>) -> Box<dyn App> {
        Box::new(Answered { inner, state: Rc::clone(&self.state) })
    }
}

impl Programs for Answers {
    fn route(&self, request: &RouteRequest) -> Result<Box<dyn App>, RouteError> {
        self.scripts.route(request).map(|app| self.wrapped(app))
    }

    fn has_route(&self, context: &str, number: &str) -> bool {
        self.scripts.has_route(context, number)
    }

    fn app(&self, name: &str, info: &CallInfo, args: &Value) -> Result<Box<dyn App>, RouteError> {
        self.scripts.app(name, info, args).map(|app| self.wrapped(app))
    }

    fn recorded(&self, info: &CallInfo, recording: &RecordingInfo) -> Option<Box<dyn App>> {
        self.scripts.recorded(info, recording).map(|app| self.wrapped(app))
    }

    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        self.scripts.restore(state)
    }

    fn version(&self) -> &str {
        self.scripts.version()
    }
}

/// A program that is answered.
struct Answered {
    inner: Box<dyn App>,
    state: Rc<RefCell<State>>,
}

impl App for Answered {
    fn resume(&mut self, now: Time, reply: Reply) -> Step {
        let mut reply = reply;
        loop {
            let step = self.inner.resume(now, reply);
            let Step::Ask(query) = &step else { return step };
            match self.state.borrow_mut().answer(query) {
                Some(Ok(value)) => reply = Reply::Value(value),
                Some(Err(text)) => reply = Reply::Failed(text),
                None => return step,
            }
        }
    }

    fn snapshot(&self) -> AppState {
        self.inner.snapshot()
    }

    fn place(&self) -> Option<Place> {
        self.inner.place()
    }

    fn route(&self) -> Option<(&str, &str)> {
        self.inner.route()
    }
}

impl State {
    /// What was answered then; `None`: it is asked anew.
    fn answer(&mut self, query: &Query) -> Option<Given> {
        if let Query::DbWrite { family, key, .. } = query {
            self.written.insert(format!("db {family}/{key}"));
            return None;
        }
        let (what, _) = question(query)?;
        if self.written.contains(&what) {
            return None;
        }
        let Some(given) = self.given.get_mut(&what) else {
            self.unknown.insert(what);
            return None;
        };
        if given.len() > 1 { given.pop_front().flatten() } else { given.front().cloned().flatten() }
    }
}
