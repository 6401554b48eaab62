//! The stream's course: which packet is next, what stands in for one that is not there, and pauses.

use super::buffer::Held;
use super::{Content, Decoders, Decoding, Flow, Frame, Heard, Playout, RATES_HZ, RESTART_APART};
use crate::comfort_noise::{ComfortNoise, NoiseGenerator};
use crate::conceal::Concealer;
use crate::level::mean_square;

/// Timestamps that are ahead by more than this without a lost packet mean a pause; less is a phone's carelessness.
const PAUSE_US: i64 = 5_000;
/// Timestamps that are ahead by less than this mean nothing.
const TOLERANCE_US: i64 = 2_000;
/// A gap by lost packets that is longer than this is a pause: nothing can be made up for so long.
const LOSS_MAX_US: i64 = 120_000;
/// Where all was played, so much is made up before it is taken for a pause.
const STARVED_MAX_US: i64 = 100_000;
/// A decoder's own concealment is used for so long where nothing comes; then the general one fades it out.
const DECODER_CONCEALS_US: i64 = 60_000;
/// What is decoded of one packet at most, in ms: payloads that are small and say that they are long are cut.
const PACKET_MAX_MS: u32 = 200;
/// How speech is faded into a pause and out of it, in ms.
const FADE_OUT_MS: u32 = 5;
const FADE_IN_MS: u32 = 2;
/// A longer run of lost packets is no longer one to the statistics of bursts.
const RUN_MAX: u64 = 100;
/// Any seed makes noise.
const NOISE_SEED: u32 = 0x9E37_79B9;

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The first packet that waits.
    Play,
    /// So much in place of a lost packet; whether the first packet that waits follows it.
    Lost { us: i64, recover: bool },
    /// The first packet that waits carries no sound of its own.
    Skip,
    /// The first packet that waits says how the silence sounds.
    Noise,
    /// Silence, until there is a packet whose time has come.
    Pause,
    /// Nothing is there, and something should be.
    Starve,
    /// The first packet that waits has another rate.
    ChangeRate,
}

impl Playout {
    /// Decodes, makes up and adds silence until `needed` samples stand ahead. Every turn adds samples, takes a packet out, or
    /// pauses. Says what was added.
    pub(super) fn fill(&mut self, frame: Frame, needed: usize, decoders: &mut dyn Decoders) -> Heard {
        let mut heard = Heard::Nothing;
        while self.ahead.len() < needed {
            let missing = needed - self.ahead.len();
            let next = self.next(frame, decoders);
            self.take(next, missing, decoders);
            heard = heard.max(self.heard);
        }
        heard
    }

    pub(super) fn take(&mut self, next: Next, missing: usize, decoders: &mut dyn Decoders) {
        match next {
            Next::Play => self.play(decoders),
            Next::Lost { us, recover } => {
                self.lose(us, recover, decoders);
                self.counted.lost += 1;
                self.losses.lost();
                self.end_us += us;
                if let Some(expected) = self.expected {
                    self.advance(expected, false);
                }
            }
            Next::Skip => {
                let Some(held) = self.buffer.pop() else { return };
                self.passed(held.sequence);
                self.buffer.give_back(held);
                // Some phones go on with the audio while they send an event; most do not.
                if self.buffer.first().is_none() {
                    self.pause();
                }
            }
            Next::Noise => self.take_noise(),
            Next::Pause => {
                self.rest(decoders);
                self.add_silence(missing, decoders);
            }
            Next::Starve => self.starve(missing, decoders),
            Next::ChangeRate => self.fade_to_silence(missing),
        }
    }

    pub(super) fn next(&self, frame: Frame, decoders: &mut dyn Decoders) -> Next {
        let next = self.next_in_order(frame);
        if next == Next::Play
            && let Some(rate_hz) = self.rate_of_first(decoders)
            && rate_hz != self.rate_hz
        {
            return Next::ChangeRate;
        }
        next
    }

    fn next_in_order(&self, frame: Frame) -> Next {
        let Some(first) = self.buffer.first() else {
            return if self.flow == Flow::Paused { Next::Pause } else { Next::Starve };
        };
        let sound = match first.content {
            Content::Audio { .. } => Next::Play,
            Content::ComfortNoise => Next::Noise,
            Content::Event => return Next::Skip,
        };
        let concealed_us = match self.flow {
            Flow::Paused if self.is_due(frame, first) => return sound,
            Flow::Paused => return Next::Pause,
            Flow::Talking => 0,
            Flow::Starved { concealed_us } => concealed_us,
        };
        let lost = first.sequence.saturating_sub(self.expected.unwrap_or(first.sequence));
        let gap_us = first.media_us - self.end_us;
        if sound == Next::Noise {
            return sound; // the beginning of a pause, whatever was lost before it
        }
        if lost == 0 {
            return if gap_us > PAUSE_US { Next::Pause } else { Next::Play };
        }
        // What was made up while nothing was there stands for the lost packets.
        let gap_us = gap_us - concealed_us;
        if gap_us <= TOLERANCE_US {
            Next::Play
        } else if gap_us > LOSS_MAX_US {
            Next::Pause
        } else if lost == 1 {
            Next::Lost { us: gap_us + concealed_us, recover: true }
        } else {
            Next::Lost { us: self.packet_us.clamp(1_000, gap_us) + concealed_us, recover: false }
        }
    }

