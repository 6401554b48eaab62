//! Known answers of the RFCs, an independent implementation, and the verifier's behaviour.

use super::*;
use crate::message::{Host, Method, NameAddr, Request, Response, Uri, name};
use crate::session::Credentials;
use cordboard_base::{Hop, Source, SourceKey, Time, Transport};
use core::time::Duration;
use proptest::prelude::*;

const NOW: Time = Time::from_secs(500);

fn credentials(username: &str, password: &str) -> Credentials {
    Credentials { username: username.into(), password: password.into() }
}

fn digest(algorithm: Algorithm, ha1: &str, nonce: &str, nc: &str, cnonce: &str) -> String {
    let protection = super::algorithm::Protection::Auth { nc, cnonce };
    let uri = "/dir/index.html";
    super::algorithm::Subject { algorithm, nonce, method: "GET", uri, protection }.response(ha1)
}

#[test]
fn rfc_2617_example_gives_its_response() {
    let ha1 = Algorithm::Md5.ha1("Mufasa", "testrealm@host.com", "Circle Of Life");
    assert_eq!(ha1, "939e7578ed9e3c518a452acee763bce9");
    let response = digest(Algorithm::Md5, &ha1, "dcd98b7102dd2f0e8b11d0f600bfb0c093", "00000001", "0a4f113b");
    assert_eq!(response, "6629fae49393a05397450978507c4ef1");
}

#[test]
fn rfc_7616_examples_give_their_responses() {
    let nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
    let cnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";
    for (algorithm, expected) in [
        (Algorithm::Md5, "8ca523f5e9506fed4657c9700eebdbec"),
        (Algorithm::Sha256, "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
    ] {
        let ha1 = algorithm.ha1("Mufasa", "http-auth@example.org", "Circle of Life");
        assert_eq!(digest(algorithm, &ha1, nonce, "00000001", cnonce), expected);
    }
}

#[test]
fn sha_512_256_is_the_truncated_variant_with_its_own_start_values() {
    // FIPS 180-4 example: SHA-512/256("abc").
    assert_eq!(
        Algorithm::Sha512_256.hash(&[b"abc"]),
        "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23"
    );
}

fn uri(user: Option<&str>) -> Uri {
    Uri::sip(user, Host::Name("office.example".into()), None)
}

fn field<'a>(value: &'a str, name: &str) -> Option<&'a str> {
    super::params::AuthParams::parse_digests(value).first()?.value(name)
}

#[test]
fn answers_agree_with_an_independent_implementation() {
    for (qop, body) in
        [("", ""), (", qop=\"auth\"", ""), (", qop=\"auth,auth-int\"", "x"), (", qop=\"auth-int\"", "v=0")]
    {
        for algorithm in ["MD5", "SHA-256", "SHA-512-256", "MD5-sess", "SHA-256-sess"] {
            if qop.is_empty() && algorithm.ends_with("-sess") {
                continue;
            }
            let challenge =
                format!("Digest realm=\"r\", nonce=\"n0\", opaque=\"o\", algorithm={algorithm}{qop}");
            let ours = answer(
                &challenge,
                &Method::Register,
                &uri(None),
                body.as_bytes(),
                &credentials("bob", "zanzibar"),
                "c0ffee",
                1,
            )
            .unwrap();
            let mut prompt = digest_auth::parse(&challenge).unwrap();
            let mut context = digest_auth::AuthContext::new_with_method(
                "bob",
                "zanzibar",
                uri(None).to_string(),
                Some(body.as_bytes()),
                digest_auth::HttpMethod::from("REGISTER"),
            );
            context.set_custom_cnonce("c0ffee");
            // It prefers auth-int where both are offered; we don't, so it is shown what we chose.
            if qop.contains("auth,") {
                prompt.qop = Some(vec![digest_auth::Qop::AUTH]);
            }
            let theirs = prompt.respond(&context).unwrap().to_string();
            assert_eq!(field(&ours, "response"), field(&theirs, "response"), "{challenge}");
            assert_eq!(field(&ours, "opaque"), Some("o"));
            assert_eq!(field(&ours, "algorithm"), Some(algorithm));
        }
    }
}

