//! From an empty folder to an office with a passing suite, wherever the program stands: nothing of the project's is beside it.

use crate::harness::exchange::BINARY;
use crate::harness::folder::Folder;
use std::path::Path;
use std::process::{Command, Output};

fn run(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(folder.join("cordboard"))
        .args(arguments)
        .current_dir(folder.join("office"))
        .output()
        .unwrap()
}

fn says(output: &Output) -> String {
    let all = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8(all).unwrap()
}

#[test]
fn an_office_made_in_an_empty_folder_is_without_a_finding_and_passes_its_tests() {
    let folder = Folder::new();
    std::fs::copy(BINARY, folder.file("cordboard")).unwrap();
    std::fs::create_dir(folder.file("office")).unwrap();
    let made = run(folder.path(), &["init"]);
    assert!(made.status.success(), "{}", says(&made));
    let checked = run(folder.path(), &["check"]);
    assert!(checked.status.success(), "{}", says(&checked));
    let tested = run(folder.path(), &["test", "--junit", "junit.xml", "--html", "coverage.html"]);
    assert!(tested.status.success(), "{}", says(&tested));
    let read = |name: &str| std::fs::read_to_string(folder.path().join("office").join(name)).unwrap();
    let junit = read("junit.xml");
    let cases = junit.matches("<testcase ").count();
    assert!(cases > 100 && !junit.contains("<failure"), "{cases} tests");
    assert!(says(&tested).contains(&format!("{cases} passed")), "{}", says(&tested));
    assert!(read("coverage.html").contains("main.rhai"));
    // Nothing but what was asked for: no data, no log, no socket.
    assert!(!folder.path().join("office/var").exists());
}

#[test]
fn a_test_is_stepped_through_by_commands_that_are_piped_in() {
    let folder = Folder::new();
    std::fs::copy(BINARY, folder.file("cordboard")).unwrap();
    std::fs::create_dir(folder.file("office")).unwrap();
    assert!(run(folder.path(), &["init"]).status.success());
    let test = "test(\"a talk\", |t| {\n    let ann = t.call(\"101\", \"102\");\n    let ben = t.phone(\"102\");\n    \
                ben.rings();\n    ben.answers();\n    ann.is_answered();\n});\n";
    std::fs::write(folder.file("office/dialplan/tests/own.rhai"), test).unwrap();
    let commands = "break own.rhai:5\nbreak verb dial\ncontinue\nwhere\nprint ch.dialed\ncontinue\nvars\nnonsense\nnext\ncall\ncontinue\n";
    let mut child = Command::new(folder.file("cordboard"))
        .args(["test", "dialplan/tests/own.rhai", "--debug"])
        .current_dir(folder.file("office"))
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut child.stdin.take().unwrap(), commands.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = says(&output);
    assert!(output.status.success(), "{said}");
    for wanted in [
        "(debug) break own.rhai:5",
        "test \"a talk\"",
        "office.rhai:",
        "ch.dial(",
        "\"102\"",
        "own.rhai:5",
        "ben.answers();",
        "ann ",
        "own.rhai:6",
        "1 passed, 0 failed",
    ] {
        assert!(said.contains(wanted), "{wanted}:\n{said}");
    }
}

#[test]
fn a_mistake_is_shown_with_its_place_and_what_is_right() {
    let folder = Folder::new();
    std::fs::copy(BINARY, folder.file("cordboard")).unwrap();
    std::fs::create_dir(folder.file("office")).unwrap();
    assert!(run(folder.path(), &["init"]).status.success());
    let main = folder.file("office/dialplan/main.rhai");
    let text = std::fs::read_to_string(&main).unwrap();
    let wrong = text.replacen("office::ring(ch, ch.dialed)", "office::rign(ch, ch.dialed)", 1);
    assert_ne!(wrong, text);
    std::fs::write(&main, &wrong).unwrap();
    let line = 1 + wrong.lines().position(|line| line.contains("rign")).unwrap();
    for command in [["check"], ["test"], ["run"]] {
        let output = run(folder.path(), &command);
        let said = says(&output);
        assert!(!output.status.success(), "{command:?}: {said}");
        assert!(said.contains(&format!("main.rhai:{line}")) && said.contains("ring"), "{command:?}: {said}");
    }
}
