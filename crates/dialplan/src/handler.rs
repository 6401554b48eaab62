//! A function of a script that a call can be given to.

use crate::finding::Place;
use rhai::{Array, Dynamic, Engine, EvalAltResult, FnPtr, Map, NativeCallContext, Shared};

/// A function together with the place it was given in: called any other way it loses its module's functions, constants
/// and imports.
pub(crate) struct Handler {
    /// Its route's context and pattern, or `on_hangup`: its name in snapshots and messages.
    pub(crate) context: String,
    pub(crate) pattern: String,
    pub(crate) place: Place,
    /// Characters of the feature code that its pattern begins with; 0 for any other route.
    pub(crate) code_len: usize,
    function: FnPtr,
    #[allow(
        deprecated,
        reason = "Rhai marks its volatile parts so; the tests of modules and closures hold it"
    )]
    store: rhai::NativeCallContextStore,
}

impl Handler {
    #[allow(deprecated, reason = "see `store`")]
    pub(crate) fn new(
        context: &NativeCallContext<'_>,
        name: (&str, &str),
        place: Place,
        function: FnPtr,
    ) -> Self {
        let mut store = context.store_data();
        // Functions without an environment of their own report errors under this name.
        store.global.source = Some(place.file.as_str().into());
        Self { context: name.0.to_owned(), pattern: name.1.to_owned(), place, code_len: 0, function, store }
    }

    /// What the engine calls the function.
    pub(crate) fn function_name(&self) -> &str {
        self.function.fn_name()
    }

    /// Calls it with the channel, or with what it is told of. Captured variables and constants are copied first: calls share nothing through them, or a
    /// replay of one would depend on the others.
    #[allow(deprecated, reason = "see `store`")]
    pub(crate) fn call_with(
        &self,
        engine: &Engine,
        argument: Dynamic,
    ) -> Result<Dynamic, Box<EvalAltResult>> {
        let mut store = self.store.clone();
        store.global.level = 0;
        store.global.constants = store.global.constants.as_ref().map(|constants| {
            let copy = rhai::locked_read(constants).map(|c| c.clone()).unwrap_or_default();
            Shared::new(rhai::Locked::new(copy))
        });
        let function = copy_function(&self.function);
        let context = store.create_context(engine);
        function.call_raw(&context, None, [argument])
    }
}

fn copy_function(function: &FnPtr) -> FnPtr {
    let mut copy = function.clone();
    let captured: Vec<Dynamic> = function.iter_curry().map(copy_value).collect();
    copy.set_curry(captured);
    copy
}

/// A value of its own, down to the variables that functions within it have captured.
fn copy_value(value: &Dynamic) -> Dynamic {
    let value = value.flatten_clone();
    if let Some(function) = value.read_lock::<FnPtr>() {
        return Dynamic::from(copy_function(&function));
    }
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().map(copy_value).collect::<Array>().into();
    }
    if let Some(map) = value.read_lock::<Map>() {
        return map.iter().map(|(key, item)| (key.clone(), copy_value(item))).collect::<Map>().into();
    }
    value
}
