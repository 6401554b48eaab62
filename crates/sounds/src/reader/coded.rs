//! What symphonia reads: containers, and every codec but Opus, which is ours; MP3 where it comes as a stream.

use super::{BAD_MAX, ReadError, mean};
use cordboard_media::codec::{self, Decoder};
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::codecs::audio::{AudioDecoder, AudioDecoderOptions};
use symphonia::core::errors::Error;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, SeekMode, SeekTo, Track, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};
use symphonia::core::packet::Packet;
use symphonia::core::units::{TimeBase, Timestamp};

/// Opus is decoded at this rate: what a telephone carries at most.
const OPUS_RATE_HZ: u32 = 16_000;
/// Opus counts time at this rate whatever is inside (RFC 7845 §4).
const OPUS_CLOCK_HZ: u32 = 48_000;

pub(super) struct Coded {
    format: Box<dyn FormatReader>,
    track: u32,
    decoder: AnyDecoder,
    rate_hz: u32,
    time_base: TimeBase,
    length: Option<u64>,
    interleaved: Vec<i16>,
    bad: u32,
    /// What was decoded to know where a seek has led.
    pending: Vec<i16>,
    /// The last packet's time.
    pts: Timestamp,
}

enum AnyDecoder {
    Symphonia(Box<dyn AudioDecoder>),
    Opus { decoder: Box<dyn Decoder>, skip: u64, pre_skip: u64 },
}

impl Coded {
    pub(super) fn open(source: Box<dyn MediaSource>, extension: &str) -> Result<Self, ReadError> {
        let stream = MediaSourceStream::new(source, Default::default());
        let mut hint = Hint::new();
        if !extension.is_empty() {
            hint.with_extension(extension);
        }
        let format =
            symphonia::default::get_probe().probe(&hint, stream, Default::default(), Default::default())?;
        let track = format.default_track(TrackType::Audio).ok_or(ReadError::NoAudio)?;
        let (decoder, rate_hz) = decoder(track)?;
        let clock_hz = if matches!(decoder, AnyDecoder::Opus { .. }) { OPUS_CLOCK_HZ } else { rate_hz };
        let own_time = core::num::NonZero::new(clock_hz).map(TimeBase::from_recip);
        let time_base = track.time_base.or(own_time).ok_or(ReadError::Rate(rate_hz))?;
        let frames = track.num_frames.map(|frames| scaled(frames, rate_hz, clock_hz));
        let length = frames.filter(|&frames| frames > 0);
        let track = track.id;
        Ok(Self {
            format,
            track,
            decoder,
            rate_hz,
            time_base,
            length,
            interleaved: Vec::new(),
            bad: 0,
            pending: Vec::new(),
            pts: Timestamp::new(0),
        })
    }

    pub(super) fn rate_hz(&self) -> u32 {
        self.rate_hz
    }

    pub(super) fn length(&self) -> Option<u64> {
        self.length
    }

