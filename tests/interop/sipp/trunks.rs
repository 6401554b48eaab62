//! SIPp as a provider: it is registered at, takes calls, and makes some. It has addresses of its own, 127.0.0.2 and on: a trunk
//! may be known by its address.

use super::peer::SippPeer;
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::harness::{ports, wait};
use md5::{Digest, Md5};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where the provider is.
const PROVIDER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
/// Where somebody else is.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));
const ACCOUNT: (&str, &str) = ("44207946", "itsp-secret");
/// The DID that is called, as the provider writes it.
const DID: &str = "+442079460999";

/// Out by 9, in for whoever has the number.
const DIALPLAN: &str = r#"
let internal = context("internal");
internal.on("_9X.", |ch| {
    let r = ch.dial(trunk("itsp", ch.dialed.sub_string(1)), #{ timeout: 20 });
    if r.status != "answered" { ch.hangup(r.status); }
});
let inbound = context("from-itsp");
inbound.on("02079460999", |ch| { ch.dial(user("101"), #{ timeout: 20 }); });
"#;

/// An office that has no trunk yet.
fn office() -> Exchange {
    Exchange::start(&Plan::sample().dialplan(DIALPLAN))
}

/// A provider's address.
fn free_address() -> SocketAddr {
    SocketAddr::new(PROVIDER, ports::block())
}

/// The office is given its trunk while it runs, so that whoever plays the provider can listen before.
fn gets_trunk(exchange: &Exchange, provider: SocketAddr, more: &str) {
    gets_watched_trunk(exchange, provider, 0, more);
}

/// The same, asked every so many seconds whether it lives.
fn gets_watched_trunk(exchange: &Exchange, provider: SocketAddr, qualify_s: u32, more: &str) {
    let trunk = format!(
        "[trunk.itsp]\nservers = [\"{provider}\"]\ndomain = \"itsp.example\"\n\
         outgoing = [{{ strip = \"00\", add = \"+\" }}, {{ strip = \"0\", add = \"+44\" }}]\n\
         incoming = [{{ strip = \"+44\", add = \"0\" }}]\nqualify_s = {qualify_s}\n{more}"
    );
    exchange.folder.write("etc/trunks.toml", &trunk);
    exchange.asks(&["reload"]);
}

fn provider<'a>(exchange: &'a Exchange, address: SocketAddr) -> SippPeer<'a> {
    SippPeer::new(exchange, ACCOUNT.0, ACCOUNT.1, address.ip()).at(address)
}

/// Keys of a trunk with an account.
fn account(more: &str) -> String {
    format!("username = \"{}\"\npassword = \"{}\"\n{more}", ACCOUNT.0, ACCOUNT.1)
}

fn is_registered(exchange: &Exchange) -> bool {
    exchange.trunk("itsp")["registration"] == "registered"
}

/// The user of the Contact that was registered: what its calls are for.
fn token(messages: &str) -> String {
    let contact = messages.lines().find_map(|line| line.strip_prefix("Contact: <sip:")).expect("a Contact");
    contact.split('@').next().unwrap().to_owned()
}

/// The trunk's calls are over, as the command line shows it.
fn frees_its_channels(exchange: &Exchange) {
    let trunk = exchange.trunk("itsp");
    assert_eq!((&trunk["calls_in"], &trunk["calls_out"]), (&0.into(), &0.into()), "{trunk}");
}

#[test]
fn a_registration_is_challenged_lengthened_refreshed_and_given_back() {
    let mut exchange = office();
    let address = free_address();
    let registrar = provider(&exchange, address).waits("provider_registers.xml");
    gets_trunk(&exchange, address, &account("register = true\nregister_s = 60\n"));
    registrar.ends_well();
    wait::until("the registration", wait::SOON, || is_registered(&exchange).then_some(()));
    assert!(
        exchange.trunk("itsp")["expires_s"].as_u64().is_some_and(|left| left > 500),
        "the refresh counts"
    );
    let farewell = provider(&exchange, address).waits("provider_unregisters.xml");
    exchange.signal(rustix::process::Signal::TERM);
    farewell.ends_well();
    exchange.process().succeeds(wait::SOON);
}

#[test]
fn a_refused_registration_is_shown_with_its_status() {
    let exchange = office();
    let address = free_address();
    let registrar = provider(&exchange, address).waits("provider_refuses_registration.xml");
    gets_trunk(&exchange, address, &account("register = true\n"));
    registrar.ends_well();
    wait::until("the refusal", wait::SOON, || {
        (exchange.trunk("itsp")["registration"] == "failed: 403").then_some(())
    });
    assert_eq!(exchange.trunk("itsp")["state"], "offline");
    assert!(exchange.log().contains("trunk registration failed"), "{}", exchange.log());
}

/// A phone calls out; what the provider got.
fn calls_out(scenario: &'static str) -> String {
    let exchange = office();
    let address = free_address();
    gets_trunk(&exchange, address, &account("number = \"+442079460000\"\nshow_caller = false\n"));
    let ann = SippPeer::registered(&exchange, "101", "u1");
    let answering = provider(&exchange, address).waits(scenario);
    let calling = ann.plays("call_and_hang_up.xml", "902079460123");
    calling.ends_well();
    let messages = answering.ends_well();
    let record = exchange.leaves_records(1).remove(0);
    assert_eq!((record.caller.as_str(), record.dialed.as_str()), ("101", "902079460123"));
    assert_eq!(
        (record.disposition.as_str(), record.hangup_by.as_str()),
        ("answered", "caller"),
        "{record:?}"
    );
    assert_eq!(record.answered_by.as_deref(), Some("itsp/02079460123"));
    frees_its_channels(&exchange);
    messages
}

#[test]
fn a_call_out_answers_the_providers_challenge_in_its_number_format() {
    let messages = calls_out("provider_answers_401.xml");
    let from = messages.lines().find(|line| line.starts_with("From:")).unwrap();
    assert!(from.contains("442079460000@itsp.example"), "the office's number, not the caller's: {from}");
}

#[test]
fn a_call_out_answers_a_proxys_challenge() {
    let messages = calls_out("provider_answers_407.xml");
    let line = messages.lines().find(|line| line.starts_with("Proxy-Authorization:")).unwrap();
    let value = |name: &str| {
        let (_, rest) = line.split_once(&format!("{name}=")).unwrap_or_else(|| panic!("no {name}: {line}"));
        rest.trim_start_matches('"').split(['"', ',']).next().unwrap().trim().to_owned()
    };
    let hash =
        |text: String| -> String { Md5::digest(text).iter().map(|byte| format!("{byte:02x}")).collect() };
    let known = hash(format!("{}:itsp.example:{}", ACCOUNT.0, ACCOUNT.1));
    let asked = hash(format!("INVITE:{}", value("uri")));
    let [nonce, count, own] = ["nonce", "nc", "cnonce"].map(value);
    assert_eq!(value("response"), hash(format!("{known}:{nonce}:{count}:{own}:auth:{asked}")), "{line}");
}

/// A call comes in to `service` from `ip`; whether it rings 101 or is turned away is in the record.
fn calls_in(exchange: &Exchange, from: &SippPeer<'_>, scenario: &'static str, service: &str) {
    let ann = SippPeer::registered(exchange, "101", "u1");
    let answering = ann.waits("answer_and_wait.xml");
    from.plays(scenario, service).ends_well();
    answering.ends_well();
    let record = exchange.leaves_records(1).remove(0);
    assert_eq!(
        (record.caller.as_str(), record.dialed.as_str()),
        ("02079460123", "02079460999"),
        "{record:?}"
    );
    assert_eq!(
        (record.disposition.as_str(), record.hangup_by.as_str()),
        ("answered", "caller"),
        "{record:?}"
    );
    frees_its_channels(exchange);
}

/// Who calls, as the provider writes numbers.
fn caller<'a>(exchange: &'a Exchange, ip: IpAddr) -> SippPeer<'a> {
    SippPeer::new(exchange, "+442079460123", "", ip).key("number", DID)
}