    /// Whether a packet that follows a pause is to be played now.
    fn is_due(&self, frame: Frame, first: &Held) -> bool {
        let unhindered_us = first.media_us + self.delay.base_us().unwrap_or(0);
        frame.now_us - unhindered_us >= self.delay.target_us(frame.now_us)
    }

    fn rate_of_first(&self, decoders: &mut dyn Decoders) -> Option<u32> {
        let Content::Audio { format } = self.buffer.first()?.content else { return None };
        Some(decoders.decoder(format)?.rate_hz).filter(|rate_hz| RATES_HZ.contains(rate_hz))
    }

    /// Decodes the first packet that waits.
    fn play(&mut self, decoders: &mut dyn Decoders) {
        let Some(held) = self.buffer.pop() else { return };
        let Content::Audio { format } = held.content else { return };
        let scratch = &mut self.scratch.0;
        scratch.clear();
        let decoding = decoders.decoder(format).filter(|decoding| decoding.rate_hz == self.rate_hz);
        let decoded = decoding.and_then(|decoding| decoding.decoder.decode(&held.payload, scratch).ok());
        scratch.truncate((self.rate_hz / 1_000 * PACKET_MAX_MS) as usize);
        if decoded.is_none() || scratch.is_empty() {
            self.counted.discarded += 1;
            self.losses.lost();
            let us = self.packet_us;
            self.lose(us, false, decoders);
        } else {
            let goes_on = self.heard == Heard::ComfortNoise && self.noise.is_none();
            if self.flow == Flow::Paused && !goes_on {
                fade(scratch, (self.rate_hz / 1_000 * FADE_IN_MS) as usize, Fade::In);
            }
            self.concealer.good(scratch);
            if let Some(square) = mean_square(scratch.iter().copied()) {
                self.power.add(square);
            }
            self.ahead.extend_from_slice(scratch);
            self.packet_us = scratch.len() as i64 * 1_000_000 / i64::from(self.rate_hz);
            self.heard = Heard::Speech;
            self.losses.received();
        }
        self.format = Some(format);
        self.end_us = held.media_us + self.packet_us;
        self.passed(held.sequence);
        self.flow = Flow::Talking;
        self.buffer.give_back(held);
    }

    /// This number's turn is over; those between it and the one that was expected are lost.
    fn passed(&mut self, sequence: u64) {
        let lost = sequence.saturating_sub(self.expected.unwrap_or(sequence)).min(RESTART_APART);
        self.counted.lost += lost;
        (0..lost.min(RUN_MAX)).for_each(|_| self.losses.lost());
        self.advance(sequence, true);
    }

    /// Makes up for so much that was lost, less what was made up for it already. `recover`: the next packet follows it.
    fn lose(&mut self, us: i64, recover: bool, decoders: &mut dyn Decoders) {
        let concealed_us = match self.flow {
            Flow::Starved { concealed_us } => concealed_us,
            Flow::Paused | Flow::Talking => 0,
        };
        self.flow = Flow::Talking;
        let count = self.samples_of_us(us - concealed_us).max(1);
        let start = self.ahead.len();
        let by_decoder = self.made_by_decoder(count, recover && concealed_us == 0, decoders);
        if by_decoder {
            let samples = self.ahead.get_mut(start..).unwrap_or_default();
            self.concealer.good(samples);
        } else {
            self.concealer.lost(count, &mut self.ahead);
        }
        self.counted.concealed_us += self.us_of(count);
        self.heard = Heard::Concealed;
    }

    /// Appends exactly `count` samples by the decoder's own means, if it has them.
    fn made_by_decoder(&mut self, count: usize, recover: bool, decoders: &mut dyn Decoders) -> bool {
        let rate_hz = self.rate_hz;
        let Some(format) = self.format else { return false };
        let Some(Decoding { decoder, .. }) =
            decoders.decoder(format).filter(|decoding| decoding.rate_hz == rate_hz)
        else {
            return false;
        };
        let start = self.ahead.len();
        let following = self.buffer.first().filter(|first| first.content == Content::Audio { format });
        let made =
            recover && following.is_some_and(|first| decoder.recover(&first.payload, count, &mut self.ahead));
        let made = made || decoder.conceal(count, &mut self.ahead);
        if made {
            self.ahead.resize(start + count, 0);
        } else {
            self.ahead.truncate(start);
        }
        made
    }

