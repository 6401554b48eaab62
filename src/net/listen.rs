//! Binding: one socket for each address, the two families apart.

use socket2::{Domain, Protocol, Socket, Type};
use std::io;
use std::net::SocketAddr;

/// Connections that the kernel keeps for us until we accept them.
const BACKLOG: i32 = 256;

/// The options that are set before binding.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SocketOptions {
    /// The differentiated services code point, 0–63.
    pub(crate) dscp: u8,
    /// Send and receive buffers in bytes; 0: the system's.
    pub(crate) buffer_size: usize,
}

/// A bound UDP socket. SO_REUSEADDR stays off: with it a second exchange on the same port would take half of the datagrams.
pub(crate) fn udp(address: SocketAddr, options: SocketOptions) -> io::Result<std::net::UdpSocket> {
    let socket = Socket::new(Domain::for_address(address), Type::DGRAM, Some(Protocol::UDP))?;
    if options.buffer_size > 0 {
        // The kernel cuts these to its own bounds; less is no reason not to start.
        socket.set_recv_buffer_size(options.buffer_size)?;
        socket.set_send_buffer_size(options.buffer_size)?;
    }
    prepare(&socket, address, options.dscp)?;
    socket.bind(&address.into())?;
    Ok(socket.into())
}

/// A listening TCP socket, which may take a port in TIME_WAIT.
pub(crate) fn tcp(address: SocketAddr, dscp: u8) -> io::Result<std::net::TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    prepare(&socket, address, dscp)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

/// Non-blocking; IPv6 sockets take IPv6 only, so that an IPv4 peer has one address and not two; packets are marked.
fn prepare(socket: &Socket, address: SocketAddr, dscp: u8) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    if address.is_ipv6() {
        socket.set_only_v6(true)?;
    }
    mark(socket, address.is_ipv6(), dscp)
}

/// Sets the code point, the upper six bits of the traffic class (RFC 2474 §3).
pub(crate) fn mark(socket: &Socket, is_ipv6: bool, dscp: u8) -> io::Result<()> {
    let class = u32::from(dscp & 0x3f) << 2;
    if is_ipv6 { socket.set_tclass_v6(class) } else { socket.set_tos_v4(class) }
}

/// Whether this machine can't have the socket at all because it lacks the family, or the wildcard of it.
pub(crate) fn family_is_missing(address: SocketAddr, error: &io::Error) -> bool {
    let missing = [rustix::io::Errno::AFNOSUPPORT, rustix::io::Errno::ADDRNOTAVAIL];
    address.ip().is_unspecified()
        && error.raw_os_error().is_some_and(|code| missing.iter().any(|errno| errno.raw_os_error() == code))
}
