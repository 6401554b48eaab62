//! A preview in words.

use super::{Change, Line, Preview};
use crate::predict::once;
use core::fmt::Write;

/// A, B, … Z, then numbers.
fn letter(way: usize) -> String {
    let letter = u32::try_from(way).ok().filter(|way| *way < 26).and_then(|way| char::from_u32(65 + way));
    letter.map_or_else(|| format!("#{}", way + 1), String::from)
}

impl Preview {
    /// As text.
    pub fn text(&self) -> String {
        let mut out = String::new();
        out.push_str(&format!("{} to {} ({})\n", self.from, self.until, self.time_zone));
        for (place, line) in self.lines.iter().enumerate() {
            let changes = self.changes.iter().filter(|change| change.line == place);
            self.line_text(&mut out, line, &changes.collect::<Vec<_>>());
        }
        if self.lines.is_empty() {
            out.push_str("\nNothing changes for anybody who calls.\n");
        }
        if !self.holidays.is_empty() {
            let days: Vec<String> =
                self.holidays.iter().map(|(date, name)| format!("{date} {name}")).collect();
            out.push_str(&format!("\nholidays: {}\n", days.join(", ")));
        }
        let it = &self.examined;
        out.push_str(&format!(
            "\nchanges: {}. Looked at: {} routes, {} of which go by the clock, at {} moments, by {} simulated calls.\n",
            self.changes.len(), it.routes, it.by_the_clock, it.moments, it.calls
        ));
        for note in &self.notes {
            out.push_str(&format!("note: {note}\n"));
        }
        for sentence in &self.assumed {
            out.push_str(&format!("assumed: {sentence}\n"));
        }
        out
    }

    fn line_text(&self, out: &mut String, line: &Line, changes: &[&Change]) {
        out.push_str(&format!("\ncalls {}\n", line.calls.join(", ")));
        for (place, way) in line.ways.iter().enumerate() {
            let mut write = |text: String| {
                let _infallible = writeln!(out, "{text}");
            };
            write(format!("  {}  {}", letter(place), once(&way.text)));
            for (keys, text) in &way.keys {
                write(format!("       key {keys}: {}", once(text)));
            }
        }
        let width = changes.iter().map(|change| change.at.len()).max().unwrap_or(0).max(self.from.len());
        out.push_str(&format!("  {:<width$}  {}\n", self.from, letter(line.first)));
        for change in changes {
            let because = change.because.join(", ");
            out.push_str(&format!("  {:<width$}  {}   {because}\n", change.at, letter(change.is)));
        }
    }
}
