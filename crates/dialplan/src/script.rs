//! A script as a program of the call core: a fiber, and the log of its replies from which another one can be made that
//! stands at the same step.

use crate::dialplan::Shared;
use crate::fault::locate;
use crate::fiber::{Fiber, Turn};
use crate::handler::Handler;
use crate::registry::Part;
use crate::session::{Ending, REPLIES_BYTES_MAX, REPLIES_MAX, Session};
use crate::table::ON_RECORDING;
use cordboard_app::{
    App, AppState, CallInfo, Cause, Happening, Note, Place, PlayList, RecordingInfo, Reply, RouteError, Step,
    Value,
};
use cordboard_base::Time;
use cordboard_media::Audio;
use rhai::{Dynamic, EvalAltResult, Map};
use serde::{Deserialize, Serialize};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

/// The `kind` of a script's state.
pub const SCRIPT_KIND: &str = "script";
/// The `version` of a script's state.
const STATE_VERSION: u32 = 1;
/// Played when a script has failed and the caller is answered.
pub const ERROR_PROMPT: &str = "an-error-has-occurred";

/// What a script's state says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ScriptState {
    /// Of the dialplan.
    pub(crate) version: String,
    /// Its route: the context that it stands in, and its pattern.
    pub(crate) route: (String, String),
    /// The call at its start; the session has the same.
    pub(crate) info: Rc<CallInfo>,
    /// All replies so far but those to `Yield`; the first one is `Start`.
    pub(crate) replies: Vec<Reply>,
    /// How many yields were answered.
    pub(crate) yields: u64,
    /// Whether it has come to its end.
    pub(crate) over: bool,
    /// Set where it is told of a recording, and drives no call.
    #[serde(default)]
    pub(crate) recording: Option<RecordingInfo>,
}

pub(crate) struct Script {
    shared: Rc<Shared>,
    session: Rc<Session>,
    fiber: Fiber,
    state: ScriptState,
    /// Bytes of `state.replies`, roughly.
    bytes: usize,
    parked_in_yield: bool,
}

impl Script {
    pub(crate) fn start(
        shared: &Rc<Shared>,
        handler: &Rc<Handler>,
        info: Rc<CallInfo>,
    ) -> Result<Self, RouteError> {
        let first = Rc::clone(handler);
        let route = (handler.context.clone(), handler.pattern.clone());
        let body = move |shared: &Rc<Shared>, session: &Rc<Session>, reply: &Reply| {
            run(shared, session, &first, reply)
        };
        Self::begin(shared, info, route, None, body)
    }

    /// A script that is told of a recording; none if no handler wants to be.
    pub(crate) fn recorded(
        shared: &Rc<Shared>,
        info: Rc<CallInfo>,
        recording: RecordingInfo,
    ) -> Result<Self, RouteError> {
        if shared.table.recording_handlers(&info.context).is_empty() {
            return Err(RouteError::NoRoute);
        }
        let route = (info.context.clone(), ON_RECORDING.to_owned());
        let told = recording.clone();
        let body = move |shared: &Rc<Shared>, session: &Rc<Session>, _: &Reply| {
            tell_recorded(shared, session, &told)
        };
        Self::begin(shared, info, route, Some(recording), body)
    }

    fn begin(
        shared: &Rc<Shared>,
        info: Rc<CallInfo>,
        route: (String, String),
        recording: Option<RecordingInfo>,
        run: impl FnOnce(&Rc<Shared>, &Rc<Session>, &Reply) -> Step + 'static,
    ) -> Result<Self, RouteError> {
        let session = Rc::new(Session::new(Rc::clone(&info), shared.operations_max.get()));
        let (inner, of_fiber) = (Rc::clone(shared), Rc::clone(&session));
        let body = move |reply| run(&inner, &of_fiber, &reply);
        let fiber = Fiber::start(&shared.fibers, &shared.running.slot, body).ok_or(RouteError::Full)?;
        let state = ScriptState {
            version: shared.version.clone(),
            route,
            info,
            replies: Vec::new(),
            yields: 0,
            over: false,
            recording,
        };
        Ok(Self { shared: Rc::clone(shared), session, fiber, state, bytes: 0, parked_in_yield: false })
    }

    /// A script that stands where the one stood whose state this is: it is run anew against its log.
    pub(crate) fn replay(shared: &Rc<Shared>, state: ScriptState) -> Result<Self, RouteError> {
        let info = Rc::clone(&state.info);
        let mut script = match &state.recording {
            Some(recording) => Self::recorded(shared, info, recording.clone())?,
            None => {
                let (context, pattern) = &state.route;
                let handler = shared.table.by_name(context, pattern).ok_or(RouteError::NoRoute)?;
                Self::start(shared, &handler, info)?
            }
        };
        let mut replies = state.replies.into_iter();
        let mut next = replies.next();
        loop {
            if script.parked_in_yield {
                if script.state.yields >= state.yields {
                    break;
                }
                script.advance(Reply::Ok);
                continue;
            }
            let Some(reply) = next.take() else { break };
            next = replies.next();
            script.advance(reply);
        }
        if script.state.over == state.over && script.state.yields == state.yields {
            Ok(script)
        } else {
            Err(RouteError::BadArguments("the script's log does not fit the script".to_owned()))
        }
    }

