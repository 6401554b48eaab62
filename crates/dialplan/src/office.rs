//! What the check is told of the office: the names that its configuration has. Plain data: the shell reads the files.

use std::collections::BTreeSet;

/// The names of an office.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Office {
    /// Users, by what destinations name them.
    pub users: BTreeSet<String>,
    /// Trunks.
    pub trunks: BTreeSet<String>,
    /// Queues, by name and by number.
    pub queues: BTreeSet<String>,
    /// Mailboxes.
    pub mailboxes: BTreeSet<String>,
    /// Conference rooms with a section of their own.
    pub rooms: BTreeSet<String>,
    /// Parking lots.
    pub lots: BTreeSet<String>,
    /// Opening hours.
    pub hours: BTreeSet<String>,
    /// Public holidays, by what they are called; several days may share a name.
    pub holidays: BTreeSet<String>,
    /// Classes of music.
    pub music: BTreeSet<String>,
    /// Prompts; empty: not known, and not checked.
    pub prompts: BTreeSet<String>,
    /// Languages that there are prompts of; empty: not known, and not checked.
    pub languages: BTreeSet<String>,
    /// Pickup groups.
    pub groups: BTreeSet<String>,
    /// Groups of loudspeakers.
    pub page_groups: BTreeSet<String>,
    /// Lines for access from outside.
    pub lines: BTreeSet<String>,
    /// Trunk → the context in which its calls begin: nobody there is authenticated.
    pub outside: Vec<(String, String)>,
    /// Contexts in which calls begin or go on by configuration: of users, trunks, queues' exits, lines.
    pub entered: BTreeSet<String>,
}
