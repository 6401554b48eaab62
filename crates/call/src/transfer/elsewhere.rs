//! Attended transfer to a dialog of another exchange (RFC 5589 §7.1, RFC 3891): the referrer's partner is to take a place there,
//! so an INVITE goes there with the Replaces of the Refer-To and with Referred-By.
//!
//! It costs what a call costs, and is admitted as one (toll fraud): the user part of the Refer-To is what the referrer dials in
//! its own context, and the program of that route says whether and by which trunk. The INVITE then goes to the URI of the
//! Refer-To, if the host of that is the trunk's; no other host that a REFER names is ever called. A referrer that is no user of
//! ours has nothing to dial with, and is refused.

use super::attended::Finding;
use super::blind::{NUMBER_CHARS_MAX, Transfer};
use crate::TrunkRoute;
use crate::state::State;
use crate::world::World;
use cordboard_base::{LegId, Time};
use cordboard_sip::message::{Uri, name};
use cordboard_sip::session::{LegCommand, NewLeg};
use serde::{Deserialize, Serialize};

/// The place to take.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Elsewhere {
    uri: Uri,
    replaces: String,
}

impl Elsewhere {
    /// Whether it is at a trunk.
    pub(crate) fn is_at(&self, route: &TrunkRoute) -> bool {
        let host = &self.uri.host;
        let is_server = |ip: core::net::IpAddr| route.hops.iter().any(|hop| hop.remote.ip() == ip);
        *host == route.uri.host || host.ip().is_some_and(is_server)
    }

    /// Makes an INVITE to the trunk one that takes the place.
    pub(crate) fn aim(&self, invite: &mut NewLeg) {
        invite.target = self.uri.clone();
        invite.headers.push((name::REPLACES.to_owned(), self.replaces.clone()));
        // A peer that can't replace is to refuse: rung as a new call it would be the wrong one (RFC 3891 §4).
        invite.headers.push((name::REQUIRE.to_owned(), "replaces".to_owned()));
    }
}

impl State {
    pub(crate) fn refer_elsewhere(&mut self, w: &mut World, now: Time, subject: LegId, finding: Finding) {
        let Finding { referrer, to, replaces } = finding;
        let refuse = |w: &mut World, status| w.leg(referrer, LegCommand::ReferNotify { status });
        let ours = to.host.to_string().eq_ignore_ascii_case(&w.office.domain);
        let number = to.user.clone().filter(|user| !user.is_empty() && user.len() <= NUMBER_CHARS_MAX);
        let Some(number) = number.filter(|_| !ours && self.transfer.is_none()) else {
            // RFC 3891 §3: no such dialog.
            return refuse(w, 481);
        };
        if self.legs.get(&referrer).is_none_or(|leg| leg.owner.user().is_none()) {
            return refuse(w, 403);
        }
        let elsewhere = Some(Box::new(Elsewhere { uri: to, replaces }));
        self.begin_transfer(
            w,
            now,
            Transfer { referrer, subject, number: number.clone(), rang: false, elsewhere },
            number,
        );
    }

    /// Where the present transfer is to take a place.
    pub(crate) fn elsewhere(&self) -> Option<&Elsewhere> {
        let transfer = self.transfer.as_ref().filter(|transfer| Some(transfer.subject) == self.subject())?;
        transfer.elsewhere.as_deref()
    }
}
