//! Which addresses this machine has.

use cordboard_base::Interface;
use std::io;

/// The machine's addresses in the kernel's order, those of running interfaces only. IPv6 link-local ones are left out: they
/// mean nothing without an interface's number, which SIP can't carry. `external` is for the configuration to fill.
pub fn interfaces() -> io::Result<Vec<Interface>> {
    let found = if_addrs::get_if_addrs()?;
    let usable =
        found.into_iter().filter(|i| i.is_oper_up() || i.is_loopback()).filter_map(|i| match i.addr {
            if_addrs::IfAddr::V4(v4) => {
                Some(Interface { address: v4.ip.into(), bits: v4.prefixlen, external: None })
            }
            if_addrs::IfAddr::V6(v6) if v6.is_link_local() => None,
            if_addrs::IfAddr::V6(v6) => {
                Some(Interface { address: v6.ip.into(), bits: v6.prefixlen, external: None })
            }
        });
    Ok(usable.collect())
}
