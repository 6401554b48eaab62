//! What follows from a call's state, worked out after every turn and told only where it has changed: what each leg hears, how
//! its media is set up, whom its display shows, which lamp is lit. Deriving it keeps hold, early media, transfers and prompts
//! from each having their own switches.

use crate::dial::Alert;
use crate::leg::owner::Whose;
use crate::leg::{Leg, Playing, Stage, identity};
use crate::program::stack::Wait;
use crate::state::State;
use crate::world::World;
use crate::{Fact, LegState};
use cordboard_app::{Destination, Identity};
use cordboard_base::LegId;
use cordboard_media::{Audio, Command, Play, Source, Tone};
use cordboard_sip::session::LegCommand;
use cordboard_sip::trunk::Shown;

/// Ringback for callers that are answered already: 425 Hz, 1 s in 5 (ETSI TR 101 041-2, the commonest in Europe).
const RINGBACK: Tone =
    Tone { frequencies_hz: [425, 0], level_dbm0: -13, cadence_ms: Vec::new(), duration_ms: 0 };
const RINGBACK_CADENCE_MS: [u16; 2] = [1_000, 4_000];

/// What a leg ought to hear under any prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hearing {
    source: Source,
    under: Under,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Under {
    Nothing,
    Music(String),
    Ringback,
}

impl State {
    /// Tells everybody what has changed.
    pub(crate) fn settle(&mut self, w: &mut World) {
        self.finish_relays(w);
        self.tune(w);
        self.settle_overheard(w);
        self.settle_inner(w);
        let legs: Vec<LegId> = self.legs.keys().copied().collect();
        for id in legs {
            self.settle_media(w, id);
            self.settle_digits(w, id);
            self.settle_recordings(w, id);
            self.settle_identity(w, id);
            self.settle_facts(w, id);
        }
    }

    fn settle_media(&mut self, w: &mut World, id: LegId) {
        let hearing = self.hearing(w, id);
        let partner = self.partner(id).and_then(|partner| self.legs.get(&partner));
        let Some(leg) = self.legs.get(&id).filter(|leg| leg.is_audible()) else {
            return;
        };
        let setup = (leg.stream_setup(w.office.rtp_timeout_ms), leg.video_setup(partner));
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        if leg.setup.as_deref() != Some(&setup) {
            w.media(Command::Setup { leg: id, audio: setup.0.clone(), video: setup.1.clone() });
            leg.setup = Some(Box::new(setup));
        }
        if leg.hears != hearing.source {
            leg.hears = hearing.source;
            w.media(Command::Hear { leg: id, source: hearing.source });
        }
        leg.play_under(w, &hearing.under);
    }

    /// What a leg ought to hear.
    fn hearing(&self, w: &World, id: LegId) -> Hearing {
        let plain = |source| Hearing { source, under: Under::Nothing };
        if let Some(partner) = self.partner(id) {
            let held_by = self.bridge.as_ref().and_then(|bridge| bridge.held_by);
            if held_by == Some(id) {
                return plain(Source::Nothing);
            }
            if held_by.is_none() && !self.legs.get(&partner).is_some_and(Leg::is_holding) {
                return plain(self.whispered(id).map_or(Source::Leg(partner), Source::Mix));
            }
            let holds = self.legs.get(&id).is_some_and(Leg::is_holding);
            return match self.hold_music(w) {
                // A leg whose own peer holds can't be sent anything.
                Some(class) if !holds => Hearing { source: Source::Nothing, under: Under::Music(class) },
                Some(_) | None => plain(Source::Nothing),
            };
        }
        let wait = self.wait_of(id).map(|(_, wait)| wait);
        let music = self.legs.get(&id).and_then(|leg| leg.music.clone()).map_or(Under::Nothing, Under::Music);
        match wait {
            Some(Wait::Echo) => plain(Source::Echo),
            Some(Wait::Dial(dial)) => match dial.alert {
                Alert::Early(callee) => plain(Source::Leg(callee)),
                Alert::Ringing if music == Under::Nothing => {
                    Hearing { source: Source::Nothing, under: Under::Ringback }
                }
                Alert::Ringing | Alert::Silent | Alert::Music => {
                    Hearing { source: Source::Nothing, under: music }
                }
            },
            Some(
                Wait::Ready(_)
                | Wait::Running
                | Wait::Acknowledged(_)
                | Wait::Play(_)
                | Wait::Read(_)
                | Wait::Pause
                | Wait::Silence
                | Wait::Machine
                | Wait::Ask(_)
                | Wait::Talk(_)
                | Wait::Yield
                | Wait::Await(_)
                | Wait::Connect
                | Wait::Consult
                | Wait::Message(_),
            )
            | None => match self.heard_mix(id) {
                // Music under it is for those who are alone in a mix: they hear nothing else.
                Some(mix) if music == Under::Nothing => plain(Source::Mix(mix)),
                Some(_) | None => Hearing { source: Source::Nothing, under: music },
            },
        }
    }

