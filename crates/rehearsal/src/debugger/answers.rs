//! What is answered to those who ask where things stand.

use super::command::{Command, HELP};
use super::stops::Target;
use super::{State, TEST, Waiting};
use crate::scene::Scene;
use cordboard_dialplan::{Frame, Place};
use core::fmt::Write;
use std::rc::Rc;

/// Lines that `list` shows before and behind.
const AROUND: usize = 5;

type Answer = Result<String, String>;

impl State {
    fn scene(&self) -> Result<Rc<Scene>, String> {
        self.scene.upgrade().ok_or_else(|| "no test runs yet".to_owned())
    }

    /// Answers anything that lets nothing go on.
    pub(super) fn answers(&mut self, command: &Command, at: Option<&Waiting>) -> Answer {
        match command {
            Command::BreakLine { file, line } => self.break_line(file.as_deref(), *line, at),
            Command::BreakVerb(name) => {
                self.sources.verb(name)?;
                self.set(Target::Verb(name.clone()))
            }
            Command::BreakRoute { context, pattern } => {
                let (context, pattern) = self.sources.route(context.as_deref(), pattern)?;
                self.set(Target::Route { context, pattern })
            }
            Command::Breaks => Ok(self.breaks()),
            Command::Delete(number) => match self.stops.delete(*number) {
                0 => Err("there is no such breakpoint".to_owned()),
                1 => Ok("1 breakpoint is gone".to_owned()),
                many => Ok(format!("{many} breakpoints are gone")),
            },
            Command::Vars(number) => vars(at, *number),
            Command::Where => self.stack(at),
            Command::Call => calls(&self.scene()?),
            Command::Ladder(lines) => ladder(self.scene()?.as_ref(), *lines),
            Command::Time => time(self.scene()?.as_ref()),
            Command::List { file, line } => self.list(file.as_deref(), *line, at),
            Command::Help => Ok(HELP.to_owned()),
            Command::Go(_) | Command::Print(_) | Command::Quit => Err("nothing runs yet".to_owned()),
        }
    }

    fn set(&mut self, target: Target) -> Answer {
        let text = target.to_string();
        let number = self.stops.set(target)?;
        Ok(format!("breakpoint {number} at {text}"))
    }

    fn break_line(&mut self, file: Option<&str>, line: usize, at: Option<&Waiting>) -> Answer {
        let file = self.file_meant(file, at)?;
        let Some(stop) = self.sources.stop_at(&file, line) else {
            return Err(format!("nothing runs in a call at {file}:{line} or after it"));
        };
        let text = self.set(Target::Line { file: file.clone(), line: stop })?;
        if stop == line {
            return Ok(format!("{text}   {}", self.sources.line(&file, stop).trim()));
        }
        Ok(format!("{text}, the next line that runs   {}", self.sources.line(&file, stop).trim()))
    }

    fn file_meant(&self, file: Option<&str>, at: Option<&Waiting>) -> Answer {
        match (file, at.and_then(|at| at.frames.last())) {
            (Some(file), _) => self.sources.file(file),
            (None, Some(frame)) => Ok(frame.place.file.clone()),
            (None, None) => Err("in which file? `break office.rhai:12`".to_owned()),
        }
    }

