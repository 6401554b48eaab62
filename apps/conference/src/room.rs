//! A room: who is in it, and what follows from that for those who are.

use crate::announce::Announcements;
use crate::settings::RoomSettings;
use crate::summary::ParticipantSummary;
use crate::talk::Place;
use cordboard_app::Identity;
use cordboard_base::{CallId, Time};
use serde::{Deserialize, Serialize};

/// A room with somebody in it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Room {
    pub(crate) settings: RoomSettings,
    /// In the order in which they came.
    pub(crate) participants: Vec<Participant>,
    pub(crate) locked: bool,
    /// All but administrators are muted.
    pub(crate) held: bool,
    pub(crate) recording: bool,
    pub(crate) announcements: Announcements,
    /// Of what is said to all: that of who came first.
    pub(crate) lang: String,
    pub(crate) opened: Time,
    /// When it is over.
    pub(crate) closes: Option<Time>,
    /// How many minutes before its end it was told last.
    pub(crate) warned_min: Option<u32>,
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Participant {
    pub(crate) call: CallId,
    pub(crate) who: Identity,
    pub(crate) admin: bool,
    pub(crate) marked: bool,
    pub(crate) wait_marked: bool,
    pub(crate) end_marked: bool,
    pub(crate) quiet: bool,
    pub(crate) presence: Presence,
    /// By itself, or because the room begins so; all but administrators may be muted besides.
    pub(crate) muted: bool,
    pub(crate) talking: bool,
    /// The recording of its name.
    pub(crate) name: Option<String>,
    pub(crate) since: Time,
    /// In whose name it may call somebody in.
    pub(crate) user: Option<String>,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Presence {
    /// Has a seat, and hears what is said first.
    Entering,
    /// Waits for a marked one.
    Waiting,
    /// In the mix.
    Talking,
}

impl Participant {
    /// `held`: all but administrators are muted.
    pub(crate) fn summary(&self, now: Time, held: bool) -> ParticipantSummary {
        let muted = self.muted || held && !self.admin;
        let state = match (self.presence, muted, self.talking) {
            (Presence::Entering, ..) => "entering",
            (Presence::Waiting, ..) => "waiting",
            (Presence::Talking, true, _) => "muted",
            (Presence::Talking, false, true) => "talking",
            (Presence::Talking, false, false) => "listening",
        };
        ParticipantSummary {
            call: self.call.to_string(),
            number: self.who.number.clone(),
            name: self.who.name.clone(),
            admin: self.admin,
            marked: self.marked,
            state: state.to_owned(),
            since_s: now.since(self.since).as_secs(),
        }
    }
}

impl Room {
    pub(crate) fn new(settings: RoomSettings, lang: String, now: Time) -> Self {
        let minutes = u64::from(settings.limit_min);
        let closes = (minutes > 0).then(|| now + core::time::Duration::from_secs(minutes * 60));
        Self {
            settings,
            participants: Vec::new(),
            locked: false,
            held: false,
            recording: false,
            announcements: Announcements::default(),
            lang,
            opened: now,
            closes,
            warned_min: None,
        }
    }

    pub(crate) fn participant(&mut self, call: CallId) -> Option<&mut Participant> {
        self.participants.iter_mut().find(|participant| participant.call == call)
    }

    /// How many are in the mix.
    pub(crate) fn talking(&self) -> usize {
        self.participants.iter().filter(|p| p.presence == Presence::Talking).count()
    }

    /// Who is in it alone.
    pub(crate) fn lone(&self) -> Option<CallId> {
        let mut talking = self.participants.iter().filter(|p| p.presence == Presence::Talking);
        talking.next().filter(|_| talking.next().is_none()).map(|p| p.call)
    }

    /// Whether a marked one is there, or about to be.
    pub(crate) fn has_marked(&self) -> bool {
        self.participants.iter().any(|participant| participant.marked)
    }

    /// Where somebody is to be.
    pub(crate) fn place(&self, call: CallId) -> Place {
        let waits = self.participants.iter().any(|p| p.call == call && p.wait_marked && !p.marked);
        let others = self.participants.iter().any(|p| p.call != call && p.presence == Presence::Talking);
        match (waits && !self.has_marked(), others) {
            (true, _) => Place::Waits,
            (false, true) => Place::InCompany,
            (false, false) => Place::Alone,
        }
    }
}
