//! Plays a µ-law file through the playout as a network would have brought it, for comparisons by ear and by measure.
//!
//! `played SPEECH.ulaw TRACE OUT.raw`: every line of the trace is a 20 ms packet that arrives, as its arrival in µs and its number
//! from 0; what comes out is 16-bit linear, 8,000 Hz, native byte order. See `concealment.py` beside it.

use cordboard_base::Time;
use cordboard_media::codec::{Codec, Decoder, PCMU};
use cordboard_media::playout::{Arrived, Content, Decoders, Decoding, Playout, PlayoutConfig};
use std::error::Error;
use std::{env, fs};

struct Ulaw(Box<dyn Decoder>);

impl Decoders for Ulaw {
    fn decoder(&mut self, _format: u8) -> Option<Decoding<'_>> {
        Some(Decoding { decoder: self.0.as_mut(), rate_hz: 8_000 })
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let [speech, trace, out] =
        env::args().skip(1).collect::<Vec<_>>().try_into().map_err(|_| "three files")?;
    let speech = fs::read(speech)?;
    let mut arrivals: Vec<(u64, u32)> = fs::read_to_string(trace)?
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(at, number)| Ok::<_, std::num::ParseIntError>((at.parse()?, number.parse()?)))
        .collect::<Result<_, _>>()?;
    arrivals.sort_unstable();
    let mut decoders = Ulaw(PCMU.decoder("", 8_000).ok_or("no decoder")?);
    let mut playout = Playout::new(8_000, PlayoutConfig::default());
    let (mut samples, mut coming) = (Vec::new(), arrivals.iter().peekable());
    let end_us = arrivals.last().map_or(0, |(at, _)| at + 400_000);
    for now_us in (0..end_us).step_by(20_000) {
        while let Some(&(at, number)) = coming.next_if(|(at, _)| *at <= now_us) {
            let first = number as usize * 160;
            playout.push(
                Time::from_micros(at),
                Arrived {
                    sequence: 65_536 + u64::from(number),
                    timestamp: number * 160,
                    marker: number == 0,
                    clock_hz: 8_000,
                    content: Content::Audio { format: 0 },
                    payload: speech.get(first..first + 160).unwrap_or_default(),
                },
            );
        }
        playout.pull(Time::from_micros(now_us), 20, &mut decoders, &mut samples);
    }
    fs::write(out, samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect::<Vec<u8>>())?;
    println!("{:?}", playout.figures(Time::from_micros(end_us)));
    Ok(())
}
