//! Mixes: who is said into one stands with the legs; here is what is played to all of them.

use super::office::Running;
use super::playing::{Ears, Lengths, Playing, Progress};
use super::{Side, Stage};
use cordboard_base::{LegId, Time};
use cordboard_media::{Event, MixId, MixSettings, Play, PlayEnd, RecordingOf, Source};

#[derive(Debug, Default)]
pub(super) struct StageMix {
    pub(super) settings: MixSettings,
    pub(super) playing: Option<Playing>,
    pub(super) recording: Option<Running>,
}

impl StageMix {
    pub(super) fn deadline(&self) -> Option<Time> {
        self.playing.as_ref().and_then(Playing::ends)
    }
}

impl Stage {
    pub(super) fn mix(&mut self, mix: MixId) -> &mut StageMix {
        self.mixes.entry(mix).or_default()
    }

    pub(super) fn end_mix(&mut self, now: Time, mix: MixId) {
        self.end_recording_of(now, RecordingOf::Mix(mix));
        self.play_into(now, mix, None);
        self.mixes.remove(&mix);
        for it in self.office.values_mut() {
            it.said_into.remove(&mix);
        }
    }

    /// The lines that hear a mix, and no prompt of their own.
    fn ears_of_mix(&self, mix: MixId) -> Vec<(Option<usize>, LegId)> {
        let hears = self.office.iter().filter(|(_, it)| it.source == Source::Mix(mix) && !it.is_covered());
        hears.map(|(leg, _)| self.ears_of(*leg)).collect()
    }

    pub(super) fn play_into(&mut self, now: Time, mix: MixId, play: Option<Play>) {
        let lines = self.ears_of_mix(mix);
        let Some(it) = self.mixes.get_mut(&mix) else { return };
        let mut ears = Ears { heard: &mut self.heard, lines };
        let before = it.playing.take().map(|mut playing| {
            playing.cut(now, &mut ears);
            playing.id()
        });
        let mut over = None;
        if let Some(mut playing) = play.map(Playing::new) {
            let lengths = Lengths { prompts: &self.prompts, files: &self.files };
            match playing.begin(now, (&lengths, &mut ears)) {
                Progress::Goes => it.playing = Some(playing),
                Progress::Over(end, _) => over = Some((playing.id(), end)),
            }
        }
        let stopped = before.map(|play| (play, PlayEnd::Stopped));
        for (play, end) in stopped.into_iter().chain(over) {
            self.tell(Side::Office, Event::PlayedInto { mix, play, end });
        }
    }

    pub(super) fn tick_mix(&mut self, now: Time, mix: MixId) {
        while self.mixes.get(&mix).and_then(StageMix::deadline).is_some_and(|due| due <= now) {
            let lines = self.ears_of_mix(mix);
            let Some(it) = self.mixes.get_mut(&mix) else { return };
            let Some(playing) = &mut it.playing else { return };
            let lengths = Lengths { prompts: &self.prompts, files: &self.files };
            let mut ears = Ears { heard: &mut self.heard, lines };
            if let Progress::Over(end, _) = playing.advance(now, (&lengths, &mut ears)) {
                let play = playing.id();
                it.playing = None;
                self.tell(Side::Office, Event::PlayedInto { mix, play, end });
            }
        }
    }
}
