//! Rights and the log.

use crate::service::Spies;
use crate::talk::{Answer, Request};
use cordboard_app::{
    AskId, Asker, Destination, Hosted, Identity, Overhear, ServiceInput, ServiceOutput, Value,
};
use cordboard_base::{CallId, Time};

/// Who tries to make lines of its own.
const STRANGER: &str = "1|2\n1700000001|BEGIN|101";

fn ask(spies: &mut Spies, user: Option<&str>, request: &Request) -> (Answer, Vec<ServiceOutput>) {
    let user = user.map(str::to_owned);
    let caller = Identity { number: STRANGER.to_owned(), name: String::new() };
    let asker = Asker { call: CallId(1), caller, user, lang: "en".to_owned() };
    let request = Value::of(request);
    spies.handle(Time::ZERO, 1_700_000_000_000_000, ServiceInput::Asked { ask: AskId(1), asker, request });
    let (mut answer, mut rest) = (None, Vec::new());
    while let Some(output) = spies.poll() {
        if let ServiceOutput::Answer { value, .. } = output {
            answer = value.unwrap().to::<Answer>();
        } else {
            rest.push(output);
        }
    }
    (answer.unwrap(), rest)
}

fn lines(outputs: &[ServiceOutput]) -> Vec<String> {
    let line = |output: &ServiceOutput| {
        if let ServiceOutput::Append { line, .. } = output { Some(line.clone()) } else { None }
    };
    outputs.iter().filter_map(line).collect()
}

fn office() -> Spies {
    let mut spies = Spies::default();
    let settings = r#"{"may_spy":["105"]}"#.to_owned();
    spies.handle(Time::ZERO, 0, ServiceInput::Configured { settings });
    spies
}

fn begin() -> Request {
    Request::Begin { whom: Destination::User("102".to_owned()) }
}

#[test]
fn only_who_may_listens_and_every_try_is_in_the_log() {
    let mut spies = office();
    for (user, shown) in [(Some("101"), "101"), (None, "121700000001BEGIN101")] {
        let (answer, rest) = ask(&mut spies, user, &begin());
        assert_eq!(answer, Answer::Denied);
        assert_eq!(lines(&rest), [format!("1700000000|DENIED|{shown}|102|-")]);
    }
    let own = Request::Begin { whom: Destination::User("105".to_owned()) };
    assert_eq!(ask(&mut spies, Some("105"), &own).0, Answer::Denied);
    let (answer, rest) = ask(&mut spies, Some("105"), &begin());
    assert!(matches!(answer, Answer::Allowed { .. }));
    assert_eq!(lines(&rest), ["1700000000|BEGIN|105|102|-"]);
}

#[test]
fn every_change_and_the_end_are_in_the_log_and_the_talk_is_left_alone_in_the_end() {
    let mut spies = office();
    ask(&mut spies, Some("105"), &begin());
    let (_, rest) = ask(&mut spies, Some("105"), &Request::Here { how: Overhear::Listen });
    assert_eq!(lines(&rest), ["1700000000|WAY|105|102|listen"]);
    let (_, rest) = ask(&mut spies, Some("105"), &Request::Here { how: Overhear::Barge });
    assert_eq!(lines(&rest), ["1700000000|WAY|105|102|barge"]);
    spies.handle(Time::ZERO, 1_700_000_001_000_000, ServiceInput::Gone { call: CallId(1) });
    let rest: Vec<ServiceOutput> = std::iter::from_fn(|| spies.poll()).collect();
    assert_eq!(lines(&rest), ["1700000001|END|105|102|barge"]);
    assert!(rest.iter().any(|output| matches!(output, ServiceOutput::Overhear { how: None, .. })));
    assert!(rest.iter().any(|output| matches!(output, ServiceOutput::Watch { wanted: false, .. })));
}

#[test]
fn when_the_talk_is_over_who_listened_is_told() {
    let mut spies = office();
    ask(&mut spies, Some("105"), &begin());
    ask(&mut spies, Some("105"), &Request::Here { how: Overhear::Listen });
    let who = Destination::User("102".to_owned());
    for (state, told) in [("busy", 0), ("hold", 0), ("idle", 1)] {
        spies.handle(Time::ZERO, 0, ServiceInput::State { who: who.clone(), state: state.to_owned() });
        let rest = std::iter::from_fn(|| spies.poll());
        assert_eq!(rest.filter(|o| matches!(o, ServiceOutput::Tell { .. })).count(), told, "{state}");
    }
}
