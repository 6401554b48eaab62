//! What a phone hears: its recording of the last moment, judged by Goertzel's filter.

use crate::sounds::{self, Sound};
use crate::{Handset, World};
use cordboard_base::Time;
use cordboard_media::music::block_at;
use core::time::Duration;

/// What is to be heard is heard by then: set-up, a moment of 200 ms, and the ear's own delay.
const EAR_PATIENCE: Duration = Duration::from_secs(5);

impl Handset {
    /// What is heard now, on all lines.
    pub fn ear(&self) -> Vec<Sound> {
        let sounds = self.world.sounds();
        self.hears_of(&sounds)
    }

    /// Whether this is heard now, whatever else is.
    pub(crate) fn ear_has(&self, sound: &Sound) -> bool {
        self.hears_of(core::slice::from_ref(sound)) == [sound.clone()]
    }

    fn hears_of(&self, sounds: &[Sound]) -> Vec<Sound> {
        self.world.inner(|inner| {
            let tapes = inner.phones[self.index].media.running.values();
            let moments: Vec<(Vec<i16>, u32)> = tapes.map(|tape| (tape.moment(), tape.rate_hz)).collect();
            let heard = |sound: &&Sound| moments.iter().any(|(samples, rate)| sound.is_in(samples, *rate));
            sounds.iter().filter(heard).cloned().collect()
        })
    }

    /// How loud the loudest line is now, as a peak.
    pub fn loudness(&self) -> u16 {
        self.world.inner(|inner| {
            let tapes = inner.phones[self.index].media.running.values();
            tapes.flat_map(|tape| tape.moment()).map(i16::unsigned_abs).max().unwrap_or(0)
        })
    }

    /// Hears the other phone, and nothing else that is known.
    pub fn hears(&self, other: &Self) {
        self.hears_sound(&Sound::Voice(other.index));
    }

    /// Both hear each other.
    pub fn talks_with(&self, other: &Self) {
        self.hears(other);
        other.hears(self);
    }

    /// Hears these phones at once, and nothing else that is known.
    pub fn hears_all(&self, others: &[&Self]) {
        let mut wanted: Vec<Sound> = others.iter().map(|other| Sound::Voice(other.index)).collect();
        wanted.sort();
        let end = self.world.now() + EAR_PATIENCE;
        while self.ear() != wanted {
            assert!(self.world.now() < end, "{} does not hear {wanted:?} but {:?}", self.user(), self.ear());
            self.world.run_ms(50);
        }
    }

    /// Hears a prompt.
    pub fn hears_prompt(&self, name: &str) {
        self.hears_sound(&Sound::Prompt(name.to_owned()));
    }

    /// Hears an application's file, one that this world has not recorded itself.
    pub fn hears_file(&self, path: &str) {
        self.hears_sound(&Sound::File(path.to_owned()));
    }

    /// Hears a prompt, whatever else: one that is played into a mix, over what is said there.
    pub fn hears_prompt_among(&self, name: &str) {
        let sound = Sound::Prompt(name.to_owned());
        let heard = self.world.run_until(|_| self.ear_has(&sound), EAR_PATIENCE);
        assert!(heard, "{} does not hear {name} among {:?}", self.user(), self.ear());
    }

    /// Whether it hears one of these frequencies now, whatever else.
    pub fn hears_a_tone_of(&self, frequencies_hz: &[u16]) -> bool {
        frequencies_hz.iter().any(|hz| self.ear_has(&Sound::Tone([*hz, 0])))
    }

    /// Hears music of a class.
    pub fn hears_music(&self, class: &str) {
        self.hears_sound(&Sound::Music(class.to_owned()));
    }

    /// Hears a class of music where its clock is: not where it was when it was heard before.
    pub fn hears_music_by_the_clock(&self, class: &str) {
        self.hears_music(class);
        // The ear hears what was played up to half a second ago.
        let now = self.world.now();
        let places = [now, Time::from_micros(now.as_micros().saturating_sub(500_000))];
        let places = places.map(|at| sounds::place(block_at(at)));
        assert!(
            places.iter().any(|place| self.ear_has(place)),
            "{} does not hear {class} where it is: {places:?}",
            self.user()
        );
    }

    /// Hears a tone of these frequencies, the second 0 for a single one.
    pub fn hears_tone(&self, frequencies_hz: [u16; 2]) {
        self.hears_sound(&Sound::Tone(frequencies_hz));
    }

    fn hears_sound(&self, wanted: &Sound) {
        let is_heard = |world: &World| {
            let mut sounds = world.sounds();
            sounds.push(wanted.clone());
            sounds.dedup();
            let mut heard = self.hears_of(&sounds);
            heard.dedup();
            heard == [wanted.clone()]
        };
        let end = self.world.now() + EAR_PATIENCE;
        while self.world.now() < end {
            if is_heard(&self.world) {
                return;
            }
            self.world.run_ms(50);
        }
        panic!("{} does not hear {wanted:?} but {:?} (peak {})", self.user(), self.ear(), self.loudness());
    }

    /// Hears nothing: silence on every line, within its ear's patience, and then for half a second.
    pub fn hears_nothing(&self) {
        let quiet = |handset: &Self| handset.loudness() < 100;
        self.world.run_until(|_| quiet(self), EAR_PATIENCE);
        for _ in 0..5 {
            self.world.run_ms(100);
            assert!(quiet(self), "{} hears {:?} (peak {})", self.user(), self.ear(), self.loudness());
        }
    }
}
