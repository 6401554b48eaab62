//! One call's script while it runs: how the call ended, what it has used of its budgets, what it said about itself.
//!
//! ```text
//!  handler ──HungUp──▶ unwinding ──▶ on_hangup handlers (queries and notes only) ──▶ over
//!     ├─────Enter────▶ unwinding ──▶ over, without handlers: the next program takes the call
//!     └─────error────▶ reported, hung up ──▶ on_hangup handlers ──▶ over
//! ```

use crate::fiber::Slot;
use crate::held::Held;
use crate::running::Fault;
use cordboard_app::{CallInfo, Cause, Identity, Privacy, Reply, Step};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

/// After so many operations a script lets others have their turn. What its variables hold makes each of them weigh more: one that
/// copies, splits or searches it takes so much longer.
pub(crate) const OPERATIONS_PER_TURN: u64 = 1_000;

/// Within so many further ones the script is told at the next variable that it uses; one that uses none, or does not listen, is
/// stopped after them.
const OPERATIONS_TO_SAY_SO: u64 = 200;

/// What variables hold as a rule weighs nothing.
const BYTES_FREE: usize = 4_096;
/// For so many bytes beyond it each operation weighs one more of those after which others have their turn.
const BYTES_PER_OPERATION: usize = 64;
/// And for so many it counts as one more of all that a script may use: one that holds 60 KB may use 35,000.
const BYTES_PER_COUNTED: usize = 2_048;

/// A loop that uses no variable at all, and so shows nothing of what it holds, may go on for so many operations; each further one
/// counts as a hundred.
const UNSEEN_MAX: u64 = 1_000;
const UNSEEN_WEIGHT: u64 = 100;

/// What the script of a call may have logged, in bytes: about a thousand lines. It is left out from then on.
const LOGGED_MAX: usize = 256 * 1_024;
/// What a line takes beside its text.
const LINE_BYTES: usize = 128;

/// A call's handler may use so many operations in all, a hundred for each step it can take: a loop without end ends its own
/// call. They also bound what Rhai does not, such as the keys that are put into a map one by one.
pub const OPERATIONS_MAX: u64 = 1_000_000;

/// All `on_hangup` handlers of a call together may use so many operations.
pub const HANGUP_OPERATIONS_MAX: u64 = 100_000;

/// All `on_hangup` handlers of a call together may take so many steps.
pub const HANGUP_STEPS_MAX: u32 = 1_000;

/// So many replies are kept for a replay; one more ends the script.
pub const REPLIES_MAX: usize = 10_000;

/// The replies kept for a replay have so many bytes at most.
pub const REPLIES_BYTES_MAX: usize = 1 << 20;

/// How a script's call came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The caller is gone.
    HungUp(Cause),
    /// Another route takes over.
    Enter {
        /// The context.
        context: String,
        /// The number.
        number: String,
    },
    /// A budget is used up. A script can't catch it.
    Exhausted(String),
}

/// Whether a script may have something logged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MayLog {
    Yes,
    /// It is told that no more is.
    Last,
    No,
}

/// The state of one call's script that is not Rhai's.
pub(crate) struct Session {
    pub(crate) info: Rc<CallInfo>,
    ending: RefCell<Option<Ending>>,
    in_hook: Cell<bool>,
    operations: Cell<u64>,
    /// Done after all were used up.
    beyond: Cell<u64>,
    /// Weight of the operations since others had their turn.
    this_turn: Cell<u64>,
    pub(crate) held: Held,
    logged: Cell<usize>,
    operations_most: Cell<u64>,
    hook_steps: Cell<u32>,
    /// Set when the log of replies is full: the next step ends the script.
    pub(crate) log_full: Cell<bool>,
    pub(crate) answered: Cell<bool>,
    pub(crate) early_media: Cell<bool>,
    /// Why the last dial failed: the cause of the hang-up when the script just ends.
    pub(crate) last_cause: Cell<Cause>,
    pub(crate) lang: RefCell<String>,
    pub(crate) caller: RefCell<(Identity, Privacy)>,
    pub(crate) connected: RefCell<Identity>,
    pub(crate) redirecting: RefCell<Option<Identity>>,
    pub(crate) music_class: RefCell<String>,
    /// In ms; 0: the office's.
    pub(crate) max_duration_ms: Cell<u32>,
    /// Characters of the feature code that was dialled; 0 if it was none.
    pub(crate) code_len: Cell<usize>,
    /// Requests over HTTP so far.
    pub(crate) http_requests: Cell<u32>,
    /// Where the verb stands that runs: its file, and line and column in the text that the engine has.
    place: RefCell<Option<(Arc<str>, usize, usize)>>,
}

