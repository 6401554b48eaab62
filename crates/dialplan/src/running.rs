//! What runs on an engine at this moment: found by every native function through the engine's tag.

use crate::build::Builder;
use crate::configured::Configured;
use crate::fiber::Slot;
use crate::session::Session;
use crate::watch::Watch;
use cordboard_app::{Note, Query, Reply, Step, Value};
use rhai::{EvalAltResult, NativeCallContext};
use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Why a verb does not return a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The call is over, or goes on elsewhere: the script unwinds.
    Ended,
    /// The script did something wrong; it may catch that.
    Error(String),
}

impl From<String> for Fault {
    fn from(message: String) -> Self {
        Self::Error(message)
    }
}

impl From<&str> for Fault {
    fn from(message: &str) -> Self {
        Self::Error(message.to_owned())
    }
}

/// One per engine.
#[derive(Default)]
pub(crate) struct Running {
    /// The way out of the fiber that runs.
    pub(crate) slot: Rc<Slot>,
    session: RefCell<Option<Rc<Session>>>,
    /// The table under construction, while the top level runs.
    pub(crate) builder: RefCell<Option<Builder>>,
    /// Operations of the top level so far.
    pub(crate) load_operations: Cell<u64>,
    /// What the configuration says.
    pub(crate) configured: Configured,
    /// Set where the dialplan is watched.
    pub(crate) watch: Option<Rc<Watch>>,
}

impl Running {
    pub(crate) fn of(configured: Configured, watch: Option<Rc<Watch>>) -> Self {
        Self { configured, watch, ..Self::default() }
    }

    pub(crate) fn session(&self) -> Option<Rc<Session>> {
        self.session.borrow().clone()
    }

    /// Looks at the one that runs, where one does.
    pub(crate) fn with_session<T>(&self, look: impl FnOnce(&Session) -> T) -> Option<T> {
        self.session.borrow().as_deref().map(look)
    }

    /// Makes `session` the one that runs; returns the one before, to be put back.
    pub(crate) fn enter(&self, session: Option<Rc<Session>>) -> Option<Rc<Session>> {
        self.session.replace(session)
    }
}

/// The engine's tag.
#[derive(Clone)]
pub(crate) struct Tag(pub(crate) Rc<Running>);

/// A native function's view of its call.
pub(crate) struct Call<'a> {
    pub(crate) context: &'a NativeCallContext<'a>,
    pub(crate) running: Rc<Running>,
    session: Option<Rc<Session>>,
}

impl<'a> Call<'a> {
    pub(crate) fn of(context: &'a NativeCallContext<'a>) -> Result<Self, Box<EvalAltResult>> {
        let tag = context.tag().and_then(|tag| tag.read_lock::<Tag>().map(|tag| Rc::clone(&tag.0)));
        let running = tag.ok_or("this engine runs no dialplan")?;
        let session = running.session();
        Ok(Self { context, running, session })
    }

    /// The call's session; `None` while the top level runs.
    pub(crate) fn session(&self) -> Option<&Rc<Session>> {
        self.session.as_ref()
    }

    /// The call's session, in a verb that is a step.
    pub(crate) fn in_call(&self) -> Result<&Rc<Session>, Fault> {
        self.session.as_ref().ok_or_else(|| Fault::from("this needs a call"))
    }

    /// Hands out a step and waits for its reply. A hang-up and a failed step are faults.
    pub(crate) fn step(&self, step: Step) -> Result<Reply, Fault> {
        let session = self.in_call()?;
        if let Some(watch) = &self.running.watch {
            self.watched(watch, session, &step)?;
        }
        let reply = session.step(&self.running.slot, step)?;
        if let (Some(watch), Reply::Value(value)) = (&self.running.watch, &reply) {
            watch.answered(&session.info.call, value);
        }
        Ok(reply)
    }

    /// In a simulation: the step is noted, and an onlooker may have it wait.
    fn watched(&self, watch: &Watch, session: &Rc<Session>, step: &Step) -> Result<(), Fault> {
        let Some(probe) = &watch.probe else {
            watch.step(&session.info.call, crate::build::place_of(self.context), step);
            return Ok(());
        };
        if probe.is_evaluating() {
            let asks = matches!(step, Step::Ask(query) if !matches!(query, Query::DbWrite { .. }));
            return match asks {
                true => Ok(()),
                false => Err(format!("`{}` would change the call", self.context.fn_name()).into()),
            };
        }
        watch.step(&session.info.call, crate::build::place_of(self.context), step);
        #[allow(deprecated, reason = "Rhai marks its volatile parts so; the debugger's tests hold it")]
        let global = self.context.store_data().global;
        let (engine, program) = (self.context.engine(), session.program());
        let park = || session.parks(&self.running.slot);
        let of = (program, session.info.call.as_str());
        if probe.verb((engine, &global), of, self.context.fn_name(), park) {
            Ok(())
        } else {
            Err(Fault::Ended)
        }
    }

    /// A step that is answered `Ok`.
    pub(crate) fn simple(&self, step: Step) -> Result<rhai::Dynamic, Fault> {
        self.step(step).map(|_ok| rhai::Dynamic::UNIT)
    }

    /// Asks for what others or the clock can change.
    pub(crate) fn ask(&self, query: Query) -> Result<Value, Fault> {
        let reply = self.step(Step::Ask(query))?;
        if let Reply::Value(value) = reply { Ok(value) } else { Err(unexpected(&reply)) }
    }

    /// Tells something.
    pub(crate) fn note(&self, note: Note) -> Result<(), Fault> {
        self.step(Step::Note(note)).map(|_ok| ())
    }
}

/// A reply that does not belong to its step: the call core's fault, not the script's.
pub(crate) fn unexpected(reply: &Reply) -> Fault {
    Fault::Error(format!("the exchange answered a step with {reply:?}"))
}
