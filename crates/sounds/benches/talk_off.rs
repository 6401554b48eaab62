//! An hour of speech, of which no part may be taken for a digit. Run with `cargo bench -p cordboard-sounds --bench talk_off`; other lengths,
//! in seconds, as an argument.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark")]

#[path = "../tests/talk_off.rs"]
mod talk_off;

use std::time::Instant;

fn main() {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(3_600.0);
    let started = Instant::now();
    let heard = talk_off::talk(seconds);
    let false_digits = heard.digits.len().saturating_sub(1);
    println!(
        "{:.0} s of speech, {} prompts: {false_digits} false digits {:?}, in {:.1} s",
        heard.seconds,
        heard.prompts,
        &heard.digits[..false_digits],
        started.elapsed().as_secs_f64()
    );
    assert_eq!(heard.digits.last(), Some(&'5'), "the key at the end is heard");
    assert_eq!(false_digits, 0);
}
