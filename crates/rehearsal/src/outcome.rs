//! How a test went, and the story of one that failed.

use crate::fault::Fault;
use crate::scene::Scene;
use cordboard_app::Level;
use cordboard_base::Time;
use cordboard_dialplan::Place;
use cordboard_sim::stage::Given;
use core::fmt;
use core::time::Duration;
use serde::Serialize;
use std::collections::BTreeMap;

/// Lines of a ladder that are shown at most: the last ones.
const LADDER_MAX: usize = 80;
/// Lines of a story that are shown at most: the last ones.
const STORY_MAX: usize = 120;

/// A place in a test file or a script.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Source {
    /// The file.
    pub file: String,
    /// From 1; 0: unknown.
    pub line: usize,
    /// From 1; 0: unknown.
    pub column: usize,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.line == 0 {
            return f.write_str(&self.file);
        }
        write!(f, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl From<Place> for Source {
    fn from(place: Place) -> Self {
        Self { file: place.file, line: place.line, column: place.column }
    }
}

/// Why a test failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Failure {
    /// Where.
    pub at: Source,
    /// The text of that line.
    pub source: String,
    /// What does not hold.
    pub message: String,
    /// What was wanted.
    pub expected: Option<String>,
    /// What there was.
    pub actual: Option<String>,
    /// What people did and heard, and what scripts did, line by line in the order of time.
    pub story: Vec<String>,
    /// All SIP.
    pub ladder: Vec<String>,
}

/// One test.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// What it is called.
    pub name: String,
    /// Where it stands.
    pub at: Source,
    /// Why it failed; `None`: it passed.
    pub failure: Option<Failure>,
    /// How long it took.
    pub took: Duration,
    /// How much time passed in it.
    pub virtual_s: f64,
}

impl Outcome {
    /// Whether it passed.
    pub fn passed(&self) -> bool {
        self.failure.is_none()
    }
}

/// A failure with its story.
pub(crate) fn failure(
    scene: &Scene,
    place: Place,
    fault: Fault,
    texts: &BTreeMap<String, String>,
) -> Failure {
    let line = texts.get(&place.file).and_then(|text| text.lines().nth(place.line.wrapping_sub(1)));
    scene.collect();
    Failure {
        source: line.unwrap_or_default().to_owned(),
        at: place.into(),
        message: fault.message,
        expected: fault.expected,
        actual: fault.actual,
        story: last(story(scene), STORY_MAX),
        ladder: ladder(scene, LADDER_MAX),
    }
}

/// The last lines of the ladder so far.
pub(crate) fn ladder(scene: &Scene, most: usize) -> Vec<String> {
    let lines = scene.begun().map(|world| world.ladder().lines().map(readable).collect());
    last(lines.unwrap_or_default(), most)
}

/// A ladder's line with a time as a test has it, from 0.
fn readable(line: &str) -> String {
    let (time, rest) = line.trim_start().split_once(' ').unwrap_or(("", line));
    match time.parse::<f64>() {
        Ok(s) => format!("{:>9.3} {rest}", s - 1.0),
        Err(_) => line.to_owned(),
    }
}

fn last(mut lines: Vec<String>, most: usize) -> Vec<String> {
    if lines.len() > most {
        let left_out = lines.len() - most;
        lines.drain(..left_out);
        lines.insert(0, format!("… {left_out} lines before"));
    }
    lines
}

fn story(scene: &Scene) -> Vec<String> {
    let Some(world) = scene.begun() else { return Vec::new() };
    let mut lines: Vec<(Time, u8, String)> = Vec::new();
    for (at, deed) in scene.deeds.borrow().iter() {
        lines.push((*at, 0, deed.clone()));
    }
    for step in scene.steps.borrow().iter() {
        let text = format!("    {}:{}  {}", step.place.file, step.place.line, crate::words::step(&step.step));
        lines.push((step.at, 1, text));
    }
    let names: Vec<String> = world.phones().iter().map(cordboard_sim::Handset::user).collect();
    world.look_heard(|heard| {
        for heard in heard.iter().filter(|heard| !matches!(heard.what, Given::Silence(_))) {
            let Some(phone) = heard.phone.and_then(|phone| names.get(phone)) else { continue };
            let cut = if heard.whole || heard.until.is_none() { "" } else { ", not to its end" };
            let text = format!("  {phone} hears {}{cut}", crate::words::given(&heard.what));
            lines.push((heard.from, 2, text));
        }
    });
    for phone in world.phones() {
        for (at, happening) in phone.display() {
            if let cordboard_phone::Happening::Incoming { number, .. } = happening {
                lines.push((at, 2, format!("  {} rings, called by {number}", phone.user())));
            }
        }
    }
    for (at, line) in world.timed_log() {
        if line.level == Level::Error {
            let fields: Vec<&str> = line.fields.iter().map(|(_, value)| value.as_str()).collect();
            lines.push((at, 3, format!("  {}: {}", line.event, fields.join(" "))));
        }
    }
    lines.sort_by_key(|(at, order, _)| (*at, *order));
    let second = Time::from_secs(1);
    lines
        .into_iter()
        .map(|(at, _, text)| format!("{:>9.3}  {text}", at.since(second).as_secs_f64()))
        .collect()
}
