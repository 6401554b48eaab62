//! G.711 against spandsp: every sample and every code.

use super::{bytes, codec, encoded, samples};

/// How many of the 65,536 samples get another code than spandsp gives them; fails if one is further off than the next interval.
fn others(name: &str, vector: &str) -> usize {
    let all: Vec<i16> = (i16::MIN..=i16::MAX).collect();
    let ours = encoded(codec(name, 8_000), &all, 160);
    let runs = bytes(&format!("{vector}.bin"));
    let runs: Vec<(i16, u8)> =
        runs.as_chunks::<3>().0.iter().map(|[a, b, code]| (i16::from_le_bytes([*a, *b]), *code)).collect();
    assert_eq!((all.len(), ours.len(), runs.first().map(|run| run.0)), (65_536, 65_536, Some(i16::MIN)));
    let code_of = |sample: i16| runs.partition_point(|run| run.0 <= sample) - 1;
    let differ = |(sample, ours): &(&i16, &u8)| {
        let run = code_of(**sample);
        let near = [run.checked_sub(1), Some(run), Some(run + 1)].into_iter().flatten();
        let near: Vec<u8> = near.filter_map(|run| runs.get(run)).map(|run| run.1).collect();
        assert!(near.contains(ours), "{sample} is {ours:#x}, theirs is {:#x}", runs[run].1);
        runs[run].1 != **ours
    };
    all.iter().zip(&ours).filter(differ).count()
}

fn decodes_to_the_bit(name: &str, vector: &str) {
    let codes: Vec<u8> = (0..=u8::MAX).collect();
    assert_eq!(super::decoded(codec(name, 8_000), &codes, 256), samples(&format!("{vector}.s16")), "{name}");
}

#[test]
fn a_law_is_the_same_to_the_bit_for_every_sample_and_code() {
    assert_eq!(others("PCMA", "g711-alaw"), 0);
    decodes_to_the_bit("PCMA", "g711-alaw");
}

#[test]
fn mu_law_is_the_same_but_at_the_borders_of_intervals() {
    assert!(others("PCMU", "g711-ulaw") <= 127);
    decodes_to_the_bit("PCMU", "g711-ulaw");
}
