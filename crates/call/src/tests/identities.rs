//! Who is shown to whom.

use super::bench::{Bench, dial, extensions};
use cordboard_app::{CallInfo, Destination, DialOptions, Identity, Note, Privacy, Step};
use cordboard_base::CallId;
use cordboard_sip::session::LegCommand;
use cordboard_sip::trunk::Shown;

fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
}

#[test]
fn each_side_learns_of_the_other_by_p_asserted_identity() {
    let mut bench = Bench::new(&extensions());
    let (caller, _) = bench.talk("101", "102");
    let invites = bench.invites();
    assert_eq!(
        header(&invites[0].1.headers, "P-Asserted-Identity"),
        Some("\"User 101\" <sip:101@office.example>")
    );
    for command in bench.told(caller) {
        let (LegCommand::Provisional { headers, .. } | LegCommand::Accept { headers, .. }) = command else {
            panic!("{command:?}");
        };
        assert_eq!(header(headers, "P-Asserted-Identity"), Some("\"User 102\" <sip:102@office.example>"));
    }
}

#[test]
fn no_update_is_sent_where_nothing_has_changed() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    for leg in [caller, callee] {
        assert!(!bench.told(leg).iter().any(|c| matches!(c, LegCommand::Identity { .. })), "{leg}");
    }
}

#[test]
fn a_caller_that_hides_is_anonymous_to_phones() {
    let mut bench = Bench::new(&extensions());
    let mut info = bench.info(1, "101", "102");
    info.privacy = Privacy::Restricted;
    bench.call_as(CallId(1), info, &["PCMA"], false);
    let invites = bench.invites();
    let new = invites[0].1;
    assert!(new.from.to_string().contains("anonymous.invalid"), "{}", new.from);
    assert_eq!(header(&new.headers, "P-Asserted-Identity"), None);
    assert_eq!(header(&new.headers, "Privacy"), Some("id"));
}

#[test]
fn a_script_names_the_caller_and_the_connected() {
    let boss = Identity { number: "100".into(), name: "Bo\u{7}ss".into() };
    let steps = vec![
        Step::Note(Note::SetCaller(boss.clone(), Privacy::Allowed)),
        Step::Note(Note::SetConnected(Identity { number: "600".into(), name: "Sales".into() })),
        dial(&[&["102"]]),
    ];
    let mut bench = Bench::new(&[("600", steps)]);
    let (caller, _) = bench.talk("101", "600");
    assert_eq!(bench.invites()[0].1.from.display.as_deref(), Some("Boss"));
    let Some(LegCommand::Accept { headers, .. }) = bench.last_told(caller) else {
        panic!();
    };
    assert_eq!(header(headers, "P-Asserted-Identity"), Some("\"Sales\" <sip:600@office.example>"));
}

#[test]
fn a_trunks_caller_that_hides_stays_hidden_whoever_read_its_number() {
    let mut bench = Bench::new(&extensions());
    let caller = Identity { number: "020".into(), name: "Ann".into() };
    let info = CallInfo { dialed: "102".into(), trunk: Some("itsp".into()), caller, ..CallInfo::default() };
    bench.extra_headers = vec![("Privacy".into(), "id".into())];
    bench.call_as(CallId(1), info, &["PCMA"], false);
    assert!(!bench.invites()[0].1.from.to_string().contains("020"));
}

#[test]
fn a_trunks_caller_is_believed_what_it_asserts_and_a_diversion_goes_on() {
    let mut bench = Bench::new(&extensions());
    let info = CallInfo {
        context: "from-itsp".into(),
        dialed: "102".into(),
        trunk: Some("itsp".into()),
        ..CallInfo::default()
    };
    bench.extra_headers = vec![
        ("P-Asserted-Identity".into(), "\"Ann\" <sip:+4420@itsp.example>".into()),
        ("Diversion".into(), "<sip:555@itsp.example>".into()),
    ];
    bench.call_as(CallId(1), info, &["PCMA"], false);
    let invites = bench.invites();
    let new = invites[0].1;
    assert_eq!((new.from.uri.user.as_deref(), new.from.display.as_deref()), (Some("+4420"), Some("Ann")));
    assert!(header(&new.headers, "Diversion").is_some_and(|value| value.contains("555")));
}

