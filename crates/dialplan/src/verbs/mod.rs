//! The verbs and functions of the language, a file per verb or small family. To add one: a `const` table of [`Verb`]s in a
//! file of its own, with its option schema, and a line in [`VERBS`]. The verbs of applications come from their manuals.

mod answer;
mod application;
mod clock;
mod config;
mod destination;
mod dial;
mod fields;
mod http;
mod identity;
mod lamp;
mod menu;
mod office;
mod pickup;
mod play;
mod queue;
mod read;
mod record;
mod say;
mod text;
mod tone;
mod vars;
mod wait;

pub(crate) use application::run_application;
#[cfg(test)]
pub(crate) use destination::NUMBER_MAX;
pub(crate) use destination::Target;
pub(crate) use lamp::Lamp;
pub(crate) use queue::Queue;
pub(crate) use record::Recording;
pub(crate) use text::{ARM, SPLICE};

use crate::registry::{Property, Registrar, Verb};

/// All verbs.
pub(crate) const VERBS: &[&[Verb]] = &[
    answer::VERBS,
    clock::VERBS,
    config::VERBS,
    destination::VERBS,
    dial::VERBS,
    http::VERBS,
    lamp::VERBS,
    menu::VERBS,
    office::VERBS,
    pickup::VERBS,
    play::VERBS,
    queue::VERBS,
    read::VERBS,
    record::VERBS,
    say::VERBS,
    text::VERBS,
    tone::VERBS,
    vars::VERBS,
    wait::VERBS,
];

/// All properties.
pub(crate) const PROPERTIES: &[&[Property]] = &[answer::PROPERTIES, identity::PROPERTIES, vars::PROPERTIES];

pub(crate) fn register(to: &mut Registrar<'_>) {
    destination::register(to);
    lamp::register(to);
    queue::register(to);
    record::register(to);
    vars::register(to);
    for verb in VERBS.iter().copied().flatten() {
        to.verb(verb);
    }
    for property in PROPERTIES.iter().copied().flatten() {
        to.property(property);
    }
}
