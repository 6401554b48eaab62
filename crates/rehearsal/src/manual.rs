//! The tables of `docs/testing.md`, made of the table of functions.

use crate::{FUNCTIONS, Function};
use core::fmt::Write;

/// What functions are called on, and what that is.
const GROUPS: [(&str, &str); 8] = [
    ("", "In a test file"),
    ("t", "The test: `t`"),
    ("person", "A person: `t.phone(…)`, `t.call(…)`, `t.trunk(…).rings(…)`"),
    ("trunk", "A trunk: `t.trunk(\"itsp\")`"),
    ("mailbox", "A mailbox: `t.mailbox(\"101\")`"),
    ("lamp", "A lamp: `t.lamp(\"*280\")`"),
    ("database", "The database: `t.database()`"),
    ("web", "A web server: `t.web(url)`"),
];

/// Every function, group by group, as Markdown.
pub fn manual() -> String {
    let mut out = String::new();
    for (on, title) in GROUPS {
        let _infallible = writeln!(out, "### {title}\n\n| | |\n|---|---|");
        for Function { usage, text, .. } in FUNCTIONS.iter().filter(|function| function.on == on) {
            let usage = usage.replace("), ", ")`<br>`").replace('|', "\\|");
            let _infallible = writeln!(out, "| `{usage}` | {text} |");
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}