fn ask(challenge: &str) -> Option<String> {
    answer(challenge, &Method::Register, &uri(None), b"", &credentials("bob", "z"), "c", 1)
}

#[test]
fn the_strongest_challenge_that_can_be_met_is_answered() {
    let two =
        "Digest realm=\"r\", nonce=\"1\", algorithm=MD5, Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256";
    assert_eq!(field(&ask(two).unwrap(), "nonce"), Some("2"));
    let unknown = "Digest realm=\"r\", nonce=\"1\", algorithm=SHA3, Digest realm=\"r\", nonce=\"2\"";
    assert_eq!(field(&ask(unknown).unwrap(), "nonce"), Some("2"));
    let mut response = Request::new(Method::Register, uri(None)).response(407);
    response.headers.push(name::PROXY_AUTHENTICATE, "Digest realm=\"r\", nonce=\"1\", algorithm=MD5");
    response.headers.push(name::PROXY_AUTHENTICATE, "Digest realm=\"r\", nonce=\"2\", algorithm=SHA-256");
    let mut request = Request::new(Method::Register, uri(None));
    request.headers.push(name::PROXY_AUTHORIZATION, "Digest realm=\"r\", nonce=\"0\"");
    assert!(authorize(&mut request, &response, &credentials("bob", "z"), "c", 1));
    let values: Vec<&str> = request.headers.all(name::PROXY_AUTHORIZATION).collect();
    assert_eq!(values.len(), 1);
    assert_eq!(field(values[0], "nonce"), Some("2"));
}

#[test]
fn what_cannot_be_met_is_not_answered() {
    for challenge in [
        "Basic realm=\"r\"",
        "Digest realm=\"r\"",
        "Digest nonce=\"r\"",
        "Digest realm=\"r\", nonce=\"n\", qop=\"other\"",
        "Digest realm=\"r\", nonce=\"n\", algorithm=SHA3",
        "",
    ] {
        assert_eq!(ask(challenge), None, "{challenge}");
    }
}

#[test]
fn secrets_do_not_show_in_debug_output() {
    let secret = Secret::Password("hunter2".into());
    let text = format!("{secret:?} {:?} {:?}", Account::from(secret.clone()), credentials("u", "hunter2"));
    assert!(!text.contains("hunter2"));
    let verifier = format!("{:?}", verifier());
    assert!(!verifier.contains("nonces") && !verifier.contains("decoy"));
}

fn verifier() -> Verifier {
    let source = Source::new(SourceKey { seed: [1; 16], node: 0, epoch: 1 }, 5);
    let offers_in_use = vec![Offer::Md5, Offer::Sha256, Offer::Both];
    let hosts = vec![Host::Name("office.example".into()), Host::Ip("192.0.2.9".parse().unwrap())];
    Verifier::new(Settings { realm: "office".into(), offers_in_use, hosts }, source)
}

fn lookup(user: &str) -> Option<Account> {
    let secret = Secret::Password("zanzibar".into());
    match user {
        "bob" => Some(secret.into()),
        "sha" => Some(Account { secret, offer: Offer::Sha256 }),
        "both" => Some(Account { secret, offer: Offer::Both }),
        "ha1" => Some(Account {
            secret: Secret::Ha1 { md5: Some(Algorithm::Md5.ha1("ha1", "office", "zanzibar")), sha256: None },
            offer: Offer::Both,
        }),
        _ => None,
    }
}

fn from() -> Hop {
    Hop::new(Transport::Udp, "192.0.2.1:5060".parse().unwrap())
}

fn register(user: &str) -> Request {
    let mut request = Request::new(Method::Register, uri(None));
    request.headers.push(name::TO, NameAddr::new(uri(Some(user))).to_string());
    request
}

fn challenged(verdict: Verdict) -> Response {
    match verdict {
        Verdict::Challenge(response) => *response,
        Verdict::Accepted { .. } | Verdict::Refused(_) => panic!("{verdict:?}"),
    }
}

fn answered(user: &str, password: &str, challenge: &Response, nc: u32) -> Request {
    let mut request = register(user);
    assert!(authorize(&mut request, challenge, &credentials(user, password), "cn", nc));
    request
}

