//! Who talks with whom, and how the two come to speak the same.
//!
//! A bridge is two legs that hear each other. It does not own them: breaking it leaves both, and whoever breaks it says what
//! becomes of them. Each leg negotiates on its own; after a bridge is made it is tuned once: if the codecs differ and one end
//! takes the other's, that end gets a re-INVITE; otherwise the media engine transcodes.

use crate::Fact;
use crate::leg::{Leg, identity};
use crate::program::stack::Wait;
use crate::state::State;
use crate::world::World;
use cordboard_app::Privacy;
use cordboard_base::{Format, LegId, Time};
use cordboard_sip::trunk::Shown;
use serde::{Deserialize, Serialize};

/// Two legs that talk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bridge {
    pub(crate) a: LegId,
    pub(crate) b: LegId,
    pub(crate) since: Time,
    /// Whether codecs and video have been brought together.
    pub(crate) tuned: bool,
    /// Who has put the other one on hold by a code.
    #[serde(default)]
    pub(crate) held_by: Option<LegId>,
}

impl Bridge {
    pub(crate) fn new(a: LegId, b: LegId, since: Time) -> Self {
        Self { a, b, since, tuned: false, held_by: None }
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

    pub(crate) fn partner_leg(&self, leg: LegId) -> Option<&Leg> {
        self.partner(leg).and_then(|partner| self.legs.get(&partner))
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
    pub(crate) fn other_party(&self, id: LegId) -> Option<&cordboard_app::Identity> {
        if let Some(connected) = self.connected.as_ref().filter(|_| self.subject() == Some(id)) {
            return Some(connected);
        }
        self.other_leg(id).map(|leg| &leg.party)
    }

    /// The leg that a leg is connected with, or that alone rings for it.
    fn other_leg(&self, id: LegId) -> Option<&Leg> {
        if let Some(partner) = self.partner_leg(id) {
            return Some(partner);
        }
        let (_, wait) = self.wait_of(id)?;
        match wait {
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
            | Wait::Machine
            | Wait::Echo
            | Wait::Ask(_)
            | Wait::Talk(_)
            | Wait::Yield
            | Wait::Await(_)
            | Wait::Connect
            | Wait::Consult
            | Wait::Message(_) => None,
        }
    }

    /// The headers that tell a leg whom it is connected with. Outside they say what an INVITE there would say.
    pub(crate) fn connected_headers(&self, w: &World, id: LegId) -> Vec<(String, String)> {
        let privacy = self.other_leg(id).map(|leg| leg.privacy).unwrap_or_default();
        let (Some(leg), Some(party)) = (self.legs.get(&id), self.other_party(id)) else {
            return Vec::new();
        };
        if !leg.is_trunk() {
            return identity::headers(party, privacy, &w.office.domain);
        }
        let Some(presentation) = &leg.presentation else {
            return Vec::new();
        };
        // A program that names a number means it to be shown.
        let named = self.connected.is_some() && self.subject() == Some(id);
        let shown = if named { Shown::Caller } else { presentation.shown };
        let party = identity::cleaned(party);
        presentation.shows(shown, &party.number, &party.name, privacy == Privacy::Restricted).headers
    }
}
