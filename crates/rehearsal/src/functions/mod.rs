//! What a test can say: the functions of its people, of the test, of the office around them; and the table of them all, from which
//! the manual is made.

mod office;
mod people;
mod table;
mod test;

pub use table::{FUNCTIONS, Function};
pub(crate) use test::Test;

use rhai::{Engine, RhaiNativeFunc, Variant};
use std::collections::BTreeSet;

/// Registers functions, and remembers their names.
pub(crate) struct Registrar<'a> {
    pub(crate) engine: &'a mut Engine,
    pub(crate) names: BTreeSet<(&'static str, String)>,
    on: &'static str,
}

impl<'a> Registrar<'a> {
    fn on(&mut self, on: &'static str) {
        self.on = on;
    }

    fn add<A: 'static, const N: usize, const X: bool, R: Variant + Clone, const F: bool>(
        &mut self,
        name: &'static str,
        function: impl RhaiNativeFunc<A, N, X, R, F> + 'static,
    ) {
        self.engine.register_fn(crate::engine::own(name), function);
        self.names.insert((self.on, name.to_owned()));
    }
}

/// Registers all of them. Says which.
pub(crate) fn register(engine: &mut Engine) -> BTreeSet<(&'static str, String)> {
    let mut to = Registrar { engine, names: BTreeSet::new(), on: "" };
    people::register(&mut to);
    test::register(&mut to);
    office::register(&mut to);
    to.names
}