    fn breaks(&self) -> String {
        if self.stops.breaks.is_empty() {
            return "no breakpoints".to_owned();
        }
        let line = |(number, target): &(u32, Target)| format!("{number:>3}  {target}");
        self.stops.breaks.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Where and when somebody has stopped, and the line.
    pub(super) fn announcement(&self, waiting: &Waiting) -> String {
        let mut text = String::new();
        if !waiting.why.is_empty() {
            text.push_str(&format!("{}, ", waiting.why));
        }
        let Some(frame) = waiting.frames.last() else { return text };
        text.push_str(&self.spot(frame, waiting, waiting.frames.len() == 1));
        if let Some(verb) = &waiting.verb {
            let _infallible = write!(text, ", in the verb {verb}");
        }
        if let Some(scene) = self.scene.upgrade() {
            let _infallible = write!(text, ", +{:.3} s", seconds(&scene));
        }
        let Place { file, line, column } = &frame.place;
        let source = self.sources.line(file, *line);
        let before = source.chars().take(column.saturating_sub(1));
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let _infallible = write!(text, "\n{line:>5} | {source}\n      | {indent}^");
        text
    }

    /// `office.rhai:12 in ring`
    fn spot(&self, frame: &Frame, waiting: &Waiting, is_outermost: bool) -> String {
        let place = &frame.place;
        let within = match (self.sources.function(place), self.routes.get(&waiting.call)) {
            (Some(name), _) => format!(" in {name}"),
            (None, Some((context, pattern))) if is_outermost => format!(" in route {pattern} of {context}"),
            (None, _) if waiting.program == TEST => " in the test".to_owned(),
            (None, _) => String::new(),
        };
        format!("{}:{}{within}", place.file, place.line)
    }

    fn stack(&self, at: Option<&Waiting>) -> Answer {
        let at = at.ok_or("nothing runs yet")?;
        let mut text = String::new();
        for (number, (index, frame)) in at.frames.iter().enumerate().rev().enumerate() {
            let mark = if number == 0 { "▶" } else { " " };
            let spot = self.spot(frame, at, index == 0);
            let source = self.sources.line(&frame.place.file, frame.place.line).trim();
            let _infallible = writeln!(text, "{mark} #{number} {spot}\n       {source}");
        }
        if at.program != TEST
            && let Some(frame) = self.test.last()
        {
            let source = self.sources.line(&frame.place.file, frame.place.line).trim();
            let place = &frame.place;
            let _infallible =
                writeln!(text, "  the test waits at {}:{}\n       {source}", place.file, place.line);
        }
        Ok(text.trim_end().to_owned())
    }

    fn list(&mut self, file: Option<&str>, line: Option<usize>, at: Option<&Waiting>) -> Answer {
        let here = at.and_then(|at| at.frames.last()).map(|frame| frame.place.clone());
        let (file, from) = match (file, line, self.listed.take(), &here) {
            (None, None, Some((file, to)), _) => (file, to + 1),
            (None, None, None, Some(place)) => (place.file.clone(), place.line.saturating_sub(AROUND).max(1)),
            (file, line, _, _) => {
                let file = self.file_meant(file, at)?;
                (file, line.unwrap_or(1).saturating_sub(AROUND).max(1))
            }
        };
        let last = self.sources.lines(&file);
        if from > last {
            return Err(format!("{file} ends at line {last}"));
        }
        let to = (from + 2 * AROUND).min(last);
        let mut text = String::new();
        for line in from..=to {
            let is_here = here.as_ref().is_some_and(|here| here.file == file && here.line == line);
            let is_break = self
                .stops
                .breaks
                .iter()
                .any(|(_, target)| *target == Target::Line { file: file.clone(), line });
            let mark = if is_here {
                '▶'
            } else if is_break {
                '●'
            } else {
                ' '
            };
            let _infallible = writeln!(text, "{mark}{line:>4} | {}", self.sources.line(&file, line));
        }
        self.listed = Some((file, to));
        Ok(text.trim_end().to_owned())
    }
}

fn vars(at: Option<&Waiting>, number: usize) -> Answer {
    let frames = &at.ok_or("nothing runs yet")?.frames;
    let index = frames.len().checked_sub(number + 1);
    let frame = index.and_then(|index| frames.get(index));
    let variables = frame.ok_or_else(|| format!("there is no function #{number}: see `where`"))?.variables();
    if variables.is_empty() {
        return Ok("no variables".to_owned());
    }
    let width = variables.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
    let line = |(name, value): &(String, String)| format!("{name:<width$} = {value}");
    Ok(variables.iter().map(line).collect::<Vec<_>>().join("\n"))
}

/// Seconds since the test's first moment.
fn seconds(scene: &Scene) -> f64 {
    scene.begun().map_or(0.0, |world| world.now().as_micros() as f64 / 1e6 - 1.0)
}

fn time(scene: &Scene) -> Answer {
    let clock = scene.clock().strftime("%A, %Y-%m-%d %H:%M:%S%.3f");
    Ok(format!("{clock}, {:.3} s after the first moment", seconds(scene)))
}

fn calls(scene: &Rc<Scene>) -> Answer {
    let Some(world) = scene.begun() else { return Ok("no calls".to_owned()) };
    let mut text = String::new();
    let calls = world.live_calls();
    if calls.is_empty() {
        text.push_str("no calls\n");
    }
    for call in calls {
        let name =
            if call.caller.name.is_empty() { String::new() } else { format!(" \"{}\"", call.caller.name) };
        let age_s = call.age_us as f64 / 1e6;
        let _infallible = writeln!(
            text,
            "call {}: {}{name} dialled {}, {}, {age_s:.1} s",
            call.call, call.caller.number, call.dialed, call.state
        );
        for leg in call.legs {
            let _infallible = writeln!(text, "  {leg}");
        }
    }
    for phone in world.phones() {
        let person = scene.person(&phone, &phone.user());
        if phone.shown() > 0 || !phone.hears_now().is_empty() {
            let _infallible = writeln!(text, "{:<8} {}", person.name, person.now_hears());
        }
    }
    Ok(text.trim_end().to_owned())
}

fn ladder(scene: &Scene, most: usize) -> Answer {
    let lines = crate::outcome::ladder(scene, most);
    if lines.is_empty() { Ok("nothing was sent yet".to_owned()) } else { Ok(lines.join("\n")) }
}