#[test]
fn a_call_to_the_contact_that_we_registered_is_the_trunks_wherever_it_comes_from() {
    let exchange = office();
    let address = free_address();
    let registrar = provider(&exchange, address).waits("provider_takes_registration.xml");
    gets_trunk(&exchange, address, &account("register = true\n"));
    let messages = registrar.ends_well();
    calls_in(&exchange, &caller(&exchange, ELSEWHERE), "provider_calls.xml", &token(&messages));
}

#[test]
fn a_call_from_the_trunks_server_is_the_trunks() {
    let exchange = office();
    gets_trunk(&exchange, free_address(), "");
    calls_in(&exchange, &caller(&exchange, PROVIDER), "provider_calls.xml", DID);
}

#[test]
fn a_call_from_a_network_of_the_trunks_is_the_trunks() {
    let exchange = office();
    gets_trunk(&exchange, free_address(), "accept_from = [\"127.0.0.3/32\"]\n");
    calls_in(&exchange, &caller(&exchange, ELSEWHERE), "provider_calls.xml", DID);
}

#[test]
fn a_call_with_the_trunks_credentials_is_the_trunks() {
    let exchange = office();
    gets_trunk(
        &exchange,
        free_address(),
        "inbound_username = \"+442079460123\"\ninbound_password = \"let-me-in\"\n",
    );
    let caller = SippPeer::new(&exchange, "+442079460123", "let-me-in", ELSEWHERE).key("number", DID);
    calls_in(&exchange, &caller, "call_and_hang_up.xml", DID);
}

#[test]
fn a_call_from_anywhere_else_is_nobodys() {
    let exchange = office();
    gets_trunk(&exchange, free_address(), "");
    caller(&exchange, ELSEWHERE).plays("call_and_be_challenged.xml", DID).ends_well();
    assert_eq!(exchange.records(), []);
}

#[test]
fn a_trunk_is_asked_whether_it_lives() {
    let exchange = office();
    let address = free_address();
    let answering = provider(&exchange, address).waits("provider_answers_options.xml");
    gets_watched_trunk(&exchange, address, 60, "");
    answering.ends_well();
    let trunk = exchange.trunk("itsp");
    assert_eq!((&trunk["state"], &trunk["registration"]), (&"idle".into(), &"none".into()), "{trunk}");
    assert_eq!(trunk["servers"][0], format!("udp:{address}"));
}
