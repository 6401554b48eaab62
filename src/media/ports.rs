//! RTP ports: pairs of an even port for RTP and the next one for RTCP (RFC 3550 §11), from a configured range.
//!
//! Owned and bound by the shard's thread, so that one owner knows which are taken; the sockets then go to a worker.

use crate::net::listen;
use std::collections::VecDeque;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::ops::RangeInclusive;

/// A pair takes this many ports.
const PAIR: usize = 2;

/// The free pairs. The one that has been free for longest is used first, so that late packets of a call that is over do not
/// meet the next one.
#[derive(Debug)]
pub(super) struct Ports {
    free: VecDeque<u16>,
    dscp: u8,
}

/// Bound sockets in the order of [`cordboard_media::StreamKind::ALL`].
#[derive(Debug, Default)]
pub(super) struct Sockets {
    pub(super) sockets: [Option<UdpSocket>; 4],
    /// The even ports of its pairs, to be given back.
    pub(super) pairs: Vec<u16>,
}

/// Why there are no sockets.
#[derive(Debug, thiserror::Error)]
pub(super) enum PortError {
    #[error("no port is free")]
    Exhausted,
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Ports {
    /// All whole pairs of `range`, from a place that `start` decides.
    pub(super) fn new(range: RangeInclusive<u16>, start: u64, dscp: u8) -> Self {
        let first = range.start().saturating_add(range.start() % 2);
        let mut free: VecDeque<u16> =
            (first..=*range.end()).step_by(PAIR).filter(|port| *port < *range.end()).collect();
        if let Ok(length @ 1..) = u64::try_from(free.len()) {
            free.rotate_left(usize::try_from(start % length).unwrap_or(0));
        }
        Self { free, dscp }
    }

    /// Binds one pair, or two where video is wanted, for a peer of `family`'s family.
    pub(super) fn bind(&mut self, family: IpAddr, video: bool) -> Result<Sockets, PortError> {
        let mut bound = Sockets::default();
        for pair in 0..=usize::from(video) {
            match self.bind_pair(family) {
                Ok((port, rtp, rtcp)) => {
                    bound.pairs.push(port);
                    for (socket, place) in
                        [rtp, rtcp].into_iter().zip(bound.sockets.iter_mut().skip(pair * PAIR))
                    {
                        *place = Some(socket);
                    }
                }
                Err(error) => {
                    self.release(&bound.pairs);
                    return Err(error);
                }
            }
        }
        Ok(bound)
    }

    /// Takes pairs back, once their sockets are closed.
    pub(super) fn release(&mut self, pairs: &[u16]) {
        self.free.extend(pairs);
    }

    /// How many pairs are free.
    pub(super) fn free(&self) -> usize {
        self.free.len()
    }

    fn bind_pair(&mut self, family: IpAddr) -> Result<(u16, UdpSocket, UdpSocket), PortError> {
        // Those that nobody here holds, each once: 5,000 pairs take some 10 ms even if others hold them all. A pair that is
        // found taken goes to the back, so that the next search does not meet it again at once.
        for _ in 0..self.free.len() {
            let Some(port) = self.free.pop_front() else { break };
            match bind_two(family, port, self.dscp) {
                Ok((rtp, rtcp)) => return Ok((port, rtp, rtcp)),
                Err(error) => {
                    self.free.push_back(port);
                    if error.kind() != io::ErrorKind::AddrInUse {
                        return Err(error.into());
                    }
                }
            }
        }
        Err(PortError::Exhausted)
    }
}

fn bind_two(family: IpAddr, port: u16, dscp: u8) -> io::Result<(UdpSocket, UdpSocket)> {
    let any: IpAddr =
        if family.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { Ipv6Addr::UNSPECIFIED.into() };
    let options = listen::SocketOptions { dscp, buffer_size: 0 };
    let rtp = listen::udp(SocketAddr::new(any, port), options)?;
    let rtcp = listen::udp(SocketAddr::new(any, port.saturating_add(1)), options)?;
    Ok((rtp, rtcp))
}

#[cfg(test)]
mod tests {
    use super::*;

    const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    /// Ranges of their own for each test, below the ports that the system hands out.
    fn ports(range: RangeInclusive<u16>) -> Ports {
        Ports::new(range, 0, 46)
    }

    fn local(sockets: &Sockets, index: usize) -> u16 {
        sockets.sockets[index].as_ref().unwrap().local_addr().unwrap().port()
    }

    #[test]
    fn rtp_is_even_and_rtcp_is_the_next() {
        let mut ports = ports(23_001..=23_006);
        let sockets = ports.bind(V4, true).unwrap();
        assert_eq!([0, 1, 2, 3].map(|i| local(&sockets, i)), [23_002, 23_003, 23_004, 23_005]);
        assert!(
            matches!(ports.bind(V4, false), Err(PortError::Exhausted)),
            "23006 has no partner in the range"
        );
    }

    #[test]
    fn the_last_pair_is_bound_and_one_past_it_is_refused() {
        let mut ports = ports(23_010..=23_013);
        let (first, _second) = (ports.bind(V4, false).unwrap(), ports.bind(V4, false).unwrap());
        assert!(matches!(ports.bind(V4, false), Err(PortError::Exhausted)));
        let pairs = first.pairs.clone();
        drop(first);
        ports.release(&pairs);
        assert_eq!(ports.bind(V4, false).unwrap().pairs, pairs);
    }

    #[test]
    fn half_a_video_session_gives_its_pair_back() {
        let mut ports = ports(23_020..=23_021);
        assert!(ports.bind(V4, true).is_err());
        assert_eq!(ports.free(), 1);
        ports.bind(V4, false).unwrap();
    }

    #[test]
    fn a_pair_that_somebody_else_holds_is_skipped() {
        let _other = UdpSocket::bind("0.0.0.0:23031").unwrap();
        let mut ports = ports(23_030..=23_033);
        assert_eq!(ports.bind(V4, false).unwrap().pairs, [23_032]);
    }

    #[test]
    fn one_free_pair_is_found_behind_any_number_of_taken_ones() {
        let hold = |port: u16| UdpSocket::bind(("0.0.0.0", port)).unwrap();
        let _others: Vec<UdpSocket> = (23_100..23_300).step_by(PAIR).map(hold).collect();
        let mut ports = ports(23_100..=23_301);
        let last = ports.bind(V4, false).unwrap();
        assert_eq!(last.pairs, [23_300]);
        assert!(matches!(ports.bind(V4, false), Err(PortError::Exhausted)));
    }

    #[test]
    fn a_freed_pair_is_used_last_and_the_start_differs() {
        let mut ports = Ports::new(23_040..=23_047, 3, 46);
        let first = ports.bind(V4, false).unwrap();
        assert_eq!(first.pairs, [23_046]);
        let pairs = first.pairs.clone();
        drop(first);
        ports.release(&pairs);
        assert_eq!(ports.bind(V4, false).unwrap().pairs, [23_040]);
    }

    #[test]
    fn empty_and_backward_ranges_have_no_pair() {
        assert_eq!(ports(5..=5).free(), 0);
        #[expect(clippy::reversed_empty_ranges, reason = "a configuration may say so")]
        let backward = ports(9..=5);
        assert_eq!(backward.free(), 0);
        assert_eq!(ports(65_534..=65_535).free(), 1);
    }
}
