//! STUN on the SIP port.

use cordboard_sip::stun::{answer, is_stun};
use core::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

/// The longest answer to a request without attributes of its own that we echo: nobody gains by sending us requests in
/// another's name.
const ANSWER_SIZE_MAX: usize = 128;

/// An answer is STUN, short, and itself answered with nothing.
pub fn stun(data: &[u8]) {
    let v4 = SocketAddr::from((Ipv4Addr::new(192, 0, 2, 1), 32_853));
    let v6 = SocketAddr::from((Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 32_853));
    for source in [v4, v6] {
        let Some(reply) = answer(data, source) else { continue };
        assert!(is_stun(data) && is_stun(&reply));
        assert!(reply.len() <= ANSWER_SIZE_MAX, "an answer of {} bytes", reply.len());
        assert_eq!(answer(&reply, source), None);
    }
}
