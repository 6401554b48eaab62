//! The program against the directory itself: what is said, what is pressed, who is chosen.

#![allow(clippy::wildcard_enum_match_arm, reason = "what a test does not expect fails it")]

use crate::program::DirectoryVerb;
use crate::service::{Directory, Entry, FOUND_MAX, Settings};
use cordboard_app::{
    App, Application, AskId, Asker, CallInfo, Cause, DigitsEnd, Hosted, Identity, Query, Reply, ServiceInput,
    ServiceOutput, Step, Value,
};
use cordboard_base::{CallId, Time};
use cordboard_media::Audio;
use proptest::prelude::*;

struct Call {
    directory: Directory,
    app: Box<dyn App>,
    step: Step,
}

fn configured(entries: &[(&str, &str)]) -> (Directory, Vec<String>) {
    let entry =
        |(number, name): &(&str, &str)| Entry { number: (*number).to_owned(), name: (*name).to_owned() };
    let settings = Settings { entries: entries.iter().map(entry).collect() };
    let mut directory = Directory::default();
    let settings = serde_json::to_string(&settings).unwrap();
    directory.handle(Time::ZERO, 0, ServiceInput::Configured { settings });
    let mut warnings = Vec::new();
    while let Some(output) = directory.poll() {
        let ServiceOutput::Log { text, .. } = output else { panic!("{output:?}") };
        warnings.push(text);
    }
    (directory, warnings)
}

fn asker() -> Asker {
    Asker { call: CallId(1), caller: Identity::default(), user: None, lang: "en".to_owned() }
}

const OFFICE: [(&str, &str); 7] = [
    ("101", "Ann Archer"),
    ("102", "Ben Müller"),
    ("103", "Renée van der Berg"),
    ("104", "Anton Arbor"),
    ("105", "Reception"),
    ("106", "Дмитрий Иванов"),
    ("107", "Zoë Wu"),
];

fn calls_with(options: &[(&str, Value)]) -> Call {
    let (directory, _) = configured(&OFFICE);
    let options = options.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
    let arguments = Value::List(vec![Value::Map(options)]);
    let info = CallInfo { lang: "en".to_owned(), ..CallInfo::default() };
    let app = DirectoryVerb.start(&info, &arguments).unwrap();
    let mut call = Call { directory, app, step: Step::Yield };
    call.resume(Reply::Start);
    call
}

fn by(by: &str) -> Call {
    calls_with(&[("by", Value::Text(by.to_owned()))])
}

impl Call {
    fn resume(&mut self, mut reply: Reply) {
        loop {
            self.app = DirectoryVerb.restore(&self.app.snapshot()).unwrap();
            let state = self.directory.snapshot();
            assert!(self.directory.restore(&state));
            self.step = self.app.resume(Time::ZERO, reply);
            let Step::Ask(Query::Service { kind, request }) = &self.step else { return };
            reply = match kind.as_str() {
                // 101 has recorded its name.
                "voicemail" => {
                    let asked: serde_json::Value = request.to().unwrap();
                    let boxes = asked["Names"]["mailboxes"].as_array().unwrap();
                    let name = |number| {
                        (number == "101").then(|| serde_json::json!({ "file": "greetings/a.wav", "ms": 900 }))
                    };
                    Reply::Value(Value::of(&boxes.iter().map(name).collect::<Vec<_>>()))
                }
                "directory" => {
                    let input =
                        ServiceInput::Asked { ask: AskId(1), asker: asker(), request: request.clone() };
                    self.directory.handle(Time::ZERO, 0, input);
                    let Some(ServiceOutput::Answer { value, .. }) = self.directory.poll() else { panic!() };
                    Reply::Value(value.unwrap())
                }
                other => panic!("{other}"),
            };
        }
    }

