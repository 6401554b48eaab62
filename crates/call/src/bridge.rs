//! Who hears whom, and how legs come to speak the same: answering, early media, offers from either side.
//!
//! A bridge is two legs that hear each other. It does not own them: breaking it leaves both, and whoever breaks it says what
//! becomes of them. Each leg negotiates on its own; after a bridge is made it is tuned once: if the codecs differ and one end
//! takes the other's, that end gets a re-INVITE; otherwise the media engine transcodes.

use crate::Fact;
use crate::leg::negotiate::Exchange;
use crate::leg::{Leg, Side, Stage, identity};
use crate::program::stack::Wait;
use crate::program::step::Audible;
use crate::state::{State, Timer};
use crate::world::World;
use bytes::Bytes;
use cordboard_app::{Cause, Level};
use cordboard_base::{Format, LegId, Time};
use cordboard_sdp::{MediaKind, Refusal, SessionDescription};
use cordboard_sip::session::LegCommand;
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Two legs that talk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bridge {
    pub(crate) a: LegId,
    pub(crate) b: LegId,
    pub(crate) since: Time,
    /// Whether codecs and video have been brought together.
    pub(crate) tuned: bool,
}

impl Bridge {
    pub(crate) fn new(a: LegId, b: LegId, since: Time) -> Self {
        Self { a, b, since, tuned: false }
    }

    /// The other one.
    pub(crate) fn partner(&self, leg: LegId) -> Option<LegId> {
        match leg {
            leg if leg == self.a => Some(self.b),
            leg if leg == self.b => Some(self.a),
            _ => None,
        }
    }
}

impl State {
    pub(crate) fn make_bridge(&mut self, w: &mut World, bridge: Bridge) {
        w.fact(self.id, Fact::Bridged(bridge.a, bridge.b));
        self.bridge = Some(bridge);
    }

    pub(crate) fn partner(&self, leg: LegId) -> Option<LegId> {
        self.bridge.as_ref().and_then(|bridge| bridge.partner(leg))
    }

    fn partner_leg(&self, leg: LegId) -> Option<&Leg> {
        self.partner(leg).and_then(|partner| self.legs.get(&partner))
    }

    /// Answers a leg if that has not been done.
    pub(crate) fn answer_leg(&mut self, w: &mut World, now: Time, id: LegId, prefer: &[Format]) -> Audible {
        let headers = self.connected_headers(w, id);
        let video = self.partner_leg(id).map(|partner| partner.sdp.video.clone());
        let shown = self.other_party(id);
        let Some(leg) = self.legs.get_mut(&id) else {
            return Audible::Never;
        };
        match (&leg.stage, &leg.side) {
            (Stage::Up, _) if leg.sdp.agreed.is_some() => return Audible::Now,
            (Stage::Up, Side::Incoming { .. }) => return Audible::OnAck,
            (Stage::Trying | Stage::Early, Side::Incoming { .. }) => {}
            (
                Stage::Up | Stage::Trying | Stage::Early | Stage::Preparing | Stage::Leaving | Stage::Gone,
                _,
            ) => {
                return Audible::Never;
            }
        }
        let offer = leg.offer().cloned();
        let sdp = match (&offer, leg.sdp.agreed.is_some()) {
            // The 200 says what the 183 said (RFC 3261 §13.2.1).
            (Some(_), true) => leg.sdp.last_sent(),
            (Some(offer), false) => match leg.answer(w, offer, prefer, video) {
                Ok(sdp) => Some(sdp),
                Err(_) => return Audible::Never,
            },
            (None, _) => leg.terms(w, prefer.to_vec(), video).map(|terms| leg.sdp.offer(&terms)),
        };
        leg.stage = Stage::Up;
        leg.answered = Some(now);
        leg.shown = shown;
        w.leg(id, LegCommand::Accept { sdp, headers });
        self.answered.get_or_insert(now);
        let limit = w.office.max_duration_ms;
        if limit > 0 && self.timers.at(&Timer::CallLimit).is_none() {
            self.timers.set(Timer::CallLimit, now + Duration::from_millis(u64::from(limit)));
        }
        if offer.is_some() { Audible::Now } else { Audible::OnAck }
    }

