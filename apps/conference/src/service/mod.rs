//! The office-wide part: all rooms, who is in which, and what is told to whom.
//!
//! ```text
//!  Enter ─▶ seat (Entering) ──Here──▶ Talking ◀──────────┐
//!                          └──Here──▶ Waiting ──marked───┘ ──Leave, Gone──▶ no more
//! ```
//! The mix of a room is there while somebody is Talking; with the first one its recording begins, with the last one it ends.

mod acts;
mod clock;
mod company;
mod door;
mod telling;

use crate::KIND;
use crate::pins::WrongPins;
use crate::room::{Participant, Room};
use crate::settings::Settings;
use crate::summary::RoomSummary;
use crate::talk::{Answer, Request, Word, invited};
use clock::next_of;
use cordboard_app::{
    Answered, AskId, Asker, Cause, Destination, Identity, Moment, Service, ServiceOutput, Value,
};
use cordboard_base::{CallId, Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// All rooms.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Rooms {
    settings: Settings,
    rooms: BTreeMap<String, Room>,
    #[serde(with = "cordboard_base::pairs")]
    seats: BTreeMap<CallId, String>,
    wrong: WrongPins,
    /// Who called whom in, by the number of the call that is made.
    #[serde(with = "cordboard_base::pairs")]
    inviting: BTreeMap<u64, Invitation>,
    next_number: u64,
    /// Who has been called in and is about to enter.
    #[serde(with = "cordboard_base::pairs")]
    called_in: BTreeMap<CallId, CalledIn>,
    /// Recorded names of those who have left, and when they are deleted: the last thing heard of them is that they have left.
    old_names: VecDeque<(Time, String)>,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// Somebody who is being called in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Invitation {
    by: CallId,
    by_admin: bool,
    whom: Destination,
}

/// Somebody who has been called in, and has answered.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct CalledIn {
    who: Identity,
    /// An administrator has opened the door for it.
    by_admin: bool,
}

impl Service for Rooms {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.settings = serde_json::from_str(settings)?;
        let names: Vec<String> = self.settings.room.keys().map(|name| name.as_str().to_owned()).collect();
        for name in names {
            self.show(&name);
        }
        Ok(())
    }

    fn asked(&mut self, at: Moment, _ask: AskId, asker: &Asker, request: &Value) -> Answered {
        let request = request.request(KIND)?;
        Ok(Some(Value::of(&self.answer(at.now, asker, request))))
    }

    fn gone(&mut self, at: Moment, call: CallId) {
        self.called_in.remove(&call);
        self.leave(at.now, call);
    }

    fn played(&mut self, _at: Moment, mix: String) {
        let next = self.room_of(&mix).and_then(|room| room.announcements.played());
        if next.is_some() {
            self.out.push_back(ServiceOutput::PlayInto { mix, play: next });
        }
    }

    fn recorded(&mut self, _at: Moment, mix: &str, file: String, ms: u64) {
        let fields = [
            ("room", Value::Text(name_of(mix).to_owned())),
            ("file", Value::Text(file)),
            ("ms", Value::Int(i64::try_from(ms).unwrap_or(0))),
        ];
        self.event("conference-recorded", &fields);
    }

    fn talking(&mut self, _at: Moment, mix: &str, call: CallId, talks: bool) {
        self.talks(mix, call, talks);
    }

    fn originated(&mut self, _at: Moment, number: u64, call: CallId, failed: Option<Cause>) {
        let Some(Invitation { by, by_admin, whom }) = self.inviting.remove(&number) else { return };
        let number = match whom {
            Destination::User(user) => user,
            Destination::Trunk { number, .. } | Destination::Extension { number, .. } => number,
        };
        if failed.is_none() {
            let who = Identity { number, name: String::new() };
            self.called_in.insert(call, CalledIn { who, by_admin });
        } else if self.seats.contains_key(&by) {
            self.tell(by, Word::Say(vec!["conf-invitefailed".to_owned()]));
        }
    }

    fn tick(&mut self, at: Moment) {
        self.pass_time(at.now);
    }

    fn next_deadline(&self) -> Option<Time> {
        let names = self.old_names.front().map(|(at, _)| *at);
        self.rooms.values().filter_map(next_of).chain(names).min()
    }
}

impl Rooms {
    fn answer(&mut self, now: Time, asker: &Asker, request: Request) -> Answer {
        match request {
            Request::Look { room, wishes } => self.look(now, asker, &room, &wishes),
            Request::Pin { room, typed, wishes } => self.check_pin(now, asker, &room, &typed, &wishes),
            Request::Enter { room, wishes, admin, name } => {
                let answer = self.enter(now, asker, &room, &wishes, (admin, name.clone()));
                if let (Answer::Refused(_), Some(file)) = (&answer, name) {
                    self.out.push_back(ServiceOutput::Unlink { file });
                }
                answer
            }
            Request::Unnamed(file) => {
                self.out.push_back(ServiceOutput::Unlink { file });
                Answer::Said(Vec::new())
            }
            Request::Here { talks } => self.here(asker.call, talks),
            Request::Muted(muted) => {
                if let Some(participant) = self.seat(asker.call) {
                    participant.muted = muted;
                }
                Answer::Said(Vec::new())
            }
            Request::Act(act) => Answer::Said(self.act(asker.call, act)),
            Request::Invite { number, known_user } => {
                let (trunk, prefix) =
                    (self.settings.dial_out_trunk.clone(), self.settings.dial_out_prefix.clone());
                let is_admin = self.seat(asker.call).is_some_and(|participant| participant.admin);
                match invited(&number, known_user, trunk.as_deref(), &prefix).filter(|_| is_admin) {
                    Some(whom) => {
                        self.invite(asker, whom);
                        Answer::Said(Vec::new())
                    }
                    None => Answer::Said(vec!["conf-invitefailed".to_owned()]),
                }
            }
            Request::Leave => {
                self.leave(now, asker.call);
                Answer::Said(Vec::new())
            }
            Request::List => Answer::Rooms(self.summaries(now)),
        }
    }

    fn summaries(&self, now: Time) -> Vec<RoomSummary> {
        let of = |(name, room): (&String, &Room)| RoomSummary {
            room: name.clone(),
            age_s: now.since(room.opened).as_secs(),
            locked: room.locked,
            recording: room.recording,
            participants: room.participants.iter().map(|p| p.summary(now, room.held)).collect(),
        };
        self.rooms.iter().map(of).collect()
    }

    fn seat(&mut self, call: CallId) -> Option<&mut Participant> {
        let name = self.seats.get(&call)?;
        self.rooms.get_mut(name)?.participant(call)
    }

    fn room_of(&mut self, mix: &str) -> Option<&mut Room> {
        self.rooms.get_mut(name_of(mix))
    }
}

fn mix_of(name: &str) -> String {
    format!("{KIND}/{name}")
}

fn name_of(mix: &str) -> &str {
    mix.split_once('/').map_or("", |(_, name)| name)
}

fn lamp_of(name: &str) -> String {
    format!("conf-{name}")
}
