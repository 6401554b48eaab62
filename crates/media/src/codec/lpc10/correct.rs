//! Protection: in a frame that is not wholly voiced the last six coefficients give their bits to check bits for level and the first four,
//! and every frame waits for the next one, which says whether a change of voicing can be.
//!
//! The standard also smooths parameters by how many errors it has found lately. Packets come whole or not at all, so that is left
//! out: without errors it changes nothing.

use super::frame::Frame;
use super::memory::Words;
use super::quantise::{self, Pitch, TRANSITION, UNVOICED};
use super::{ORDER, PITCH, Spoken};

/// What the last six coefficients are where they were not sent: codes that mean about 0.
const UNSENT: [i8; ORDER] = [0, 0, 0, 0, 0, 3, 0, 2, 0, 0];

/// The check bits of four bits: a Hamming code in which any two words differ by four bits.
fn check_bits(nibble: u8) -> u8 {
    const OF_BIT: [u8; 4] = [7, 11, 13, 14];
    let set = OF_BIT.iter().enumerate().filter(|(bit, _)| nibble >> bit & 1 == 1);
    set.fold(0, |sum, (_, check)| sum ^ check)
}

/// The four bits that were sent with these check bits; `None`: more than one bit is wrong.
fn corrected(nibble: u8, check: u8) -> Option<u8> {
    let wrong = |right: u8| (right ^ nibble).count_ones() + (check_bits(right) ^ check).count_ones();
    (0..16).find(|&right| wrong(right) <= 1)
}

/// The four upper bits of a code of five.
fn upper(code: i8) -> u8 {
    (code as u8) >> 1 & 15
}

/// The frame as it is sent.
pub(super) fn protected(mut frame: Frame) -> Frame {
    if !matches!(frame.pitch, UNVOICED | TRANSITION) {
        return frame;
    }
    let check = |code: i8| check_bits(upper(code)) as i8;
    let [first, second, third, fourth, ..] = frame.ratios.map(check);
    let level = check(frame.rms as i8);
    let [.., r5, r6, r7, r8, r9, r10] = &mut frame.ratios;
    (*r5, *r6, *r7, *r8, *r9, *r10) = (first, second, third, level, fourth >> 1, fourth & 1);
    frame
}

/// A frame on its way through the two of delay.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Held {
    rms: u8,
    ratios: [i8; ORDER],
    pitch: u8,
}

impl Held {
    fn visit(&mut self, words: &mut Words<'_>) {
        words.u8(&mut self.rms);
        words.u8(&mut self.pitch);
        self.ratios.iter_mut().for_each(|ratio| {
            let mut byte = *ratio as u8;
            words.u8(&mut byte);
            *ratio = byte as i8;
        });
    }

    /// Takes the check bits for what they say; what can't be corrected is as it was before.
    fn correct(&mut self, before: &Self) {
        let bits = |code: i8| code as u8 & 15;
        let [r1, r2, r3, r4, r5, r6, r7, r8, r9, r10] = self.ratios;
        let level = corrected(upper(self.rms as i8), bits(r8));
        self.rms = level.map_or(before.rms, |right| right << 1 | self.rms & 1);
        let checks = [bits(r5), bits(r6), bits(r7), (r9 as u8 & 7) << 1 | r10 as u8 & 1];
        let sent = [r1, r2, r3, r4].into_iter().zip(checks);
        for ((place, before), (code, check)) in self.ratios.iter_mut().zip(before.ratios).zip(sent) {
            let right = corrected(upper(code), check).map(|right| right << 1 | code as u8 & 1);
            // Five bits with a sign.
            *place = right.map_or(before, |right| ((right << 3) as i8) >> 3);
        }
    }
}

/// Whose pitch a frame takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    Own,
    Before,
    Next,
}

/// What is made of a frame, by its own voicing and that of its neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Verdict {
    voiced: [bool; 2],
    pitch: Taken,
    /// Whether its last coefficients are check bits.
    is_protected: bool,
    /// Whether they count.
    is_whole: bool,
}