    /// 183 with our answer, if the INVITE had an offer. Whether the leg hears us now.
    pub(crate) fn early_media(&mut self, w: &mut World, _now: Time, id: LegId, prefer: &[Format]) -> bool {
        let headers = self.connected_headers(w, id);
        let Some(leg) = self.legs.get_mut(&id) else {
            return false;
        };
        let Some(offer) = leg.offer().cloned() else {
            return false;
        };
        if !matches!(leg.stage, Stage::Trying | Stage::Early) {
            return leg.is_audible();
        }
        // Video is left for the answer: the early description can't be taken back.
        if leg.sdp.agreed.is_none() && leg.answer(w, &offer, prefer, None).is_err() {
            return false;
        }
        leg.stage = Stage::Early;
        let sdp = leg.sdp.last_sent();
        w.leg(id, LegCommand::Provisional { status: 183, sdp, headers });
        true
    }

    /// A leg is to hear something: early media if the program wants that, else it is answered.
    pub(crate) fn make_audible(&mut self, w: &mut World, now: Time, id: LegId, early: bool) -> Audible {
        if early && !self.legs.get(&id).is_some_and(Leg::is_up) && self.has_early(w, now, id) {
            return Audible::Now;
        }
        self.answer_leg(w, now, id, &[])
    }

    fn has_early(&mut self, w: &mut World, now: Time, id: LegId) -> bool {
        self.legs.get(&id).is_some_and(Leg::is_audible) || self.early_media(w, now, id, &[])
    }