    fn plays(&self) -> Vec<String> {
        let items = match &self.step {
            Step::Read(read) => &read.prompt,
            Step::Play(list) => &list.items,
            other => panic!("{other:?}"),
        };
        let name = |audio: &Audio| match audio {
            Audio::Prompt { name, .. } => name.clone(),
            Audio::File { path, .. } => path.clone(),
            other => panic!("{other:?}"),
        };
        items.iter().map(name).collect()
    }

    fn hears(&self, first: &str) {
        assert_eq!(self.plays()[0], first, "{:?}", self.plays());
    }

    /// Types as many digits as are taken; `#`, `*` and `0` end them where they do.
    fn types(&mut self, keys: &str) {
        let Step::Read(read) = self.step.clone() else { panic!("{:?}", self.step) };
        let mut digits = String::new();
        for key in keys.chars() {
            if read.end.contains(key) {
                return self.resume(Reply::Digits { digits, end: DigitsEnd::Ended(key) });
            }
            digits.push(key);
            if digits.len() == usize::from(read.max) {
                return self.resume(Reply::Digits { digits, end: DigitsEnd::Full });
            }
        }
        self.resume(Reply::Digits { digits, end: DigitsEnd::TimedOut });
    }

    fn ends(&self) -> (String, String) {
        let Step::Done(outcome) = &self.step else { panic!("{:?}", self.step) };
        let text = |key: &str| outcome.entry(key).text().unwrap().to_owned();
        (text("status"), text("number"))
    }
}

fn ended(status: &str, number: &str) -> (String, String) {
    (status.to_owned(), number.to_owned())
}

#[test]
fn three_letters_find_somebody_who_says_the_name_and_one_takes_it() {
    let mut call = by("last");
    assert_eq!(call.plays(), ["dir-welcome", "dir-usingkeypad", "dir-exit"]);
    call.types("272");
    // Archer and Arbor, by their last names: Arbor is 272 too, and comes first.
    assert_eq!(call.plays()[..3], ["letters/a", "letters/n", "letters/t"]);
    assert_eq!(call.plays().last().unwrap(), "dir-instr");
    call.types("*");
    assert_eq!(call.plays(), ["greetings/a.wav", "dir-instr"]);
    call.types("1");
    assert_eq!(call.ends(), ended("chosen", "101"));
}

#[test]
fn names_are_found_by_the_letters_that_people_type() {
    // (by, keys, number)
    let cases = [
        ("first", "266", "101"),
        ("both", "727", ""),
        ("last", "685", "102"),
        ("last", "683", "102"),
        ("last", "826", "103"),
        ("last", "237", "103"),
        ("first", "736", "103"),
        ("both", "236", "102"),
        ("last", "732", "105"),
        ("first", "732", "105"),
        ("last", "98#", "107"),
        ("last", "266", ""),
    ];
    for (which, keys, number) in cases {
        let mut call = by(which);
        call.types(keys);
        if number.is_empty() {
            call.hears("dir-nomatch");
        } else {
            call.types("1");
            assert_eq!(call.ends(), ended("chosen", number), "{which} {keys}");
        }
    }
}

#[test]
fn a_name_without_letters_of_the_keypad_is_warned_of() {
    let (_, warnings) = configured(&OFFICE);
    assert!(warnings.len() == 1 && warnings[0].contains("Дмитрий Иванов (106)"), "{warnings:?}");
    // Found by one of the names, said as far as it can be spelt.
    let mut call = by("both");
    call.directory = configured(&[("106", "Anna Иванов")]).0;
    call.types("266");
    call.hears("letters/a");
    call.types("1");
    assert_eq!(call.ends(), ended("chosen", "106"));
}

#[test]
fn who_does_nothing_hears_each_name_three_times_and_then_the_next() {
    let mut call = by("last");
    call.types("272");
    for _ in 0..3 {
        call.hears("letters/a");
        call.types("");
    }
    call.hears("greetings/a.wav");
    call.types("*");
    call.hears("dir-nomore");
    call.types("999");
    call.hears("dir-nomatch");
    call.types("999");
    assert_eq!(call.ends(), ended("none", ""));
}

