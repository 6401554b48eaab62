//! The adaptive codebook (RFC 3951 §3.6, §4.3): what is around the start state is put together from three pieces of what is
//! decoded already. A piece is a run of the memory, one that overlaps the memory's end (augmented), or either of a smoothed memory.

use super::filter::{Predictor, all_pole, dot};
use super::state::nearest;
use super::{ORDER, PART, tables};

/// Samples of memory for the parts of 40 samples, and for the rest of the start state's two parts.
pub(super) const MEMORY: usize = 147;
pub(super) const MEMORY_OF_REST: usize = 85;
/// Vectors that eight bits can name.
const VECTORS_MAX: usize = 256;
/// Gains of the first search are smaller (`CB_MAXGAIN`).
const GAIN_MAX: f32 = 1.3;

/// The vectors that can be taken from one memory.
#[derive(Clone, Copy, Debug)]
struct Codebook<'a> {
    memory: &'a [f32],
    smoothed: [f32; MEMORY],
    /// Samples of each vector.
    length: usize,
}

impl<'a> Codebook<'a> {
    fn new(memory: &'a [f32], length: usize) -> Self {
        // §3.6.3: the filter's delay of half its length; outside of the memory there are zeros.
        let mut smoothed = [0.0; MEMORY];
        let mut padded = [0.0; MEMORY + 8];
        padded[3..3 + memory.len()].copy_from_slice(memory);
        for (n, out) in smoothed.iter_mut().take(memory.len()).enumerate() {
            *out =
                padded[n..n + 8].iter().zip(tables::CODEBOOK_FILTER.iter().rev()).map(|(m, f)| m * f).sum();
        }
        Self { memory, smoothed, length }
    }

    /// Vectors that are a run of the memory.
    fn runs(&self) -> usize {
        self.memory.len() - self.length + 1
    }

    /// Vectors of the memory as it is; as many again come from the smoothed one.
    fn plain(&self) -> usize {
        self.runs() + if self.length == PART { PART / 2 } else { 0 }
    }

    /// Writes a vector of `length` samples.
    fn vector(&self, number: usize, out: &mut [f32]) {
        let plain = self.plain();
        let (source, at) = if number < plain {
            (self.memory, number)
        } else {
            (&self.smoothed[..self.memory.len()], number - plain)
        };
        let (end, length) = (source.len(), self.length);
        if at < self.runs() {
            out.copy_from_slice(&source[end - at - length..][..length]);
            return;
        }
        // §3.6.3.1: a lag shorter than the vector. The memory's end, then itself again, faded over five samples.
        let twice = (2 * (at - self.runs()) + length).min(end);
        let lag = twice / 2;
        let fade = lag - 5;
        out[..fade].copy_from_slice(&source[end - lag..][..fade]);
        for n in fade..lag {
            let share = (n - fade) as f32 * 0.2;
            out[n] = (1.0 - share) * source[end - lag + n] + share * source[end - twice + n];
        }
        out[lag..].copy_from_slice(&source[end - twice + lag..][..length - lag]);
    }
}

/// The gains of three stages; each is relative to the one before (§3.6.4.3).
fn gains(codes: &[u8; 3]) -> [f32; 3] {
    let first = tables::GAINS_FIRST[usize::from(codes[0]) % 32];
    let second = first.abs().max(0.1) * tables::GAINS_SECOND[usize::from(codes[1]) % 16];
    let third = second.abs().max(0.1) * tables::GAINS_THIRD[usize::from(codes[2]) % 8];
    [first, second, third]
}

/// Puts `out` together from the memory right before it.
pub(super) fn construct(memory: &[f32], vectors: &[u8; 3], gain_codes: &[u8; 3], out: &mut [f32]) {
    let codebook = Codebook::new(memory, out.len());
    let mut vector = [0.0; PART];
    let vector = &mut vector[..out.len()];
    out.fill(0.0);
    for (number, gain) in vectors.iter().zip(gains(gain_codes)) {
        codebook.vector(usize::from(*number), vector);
        out.iter_mut().zip(vector.iter()).for_each(|(out, v)| *out += gain * v);
    }
}

/// Whether a stage of a block may take a vector. Of the block after the rest only half of them in the later stages (§3.6.3).
fn is_allowed(block: usize, stage: usize, number: usize) -> bool {
    match (block, stage) {
        (0, _) => number < 128,
        (1, 1..) => matches!(number, 0..44 | 108..172 | 236..256),
        (_, _) => number < VECTORS_MAX,
    }
}

