//! A frame's samples as epochs, each a pitch period long where there is a voice: what is said between two frames' middles goes over
//! from the one to the other, epoch by epoch. Epochs do not end with frames; what is left goes to the next frame's.

use super::memory::Words;
use super::{FRAME_SAMPLES, ORDER, PITCH, Spoken, are_sound, visit_all};

/// The length of epochs without a voice.
const UNVOICED_EPOCH: usize = FRAME_SAMPLES / 4;
/// Epochs of one frame at most: what is left over and a frame, in the shortest periods.
const EPOCHS_MAX: usize = (FRAME_SAMPLES + PITCH.1) / PITCH.0 + 1;

/// Samples that are made in one go.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Epoch {
    pub(super) length: usize,
    pub(super) is_voiced: bool,
    pub(super) rms: f32,
    pub(super) ratios: [f32; ORDER],
}

/// The epochs that a frame completes.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) epochs: Vec<Epoch>,
    /// How much louder it is than what was before: what begins with a bang gets a pulse.
    pub(super) rise: f32,
}

/// What the frame before said, and how many samples of it are still to be made.
#[derive(Clone, Debug, Default)]
pub(super) struct Epochs {
    /// `None` before the first frame.
    before: Option<Spoken>,
    left: usize,
}

/// A run of epochs from sample `begin` (counted from 1) to `end`, over which one state goes over to the other.
#[derive(Clone, Copy, Debug)]
struct Run {
    begin: usize,
    end: usize,
    is_voiced: bool,
    /// The first epoch's length, and how it changes with every sample.
    pitch: f32,
    slope: f32,
    rms: (f32, f32),
}

/// Between two coefficients, evenly in the logarithm of area ratios.
fn between(from: f32, to: f32, part: f32) -> f32 {
    let area = |ratio: f32| ((1.0 + ratio) / (1.0 - ratio)).ln();
    let area = (area(from) + part * (area(to) - area(from))).exp();
    (area - 1.0) / (area + 1.0)
}

impl Run {
    /// Appends the epochs; `used` is where the last one ended. Gives that one's length, or `pitch` if there was none.
    fn fill(
        &self,
        pitch: usize,
        (from, to): (&[f32; ORDER], &[f32; ORDER]),
        used: &mut usize,
        plan: &mut Plan,
    ) -> usize {
        let mut last = pitch;
        for n in self.begin..=self.end {
            let length = (self.pitch + self.slope * n as f32 + 0.5) as usize;
            if length > n.saturating_sub(*used) || plan.epochs.len() >= EPOCHS_MAX || length == 0 {
                continue;
            }
            last = length;
            *used += length;
            let part = (used.saturating_sub(length / 2)) as f32 / self.end as f32;
            let mut ratios = [0.0; ORDER];
            for (ratio, (&from, &to)) in ratios.iter_mut().zip(from.iter().zip(to)) {
                *ratio = between(from, to, part);
            }
            let rms = (self.rms.0.ln() + part * (self.rms.1.ln() - self.rms.0.ln())).exp();
            plan.epochs.push(Epoch { length, is_voiced: self.is_voiced, rms, ratios });
        }
        last.clamp(PITCH.0, PITCH.1)
    }
}