    /// Tells a phone whom it is connected with now, if that has changed (RFC 4916).
    fn settle_identity(&mut self, w: &mut World, id: LegId) {
        let connected =
            self.partner(id).is_some() || (self.connected.is_some() && self.subject() == Some(id));
        if !connected || !self.legs.get(&id).is_some_and(|leg| leg.is_up() && leg.sdp.agreed.is_some()) {
            return;
        }
        let party = self.other_party(id).filter(|party| **party != Identity::default());
        if party.is_none() || self.legs.get(&id).is_none_or(|leg| leg.shown.as_ref() == party) {
            return;
        }
        let party = party.cloned();
        let headers = self.connected_headers(w, id);
        let named = self.connected.is_some() && self.subject() == Some(id);
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        leg.shown = party;
        // A provider that is shown our line, whoever talks, has nothing to learn.
        let same_line = leg.presentation.as_ref().is_some_and(|is| is.shown == Shown::Line) && !named;
        if !headers.is_empty() && !same_line {
            w.leg(id, LegCommand::Identity { headers });
        }
    }

    fn settle_facts(&mut self, w: &mut World, id: LegId) {
        let Some(leg) = self.legs.get(&id) else {
            return;
        };
        let holds = self.bridge.as_ref().is_some_and(|bridge| bridge.held_by == Some(id));
        let lamp = leg.lamp_state();
        let lamp = if holds && lamp == LegState::Talking { LegState::Holding } else { lamp };
        if leg.lamp != Some(lamp) {
            let who = Self::owner_of(leg);
            let other = self.other_party(id).cloned().unwrap_or_else(|| self.far_end(leg));
            let outgoing = !leg.is_incoming();
            w.fact(self.id, Fact::LegState { leg: id, who, state: lamp, outgoing, other });
        }
        let partner = self.partner(id).and_then(|partner| self.legs.get(&partner));
        let codec = leg.sdp.codec().filter(|_| leg.is_audible()).map(|codec| {
            let other = partner.and_then(|partner| partner.sdp.codec());
            (codec.name.as_str(), other.is_some_and(|other| !other.same_encoding(codec)))
        });
        let told = leg.codec_told.as_ref().map(|(name, transcoded)| (name.as_str(), *transcoded));
        let news = codec.filter(|_| told != codec).map(|(name, transcoded)| (name.to_owned(), transcoded));
        let Some(leg) = self.legs.get_mut(&id) else {
            return;
        };
        leg.lamp = Some(lamp);
        if let Some((name, transcoded)) = news {
            leg.codec_told = Some((name.clone(), transcoded));
            w.fact(self.id, Fact::Codec { leg: id, name, transcoded });
        }
    }

    /// Whose lamp a leg lights.
    pub(crate) fn owner_of(leg: &Leg) -> Option<Destination> {
        if let Some(who) = leg.who() {
            return Some(who.clone());
        }
        match &leg.owner.whose {
            Whose::User(user) => Some(Destination::User(user.clone())),
            Whose::Trunk(trunk) => {
                Some(Destination::Trunk { trunk: trunk.clone(), number: leg.party.number.clone() })
            }
            Whose::Nobody => None,
        }
    }

    /// Whom a leg that is not connected calls, or is called by.
    fn far_end(&self, leg: &Leg) -> Identity {
        if leg.is_incoming() {
            Identity { number: identity::clean(&self.info.dialed), name: String::new() }
        } else {
            leg.shown.clone().unwrap_or_default()
        }
    }
}

impl Leg {
    fn lamp_state(&self) -> LegState {
        match self.stage {
            Stage::Preparing | Stage::Trying => LegState::Trying,
            Stage::Early if self.is_incoming() => LegState::Trying,
            Stage::Early => LegState::Ringing,
            Stage::Up if self.is_holding() => LegState::Holding,
            Stage::Up => LegState::Talking,
            Stage::Leaving | Stage::Gone => LegState::Ended,
        }
    }

    /// Music and ringback play under prompts: they come back when a prompt is over.
    fn play_under(&mut self, w: &mut World, under: &Under) {
        let (current, same) = match (&self.playing, under) {
            (Playing::Prompt(..), _) => return,
            (Playing::Nothing, Under::Nothing) => return,
            (Playing::Nothing, Under::Music(_) | Under::Ringback) => (None, false),
            (Playing::Music(id, class), Under::Music(wanted)) => (Some(*id), class == wanted),
            (Playing::Ringback(id), Under::Ringback) => (Some(*id), true),
            (
                Playing::Music(id, _) | Playing::Ringback(id),
                Under::Nothing | Under::Music(_) | Under::Ringback,
            ) => (Some(*id), false),
        };
        if same {
            return;
        }
        let item = match under {
            Under::Nothing => {
                if let Some(play) = current {
                    w.media(Command::Stop { leg: self.id, play });
                }
                self.playing = Playing::Nothing;
                return;
            }
            Under::Music(class) => Audio::Music(class.clone()),
            Under::Ringback => Audio::Tone(Tone { cadence_ms: RINGBACK_CADENCE_MS.to_vec(), ..RINGBACK }),
        };
        let id = w.play_id();
        self.playing = match under {
            Under::Music(class) => Playing::Music(id, class.clone()),
            Under::Ringback | Under::Nothing => Playing::Ringback(id),
        };
        let play = Play { id, items: vec![item], repeat: true, interrupt: String::new() };
        w.media(Command::Play { leg: self.id, play });
    }
}
