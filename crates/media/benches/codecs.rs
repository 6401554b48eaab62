//! What 20 ms cost in each codec, each way. Run with `cargo bench -p cordboard-media --bench codecs`.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

use cordboard_media::codec::{Codec, registry};
use divan::{Bencher, black_box};

/// Shows allocations beside the times: there must be none beyond the first packets' buffers.
#[global_allocator]
static ALLOCATOR: divan::AllocProfiler = divan::AllocProfiler::system();

fn main() {
    divan::main();
}

/// Codecs that can be coded here, as a name that says the rate too.
fn names() -> Vec<String> {
    let coded = registry().iter().filter(|codec| codec.encoder("", codec.sample_rate_hz()).is_some());
    coded.map(|codec| name(*codec)).collect()
}

fn name(codec: &dyn Codec) -> String {
    format!("{}/{}", codec.name(), codec.clock_rate_hz())
}

fn codec(wanted: &str) -> &'static dyn Codec {
    registry().iter().copied().find(|codec| name(*codec) == wanted).unwrap()
}

/// Whole frames of at least 20 ms of noise under a tone.
fn sound(codec: &dyn Codec) -> Vec<i16> {
    let rate = codec.sample_rate_hz();
    let mut random = 1u32;
    let mut sample = |n: usize| {
        random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let tone = (n as f64 * 440.0 * core::f64::consts::TAU / f64::from(rate)).sin() * 6_000.0;
        cordboard_media::level::to_i16(tone + f64::from(random >> 22))
    };
    (0..(rate as usize / 50).next_multiple_of(codec.frame_samples())).map(&mut sample).collect()
}

#[divan::bench(args = names())]
fn encode(bencher: Bencher<'_, '_>, name: &str) {
    let codec = codec(name);
    let (sound, mut payload) = (sound(codec), Vec::with_capacity(4_096));
    let mut encoder = codec.encoder("", codec.sample_rate_hz()).unwrap();
    bencher.bench_local(|| {
        payload.clear();
        encoder.encode(black_box(&sound), &mut payload);
        payload.len()
    });
}

#[divan::bench(args = names())]
fn decode(bencher: Bencher<'_, '_>, name: &str) {
    let codec = codec(name);
    let (mut payload, mut samples) = (Vec::new(), Vec::with_capacity(4_096));
    codec.encoder("", codec.sample_rate_hz()).unwrap().encode(&sound(codec), &mut payload);
    let mut decoder = codec.decoder("", codec.sample_rate_hz()).unwrap();
    bencher.bench_local(|| {
        samples.clear();
        decoder.decode(black_box(&payload), &mut samples).unwrap();
        samples.len()
    });
}
