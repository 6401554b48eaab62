//! Outcomes as text, as JUnit's XML, and coverage as a page.

use crate::coverage::{Coverage, percent};
use crate::outcome::{Failure, Outcome};
use core::fmt::Write;
use std::collections::BTreeMap;

/// Outcomes for a terminal.
pub mod text {
    use super::*;

    /// One line of a test that was run.
    pub fn line(outcome: &Outcome, colour: bool) -> String {
        let (mark, paint) = if outcome.passed() { ("✓", "32") } else { ("✗", "31") };
        let ms = outcome.took.as_secs_f64() * 1_000.0;
        let mark = painted(mark, paint, colour);
        let time = painted(&format!("{ms:.1} ms"), "2", colour);
        format!("  {mark} {}  {time}", outcome.name)
    }

    /// All that is known of a failed test.
    pub fn failed(outcome: &Outcome, colour: bool) -> String {
        let Some(failure) = &outcome.failure else { return String::new() };
        let mut out = String::new();
        let _infallible =
            writeln!(out, "{} {}", painted("✗", "31", colour), painted(&outcome.name, "1", colour));
        super::explain(failure, &mut out);
        super::section("what happened", &failure.story, &mut out);
        super::section("SIP", &failure.ladder, &mut out);
        out
    }

    /// `12 passed, 1 failed in 0.04 s`
    pub fn summary(outcomes: &[Outcome], seconds: f64) -> String {
        let failed = outcomes.iter().filter(|outcome| !outcome.passed()).count();
        format!("{} passed, {failed} failed in {seconds:.2} s", outcomes.len() - failed)
    }

    /// How much of the dialplan was reached, and what was not.
    pub fn coverage(coverage: &Coverage) -> String {
        let mut out = String::new();
        for (name, file) in &coverage.files {
            let share = (file.reached(), file.lines.len());
            let missing: Vec<usize> =
                file.lines.iter().filter(|(_, hits)| **hits == 0).map(|(line, _)| *line).collect();
            let missing = if missing.is_empty() {
                String::new()
            } else {
                format!("   not reached: {}", ranges(&missing))
            };
            let _infallible = writeln!(
                out,
                "  {name:<28} {:>3} %  {:>4} of {:>4} lines{missing}",
                percent(share),
                share.0,
                share.1
            );
        }
        let (lines, routes) = (coverage.lines(), coverage.routes_taken());
        let _infallible = writeln!(out, "  lines  {:>3} % ({} of {})", percent(lines), lines.0, lines.1);
        let _infallible = writeln!(out, "  routes {:>3} % ({} of {})", percent(routes), routes.0, routes.1);
        for (context, pattern, _) in coverage.routes.iter().filter(|(.., taken)| !taken) {
            let _infallible = writeln!(out, "    never taken: {pattern} in {context}");
        }
        out
    }

