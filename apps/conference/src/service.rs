//! The office-wide part: all rooms, who is in which, and what is told to whom.
//!
//! ```text
//!  Enter ─▶ seat (Entering) ──Here──▶ Talking ◀──────────┐
//!                          └──Here──▶ Waiting ──marked───┘ ──Leave, Gone──▶ no more
//! ```
//! The mix of a room is there while somebody is Talking; with the first one its recording begins, with the last one it ends.

use crate::KIND;
use crate::announce;
use crate::keys::Act;
use crate::pins::WrongPins;
use crate::room::{Participant, Presence, Room};
use crate::settings::{Announce, RoomName, RoomSettings, Settings};
use crate::summary::RoomSummary;
use crate::talk::{Answer, Place, Refusal, Request, Seat, Status, Told, Word, invited};
use crate::wishes::Wishes;
use cordboard_app::say::grammar;
use cordboard_app::{
    Asker, Destination, DialOptions, Identity, Level, OnBehalfOf, Originate, Service, ServiceInput,
    ServiceOutput, Then, Value,
};
use cordboard_base::{CallId, Time};
use cordboard_media::{Audio, MixSettings, RecordSettings, RecordSides};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// Rooms at once.
const ROOMS_MAX: usize = 1_000;
/// How long somebody who is called in is rung, in ms.
const RING_MS: u32 = 30_000;
/// How many are called in at once by one who enters.
const INVITES_MAX: usize = 16;
/// Who hears so many speakers at once understands none.
const SPEAKERS_MAX: u16 = 3;
/// So long a name is kept when its owner has left.
const NAME_KEPT: Duration = Duration::from_secs(120);
/// So many minutes before its end a room is told.
const WARNINGS_MIN: [u32; 2] = [5, 1];

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
    inviting: BTreeMap<u64, (CallId, Destination)>,
    next_number: u64,
    /// Who has been called in and is about to enter.
    #[serde(with = "cordboard_base::pairs")]
    called_in: BTreeMap<CallId, Identity>,
    /// Recorded names of those who have left, and when they are deleted: the last thing heard of them is that they have left.
    old_names: VecDeque<(Time, String)>,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

impl Service for Rooms {
    fn kind(&self) -> &'static str {
        KIND
    }

    fn handle(&mut self, now: Time, _unix_us: i64, input: ServiceInput) {
        match input {
            ServiceInput::Configured { settings } => self.configure(&settings),
            ServiceInput::Asked { ask, asker, request } => {
                let value = match request.to::<Request>() {
                    Some(request) => Ok(Value::of(&self.answer(now, &asker, request))),
                    None => Err("no request that a conference knows".to_owned()),
                };
                self.out.push_back(ServiceOutput::Answer { ask, value });
            }
            ServiceInput::Gone { call } => {
                self.called_in.remove(&call);
                self.leave(now, call);
            }
            ServiceInput::Played { mix } => {
                let next = self.room_of(&mix).and_then(|room| room.announcements.played());
                if next.is_some() {
                    self.out.push_back(ServiceOutput::PlayInto { mix, play: next });
                }
            }
            ServiceInput::Recorded { mix, file, ms } => {
                let name = name_of(&mix).to_owned();
                self.event(
                    "conference-recorded",
                    &[
                        ("room", Value::Text(name)),
                        ("file", Value::Text(file)),
                        ("ms", Value::Int(i64::try_from(ms).unwrap_or(0))),
                    ],
                );
            }
            ServiceInput::Talking { mix, call, talks } => self.talks(&mix, call, talks),
            ServiceInput::Originated { number, call, failed } => {
                let Some((inviter, whom)) = self.inviting.remove(&number) else { return };
                let number = match whom {
                    Destination::User(user) => user,
                    Destination::Trunk { number, .. } => number,
                };
                if failed.is_none() {
                    self.called_in.insert(call, Identity { number, name: String::new() });
                } else if self.seats.contains_key(&inviter) {
                    self.tell(inviter, Word::Say(vec!["conf-invitefailed".to_owned()]));
                }
            }
            ServiceInput::Tick => self.tick(now),
            ServiceInput::Kept { .. }
            | ServiceInput::State { .. }
            | ServiceInput::Connected { .. }
            | ServiceInput::Written { .. }
            | ServiceInput::Transferred { .. }
            | ServiceInput::Told { .. } => {}
        }
    }

    fn poll(&mut self) -> Option<ServiceOutput> {
        self.out.pop_front()
    }

    fn next_deadline(&self) -> Option<Time> {
        let names = self.old_names.front().map(|(at, _)| *at);
        self.rooms.values().filter_map(next_of).chain(names).min()
    }

    fn snapshot(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    fn restore(&mut self, state: &str) -> bool {
        serde_json::from_str(state).map(|state| *self = state).is_ok()
    }
}

