//! What administrators do to a room, and what everybody may ask of it.

use super::{Invitation, Rooms, lamp_of, mix_of};
use crate::KIND;
use crate::keys::Act;
use crate::talk::{Status, Word};
use cordboard_app::say::grammar;
use cordboard_app::{
    Asker, Destination, DialOptions, Identity, OnBehalfOf, Originate, ServiceOutput, Then, Value,
};
use cordboard_base::CallId;
use cordboard_media::{RecordSettings, RecordSides};
use core::time::Duration;
use std::collections::BTreeMap;

/// How long somebody who is called in is rung, in ms.
const RING_MS: u32 = 30_000;

impl Rooms {
    pub(super) fn act(&mut self, call: CallId, act: Act) -> Vec<String> {
        let Some(name) = self.seats.get(&call).cloned() else { return Vec::new() };
        let Some(room) = self.rooms.get_mut(&name) else { return Vec::new() };
        let is_admin = room.participant(call).is_some_and(|participant| participant.admin);
        if !is_admin && act != Act::Count {
            return Vec::new();
        }
        let say = |prompt: &str| vec![prompt.to_owned()];
        match act {
            Act::Count => {
                let lang = room.lang.clone();
                counted(room.talking(), "conf-peopleinconf", &lang)
            }
            Act::Lock => {
                room.locked = !room.locked;
                say(if room.locked { "conf-lockednow" } else { "conf-unlockednow" })
            }
            Act::KickLast => {
                let last = room.participants.iter().rev().find(|p| !p.admin).map(|p| p.call);
                let Some(last) = last else { return say("conf-cannotkick") };
                self.send_away(last, Status::Kicked, "conf-kicked");
                say("conf-lastkicked")
            }
            Act::MuteAll => {
                self.hold_all(&name);
                Vec::new()
            }
            Act::Extend => {
                let Some(closes) = room.closes else { return say("conf-extended") };
                room.closes = Some(closes + Duration::from_secs(u64::from(room.settings.extend_min) * 60));
                room.warned_min = None;
                self.announce(&name, &["conf-extended"]);
                Vec::new()
            }
            Act::Record => {
                room.recording = !room.recording;
                let on = room.recording;
                self.record(&name, on);
                self.announce(&name, &[if on { "conf-now-recording" } else { "conf-recordingstopped" }]);
                Vec::new()
            }
            Act::End => {
                self.end(&name);
                Vec::new()
            }
        }
    }

    pub(super) fn record(&mut self, name: &str, on: bool) {
        let settings =
            RecordSettings::new(format!("conference/{{date}}/{{time}}-{name}"), RecordSides::Mixed);
        let settings = on.then(|| Box::new(settings));
        self.out.push_back(ServiceOutput::RecordMix { mix: mix_of(name), settings });
    }

    /// Everybody has to go.
    pub(super) fn end(&mut self, name: &str) {
        let Some(room) = self.rooms.get(name) else { return };
        let all: Vec<CallId> = room.participants.iter().map(|p| p.call).collect();
        for call in all {
            self.send_away(call, Status::Ended, "conf-kicked");
        }
    }

    /// Mutes all but administrators, or no longer; who comes later is muted too.
    pub(super) fn hold_all(&mut self, name: &str) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.held = !room.held;
        let held = room.held;
        let others = room.participants.iter().filter(|participant| !participant.admin);
        let told: Vec<CallId> = others.map(|participant| participant.call).collect();
        for call in told {
            self.tell(call, Word::Held(held));
        }
        self.announce(name, &[if held { "conf-now-muted" } else { "conf-now-unmuted" }]);
    }

    pub(super) fn invite(&mut self, asker: &Asker, whom: Destination) {
        let Some(name) = self.seats.get(&asker.call).cloned() else { return };
        let by_admin = self.seat(asker.call).is_some_and(|participant| participant.admin);
        self.next_number += 1;
        let number = self.next_number;
        self.inviting.insert(number, Invitation { by: asker.call, by_admin, whom: whom.clone() });
        let shown = Identity { number: lamp_of(&name), name: format!("conference {name}") };
        let dial = DialOptions {
            stages: vec![vec![whom]],
            timeout_ms: vec![RING_MS],
            caller: Some(shown),
            ..DialOptions::default()
        };
        let on_behalf_of = OnBehalfOf {
            user: asker.user.clone(),
            context: String::new(),
            caller: asker.caller.clone(),
            lang: asker.lang.clone(),
        };
        let options = BTreeMap::from([("invited".to_owned(), Value::Bool(true))]);
        let args = Value::List(vec![Value::Text(name), Value::Map(options)]);
        let then = Then::Run { app: KIND.to_owned(), args };
        let originate = Box::new(Originate { dial, on_behalf_of, then });
        self.out.push_back(ServiceOutput::Originate { number, originate });
    }
}

pub(super) fn counted(people: usize, of_them: &str, lang: &str) -> Vec<String> {
    let mut says = vec!["conf-thereare".to_owned()];
    says.extend(grammar(lang).number(i64::try_from(people).unwrap_or(i64::MAX)));
    says.push(of_them.to_owned());
    says
}