fn accepted(user: &str) -> Verdict {
    Verdict::Accepted { user: user.into() }
}

#[test]
fn the_right_password_is_accepted_after_one_challenge() {
    let mut verifier = verifier();
    for user in ["bob", "sha", "both"] {
        let challenge = challenged(verifier.check(NOW, &register(user), &from(), lookup));
        assert_eq!(challenge.status, 401);
        let request = answered(user, "zanzibar", &challenge, 1);
        assert_eq!(verifier.check(NOW, &request, &from(), lookup), accepted(user));
    }
    assert_eq!(verifier.poll(), None);
}

#[test]
fn a_stored_hash_serves_where_no_password_is_kept() {
    let mut verifier = verifier();
    let mut challenge = challenged(verifier.check(NOW, &register("ha1"), &from(), lookup));
    let sha = answered("ha1", "zanzibar", &challenge, 1);
    challenged(verifier.check(NOW, &sha, &from(), lookup));
    assert_eq!(verifier.poll().unwrap().reason, FailureReason::WrongPassword);
    let md5 = challenge.headers.all(name::WWW_AUTHENTICATE).last().unwrap().to_owned();
    challenge.headers.set(name::WWW_AUTHENTICATE, md5);
    let request = answered("ha1", "zanzibar", &challenge, 1);
    assert_eq!(verifier.check(NOW, &request, &from(), lookup), accepted("ha1"));
}

#[test]
fn two_algorithms_make_two_challenges_strongest_first() {
    let challenge = challenged(verifier().check(NOW, &register("both"), &from(), lookup));
    let algorithms: Vec<_> = challenge
        .headers
        .all(name::WWW_AUTHENTICATE)
        .map(|value| field(value, "algorithm").unwrap())
        .collect();
    assert_eq!(algorithms, ["SHA-256", "MD5"]);
}

#[test]
fn a_weaker_algorithm_than_offered_is_refused() {
    let mut verifier = verifier();
    let challenge = challenged(verifier.check(NOW, &register("bob"), &from(), lookup));
    let request = answered("sha", "zanzibar", &challenge, 1);
    challenged(verifier.check(NOW, &request, &from(), lookup));
    assert_eq!(verifier.poll().unwrap().reason, FailureReason::NotOffered);
}

#[test]
fn unknown_user_and_wrong_password_cost_as_many_hashes() {
    use super::algorithm::HASHED;
    let mut verifier = verifier();
    let mut costs = |algorithm: &str, user: &str, password: &str| {
        let mut challenge = challenged(verifier.check(NOW, &register("both"), &from(), lookup));
        let both: Vec<String> = challenge.headers.all(name::WWW_AUTHENTICATE).map(str::to_owned).collect();
        let wanted = both.iter().find(|value| field(value, "algorithm") == Some(algorithm)).unwrap();
        challenge.headers.set(name::WWW_AUTHENTICATE, wanted.clone());
        let request = answered(user, password, &challenge, 1);
        // Looked up before: the stored hash of "ha1" is made there.
        let account = lookup(user);
        let before = HASHED.get();
        challenged(verifier.check(NOW, &request, &from(), |_| account.clone()));
        HASHED.get() - before
    };
    for algorithm in ["MD5", "SHA-256"] {
        let unknown = costs(algorithm, "nobody", "zanzibar");
        assert!(unknown > 0);
        for user in ["bob", "sha", "both", "ha1"] {
            assert_eq!(costs(algorithm, user, "wrong"), unknown, "{user} {algorithm}");
        }
    }
}