    pub(super) fn read(&mut self, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        if !self.pending.is_empty() {
            samples.append(&mut self.pending);
            return Ok(true);
        }
        loop {
            let packet = match self.format.next_packet() {
                Ok(Some(packet)) => packet,
                Ok(None) => return Ok(false),
                // A file that was cut off, or is still being written, plays as far as it goes.
                Err(Error::IoError(error)) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return Ok(false);
                }
                // The next stream of a chain: radio stations begin one with each piece.
                Err(Error::ResetRequired) => {
                    self.next_of_chain()?;
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if packet.track_id != self.track {
                continue;
            }
            if self.decode(&packet, samples)? {
                (self.bad, self.pts) = (0, packet.pts);
                return Ok(true);
            }
            self.bad += 1;
            if self.bad > BAD_MAX {
                return Err(ReadError::Damaged);
            }
        }
    }

    /// Says whether the packet was one.
    fn decode(&mut self, packet: &Packet, samples: &mut Vec<i16>) -> Result<bool, ReadError> {
        match &mut self.decoder {
            AnyDecoder::Opus { decoder, skip, .. } => {
                let start = samples.len();
                if decoder.decode(&packet.data, samples).is_err() {
                    return Ok(false);
                }
                let made = samples.len() - start;
                let trimmed = scaled(packet.trim_end.get(), OPUS_RATE_HZ, OPUS_CLOCK_HZ);
                samples.truncate(start + made.saturating_sub(usize::try_from(trimmed).unwrap_or(made)));
                let skipped =
                    usize::try_from(*skip).unwrap_or(usize::MAX).min(samples.len().saturating_sub(start));
                samples.drain(start..start + skipped);
                *skip -= skipped as u64;
            }
            AnyDecoder::Symphonia(decoder) => {
                let block = match decoder.decode(packet) {
                    Ok(block) => block,
                    Err(Error::DecodeError(_)) => return Ok(false),
                    Err(error) => return Err(error.into()),
                };
                if block.spec().rate() != self.rate_hz {
                    return Err(ReadError::RateChanges);
                }
                let channels = block.spec().channels().count().max(1);
                block.copy_to_vec_interleaved(&mut self.interleaved);
                samples.extend(self.interleaved.chunks_exact(channels).map(mean));
            }
        }
        Ok(true)
    }

    fn next_of_chain(&mut self) -> Result<(), ReadError> {
        let track = self.format.default_track(TrackType::Audio).ok_or(ReadError::NoAudio)?;
        let (decoder, rate_hz) = decoder(track)?;
        if rate_hz != self.rate_hz {
            return Err(ReadError::RateChanges);
        }
        (self.track, self.decoder) = (track.id, decoder);
        Ok(())
    }

    /// Goes to a sample or before it, and says to which.
    pub(super) fn seek(&mut self, sample: u64) -> Result<u64, ReadError> {
        let (number, second) = (u64::from(self.time_base.numer.get()), u64::from(self.time_base.denom.get()));
        let rate = u64::from(self.rate_hz);
        // Ogg counts what Opus skips at the beginning as well (RFC 7845 §4.2).
        let skipped = if let AnyDecoder::Opus { pre_skip, .. } = self.decoder { pre_skip } else { 0 };
        let sample = sample.saturating_add(skipped);
        // Samples to the time base's units and back, by rationals in 128 bits.
        let to = u128::from(sample) * u128::from(second) / (u128::from(number) * u128::from(rate)).max(1);
        let ts = i64::try_from(to).unwrap_or(i64::MAX);
        let to = SeekTo::Timestamp { ts: Timestamp::new(ts), track_id: self.track };
        self.format.seek(SeekMode::Accurate, to)?;
        match &mut self.decoder {
            AnyDecoder::Symphonia(decoder) => decoder.reset(),
            AnyDecoder::Opus { decoder, .. } => {
                *decoder = opus_decoder()?;
            }
        }
        // The first packet of a decoder that overlaps them (Vorbis) gives nothing: only what comes out says where it is.
        let mut samples = core::mem::take(&mut self.pending);
        samples.clear();
        if let AnyDecoder::Opus { skip, .. } = &mut self.decoder {
            *skip = 0;
        }
        while samples.is_empty() && self.read(&mut samples)? {}
        self.pending = samples;
        let actual = u128::from(u64::try_from(self.pts.get()).unwrap_or(0));
        let actual = actual * u128::from(number) * u128::from(rate) / u128::from(second).max(1);
        let actual = u64::try_from(actual).unwrap_or(u64::MAX);
        let skip = usize::try_from(skipped.saturating_sub(actual)).unwrap_or(usize::MAX);
        self.pending.drain(..skip.min(self.pending.len()));
        Ok(actual.saturating_sub(skipped))
    }
}

/// The decoder of a track, and its rate.
fn decoder(track: &Track) -> Result<(AnyDecoder, u32), ReadError> {
    let params = track.codec_params.as_ref().and_then(|params| params.audio()).ok_or(ReadError::NoAudio)?;
    if params.codec == CODEC_ID_OPUS {
        let channels = params.channels.as_ref().map_or(1, |channels| channels.count());
        if channels > 2 {
            return Err(ReadError::Unsupported("Opus with more than two channels"));
        }
        let decoder = opus_decoder()?;
        let pre_skip = scaled(u64::from(track.delay.unwrap_or(0)), OPUS_RATE_HZ, OPUS_CLOCK_HZ);
        return Ok((AnyDecoder::Opus { decoder, skip: pre_skip, pre_skip }, OPUS_RATE_HZ));
    }
    let decoder =
        symphonia::default::get_codecs().make_audio_decoder(params, &AudioDecoderOptions::default())?;
    Ok((AnyDecoder::Symphonia(decoder), params.sample_rate.unwrap_or(0)))
}

fn scaled(count: u64, to_hz: u32, from_hz: u32) -> u64 {
    let scaled = u128::from(count) * u128::from(to_hz) / u128::from(from_hz.max(1));
    u64::try_from(scaled).unwrap_or(u64::MAX)
}

/// Opus can be built out.
fn opus_decoder() -> Result<Box<dyn Decoder>, ReadError> {
    codec::named("opus").and_then(|opus| opus.decoder("", OPUS_RATE_HZ)).ok_or(ReadError::Unsupported("Opus"))
}
