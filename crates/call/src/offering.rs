//! New sessions on established legs: the peer's re-INVITE or UPDATE (hold, resume, another codec, video), and ours.
//!
//! An offer is answered at once, on its own leg. Only video that the other leg does not have yet is offered on first, and the
//! answer waits for the other leg's.

use crate::leg::Leg;
use crate::leg::negotiate::Exchange;
use crate::state::State;
use crate::world::World;
use bytes::Bytes;
use cordboard_app::Level;
use cordboard_base::{Format, LegId};
use cordboard_sdp::{MediaKind, Refusal, SessionDescription};
use cordboard_sip::session::LegCommand;

impl State {
    /// The peer offers a new session, or wants us to.
    pub(crate) fn offered(&mut self, w: &mut World, id: LegId, sdp: Option<&Bytes>) {
        let prefer = self.partner_leg(id).map(|partner| partner.sdp.formats()).unwrap_or_default();
        let video = self.partner_leg(id).map(|partner| partner.sdp.video.clone());
        let relays = self.wants_video_relay(id);
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_live()) else {
            return;
        };
        let Some(sdp) = sdp else {
            match leg.terms(w, prefer, video) {
                Some(terms) => {
                    let sdp = leg.sdp.offer(&terms);
                    w.leg(id, LegCommand::Answer { sdp });
                }
                None => w.leg(id, LegCommand::Refuse { status: 488 }),
            }
            return;
        };
        let offer = match SessionDescription::parse(sdp) {
            Ok(offer) => offer,
            Err(_) => return w.leg(id, LegCommand::Refuse { status: Refusal::STATUS }),
        };
        if relays && leg.sdp.is_idle() && !leg.sdp.has_video() && offer.active(&MediaKind::Video).is_some() {
            leg.sdp.learn(&offer);
            leg.sdp.exchange = Exchange::Relaying(Box::new(offer));
            return self.offer_video_on(w, id);
        }
        self.answer_offer(w, id, &offer);
    }

    fn answer_offer(&mut self, w: &mut World, id: LegId, offer: &SessionDescription) {
        let prefer = self.partner_leg(id).map(|partner| partner.sdp.formats()).unwrap_or_default();
        let video = self.partner_leg(id).filter(|leg| leg.sdp.has_video()).map(|leg| leg.sdp.video.clone());
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        match leg.answer(w, offer, &prefer, video) {
            Ok(sdp) => w.leg(id, LegCommand::Answer { sdp }),
            Err(_) => {
                leg.sdp.end_relay();
                w.leg(id, LegCommand::Refuse { status: Refusal::STATUS });
            }
        }
        self.untune(id);
    }

    /// The codecs of the bridge that `leg` is in are looked at again.
    fn untune(&mut self, leg: LegId) {
        if let Some(bridge) = self.bridge.as_mut().filter(|bridge| bridge.partner(leg).is_some()) {
            bridge.tuned = false;
        }
    }

    fn wants_video_relay(&self, id: LegId) -> bool {
        let able = |leg: &Leg| matches!(leg.port, crate::leg::Port::Open { video: Some(_), .. });
        let partner = self.partner_leg(id).filter(|leg| leg.is_up() && leg.sdp.is_idle());
        self.legs.get(&id).is_some_and(able) && partner.is_some_and(|leg| able(leg) && !leg.sdp.has_video())
    }

    /// Passes the video of `from`'s offer on to the other leg.
    fn offer_video_on(&mut self, w: &mut World, from: LegId) {
        let Some((prefer, video)) =
            self.legs.get(&from).map(|leg| (leg.sdp.formats(), leg.sdp.video.clone()))
        else {
            return;
        };
        if let Some(partner) = self.partner(from) {
            self.re_offer(w, partner, prefer, Some(video), None);
        }
    }

    /// Offers a new session on an established leg; with `only`, this encoding alone.
    pub(crate) fn re_offer(
        &mut self,
        w: &mut World,
        id: LegId,
        prefer: Vec<Format>,
        video: Option<Vec<Format>>,
        only: Option<Format>,
    ) {
        let (headers, party) = (self.connected_headers(w, id), self.other_party(id).cloned());
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if let Some(mut terms) = leg.terms(w, prefer, video) {
            if let Some(only) = only {
                terms.formats = vec![only];
            }
            let sdp = leg.sdp.offer(&terms);
            // The same request tells whom the peer is connected with: no UPDATE of its own need follow.
            leg.shown = party;
            w.leg(id, LegCommand::Offer { sdp, headers });
        }
    }

    /// The peer has answered our offer.
    pub(crate) fn offer_answered(&mut self, w: &mut World, id: LegId, sdp: &Bytes) {
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if leg.sdp.accept(sdp, false).is_err() {
            leg.sdp.refused();
            self.log(w, Level::Warn, format!("leg {id}: its answer does not fit our offer"));
        }
    }

    pub(crate) fn offer_failed(&mut self, id: LegId) {
        if let Some(leg) = self.legs.get_mut(&id) {
            leg.sdp.refused();
        }
    }

    /// Answers offers that waited for the other leg.
    pub(crate) fn finish_relays(&mut self, w: &mut World) {
        let waiting = self.legs.values().find_map(|leg| match &leg.sdp.exchange {
            Exchange::Relaying(offer) if leg.is_live() => Some((leg.id, offer.clone())),
            Exchange::Relaying(_) | Exchange::Idle | Exchange::Offered(_) => None,
        });
        if let Some((id, offer)) = waiting
            && !self.partner_leg(id).is_some_and(|leg| leg.is_live() && !leg.sdp.is_idle())
        {
            self.answer_offer(w, id, &offer);
        }
    }
}
