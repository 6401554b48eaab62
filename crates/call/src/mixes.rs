//! Mixes as a whole: what services do with them, and what befalls them. Legs come and go by `program/mix.rs`.

use crate::world::World;
use crate::{MixAction, MixNews, Output};
use cordboard_base::CallId;
use cordboard_media::{
    Command, Event, MixId, MulticastStream, Play, RecordingId, RecordingOf, Source, StreamSetup,
};

/// Multicast groups that one mix is sent to; further ones are left out.
const MULTICASTS_MAX: usize = 16;

impl World {
    pub(crate) fn act_on_mix(&mut self, name: &str, action: MixAction) {
        if let MixAction::Hold(held) = action {
            return self.hold_mix(name, held);
        }
        let Some(mix) = self.known_mix(name) else { return };
        match action {
            MixAction::Hold(_) => {}
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
            MixAction::Multicast(streams) => self.multicast(mix, name, streams),
            MixAction::Record(None) => {
                let id = RecordingId { of: RecordingOf::Mix(mix), number: 1 };
                self.media(Command::EndRecording { id });
            }
        }
    }

    /// A group hears a mix as a leg does that says nothing; it is no call's.
    fn multicast(&mut self, mix: MixId, name: &str, streams: Vec<MulticastStream>) {
        self.end_multicasts(name);
        let mut legs = Vec::new();
        for MulticastStream { to, format } in streams.into_iter().take(MULTICASTS_MAX) {
            let leg = self.group_leg();
            let audio = StreamSetup {
                remote_rtp: Some(to),
                remote_rtcp: None,
                rtcp_mux: false,
                send: vec![format],
                receive: Vec::new(),
                telephone_event: None,
                ptime_ms: 20,
                sends: true,
                receives: false,
                timeout_ms: 0,
                extended_reports: Default::default(),
            };
            let seed = self.stream_seed();
            self.media(Command::Open { leg, peer: to.ip(), video: false, seed });
            self.media(Command::Setup { leg, audio: Some(audio), video: None });
            self.media(Command::Hear { leg, source: Source::Mix(mix) });
            legs.push(leg);
        }
        self.sends_to_groups(name, legs);
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
            | Event::Figures { .. }
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
