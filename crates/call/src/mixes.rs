//! Mixes as a whole: what services do with them, and what befalls them. Legs come and go by `program/mix.rs`.

use crate::world::World;
use crate::{MixAction, MixNews, Output};
use cordboard_base::CallId;
use cordboard_media::{Command, Event, MixId, Play, RecordingId, RecordingOf};

impl World {
    pub(crate) fn act_on_mix(&mut self, name: &str, action: MixAction) {
        let Some(mix) = self.known_mix(name) else { return };
        match action {
            MixAction::Set(settings) => self.media(Command::Mix { mix, settings }),
            MixAction::Play(None) => self.media(Command::PlayInto { mix, play: None }),
            MixAction::Play(Some(list)) => {
                let id = self.play_id();
                let play = Play { id, items: list.items, repeat: false, interrupt: String::new() };
                self.media(Command::PlayInto { mix, play: Some(play) });
            }
            // A mix has one recording at most: its number is the mix's first.
            MixAction::Record(Some(settings)) => {
                let id = RecordingId { of: RecordingOf::Mix(mix), number: 1 };
                self.records_mix(mix, name);
                self.media(Command::Record { id, settings: *settings });
            }
            MixAction::Record(None) => {
                let id = RecordingId { of: RecordingOf::Mix(mix), number: 1 };
                self.media(Command::EndRecording { id });
            }
        }
    }

    pub(crate) fn mix_event(&mut self, event: &Event) {
        match event {
            Event::PlayedInto { mix, .. } => self.mix_news(*mix, MixNews::Played),
            Event::RecordingEnded { id, file, ms, .. } => {
                if let RecordingOf::Mix(mix) = id.of
                    && let Some(mix) = self.recorded_mix(mix)
                {
                    let news = MixNews::Recorded { file: file.clone(), ms: *ms };
                    self.outputs.push_back(Output::Mix { mix, news });
                }
            }
            // These are about legs.
            Event::Opened { .. }
            | Event::OpenFailed { .. }
            | Event::Digit { .. }
            | Event::Played { .. }
            | Event::Silence { .. }
            | Event::Detected { .. }
            | Event::Timeout { .. }
            | Event::Latched { .. }
            | Event::Talking { .. }
            | Event::Closed { .. } => {}
        }
    }

    pub(crate) fn talking(&mut self, mix: MixId, call: CallId, talks: bool) {
        self.mix_news(mix, MixNews::Talking { call, talks });
    }

    fn mix_news(&mut self, mix: MixId, news: MixNews) {
        if let Some(mix) = self.mix_name(mix).map(str::to_owned) {
            self.outputs.push_back(Output::Mix { mix, news });
        }
    }
}
