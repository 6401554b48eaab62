//! What is told: to all in a room, to one of them, to lamps and to the event stream.

use super::{Rooms, lamp_of, mix_of, name_of};
use crate::announce;
use crate::settings::Announce;
use crate::talk::{Status, Told, Word};
use cordboard_app::say::{Announcement as _, audio, grammar};
use cordboard_app::{Identity, ServiceOutput, Value};
use cordboard_base::CallId;
use cordboard_media::Audio;

impl Rooms {
    pub(super) fn announce_coming(&mut self, name: &str, call: CallId) {
        let Some(room) = self.rooms.get_mut(name).filter(|room| room.talking() > 1) else { return };
        let spoken = room.participant(call).and_then(|participant| participant.name.clone());
        self.announce_move(name, spoken, (announce::comes(), "conf-hasjoin"));
        self.count_for_all(name);
    }

    /// How many others there are is the same for each of them.
    fn count_for_all(&mut self, name: &str) {
        let Some(room) = self.rooms.get(name).filter(|room| room.settings.count_all) else { return };
        let others = u64::try_from(room.talking().saturating_sub(1)).unwrap_or(u64::MAX);
        let items = audio(grammar(&room.lang).others(others), &room.lang);
        self.play_into(name, items);
    }

    pub(super) fn announce_going(&mut self, name: &str, spoken: Option<String>) {
        if self.rooms.get(name).is_some_and(|room| room.talking() > 0) {
            self.announce_move(name, spoken, (announce::goes(), "conf-hasleft"));
        }
    }

    /// Whose name is not known is announced by the tones.
    pub(super) fn announce_move(
        &mut self,
        name: &str,
        spoken: Option<String>,
        (tones, says): (Vec<Audio>, &str),
    ) {
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

    pub(super) fn announce(&mut self, name: &str, says: &[&str]) {
        let Some(room) = self.rooms.get(name) else { return };
        let prompt = |says: &&str| Audio::Prompt { name: (*says).to_owned(), lang: room.lang.clone() };
        let items = says.iter().map(prompt).collect();
        self.play_into(name, items);
    }

    pub(super) fn play_into(&mut self, name: &str, items: Vec<Audio>) {
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

    pub(super) fn send_away(&mut self, call: CallId, status: Status, says: &str) {
        self.tell(call, Word::Go { status, says: vec![says.to_owned()] });
    }

    pub(super) fn tell(&mut self, call: CallId, word: Word) {
        let message = Value::of(&Told { conference: word });
        self.out.push_back(ServiceOutput::Tell { call, message });
    }

    pub(super) fn event(&mut self, name: &str, data: &[(&str, Value)]) {
        let data = data.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect();
        self.out.push_back(ServiceOutput::Event { name: name.to_owned(), data: Value::Map(data) });
    }

    /// The room's lamp.
    pub(super) fn show(&mut self, name: &str) {
        let present = self.rooms.get(name).map_or(0, |room| room.participants.len());
        let state = if present > 0 { "busy" } else { "idle" }.to_owned();
        let other = match present {
            0 => Identity::default(),
            n => Identity { number: lamp_of(name), name: format!("{name} ({n})") },
        };
        self.out.push_back(ServiceOutput::Lamp { name: lamp_of(name), state, other });
    }

    pub(super) fn talks(&mut self, mix: &str, call: CallId, talks: bool) {
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
}