#[test]
fn unknown_user_and_wrong_password_look_alike() {
    let mut verifier = verifier();
    let shape = |response: &Response| {
        let values = response.headers.all(name::WWW_AUTHENTICATE);
        let values: Vec<_> = values
            .map(|v| (field(v, "algorithm").unwrap().to_owned(), field(v, "stale").is_some(), v.len()))
            .collect();
        (response.status, response.reason.clone(), values)
    };
    let mut offers = std::collections::BTreeSet::new();
    for n in 0..64 {
        let unknown = format!("stranger{n}");
        let first = challenged(verifier.check(NOW, &register(&unknown), &from(), lookup));
        let second =
            challenged(verifier.check(NOW, &answered(&unknown, "guess", &first, 1), &from(), lookup));
        assert_eq!(shape(&first), shape(&second));
        offers.insert(shape(&first).2.len());
        assert_eq!(verifier.poll().unwrap().reason, FailureReason::UnknownUser);
    }
    assert_eq!(offers.len(), 2, "strangers are offered what users are offered");
    for user in ["bob", "sha", "both", "ha1"] {
        let first = challenged(verifier.check(NOW, &register(user), &from(), lookup));
        let second = challenged(verifier.check(NOW, &answered(user, "guess", &first, 1), &from(), lookup));
        assert_eq!(shape(&first), shape(&second));
        assert_eq!(verifier.poll().unwrap().reason, FailureReason::WrongPassword);
    }
}

#[test]
fn the_decoy_password_opens_nothing() {
    let mut verifier = verifier();
    let value = serde_json::to_value(&verifier).unwrap();
    let decoy = value["decoy_password"].as_str().unwrap().to_owned();
    for user in ["stranger", "ha1"] {
        let challenge = challenged(verifier.check(NOW, &register(user), &from(), lookup));
        challenged(verifier.check(NOW, &answered(user, &decoy, &challenge, 1), &from(), lookup));
    }
}

#[test]
fn an_old_nonce_with_the_right_password_is_stale_and_no_failure() {
    let mut verifier = verifier();
    let challenge = challenged(verifier.check(NOW, &register("bob"), &from(), lookup));
    let late = NOW + NONCE_LIFETIME + Duration::from_secs(1);
    let again =
        challenged(verifier.check(late, &answered("bob", "zanzibar", &challenge, 1), &from(), lookup));
    assert_eq!(field(again.headers.first(name::WWW_AUTHENTICATE).unwrap(), "stale"), Some("true"));
    assert_eq!(verifier.poll(), None);
    let wrong = challenged(verifier.check(late, &answered("bob", "no", &challenge, 1), &from(), lookup));
    assert_eq!(field(wrong.headers.first(name::WWW_AUTHENTICATE).unwrap(), "stale"), None);
    assert_eq!(
        verifier.check(late, &answered("bob", "zanzibar", &again, 1), &from(), lookup),
        accepted("bob")
    );
}

#[test]
fn a_captured_request_cannot_be_sent_again() {
    let mut verifier = verifier();
    let challenge = challenged(verifier.check(NOW, &register("bob"), &from(), lookup));
    let request = answered("bob", "zanzibar", &challenge, 1);
    assert_eq!(verifier.check(NOW, &request, &from(), lookup), accepted("bob"));
    challenged(verifier.check(NOW, &request, &from(), lookup));
    assert_eq!(verifier.poll().unwrap().reason, FailureReason::Replay);
    let next = answered("bob", "zanzibar", &challenge, 2);
    assert_eq!(verifier.check(NOW, &next, &from(), lookup), accepted("bob"));
}

#[test]
fn credentials_without_qop_are_challenged_again() {
    let mut verifier = verifier();
    let mut challenge = challenged(verifier.check(NOW, &register("bob"), &from(), lookup));
    let plain = challenge.headers.first(name::WWW_AUTHENTICATE).unwrap().replace(", qop=\"auth\"", "");
    challenge.headers.set(name::WWW_AUTHENTICATE, plain);
    challenged(verifier.check(NOW, &answered("bob", "zanzibar", &challenge, 1), &from(), lookup));
    assert_eq!(verifier.poll().unwrap().reason, FailureReason::NotOffered);
}

/// A REGISTER whose digest is over `digest_uri`, whatever its Request-URI is.
fn over(verifier: &mut Verifier, digest_uri: &str, request_uri: Uri) -> Verdict {
    let challenge = challenged(verifier.check(NOW, &register("bob"), &from(), lookup));
    let mut request = register("bob");
    request.uri = Uri::parse(digest_uri).unwrap();
    assert!(authorize(&mut request, &challenge, &credentials("bob", "zanzibar"), "cn", 1));
    request.uri = request_uri;
    verifier.check(NOW, &request, &from(), lookup)
}

