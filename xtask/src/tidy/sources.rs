//! The rules about single Rust files.

use super::Report;
use super::lexed::{self, Line};

/// Lines from which a file is worth a look.
const LINES_COMFORTABLE: usize = 500;
/// Lines from which a file must say why.
const LINES_MAX: usize = 800;
/// How it says so.
const LONG_BECAUSE: &str = "tidy: long because";

/// What a core must not touch, and what it uses instead. `core::net` holds the address types.
const WORLD: [(&str, &str); 14] = [
    ("std::net", "addresses are in core::net; sockets are the shell's"),
    ("std::fs", "files are the shell's"),
    ("std::thread", "threads are the shell's"),
    ("std::process", "processes are the shell's"),
    ("std::env", "the environment is the shell's"),
    ("std::time::Instant", "time is handed in as Time"),
    ("std::time::SystemTime", "time is handed in as Time and Anchor"),
    ("Instant::now", "time is handed in as Time"),
    ("SystemTime::now", "time is handed in as Time and Anchor"),
    ("tokio", "the runtime is the shell's"),
    ("thread_rng", "chance is handed in as Source"),
    ("rand::", "chance is handed in as Source"),
    ("std::sync::Mutex", "a core owns its state; nobody else is there to lock out"),
    ("std::sync::RwLock", "a core owns its state; nobody else is there to lock out"),
];

/// What is wrong everywhere.
const NOWHERE: [(&str, &str); 5] = [
    ("unbounded_channel", "channels are bounded"),
    ("unbounded(", "channels are bounded"),
    ("mpsc::channel()", "channels are bounded: sync_channel, or tokio's with a capacity"),
    ("std::sync::mpsc::channel;", "channels are bounded: sync_channel"),
    ("process::abort", "a bug is an assertion, which one call survives"),
];

/// What is wrong wherever time is virtual, and in every test.
const SLEEPS: [&str; 3] = ["thread::sleep", "time::sleep", "sleep_until"];

/// Marks of unfinished work.
const UNFINISHED: [&str; 4] = ["TODO", "FIXME", "XXX", "HACK"];

/// Names that say nothing.
const DRAWERS: [&str; 6] = ["utils.rs", "util.rs", "common.rs", "helpers.rs", "helper.rs", "misc.rs"];

/// Checks one file.
pub(super) fn check(file: &str, text: &str, report: &mut Report) {
    let lines = lexed::lines(text);
    size(file, text, &lines, report);
    let name = file.rsplit('/').next().unwrap_or(file);
    if DRAWERS.contains(&name) {
        report.error(file, 1, "a file is named for its one idea");
    }
    let is_source = file.contains("/src/") || file.starts_with("src/");
    if is_source
        && name != "tests.rs"
        && !lines.iter().find(|line| !line_is_blank(line)).is_some_and(is_module_doc)
    {
        report.warn(file, 1, "a module begins with //! that says what it owns");
    }
    let is_core = file.starts_with("apps/") || file.starts_with("crates/");
    let is_sim = file.starts_with("crates/sim/");
    let is_shell = file.starts_with("src/");
    for (index, line) in lines.iter().enumerate() {
        let number = index + 1;
        if is_core && !is_sim && file.contains("/src/") {
            findings(&WORLD, &line.code)
                .for_each(|(what, why)| report.error(file, number, format!("{what}: {why}")));
        }
        findings(&NOWHERE, &line.code)
            .for_each(|(what, why)| report.error(file, number, format!("{what}: {why}")));
        if !is_shell && SLEEPS.iter().any(|sleep| contains(&line.code, sleep)) {
            report.error(file, number, "a sleep: wait for what is awaited, or move the virtual clock");
        }
        if UNFINISHED.iter().any(|mark| contains(&line.comment, mark)) {
            report.error(file, number, "unfinished work: do it, or write it down where work is planned");
        }
    }
    attributes(file, &lines, report);
    fences(file, &lines, report);
}

/// A block in a doc comment says in which language it is: without one it would be a doc test, and `cargo xtask test` runs none, since
/// every crate would have to be read again to find that it has none.
fn fences(file: &str, lines: &[Line], report: &mut Report) {
    let mut is_open = false;
    for (index, line) in lines.iter().enumerate() {
        let Some(doc) = line.comment.strip_prefix(['!', '/']) else {
            is_open = false;
            continue;
        };
        let Some(language) = doc.trim_start().strip_prefix("```") else { continue };
        is_open = !is_open;
        let is_test =
            ["", "rust", "no_run", "should_panic", "ignore", "compile_fail"].contains(&language.trim());
        if is_open && is_test {
            report.error(
                file,
                index + 1,
                "a doc test, which nothing runs: name the block's language, or write a test",
            );
        }
    }
}

fn line_is_blank(line: &Line) -> bool {
    line.code.trim().is_empty() && line.comment.trim().is_empty()
}

fn is_module_doc(line: &Line) -> bool {
    line.comment.starts_with('!')
}

fn findings<'a>(rules: &'a [(&'a str, &'a str)], code: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
    rules.iter().copied().filter(move |(what, _)| contains(code, what))
}

/// Whether `what` stands in `text` as words of its own.
fn contains(text: &str, what: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(what).any(|(at, _)| {
        let before = text.get(..at).and_then(|head| head.chars().next_back());
        let after = text.get(at + what.len()..).and_then(|tail| tail.chars().next());
        let open =
            |c: Option<char>, edge: Option<char>| !(c.is_some_and(is_word) && edge.is_some_and(is_word));
        open(before, what.chars().next()) && open(after, what.chars().next_back())
    })
}