/// The vectors and gains that come nearest to `target` (§3.6.4), all of it heard through the weighting filter.
pub(super) fn search(
    block: usize,
    memory: &[f32],
    target: &[f32],
    weighting: &Predictor,
) -> ([u8; 3], [u8; 3]) {
    let (from, to) = (ORDER + memory.len(), ORDER + memory.len() + target.len());
    let mut weighted = [0.0; ORDER + MEMORY + PART];
    weighted[ORDER..from].copy_from_slice(memory);
    weighted[from..to].copy_from_slice(target);
    all_pole(&mut weighted[..to], ORDER, weighting);
    let codebook = Codebook::new(&weighted[ORDER..from], target.len());
    let mut left = [0.0; PART];
    let left = &mut left[..target.len()];
    left.copy_from_slice(&weighted[from..to]);
    let wanted = dot(left, left);

    let count = (2 * codebook.plain()).min(VECTORS_MAX);
    let (mut vector, mut kept) = ([0.0; PART], [0.0; PART]);
    let (vector, kept) = (&mut vector[..target.len()], &mut kept[..target.len()]);
    let (mut vectors, mut codes, mut before) = ([0; 3], [0; 3], 1.0f32);
    for stage in 0..3 {
        let (mut best, mut measure, mut gain) = (0, 0.0, 0.0);
        for number in (0..count).filter(|number| is_allowed(block, stage, *number)) {
            codebook.vector(number, vector);
            let (cross, energy) = (dot(left, vector), dot(vector, vector));
            let taken = cross * cross / energy;
            let fits = energy > 0.0 && (stage > 0 || cross > 0.0) && (cross / energy).abs() < GAIN_MAX;
            if fits && taken > measure {
                (best, measure, gain) = (number, taken, cross / energy);
            }
        }
        let table = [&tables::GAINS_FIRST[..], &tables::GAINS_SECOND, &tables::GAINS_THIRD][stage];
        let scale = if stage == 0 { 1.0 } else { before.abs().max(0.1) };
        let (code, value) = nearest(table, gain / scale);
        before = value * scale;
        codebook.vector(best, vector);
        for (n, v) in vector.iter().enumerate() {
            left[n] -= before * v;
            kept[n] += before * v;
        }
        (vectors[stage], codes[stage]) = (u8::try_from(best).unwrap_or(0), code);
    }
    codes[0] = louder(codes[0], wanted, dot(kept, kept));
    (vectors, codes)
}

/// §3.7: where the coded signal is weaker than the one that was wanted, a larger first gain, at most twice the one that was found.
fn louder(code: u8, wanted: f32, coded: f32) -> u8 {
    let gain = tables::GAINS_FIRST[usize::from(code)];
    let is_better = |&(_, &larger): &(usize, &f32)| {
        larger > gain && coded * larger * larger < wanted * gain * gain && larger < 2.0 * gain
    };
    let found = tables::GAINS_FIRST.iter().enumerate().rfind(is_better);
    found.and_then(|(at, _)| u8::try_from(at).ok()).unwrap_or(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_of_every_length_gives_a_vector() {
        let memory: Vec<f32> = (0..MEMORY).map(|n| n as f32).collect();
        for (length, memory, last) in
            [(40, &memory[..], 255), (22, &memory[..85], 127), (23, &memory[..85], 127)]
        {
            for number in 0..=last {
                construct(memory, &[number; 3], &[255; 3], &mut [0.0; 40][..length]);
            }
        }
    }

    #[test]
    fn a_signal_that_repeats_is_found_at_its_period() {
        let signal: Vec<f32> = (0..MEMORY + 40).map(|n| if n % 50 < 3 { 900.0 } else { 3.0 }).collect();
        let (vectors, codes) = search(2, &signal[..MEMORY], &signal[MEMORY..], &super::super::filter::FLAT);
        let mut out = [0.0; 40];
        construct(&signal[..MEMORY], &vectors, &codes, &mut out);
        let missed: f32 = out.iter().zip(&signal[MEMORY..]).map(|(a, b)| (a - b).powi(2)).sum();
        assert!(missed < 0.01 * dot(&signal[MEMORY..], &signal[MEMORY..]), "{missed}");
    }
}