impl Session {
    /// A session whose handler may use so many operations.
    pub(crate) fn new(info: Rc<CallInfo>, operations_max: u64) -> Self {
        Self {
            ending: RefCell::new(None),
            in_hook: Cell::new(false),
            operations: Cell::new(0),
            beyond: Cell::new(0),
            this_turn: Cell::new(0),
            held: Held::default(),
            logged: Cell::new(0),
            operations_most: Cell::new(operations_max),
            hook_steps: Cell::new(0),
            log_full: Cell::new(false),
            answered: Cell::new(false),
            early_media: Cell::new(false),
            last_cause: Cell::new(Cause::NORMAL),
            lang: RefCell::new(info.lang.clone()),
            caller: RefCell::new((info.caller.clone(), info.privacy)),
            connected: RefCell::new(Identity::default()),
            redirecting: RefCell::new(info.redirecting.clone()),
            music_class: RefCell::new(String::new()),
            max_duration_ms: Cell::new(0),
            code_len: Cell::new(0),
            http_requests: Cell::new(0),
            place: RefCell::new(None),
            info,
        }
    }

    pub(crate) fn ending(&self) -> Option<Ending> {
        self.ending.borrow().clone()
    }

    /// A verb runs that stands there. The file's name is kept as long as verbs of one file follow each other.
    pub(crate) fn stands_at(&self, file: &str, line: usize, column: usize) {
        let mut place = self.place.borrow_mut();
        match place.as_mut() {
            Some((known, at, within)) if **known == *file => (*at, *within) = (line, column),
            Some(_) | None => *place = Some((Arc::from(file), line, column)),
        }
    }

    /// What comes now stands nowhere in a script.
    pub(crate) fn stands_nowhere(&self) {
        *self.place.borrow_mut() = None;
    }

    /// Where it stands.
    pub(crate) fn place(&self) -> Option<(Arc<str>, usize, usize)> {
        self.place.borrow().clone()
    }

    /// The first ending counts.
    pub(crate) fn end(&self, ending: Ending) {
        self.ending.borrow_mut().get_or_insert(ending);
    }

    /// From now on only queries and notes go out, within the hang-up budget.
    pub(crate) fn begin_hooks(&self) {
        self.in_hook.set(true);
        self.operations.set(0);
        self.beyond.set(0);
        self.held.begins();
        self.operations_most.set(HANGUP_OPERATIONS_MAX);
    }

    fn is_unwinding(&self) -> bool {
        !self.in_hook.get() && self.ending.borrow().is_some()
    }

    /// Hands out a step and waits for its reply.
    pub(crate) fn step(&self, slot: &Slot, step: Step) -> Result<Reply, Fault> {
        if self.is_unwinding() {
            return Err(Fault::Ended);
        }
        if self.in_hook.get() {
            self.hook_steps.set(self.hook_steps.get() + 1);
            if needs_caller(&step) || self.hook_steps.get() > HANGUP_STEPS_MAX {
                return Err(Fault::Ended);
            }
        }
        if self.log_full.get() {
            let message = "the script has taken more steps than can be kept; ch.enter starts anew";
            self.end(Ending::Exhausted(message.to_owned()));
            return Err(Fault::Ended);
        }
        let answers = matches!(step, Step::Answer) || (starts_media(&step) && !self.early_media.get());
        match slot.suspend(step) {
            Reply::HungUp(cause) => {
                self.end(Ending::HungUp(cause));
                Err(Fault::Ended)
            }
            Reply::Failed(message) => Err(Fault::Error(message)),
            reply @ (Reply::Start
            | Reply::Ok
            | Reply::Played(..)
            | Reply::Digits { .. }
            | Reply::Dialed(_)
            | Reply::Happened(_)
            | Reply::Taken { .. }
            | Reply::Value(_)) => {
                if answers {
                    self.answered.set(true);
                }
                Ok(reply)
            }
        }
    }