    fn advance(&mut self, reply: Reply) -> Step {
        if self.state.over {
            return Step::Done(Value::Unit);
        }
        self.log(&reply);
        let outer = self.shared.running.enter(Some(Rc::clone(&self.session)));
        let turn = self.fiber.resume(reply);
        self.shared.running.enter(outer);
        match turn {
            Some(Turn::Parked(step)) => {
                self.parked_in_yield = step == Step::Yield;
                step
            }
            Some(Turn::Finished(step)) => {
                self.state.over = true;
                self.parked_in_yield = false;
                step
            }
            None => Step::Done(Value::Unit),
        }
    }

    fn log(&mut self, reply: &Reply) {
        // A yield is always answered alike, but for a hang-up.
        if self.parked_in_yield && *reply == Reply::Ok {
            self.state.yields += 1;
            return;
        }
        self.bytes = self.bytes.saturating_add(size_of_reply(reply));
        self.state.replies.push(reply.clone());
        if self.state.replies.len() >= REPLIES_MAX || self.bytes >= REPLIES_BYTES_MAX {
            self.session.log_full.set(true);
        }
    }
}

impl App for Script {
    fn resume(&mut self, now: Time, reply: Reply) -> Step {
        if let Some(watch) = &self.shared.running.watch {
            watch.now.set(now);
        }
        let step = self.advance(reply);
        if self.state.over
            && let Some(probe) = self.shared.running.watch.as_ref().and_then(|watch| watch.probe.as_ref())
        {
            probe.over(self.session.program());
        }
        step
    }

    fn snapshot(&self) -> AppState {
        let data = serde_json::to_string(&self.state).unwrap_or_default();
        AppState { kind: SCRIPT_KIND.to_owned(), version: STATE_VERSION, data }
    }

    fn place(&self) -> Option<Place> {
        let (file, line, column) = self.session.place()?;
        let column = self.shared.bundle.column(&file, line, column);
        let number = |at: usize| u32::try_from(at).unwrap_or(0);
        Some(Place { file, line: number(line), column: number(column) })
    }

    fn route(&self) -> Option<(&str, &str)> {
        let (context, pattern) = &self.state.route;
        Some((context, pattern))
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // The fiber unwinds when it is dropped, and what unwinds still asks which call it belongs to.
        let outer = self.shared.running.enter(Some(Rc::clone(&self.session)));
        self.fiber.abandon();
        self.shared.running.enter(outer);
    }
}

/// A script's state out of a snapshot.
pub(crate) fn parse_state(state: &AppState) -> Result<ScriptState, RouteError> {
    if state.kind != SCRIPT_KIND || state.version != STATE_VERSION {
        return Err(RouteError::NoApp);
    }
    serde_json::from_str(&state.data).map_err(|error| RouteError::BadArguments(error.to_string()))
}

/// The fiber's body: the handler, how it ended, the hang-up handlers, the last step.
fn run(shared: &Rc<Shared>, session: &Rc<Session>, handler: &Handler, first: &Reply) -> Step {
    if let Reply::HungUp(cause) = first {
        session.end(Ending::HungUp(*cause));
    } else {
        session.code_len.set(handler.code_len);
        let result = guarded(shared, handler);
        if let Some(step) = conclude(shared, session, handler, result) {
            return step;
        }
    }
    session.begin_hooks();
    for hook in shared.table.hangup_handlers(&session.info.context) {
        if let Some(text) = hook_error(session, guarded(shared, &hook)) {
            tell(shared, session, Step::Note(Note::ScriptError(text)));
        }
    }
    Step::Done(Value::Unit)
}

/// What is to be said of how a hang-up handler has ended. That it wanted something of the caller who is gone is nothing.
fn hook_error(session: &Session, result: Result<Dynamic, Stop>) -> Option<String> {
    match result {
        Ok(_) => None,
        Err(Stop::Error(text)) => Some(text),
        Err(Stop::Terminated(place)) => session.is_spent().map(|message| format!("{place}: {message}")),
    }
}

