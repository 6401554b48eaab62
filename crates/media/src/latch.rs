//! Symmetric latching: packets go where the peer's own packets come from, whatever its session description said, because
//! a phone behind a NAT describes an address that does not reach it.
//!
//! ```text
//!  Open ──first valid packet──▶ Latched ──new Setup, or quiet for RELATCH_AFTER──▶ (the next valid packet latches again)
//!                                 │ a packet from elsewhere meanwhile: a stranger's, dropped and counted
//! ```

use cordboard_base::Time;
use core::net::SocketAddr;
use serde::{Deserialize, Serialize};

/// After so long without a packet from the latched address another one may latch, in µs. Longer than a phone's pauses in
/// which it sends nothing but RTCP, shorter than the time in which people give up on a silent call.
pub const RELATCH_AFTER_US: u64 = 5_000_000;

/// Where one flow goes, and whose packets it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Latch {
    signalled: Option<SocketAddr>,
    latched: Option<SocketAddr>,
    may_relatch: bool,
    last: Time,
}

/// What a packet's source address means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sender {
    /// The peer, as before.
    Peer,
    /// The peer, from where it was, for the first time since another address was allowed.
    Confirmed,
    /// The peer, from an address that ours go to from now on.
    Latched,
    /// Somebody else.
    Stranger,
}

impl Latch {
    /// A new description of the session: the next valid packet latches, from wherever it comes. Ours keep going to the latched
    /// address unless the peer now names another one than it did.
    pub(crate) fn setup(&mut self, signalled: Option<SocketAddr>) {
        if self.signalled != signalled {
            self.signalled = signalled;
            self.latched = None;
        }
        self.may_relatch = true;
    }

    /// Where packets go.
    #[inline]
    pub(crate) fn remote(&self) -> Option<SocketAddr> {
        self.latched.or(self.signalled)
    }

    /// The address that the peer's packets came from.
    pub(crate) fn latched(&self) -> Option<SocketAddr> {
        self.latched
    }

    fn is_quiet(&self, now: Time) -> bool {
        now.as_micros().saturating_sub(self.last.as_micros()) >= RELATCH_AFTER_US
    }

    /// Lets another address latch if the latched one has gone quiet. Says whether that is so now and was not before.
    pub(crate) fn release_if_quiet(&mut self, now: Time) -> bool {
        let releases = self.latched.is_some() && !self.may_relatch && self.is_quiet(now);
        self.may_relatch |= releases;
        releases
    }

    /// Takes the address of a packet that is otherwise valid.
    #[inline]
    pub(crate) fn accept(&mut self, now: Time, from: SocketAddr) -> Sender {
        if self.latched == Some(from) {
            self.last = now;
            if core::mem::replace(&mut self.may_relatch, false) {
                return Sender::Confirmed;
            }
            return Sender::Peer;
        }
        // What goes to a group comes from none of its members: nobody may lead it elsewhere.
        let is_group = self.signalled.is_some_and(|to| to.ip().is_multicast());
        if is_group || self.latched.is_some() && !self.may_relatch && !self.is_quiet(now) {
            return Sender::Stranger;
        }
        *self = Self { signalled: self.signalled, latched: Some(from), may_relatch: false, last: now };
        Sender::Latched
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(port: u16) -> SocketAddr {
        SocketAddr::from(([192, 0, 2, 1], port))
    }

    #[test]
    fn the_first_valid_packet_latches_and_strangers_are_refused() {
        let mut latch = Latch::default();
        latch.setup(Some(at(4000)));
        assert_eq!(latch.remote(), Some(at(4000)));
        assert_eq!(latch.accept(Time::ZERO, at(5000)), Sender::Latched);
        assert_eq!(latch.remote(), Some(at(5000)));
        assert_eq!(latch.accept(Time::from_millis(20), at(6000)), Sender::Stranger);
        assert_eq!(latch.accept(Time::from_millis(20), at(5000)), Sender::Peer);
    }

    #[test]
    fn nobody_leads_away_what_goes_to_a_group() {
        let group = SocketAddr::from(([224, 0, 1, 75], 5_555));
        let mut latch = Latch::default();
        latch.setup(Some(group));
        assert_eq!(latch.accept(Time::from_secs(60), at(5000)), Sender::Stranger);
        assert_eq!(latch.remote(), Some(group));
    }

    #[test]
    fn quiet_for_just_the_time_lets_another_address_in() {
        let mut latch = Latch::default();
        latch.accept(Time::from_secs(1), at(5000));
        let almost = Time::from_micros(1_000_000 + RELATCH_AFTER_US - 1);
        assert_eq!(latch.accept(almost, at(6000)), Sender::Stranger);
        let after = Time::from_micros(1_000_000 + RELATCH_AFTER_US);
        assert_eq!(latch.accept(after, at(6000)), Sender::Latched);
    }

    #[test]
    fn a_new_setup_lets_one_more_packet_latch() {
        let mut latch = Latch::default();
        latch.setup(Some(at(4000)));
        latch.accept(Time::ZERO, at(5000));
        latch.setup(Some(at(4000)));
        assert_eq!(latch.remote(), Some(at(5000)), "until then ours go where they went");
        let mut same = latch;
        assert_eq!(same.accept(Time::from_millis(1), at(5000)), Sender::Confirmed);
        assert_eq!(latch.accept(Time::from_millis(1), at(6000)), Sender::Latched);
        assert_eq!(latch.accept(Time::from_millis(2), at(5000)), Sender::Stranger);
    }

    #[test]
    fn a_setup_with_another_address_is_believed_until_packets_come() {
        let mut latch = Latch::default();
        latch.setup(Some(at(4000)));
        latch.accept(Time::ZERO, at(5000));
        latch.setup(Some(at(7000)));
        assert_eq!(latch.remote(), Some(at(7000)));
    }
}
