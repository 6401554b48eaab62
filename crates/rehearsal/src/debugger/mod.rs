//! Breakpoints and single steps in a rehearsal: whoever sits at the terminal has scripts and tests stop, looks at variables, legs and
//! SIP, and lets them go on. Virtual time stands still meanwhile.
//!
//! ```text
//!  script's fiber ──comes to a statement──▶ Stops: stop? ─yes─▶ waits (yields) ─┐
//!  World ──between two things that happen──▶ does one wait? ─yes─▶ talk ◀───────┘
//!                                                                   │ step, next, finish, continue, quit
//!  test's engine ──comes to a statement──▶ Stops: stop? ─yes─▶ talk ┴─▶ goes on
//! ```
//! A script that stops gives its turn back before anybody is asked, so that the world can be looked at as it is. What is asked of the
//! scripts themselves (`print`) they answer on their own stacks.

mod answers;
mod command;
mod sources;
mod stops;

use crate::scene::Scene;
use command::{Command, parse};
use cordboard_dialplan::{Frame, Onlooker, Place, Program, Standing, Watched, Wish};
use core::time::Duration;
use sources::Sources;
use std::cell::RefCell;
use std::collections::{BTreeMap, VecDeque};
use std::rc::{Rc, Weak};
use stops::{Mode, Stops};

/// The program that is no script of a call: the test.
pub(crate) const TEST: Program = 0;
/// What a script asks for an expression is answered by then.
const ANSWERED: Duration = Duration::from_secs(60);
/// What is asked before each command.
const PROMPT: &str = "(debug) ";

/// Where the debugger is talked with.
pub trait Terminal {
    /// The next line that is typed; `None`: there are no more.
    fn ask(&mut self, prompt: &str) -> Option<String>;
    /// Shows a line, or several.
    fn say(&mut self, text: &str);
}

/// A debugger. Cheap to clone; all clones are the same one.
#[derive(Clone)]
pub struct Debugger(Rc<Inner>);

struct Inner {
    terminal: RefCell<Box<dyn Terminal>>,
    state: RefCell<State>,
}

/// Somebody that stands still.
#[derive(Clone)]
pub(crate) struct Waiting {
    pub(crate) program: Program,
    pub(crate) call: String,
    /// Why: `breakpoint 1`; empty: it was a step.
    pub(crate) why: String,
    pub(crate) verb: Option<String>,
    /// The innermost last.
    pub(crate) frames: Vec<Frame>,
}

#[derive(Default)]
pub(crate) struct State {
    pub(crate) sources: Sources,
    pub(crate) stops: Stops,
    /// Those that wait, in the order in which they came to it.
    waiting: VecDeque<Waiting>,
    wishes: BTreeMap<Program, Wish>,
    /// What was evaluated.
    told: Option<Result<String, String>>,
    /// Where the test is.
    pub(crate) test: Vec<Frame>,
    /// What was typed last, to be done again.
    last: String,
    /// Up to where a file was listed.
    pub(crate) listed: Option<(String, usize)>,
    /// Nothing stops any more, and no further test is run.
    over: bool,
    /// Somebody is being asked.
    talking: bool,
    pub(crate) scene: Weak<Scene>,
    /// The routes that calls took.
    pub(crate) routes: BTreeMap<String, (String, String)>,
}

impl Debugger {
    /// A debugger that is talked with there.
    pub fn new(terminal: impl Terminal + 'static) -> Self {
        let terminal: Box<dyn Terminal> = Box::new(terminal);
        Self(Rc::new(Inner { terminal: RefCell::new(terminal), state: RefCell::default() }))
    }

    pub(crate) fn onlooker(&self) -> Rc<dyn Onlooker> {
        Rc::clone(&self.0) as Rc<dyn Onlooker>
    }

    /// The scripts: their texts, their statements, their routes.
    pub(crate) fn knows(
        &self,
        texts: &BTreeMap<String, String>,
        points: impl Iterator<Item = Watched>,
        routes: Vec<(String, String)>,
    ) {
        self.0.state.borrow_mut().sources.add(texts, points.filter(|point| point.in_function), routes);
    }

    /// Before anything runs.
    pub(crate) fn begins(&self) {
        self.0.say(
            "Type `help` for the commands; `step` goes to the first line, `continue` runs to a breakpoint.",
        );
        self.0.converse(None);
    }

    /// A test begins.
    pub(crate) fn enters(&self, scene: &Rc<Scene>, name: &str, at: &Place) {
        {
            let mut state = self.0.state.borrow_mut();
            state.scene = Rc::downgrade(scene);
            state.waiting.clear();
            state.wishes.clear();
            state.test.clear();
            state.routes.clear();
        }
        if !self.is_over() {
            self.0.say(&format!("test \"{name}\" ({}:{})", at.file, at.line));
        }
    }

    /// A test has failed: everything can be looked at as it is now.
    pub(crate) fn fails(&self, at: &Place, message: &str) {
        if self.is_over() {
            return;
        }
        self.0.say(&format!("the test fails at {}:{}: {message}", at.file, at.line));
        let frames = self.0.state.borrow().test.clone();
        let why = "the test has failed".to_owned();
        let waiting = Waiting { program: TEST, call: String::new(), why, verb: None, frames };
        while let Wish::Evaluate(_) = self.0.converse(Some(&waiting)) {
            self.0.say("the test is over: nothing can be evaluated any more");
        }
    }

    /// Whether there is nothing to be run any more.
    pub(crate) fn is_over(&self) -> bool {
        self.0.state.borrow().over
    }

