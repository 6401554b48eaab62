//! What the network says of our datagrams: ICMP errors, from the kernel's error queue of a UDP socket (`IP_RECVERR` in ip(7) and
//! ipv6(7)). Without it a socket that is not connected never learns that a peer's port is closed.
//!
//! Anybody can write ICMP. What is quoted of our datagram comes along, so that whoever sent it can see whether it is theirs.
#![allow(unsafe_code, reason = "neither std nor a crate of ours reads extended socket errors")]

use socket2::SockAddr;
use std::io;
use std::mem;
use std::net::{SocketAddr, UdpSocket};
use std::os::fd::AsRawFd;
use std::ptr;

/// Room for the one control message that is asked for: a header, the error, and who reported it.
const CONTROL_SIZE: usize = 256;

/// The kinds of ICMP errors (RFC 792, RFC 4443 §3) that concern a peer and not the way to it.
const V4_UNREACHABLE: u8 = 3;
const V4_FRAGMENTATION_NEEDED: u8 = 4;
const V4_PARAMETER_PROBLEM: u8 = 12;
const V6_UNREACHABLE: u8 = 1;
const V6_PARAMETER_PROBLEM: u8 = 4;

/// An error that a datagram met with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// Where the datagram was to go.
    pub(super) remote: SocketAddr,
    /// How much of it is quoted.
    pub(super) size: usize,
    /// Whether it is one of those that are failures in sending. RFC 3261 §18.4: host, network, port or protocol unreachable,
    /// and parameter problems are; TTL exceeded is to be ignored; of a datagram that was too big the next sending is cut.
    pub(super) is_failure: bool,
}

/// Has the kernel keep the errors of a socket's datagrams for [`next`].
pub(super) fn watch(socket: &UdpSocket, is_ipv6: bool) -> io::Result<()> {
    let (level, option) = match is_ipv6 {
        true => (libc::IPPROTO_IPV6, libc::IPV6_RECVERR),
        false => (libc::IPPROTO_IP, libc::IP_RECVERR),
    };
    let on: libc::c_int = 1;
    let size = libc::socklen_t::try_from(mem::size_of_val(&on)).unwrap_or_default();
    // SAFETY: the descriptor is open as long as `socket` is borrowed; the option's value is a `c_int` that outlives the call,
    // and `size` is its size.
    let set = unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, ptr::from_ref(&on).cast(), size) };
    if set == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

#[repr(C, align(8))]
struct Control([u8; CONTROL_SIZE]);

/// Takes the next error from the queue, what it quotes into `quoted`. `None`: there is none.
pub(super) fn next(socket: &UdpSocket, quoted: &mut [u8]) -> io::Result<Option<Report>> {
    let mut control = Control([0; CONTROL_SIZE]);
    let mut vector = libc::iovec { iov_base: quoted.as_mut_ptr().cast(), iov_len: quoted.len() };
    // SAFETY: a `msghdr` is plain data, of which all zeros is an empty one.
    let mut message: libc::msghdr = unsafe { mem::zeroed() };
    message.msg_iov = &raw mut vector;
    message.msg_iovlen = 1;
    message.msg_control = control.0.as_mut_ptr().cast();
    message.msg_controllen = CONTROL_SIZE as _;
    let receive = |name: *mut socket2::SockAddrStorage, length: *mut libc::socklen_t| {
        message.msg_name = name.cast();
        // SAFETY: `try_init` hands in the storage with its size. All that `message` points to (the name, one vector over
        // `quoted`, the control buffer) outlives the call, and the sizes are theirs.
        let received = unsafe {
            message.msg_namelen = *length;
            libc::recvmsg(socket.as_raw_fd(), &raw mut message, libc::MSG_ERRQUEUE | libc::MSG_DONTWAIT)
        };
        let size = usize::try_from(received).map_err(|_| io::Error::last_os_error())?;
        // SAFETY: `length` is `try_init`'s own, valid for writing.
        unsafe { *length = message.msg_namelen };
        Ok(size)
    };
    // SAFETY: after success the storage holds the address that the kernel wrote, of the length that is stored.
    let (size, name) = match unsafe { SockAddr::try_init(receive) } {
        Ok(received) => received,
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(None),
        Err(error) => return Err(error),
    };
    let is_failure = extended_error(&message).is_some_and(|error| is_failure(&error));
    let remote = name.as_socket().ok_or(io::ErrorKind::InvalidData)?;
    Ok(Some(Report { remote, size: size.min(quoted.len()), is_failure }))
}

/// The error among a message's control data.
fn extended_error(message: &libc::msghdr) -> Option<libc::sock_extended_err> {
    // SAFETY: the kernel has filled the control buffer and set its length; it outlives this call.
    let mut header = unsafe { libc::CMSG_FIRSTHDR(message) };
    // SAFETY: the macros yield null or a header that lies in the buffer as a whole.
    while let Some(found) = unsafe { header.as_ref() } {
        let is_it = matches!(
            (found.cmsg_level, found.cmsg_type),
            (libc::IPPROTO_IP, libc::IP_RECVERR) | (libc::IPPROTO_IPV6, libc::IPV6_RECVERR)
        );
        if is_it {
            // SAFETY: such a message's data begins with a `sock_extended_err`; the read asks for no alignment.
            return Some(unsafe { ptr::read_unaligned(libc::CMSG_DATA(header).cast()) });
        }
        // SAFETY: as above.
        header = unsafe { libc::CMSG_NXTHDR(message, header) };
    }
    None
}

fn is_failure(error: &libc::sock_extended_err) -> bool {
    match error.ee_origin {
        libc::SO_EE_ORIGIN_ICMP => match error.ee_type {
            V4_UNREACHABLE => error.ee_code != V4_FRAGMENTATION_NEEDED,
            kind => kind == V4_PARAMETER_PROBLEM,
        },
        libc::SO_EE_ORIGIN_ICMP6 => matches!(error.ee_type, V6_UNREACHABLE | V6_PARAMETER_PROBLEM),
        // Our own system's: `send` has said it already.
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_errors_are_failures_in_sending() {
        let of = |origin, kind, code| {
            is_failure(&libc::sock_extended_err {
                ee_errno: 0,
                ee_origin: origin,
                ee_type: kind,
                ee_code: code,
                ee_pad: 0,
                ee_info: 0,
                ee_data: 0,
            })
        };
        let (v4, v6) = (libc::SO_EE_ORIGIN_ICMP, libc::SO_EE_ORIGIN_ICMP6);
        for code in [0, 1, 2, 3, 10, 13] {
            assert!(of(v4, 3, code), "{code}");
        }
        assert!(of(v4, 12, 0) && of(v6, 1, 4) && of(v6, 4, 1));
        assert!(!of(v4, 3, 4), "fragmentation needed");
        assert!(!of(v4, 11, 0) && !of(v4, 4, 0), "time exceeded, source quench");
        assert!(!of(v6, 2, 0) && !of(v6, 3, 0), "packet too big, time exceeded");
        assert!(!of(libc::SO_EE_ORIGIN_LOCAL, 3, 3));
    }
}