/// From, P-Asserted-Identity and Privacy of a call from 101 through a trunk.
fn outside(shown: Shown, privacy: Privacy, named: Option<&str>) -> (String, String, Option<String>) {
    let identity = |number: &str| Identity { number: number.into(), name: String::new() };
    let options = DialOptions {
        stages: vec![vec![Destination::Trunk { trunk: "itsp".into(), number: "555".into() }]],
        timeout_ms: vec![20_000],
        caller: named.map(identity),
        ..DialOptions::default()
    };
    let mut bench = Bench::new(&[("9", vec![Step::Dial(Box::new(options))])]);
    bench.presentation.shown = shown;
    let mut info = bench.info(1, "101", "9");
    info.privacy = privacy;
    bench.call_as(CallId(1), info, &["PCMA"], false);
    let invites = bench.invites();
    let new = invites[0].1;
    let asserted = header(&new.headers, "P-Asserted-Identity").unwrap_or_default();
    (new.from.to_string(), asserted.to_owned(), header(&new.headers, "Privacy").map(str::to_owned))
}

#[test]
fn a_trunk_shows_the_callers_number_in_its_format_or_its_own_and_no_other() {
    let own = "\"User 101\" <sip:4420101@itsp.example>".to_owned();
    assert_eq!(outside(Shown::Caller, Privacy::Allowed, None), (own.clone(), own, None));
    let line = "<sip:4420000@itsp.example>".to_owned();
    assert_eq!(outside(Shown::Line, Privacy::Allowed, None), (line.clone(), line, None));
    let named = "<sip:4420777@itsp.example>".to_owned();
    assert_eq!(outside(Shown::Line, Privacy::Allowed, Some("777")), (named.clone(), named, None));
}

#[test]
fn a_caller_that_hides_is_anonymous_outside_and_known_to_the_provider_alone() {
    let anonymous = "\"Anonymous\" <sip:anonymous@anonymous.invalid>";
    for (shown, number) in [(Shown::Caller, "4420101"), (Shown::Line, "4420000")] {
        let (from, asserted, privacy) = outside(shown, Privacy::Restricted, None);
        assert_eq!(from, anonymous);
        assert!(asserted.contains(&format!("<sip:{number}@itsp.example>")), "{asserted}");
        assert_eq!(privacy.as_deref(), Some("id"));
    }
}

/// What a trunk's caller is told of 102, who rings and answers.
fn told_outside(shown: Shown, steps: Vec<Step>) -> Vec<Vec<(String, String)>> {
    let mut bench = Bench::new(&[("102", steps)]);
    bench.presentation.shown = shown;
    let info = CallInfo { dialed: "102".into(), trunk: Some("itsp".into()), ..CallInfo::default() };
    let caller = bench.call_as(CallId(1), info, &["PCMA"], false);
    let callee = bench.invites()[0].0;
    bench.rings(callee);
    bench.answers(callee);
    let told = bench.told(caller);
    let headers = told.into_iter().map(|command| match command {
        LegCommand::Provisional { headers, .. } | LegCommand::Accept { headers, .. } => headers.clone(),
        other => panic!("{other:?}"),
    });
    let headers: Vec<_> = headers.collect();
    assert_eq!(headers.len(), 2, "ringing, and the answer");
    headers
}

#[test]
fn an_answer_tells_a_provider_no_more_than_an_invite_would() {
    for headers in told_outside(Shown::Line, vec![dial(&[&["102"]])]) {
        assert_eq!(headers, [("P-Asserted-Identity".to_owned(), "<sip:4420000@itsp.example>".to_owned())]);
    }
    for headers in told_outside(Shown::Caller, vec![dial(&[&["102"]])]) {
        assert_eq!(header(&headers, "P-Asserted-Identity"), Some("\"User 102\" <sip:4420102@itsp.example>"));
    }
    let named = Step::Note(Note::SetConnected(Identity { number: "600".into(), name: "Sales".into() }));
    for headers in told_outside(Shown::Line, vec![named, dial(&[&["102"]])]) {
        assert_eq!(header(&headers, "P-Asserted-Identity"), Some("\"Sales\" <sip:4420600@itsp.example>"));
    }
}
