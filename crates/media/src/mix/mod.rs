//! Mixes: several legs said into one bus, from which each listener hears all but itself. Conferences, spying, whispering and
//! three-way calls are all of this form: who is *said into* a mix and who *hears* it are two different lists.
//!
//! One round every [`ROUND`]:
//! ```text
//!  frames of the inputs ─▶ talking? level ─▶ speakers chosen ─▶ gain, ramped ─▶ sum per rate ─▶ minus one's own ─▶ limited
//! ```
//! Who is not chosen costs no more than the look at its level, and all listeners that say nothing share one frame.

mod bus;
mod gain;
mod limit;
mod speakers;

pub(crate) use bus::Bus;

use crate::resample::Filters;
use bus::Way;
use cordboard_base::Time;
use core::time::Duration;
use gain::Gain;
use serde::{Deserialize, Serialize};
use speakers::Activity;

/// How often a mix is made, and how long its frames are.
pub(crate) const ROUND: Duration = Duration::from_millis(20);
/// The same in ms.
pub(crate) const ROUND_MS: u32 = 20;
/// Inputs of one mix; a further one is refused. As many as one core carries with room to spare.
pub(crate) const INPUTS_MAX: usize = 4_096;

/// How a mix behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MixSettings {
    /// So many are heard at once, the loudest of those who talk; 0: all, which is for small mixes.
    pub speakers_max: u16,
    /// Whether everybody is brought to the same loudness.
    pub levelled: bool,
    /// Whether [`crate::Event::Talking`] tells who begins and ends to talk.
    pub tells_talkers: bool,
}

impl Default for MixSettings {
    /// Three at once: more voices are not understood anyway.
    fn default() -> Self {
        Self { speakers_max: 3, levelled: false, tells_talkers: false }
    }
}

/// How one leg is said into a mix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MixInput {
    /// Louder or softer by so much, in dB, −24 to 24.
    pub gain_db: i8,
    /// Not heard; whether it talks is told all the same.
    pub muted: bool,
}

/// A leg's samples of one round.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a> {
    pub(crate) rate_hz: u32,
    pub(crate) samples: &'a [i16],
}

/// A mix: plain data.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Mix {
    settings: MixSettings,
    /// In order of their sessions.
    inputs: Vec<Input>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Input {
    session: u32,
    wanted: MixInput,
    activity: Activity,
    gain: Gain,
    /// The filters' memories, one for each other rate that it is heard at.
    ways: Vec<Way>,
}

/// Somebody has begun or ended to talk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TalkChange {
    pub(crate) session: u32,
    pub(crate) talks: bool,
}

impl Mix {
    pub(crate) fn set(&mut self, settings: MixSettings) {
        self.settings = settings;
    }

    pub(crate) fn tells_talkers(&self) -> bool {
        self.settings.tells_talkers
    }

    /// Says a session into the mix, or changes how. `false`: the mix is full.
    pub(crate) fn say(&mut self, session: u32, wanted: MixInput) -> bool {
        match self.inputs.binary_search_by_key(&session, |input| input.session) {
            Ok(at) => {
                if let Some(input) = self.inputs.get_mut(at) {
                    input.wanted = wanted;
                }
            }
            Err(_) if self.inputs.len() >= INPUTS_MAX => return false,
            Err(at) => {
                let input = Input { session, wanted, ..Input::default() };
                self.inputs.insert(at, input);
            }
        }
        true
    }

    /// Takes a session out of the mix.
    pub(crate) fn silence(&mut self, session: u32) {
        self.inputs.retain(|input| input.session != session);
    }

    /// Its sessions have other numbers from now on; those that have none are taken out.
    pub(crate) fn renumber(&mut self, number_of: impl Fn(u32) -> Option<u32>) {
        self.inputs.retain_mut(|input| {
            let number = number_of(input.session);
            input.session = number.unwrap_or(input.session);
            number.is_some()
        });
        self.inputs.sort_by_key(|input| input.session);
    }

    /// The sessions that are said into it, in order.
    pub(crate) fn inputs(&self) -> impl Iterator<Item = u32> {
        self.inputs.iter().map(|input| input.session)
    }

    /// Makes a round: `frame_of` gives each input's samples, none if it has none now. What is heard lies in the bus afterwards.
    pub(crate) fn round<'a>(
        &mut self,
        now: Time,
        frame_of: &dyn Fn(u32) -> Option<Frame<'a>>,
        rates_hz: &[u32],
        bus: &mut Bus,
        filters: &mut Filters,
        changes: &mut Vec<TalkChange>,
    ) {
        for input in &mut self.inputs {
            let samples = frame_of(input.session).map_or([].as_slice(), |frame| frame.samples);
            if let Some(talks) = input.activity.hear(now, samples) {
                changes.push(TalkChange { session: input.session, talks });
            }
        }
        self.choose();
        bus.clear(rates_hz);
        let levelled = self.settings.levelled;
        for input in &mut self.inputs {
            let is_heard = input.activity.is_chosen() && !input.wanted.muted;
            if !is_heard && input.gain.is_silent() {
                input.ways.clear();
                continue;
            }
            let Some(frame) = frame_of(input.session) else {
                input.gain = Gain::default();
                continue;
            };
            let level = (levelled && input.activity.talks()).then(|| input.activity.mean_square());
            let ramp = input.gain.next(is_heard.then_some(input.wanted.gain_db), level, levelled);
            bus.add(input.session, frame, ramp, &mut input.ways, filters);
        }
    }

    /// Chooses who is heard in this round. Who is heard already stays so against one who is but a little louder.
    fn choose(&mut self) {
        let places = usize::from(self.settings.speakers_max);
        if places == 0 || self.inputs.len() <= places {
            self.inputs.iter_mut().for_each(|input| input.activity.choose(true));
            return;
        }
        let rank = |input: &Input| if input.wanted.muted { -1.0 } else { input.activity.rank() };
        let mut best: Vec<(f32, usize)> = Vec::with_capacity(places + 1);
        for (at, input) in self.inputs.iter().enumerate() {
            let rank = rank(input);
            let place = best.partition_point(|(other, _)| *other >= rank);
            if place < places {
                best.insert(place, (rank, at));
                best.truncate(places);
            }
        }
        self.inputs.iter_mut().for_each(|input| input.activity.choose(false));
        for (_, at) in best {
            if let Some(input) = self.inputs.get_mut(at) {
                input.activity.choose(true);
            }
        }
    }
}

#[cfg(test)]
mod tests;
