//! Coming in and going: who may, where it is then, and what the others hear of it.

use super::acts::counted;
use super::{Rooms, mix_of};
use crate::room::{Participant, Presence, Room};
use crate::settings::{Announce, RoomName, RoomSettings, Settings};
use crate::talk::{Answer, Place, Refusal, Seat, Word};
use crate::wishes::Wishes;
use cordboard_app::{Asker, Value};
use cordboard_base::{CallId, Time};
use core::time::Duration;

/// Rooms at once.
const ROOMS_MAX: usize = 1_000;
/// How many are called in at once by one who enters.
const INVITES_MAX: usize = 16;
/// So long a name is kept when its owner has left.
const NAME_KEPT: Duration = Duration::from_secs(120);

impl Rooms {
    /// The settings that a room has, or would have.
    pub(super) fn terms(&self, name: &str, wishes: &Wishes) -> Option<RoomSettings> {
        let name = RoomName::try_from(name.to_owned()).ok()?;
        match self.settings.room.get(&name) {
            Some(room) => Some(wishes.over(room)),
            None => self.settings.on_the_fly.then(|| wishes.over(&RoomSettings::default())),
        }
    }

    pub(super) fn look(&self, now: Time, asker: &Asker, room: &str, wishes: &Wishes) -> Answer {
        let Some(terms) = self.terms(room, wishes) else { return Answer::Refused(Refusal::NoRoom) };
        let Settings { wrong_pins_max, lock_out_min, .. } = self.settings;
        let wants_pin = terms.pin.is_some() || terms.admin_pin.is_some();
        if !wants_pin || wishes.admin || wishes.invited {
            return Answer::Free { named: is_named(&terms, wishes) };
        }
        if self.wrong.is_locked_out(now, &caller(room, asker), wrong_pins_max, lock_out_min) {
            return Answer::Refused(Refusal::LockedOut);
        }
        Answer::WantsPin
    }

    pub(super) fn check_pin(
        &mut self,
        now: Time,
        asker: &Asker,
        room: &str,
        typed: &str,
        wishes: &Wishes,
    ) -> Answer {
        let Some(terms) = self.terms(room, wishes) else { return Answer::Refused(Refusal::NoRoom) };
        let Settings { wrong_pins_max, lock_out_min, .. } = self.settings;
        let who = caller(room, asker);
        if self.wrong.is_locked_out(now, &who, wrong_pins_max, lock_out_min) {
            return Answer::Refused(Refusal::LockedOut);
        }
        let is_it = |pin: &Option<crate::Pin>| pin.as_ref().is_some_and(|pin| pin.digits() == typed);
        let admin = is_it(&terms.admin_pin);
        // Who is no administrator of a room with nothing but their PIN just presses #.
        if admin || is_it(&terms.pin) || (terms.pin.is_none() && typed.is_empty()) {
            self.wrong.forget(&who);
            return Answer::Right { admin, named: is_named(&terms, wishes) };
        }
        self.wrong.count(now, who, lock_out_min);
        Answer::Wrong
    }

    pub(super) fn enter(
        &mut self,
        now: Time,
        asker: &Asker,
        name: &str,
        wishes: &Wishes,
        (admin, spoken): (bool, Option<String>),
    ) -> Answer {
        let Some(terms) = self.terms(name, wishes) else { return Answer::Refused(Refusal::NoRoom) };
        self.leave(now, asker.call);
        if !self.rooms.contains_key(name) && self.rooms.len() >= ROOMS_MAX {
            return Answer::Refused(Refusal::Full);
        }
        let lang = asker.lang.clone();
        let room = self.rooms.entry(name.to_owned()).or_insert_with(|| Room::new(terms.clone(), lang, now));
        // Administrators always come in, and so does whom they call in: it has answered for that.
        let called_in = self.called_in.remove(&asker.call);
        let is_let_in = admin || called_in.as_ref().is_some_and(|called_in| called_in.by_admin);
        if !is_let_in && room.locked {
            return Answer::Refused(Refusal::Locked);
        }
        if !is_let_in && room.participants.len() >= usize::try_from(room.settings.max).unwrap_or(usize::MAX) {
            return Answer::Refused(Refusal::Full);
        }
        let marked = wishes.marked.unwrap_or(admin);
        // Who is about to come in counts.
        let others = room.participants.iter().filter(|p| p.presence != Presence::Waiting).count();
        let held = room.held && !admin;
        let participant = Participant {
            call: asker.call,
            who: called_in.map_or_else(|| asker.caller.clone(), |called_in| called_in.who),
            admin,
            marked,
            wait_marked: terms.wait_marked,
            end_marked: terms.end_marked,
            quiet: wishes.quiet,
            presence: Presence::Entering,
            muted: terms.muted && !admin,
            talking: false,
            name: spoken,
            since: now,
            user: asker.user.clone(),
        };
        let muted = participant.muted;
        room.participants.push(participant);
        let waits = room.place(asker.call) == Place::Waits;
        let welcome = match (wishes.quiet, waits) {
            (true, _) => Vec::new(),
            (false, true) => vec!["conf-waitforleader".to_owned()],
            (false, false) => welcome(others, terms.count, &asker.lang),
        };
        self.seats.insert(asker.call, name.to_owned());
        self.show(name);
        for whom in wishes.invite.iter().take(INVITES_MAX) {
            self.invite(asker, whom.clone());
        }
        Answer::Seat(Seat { mix: mix_of(name), music: terms.music, admin, muted, held, waits, welcome })
    }

