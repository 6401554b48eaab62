//! The verbs and functions of the language, a file per verb or small family. To add one: a `const` table of [`Verb`]s in a
//! file of its own, with its option schema, and a line in [`VERBS`]. Applications need no more than a verb that runs
//! `Step::Run`.

mod answer;
mod destination;
mod dial;
mod play;
mod read;

use crate::registry::{Property, Registrar, Verb};

/// All verbs.
pub(crate) const VERBS: &[&[Verb]] =
    &[answer::VERBS, destination::VERBS, dial::VERBS, play::VERBS, read::VERBS];

/// All properties.
pub(crate) const PROPERTIES: &[&[Property]] = &[answer::PROPERTIES];

pub(crate) fn register(to: &mut Registrar<'_>) {
    destination::register(to);
    for verb in VERBS.iter().copied().flatten() {
        to.verb(verb);
    }
    for property in PROPERTIES.iter().copied().flatten() {
        to.property(property);
    }
}
