use super::*;
use cordboard_app::{CallInfo, Cause, Identity};
use cordboard_call::Disposition;

fn peer() -> Hop {
    Hop::new(Transport::Udp, SocketAddr::from(([192, 0, 2, 9], 5060)))
}

fn message(at_s: u64, sent: bool, text: &str) -> Seen {
    let bytes = Bytes::copy_from_slice(text.replace('\n', "\r\n").as_bytes());
    Seen { at: Time::from_secs(at_s), what: What::Message { sent, peer: peer(), bytes } }
}

fn invite(call_id: &str) -> String {
    format!(
        "INVITE sip:102@a SIP/2.0\nFrom: <sip:101@a>;tag=theirs\nTo: <sip:102@a>\nCall-ID: {call_id}\nCSeq: 1 INVITE\n\n"
    )
}

fn ringing(call_id: &str, tag: &str) -> String {
    format!(
        "SIP/2.0 180 Ringing\nFrom: <sip:101@a>;tag=theirs\nTo: <sip:102@a>;tag={tag}\nCall-ID: {call_id}\nCSeq: 1 INVITE\n\n"
    )
}

fn entries(collector: &mut Collector) -> Vec<(u64, String)> {
    let shown = |entry: Entry| {
        let text = if let Event::Message { text, .. } = &entry.event {
            text.lines().next().unwrap_or("").to_owned()
        } else {
            format!("{:?}", entry.event)
        };
        (entry.call.0, text)
    };
    std::iter::from_fn(|| collector.poll()).map(shown).collect()
}

fn end(call: u64) -> Seen {
    let end = End {
        call: CallId(call),
        disposition: Disposition::Answered,
        cause: Cause::NORMAL,
        by: "caller".to_owned(),
        error: None,
        legs: Vec::new(),
    };
    Seen { at: Time::from_secs(9), what: What::Ended(Box::new(end)) }
}

#[test]
fn an_invite_waits_until_our_tag_says_whose_it_is() {
    let mut collector = Collector::default();
    collector.handle(message(1, false, &invite("one")));
    collector.handle(message(1, false, &invite("two")));
    assert_eq!(entries(&mut collector), []);
    collector.handle(message(2, true, &ringing("one", "1a.0-x")));
    let first = |text: &str| (0x1a, text.to_owned());
    let both = [first("INVITE sip:102@a SIP/2.0"), first("SIP/2.0 180 Ringing")];
    assert_eq!(entries(&mut collector), both);
    // From now on the Call-ID is enough, until the call is over.
    collector.handle(message(3, false, &invite("one").replace("INVITE", "CANCEL")));
    assert_eq!(entries(&mut collector), [first("CANCEL sip:102@a SIP/2.0")]);
    collector.handle(end(0x1a));
    entries(&mut collector);
    collector.handle(message(60, false, &invite("one")));
    assert_eq!(entries(&mut collector), []);
    assert_eq!(collector.kept(), 1, "all but the last is forgotten");
}

#[test]
fn who_waits_too_long_or_is_one_too_many_is_forgotten() {
    let mut collector = Collector::default();
    for n in 0..WAITING_MAX {
        collector.handle(message(1, false, &invite(&n.to_string())));
    }
    assert_eq!(collector.kept(), WAITING_MAX);
    collector.handle(message(1, false, &invite("one more")));
    assert_eq!(collector.kept(), WAITING_MAX);
    collector.handle(message(1, true, &ringing("0", "1a.0-x")));
    assert_eq!(entries(&mut collector).len(), 1, "the oldest gave way");
    collector.handle(message(1, true, &ringing("1", "1a.0-x")));
    assert_eq!(entries(&mut collector).len(), 2);
    collector.handle(message(42, false, &invite("new")));
    assert_eq!(collector.kept(), 2, "the new one, and the call that is known");
}

#[test]
fn a_leg_that_has_moved_is_the_other_calls_from_then_on() {
    let mut collector = Collector::default();
    let leg = LegId { call: CallId(1), index: 1 };
    let moved = Fact::Moved { leg, to: CallId(2) };
    collector.handle(Seen { at: Time::ZERO, what: What::Fact(CallId(1), Box::new(moved)) });
    let links: Vec<_> =
        std::iter::from_fn(|| collector.poll()).map(|entry| (entry.call.0, entry.event.link())).collect();
    assert_eq!(links, [(2, Some(CallId(1))), (1, Some(CallId(2)))]);
    collector.handle(Seen { at: Time::ZERO, what: What::Silent { leg } });
    assert_eq!(collector.poll().map(|entry| entry.call), Some(CallId(2)));
    collector.handle(end(2));
    collector.handle(end(1));
    assert_eq!(collector.kept(), 0);
}

#[test]
fn those_in_one_mix_have_met() {
    let mut collector = Collector::default();
    for call in 1..=12 {
        let leg = LegId { call: CallId(call), index: 0 };
        let mixed = Fact::Mixed { leg, mix: "conference/main".to_owned() };
        collector.handle(Seen { at: Time::ZERO, what: What::Fact(CallId(call), Box::new(mixed)) });
    }
    let met = |call: u64, all: &[Entry]| {
        all.iter().filter(|entry| entry.call.0 == call).filter(|entry| entry.event.link().is_some()).count()
    };
    let all: Vec<Entry> = std::iter::from_fn(|| collector.poll()).collect();
    assert_eq!((met(2, &all), met(12, &all)), (11, MET_MAX));
    (1..=12).for_each(|call| collector.handle(end(call)));
    assert_eq!(collector.kept(), 0);
}

