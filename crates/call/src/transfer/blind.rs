//! Blind transfer (RFC 3515, RFC 5589 §6): the referrer's partner gets a new program, by the route of the number in the
//! referrer's context. The referrer is told how it goes, and is there to come back to until somebody answers.
//!
//! ```text
//! talk ──REFER──▶ 202, NOTIFY 100 ──▶ program for the partner ──┬─ rings ─▶ NOTIFY 180, once
//!                                                              ├─ answers or speaks ─▶ NOTIFY 200, the referrer is ended
//!                                                              └─ fails ─▶ NOTIFY 4xx, talk with the referrer again
//! ```
//! The referrer's context is that of its own leg ([`crate::leg::owner`]), never the call's, which is that of somebody else as
//! often as not: whoever is behind a trunk dials what that trunk's calls may dial, and not out at the office's cost. Who has no
//! context refers nobody (603).
//!
//! The INVITEs of that program carry Referred-By (RFC 3892 §2.1): the referrer as the office knows it, since what a phone
//! writes there is believed no more than its From. Of a referrer that hides its number nothing is said.

use super::attended::Finding;
use super::elsewhere::Elsewhere;
use crate::bridge::Bridge;
use crate::leg::identity;
use crate::program::stack::StackId;
use crate::state::{State, Wanted};
use crate::world::World;
use crate::{Fact, Output};
use cordboard_app::{Cause, Identity, Privacy, Value};
use cordboard_base::{LegId, Time};
use cordboard_media::Audio;
use cordboard_sip::message::{NameAddr, Replaces, Uri};
use cordboard_sip::session::LegCommand;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The longest number that is transferred to; RFC 3966 numbers and our extensions are far shorter.
pub(crate) const NUMBER_CHARS_MAX: usize = 128;

/// The plain variable by which a program knows that a transfer started it: who did, a user's name or an untrusted number.
pub(crate) const TRANSFERRED_BY: &str = "transferred_by";

/// The same, by whose phone.
pub(crate) const TRANSFERRED_AT: &str = "transferred_at";

/// A blind transfer that has not reached anybody yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Transfer {
    pub(crate) referrer: LegId,
    pub(crate) subject: LegId,
    /// Where to.
    #[serde(default)]
    pub(crate) number: String,
    /// Whether the referrer has been told that somebody rings.
    pub(crate) rang: bool,
    /// The dialog of another exchange whose place is to be taken.
    pub(crate) elsewhere: Option<Box<Elsewhere>>,
}

