//! IPv6 from end to end, and between the families: two softphones that hear each other through the relay.

use crate::harness::exchange::Exchange;
use crate::harness::plan::Plan;
use crate::softphone;

fn talk(caller_is_v6: bool, callee_is_v6: bool) {
    let exchange = Exchange::start(&Plan::sample().both_families());
    let server = |is_v6: bool| if is_v6 { exchange.sip6 } else { exchange.sip };
    softphone::talk(&exchange, "udp", server(caller_is_v6), server(callee_is_v6));
}

#[test]
fn two_phones_hear_each_other() {
    talk(true, true);
}

#[test]
fn a_phone_by_ipv4_and_one_by_ipv6_hear_each_other() {
    talk(false, true);
}

#[test]
fn a_phone_by_ipv6_and_one_by_ipv4_hear_each_other() {
    talk(true, false);
}
