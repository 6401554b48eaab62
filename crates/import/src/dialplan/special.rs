//! Extensions that Asterisk itself enters: `i`, `t`, `o` and their like. Those that nothing translated enters are told of.

use super::parse::{Context, Exten};
use crate::report::Report;

/// Tells of an extension that has no route, unless something in its context enters it; the comment that stands for it, or nothing.
pub(super) fn tell(context: &Context, exten: &Exten, report: &mut Report) -> String {
    let (Some(why), Some(step)) = (unused(context, &exten.pattern), exten.steps.values().next()) else {
        return String::new();
    };
    report.lost(&step.place, &step.source, why);
    format!("// NOT TRANSLATED: {} ({why})\n", step.source)
}

/// Why nothing enters an extension of this name; `None`: something may, or it is no name of Asterisk's own.
fn unused(context: &Context, name: &str) -> Option<&'static str> {
    let runs = |apps: &[&str]| {
        let mut steps = context.extens.iter().flat_map(|exten| exten.steps.values());
        steps.any(|step| apps.contains(&step.app.as_str()))
    };
    match name {
        "i" if !runs(MENUS) => Some(
            "no menu of this context waits for digits; a number that no route has is refused, unless the context has an `otherwise`",
        ),
        "t" if !runs(MENUS) => Some("no menu of this context waits for digits"),
        "o" | "a" if !runs(&["voicemail"]) => Some("no greeting of this context can be left by 0 or *"),
        "T" => Some("a call that is over its `ch.max_duration` is ended"),
        "e" => Some("an error of a script ends its call, and is in the log"),
        "fax" => Some("no fax is detected"),
        _ => None,
    }
}

/// What waits for digits.
const MENUS: &[&str] = &["background", "waitexten"];
