//! Every verb and function: what step it asks for, and what it makes of the reply.

use super::world::*;
use cordboard_app::*;
use cordboard_media::{Playhead, Tone};
use std::collections::BTreeMap;

/// The steps of a handler without the end that every script has.
fn asked(text: &str, replies: Vec<Reply>) -> Vec<Step> {
    let mut steps = steps(text, replies);
    assert_eq!(errors(&steps), [] as [String; 0], "{text}");
    assert_eq!(steps.pop(), Some(Step::Done(Value::Unit)));
    assert!(matches!(steps.pop(), Some(Step::Hangup(_))));
    steps
}

/// What a handler logs of an expression.
fn value_of(expression: &str, replies: Vec<Reply>) -> String {
    let steps = steps(&format!("log::info(`${{{expression}}}`);"), replies);
    assert_eq!(errors(&steps), [] as [String; 0], "{expression}");
    logged(&steps).pop().unwrap_or_default()
}

fn error_of(text: &str) -> String {
    errors(&steps(text, vec![])).join("; ")
}

fn text(text: &str) -> Reply {
    Reply::Value(Value::Text(text.into()))
}

fn int(number: i64) -> Reply {
    Reply::Value(Value::Int(number))
}

#[test]
fn plain_steps_are_handed_out_as_they_are() {
    assert_eq!(
        asked("ch.answer(); ch.progress(); ch.ringing();", vec![]),
        [Step::Answer, Step::Progress, Step::Ringing]
    );
    assert_eq!(
        asked("ch.wait(1.5); ch.wait(2);", vec![]),
        [Step::Wait { ms: 1_500 }, Step::Wait { ms: 2_000 }]
    );
    assert_eq!(asked("ch.echo(); ch.echo(#{ timeout: 5 });", vec![])[1], Step::Echo { timeout_ms: 5_000 });
    assert_eq!(
        asked("ch.music(\"jazz\"); ch.music_stop();", vec![]),
        [Step::Music(Some("jazz".into())), Step::Music(None)]
    );
    let sent = asked("ch.send_dtmf(\"1w2#a\", #{ duration_ms: 80 });", vec![]);
    assert_eq!(sent, [Step::SendDigits { digits: "1w2#A".into(), duration_ms: 80 }]);
    let quiet = asked(
        "if !ch.wait_silence(2, #{ timeout: 9 }) { ch.wait(1); }",
        vec![Reply::Value(Value::Bool(false))],
    );
    assert_eq!(quiet, [Step::WaitSilence { ms: 2_000, timeout_ms: 9_000 }, Step::Wait { ms: 1_000 }]);
}

#[test]
fn a_hang_up_takes_names_and_numbers() {
    for (argument, cause) in [("", Cause::NORMAL), ("\"busy\"", Cause::BUSY), ("34", Cause::NO_CIRCUIT)] {
        let steps = steps(&format!("ch.hangup({argument}); ch.play(\"never\");"), vec![]);
        assert_eq!(steps, [Step::Hangup(cause), Step::Done(Value::Unit)]);
    }
    assert!(
        error_of("ch.hangup(\"bu\" + \"sey\");").contains("there is no cause \"busey\" did you mean `busy`?")
    );
    assert!(error_of("ch.hangup(200);").contains("from 1 to 127"));
}