impl State {
    /// REFER from a leg.
    pub(crate) fn referred(&mut self, w: &mut World, now: Time, referrer: LegId, to: &NameAddr) {
        let Some(leg) = self.legs.get(&referrer).filter(|leg| leg.is_up()) else {
            return;
        };
        let refuse = |w: &mut World, status| w.leg(referrer, LegCommand::ReferReply { status });
        if leg.owner.context.is_empty() {
            return refuse(w, 603);
        }
        if self.transfer.is_some()
            || self.aside.is_some()
            || self.finding.values().any(|asked| asked.referrer == referrer)
        {
            return refuse(w, 491);
        }
        let replaces = to.uri.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("replaces"));
        if let Some((_, value)) = replaces {
            return match super::attended::parse_replaces(value) {
                Some(replaces) if self.partner(referrer).is_some() => {
                    self.accept_reference(w, referrer);
                    let query = w.query(self.id);
                    let to = Uri { headers: Vec::new(), ..to.uri.clone() };
                    let finding = Finding { referrer, to, replaces: replaces.to_string() };
                    self.finding.insert(query, finding);
                    let Replaces { call_id, to_tag, from_tag, early_only: _ } = replaces;
                    w.outputs.push_back(Output::FindDialog { query, call_id, to_tag, from_tag });
                }
                Some(_) => refuse(w, 603),
                None => refuse(w, 400),
            };
        }
        let number = to.uri.user.clone().filter(|user| !user.is_empty() && user.len() <= NUMBER_CHARS_MAX);
        match (self.partner(referrer), number) {
            (Some(subject), Some(number)) => {
                self.accept_reference(w, referrer);
                self.begin_transfer(
                    w,
                    now,
                    Transfer { referrer, subject, number: number.clone(), rang: false, elsewhere: None },
                    number,
                );
            }
            (None, Some(_)) => refuse(w, 603),
            (_, None) => refuse(w, 400),
        }
    }

    fn accept_reference(&self, w: &mut World, referrer: LegId) {
        // The session sends the first NOTIFY with it (RFC 3515 §2.4.4).
        w.leg(referrer, LegCommand::ReferReply { status: 202 });
    }

    pub(crate) fn begin_transfer(&mut self, w: &mut World, now: Time, transfer: Transfer, number: String) {
        let Transfer { referrer, subject, number: _, rang: _, elsewhere: _ } = transfer;
        let context = self.legs.get(&referrer).map(|leg| leg.owner.context.clone()).unwrap_or_default();
        let to = number.clone();
        w.fact(self.id, Fact::Transferred { by: referrer, subject, to, context: context.clone() });
        self.bridge = None;
        if let Some(main) = self.main {
            self.hang(w, now, main, Cause::NORMAL);
        }
        if let Some(leg) = self.legs.get(&referrer) {
            self.info.redirecting = Some(leg.party.clone());
            self.referred_by = Some(leg.party.clone()).filter(|_| leg.privacy == Privacy::Allowed);
        }
        if let Some(leg) = self.legs.get(&subject) {
            self.info.caller = leg.party.clone();
            self.info.privacy = leg.privacy;
            // The program serves whoever is driven now: its rights are those of that user, or of nobody.
            self.info.user = leg.owner.user().cloned();
            self.info.phone = leg.owner.phone.clone();
            self.info.trunk = leg.owner.trunk().cloned();
        }
        self.connected = None;
        let vars = self.transferred_by(referrer);
        self.transfer = Some(transfer);
        self.wanted = Some(Wanted { subject, context, number, enters: 0, vars });
    }

    /// The variable that tells the program who transferred the call to it.
    fn transferred_by(&self, referrer: LegId) -> BTreeMap<String, Value> {
        let Some(leg) = self.legs.get(&referrer) else { return BTreeMap::new() };
        let by = match leg.user() {
            Some(user) => Value::Text(user.to_owned()),
            None => Value::Untrusted(leg.party.number.clone()),
        };
        let at = leg.owner.phone.clone().map(|phone| (TRANSFERRED_AT.to_owned(), Value::Text(phone)));
        [(TRANSFERRED_BY.to_owned(), by)].into_iter().chain(at).collect()
    }

    /// Tells who transferred the call what became of it, as long as its leg is there.
    pub(crate) fn tell_transferrer(
        &mut self,
        w: &mut World,
        id: StackId,
        shown: &Identity,
        says: Vec<Audio>,
    ) -> Result<(), &'static str> {
        let subject = self.subject().filter(|_| self.main == Some(id));
        let transfer = self.transfer.as_ref().filter(|transfer| Some(transfer.subject) == subject);
        let referrer = transfer.map(|transfer| transfer.referrer).filter(|leg| self.is_live(*leg));
        let (Some(referrer), Some(subject)) = (referrer, subject) else { return Err("nobody is there") };
        let music = self.hold_music(w);
        if let Some(leg) = self.legs.get_mut(&subject).filter(|leg| leg.is_up()) {
            leg.music = music;
        }
        let shown = identity::cleaned(shown);
        if let Some(leg) = self.legs.get_mut(&referrer).filter(|leg| leg.is_up() && !leg.is_trunk()) {
            let headers = identity::headers(&shown, Privacy::Allowed, &w.office.domain);
            leg.shown = Some(shown);
            w.leg(referrer, LegCommand::Identity { headers });
        }
        self.play(w, referrer, says, String::new());
        Ok(())
    }

    /// The transferred leg has reached somebody: the referrer may go.
    pub(crate) fn transfer_reached(&mut self, w: &mut World, now: Time, subject: LegId) {
        if let Some(transfer) = self.transfer.take_if(|transfer| transfer.subject == subject) {
            w.leg(transfer.referrer, LegCommand::ReferNotify { status: 200 });
            let reason = crate::leg::reason_of(Cause::NORMAL);
            self.end_legs(w, now, &[transfer.referrer], Cause::NORMAL, reason);
        }
    }

    /// Somebody rings for the transferred leg: the referrer, who still listens, hears of the first one.
    pub(crate) fn transfer_rings(&mut self, w: &mut World, subject: LegId) {
        if let Some(transfer) = self.transfer.as_mut().filter(|t| t.subject == subject && !t.rang) {
            transfer.rang = true;
            w.leg(transfer.referrer, LegCommand::ReferNotify { status: 180 });
        }
    }

    /// The transferred leg has reached nobody. Whether it talks to the referrer again.
    pub(crate) fn transfer_failed(&mut self, w: &mut World, now: Time, cause: Cause) -> bool {
        let Some(transfer) = self.transfer.take() else {
            return self.go_back(w, cause);
        };
        // The reply of a reference that failed is never a success (RFC 3515 §2.4.5).
        w.leg(transfer.referrer, LegCommand::ReferNotify { status: cause.status() });
        let back = self.is_live(transfer.referrer) && self.is_live(transfer.subject);
        if back {
            if let Some(leg) = self.legs.get_mut(&transfer.subject) {
                leg.music = None;
            }
            self.make_bridge(w, Bridge::new(transfer.subject, transfer.referrer, now));
        }
        back
    }

    /// One of the two is gone before anybody was reached.
    pub(crate) fn transfer_left(&mut self, w: &mut World, leg: LegId) {
        self.returned_or_reached(leg);
        let Some(transfer) = self.transfer.take_if(|t| t.referrer == leg || t.subject == leg) else { return };
        if transfer.subject == leg {
            w.leg(transfer.referrer, LegCommand::ReferNotify { status: 487 });
        } else if transfer.elsewhere.is_none() {
            self.returns_to(leg, transfer.subject, transfer.number);
        }
    }
}
