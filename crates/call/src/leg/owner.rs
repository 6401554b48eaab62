//! Whose a leg is: what its far end may choose, and whether it is believed what it asserts of itself. Settled when the leg is
//! made, and never changed: a leg that comes into another call brings its own rights with it, and takes on nobody's.

use serde::{Deserialize, Serialize};

/// Who answers for a leg's far end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Owner {
    pub(crate) whose: Whose,
    /// The context in which numbers that the far end chooses (Refer-To) are looked up. Empty: it chooses none.
    pub(crate) context: String,
    /// The user whose phone it is, where it is one of ours: another than `whose` where somebody else has logged in at it.
    #[serde(default)]
    pub(crate) phone: Option<String>,
}

/// A user of ours, or somebody outside.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Whose {
    /// A user who has proven it, or was called by its registration.
    User(String),
    /// Whoever is behind a trunk.
    Trunk(String),
    #[default]
    Nobody,
}

impl Owner {
    pub(crate) fn user(&self) -> Option<&String> {
        match &self.whose {
            Whose::User(user) => Some(user),
            Whose::Trunk(_) | Whose::Nobody => None,
        }
    }

    pub(crate) fn trunk(&self) -> Option<&String> {
        match &self.whose {
            Whose::Trunk(trunk) => Some(trunk),
            Whose::User(_) | Whose::Nobody => None,
        }
    }
}