/// Tests and tables may be long, other files must say why.
fn size(file: &str, text: &str, lines: &[Line], report: &mut Report) {
    let count = text.lines().count();
    let excepted = ["/tests/", "/tests.rs", "/table.rs", "/tables.rs", "_table.rs", "_tables.rs"];
    if count <= LINES_COMFORTABLE
        || file.starts_with("tests/")
        || excepted.iter().any(|part| file.contains(part))
    {
        return;
    }
    let says_why = lines.iter().any(|line| line.comment.trim_start().starts_with(LONG_BECAUSE));
    if count > LINES_MAX && !says_why {
        report.error(file, 1, format!("{count} lines: split it, or say `// {LONG_BECAUSE} …`"));
    } else if !says_why {
        report.warn(file, 1, format!("{count} lines: {LINES_COMFORTABLE} is a smell"));
    }
}

/// Every `allow` and `expect` of a lint has its reason.
fn attributes(file: &str, lines: &[Line], report: &mut Report) {
    for (index, line) in lines.iter().enumerate() {
        let opens = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];
        if !opens.iter().any(|open| line.code.contains(open)) {
            continue;
        }
        let mut attribute = String::new();
        for line in lines.iter().skip(index).take(12) {
            attribute.push_str(&line.code);
            if line.code.contains(")]") {
                break;
            }
        }
        if !contains(&attribute, "reason") {
            report.error(file, index + 1, "an allowed lint gives its reason");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(file: &str, text: &str) -> Vec<String> {
        let mut report = Report::default();
        check(file, text, &mut report);
        report.errors
    }

    fn count(file: &str, text: &str) -> usize {
        errors(file, text).len()
    }

    #[test]
    fn a_core_touches_no_socket_file_thread_or_clock() {
        for line in [
            "use std::net::UdpSocket;",
            "std::fs::read(path)",
            "let now = Instant::now();",
            "tokio::spawn(x)",
            "use std::thread;",
            "let x = rand::random();",
        ] {
            assert_eq!(count("crates/sip/src/a.rs", line), 1, "{line}");
            assert_eq!(count("src/a.rs", line), 0, "{line}");
            assert_eq!(count("crates/sim/src/a.rs", line), 0, "{line}");
        }
    }

    #[test]
    fn words_that_only_look_alike_and_prose_are_left_alone() {
        for line in [
            "use core::net::SocketAddr;",
            "// no tokio here",
            "let s = \"std::fs\";",
            "operand::x()",
            "tokio_like()",
        ] {
            assert_eq!(count("crates/sip/src/a.rs", line), 0, "{line}");
        }
    }

    #[test]
    fn channels_are_bounded_and_tests_do_not_sleep() {
        assert_eq!(count("src/a.rs", "let (a, b) = mpsc::unbounded_channel();"), 1);
        assert_eq!(count("src/a.rs", "let (a, b) = mpsc::channel();"), 1);
        assert_eq!(count("src/a.rs", "let (a, b) = mpsc::channel(64);"), 0);
        assert_eq!(count("tests/scenarios/a.rs", "std::thread::sleep(ms)"), 1);
        assert_eq!(count("src/a.rs", "tokio::time::sleep(ms)"), 0);
    }

    #[test]
    fn unfinished_work_and_unreasoned_lints_are_found() {
        let mark = ["TO", "DO"].concat();
        assert_eq!(count("src/a.rs", &format!("// {mark}: later")), 1);
        assert_eq!(count("src/a.rs", "#[allow(dead_code)]\nfn a() {}"), 1);
        assert_eq!(count("src/a.rs", "#[allow(dead_code, reason = \"x\")]\nfn a() {}"), 0);
        assert_eq!(count("src/a.rs", "#![expect(\n    dead_code,\n    reason = \"x\"\n)]"), 0);
    }

    #[test]
    fn a_long_file_says_why_unless_it_is_a_test_or_a_table() {
        let long = |lines: usize| "//! Doc.\n".repeat(lines);
        assert_eq!(count("src/a.rs", &long(800)), 0);
        assert_eq!(count("src/a.rs", &long(801)), 1);
        assert_eq!(count("src/a.rs", &format!("// tidy: long because of x\n{}", long(801))), 0);
        assert_eq!(count("src/a/tests.rs", &long(801)), 0);
        assert_eq!(count("tests/scenarios/a.rs", &long(801)), 0);
        let mut report = Report::default();
        check("src/a.rs", &long(501), &mut report);
        assert_eq!((report.errors.len(), report.warnings.len()), (0, 1));
    }

    #[test]
    fn a_block_of_a_doc_comment_is_no_test() {
        assert_eq!(count("src/a.rs", "//! A.\n/// ```\n/// a();\n/// ```\nfn a() {}"), 1);
        assert_eq!(count("src/a.rs", "//! ```rust\n//! a();\n//! ```"), 1);
        assert_eq!(
            count("src/a.rs", "//! ```text\n//! a\n//! ```\n/// ```rhai\n/// b\n/// ```\nfn a() {}"),
            0
        );
    }

    #[test]
    fn a_drawer_is_no_name_for_a_file() {
        assert_eq!(count("src/utils.rs", "//! Things."), 1);
    }
}
