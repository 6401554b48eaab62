//! Every native function is pure or a step.

use crate::engine::engine;
use crate::running::Running;
use std::collections::BTreeSet;
use std::rc::Rc;

/// Rhai's own functions that are neither pure nor steps: none may be among those that scripts reach.
const IMPURE: [&str; 4] = ["sleep", "timestamp", "rand", "eval"];

#[test]
fn every_function_of_the_engine_is_registered_as_pure_or_as_a_step() {
    let (engine, known) = engine(&Rc::new(Running::default()), &[]);
    let own = engine.collect_fn_metadata(
        None,
        |info| {
            let name = &info.metadata.name;
            let path = if info.namespace.is_empty() {
                name.to_string()
            } else {
                format!("{}::{name}", info.namespace)
            };
            Some((format!("{path}/{}", info.metadata.num_params), info.metadata.param_types.len()))
        },
        false,
    );
    let registered: BTreeSet<&String> = known.pure.union(&known.steps).collect();
    let strangers: Vec<&String> =
        own.iter().map(|(key, _)| key).filter(|key| !registered.contains(key)).collect();
    assert!(strangers.is_empty(), "neither pure nor a step: {strangers:?}");
    assert!(own.len() > 150, "{}", own.len());
    assert!(
        known.steps.is_disjoint(&known.pure)
            || known.steps.intersection(&known.pure).all(|key| key.contains('$'))
    );
}

#[test]
fn nothing_of_rhai_s_own_reads_a_clock_or_draws_a_number() {
    let (engine, _) = engine(&Rc::new(Running::default()), &[]);
    let names: BTreeSet<String> = engine
        .collect_fn_metadata(None, |info| Some(info.metadata.name.to_string()), true)
        .into_iter()
        .collect();
    let clocks: Vec<&str> = IMPURE.into_iter().filter(|name| names.contains(*name)).collect();
    assert_eq!(clocks, ["sleep", "rand"], "our own `rand` is a step, our own `sleep` an error");
    let error = super::world::errors(&super::world::steps("let s = Fn(\"sleep\"); s.call(1);", vec![]));
    assert!(error[0].contains("would hold up all calls"), "{error:?}");
    assert!(names.len() > 200, "{}", names.len());
}
