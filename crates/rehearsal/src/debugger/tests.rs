use super::*;
use crate::{House, Options, Staging, Suite};
use cordboard_dialplan::Bundle;
use cordboard_sim::Plan;
use cordboard_sim::stage::Prompts;

const MAIN: &str = r#"import "office" as office;
let internal = context("internal");
internal.on("_10X", |ch| office::ring(ch, ch.dialed));
internal.on("600", |ch| {
    ch.answer();
    let choice = ch.menu(#{ prompt: "welcome", digits: 1, timeout: 5, retries: 1 });
    for n in 0..2 {
        ch.mark(`${n}`);
    }
    db::set("last", "choice", choice);
});
internal.on_hangup(|ch| log::info("over"));
"#;

const OFFICE: &str = r#"const RINGS_S = 20;
fn ring(ch, ext) {
    let wanted = seconds(ext);
    let r = ch.dial(user(ext), #{ timeout: wanted });
    if r.status == "busy" { ch.play("vm-isonphone"); }
    ch.hangup("busy");
}
fn seconds(ext) {
    if ext == "103" { return 5; }
    global::RINGS_S
}
"#;

const TESTS: &str = r#"test("ben is busy", |t| {
    let ann = t.call("101", "102");
    let ben = t.phone("102");
    ben.rings();
    ben.is_busy();
    ann.is_over("busy");
});
test("a key", |t| {
    let ann = t.call("101", "600");
    ann.hears("welcome"); ann.presses("1");
    ann.is_over();
});
"#;

/// Commands that are typed, and all that is seen.
struct Typed {
    commands: std::vec::IntoIter<String>,
    seen: Rc<RefCell<String>>,
}

impl Terminal for Typed {
    fn ask(&mut self, prompt: &str) -> Option<String> {
        let line = self.commands.next()?;
        self.seen.borrow_mut().push_str(&format!("{prompt}{line}\n"));
        Some(line)
    }

    fn say(&mut self, text: &str) {
        self.seen.borrow_mut().push_str(text);
        self.seen.borrow_mut().push('\n');
    }
}

/// What is seen when these commands are typed, without the first line, which says that there is help.
fn session_of(tests: &str, filter: &str, commands: &[&str]) -> (String, Vec<(String, bool)>) {
    let prompts = Prompts::new(|_, _| Some(1_000));
    let bundle = Bundle::single(MAIN).with("office.rhai", OFFICE);
    let setup = Plan::new("").setup;
    let house = House::new(Staging { setup, bundle, prompts, seed: 1 }).unwrap();
    let seen: Rc<RefCell<String>> = Rc::default();
    let commands: Vec<String> = commands.iter().map(|line| (*line).to_owned()).collect();
    let debugger = Debugger::new(Typed { commands: commands.into_iter(), seen: Rc::clone(&seen) });
    let house = Rc::new(house.with_debugger(&debugger).unwrap());
    let options = Options { filter: filter.to_owned(), debugger: Some(debugger), ..Options::default() };
    let texts = BTreeMap::from([("tests/a.rhai".to_owned(), tests.to_owned())]);
    let (outcomes, _) = Suite::new(texts).run(&house, &options, |_| ());
    let outcomes = outcomes.into_iter().map(|outcome| (outcome.name.clone(), outcome.passed())).collect();
    let seen = seen.borrow().split_once('\n').map(|(_, rest)| rest.to_owned()).unwrap_or_default();
    (seen, outcomes)
}

/// Types the commands of a transcript, and sees what stands in it.
fn transcript(tests: &str, filter: &str, expected: &str) -> Vec<(String, bool)> {
    let expected = expected.trim_start_matches('\n');
    let commands: Vec<&str> =
        expected.lines().filter_map(|line| line.strip_prefix(PROMPT.trim_end())).collect();
    let commands: Vec<&str> = commands.into_iter().map(str::trim_start).collect();
    let (seen, outcomes) = session_of(tests, filter, &commands);
    let trimmed: Vec<&str> = seen.lines().map(str::trim_end).collect();
    let wanted: Vec<&str> = expected.lines().map(str::trim_end).collect();
    assert!(trimmed == wanted, "\n{seen}");
    outcomes
}

