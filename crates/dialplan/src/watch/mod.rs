//! A dialplan that is watched while it runs in a simulation: which statements and routes were reached, and every step with its
//! place. Nothing of this is in a dialplan that is loaded for an exchange.

mod points;
mod probe;
mod tokens;

pub use points::{Point, PointKind, points};
pub use probe::{Frame, Onlooker, Probe, Program, Standing, Wish};
pub use tokens::{Token, TokenKind, tokens};

use crate::bundle::Bundle;
use crate::finding::Place;
use cordboard_app::{CallInfo, Step, Value};
use cordboard_base::Time;
use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;

/// The function that a watched script calls before each of its statements.
pub(crate) const HIT: &str = "hit__";

/// Steps that are kept of one watch at most: far above any test's, and a script without end does not eat the memory.
const STEPS_MAX: usize = 20_000;

/// A statement that can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watched {
    /// Where it stands.
    pub place: Place,
    /// Whether it runs in calls, not only while loading.
    pub in_function: bool,
}

/// A step of a script's, with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedStep {
    /// When.
    pub at: Time,
    /// The call, as its program knows it.
    pub call: String,
    /// The verb's place; as it stands in the file.
    pub place: Place,
    /// What was asked for.
    pub step: Step,
    /// What a question was answered.
    pub answer: Option<Value>,
}

/// A route that a call took.
#[derive(Clone, Debug, PartialEq)]
pub struct RouteTaken {
    /// When a script was resumed last: for a route that a script goes on with, the moment at which it does.
    pub at: Time,
    /// The context that the route stands in.
    pub context: String,
    /// Its pattern.
    pub pattern: String,
    /// Its place.
    pub place: Place,
    /// The call as its program sees it.
    pub info: CallInfo,
}

/// What is watched of one dialplan.
#[derive(Debug, Default)]
pub struct Watch {
    points: Vec<Watched>,
    hits: RefCell<Vec<u32>>,
    pub(crate) steps: RefCell<Vec<WatchedStep>>,
    pub(crate) routes: RefCell<Vec<RouteTaken>>,
    pub(crate) now: Cell<Time>,
    /// Set where somebody looks on.
    pub(crate) probe: Option<Probe>,
}

impl Watch {
    /// A watch over a bundle, and for each file where what is put in: byte → text.
    /// Points of other kinds than these are left out.
    pub(crate) fn over(
        bundle: &Bundle,
        kinds: &[PointKind],
    ) -> (Self, BTreeMap<String, Vec<(usize, String)>>) {
        let mut watch = Self::default();
        let mut inserts: BTreeMap<String, Vec<(usize, String)>> = BTreeMap::new();
        for (file, text) in &bundle.files {
            let into = inserts.entry(file.clone()).or_default();
            for point in points(text).into_iter().filter(|point| kinds.contains(&point.kind)) {
                let id = watch.points.len();
                let place = Place { file: file.clone(), line: point.line, column: point.column };
                watch.points.push(Watched { place, in_function: point.in_function });
                let call = match point.kind {
                    PointKind::Statement => format!("{HIT}({id}); "),
                    PointKind::Expression => format!("{HIT}({id}) ?? "),
                };
                into.push((point.start, call));
            }
            into.sort_by_key(|(at, _)| *at);
        }
        watch.hits = RefCell::new(vec![0; watch.points.len()]);
        (watch, inserts)
    }

    /// A statement and its place.
    pub(crate) fn point(&self, id: i64) -> Option<(usize, &Place)> {
        let id = usize::try_from(id).ok()?;
        self.points.get(id).map(|point| (id, &point.place))
    }

    pub(crate) fn hit(&self, id: i64) {
        let mut hits = self.hits.borrow_mut();
        if let Some(count) = usize::try_from(id).ok().and_then(|id| hits.get_mut(id)) {
            *count = count.saturating_add(1);
        }
    }

    pub(crate) fn step(&self, call: &str, place: Place, step: &Step) {
        let mut steps = self.steps.borrow_mut();
        if steps.len() < STEPS_MAX && !matches!(step, Step::Yield) {
            let (at, call, step) = (self.now.get(), call.to_owned(), step.clone());
            steps.push(WatchedStep { at, call, place, step, answer: None });
        }
    }

    /// The question that a call's script asked last is answered. Steps that were taken away meanwhile go without.
    pub(crate) fn answered(&self, call: &str, value: &Value) {
        let mut steps = self.steps.borrow_mut();
        let last = steps.iter_mut().rev().find(|step| step.call == call);
        if let Some(step) = last.filter(|step| matches!(step.step, Step::Ask(_))) {
            step.answer = Some(value.clone());
        }
    }

    /// Every statement, and how often it was reached.
    pub fn statements(&self) -> Vec<(Watched, u32)> {
        self.points.iter().cloned().zip(self.hits.borrow().iter().copied()).collect()
    }

    /// The routes that calls took, in order; they are forgotten then.
    pub fn take_routes(&self) -> Vec<RouteTaken> {
        self.routes.take()
    }

    /// The routes that calls took so far.
    pub fn routes(&self) -> Vec<RouteTaken> {
        self.routes.borrow().clone()
    }
}