/// The voicing of a frame between what was made of the one before and what the next one says of itself.
fn verdict(was_voiced: bool, own: Pitch, next: Pitch) -> Verdict {
    let is_voiced = |pitch| matches!(pitch, Pitch::Voiced(_));
    let unvoiced = Verdict { voiced: [false; 2], pitch: Taken::Own, is_protected: true, is_whole: false };
    let voiced = Verdict { voiced: [true; 2], pitch: Taken::Own, is_protected: false, is_whole: true };
    let from_next = if is_voiced(next) { Taken::Next } else { Taken::Own };
    match (was_voiced, own) {
        (false, Pitch::Unvoiced) => unvoiced,
        (false, Pitch::Transition) => Verdict { voiced: [false, true], pitch: from_next, ..unvoiced },
        // A single one among unvoiced ones is an error.
        (false, Pitch::Voiced(_) | Pitch::Wrong) if next == Pitch::Unvoiced => {
            Verdict { is_protected: false, ..unvoiced }
        }
        (false, Pitch::Voiced(_)) => voiced,
        (false, Pitch::Wrong) => Verdict { pitch: from_next, ..voiced },
        (true, Pitch::Unvoiced) => Verdict { pitch: from_next, ..unvoiced },
        (true, Pitch::Transition) => {
            let pitch = if is_voiced(next) { Taken::Next } else { Taken::Before };
            Verdict { voiced: [true, false], pitch, ..unvoiced }
        }
        (true, Pitch::Voiced(_)) => voiced,
        (true, Pitch::Wrong) => {
            let pitch = if is_voiced(next) { Taken::Next } else { Taken::Before };
            Verdict { pitch, ..voiced }
        }
    }
}

/// Holds a frame until the next one has come.
#[derive(Clone, Debug)]
pub(super) struct Corrector {
    has_begun: bool,
    /// Of the second half of what was given out last.
    was_voiced: bool,
    /// The pitch code of the frame that is held.
    code: u8,
    held: Held,
    before: Held,
    /// The mean pitch period of late.
    mean_pitch: u8,
}

impl Default for Corrector {
    fn default() -> Self {
        Self {
            has_begun: false,
            was_voiced: false,
            code: UNVOICED,
            held: Held::default(),
            before: Held::default(),
            mean_pitch: 60,
        }
    }
}

impl Corrector {
    /// Takes a frame, gives the one before it.
    pub(super) fn take(&mut self, frame: &Frame) -> Spoken {
        let next = quantise::pitch(frame.pitch);
        let own = quantise::pitch(self.code);
        let pitch = match next {
            Pitch::Voiced(period) => {
                self.mean_pitch = ((15 * u16::from(self.mean_pitch) + u16::from(period) + 8) / 16) as u8;
                period
            }
            Pitch::Unvoiced | Pitch::Transition | Pitch::Wrong => self.mean_pitch,
        };
        let coming = Held { rms: frame.rms, ratios: frame.ratios, pitch };
        let verdict = verdict(self.was_voiced, own, next);
        // Nothing is held at first: the frame itself is taken.
        let mut given = coming;
        if core::mem::replace(&mut self.has_begun, true) {
            if verdict.is_protected {
                self.held.correct(&self.before);
            }
            self.held.pitch = match verdict.pitch {
                Taken::Own => self.held.pitch,
                Taken::Before => self.before.pitch,
                Taken::Next => coming.pitch,
            };
            given = self.held;
        }
        self.was_voiced = verdict.voiced[1];
        (self.before, self.held, self.code) = (self.held, coming, frame.pitch);
        if !verdict.is_whole {
            given.ratios.iter_mut().zip(UNSENT).skip(4).for_each(|(ratio, unsent)| *ratio = unsent);
        }
        Spoken {
            voiced: verdict.voiced,
            pitch: usize::from(given.pitch).clamp(PITCH.0, PITCH.1),
            rms: quantise::level(given.rms),
            ratios: quantise::ratios(&given.ratios),
        }
    }

    pub(super) fn visit(&mut self, words: &mut Words<'_>) {
        for flag in [&mut self.has_begun, &mut self.was_voiced] {
            let mut byte = u8::from(*flag);
            words.u8(&mut byte);
            *flag = byte == 1;
        }
        words.u8(&mut self.code);
        words.u8(&mut self.mean_pitch);
        self.held.visit(words);
        self.before.visit(words);
    }

    pub(super) fn is_sound(&self) -> bool {
        self.code < 128 && self.held.rms < 32 && self.before.rms < 32
    }
}
