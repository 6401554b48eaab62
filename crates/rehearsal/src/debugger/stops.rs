//! Where programs stop: breakpoints, and how far the last command lets them run.

use cordboard_dialplan::{Frame, Program, Standing};
use std::collections::BTreeMap;

/// Breakpoints at once: more than anybody sets by hand.
const BREAKS_MAX: usize = 1_000;

/// How far it goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To a breakpoint.
    #[default]
    Runs,
    /// To the next line of whichever script or test comes to one.
    Steps,
    /// To the next line of this program that is not within a further function.
    Passes { program: Program, level: usize },
    /// Out of this program's function.
    Leaves { program: Program, level: usize },
}

/// What a breakpoint is at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// A line.
    Line { file: String, line: usize },
    /// Wherever a script uses this verb.
    Verb(String),
    /// The first statement of a route.
    Route { context: String, pattern: String },
}

impl core::fmt::Display for Target {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Line { file, line } => write!(f, "{file}:{line}"),
            Self::Verb(name) => write!(f, "verb {name}"),
            Self::Route { context, pattern } => write!(f, "route {pattern} in {context}"),
        }
    }
}

#[derive(Default)]
pub(crate) struct Stops {
    pub(crate) mode: Mode,
    pub(crate) breaks: Vec<(u32, Target)>,
    newest: u32,
    /// The last statement that a program came to, in each of the functions that it is in.
    last: BTreeMap<(Program, usize), (String, usize, usize)>,
    /// Calls that have taken a route with a breakpoint and have not come to its first statement.
    taken: BTreeMap<String, u32>,
}

impl Stops {
    /// Sets a breakpoint. Says its number.
    pub(crate) fn set(&mut self, target: Target) -> Result<u32, String> {
        if let Some((number, _)) = self.breaks.iter().find(|(_, other)| *other == target) {
            return Ok(*number);
        }
        if self.breaks.len() >= BREAKS_MAX {
            return Err(format!("there are {BREAKS_MAX} breakpoints: delete some"));
        }
        self.newest += 1;
        self.breaks.push((self.newest, target));
        Ok(self.newest)
    }

    /// Removes one, or all. Says how many.
    pub(crate) fn delete(&mut self, number: Option<u32>) -> usize {
        let before = self.breaks.len();
        self.breaks.retain(|(of, _)| number.is_some_and(|number| number != *of));
        before - self.breaks.len()
    }

    /// A call takes a route.
    pub(crate) fn takes(&mut self, call: &str, context: &str, pattern: &str) {
        let wanted = Target::Route { context: context.to_owned(), pattern: pattern.to_owned() };
        if let Some((number, _)) = self.breaks.iter().find(|(_, target)| *target == wanted) {
            self.taken.insert(call.to_owned(), *number);
        }
    }

    /// A program is over; whoever followed it goes on with what comes next.
    pub(crate) fn over(&mut self, program: Program) {
        self.last.retain(|(of, _), _| *of != program);
        match self.mode {
            Mode::Passes { program: of, .. } | Mode::Leaves { program: of, .. } if of == program => {
                self.mode = Mode::Steps;
            }
            Mode::Passes { .. } | Mode::Leaves { .. } | Mode::Runs | Mode::Steps => {}
        }
    }

    /// Why a program stops where it stands, if it does: the breakpoint; empty for a step.
    pub(crate) fn stop(&mut self, standing: &Standing<'_>) -> Option<String> {
        let breakpoint = |number: u32| format!("breakpoint {number}");
        if let Some(verb) = standing.verb {
            let found =
                self.breaks.iter().find(|(_, target)| matches!(target, Target::Verb(it) if it == verb));
            return found.map(|(number, _)| breakpoint(*number));
        }
        let frame = standing.frames.last()?;
        let goes_on = self.goes_on(standing.program, frame);
        if let Some(number) = self.taken.remove(standing.call) {
            return Some(breakpoint(number));
        }
        if goes_on {
            return None;
        }
        let is_here = |target: &Target| matches!(target, Target::Line { file, line } if *file == frame.place.file && *line == frame.place.line);
        if let Some((number, _)) = self.breaks.iter().find(|(_, target)| is_here(target)) {
            return Some(breakpoint(*number));
        }
        let stops = match self.mode {
            Mode::Runs => false,
            Mode::Steps => true,
            Mode::Passes { program, level } => program == standing.program && frame.level <= level,
            Mode::Leaves { program, level } => program == standing.program && frame.level < level,
        };
        stops.then(String::new)
    }

    /// Whether this is a further statement of the line that the function was in; a loop that comes back to it is not.
    fn goes_on(&mut self, program: Program, frame: &Frame) -> bool {
        self.last.retain(|(of, level), _| *of != program || *level <= frame.level);
        let now = (frame.place.file.clone(), frame.place.line, frame.point);
        let before = self.last.insert((program, frame.level), now.clone());
        before.is_some_and(|before| (&before.0, before.1) == (&now.0, now.1) && before.2 < now.2)
    }
}
