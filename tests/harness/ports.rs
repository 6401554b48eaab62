//! Ports for exchanges and peers: below those that the system hands out by itself, from a place that differs between test
//! processes, and looked at before they are given away.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::Mutex;

/// SIP ports are drawn from here …
const FIRST: u16 = 30_000;
/// … to here; Linux hands out 32768 and above.
const LAST: u16 = 32_700;
/// A process begins at one of so many places.
const PLACES: u32 = 27;
/// Media of all exchanges; each begins at a place of its own and passes over ports that are taken.
pub(crate) const RTP: (u16, u16) = (11_000, 19_999);

/// So many in a block: SIPp alone takes three of them.
const BLOCK: u16 = 8;

static NEXT: Mutex<Option<u16>> = Mutex::new(None);

/// A block of eight ports that are free for UDP and TCP.
pub(crate) fn block() -> u16 {
    let mut next = NEXT.lock().unwrap();
    let place = u16::try_from(std::process::id() % PLACES).unwrap() * 100;
    for _ in 0..(LAST - FIRST) / BLOCK {
        let first = next.unwrap_or(FIRST + place);
        *next = Some(if first + 2 * BLOCK > LAST { FIRST } else { first + BLOCK });
        if (first..first + BLOCK).all(is_free) {
            return first;
        }
    }
    panic!("no free ports from {FIRST} to {LAST}");
}

fn is_free(port: u16) -> bool {
    let at = (Ipv4Addr::LOCALHOST, port);
    UdpSocket::bind(at).is_ok() && TcpListener::bind(at).is_ok()
}
