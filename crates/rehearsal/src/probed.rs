//! Test files as a debugger wants them: before each statement that runs in a test stands a word that shows it the variables there.

use crate::debugger::{Debugger, TEST};
use cordboard_dialplan::{Place, PointKind, Probe, Watched, points};
use rhai::{AST, Dynamic, Engine, EvalAltResult, EvalContext, Expression, Position};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The word.
const REACHED: &str = "reached__";

/// By file and line: column as written, and how many characters stand before it.
type Inserted = BTreeMap<(String, usize), Vec<(usize, usize)>>;

/// What was put into the test files, and where.
#[derive(Default)]
pub(crate) struct Probed {
    places: Vec<Place>,
    inserted: Inserted,
}

impl Probed {
    /// Compiles a test file with as many of the words in it as it bears.
    pub(crate) fn compile(&mut self, engine: &Engine, file: &str, text: &str) -> Option<AST> {
        // Nothing can stand before some rare expression: then less of the file can be stopped in.
        for kinds in [&[PointKind::Statement, PointKind::Expression][..], &[PointKind::Statement]] {
            let before = self.places.len();
            let (probed, inserted) = self.with_words(file, text, kinds);
            if let Ok(ast) = engine.compile(&probed) {
                self.inserted.extend(inserted);
                return Some(ast);
            }
            self.places.truncate(before);
        }
        None
    }

    fn with_words(&mut self, file: &str, text: &str, kinds: &[PointKind]) -> (String, Inserted) {
        let (mut out, mut done) = (String::new(), 0);
        let mut inserted: Inserted = BTreeMap::new();
        let mut points: Vec<_> =
            points(text).into_iter().filter(|it| it.in_function && kinds.contains(&it.kind)).collect();
        points.sort_by_key(|point| point.start);
        for point in points {
            let id = self.places.len();
            let word = match point.kind {
                PointKind::Statement => format!("{REACHED}({id}); "),
                PointKind::Expression => format!("{REACHED}({id}) ?? "),
            };
            out.push_str(text.get(done..point.start).unwrap_or_default());
            out.push_str(&word);
            done = point.start;
            inserted.entry((file.to_owned(), point.line)).or_default().push((point.column, word.len()));
            self.places.push(Place { file: file.to_owned(), line: point.line, column: point.column });
        }
        out.push_str(text.get(done..).unwrap_or_default());
        (out, inserted)
    }

    /// Where something can stop.
    pub(crate) fn points(&self) -> impl Iterator<Item = Watched> + '_ {
        self.places.iter().map(|place| Watched { place: place.clone(), in_function: true })
    }

    /// A place as it was written.
    pub(crate) fn original(&self, mut place: Place) -> Place {
        let Some(words) = self.inserted.get(&(place.file.clone(), place.line)) else { return place };
        for (column, length) in words.iter().rev() {
            let before: usize =
                words.iter().filter(|(other, _)| other < column).map(|(_, length)| length).sum();
            if place.column >= column + before + length {
                place.column -= before + length;
                return place;
            }
        }
        place
    }
}

/// Has the engine ask the debugger at each of the words.
pub(crate) fn register(engine: &mut Engine, debugger: &Debugger, probed: &Rc<std::cell::RefCell<Probed>>) {
    let (debugger, probed) = (debugger.clone(), Rc::clone(probed));
    let probe = Probe::new(debugger.onlooker());
    let reached = move |context: &mut EvalContext<'_, '_, '_, '_, '_, '_>, inputs: &[Expression<'_>]| {
        let id = inputs.first().and_then(Expression::get_literal_value::<i64>);
        let id = id.and_then(|id| usize::try_from(id).ok()).unwrap_or(usize::MAX);
        let place = probed.borrow().places.get(id).cloned();
        if let Some(place) = place {
            probe.statement(context, (TEST, ""), (id, &place), || true);
        }
        if debugger.is_over() {
            return Err(Box::new(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE)));
        }
        Ok(Dynamic::UNIT)
    };
    let registered = engine.register_custom_syntax([REACHED, "(", "$int$", ")"], false, reached);
    debug_assert!(registered.is_ok(), "a name and its brackets are a syntax");
}