impl Epochs {
    pub(super) fn plan(&mut self, spoken: &Spoken) -> Plan {
        let mut now = *spoken;
        now.rms = now.rms.max(1.0);
        now.ratios = now.ratios.map(|ratio| ratio.clamp(-0.99, 0.99));
        let Some(mut before) = self.before else { return self.begin(now) };
        let mut plan = Plan { epochs: Vec::with_capacity(EPOCHS_MAX), rise: now.rms / (before.rms + 8.0) };
        let end = FRAME_SAMPLES + self.left;
        let mut used = 0;
        let quarter = FRAME_SAMPLES / 4;
        let changes = if now.voiced[0] == before.voiced[1] { 3 * quarter } else { quarter };
        match (before.voiced[1], now.voiced) {
            (false, [false, false]) | (true, [true, true]) => {
                if !now.voiced[0] {
                    (now.pitch, before.pitch) = (UNVOICED_EPOCH, UNVOICED_EPOCH);
                    if plan.rise > 8.0 {
                        before.rms = now.rms;
                    }
                }
                let slope = (now.pitch as f32 - before.pitch as f32) / end as f32;
                let (pitch, rms) = (before.pitch as f32, (before.rms, now.rms));
                let run = Run { begin: 1, end, is_voiced: now.voiced[0], pitch, slope, rms };
                now.pitch = run.fill(now.pitch, (&before.ratios, &now.ratios), &mut used, &mut plan);
            }
            (false, _) => {
                // Two epochs of what was, then the voice.
                used = self.left + changes;
                for length in [used / 2, used - used / 2] {
                    let (rms, ratios) = (before.rms, before.ratios);
                    plan.epochs.push(Epoch { length, is_voiced: false, rms, ratios });
                }
                let (pitch, rms) = (now.pitch as f32, (before.rms, now.rms));
                let run = Run { begin: used + 1, end, is_voiced: true, pitch, slope: 0.0, rms };
                now.pitch = run.fill(now.pitch, (&now.ratios, &now.ratios), &mut used, &mut plan);
            }
            (true, _) => {
                // The voice as it was, then noise.
                let (pitch, rms) = (before.pitch as f32, (before.rms, now.rms));
                let voice =
                    Run { begin: 1, end: self.left + changes, is_voiced: true, pitch, slope: 0.0, rms };
                now.pitch = voice.fill(now.pitch, (&before.ratios, &before.ratios), &mut used, &mut plan);
                let half = end.saturating_sub(used + 1) / 2;
                let pitch = if half > 90 { half / 2 } else { half } as f32;
                let rms = (now.rms, now.rms);
                let noise = Run { begin: used + 1, end, is_voiced: false, pitch, slope: 0.0, rms };
                now.pitch = noise.fill(now.pitch, (&now.ratios, &now.ratios), &mut used, &mut plan);
            }
        }
        self.left = end.saturating_sub(used);
        self.before = Some(now);
        plan
    }

    fn begin(&mut self, mut now: Spoken) -> Plan {
        let rise = now.rms / (1.0 + 8.0);
        if !now.voiced[1] {
            now.pitch = UNVOICED_EPOCH;
        }
        let length = now.pitch.clamp(PITCH.0, PITCH.1);
        let epoch = Epoch { length, is_voiced: now.voiced[1], rms: now.rms, ratios: now.ratios };
        let count = FRAME_SAMPLES / length;
        self.left = FRAME_SAMPLES - count * length;
        self.before = Some(now);
        Plan { epochs: vec![epoch; count], rise }
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        let mut before = self.before.unwrap_or_default();
        let mut small = [
            u8::from(self.before.is_some()),
            u8::from(before.voiced[0]),
            u8::from(before.voiced[1]),
            before.pitch as u8,
            self.left as u8,
        ];
        small.iter_mut().for_each(|word| words.u8(word));
        words.f32(&mut before.rms);
        visit_all(words, &mut before.ratios);
        let [has_begun, first, second, pitch, left] = small;
        (before.voiced, before.pitch) = ([first == 1, second == 1], usize::from(pitch));
        self.before = (has_begun == 1).then_some(before);
        self.left = usize::from(left);
    }

    pub(super) fn is_sound(&self) -> bool {
        let is_sound = |before: &Spoken| {
            (PITCH.0..=PITCH.1).contains(&before.pitch)
                && (1.0..=2_000.0).contains(&before.rms)
                && are_sound(&before.ratios)
                && before.ratios.iter().all(|ratio| ratio.abs() <= 0.99)
        };
        self.left < PITCH.1 && self.before.as_ref().is_none_or(is_sound)
    }
}