#[test]
fn enter_ends_the_script_without_a_hang_up() {
    let plan = load(
        "let a = context(\"internal\"); a.on(\"1\", |ch| { try { ch.enter(\"b\", ch.dialed); } catch { ch.wait(1); } ch.wait(2); });
         a.on_hangup(|ch| log::info(\"gone\"));
         context(\"b\").on(\"_X\", |ch| ch.answer());",
    );
    let steps = Caller::run(&plan, "1", vec![]);
    assert_eq!(steps, [Step::Enter { context: "b".into(), number: "1".into() }]);
    assert!(
        error_of("let t = [ch.dialed]; ch.enter(t[0], \"1\");")
            .contains("not by a text that the caller supplied")
    );
}

#[test]
fn dial_takes_destinations_stages_and_options() {
    let steps = asked(
        "ch.dial([[user(\"101\"), user(102)], [trunk(\"itsp\", \"+49301\")]],
            #{ timeout: [10, 2.5], leg_timeout: 5, limit: 60, music: \"jazz\", headers: #{ \"X-A\": ch.dialed },
               caller: #{ number: \"1\", name: ch.caller.name }, record: \"on-demand\", keys: \"0*\", transfer: true });",
        vec![],
    );
    let Step::Dial(dial) = &steps[0] else { panic!("{steps:?}") };
    let trunk = Destination::Trunk { trunk: "itsp".into(), number: "+49301".into() };
    let wanted = DialOptions {
        stages: vec![vec![user("101"), user("102")], vec![trunk]],
        timeout_ms: vec![10_000, 2_500],
        leg_timeout_ms: 5_000,
        music: Some("jazz".into()),
        headers: vec![("X-A".into(), "600".into())],
        caller: Some(Identity { number: "1".into(), name: "Ann".into() }),
        limit_ms: 60_000,
        record: Some(RecordRule::OnDemand),
        screen: None,
        keys: "0*".into(),
        until: None,
        extra: BTreeMap::from([("transfer".into(), Value::Bool(true))]),
    };
    assert_eq!(**dial, wanted);
}

#[test]
fn dial_says_how_it_ended() {
    let dial = "let r = ch.dial(user(\"102\")); log::info(`${r.status} ${r.by} ${r.cause} ${r.secs} ${r.hangup_by}${r.key}`);";
    for (end, said) in [
        (DialEnd::Answered, "answered user 102 normal 42 callee"),
        (DialEnd::Busy, "busy  busy 42 "),
        (DialEnd::NoAnswer, "no-answer  no-answer 42 "),
        (DialEnd::Unavailable, "unavailable  absent 42 "),
        (DialEnd::Failed, "failed  unallocated 42 "),
        (DialEnd::Key('0'), "key  normal 42 0"),
    ] {
        assert_eq!(logged(&steps(dial, vec![dialed(end)])), [said]);
    }
}

#[test]
fn a_script_that_ends_after_a_failed_dial_hangs_up_with_its_cause() {
    let steps = steps("ch.dial(user(\"102\"));", vec![dialed(DialEnd::Busy)]);
    assert_eq!(steps[1..], [Step::Hangup(Cause::BUSY), Step::Done(Value::Unit)]);
}

#[test]
fn dial_refuses_what_is_no_destination() {
    assert!(error_of("let t = [\"101\"]; ch.dial(t[0]);").contains("made by user(\"…\")"));
    assert!(error_of("ch.dial([]);").contains("1 to 64 destinations, not 0"));
    assert!(error_of("let a = []; for i in 0..65 { a.push(user(i)); } ch.dial(a);").contains("not 65"));
    assert!(
        error_of("ch.dial(user(\"1\"), #{ headers: #{ \"Via\": \"x\" } });")
            .contains("the header field `Via` can't be set")
    );
    assert!(
        error_of("ch.dial(user(\"1\"), #{ headers: #{ \"X-A\": \"a\\r\\nVia: b\" } });").contains("one line")
    );
    let r = "let o = #{ timoeut: 5 }; ch.dial(user(\"1\"), o);";
    assert_eq!(error_of(r), "main.rhai:3:29: there is no option `timoeut`: did you mean `timeout`?");
}

#[test]
fn play_says_which_digit_stopped_it() {
    assert_eq!(heard(&asked("ch.play(\"a\"); ch.play([\"b\", \"c/d\"]);", vec![])), ["a", "b", "c/d"]);
    let interrupted = vec![Reply::Played(PlayResult::Interrupted('5'), Playhead::default())];
    assert_eq!(value_of("ch.play(\"a\", #{ interrupt: \"any\" })", interrupted), "5");
    assert_eq!(value_of("ch.play(\"a\") == ()", vec![]), "true");
    let at = Playhead { item: 1, position_ms: 2_500, length_ms: Some(10_000) };
    let interrupted = vec![Reply::Played(PlayResult::Interrupted('#'), at)];
    let script = "let r = ch.play([\"a\", \"b\"], #{ interrupt: \"#\", position: true }); log::info(`${r.digit} ${r.item} ${r.position} ${r.length}`);";
    assert_eq!(logged(&steps(script, interrupted)), ["# 1 2.5 10.0"]);
    let missing = steps(
        "ch.play(\"a\"); ch.play(\"b\");",
        vec![Reply::Played(PlayResult::Missing("a".into()), Playhead::default())],
    );
    assert_eq!(
        (logged(&missing), heard(&missing)),
        (vec!["there is no prompt \"a\"".to_owned()], vec!["a".into(), "b".into()])
    );
}

#[test]
fn no_caller_names_a_file() {
    for text in [
        "let t = [ch.dialed]; ch.play(t[0]);",
        "let d = ch.dialed; ch.play(`a${d}`);",
        "ch.play(\"../a\");",
        "ch.play(\"/a\");",
        "ch.play(\"\");",
    ] {
        assert!(error_of(text).contains("a prompt is a name"), "{text}: {}", error_of(text));
    }
    assert!(error_of("let a = []; for i in 0..201 { a.push(\"x\"); } ch.play(a);").contains("at most 200"));
}

#[test]
fn read_collects_digits() {
    let steps =
        asked("ch.read(#{ prompt: [\"a\"], max: 4, timeout: 7, digit_timeout: 1, end: \"#*\" });", vec![]);
    let Step::Read(read) = &steps[0] else { panic!("{steps:?}") };
    assert_eq!(
        (read.max, read.timeout_ms, read.digit_timeout_ms, read.end.as_str()),
        (4, 7_000, 1_000, "#*")
    );
    assert_eq!(value_of("ch.read()", vec![digits("123")]), "123");
    assert_eq!(value_of("ch.read() == \"\"", vec![]), "true");
}

#[test]
fn a_menu_asks_again_until_a_choice_fits() {
    let menu = "log::info(`<${ch.menu(#{ prompt: \"p\", choices: \"12\", retries: 3, invalid: \"no\" })}>`);";
    let steps = steps(menu, vec![digits("9"), digits(""), digits("2")]);
    assert_eq!(
        (heard(&steps), logged(&steps)),
        (vec!["p".into(), "no".into(), "p".into(), "p".into()], vec!["<2>".into()])
    );
    assert_eq!(value_of("ch.menu(#{ prompt: \"p\" }) == \"\"", vec![]), "true");
    assert_eq!(
        value_of("ch.menu(#{ prompt: \"p\", choices: [\"10\"], digits: 2 })", vec![digits("10")]),
        "10"
    );
}

/// What the steps play and read, prompts and languages.
fn prompts_of(steps: &[Step]) -> Vec<Vec<String>> {
    let names = |items: &[cordboard_media::Audio]| {
        let name = |item: &cordboard_media::Audio| match item {
            cordboard_media::Audio::Prompt { name, lang } => format!("{lang}:{name}"),
            _ => String::new(),
        };
        items.iter().map(name).collect()
    };
    let of = |step: &Step| match step {
        Step::Play(list) => Some(names(&list.items)),
        Step::Read(read) => Some(names(&read.prompt)),
        _ => None,
    };
    steps.iter().filter_map(of).collect()
}

#[test]
fn what_was_wrong_is_said_in_front_of_the_next_prompt_and_alone_after_the_last_try() {
    let menu = "ch.lang = \"de\"; ch.menu(#{ prompt: \"p\", choices: \"12\", retries: 3, invalid: \"no\", no_input: [\"a\", \"b\"] });";
    let replies = vec![digits("9"), digits(""), digits("7")];
    let heard = prompts_of(&steps(menu, replies));
    assert_eq!(
        heard,
        [vec!["de:p"], vec!["de:no", "de:p"], vec!["de:a", "de:b", "de:p"], vec!["de:no"]],
        "in the call's language"
    );
}

#[test]
fn a_menu_waits_for_as_many_digits_as_its_longest_choice_has() {
    let most = |options: &str| {
        let steps = steps(&format!("ch.menu(#{{ {options} }});"), vec![]);
        steps.iter().find_map(|step| if let Step::Read(read) = step { Some(read.max) } else { None }).unwrap()
    };
    assert_eq!((most(""), most("choices: \"123\""), most("choices: [\"1\", \"22\"]")), (1, 1, 2));
    assert_eq!(most("choices: [\"1\", \"22\"], digits: 5"), 5);
}

#[test]
fn a_choice_can_be_switched_on() {
    let text = "switch ch.menu(#{}) { \"1\" => log::info(\"one\"), \"2\" => log::info(\"two\"), _ => log::info(\"none\") }";
    assert_eq!(logged(&steps(text, vec![digits("2")])), ["two"]);
    assert_eq!(logged(&steps(text, vec![])), ["none"]);
    assert_eq!(
        logged(&steps("let n = ch.dialed; switch n { \"600\" => log::info(\"yes\"), _ => () }", vec![])),
        ["yes"]
    );
}

#[test]
fn authenticate_takes_the_right_pin_alone() {
    let typed = |pins: &[&str]| pins.iter().map(|pin| digits(pin)).collect::<Vec<_>>();
    assert_eq!(value_of("ch.authenticate(\"42\")", typed(&["1", "42"])), "true");
    assert_eq!(value_of("ch.authenticate(42, #{ retries: 2 })", typed(&["1", "2", "42"])), "false");
    assert!(error_of("ch.authenticate(\"\");").contains("takes a PIN"));
}

#[test]
fn tones_have_names() {
    let steps = asked("ch.tone(\"milliwatt\", #{ seconds: 3 }); ch.tone(\"beep\");", vec![]);
    let milliwatt = Tone { frequencies_hz: [1004, 0], level_dbm0: 0, cadence_ms: vec![], duration_ms: 3_000 };
    assert_eq!(steps[0], Step::Tone(milliwatt));
    assert!(matches!(&steps[1], Step::Tone(tone) if tone.duration_ms == 250));
}

#[test]
fn say_speaks_prompts_of_the_call_s_language() {
    let steps = asked(
        "ch.lang = \"de\"; ch.say.digits(ch.dialed); ch.say.number(-21); ch.say.spell(\"ab\");",
        vec![],
    );
    let spoken = heard(&steps);
    let wanted = [
        "digits/6",
        "digits/0",
        "digits/0",
        "digits/minus",
        "digits/1-and",
        "digits/20",
        "letters/a",
        "letters/b",
    ];
    assert_eq!(spoken, wanted);
    let Step::Play(list) = &steps[1] else { panic!("{steps:?}") };
    assert!(matches!(&list.items[0], cordboard_media::Audio::Prompt { lang, .. } if lang == "de"));
    assert_eq!(steps[0], Step::Note(Note::SetLang("de".into())));
}

#[test]
fn say_speaks_the_language_asked_for_and_english_where_it_has_no_grammar() {
    let said = |what: &str| heard(&steps(&format!("ch.say.{what};"), vec![]));
    assert_eq!(said("number(\"3.5\")"), ["digits/3", "digits/point", "digits/5"]);
    assert_eq!(said("number(2.5, #{ lang: \"de\" })"), ["digits/2", "digits/comma", "digits/5"]);
    assert_eq!(said("number(21, #{ lang: \"de\" })"), ["digits/1-and", "digits/20"]);
    assert_eq!(said("number(21, #{ lang: \"fr\" })"), ["digits/20", "digits/1"]);
    assert_eq!(said("ordinal(21)"), ["digits/20", "digits/h-1"]);
    assert_eq!(said("phonetic(\"a\")"), ["phonetic/a_p"]);
    assert_eq!(said("duration(61)"), ["digits/1", "minute", "digits/and", "digits/1", "second"]);
    let euro = ["digits/1N", "money/euro", "digits/and", "digits/1N", "money/cent"];
    assert_eq!(said("money(\"1.01\", \"EUR\", #{ lang: \"de\" })"), euro);
}

#[test]
fn what_can_not_be_said_is_an_error_of_the_script() {
    for wrong in [
        "number(\"1,5\")",
        "ordinal(-1)",
        "ordinal(1.5)",
        "money(1, \"XXX\")",
        "money(\"1.234\", \"EUR\")",
        "duration(\"x\")",
        "day(\"x\")",
    ] {
        let steps = steps(&format!("ch.say.{wrong}; ch.play(\"never\");"), vec![]);
        assert!(!heard(&steps).contains(&"never".to_owned()), "{wrong}");
    }
}

/// 2026-11-23 14:05:00 in Berlin, a Monday.
const MONDAY: i64 = 1_795_439_100;

#[test]
fn times_are_said_and_written_in_the_office_s_zone() {
    let now = || int(MONDAY * 1_000_000);
    assert_eq!(
        heard(&steps("ch.say.time();", vec![now()])),
        ["digits/2", "digits/oh", "digits/5", "digits/p-m"]
    );
    assert_eq!(heard(&steps("ch.say.time(1795439100, \"HM\");", vec![]))[0], "digits/14");
    assert_eq!(heard(&steps("ch.say.date(1795439100);", vec![]))[..2], ["digits/day-1", "digits/mon-10"]);
    assert_eq!(heard(&steps("ch.say.day(1795439100 - 86400);", vec![now()])), ["digits/yesterday"]);
    assert_eq!(
        heard(&steps("ch.say.when(1795439100);", vec![now()]))[..3],
        ["digits/today", "digits/at", "digits/2"]
    );
    assert_eq!(value_of("now()", vec![now()]), MONDAY.to_string());
    assert_eq!(value_of("today()", vec![now()]), "2026-11-23");
    assert_eq!(value_of("strftime(\"%H:%M\")", vec![now()]), "14:05");
    assert_eq!(value_of("strftime(\"%Y\", 0)", vec![]), "1970");
    assert_eq!(value_of("in_time(\"mon-fri\", \"09:00-17:30\")", vec![now()]), "true");
    assert_eq!(value_of("in_time(\"sat,sun\", \"*\")", vec![now()]), "false");
}

#[test]
fn the_office_s_calendar_is_asked() {
    let open = BTreeMap::from([("open".to_owned(), Value::Bool(true)), ("next".to_owned(), Value::Unit)]);
    assert_eq!(value_of("hours(\"office\").open", vec![Reply::Value(Value::Map(open))]), "true");
    assert!(error_of("hours(\"ofice\").open;").contains("no opening hours \"ofice\""));
    assert_eq!(value_of("holiday(\"2026-12-25\")", vec![text("Christmas")]), "Christmas");
    assert!(error_of("holiday(\"so\" + \"on\");").contains("is no date"));
}

#[test]
fn the_office_s_store_is_asked() {
    let steps =
        asked("db::set(\"cf\", ch.dialed, #{ to: \"1\" }); db::del(\"cf\", 5); db::list(\"cf\");", vec![]);
    let value = Value::Map(BTreeMap::from([("to".to_owned(), Value::Text("1".into()))]));
    let write = |key: &str, value| Step::Ask(Query::DbWrite { family: "cf".into(), key: key.into(), value });
    assert_eq!(
        steps,
        [write("600", value), write("5", Value::Unit), Step::Ask(Query::DbList { family: "cf".into() })]
    );
    assert_eq!(value_of("db::get(\"cf\", ch.dialed)", vec![text("102")]), "102");
    assert!(error_of("db::get(ch.dialed, \"x\");").contains("family is named by a plain text"));
}

#[test]
fn other_queries_are_asked() {
    assert_eq!(value_of("state(user(\"101\"))", vec![text("busy")]), "busy");
    assert_eq!(value_of("user_exists(ch.dialed)", vec![Reply::Value(Value::Bool(false))]), "false");
    assert_eq!(value_of("limit(\"out\", 4)", vec![Reply::Value(Value::Bool(true))]), "true");
    assert_eq!(value_of("rand(1, 6)", vec![int(4)]), "4");
    assert_eq!(value_of("ch.header(\"X-A\")", vec![Reply::Value(Value::Untrusted("a".into()))]), "a");
    assert_eq!(value_of("ch.vars[\"x\"]", vec![int(5)]), "5");
    let record = Value::Map(BTreeMap::from([("billsec".to_owned(), Value::Int(9))]));
    assert_eq!(value_of("ch.cdr.billsec", vec![Reply::Value(record)]), "9");
    assert!(error_of("rand(6, 1);").contains("no number from 6 to 1"));
}

#[test]
fn notes_are_told() {
    let notes = asked(
        "ch.vars[\"x\"] = 1; ch.export(\"y\", [true]); ch.mark(\"m\"); ch.cdr.tag(\"k\", 7); event(\"e\", #{ a: () });
         ch.music_class = \"jazz\"; ch.max_duration = 90; log::warn(`a\nb`);",
        vec![],
    );
    let set = |name: &str, value, inherited| Note::SetVar { name: name.into(), value, inherited };
    let data = Value::Map(BTreeMap::from([("a".to_owned(), Value::Unit)]));
    let wanted = [
        set("x", Value::Int(1), false),
        set("y", Value::List(vec![Value::Bool(true)]), true),
        Note::Mark("m".into()),
        Note::Tag { key: "k".into(), value: "7".into() },
        Note::Event { name: "e".into(), data },
        Note::SetMusicClass("jazz".into()),
        Note::SetMaxDuration(90_000),
        Note::Log { level: Level::Warn, text: "a b".into() },
    ];
    assert_eq!(notes, wanted.map(Step::Note));
}

#[test]
fn identities_are_read_and_set() {
    assert_eq!(
        value_of("`${ch.caller.number} ${ch.caller.name} ${ch.caller.privacy}`", vec![]),
        "5550100 Ann allowed"
    );
    let notes = asked(
        "ch.caller.number = 5; ch.caller.privacy = \"restricted\"; ch.connected.name = \"Bob\";",
        vec![],
    );
    let ann = |number: &str| Identity { number: number.into(), name: "Ann".into() };
    let wanted = [
        Note::SetCaller(ann("5"), Privacy::Allowed),
        Note::SetCaller(ann("5"), Privacy::Restricted),
        Note::SetConnected(Identity { number: String::new(), name: "Bob".into() }),
    ];
    assert_eq!(notes, wanted.map(Step::Note));
    let notes = asked("if ch.redirecting.from == () { ch.redirecting.from = \"7\"; }", vec![]);
    let seven = Identity { number: "7".into(), name: String::new() };
    assert_eq!(notes, [Step::Note(Note::SetRedirecting(Some(seven)))]);
    assert!(error_of("ch.caller.privacy = \"none\";").contains("\"allowed\" or \"restricted\""));
}

#[test]
fn what_the_call_is_can_be_read() {
    assert_eq!(
        value_of("`${ch.dialed} ${ch.context} ${ch.user} ${ch.trunk} ${ch.id}`", vec![]),
        "600 internal 101  1"
    );
    assert_eq!(value_of("ch.max_duration + ch.lang.len() + ch.music_class.len()", vec![]), "2");
}

#[test]
fn a_failed_step_is_an_error_that_a_script_can_catch() {
    let failed = || vec![Reply::Failed("no such class".into())];
    assert!(errors(&steps("db::get(\"a\", \"b\");", failed()))[0].ends_with("no such class"));
    assert_eq!(
        logged(&steps("try { db::get(\"a\", \"b\"); } catch (e) { log::info(`caught ${e}`); }", failed())),
        ["caught no such class"]
    );
}