#[test]
fn scripts_stop_at_lines_verbs_and_routes_and_show_where_they_are() {
    transcript(
        TESTS,
        "busy",
        r#"
(debug) break office:3
breakpoint 1 at office.rhai:3   let wanted = seconds(ext);
(debug) break verb ch.dial
breakpoint 2 at verb dial
(debug) break route _10X
breakpoint 3 at route _10X in internal
(debug) breaks
  1  office.rhai:3
  2  verb dial
  3  route _10X in internal
(debug) continue
test "ben is busy" (tests/a.rhai:1)
breakpoint 3, main.rhai:3 in route _10X of internal, +0.062 s
    3 | internal.on("_10X", |ch| office::ring(ch, ch.dialed));
      |                          ^
(debug) c
breakpoint 1, office.rhai:3 in ring, +0.062 s
    3 |     let wanted = seconds(ext);
      |     ^
(debug) where
▶ #0 office.rhai:3 in ring
       let wanted = seconds(ext);
  #1 main.rhai:3 in route _10X of internal
       internal.on("_10X", |ch| office::ring(ch, ch.dialed));
  the test waits at tests/a.rhai:4
       ben.rings();
(debug) vars
ch  = Channel
ext = "102" (untrusted)
(debug) vars 1
ch = Channel
(debug) delete 1
1 breakpoint is gone
(debug) c
breakpoint 2, office.rhai:4 in ring, in the verb dial, +0.062 s
    4 |     let r = ch.dial(user(ext), #{ timeout: wanted });
      |     ^
(debug) vars
ch     = Channel
ext    = "102" (untrusted)
wanted = 20
(debug) print wanted + seconds("103")
25
(debug) list
    1 | const RINGS_S = 20;
    2 | fn ring(ch, ext) {
    3 |     let wanted = seconds(ext);
▶   4 |     let r = ch.dial(user(ext), #{ timeout: wanted });
    5 |     if r.status == "busy" { ch.play("vm-isonphone"); }
    6 |     ch.hangup("busy");
    7 | }
    8 | fn seconds(ext) {
    9 |     if ext == "103" { return 5; }
   10 |     global::RINGS_S
   11 | }
(debug) break 5
breakpoint 4 at office.rhai:5   if r.status == "busy" { ch.play("vm-isonphone"); }
(debug) c
breakpoint 4, office.rhai:5 in ring, +0.070 s
    5 |     if r.status == "busy" { ch.play("vm-isonphone"); }
      |     ^
(debug) print r.status
"busy"
(debug) continue
"#,
    );
}

#[test]
fn a_step_goes_into_functions_and_to_the_test_and_next_passes_over_them() {
    transcript(
        TESTS,
        "busy",
        r#"
(debug) step
test "ben is busy" (tests/a.rhai:1)
tests/a.rhai:2 in the test, +0.000 s
    2 |     let ann = t.call("101", "102");
      |     ^
(debug) s
tests/a.rhai:3 in the test, +0.050 s
    3 |     let ben = t.phone("102");
      |     ^
(debug) 
tests/a.rhai:4 in the test, +0.050 s
    4 |     ben.rings();
      |     ^
(debug) s
main.rhai:3 in route _10X of internal, +0.062 s
    3 | internal.on("_10X", |ch| office::ring(ch, ch.dialed));
      |                          ^
(debug) s
office.rhai:3 in ring, +0.062 s
    3 |     let wanted = seconds(ext);
      |     ^
(debug) s
office.rhai:9 in seconds, +0.062 s
    9 |     if ext == "103" { return 5; }
      |     ^
(debug) finish
office.rhai:4 in ring, +0.062 s
    4 |     let r = ch.dial(user(ext), #{ timeout: wanted });
      |     ^
(debug) next
office.rhai:5 in ring, +0.070 s
    5 |     if r.status == "busy" { ch.play("vm-isonphone"); }
      |     ^
(debug) quit
"#,
    );
}

#[test]
fn each_turn_of_a_loop_is_a_step_and_the_handlers_of_the_hang_up_can_be_stopped_in() {
    let outcomes = transcript(
        TESTS,
        "key",
        r#"
(debug) break main:7
breakpoint 1 at main.rhai:7   for n in 0..2 {
(debug) break main:12
breakpoint 2 at main.rhai:12   internal.on_hangup(|ch| log::info("over"));
(debug) c
test "a key" (tests/a.rhai:8)
breakpoint 1, main.rhai:7 in route 600 of internal, +0.366 s
    7 |     for n in 0..2 {
      |     ^
(debug) n
main.rhai:8 in route 600 of internal, +0.366 s
    8 |         ch.mark(`${n}`);
      |         ^
(debug) n
main.rhai:8 in route 600 of internal, +0.366 s
    8 |         ch.mark(`${n}`);
      |         ^
(debug) vars
ch     = Channel
choice = "1" (untrusted)
n      = 1
(debug) print db::get("last", "choice")
()
(debug) c
breakpoint 2, main.rhai:12 in route 600 of internal, +0.367 s
   12 | internal.on_hangup(|ch| log::info("over"));
      |                         ^
(debug) c
"#,
    );
    assert_eq!(outcomes, [("a key".to_owned(), true)], "who looks on changes nothing");
}

#[test]
fn what_is_typed_wrong_is_explained_and_what_would_change_the_call_is_refused() {
    transcript(
        TESTS,
        "busy",
        r#"
(debug) vars
? nothing runs yet
(debug) brake 3
? there is no command `brake` (`help` lists them)
(debug) break offices.rhai:3
? there is no file offices.rhai, did you mean office.rhai?
(debug) break office:99
? nothing runs in a call at office.rhai:99 or after it
(debug) break office:1
breakpoint 1 at office.rhai:3, the next line that runs   let wanted = seconds(ext);
(debug) break verb dail
? no script uses a verb `dail`, did you mean `dial`?
(debug) break route _10x
? there is no route _10x, did you mean _10X?
(debug) break
? break where? `break office.rhai:12`, `break verb dial`, `break route _1XX`
(debug) delete 7
? there is no such breakpoint
(debug) c
test "ben is busy" (tests/a.rhai:1)
breakpoint 1, office.rhai:3 in ring, +0.062 s
    3 |     let wanted = seconds(ext);
      |     ^
(debug) print
? print what? `print r.status`
(debug) print wnated
? Variable not found: wnated
(debug) print ch.play("vm-isonphone")
? `play` would change the call
(debug) print (1 +
? Script is incomplete
(debug) vars 9
? there is no function #9: see `where`
(debug) q
"#,
    );
}

#[test]
fn time_stands_still_and_calls_and_sip_can_be_looked_at() {
    transcript(
        TESTS,
        "busy",
        r#"
(debug) break tests/a.rhai:5
breakpoint 1 at tests/a.rhai:5   ben.is_busy();
(debug) c
test "ben is busy" (tests/a.rhai:1)
breakpoint 1, tests/a.rhai:5 in the test, +0.066 s
    5 |     ben.is_busy();
      |     ^
(debug) time
Monday, 2026-11-23 10:00:00.066, 0.066 s after the first moment
(debug) print ann
Person
(debug) call
call 1000001: 101 "Anna" dialled 102, ringing, 0.0 s
  1000001.0 caller trying
  1000001.1 user 102 trying
102      rings, called by 101; hears nothing
(debug) ladder 3
… 6 lines before
    0.062      office → 102        INVITE sip:102@10.1.0.1:5060 SIP/2.0 | CSeq: 9703 INVITE | audio 20008 RTP/AVP 8 0 101 | sendrecv
    0.066         102 → office     SIP/2.0 100 Trying | CSeq: 9703 INVITE
    0.066         102 → office     SIP/2.0 180 Ringing | CSeq: 9703 INVITE
(debug) time
Monday, 2026-11-23 10:00:00.066, 0.066 s after the first moment
(debug) q
"#,
    );
}

#[test]
fn who_leaves_ends_the_tests_and_a_failed_test_can_be_looked_at() {
    let outcomes = transcript(
        TESTS,
        "",
        r#"
(debug) break main:5
breakpoint 1 at main.rhai:5   ch.answer();
(debug) c
test "ben is busy" (tests/a.rhai:1)
test "a key" (tests/a.rhai:8)
breakpoint 1, main.rhai:5 in route 600 of internal, +0.062 s
    5 |     ch.answer();
      |     ^
(debug) quit
"#,
    );
    assert_eq!(outcomes, [("ben is busy".to_owned(), true)], "the one that was left is not told of");
    let tests = "for n in 0..2 { let name = `${n}`; test(name, |t| { t.call(\"101\", \"600\"); }); }";
    let (_, outcomes) = session_of(tests, "", &["step", "step", "step", "quit"]);
    assert_eq!(outcomes, [("0".to_owned(), true)], "who leaves between two tests breaks no file");
    let tests = "test(\"wrong\", |t| { let ann = t.call(\"101\", \"600\"); ann.hears(\"goodbye\"); });\ntest(\"b\", |t| {});";
    let outcomes = transcript(
        tests,
        "",
        r#"
(debug) c
test "wrong" (tests/a.rhai:1)
the test fails at tests/a.rhai:1: 101 hears another prompt
(debug) call
call 1000001: 101 "Anna" dialled 600, application, 0.0 s
  1000001.0 caller talking PCMA
(debug) print 1
the test is over: nothing can be evaluated any more
(debug) c
test "b" (tests/a.rhai:2)
"#,
    );
    assert_eq!(outcomes, [("wrong".to_owned(), false), ("b".to_owned(), true)]);
}
