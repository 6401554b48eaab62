//! Ports for exchanges and peers: below those that the system hands out by itself, from a place that differs between test
//! processes, and looked at before they are given away.

use std::net::{Ipv4Addr, TcpListener, UdpSocket};
use std::sync::Mutex;

/// A range that ports are drawn from, block by block.
struct Range {
    first: u16,
    last: u16,
    next: Mutex<Option<u16>>,
}

/// SIP ports; Linux hands out 32768 and above.
static SIP: Range = Range { first: 30_000, last: 32_700, next: Mutex::new(None) };
/// Media ports of exchanges. Softphones take theirs from 20000 on.
static RTP: Range = Range { first: 10_000, last: 19_900, next: Mutex::new(None) };
/// A process begins at one of so many places of a range.
const PLACES: u32 = 25;
/// So many SIP ports in a block: SIPp alone takes three of them.
const BLOCK: u16 = 8;
/// So many media ports are enough for twenty calls.
pub(crate) const RTP_FEW: u16 = 100;

/// A block of eight SIP ports.
pub(crate) fn block() -> u16 {
    SIP.draw(BLOCK)
}

/// A range of so many media ports, for one exchange alone: one that met hundreds of taken ports in a row would give up.
pub(crate) fn media(count: u16) -> (u16, u16) {
    let first = RTP.draw(count);
    (first, first + count - 1)
}

impl Range {
    /// So many ports in a row that are free for UDP and TCP.
    fn draw(&self, count: u16) -> u16 {
        let mut next = self.next.lock().unwrap();
        let step = u32::from(self.last - self.first) / PLACES;
        let place = self.first + u16::try_from(std::process::id() % PLACES * step).unwrap();
        // Twice around: the first round may begin in the middle.
        for _ in 0..=2 * (self.last - self.first) / count {
            let drawn = next.unwrap_or(place & !1);
            let first = if drawn + count > self.last { self.first } else { drawn };
            *next = Some(first + count);
            if (first..first + count).all(is_free) {
                return first;
            }
        }
        panic!("no {count} free ports from {} to {}", self.first, self.last);
    }
}

fn is_free(port: u16) -> bool {
    let at = (Ipv4Addr::LOCALHOST, port);
    UdpSocket::bind(at).is_ok() && TcpListener::bind(at).is_ok()
}
