//! What `cordboard help` and `docs/verbs.md` say of the language's own verbs, functions and properties: a file per group.
//! Usage, arguments and options come from the registry; a test says which of them has no page, and which page describes nothing.

mod calls;
mod clock;
mod identity;
mod office;
mod prompts;
mod routes;
mod texts;
mod web;

/// The group whose examples stand at the top level of a script; those of others stand in a handler, for a call `ch`.
#[cfg(test)]
pub(crate) const ROUTES: &str = routes::GROUP.title;

/// Pages of one kind, as they are listed.
pub(crate) struct Group {
    /// Its heading.
    pub(crate) title: &'static str,
    /// Its pages, in the order of reading.
    pub(crate) pages: &'static [Page],
}

/// What there is to say of a verb, function or property.
pub(crate) struct Page {
    /// With what it is called on: `ch.dial`, `db::get`, `queue.add`, `ch.caller.number`.
    pub(crate) name: &'static str,
    /// How it is written, for what is not in the registry's table of verbs.
    pub(crate) usage: &'static str,
    /// What it does.
    pub(crate) summary: &'static str,
    /// Its arguments, but for the map of options, and what they mean.
    pub(crate) arguments: &'static [(&'static str, &'static str)],
    /// What it yields; empty: nothing.
    pub(crate) outcome: &'static str,
    /// Lines of script that use it.
    pub(crate) example: &'static str,
}

/// All of them.
pub(crate) const GROUPS: &[Group] = &[
    routes::GROUP,
    calls::GROUP,
    prompts::GROUP,
    identity::GROUP,
    office::GROUP,
    clock::GROUP,
    web::GROUP,
    texts::GROUP,
];