#[test]
fn a_digest_over_any_uri_of_ours_is_good() {
    for digest_uri in
        ["sip:office.example", "sip:102@OFFICE.example:5060", "sip:192.0.2.9:5062", "sips:192.0.2.9"]
    {
        for request_uri in [uri(None), uri(Some("900123")), Uri::parse("sip:102@203.0.113.5").unwrap()] {
            assert_eq!(over(&mut verifier(), digest_uri, request_uri), accepted("bob"), "{digest_uri}");
        }
    }
    // A name that we don't know to be ours, but that the request itself is for.
    let foreign = "sip:pbx.lan";
    assert_eq!(over(&mut verifier(), foreign, Uri::parse(foreign).unwrap()), accepted("bob"));
}

#[test]
fn a_digest_over_a_uri_of_somebody_elses_is_refused() {
    for digest_uri in ["sip:evil.example", "sip:bob@192.0.2.10", "tel:+15550100"] {
        let mut verifier = verifier();
        let Verdict::Refused(response) = over(&mut verifier, digest_uri, uri(None)) else {
            panic!("{digest_uri}")
        };
        assert_eq!(response.status, 400);
        assert_eq!(verifier.poll().unwrap().reason, FailureReason::Malformed);
    }
}

#[test]
fn a_digest_is_for_one_method_and_one_uri() {
    let mut verifier = verifier();
    let challenge = challenged(verifier.check(NOW, &register("bob"), &from(), lookup));
    let mut request = answered("bob", "zanzibar", &challenge, 1);
    request.method = Method::Invite;
    challenged(verifier.check(NOW, &request, &from(), lookup));
    let mut request = answered("bob", "zanzibar", &challenge, 2);
    let text = request.headers.first(name::AUTHORIZATION).unwrap();
    request.headers.set(name::AUTHORIZATION, text.replace("uri=\"sip:office", "uri=\"sip:900123@office"));
    challenged(verifier.check(NOW, &request, &from(), lookup));
}

#[test]
fn credentials_for_another_realm_are_passed_over() {
    let mut verifier = verifier();
    let challenge = challenged(verifier.check(NOW, &register("bob"), &from(), lookup));
    let mut request = answered("bob", "zanzibar", &challenge, 1);
    request
        .headers
        .push_front(name::AUTHORIZATION, "Digest username=\"x\", realm=\"elsewhere\", nonce=\"1\"");
    assert_eq!(verifier.check(NOW, &request, &from(), lookup), accepted("bob"));
}

#[test]
fn facts_are_bounded_and_name_what_was_claimed() {
    let mut verifier = verifier();
    for _ in 0..=FACTS_MAX {
        let mut request = register("x");
        let user = "é".repeat(200);
        request.headers.push(name::AUTHORIZATION, format!("Digest username=\"{user}\", realm=\"office\""));
        verifier.check(NOW, &request, &from(), lookup);
    }
    let facts: Vec<AuthFailure> = std::iter::from_fn(|| verifier.poll()).collect();
    assert_eq!(facts.len(), FACTS_MAX);
    assert_eq!(facts[0].user, "é".repeat(64));
    assert_eq!((facts[0].reason, facts[0].from), (FailureReason::Malformed, from()));
}

#[test]
fn a_restored_verifier_goes_on_where_it_was() {
    let mut first = verifier();
    let challenge = challenged(first.check(NOW, &register("bob"), &from(), lookup));
    let request = answered("bob", "zanzibar", &challenge, 1);
    assert_eq!(first.check(NOW, &request, &from(), lookup), accepted("bob"));
    let mut second: Verifier = serde_json::from_str(&serde_json::to_string(&first).unwrap()).unwrap();
    for request in [request, answered("bob", "zanzibar", &challenge, 2), register("bob")] {
        assert_eq!(first.check(NOW, &request, &from(), lookup), second.check(NOW, &request, &from(), lookup));
    }
}

proptest! {
    #[test]
    fn any_authorization_is_judged_without_a_panic_and_never_accepted(text in "Digest [ -~é]{0,120}") {
        let mut request = register("bob");
        request.headers.push(name::AUTHORIZATION, text);
        let accepted = matches!(verifier().check(NOW, &request, &from(), lookup), Verdict::Accepted { .. });
        prop_assert!(!accepted);
    }
}
