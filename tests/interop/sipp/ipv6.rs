//! SIPp by IPv6, and one end by IPv4: the exchange stands between the families.

use super::peer::{Playing, SippPeer};
use super::{DIALPLAN, answered};
use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const V6: IpAddr = IpAddr::V6(Ipv6Addr::LOCALHOST);

/// A call of 101 to 102, each at its address; what each saw.
fn call(caller: IpAddr, callee: IpAddr, transport: &'static str) -> [String; 2] {
    let exchange = Exchange::start(&Plan::sample().dialplan(DIALPLAN).both_families());
    let [ann, ben] = [("101", caller), ("102", callee)]
        .map(|(user, ip)| SippPeer::registered_at(&exchange, user, transport, ip));
    let waiting = ben.waits("answer_and_wait.xml");
    let calling = ann.plays("call_and_hang_up.xml", "102");
    let saw = [calling, waiting].map(Playing::ends_well);
    answered(&exchange.leaves_records(1).remove(0), "caller");
    saw
}

/// Every address line in the descriptions that a phone sent and got.
fn connections(messages: &str) -> Vec<&str> {
    messages.lines().map(str::trim).filter(|line| line.starts_with("c=")).collect()
}

#[test]
fn a_call_by_udp() {
    for messages in call(V6, V6, "u1") {
        let lines = connections(&messages);
        assert!(lines.len() >= 2 && lines.iter().all(|line| *line == "c=IN IP6 ::1"), "{lines:?}");
    }
}

#[test]
fn a_call_by_tcp() {
    call(V6, V6, "t1");
}

#[test]
fn each_end_is_shown_an_address_of_its_own_family() {
    for (caller, callee) in [(V4, V6), (V6, V4)] {
        let saw = call(caller, callee, "u1");
        for (ip, messages) in [caller, callee].into_iter().zip(&saw) {
            let expected = if ip.is_ipv4() { "c=IN IP4 127.0.0.1" } else { "c=IN IP6 ::1" };
            let lines = connections(messages);
            assert!(lines.len() >= 2 && lines.iter().all(|line| *line == expected), "{ip}: {lines:?}");
        }
    }
}
