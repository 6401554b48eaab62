//! What every codec of the registry leaves of speech when it is heard in every other, through the whole engine; fails where a
//! bound is not kept. Then two calls of two hours with clocks that do not agree. `cargo bench -p cordboard-media --bench quality`
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::wildcard_enum_match_arm,
    missing_docs,
    reason = "a benchmark"
)]
#![allow(clippy::cast_possible_truncation, reason = "lengths of short signals")]

#[path = "../tests/quality/clock.rs"]
mod clock;
#[path = "../tests/quality/measure.rs"]
mod measure;
#[path = "../tests/quality/pairs.rs"]
mod pairs;
#[path = "../tests/quality/world.rs"]
mod world;

fn main() {
    let all = pairs::working();
    for codec in &all {
        let (speech, sweep) = pairs::alone(*codec);
        println!(
            "{}/{} by itself: speech {speech:.1} dB, tone {sweep:.1} dB",
            codec.name(),
            codec.clock_rate_hz()
        );
    }
    let (mut count, mut faults) = (0, Vec::new());
    let mut delays = Vec::new();
    for from in &all {
        // By two, as in a call: packets of codecs that go sample by sample are converted one by one; then by all at once, each played out.
        let two = all.iter().flat_map(|to| pairs::heard_by(*from, &[*to], (20, 20)));
        for pair in two.collect::<Vec<_>>().into_iter().chain(pairs::heard_by(*from, &all, (20, 20))) {
            let (speech, sweep) = (pair.speech, pair.sweep);
            println!(
                "{:34} speech {:5.1} dB, level {:+.2} dB; tone {:5.1} dB; {:.1} ms",
                pair.name(),
                speech.snr_db,
                speech.gain_db,
                sweep.snr_db,
                pair.delay_ms
            );
            count += 1;
            delays.push(pair.delay_ms);
            faults.extend(pairs::faults(&pair));
        }
    }
    delays.sort_by(f64::total_cmp);
    println!("{count} pairs; from mouth to ear {:.1} to {:.1} ms", delays[0], delays[delays.len() - 1]);
    for ppm in [200, -200] {
        let call = clock::call(120, ppm);
        println!("two hours, clock {ppm:+} ppm: {call:.1?}");
        faults.extend(clock::faults(&call));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}