    fn painted(text: &str, code: &str, colour: bool) -> String {
        if colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

/// Lines as `3, 5-8`.
fn ranges(lines: &[usize]) -> String {
    let mut parts: Vec<(usize, usize)> = Vec::new();
    for line in lines {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *line => *last = *line,
            Some(_) | None => parts.push((*line, *line)),
        }
    }
    let word =
        |(from, to): &(usize, usize)| if from == to { from.to_string() } else { format!("{from}-{to}") };
    parts.iter().map(word).collect::<Vec<_>>().join(", ")
}

/// Place, source line with a caret, what was wanted and what there was.
fn explain(failure: &Failure, out: &mut String) {
    let _infallible = writeln!(out, "\n  {}: {}", failure.at, failure.message);
    if failure.at.line > 0 {
        let number = failure.at.line.to_string();
        let before = failure.source.chars().take(failure.at.column.saturating_sub(1));
        let indent: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let _infallible = writeln!(out, "    {number} | {}", failure.source);
        let _infallible = writeln!(out, "    {:width$}   {indent}^", "", width = number.len());
    }
    for (what, text) in [("expected", &failure.expected), ("actual", &failure.actual)] {
        if let Some(text) = text {
            let text = text.replace('\n', "\n              ");
            let _infallible = writeln!(out, "    {what:<9} {text}");
        }
    }
}

fn section(name: &str, lines: &[String], out: &mut String) {
    if lines.is_empty() {
        return;
    }
    let _infallible = writeln!(out, "\n  {name}");
    for line in lines {
        let _infallible = writeln!(out, "  {line}");
    }
}

/// JUnit's XML, as build servers read it: a suite a file.
pub fn junit(outcomes: &[Outcome]) -> String {
    let mut files: BTreeMap<&str, Vec<&Outcome>> = BTreeMap::new();
    for outcome in outcomes {
        files.entry(&outcome.at.file).or_default().push(outcome);
    }
    let failures = |of: &[&Outcome]| of.iter().filter(|outcome| !outcome.passed()).count();
    let time = |of: &[&Outcome]| of.iter().map(|outcome| outcome.took.as_secs_f64()).sum::<f64>();
    let all: Vec<&Outcome> = outcomes.iter().collect();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _infallible = writeln!(
        out,
        "<testsuites tests=\"{}\" failures=\"{}\" time=\"{:.3}\">",
        all.len(),
        failures(&all),
        time(&all)
    );
    for (file, of) in &files {
        let _infallible = writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" time=\"{:.3}\">",
            escaped(file),
            of.len(),
            failures(of),
            time(of)
        );
        for outcome in of {
            let _infallible = write!(
                out,
                "    <testcase classname=\"{}\" name=\"{}\" file=\"{}\" line=\"{}\" time=\"{:.3}\"",
                escaped(file),
                escaped(&outcome.name),
                escaped(file),
                outcome.at.line,
                outcome.took.as_secs_f64()
            );
            match &outcome.failure {
                None => out.push_str("/>\n"),
                Some(failure) => {
                    let mut text = String::new();
                    explain(failure, &mut text);
                    section("what happened", &failure.story, &mut text);
                    section("SIP", &failure.ladder, &mut text);
                    let message = escaped(&failure.message);
                    let text = escaped(&text);
                    let _infallible = writeln!(
                        out,
                        ">\n      <failure message=\"{message}\">{text}</failure>\n    </testcase>"
                    );
                }
            }
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

/// Coverage as one HTML page: every script with its lines green, red or plain.
pub fn page(coverage: &Coverage, texts: &BTreeMap<String, String>) -> String {
    let (lines, routes) = (coverage.lines(), coverage.routes_taken());
    let mut out = String::from(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><title>Coverage of the dialplan</title>\n<style>\
         body{font:14px sans-serif;margin:2em;color:#222;background:#fff}pre{border:1px solid #ccc;padding:0;line-height:1.35}\
         .l{display:block;padding:0 .6em}.y{background:#e3f6e3}.n{background:#fbdcdc}.c{display:inline-block;width:4em;\
         color:#888;text-align:right;padding-right:1em}td{padding:.1em 1em .1em 0}</style>\n<h1>Coverage of the dialplan</h1>\n",
    );
    let _infallible = writeln!(
        out,
        "<p>Lines: {} % ({} of {}). Routes: {} % ({} of {}).</p>\n<table>",
        percent(lines),
        lines.0,
        lines.1,
        percent(routes),
        routes.0,
        routes.1
    );
    for (name, file) in &coverage.files {
        let share = (file.reached(), file.lines.len());
        let name = escaped(name);
        let _infallible = writeln!(
            out,
            "<tr><td><a href=\"#{name}\">{name}</a><td>{} %<td>{} of {}",
            percent(share),
            share.0,
            share.1
        );
    }
    out.push_str("</table>\n");
    let never: Vec<String> = coverage
        .routes
        .iter()
        .filter(|(.., taken)| !taken)
        .map(|(context, pattern, _)| format!("<li><code>{}</code> in {}", escaped(pattern), escaped(context)))
        .collect();
    if !never.is_empty() {
        let _infallible = writeln!(out, "<h2>Routes never taken</h2>\n<ul>{}</ul>", never.join("\n"));
    }
    for (name, file) in &coverage.files {
        let _infallible = writeln!(out, "<h2 id=\"{0}\">{0}</h2>\n<pre>", escaped(name));
        let text = texts.get(name).map(String::as_str).unwrap_or_default();
        for (number, line) in (1..).zip(text.lines()) {
            let (class, count) = match file.lines.get(&number) {
                Some(0) => (" n", "0".to_owned()),
                Some(hits) => (" y", hits.to_string()),
                None => ("", String::new()),
            };
            let _infallible = writeln!(
                out,
                "<span class=\"l{class}\"><span class=\"c\">{count}</span><span class=\"c\">{number}</span>{}</span>",
                escaped(line)
            );
        }
        out.push_str("</pre>\n");
    }
    out.push_str("</html>\n");
    out
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // XML 1.0 has no other control characters.
            c if c.is_control() && !matches!(c, '\n' | '\t' | '\r') => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