    /// Somebody is in the mix now, or waits outside of it.
    pub(super) fn here(&mut self, call: CallId, talks: bool) -> Answer {
        let Some(name) = self.seats.get(&call).cloned() else { return Answer::Place(Place::Alone) };
        let Some(room) = self.rooms.get_mut(&name) else { return Answer::Place(Place::Alone) };
        let lone = room.lone();
        let Some(participant) = room.participant(call) else { return Answer::Place(Place::Alone) };
        let before = participant.presence;
        participant.presence = if talks { Presence::Talking } else { Presence::Waiting };
        let (marked, quiet) = (participant.marked, participant.quiet);
        if talks && before != Presence::Talking {
            if lone.is_none() && room.talking() == 1 {
                self.open(&name);
            }
            if let Some(lone) = lone {
                self.tell(lone, Word::Place(Place::InCompany));
            }
            if !quiet {
                self.announce_coming(&name, call);
            }
            if marked {
                self.call_in(&name);
            }
        } else if !talks && before == Presence::Talking {
            self.left_mix(&name);
        }
        self.show(&name);
        let place = self.rooms.get(&name).map_or(Place::Alone, |room| room.place(call));
        Answer::Place(place)
    }

    /// Somebody is gone, however it went.
    pub(super) fn leave(&mut self, now: Time, call: CallId) {
        let Some(name) = self.seats.remove(&call) else { return };
        let Some(room) = self.rooms.get_mut(&name) else { return };
        let Some(at) = room.participants.iter().position(|p| p.call == call) else { return };
        let gone = room.participants.remove(at);
        if room.participants.is_empty() {
            self.rooms.remove(&name);
        } else if gone.presence == Presence::Talking {
            if !gone.quiet {
                self.announce_going(&name, gone.name.clone());
            }
            self.left_mix(&name);
        }
        if gone.marked && self.rooms.get(&name).is_some_and(|room| !room.has_marked()) {
            self.leaderless(&name);
        }
        let secs = i64::try_from(now.since(gone.since).as_secs()).unwrap_or(0);
        self.old_names.extend(gone.name.map(|file| (now + NAME_KEPT, file)));
        self.event(
            "conference-left",
            &[
                ("room", Value::Text(name.clone())),
                ("number", Value::Untrusted(gone.who.number)),
                ("secs", Value::Int(secs)),
            ],
        );
        self.show(&name);
    }
}

/// Whether who enters says its name first.
pub(super) fn is_named(terms: &RoomSettings, wishes: &Wishes) -> bool {
    terms.announce == Announce::Names && !wishes.quiet && !wishes.invited
}

pub(super) fn caller(room: &str, asker: &Asker) -> (String, String) {
    (room.to_owned(), asker.caller.number.clone())
}

/// What is said to who enters, with so many in the room.
pub(super) fn welcome(others: usize, count: bool, lang: &str) -> Vec<String> {
    match others {
        0 => vec!["conf-onlyperson".to_owned()],
        _ if !count => Vec::new(),
        1 => vec!["conf-onlyone".to_owned()],
        _ => counted(others, "conf-otherinparty", lang),
    }
}
