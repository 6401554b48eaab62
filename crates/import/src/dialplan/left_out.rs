//! What is not translated, or not whole: comments in the script, each with its line of the report, and what the call does instead.

use super::graph::{At, Builder, End};
use crate::report::Fate;

impl Builder<'_, '_> {
    /// Comments on what of the present line is left out, though the line itself is there.
    pub(super) fn left_out_since(&self, before: usize) -> std::vec::IntoIter<String> {
        let new = self.scope.report.items.iter().enumerate().skip(before);
        let remarks: Vec<String> = new
            .filter(|(at, item)| item.fate == Fate::Lost && !self.commented.contains(at))
            .map(|(_, item)| format!("// NOT TRANSLATED: {} ({})", item.source, item.why))
            .collect();
        remarks.into_iter()
    }

    /// The line as a comment, and a statement that is safe.
    pub(super) fn not_translated(&mut self, at: &At, app: &str, why: &str) -> (Vec<String>, End, bool) {
        let jumps = [
            "goto",
            "gotoif",
            "gotoiftime",
            "gosub",
            "gosubif",
            "macro",
            "macroif",
            "while",
            "execif",
            "background",
        ];
        let decides = [
            "agi",
            "eagi",
            "deadagi",
            "fastagi",
            "stasis",
            "externalivr",
            "disa",
            "authenticate",
            "transfer",
            "read",
        ];
        let ends = jumps.contains(&app) || decides.contains(&app);
        let fate = if ends { "the call hears an error and ends" } else { "the call goes on" };
        let source = self.scope.source.clone();
        self.commented.insert(self.scope.report.items.len());
        self.scope.report.lost(&self.scope.place, &source, &format!("{why}; {fate}"));
        let mut lines = vec![format!("// NOT TRANSLATED: {source} ({why}; {fate})")];
        if ends {
            lines.push("ch.play(\"an-error-has-occurred\");".to_owned());
            lines.push("ch.hangup(\"temporary\");".to_owned());
            return (lines, End::Stop, true);
        }
        let outcome = match app {
            "dial" => self.scope.outcome("DIALSTATUS", "#{ status: \"unavailable\" }", false, true),
            "queue" => self.scope.outcome("QUEUESTATUS", "#{ status: \"failed\" }", false, true),
            "voicemail" => self.scope.outcome("VMSTATUS", "#{ status: \"failed\" }", false, true),
            _ => Vec::new(),
        };
        lines.extend(outcome.into_iter().filter(|line| line.contains(" = ")));
        (lines, End::Next(self.after(at)), false)
    }
}