    /// What tells this run of a script from all others that are alive.
    pub(crate) fn program(self: &Rc<Self>) -> usize {
        Rc::as_ptr(self).addr()
    }

    /// Gives others their turn, in the middle of a statement; says whether the script goes on.
    pub(crate) fn parks(&self, slot: &Slot) -> bool {
        if self.is_unwinding() || slot.is_abandoned() {
            return false;
        }
        if let Reply::HungUp(cause) = slot.suspend(Step::Yield)
            && !self.in_hook.get()
        {
            self.end(Ending::HungUp(cause));
            return false;
        }
        true
    }

    /// Its operations so far.
    pub(crate) fn operations(&self) -> u64 {
        self.operations.get()
    }

    /// What is to be said when all operations are used up.
    pub(crate) fn is_spent(&self) -> Option<String> {
        (self.operations.get() > self.operations_most.get()).then(|| self.spent())
    }

    fn spent(&self) -> String {
        format!("the script has used up its {} operations", self.operations_most.get())
    }

    /// A budget is used up.
    pub(crate) fn exhausts(&self, message: String) {
        self.end(Ending::Exhausted(message));
    }

    /// Whether there is room for another line in the log; and whether this is the first for which there is none.
    pub(crate) fn may_log(&self, bytes: usize) -> MayLog {
        let before = self.logged.get();
        let after = before.saturating_add(bytes).saturating_add(LINE_BYTES);
        self.logged.set(after);
        match (before > LOGGED_MAX, after > LOGGED_MAX) {
            (_, false) => MayLog::Yes,
            (false, true) => MayLog::Last,
            (true, true) => MayLog::No,
        }
    }

    /// Counts an operation of the engine; `true` ends the script.
    pub(crate) fn operation(&self, slot: &Slot) -> bool {
        if self.is_unwinding() || slot.is_abandoned() {
            return true;
        }
        let bytes = self.held.bytes().saturating_sub(BYTES_FREE);
        let counts = |per: usize| u64::try_from(bytes / per).unwrap_or(u64::MAX);
        let unseen = self.held.unseen(self.operations.get()) > UNSEEN_MAX;
        let weight = if unseen { UNSEEN_WEIGHT } else { 1 + counts(BYTES_PER_COUNTED) };
        let operations = self.operations.get().saturating_add(weight);
        self.operations.set(operations);
        if operations > self.operations_most.get() {
            self.beyond.set(self.beyond.get() + 1);
            if self.beyond.get() > OPERATIONS_TO_SAY_SO {
                self.exhausts(self.spent());
                return true;
            }
        }
        let this_turn = self.this_turn.get().saturating_add(1).saturating_add(counts(BYTES_PER_OPERATION));
        self.this_turn.set(this_turn);
        if this_turn < OPERATIONS_PER_TURN {
            return false;
        }
        self.this_turn.set(0);
        if let Reply::HungUp(cause) = slot.suspend(Step::Yield)
            && !self.in_hook.get()
        {
            self.end(Ending::HungUp(cause));
            return true;
        }
        false
    }
}

/// Whether a step makes sense only while the caller is there.
fn needs_caller(step: &Step) -> bool {
    match step {
        Step::Join(wanted) => wanted.is_some(),
        Step::ControlRecording { .. } | Step::Ask(_) | Step::Note(_) | Step::Yield | Step::Done(_) => false,
        Step::Answer
        | Step::Progress
        | Step::Ringing
        | Step::Hangup(_)
        | Step::Dial(_)
        | Step::Enter { .. }
        | Step::Run { .. }
        | Step::Play(_)
        | Step::Read(_)
        | Step::Wait { .. }
        | Step::WaitSilence { .. }
        | Step::DetectMachine(_)
        | Step::Echo { .. }
        | Step::Tone(_)
        | Step::Music(_)
        | Step::Record(_)
        | Step::Await(_)
        | Step::TakeMessage(_)
        | Step::Transfer(_)
        | Step::Connect(_)
        | Step::SendDigits { .. } => true,
    }
}

/// Whether a step answers a caller that was not given early media.
fn starts_media(step: &Step) -> bool {
    matches!(step, Step::Play(_) | Step::Read(_) | Step::Tone(_) | Step::Echo { .. })
}