    /// The ACK of our 2xx: the answer to our offer is in it, if the INVITE had none.
    pub(crate) fn acknowledged(&mut self, w: &mut World, now: Time, id: LegId, sdp: Option<&Bytes>) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_up()) else {
            return;
        };
        if leg.sdp.agreed.is_none() {
            let agreed = sdp.is_some_and(|sdp| leg.sdp.accept(sdp, false).is_ok());
            if !agreed {
                let reason = crate::leg::reason_of(Cause::INCOMPATIBLE);
                return self.end_legs(w, now, &[id], Cause::INCOMPATIBLE, reason);
            }
        }
        let Some(stack) = self.main.filter(|_| self.subject() == Some(id)) else {
            return;
        };
        if let Some(Wait::Acknowledged(step)) = self.stacks.get(&stack).map(|stack| stack.wait.clone()) {
            self.execute(w, now, stack, *step);
        }
    }

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
        if relays && !leg.sdp.has_video() && offer.active(&MediaKind::Video).is_some() {
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
                leg.sdp.exchange = Exchange::Idle;
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
    fn re_offer(
        &mut self,
        w: &mut World,
        id: LegId,
        prefer: Vec<Format>,
        video: Option<Vec<Format>>,
        only: Option<Format>,
    ) {
        let (headers, party) = (self.connected_headers(w, id), self.other_party(id));
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

    /// Brings a new bridge's ends together, once.
    pub(crate) fn tune(&mut self, w: &mut World) {
        let Some((a, b)) =
            self.bridge.as_ref().filter(|bridge| !bridge.tuned).map(|bridge| (bridge.a, bridge.b))
        else {
            return;
        };
        let (Some(leg_a), Some(leg_b)) = (self.legs.get(&a), self.legs.get(&b)) else {
            return;
        };
        let quiet = |leg: &Leg| leg.is_up() && leg.sdp.is_idle() && !leg.is_holding();
        if !quiet(leg_a) || !quiet(leg_b) {
            return;
        }
        let (Some(codec_a), Some(codec_b)) = (leg_a.sdp.codec().cloned(), leg_b.sdp.codec().cloned()) else {
            return;
        };
        let video = |from: &Leg, to: &Leg| {
            let able = matches!(to.port, crate::leg::Port::Open { video: Some(_), .. });
            Some(from.sdp.video.clone()).filter(|_| able && from.sdp.has_video())
        };
        let allowed = |leg: &Leg, codec: &Format| leg.may_use(w, codec) && leg.sdp.takes(codec);
        let (video_a, video_b) = (video(leg_b, leg_a), video(leg_a, leg_b));
        let wish = if codec_a.same_encoding(&codec_b) {
            match (leg_a.sdp.has_video(), leg_b.sdp.has_video()) {
                (false, true) if video_a.is_some() => Some((a, video_a, None)),
                (true, false) if video_b.is_some() => Some((b, video_b, None)),
                (true | false, true | false) => None,
            }
        } else if allowed(leg_b, &codec_a) {
            Some((b, video_b, Some(codec_a)))
        } else if allowed(leg_a, &codec_b) {
            Some((a, video_a, Some(codec_b)))
        } else {
            None
        };
        if let Some(bridge) = &mut self.bridge {
            bridge.tuned = true;
        }
        if let Some((leg, video, only)) = wish {
            let prefer = self.partner_leg(leg).map(|partner| partner.sdp.formats()).unwrap_or_default();
            self.re_offer(w, leg, prefer, video, only);
        }
    }

    /// Who is at the other end of a leg, as its display is to show it.
    pub(crate) fn other_party(&self, id: LegId) -> Option<cordboard_app::Identity> {
        if let Some(connected) = self.connected.clone().filter(|_| self.subject() == Some(id)) {
            return Some(connected);
        }
        self.other_leg(id).map(|leg| leg.party.clone())
    }

    /// The leg that a leg is connected with, or that alone rings for it.
    fn other_leg(&self, id: LegId) -> Option<&Leg> {
        if let Some(partner) = self.partner_leg(id) {
            return Some(partner);
        }
        let stack = self.main.and_then(|main| self.stacks.get(&main)).filter(|stack| stack.subject == id)?;
        match &stack.wait {
            Wait::Dial(dial) if dial.ringing.len() == 1 => {
                dial.ringing.first().and_then(|leg| self.legs.get(leg))
            }
            Wait::Dial(_)
            | Wait::Ready(_)
            | Wait::Running
            | Wait::Acknowledged(_)
            | Wait::Play(_)
            | Wait::Read(_)
            | Wait::Pause
            | Wait::Silence
            | Wait::Echo
            | Wait::Ask(_)
            | Wait::Talk(_)
            | Wait::Yield => None,
        }
    }

    /// The headers that tell a leg whom it is connected with.
    pub(crate) fn connected_headers(&self, w: &World, id: LegId) -> Vec<(String, String)> {
        let privacy = self.other_leg(id).map(|leg| leg.privacy).unwrap_or_default();
        let trunk = self.legs.get(&id).is_some_and(Leg::is_trunk)
            || (id == self.first_leg() && self.info.trunk.is_some());
        match self.other_party(id) {
            Some(party) => identity::headers(&party, privacy, trunk, &w.office.domain),
            None => Vec::new(),
        }
    }
}

impl Leg {
    /// The offer of an incoming leg's INVITE.
    fn offer(&self) -> Option<&SessionDescription> {
        match &self.side {
            Side::Incoming { offer } => offer.as_deref(),
            Side::Outgoing { .. } => None,
        }
    }

    pub(crate) fn answer(
        &mut self,
        w: &World,
        offer: &SessionDescription,
        prefer: &[Format],
        video: Option<Vec<Format>>,
    ) -> Result<Bytes, Refusal> {
        let terms = self.terms(w, prefer.to_vec(), video).ok_or(Refusal::NoMedia)?;
        self.sdp.answer(offer, &terms)
    }

    /// Whether the office, or this user's own list, lets the leg use an encoding.
    fn may_use(&self, w: &World, codec: &Format) -> bool {
        self.terms(w, Vec::new(), None)
            .is_some_and(|terms| terms.formats.iter().any(|format| format.same_encoding(codec)))
    }
}