/// The fiber's body where it is told of a recording: each handler in turn, none of them with a leg to drive.
fn tell_recorded(shared: &Rc<Shared>, session: &Rc<Session>, recording: &RecordingInfo) -> Step {
    session.begin_hooks();
    #[allow(clippy::cast_precision_loss, reason = "a recording's ms are exact in 52 bits")]
    let seconds = recording.ms as f64 / 1_000.0;
    let failure = recording.failure.clone().map_or(Dynamic::UNIT, Dynamic::from);
    let told = Map::from([
        ("path".into(), recording.path.clone().into()),
        ("seconds".into(), seconds.into()),
        ("id".into(), recording.call.clone().into()),
        ("failure".into(), failure),
    ]);
    for hook in shared.table.recording_handlers(&session.info.context) {
        if let Some(text) = hook_error(session, guarded_with(shared, &hook, Dynamic::from(told.clone()))) {
            tell(shared, session, Step::Note(Note::ScriptError(text)));
        }
    }
    Step::Done(Value::Unit)
}

enum Stop {
    /// It unwound for a hang-up, an enter or a budget.
    Terminated(String),
    /// `file:line:column: message`
    Error(String),
}

/// Calls a handler; a panic within it is this call's fault alone.
fn guarded(shared: &Rc<Shared>, handler: &Handler) -> Result<Dynamic, Stop> {
    guarded_with(shared, handler, Part::Channel.dynamic())
}

fn guarded_with(shared: &Rc<Shared>, handler: &Handler, argument: Dynamic) -> Result<Dynamic, Stop> {
    let result = catch_unwind(AssertUnwindSafe(|| handler.call_with(&shared.engine, argument)));
    match result {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) if matches!(*error, EvalAltResult::Exit(..)) => Ok(Dynamic::UNIT),
        Ok(Err(error)) => {
            let terminated = matches!(error.unwrap_inner(), EvalAltResult::ErrorTerminated(..));
            let (place, message) = locate(error, &handler.place.file);
            let place = shared.bundle.original(&place);
            if terminated {
                Err(Stop::Terminated(place.to_string()))
            } else {
                Err(Stop::Error(format!("{place}: {message}")))
            }
        }
        Err(_panic) => Err(Stop::Error(format!("{}: the script engine panicked", handler.place))),
    }
}

/// The end of a call's handler. A step, if it is the last one.
fn conclude(
    shared: &Rc<Shared>,
    session: &Rc<Session>,
    handler: &Handler,
    result: Result<Dynamic, Stop>,
) -> Option<Step> {
    match (session.ending(), result) {
        (Some(Ending::HungUp(_)), _) => None,
        (Some(Ending::Enter { context, number }), _) => Some(Step::Enter { context, number }),
        (Some(Ending::Exhausted(message)), result) => {
            let place = match result {
                Err(Stop::Terminated(place)) => place,
                Ok(_) | Err(Stop::Error(_)) => handler.place.to_string(),
            };
            fail(shared, session, format!("{place}: {message}"));
            None
        }
        (None, Ok(_)) => {
            tell(shared, session, Step::Hangup(session.last_cause.get()));
            None
        }
        (None, Err(Stop::Error(text) | Stop::Terminated(text))) => {
            fail(shared, session, text);
            None
        }
    }
}

/// Reports a script error, and tells the caller: by voice if it is answered, else by the cause of the refusal.
fn fail(shared: &Rc<Shared>, session: &Session, text: String) {
    let mut reply = tell(shared, session, Step::Note(Note::ScriptError(text)));
    let mut cause = Cause::NETWORK_FAULT;
    if session.answered.get() && !matches!(reply, Reply::HungUp(_)) {
        let prompt = Audio::Prompt { name: ERROR_PROMPT.to_owned(), lang: session.lang.borrow().clone() };
        reply = tell(shared, session, Step::Play(PlayList { items: vec![prompt], interrupt: String::new() }));
        cause = Cause::UNSPECIFIED;
    }
    if !matches!(reply, Reply::HungUp(_)) {
        tell(shared, session, Step::Hangup(cause));
    }
}

/// A step of the runner's own, past the script's budgets.
fn tell(shared: &Rc<Shared>, session: &Session, step: Step) -> Reply {
    session.stands_nowhere();
    let reply = shared.running.slot.suspend(step);
    if let Reply::HungUp(cause) = reply {
        session.end(Ending::HungUp(cause));
    }
    reply
}

/// Roughly, in JSON.
fn size_of_reply(reply: &Reply) -> usize {
    const FRAME: usize = 32;
    match reply {
        Reply::Digits { digits, .. } => FRAME + digits.len(),
        Reply::Value(value) => FRAME + value.bytes(),
        Reply::Failed(text) => FRAME + text.len(),
        Reply::Dialed(_) => 8 * FRAME,
        Reply::Taken { file, .. } => FRAME + file.len(),
        Reply::Happened(Happening::Told(message)) => FRAME + message.bytes(),
        Reply::Start | Reply::Ok | Reply::Played(..) | Reply::Happened(_) | Reply::HungUp(_) => FRAME,
    }
}