    /// Between two things that happen in the world: whoever waits is talked about.
    pub(crate) fn between(&self) {
        if self.0.state.borrow().talking {
            return;
        }
        while let Some(waiting) = self.0.next_waiting() {
            self.0.announce(&waiting);
            while let Wish::Evaluate(text) = self.0.converse(Some(&waiting)) {
                self.0.evaluate(waiting.program, text);
            }
            let mut state = self.0.state.borrow_mut();
            state.waiting.pop_front();
            state.wishes.insert(waiting.program, Wish::GoOn);
        }
    }
}

impl Inner {
    fn say(&self, text: &str) {
        self.terminal.borrow_mut().say(text);
    }

    fn next_waiting(&self) -> Option<Waiting> {
        self.state.borrow().waiting.front().cloned()
    }

    fn announce(&self, waiting: &Waiting) {
        let text = self.state.borrow().announcement(waiting);
        self.say(&text);
    }

    /// Has a script say what an expression is: it may have to ask the exchange for it.
    fn evaluate(&self, program: Program, text: String) {
        let scene = {
            let mut state = self.state.borrow_mut();
            state.told = None;
            state.talking = true;
            state.wishes.insert(program, Wish::Evaluate(text));
            state.scene.upgrade()
        };
        if let Some(scene) = scene {
            scene.wait(ANSWERED, || self.state.borrow().told.is_some());
        }
        let told = {
            let mut state = self.state.borrow_mut();
            state.talking = false;
            state.told.take()
        };
        self.say_told(told.unwrap_or_else(|| Err("there is no answer".to_owned())));
    }

    fn say_told(&self, told: Result<String, String>) {
        match told {
            Ok(value) => self.say(&value),
            Err(why) => self.say(&format!("? {why}")),
        }
    }

    /// Asks until something goes on, or an expression is to be evaluated.
    fn converse(&self, at: Option<&Waiting>) -> Wish {
        loop {
            if self.state.borrow().over {
                return Wish::GoOn;
            }
            let line = self.terminal.borrow_mut().ask(PROMPT);
            let Some(line) = line else {
                self.quits();
                return Wish::GoOn;
            };
            let line = match line.trim() {
                "" => self.state.borrow().last.clone(),
                line => line.to_owned(),
            };
            self.state.borrow_mut().last.clone_from(&line);
            match parse(&line) {
                Ok(None) => {}
                Ok(Some(Command::Go(mode))) => {
                    self.state.borrow_mut().goes(mode, at);
                    return Wish::GoOn;
                }
                Ok(Some(Command::Quit)) => {
                    self.quits();
                    return Wish::GoOn;
                }
                Ok(Some(Command::Print(text))) if at.is_some() => return Wish::Evaluate(text),
                Ok(Some(command)) => {
                    let answer = self.state.borrow_mut().answers(&command, at);
                    self.say(&answer.unwrap_or_else(|why| format!("? {why}")));
                }
                Err(why) => self.say(&format!("? {why}")),
            }
        }
    }

    fn quits(&self) {
        let mut state = self.state.borrow_mut();
        state.over = true;
        state.stops.mode = Mode::Runs;
    }
}

impl State {
    fn goes(&mut self, mode: Mode, at: Option<&Waiting>) {
        self.listed = None;
        let level = at.and_then(|at| at.frames.last()).map_or(0, |frame| frame.level);
        let program = at.map_or(TEST, |at| at.program);
        self.stops.mode = match mode {
            // Before anything runs there is nothing to be passed over.
            Mode::Passes { .. } | Mode::Leaves { .. } if at.is_none() => Mode::Steps,
            Mode::Passes { .. } => Mode::Passes { program, level },
            Mode::Leaves { .. } => Mode::Leaves { program, level },
            Mode::Steps | Mode::Runs => mode,
        };
    }
}

impl Onlooker for Inner {
    fn takes(&self, call: &str, context: &str, pattern: &str) {
        let mut state = self.state.borrow_mut();
        state.stops.takes(call, context, pattern);
        state.routes.insert(call.to_owned(), (context.to_owned(), pattern.to_owned()));
    }

    fn comes_to(&self, standing: &Standing<'_>) -> bool {
        let mut state = self.state.borrow_mut();
        if standing.program == TEST {
            state.test = standing.frames.to_vec();
        }
        if state.over {
            return false;
        }
        let Some(why) = state.stops.stop(standing) else { return false };
        state.stops.mode = Mode::Runs;
        let waiting = Waiting {
            program: standing.program,
            call: standing.call.to_owned(),
            why,
            verb: standing.verb.map(str::to_owned),
            frames: standing.frames.to_vec(),
        };
        if standing.program == TEST {
            drop(state);
            self.announce(&waiting);
        } else {
            state.wishes.remove(&standing.program);
            state.waiting.push_back(waiting);
        }
        true
    }

    fn wish(&self, program: Program) -> Wish {
        if program == TEST {
            let frames = self.state.borrow().test.clone();
            let waiting = Waiting { program, call: String::new(), why: String::new(), verb: None, frames };
            return self.converse(Some(&waiting));
        }
        let mut state = self.state.borrow_mut();
        if state.over {
            return Wish::GoOn;
        }
        state.wishes.remove(&program).unwrap_or(Wish::Wait)
    }

    fn told(&self, program: Program, value: Result<String, String>) {
        if program == TEST {
            return self.say_told(value);
        }
        self.state.borrow_mut().told = Some(value);
    }

    fn over(&self, program: Program) {
        let mut state = self.state.borrow_mut();
        state.stops.over(program);
        state.waiting.retain(|waiting| waiting.program != program);
    }
}

#[cfg(test)]
mod tests;
