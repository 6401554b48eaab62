//! The service with its programs' requests, and the settings.

use crate::service::Pages;
use crate::settings::Settings;
use crate::talk::{Answer, How, Request};
use cordboard_app::{AskId, Asker, Cause, Destination, Hosted, Identity, ServiceInput, ServiceOutput, Value};
use cordboard_base::{CallId, Time};

/// Asks; the answer, and what else came of it.
fn ask(pages: &mut Pages, call: u64, request: &Request) -> (Answer, Vec<ServiceOutput>) {
    let asker = Asker { call: CallId(call), caller: Identity::default(), user: None, lang: "en".to_owned() };
    let request = Value::of(request);
    pages.handle(Time::ZERO, 0, ServiceInput::Asked { ask: AskId(1), asker, request });
    let mut answer = None;
    let mut rest = Vec::new();
    while let Some(output) = pages.poll() {
        if let ServiceOutput::Answer { value, .. } = output {
            answer = value.unwrap().to::<Answer>();
        } else {
            rest.push(output);
        }
    }
    (answer.unwrap(), rest)
}

fn start(pages: &mut Pages, pager: u64) -> Vec<(u64, Vec<(String, String)>)> {
    let to = ["102", "103"].map(|user| Destination::User(user.to_owned())).to_vec();
    let (answer, rest) = ask(pages, pager, &Request::Start { to, how: How::default(), group: None });
    assert!(matches!(answer, Answer::Started { .. }), "{answer:?}");
    let calls = rest.into_iter().filter_map(|output| {
        if let ServiceOutput::Originate { number, originate } = output {
            Some((number, originate.dial.headers))
        } else {
            None
        }
    });
    calls.collect()
}

#[test]
fn phones_are_told_to_answer_by_themselves_in_the_ways_of_the_common_makes() {
    let calls = start(&mut Pages::default(), 1);
    assert_eq!(calls.len(), 2);
    for wanted in ["answer-after=0", "alert-autoanswer", "Ring Answer", "Auto Answer"] {
        assert!(calls[0].1.iter().any(|(_, value)| value.contains(wanted)), "{wanted}: {:?}", calls[0].1);
    }
    assert!(calls[0].1.contains(&("Answer-Mode".to_owned(), "Auto".to_owned())));
}

#[test]
fn when_the_pager_stops_all_phones_are_told_and_when_all_are_gone_the_pager_is() {
    let mut pages = Pages::default();
    let calls = start(&mut pages, 1);
    pages.handle(
        Time::ZERO,
        0,
        ServiceInput::Originated { number: calls[0].0, call: CallId(2), failed: None },
    );
    let (answer, _) = ask(&mut pages, 2, &Request::Here { page: 1 });
    assert!(matches!(answer, Answer::Join { .. }));
    let (answer, told) = ask(&mut pages, 1, &Request::Stop);
    assert_eq!((answer, told.len()), (Answer::Answered(1), 1));
    assert_eq!(ask(&mut pages, 3, &Request::Here { page: 1 }).0, Answer::Over);

    let calls = start(&mut pages, 1);
    for (number, _) in calls {
        let failed = Some(Cause::NO_ANSWER);
        pages.handle(Time::ZERO, 0, ServiceInput::Originated { number, call: CallId(4), failed });
    }
    let told = std::iter::from_fn(|| pages.poll()).filter(|o| matches!(o, ServiceOutput::Tell { .. }));
    assert_eq!(told.count(), 1, "the pager, once nobody is left");
}

#[test]
fn sixty_four_pages_run_at_once_and_one_more_is_refused() {
    let mut pages = Pages::default();
    for pager in 1..=64 {
        start(&mut pages, pager);
    }
    let to = vec![Destination::User("102".to_owned())];
    let (answer, _) = ask(&mut pages, 65, &Request::Start { to, how: How::default(), group: None });
    assert_eq!(answer, Answer::Full);
}

#[test]
fn header_fields_are_checked_where_they_stand() {
    let read = |text: &str| serde_json::from_str::<Settings>(text).map_err(|error| error.to_string());
    assert!(read(r#"{"auto_answer":["X-Auto: yes"]}"#).is_ok());
    for (text, wrong) in [
        (r#"{"auto_answer":["Via: x"]}"#, "can't be set"),
        (r#"{"auto_answer":["Subject"]}"#, "is written"),
        (r#"{"auto_answer":["Subject: a\nb"]}"#, "characters"),
        (r#"{"auto_answer":["Subject:"]}"#, "characters"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(wrong), "{text}: {error}");
    }
}

const GROUPS: &str =
    r#"{"group":{"hall":{"multicast":["224.0.1.75:5555","224.0.1.76:5555"],"codec":"G722"}}}"#;

#[test]
fn a_group_hears_the_page_when_its_speaker_is_there_and_goes_on_without_phones() {
    let mut pages = Pages::default();
    pages.handle(Time::ZERO, 0, ServiceInput::Configured { settings: format!(r#"{{"settings":{GROUPS}}}"#) });
    let start = |group: &str| Request::Start {
        to: Vec::new(),
        how: How { beep: true, ..How::default() },
        group: Some(group.to_owned()),
    };
    assert_eq!(ask(&mut pages, 1, &start("yard")).0, Answer::NoGroup);
    assert!(matches!(ask(&mut pages, 1, &start("hall")).0, Answer::Started { .. }));
    let (_, out) = ask(&mut pages, 1, &Request::Speaking);
    let [ServiceOutput::Multicast { mix, streams }, ServiceOutput::PlayInto { .. }] = out.as_slice() else {
        panic!("{out:?}")
    };
    assert_eq!((mix.as_str(), streams.len()), ("page/1", 2));
    assert_eq!((streams[0].to.to_string().as_str(), streams[0].format.payload_type), ("224.0.1.75:5555", 9));
    assert!(ask(&mut pages, 7, &Request::Speaking).1.is_empty(), "who pages nobody");
}

#[test]
fn multicast_addresses_are_checked_where_they_stand() {
    let read = |text: &str| serde_json::from_str::<Settings>(text).map_err(|error| error.to_string());
    assert!(read(GROUPS).is_ok());
    assert!(read(r#"{"group":{"hall":{"multicast":"239.1.2.3:10000"}},"multicast_ttl":4,"multicast_from":"192.0.2.1"}"#).is_ok());
    for (text, wrong) in [
        (r#"{"group":{"hall":{"multicast":"192.0.2.1:5555"}}}"#, "is written `224.0.1.75:5555`"),
        (r#"{"group":{"hall":{"multicast":"224.0.1.75"}}}"#, "is written `224.0.1.75:5555`"),
        (r#"{"group":{"hall":{"multicast":["224.0.1.75:0"]}}}"#, "is written `224.0.1.75:5555`"),
        (r#"{"group":{"hall":{"codec":"opus"}}}"#, "unknown variant"),
        (r#"{"multicast_ttl":0}"#, "must be 1 to 255"),
    ] {
        let error = read(text).unwrap_err();
        assert!(error.contains(wrong), "{text}: {error}");
    }
    let many: Vec<String> = (0..17).map(|n| format!("\"224.0.1.{n}:5555\"")).collect();
    let text = format!(r#"{{"group":{{"hall":{{"multicast":[{}]}}}}}}"#, many.join(","));
    assert!(read(&text).unwrap_err().contains("at most 16"));
}
