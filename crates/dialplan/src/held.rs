//! How much the variables of a running script hold. Rhai bounds a single array, map or string; it bounds neither what is put into
//! them by index nor how many of them there are, so that a script could fill the machine's memory within its operations.
//!
//! Looked at when a variable is used, some operations apart: only then does Rhai show the variables. They are those of the function
//! that runs; what the functions below it hold was seen when they ran, and is added.

use crate::running::Running;
use crate::session::Session;
use rhai::{Array, Blob, Dynamic, Engine, EvalAltResult, EvalContext, FnPtr, ImmutableString, Map, Position};
use std::cell::Cell;
use std::rc::Rc;

/// Bytes that the variables of a call's script may hold, all its functions together. Sixteen of the longest strings.
pub const HELD_MAX: usize = 1 << 20;

/// Between two looks: so many strings of 64 KiB can be made meanwhile, another mebibyte.
const LOOK_EVERY: u64 = 16;

/// Functions within one another: those of the engine's limit, the handler below them, and what a look finds above.
const LEVELS: usize = 34;

/// An item of an array, or of a map with its short key.
const ITEM_BYTES: usize = 32;

/// Items within items: Rhai lets a thousand be, all counted.
const DEPTH_MAX: usize = 1_000;

/// What was seen.
#[derive(Debug)]
pub(crate) struct Held {
    /// The script's operations at the last look.
    looked_at: Cell<u64>,
    by_level: [Cell<usize>; LEVELS],
    sum: Cell<usize>,
    /// The script was told that it holds too much.
    was_told: Cell<bool>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            looked_at: Cell::new(0),
            by_level: [const { Cell::new(0) }; LEVELS],
            sum: Cell::new(0),
            was_told: Cell::new(false),
        }
    }
}

impl Held {
    /// In bytes.
    pub(crate) fn bytes(&self) -> usize {
        self.sum.get()
    }

    /// Operations since the last look.
    pub(crate) fn unseen(&self, operations: u64) -> u64 {
        operations.saturating_sub(self.looked_at.get())
    }

    /// Another handler begins, with no operation done.
    pub(crate) fn begins(&self) {
        self.looked_at.set(0);
        self.by_level.iter().for_each(|level| level.set(0));
        self.sum.set(0);
        self.was_told.set(false);
    }

    fn look(&self, operations: u64, context: &EvalContext<'_, '_, '_, '_, '_, '_>) {
        self.looked_at.set(operations);
        let mut left = HELD_MAX + 1;
        for (_, _, value) in context.scope().iter_raw() {
            weigh(value, &mut left, DEPTH_MAX);
        }
        if let Some(this) = context.this_ptr() {
            weigh(this, &mut left, DEPTH_MAX);
        }
        let level = context.call_level().min(LEVELS - 1);
        for (at, bytes) in self.by_level.iter().enumerate().skip(level) {
            bytes.set(if at == level { HELD_MAX + 1 - left } else { 0 });
        }
        self.sum.set(self.by_level.iter().map(Cell::get).fold(0, usize::saturating_add));
    }
}

/// Takes what a value holds off `left`, which does not go below nothing: looking takes no longer than the bound allows.
fn weigh(value: &Dynamic, left: &mut usize, depth: usize) {
    if *left == 0 || depth == 0 || is_small(value) {
        return;
    }
    let mut take = |bytes: usize| *left = left.saturating_sub(bytes);
    if let Some(text) = value.read_lock::<ImmutableString>() {
        take(text.len());
    } else if let Some(blob) = value.read_lock::<Blob>() {
        take(blob.len());
    } else if let Some(list) = value.read_lock::<Array>() {
        take(list.len().saturating_mul(ITEM_BYTES));
        for item in list.iter() {
            weigh(item, left, depth - 1);
        }
    } else if let Some(map) = value.read_lock::<Map>() {
        take(map.len().saturating_mul(ITEM_BYTES));
        for (key, item) in map.iter() {
            *left = left.saturating_sub(key.len());
            weigh(item, left, depth - 1);
        }
    } else if let Some(function) = value.read_lock::<FnPtr>() {
        for captured in function.iter_curry() {
            weigh(captured, left, depth - 1);
        }
    }
}

fn is_small(value: &Dynamic) -> bool {
    !value.is_shared() && (value.is_int() || value.is_unit() || value.is_bool() || value.is_float())
}

/// Has the engine look.
#[allow(deprecated, reason = "Rhai marks its volatile parts so; the tests of bounds hold it")]
pub(crate) fn watch(engine: &mut Engine, running: &Rc<Running>) {
    let running = Rc::clone(running);
    engine.on_var(move |_name, _index, context| {
        running.with_session(|session| look(session, &context)).unwrap_or(Ok(None))
    });
}

fn look(
    session: &Session,
    context: &EvalContext<'_, '_, '_, '_, '_, '_>,
) -> Result<Option<Dynamic>, Box<EvalAltResult>> {
    // Said here, it has a place; the engine does not tell where it has stopped what goes on.
    if let Some(message) = session.is_spent() {
        return Err(message.into());
    }
    let operations = session.operations();
    if session.held.unseen(operations) < LOOK_EVERY {
        return Ok(None);
    }
    session.held.look(operations, context);
    if session.held.bytes() <= HELD_MAX {
        return Ok(None);
    }
    let message = format!("the variables of the script hold more than {HELD_MAX} bytes");
    if !session.held.was_told.replace(true) {
        return Err(message.into());
    }
    // It has caught that, and goes on.
    session.exhausts(message);
    Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, Position::NONE).into())
}
