//! MP3 from a source that can be sought in: the frames are ours, so that a seek is bounded, the decoder is symphonia's.

mod frames;
mod header;
mod places;
mod tag;
mod window;

use super::{BAD_MAX, ReadError, mean};
use frames::Frames;
use places::Places;
use symphonia::core::audio::Channels;
use symphonia::core::codecs::audio::well_known::CODEC_ID_MP3;
use symphonia::core::codecs::audio::{AudioCodecParameters, AudioDecoder, AudioDecoderOptions};
use symphonia::core::io::MediaSource;
use symphonia::core::packet::Packet;
use symphonia::core::units::{Duration, Timestamp};

/// Frames that are decoded before what is sought: a frame's data may begin 511 octets before it, which are many frames of a low rate.
const RUN_UP: u64 = 12;

/// What is known of a file's frames, for whoever opens the same file again.
#[derive(Clone, Debug)]
pub struct Index(Places);

pub(super) struct Mp3 {
    frames: Frames,
    decoder: Box<dyn AudioDecoder>,
    frame: Vec<u8>,
    interleaved: Vec<i16>,
    /// Samples still to be left out at the beginning.
    skip: u64,
    /// Frames in a row that could not be decoded.
    bad: u32,
}

impl Mp3 {
    /// None: the source is none, and comes back. `is_named` says that its name is an MP3's.
    pub(super) fn open(
        source: Box<dyn MediaSource>,
        is_named: bool,
    ) -> Result<core::result::Result<Self, Box<dyn MediaSource>>, ReadError> {
        let frames = match Frames::open(source, is_named)? {
            Ok(frames) => frames,
            Err(source) => return Ok(Err(source)),
        };
        let mut params = AudioCodecParameters::new();
        params
            .for_codec(CODEC_ID_MP3)
            .with_sample_rate(frames.kind().rate_hz)
            .with_channels(Channels::Discrete(if frames.kind().is_mono { 1 } else { 2 }));
        let codecs = symphonia::default::get_codecs();
        let decoder = codecs.make_audio_decoder(&params, &AudioDecoderOptions::default())?;
        let skip = u64::from(frames.tag.delay);
        Ok(Ok(Self { frames, decoder, frame: Vec::new(), interleaved: Vec::new(), skip, bad: 0 }))
    }

    pub(super) fn rate_hz(&self) -> u32 {
        self.frames.kind().rate_hz
    }

    pub(super) fn length(&self) -> Option<u64> {
        let tag = &self.frames.tag;
        let all = self.frames.count.saturating_mul(self.samples());
        Some(all.saturating_sub(u64::from(tag.delay) + u64::from(tag.padding))).filter(|&length| length > 0)
    }

    pub(super) fn index(&self) -> Index {
        Index(self.frames.places().clone())
    }

    pub(super) fn learn(&mut self, index: Index) {
        self.frames.learn(index.0);
    }

    /// Of a frame.
    fn samples(&self) -> u64 {
        u64::from(self.frames.kind().samples())
    }

    pub(super) fn read(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        let number = self.frames.next().frame;
        if !self.frames.read(&mut self.frame)? {
            return Ok(false);
        }
        let (start, length) = (samples.len(), usize::try_from(self.samples()).unwrap_or(0));
        let packet = Packet::new(0, Timestamp::new(0), Duration::from(self.samples()), self.frame.as_slice());
        match self.decoder.decode(&packet) {
            Ok(block) => {
                let channels = block.spec().channels().count().max(1);
                block.copy_to_vec_interleaved(&mut self.interleaved);
                samples.extend(self.interleaved.chunks_exact(channels).map(mean));
                self.bad = 0;
            }
            // What can't be heard takes its time all the same.
            Err(_) => self.bad += 1,
        }
        if self.bad > BAD_MAX {
            return Err(ReadError::Damaged);
        }
        samples.resize(start + length, 0);
        self.trim(number, start, samples);
        Ok(true)
    }

    /// Leaves out what the encoder has put before the beginning and behind the end.
    fn trim(&mut self, number: u64, start: usize, samples: &mut Vec<i16>) {
        let tag = &self.frames.tag;
        let end = tag.frames.unwrap_or(u64::MAX);
        // Frames behind those that the tag has counted are another file's, that was joined to this one.
        if number < end && tag.padding > 0 {
            let sound = end.saturating_mul(self.samples()).saturating_sub(u64::from(tag.padding));
            let rest = sound.saturating_sub(number.saturating_mul(self.samples()));
            samples.truncate(start.saturating_add(usize::try_from(rest).unwrap_or(usize::MAX)));
        }
        let made = samples.len().saturating_sub(start);
        let skipped = usize::try_from(self.skip).unwrap_or(usize::MAX).min(made);
        samples.drain(start..start + skipped);
        self.skip -= skipped as u64;
    }

    /// Goes to a sample or before it, and says to which.
    pub(super) fn seek(&mut self, sample: u64) -> Result<u64, ReadError> {
        let delay = u64::from(self.frames.tag.delay);
        let wanted = sample.saturating_add(delay) / self.samples();
        self.frames.go_to(wanted.saturating_sub(RUN_UP))?;
        self.decoder.reset();
        self.bad = 0;
        let reached = self.frames.next().frame.saturating_mul(self.samples());
        self.skip = delay.saturating_sub(reached);
        Ok(reached.saturating_sub(delay))
    }
}

#[cfg(test)]
mod tests;