#[test]
fn keys_leave_for_the_operator_or_at_all() {
    for (keys, operator, status) in [("*", false, "exit"), ("#", false, "exit"), ("0", true, "operator")] {
        let mut call = calls_with(&[("operator", Value::Bool(operator))]);
        call.types(keys);
        assert_eq!(call.ends(), ended(status, ""));
        if keys != "*" {
            let mut call = calls_with(&[("operator", Value::Bool(operator))]);
            call.types("272");
            call.types(keys);
            assert_eq!(call.ends(), ended(status, ""));
        }
    }
    let mut call = by("last");
    call.types("000");
    call.hears("dir-nomatch");
    call.resume(Reply::HungUp(Cause::NORMAL));
    assert_eq!(call.ends(), ended("hungup", ""));
}

#[test]
fn a_list_has_a_key_for_each_name() {
    let mut call = calls_with(&[("menu", Value::Bool(true)), ("say_number", Value::Bool(true))]);
    call.types("272");
    assert_eq!(call.plays()[..3], ["dir-multi1", "digits/1", "dir-multi2"]);
    assert!(call.plays().ends_with(&[
        "extension".to_owned(),
        "digits/1".to_owned(),
        "digits/0".to_owned(),
        "digits/1".to_owned()
    ]));
    call.types("2");
    assert_eq!(call.ends(), ended("chosen", "101"));
    let mut call = calls_with(&[("menu", Value::Bool(true))]);
    call.types("272");
    call.types("3");
    call.hears("dir-nomore");
}

#[test]
fn when_too_many_fit_more_letters_are_asked_for_and_then_the_first_are_offered() {
    let names: Vec<(String, String)> =
        (0..=FOUND_MAX).map(|n| ((100 + n).to_string(), format!("A{n:02} Smith"))).collect();
    let names: Vec<(&str, &str)> =
        names.iter().map(|(number, name)| (number.as_str(), name.as_str())).collect();
    let mut call = by("last");
    call.directory = configured(&names).0;
    call.types("764");
    call.hears("dir-toomany");
    call.types("76484#");
    call.types("1");
    assert_eq!(call.ends(), ended("chosen", "100"));
    let mut exactly = by("last");
    exactly.directory = configured(&names[..FOUND_MAX]).0;
    exactly.types("764");
    exactly.types("1");
    assert_eq!(exactly.ends(), ended("chosen", "100"));
}

#[test]
fn an_empty_directory_says_so() {
    let mut call = by("last");
    call.directory = Directory::default();
    call.app = DirectoryVerb.start(&CallInfo::default(), &Value::List(Vec::new())).unwrap();
    call.resume(Reply::Start);
    call.hears("dir-nobody");
    call.resume(Reply::Ok);
    assert_eq!(call.ends(), ended("none", ""));
}

proptest! {
    /// Whatever is typed and pressed, a call comes to its end, and whoever is chosen is somebody of the office.
    #[test]
    fn every_call_ends_with_an_outcome(keys in prop::collection::vec("[0-9#*]{0,4}", 0..40), menu: bool) {
        let mut call = calls_with(&[("menu", Value::Bool(menu)), ("by", Value::Text("both".to_owned()))]);
        for keys in keys.iter().chain(std::iter::repeat_n(&String::new(), 40)) {
            if matches!(call.step, Step::Done(_)) {
                break;
            }
            call.types(keys);
        }
        let (status, number) = call.ends();
        prop_assert_eq!(status == "chosen", !number.is_empty());
        prop_assert!(number.is_empty() || OFFICE.iter().any(|(known, _)| *known == number));
    }
}

#[test]
fn the_manual_names_the_prompts() {
    let source = include_str!("program.rs");
    let known: Vec<&str> = DirectoryVerb.prompts();
    for literal in source.split('"').skip(1).step_by(2).filter(|literal| literal.starts_with("dir-")) {
        assert!(known.contains(&literal), "{literal}");
    }
}