#[test]
fn a_message_is_kept_up_to_its_bound_and_secrets_are_not() {
    let mut collector = Collector::default();
    let head =
        ringing("one", "1a.0-x").replace("CSeq", "Authorization: Digest response=\"abcdef0123\"\nCSeq");
    for (more, kept) in [(0, TEXT_MAX), (1, TEXT_MAX)] {
        let head = head.replace('\n', "\r\n");
        let text = format!("{head}{}", "é".repeat((TEXT_MAX - head.len()) / 2 + more));
        let bytes = Bytes::copy_from_slice(text.as_bytes());
        collector.handle(Seen { at: Time::ZERO, what: What::Message { sent: true, peer: peer(), bytes } });
        let Some(Event::Message { text, .. }) = collector.poll().map(|entry| entry.event) else { panic!() };
        assert!(text.len() <= kept && text.len() > kept - 3 && !text.contains("abcdef"), "{}", text.len());
    }
}

#[test]
fn what_is_told_of_a_call_is_its_entry() {
    let mut collector = Collector::default();
    let caller = Identity { number: "101".to_owned(), name: "Anna".to_owned() };
    let info = CallInfo { caller, dialed: "102".to_owned(), ..CallInfo::default() };
    collector.handle(Seen { at: Time::ZERO, what: What::Fact(CallId(7), Box::new(Fact::Began { info })) });
    let told = collector.poll().unwrap();
    assert!(matches!(&told.event, Event::Began { from, dialed, .. } if from == "101" && dialed == "102"));
    let json = serde_json::to_string(&told).unwrap();
    assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), told);
}

fn asks(collector: &mut Collector, query: u64, what: &str, secret: bool, value: Value) -> Vec<Event> {
    let query = QueryId(query);
    let asked = Fact::Asked { query, what: what.to_owned(), secret };
    let answered = Fact::Answered { query, value: Ok(value) };
    for fact in [asked, answered] {
        collector.handle(Seen { at: Time::ZERO, what: What::Fact(CallId(1), Box::new(fact)) });
    }
    std::iter::from_fn(|| collector.poll()).map(|entry| entry.event).collect()
}

#[test]
fn an_answer_is_kept_with_its_question_unless_it_is_secret_or_too_long() {
    let mut collector = Collector::default();
    let text = |bytes: usize| Value::Text("x".repeat(bytes));
    let frame = serde_json::to_string(&Ok::<_, String>(text(0))).unwrap().len();
    for (secret, bytes, kept) in [
        (false, 3, true),
        (true, 3, false),
        (false, ANSWER_BYTES_MAX - frame, true),
        (false, ANSWER_BYTES_MAX - frame + 1, false),
    ] {
        let told = asks(&mut collector, 7, "db cf/101", secret, text(bytes));
        let value = kept.then(|| Ok(text(bytes)));
        assert_eq!(told, [Event::Answered { what: "db cf/101".to_owned(), value }], "{secret} {bytes}");
    }
    assert_eq!(collector.kept(), 0);
}

#[test]
fn questions_that_nobody_answers_are_bounded_and_forgotten_with_their_call() {
    let mut collector = Collector::default();
    for query in 0..=ASKED_MAX as u64 {
        let asked = Fact::Asked { query: QueryId(query), what: "db".to_owned(), secret: false };
        collector.handle(Seen { at: Time::ZERO, what: What::Fact(CallId(1), Box::new(asked)) });
    }
    assert_eq!(collector.kept(), ASKED_MAX, "one past the bound is not kept");
    collector.handle(end(1));
    assert_eq!(collector.kept(), 0);
}

#[test]
fn what_is_known_to_be_secret_is_not_kept_whatever_it_is_called_and_the_office_says_what_is() {
    let known = || Secrets::new(["sesame77".to_owned()]);
    for (keeps, what, answer, kept) in [
        (Keeps::Answers, "db doors/front", "sesame77", false),
        (Keeps::Answers, "header X-Customer", "Bearer 12", false),
        (Keeps::Answers, "http crm.example/who", "{\"token\": \"12\"}", false),
        (Keeps::Answers, "http crm.example/who", "{\"name\": \"Ann\"}", true),
        (Keeps::NoWeb, "http crm.example/who", "{\"name\": \"Ann\"}", false),
        (Keeps::NoWeb, "db doors/front", "open", true),
        (Keeps::Nothing, "db doors/front", "open", false),
    ] {
        let mut collector = Collector::default();
        collector.set_secrets(known(), keeps);
        let told = asks(&mut collector, 7, what, false, Value::Untrusted(answer.to_owned()));
        let [Event::Answered { value, .. }] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!(value.is_some(), kept, "{keeps:?} {what} {answer}");
    }
    let mut collector = Collector::default();
    collector.set_secrets(known(), Keeps::Answers);
    for fact in [
        Fact::Note(cordboard_app::Note::Mark("opens with sesame77".to_owned())),
        Fact::Step { what: "enter sesame77 in internal".into(), place: None },
        Fact::Log { level: cordboard_app::Level::Info, text: "sesame77?".to_owned() },
    ] {
        collector.handle(Seen { at: Time::ZERO, what: What::Fact(CallId(1), Box::new(fact)) });
    }
    let told = serde_json::to_string(&entries_of(&mut collector)).unwrap();
    assert!(!told.contains("sesame77") && told.matches("xxxxxxxx").count() == 3, "{told}");
}

fn entries_of(collector: &mut Collector) -> Vec<Entry> {
    std::iter::from_fn(|| collector.poll()).collect()
}