    /// Nothing is there: something is made up, and the stream stands still.
    fn starve(&mut self, missing: usize, decoders: &mut dyn Decoders) {
        let before_us = match self.flow {
            Flow::Starved { concealed_us } => concealed_us,
            Flow::Paused | Flow::Talking => 0,
        };
        if before_us >= STARVED_MAX_US || self.decoder_rests(decoders) {
            self.rest(decoders);
            return;
        }
        let start = self.ahead.len();
        if before_us < DECODER_CONCEALS_US && self.made_by_decoder(missing, false, decoders) {
            self.concealer.good(self.ahead.get_mut(start..).unwrap_or_default());
        } else {
            self.concealer.lost(missing, &mut self.ahead);
        }
        let us = self.us_of(missing);
        self.counted.concealed_us += us;
        self.flow = Flow::Starved { concealed_us: before_us + us };
        self.heard = Heard::Concealed;
    }

    /// Whether the newest packet's decoder knows what the silence after it sounds like.
    fn decoder_rests(&self, decoders: &mut dyn Decoders) -> bool {
        let decoding = self.format.and_then(|format| decoders.decoder(format));
        decoding.is_some_and(|decoding| decoding.rate_hz == self.rate_hz && decoding.decoder.rests())
    }

    /// Ends what was said; where its decoder goes on with the silence, nothing is heard of the end.
    fn rest(&mut self, decoders: &mut dyn Decoders) {
        if self.decoder_rests(decoders) {
            self.flow = Flow::Paused;
        } else {
            self.pause();
        }
    }

    /// Ends what was said, without a click.
    pub(super) fn pause(&mut self) {
        if self.flow == Flow::Paused {
            return;
        }
        self.flow = Flow::Paused;
        self.fade_out((self.rate_hz / 1_000 * FADE_OUT_MS) as usize);
        self.heard = Heard::Nothing;
    }

    fn fade_out(&mut self, count: usize) {
        let start = self.ahead.len();
        self.concealer.lost(count, &mut self.ahead);
        self.concealer.forget_loss();
        fade(self.ahead.get_mut(start..).unwrap_or_default(), count, Fade::Out);
    }

    fn take_noise(&mut self) {
        let Some(held) = self.buffer.pop() else { return };
        self.pause();
        if let Some(noise) = ComfortNoise::parse(&held.payload) {
            match &mut self.noise {
                Some(generator) => generator.set(noise),
                none => *none = Some(NoiseGenerator::new(NOISE_SEED, noise)),
            }
        } else {
            self.counted.discarded += 1;
        }
        self.passed(held.sequence);
        self.end_us = held.media_us;
        self.buffer.give_back(held);
    }

    fn add_silence(&mut self, count: usize, decoders: &mut dyn Decoders) {
        let start = self.ahead.len();
        self.heard = Heard::ComfortNoise;
        if let Some(noise) = &mut self.noise {
            noise.generate(count, &mut self.ahead);
        } else if !self.decoder_rests(decoders) || !self.made_by_decoder(count, false, decoders) {
            self.ahead.resize(start + count, 0);
            self.heard = Heard::Nothing;
        }
        self.concealer.good(self.ahead.get_mut(start..).unwrap_or_default());
    }

    /// The rest of this pull at the old rate, ending in silence.
    fn fade_to_silence(&mut self, missing: usize) {
        if self.faded_out {
            self.ahead.resize(self.ahead.len() + missing, 0);
        } else {
            self.faded_out = true;
            self.fade_out(missing);
        }
        self.heard = Heard::Concealed;
    }

    /// Where nothing of the old rate is left and the next packet has another one, goes over to it.
    pub(super) fn change_rate(&mut self, frame: Frame, decoders: &mut dyn Decoders) {
        if self.next(frame, decoders) != Next::ChangeRate {
            return;
        }
        if let Some(rate_hz) =
            self.rate_of_first(decoders).filter(|_| self.faded_out || self.flow == Flow::Paused)
        {
            self.rate_hz = rate_hz;
            self.concealer = Concealer::new(rate_hz);
            self.concealer.lost(0, &mut self.ahead); // swells from silence
            self.slide = super::Slide::default();
            self.slide.set(self.drift.ppb());
            self.faded_out = false;
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fade {
    In,
    Out,
}

/// Fades the first `count` samples.
fn fade(samples: &mut [i16], count: usize, way: Fade) {
    let whole = count as i32 + 1;
    for (n, sample) in (1..).zip(samples.iter_mut().take(count)) {
        let part = match way {
            Fade::In => n,
            Fade::Out => whole - n,
        };
        *sample = (i32::from(*sample) * part / whole) as i16;
    }
}
