//! The Rhai binding: routes, verbs, checks, fibers.
