//! `http::get`, `http::post`, `json`: what a script may ask, and what it makes of the answer.

use super::world::*;
use cordboard_app::*;
use std::collections::BTreeMap;

fn reply(status: HttpStatus, body: &str) -> Reply {
    let headers = BTreeMap::from([("x-a".to_owned(), "1".to_owned())]);
    Reply::Value(HttpReply { status, body: body.to_owned(), headers, ms: 7 }.value())
}

/// What one handler asks the web and logs.
fn asks(script: &str, replies: Vec<Reply>) -> (Vec<HttpRequest>, Vec<String>) {
    let steps = steps(script, replies);
    let requests = steps.iter().filter_map(|step| match step {
        Step::Ask(Query::Http(request)) => Some((**request).clone()),
        _ => None,
    });
    (requests.collect(), [logged(&steps), errors(&steps)].concat())
}

#[test]
fn what_a_caller_supplied_goes_into_the_query_and_what_comes_back_is_untrusted() {
    let script = r#"
        let r = http::get("https://crm.example/a?key=1", #{ query: #{ number: ch.caller.number, "tag": "a b&c", "n": 5 }, headers: #{ "X-Key": "s" } });
        log::info(`${r.status} ${r.headers["x-a"]} ${r.ms}`);
        let who = json(r.body);
        log::info(`${who.name} ${who.queue == "sales"} ${type_of(who.name)} ${type_of(r.body)} ${who.list[1]}`);
        ch.caller.name = who.name;
    "#;
    let body = r#"{"name": "Ann\u0020B", "queue": "sales", "list": [1, 2]}"#;
    let (requests, logged) = asks(script, vec![reply(HttpStatus::Code(200), body)]);
    let [request] = &requests[..] else { panic!("{requests:?} {logged:?}") };
    assert_eq!(request.url, "https://crm.example/a?key=1&n=5&number=5550100&tag=a%20b%26c");
    assert_eq!((request.method, request.timeout_ms), (HttpMethod::Get, 2_000));
    assert_eq!(request.headers, [("X-Key".to_owned(), "s".to_owned())]);
    assert_eq!(logged, ["200 1 7", "Ann B true Untrusted Untrusted 2"]);
}

#[test]
fn a_post_sends_a_text_or_json() {
    let script = r#"
        http::post("http://crm.example/a", #{ from: ch.caller.number, to: [1, 2.5, true, ()] }, #{ timeout: 0.5 });
        http::post("http://crm.example/a", `from ${ch.caller.number}`, #{ headers: #{ "Content-Type": "text/plain" } });
    "#;
    let answer = || reply(HttpStatus::Timeout, "");
    let (requests, logged) = asks(script, vec![answer(), answer()]);
    assert_eq!(logged, [""; 0]);
    assert_eq!(requests[0].body, r#"{"from":"5550100","to":[1,2.5,true,null]}"#);
    assert_eq!(requests[0].headers, [("Content-Type".to_owned(), "application/json".to_owned())]);
    assert_eq!((requests[0].method, requests[0].timeout_ms), (HttpMethod::Post, 500));
    assert_eq!((requests[1].body.as_str(), requests[1].headers.len()), ("from 5550100", 1));
}

#[test]
fn every_way_to_fail_has_its_word_and_a_script_goes_on() {
    for (status, word) in [
        (HttpStatus::Timeout, "timeout"),
        (HttpStatus::Refused, "refused"),
        (HttpStatus::UnknownHost, "unknown-host"),
        (HttpStatus::Tls, "tls"),
        (HttpStatus::TooLarge, "too-large"),
        (HttpStatus::Malformed, "malformed"),
        (HttpStatus::NotAllowed, "not-allowed"),
        (HttpStatus::Overloaded, "overloaded"),
    ] {
        let script = "let r = http::get(\"https://crm.example/\"); if r.status != 200 { log::info(r.status); } log::info(r.body.len);";
        assert_eq!(asks(script, vec![reply(status, "")]).1, [word, "0"]);
    }
}

#[test]
fn what_can_not_be_asked_is_an_error_and_nothing_goes_out() {
    for (line, wanted) in [
        ("http::get(`https://${ch.caller.number}/`)", "what a caller supplied goes into `query`"),
        ("http::get(\"ftp://crm.example/\")", "is no address"),
        ("http::get(\"https://crm.example/a b\")", "is no address"),
        ("http::get(\"https://crm.example/\\r\\nX: y\")", "is no address"),
        ("let t = 11; http::get(\"https://crm.example/\", #{ timeout: t })", "at most 10 seconds"),
        (
            "let h = #{ \"Host\": \"x\" }; http::get(\"https://crm.example/\", #{ headers: h })",
            "`Host` can't be set",
        ),
        (
            "let h = #{ \"X-A\": \"x\\r\\nHost: y\" }; http::get(\"https://crm.example/\", #{ headers: h })",
            "takes one line of text",
        ),
        (
            "let q = #{ a: [1] }; http::get(\"https://crm.example/\", #{ query: q })",
            "`a` is a text or a number",
        ),
        ("http::post(\"https://crm.example/\", user(\"101\"))", "a destination is no data"),
        ("json(\"{\")", "json: EOF"),
        ("json(5)", "json takes a text"),
    ] {
        let (requests, said) = asks(&format!("{line};"), Vec::new());
        assert!(requests.is_empty() && said.len() == 1 && said[0].contains(wanted), "{line}: {said:?}");
    }
    let script = "for i in 0..21 { http::get(\"https://crm.example/\"); }";
    let (requests, said) = asks(script, (0..21).map(|_| reply(HttpStatus::Code(200), "")).collect());
    assert!(requests.len() == 20 && said[0].contains("at most 20 requests"), "{} {said:?}", requests.len());
}

#[test]
fn literal_options_are_checked_while_loading() {
    let shown =
        findings("context(\"i\").on(\"1\", |ch| { http::get(\"https://a.example/\", #{ tiemout: 2 }); });");
    assert!(shown.contains("did you mean `timeout`?"), "{shown}");
    assert!(
        findings("context(\"i\").on(\"1\", |ch| http::put(\"https://a.example/\"));")
            .contains("there is no function `http::put`")
    );
}