impl Rooms {
    fn configure(&mut self, settings: &str) {
        match serde_json::from_str(settings) {
            Ok(settings) => self.settings = settings,
            Err(error) => {
                let text = format!("settings of conferences: {error}");
                return self.out.push_back(ServiceOutput::Log { level: Level::Error, text });
            }
        }
        let names: Vec<String> = self.settings.room.keys().map(|name| name.as_str().to_owned()).collect();
        for name in names {
            self.show(&name);
        }
    }

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
            participants: room.participants.iter().map(|p| p.summary(now)).collect(),
        };
        self.rooms.iter().map(of).collect()
    }

    /// The settings that a room has, or would have.
    fn terms(&self, name: &str, wishes: &Wishes) -> Option<RoomSettings> {
        let name = RoomName::try_from(name.to_owned()).ok()?;
        match self.settings.room.get(&name) {
            Some(room) => Some(wishes.over(room)),
            None => self.settings.on_the_fly.then(|| wishes.over(&RoomSettings::default())),
        }
    }

    fn look(&self, now: Time, asker: &Asker, room: &str, wishes: &Wishes) -> Answer {
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

    fn check_pin(&mut self, now: Time, asker: &Asker, room: &str, typed: &str, wishes: &Wishes) -> Answer {
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

    fn enter(
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
        // Administrators always come in.
        if !admin && room.locked {
            return Answer::Refused(Refusal::Locked);
        }
        if !admin && room.participants.len() >= usize::try_from(room.settings.max).unwrap_or(usize::MAX) {
            return Answer::Refused(Refusal::Full);
        }
        let marked = wishes.marked.unwrap_or(admin);
        // Who is about to come in counts.
        let others = room.participants.iter().filter(|p| p.presence != Presence::Waiting).count();
        let held = room.held && !admin;
        let participant = Participant {
            call: asker.call,
            who: self.called_in.remove(&asker.call).unwrap_or_else(|| asker.caller.clone()),
            admin,
            marked,
            wait_marked: terms.wait_marked,
            end_marked: terms.end_marked,
            quiet: wishes.quiet,
            presence: Presence::Entering,
            muted: terms.muted && !admin || held,
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
    fn here(&mut self, call: CallId, talks: bool) -> Answer {
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

    /// The mix has its first: it gets its settings, and is recorded from now on.
    fn open(&mut self, name: &str) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.announcements.clear();
        room.recording = room.settings.record;
        let (levelled, records) = (room.settings.levelled, room.recording);
        let settings = MixSettings { speakers_max: SPEAKERS_MAX, levelled, tells_talkers: true };
        self.out.push_back(ServiceOutput::Mix { mix: mix_of(name), settings });
        if records {
            self.record(name, true);
        }
    }

    fn record(&mut self, name: &str, on: bool) {
        let settings =
            RecordSettings::new(format!("conference/{{date}}/{{time}}-{name}"), RecordSides::Mixed);
        let settings = on.then(|| Box::new(settings));
        self.out.push_back(ServiceOutput::RecordMix { mix: mix_of(name), settings });
    }

    /// A marked one has come: whoever waits comes in.
    fn call_in(&mut self, name: &str) {
        let Some(room) = self.rooms.get(name) else { return };
        let waiting = room.participants.iter().filter(|p| p.presence == Presence::Waiting);
        let waiting: Vec<CallId> = waiting.map(|p| p.call).collect();
        for call in waiting {
            self.tell(call, Word::Place(Place::InCompany));
        }
    }

    /// Somebody is gone, however it went.
    fn leave(&mut self, now: Time, call: CallId) {
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

    /// One less in the mix: who is left alone hears music.
    fn left_mix(&mut self, name: &str) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        if room.talking() == 0 {
            room.announcements.clear();
            room.recording = false;
        }
        if let Some(lone) = room.lone() {
            self.tell(lone, Word::Place(Place::Alone));
        }
    }

    /// The last marked one has left.
    fn leaderless(&mut self, name: &str) {
        let Some(room) = self.rooms.get(name) else { return };
        let others: Vec<(CallId, bool, bool)> = room
            .participants
            .iter()
            .filter(|p| p.presence == Presence::Talking || p.end_marked)
            .map(|p| (p.call, p.end_marked, p.wait_marked))
            .collect();
        for (call, ends, waits) in others {
            if ends {
                self.send_away(call, Status::Ended, "conf-leaderhasleft");
            } else if waits {
                self.tell(call, Word::LeaderLeft);
            }
        }
    }

    fn act(&mut self, call: CallId, act: Act) -> Vec<String> {
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

    /// Everybody has to go.
    fn end(&mut self, name: &str) {
        let Some(room) = self.rooms.get(name) else { return };
        let all: Vec<CallId> = room.participants.iter().map(|p| p.call).collect();
        for call in all {
            self.send_away(call, Status::Ended, "conf-kicked");
        }
    }

    /// Mutes all but administrators, or no longer; who comes later is muted too.
    fn hold_all(&mut self, name: &str) {
        let Some(room) = self.rooms.get_mut(name) else { return };
        room.held = !room.held;
        let held = room.held;
        let mut told = Vec::new();
        for participant in room.participants.iter_mut().filter(|participant| !participant.admin) {
            participant.muted = held;
            told.push(participant.call);
        }
        for call in told {
            self.tell(call, Word::Held(held));
        }
        self.announce(name, &[if held { "conf-now-muted" } else { "conf-now-unmuted" }]);
    }

    fn invite(&mut self, asker: &Asker, whom: Destination) {
        let Some(name) = self.seats.get(&asker.call).cloned() else { return };
        self.next_number += 1;
        let number = self.next_number;
        self.inviting.insert(number, (asker.call, whom.clone()));
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

    fn talks(&mut self, mix: &str, call: CallId, talks: bool) {
        let Some(participant) = self.room_of(mix).and_then(|room| room.participant(call)) else { return };
        participant.talking = talks;
        let who = participant.who.number.clone();
        self.event(
            "conference-talking",
            &[
                ("room", Value::Text(name_of(mix).to_owned())),
                ("number", Value::Untrusted(who)),
                ("talks", Value::Bool(talks)),
            ],
        );
    }

    /// Rooms whose time is nearly over are told, those whose time is over are ended.
    fn tick(&mut self, now: Time) {
        while let Some((_, file)) = self.old_names.pop_front_if(|(at, _)| *at <= now) {
            self.out.push_back(ServiceOutput::Unlink { file });
        }
        let due: Vec<String> = self
            .rooms
            .iter()
            .filter(|(_, room)| next_of(room).is_some_and(|at| at <= now))
            .map(|(name, _)| name.clone())
            .collect();
        for name in due {
            let Some(room) = self.rooms.get_mut(&name) else { continue };
            if room.closes.is_some_and(|closes| closes <= now) {
                room.closes = None;
                self.end(&name);
                continue;
            }
            let Some((min, _)) = next_warning(room) else { continue };
            room.warned_min = Some(min);
            let mut says = vec!["conf-ending".to_owned()];
            says.extend(grammar(&room.lang).duration(u64::from(min) * 60));
            let says: Vec<&str> = says.iter().map(String::as_str).collect();
            self.announce(&name, &says);
        }
    }

    fn announce_coming(&mut self, name: &str, call: CallId) {
        let Some(room) = self.rooms.get_mut(name).filter(|room| room.talking() > 1) else { return };
        let spoken = room.participant(call).and_then(|participant| participant.name.clone());
        self.announce_move(name, spoken, (announce::comes(), "conf-hasjoin"));
    }

    fn announce_going(&mut self, name: &str, spoken: Option<String>) {
        if self.rooms.get(name).is_some_and(|room| room.talking() > 0) {
            self.announce_move(name, spoken, (announce::goes(), "conf-hasleft"));
        }
    }

    /// Whose name is not known is announced by the tones.
    fn announce_move(&mut self, name: &str, spoken: Option<String>, (tones, says): (Vec<Audio>, &str)) {
        let Some(room) = self.rooms.get(name) else { return };
        let items = match (room.settings.announce, spoken) {
            (Announce::None, _) => return,
            (Announce::Names, Some(path)) => {
                let said = Audio::Prompt { name: says.to_owned(), lang: room.lang.clone() };
                vec![Audio::File { path, from_ms: 0 }, said]
            }
            (Announce::Tones, _) | (Announce::Names, None) => tones,
        };
        self.play_into(name, items);
    }

    fn announce(&mut self, name: &str, says: &[&str]) {
        let Some(room) = self.rooms.get(name) else { return };
        let prompt = |says: &&str| Audio::Prompt { name: (*says).to_owned(), lang: room.lang.clone() };
        let items = says.iter().map(prompt).collect();
        self.play_into(name, items);
    }

    fn play_into(&mut self, name: &str, items: Vec<Audio>) {
        let Some(room) = self.rooms.get_mut(name).filter(|room| room.talking() > 0) else { return };
        // Who is left alone hears music and not the mix.
        if let Some(lone) = room.lone() {
            return self.tell(lone, Word::Play(items));
        }
        let play = room.announcements.add(items);
        if play.is_some() {
            self.out.push_back(ServiceOutput::PlayInto { mix: mix_of(name), play });
        }
    }

    fn send_away(&mut self, call: CallId, status: Status, says: &str) {
        self.tell(call, Word::Go { status, says: vec![says.to_owned()] });
    }

    fn tell(&mut self, call: CallId, word: Word) {
        let message = Value::of(&Told { conference: word });
        self.out.push_back(ServiceOutput::Tell { call, message });
    }

    fn event(&mut self, name: &str, data: &[(&str, Value)]) {
        let data = data.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        self.out.push_back(ServiceOutput::Event { name: name.to_owned(), data: Value::Map(data) });
    }

    /// The room's lamp.
    fn show(&mut self, name: &str) {
        let present = self.rooms.get(name).map_or(0, |room| room.participants.len());
        let state = if present > 0 { "busy" } else { "idle" }.to_owned();
        let other = match present {
            0 => Identity::default(),
            n => Identity { number: lamp_of(name), name: format!("{name} ({n})") },
        };
        self.out.push_back(ServiceOutput::Lamp { name: lamp_of(name), state, other });
    }

    fn seat(&mut self, call: CallId) -> Option<&mut Participant> {
        let name = self.seats.get(&call)?;
        self.rooms.get_mut(name)?.participant(call)
    }

    fn room_of(&mut self, mix: &str) -> Option<&mut Room> {
        self.rooms.get_mut(name_of(mix))
    }
}

/// Whether who enters says its name first.
fn is_named(terms: &RoomSettings, wishes: &Wishes) -> bool {
    terms.announce == Announce::Names && !wishes.quiet && !wishes.invited
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

fn caller(room: &str, asker: &Asker) -> (String, String) {
    (room.to_owned(), asker.caller.number.clone())
}

/// What is said to who enters, with so many in the room.
fn welcome(others: usize, count: bool, lang: &str) -> Vec<String> {
    match others {
        0 => vec!["conf-onlyperson".to_owned()],
        _ if !count => Vec::new(),
        1 => vec!["conf-onlyone".to_owned()],
        _ => counted(others, "conf-otherinparty", lang),
    }
}

fn counted(people: usize, of_them: &str, lang: &str) -> Vec<String> {
    let mut says = vec!["conf-thereare".to_owned()];
    says.extend(grammar(lang).number(i64::try_from(people).unwrap_or(i64::MAX)));
    says.push(of_them.to_owned());
    says
}

/// The next warning that is due before a room's end: how many minutes before, and when.
fn next_warning(room: &Room) -> Option<(u32, Time)> {
    let closes = room.closes?;
    let open_for = closes.since(room.opened);
    WARNINGS_MIN
        .into_iter()
        .filter(|min| room.warned_min.is_none_or(|warned| *min < warned))
        .map(|min| (min, Duration::from_secs(u64::from(min) * 60)))
        .find(|(_, before)| *before < open_for)
        .map(|(min, before)| (min, room.opened + (open_for - before)))
}

fn next_of(room: &Room) -> Option<Time> {
    let closes = room.closes?;
    Some(next_warning(room).map_or(closes, |(_, at)| at.min(closes)))
}
