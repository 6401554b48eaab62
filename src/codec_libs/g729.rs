//! G.729 by bcg729 1.1: its C interface, as `bcg729/encoder.h` and `bcg729/decoder.h` declare it.
#![allow(unsafe_code, reason = "functions of a C library that is loaded at run time")]

use cordboard_media::codec::{BadPayload, Codec, Decoder, Encoder, G729, Said, fmtp};
use libloading::Library;
use std::ffi::c_void;
use std::fmt;
use std::ptr::{self, NonNull};

pub(super) const LIBRARY: &str = "libbcg729.so.0";

/// Samples and octets of a frame of speech, and octets of a description of silence.
const FRAME_SAMPLES: usize = 80;
const FRAME_BYTES: usize = 10;
const SID_BYTES: usize = 2;

/// The functions. `Context` pointers are what `open_*` gave, not yet closed.
#[derive(Clone, Copy)]
struct Functions {
    open_encoder: unsafe extern "C" fn(u8) -> *mut c_void,
    close_encoder: unsafe extern "C" fn(*mut c_void),
    encode: unsafe extern "C" fn(*mut c_void, *const i16, *mut u8, *mut u8),
    open_decoder: unsafe extern "C" fn() -> *mut c_void,
    close_decoder: unsafe extern "C" fn(*mut c_void),
    decode: unsafe extern "C" fn(*mut c_void, *const u8, u8, u8, u8, u8, *mut i16),
}

/// G.729 that is spoken, not only passed through.
struct Bcg729 {
    functions: Functions,
}

pub(super) fn load() -> Result<Vec<&'static dyn Codec>, libloading::Error> {
    // SAFETY: the library's initialisers do nothing; the administrator put it among the system's libraries. It is never
    // unloaded (leaked), so its functions live as long as the process. Their types are those of its headers since 1.0.2, which
    // is what the version 0 of the file name stands for.
    let functions = unsafe {
        let library: &'static Library = Box::leak(Box::new(Library::new(LIBRARY)?));
        Functions {
            open_encoder: *library.get(b"initBcg729EncoderChannel\0")?,
            close_encoder: *library.get(b"closeBcg729EncoderChannel\0")?,
            encode: *library.get(b"bcg729Encoder\0")?,
            open_decoder: *library.get(b"initBcg729DecoderChannel\0")?,
            close_decoder: *library.get(b"closeBcg729DecoderChannel\0")?,
            decode: *library.get(b"bcg729Decoder\0")?,
        }
    };
    Ok(vec![Box::leak(Box::new(Bcg729 { functions }))])
}

impl fmt::Debug for Bcg729 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bcg729")
    }
}

impl Codec for Bcg729 {
    fn name(&self) -> &'static str {
        G729.name()
    }

    fn clock_rate_hz(&self) -> u32 {
        G729.clock_rate_hz()
    }

    fn sample_rate_hz(&self) -> u32 {
        G729.sample_rate_hz()
    }

    fn static_payload_type(&self) -> Option<u8> {
        G729.static_payload_type()
    }

    fn frame_samples(&self) -> usize {
        FRAME_SAMPLES
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        G729.payload_samples(payload)
    }

    /// Annex B is understood here. What one leg's peer sends of it while another's has declined it is made anew.
    fn fmtp(&self) -> &'static str {
        "annexb=yes"
    }

    /// Descriptions of silence are only for who takes them, and nobody sends them where one of the two has said no (RFC 7261 §3).
    fn relays(&self, from: Said<'_>, to: Said<'_>) -> bool {
        let declines = |fmtp: &str| {
            fmtp::parameter(fmtp, "annexb").is_some_and(|value| value.eq_ignore_ascii_case("no"))
        };
        let describes = |said: Said<'_>| !declines(said.ours) && !declines(said.peers);
        !describes(from) || describes(to)
    }

    fn maker(&self) -> &'static str {
        "libbcg729"
    }

    /// Silence is described (Annex B) to a peer that says `annexb=yes`. RFC 4856 §2.1.9 takes a peer that says nothing for
    /// one that could read it; never sending it is everybody's right.
    fn encoder(&self, fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        let describes =
            fmtp::parameter(fmtp, "annexb").is_some_and(|value| value.eq_ignore_ascii_case("yes"));
        // SAFETY: no preconditions; null when there is no memory.
        let context = NonNull::new(unsafe { (self.functions.open_encoder)(u8::from(describes)) })?;
        Some(Box::new(Sender { functions: self.functions, context, left_out: 0 }))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        // SAFETY: no preconditions; null when there is no memory.
        let context = NonNull::new(unsafe { (self.functions.open_decoder)() })?;
        Some(Box::new(Receiver { functions: self.functions, context, rests: false }))
    }
}

struct Sender {
    functions: Functions,
    context: NonNull<c_void>,
    left_out: usize,
}

// SAFETY: the context is this value's alone, and the library keeps no state outside of contexts: whichever thread has the
// value may use it.
unsafe impl Send for Sender {}

impl Encoder for Sender {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let start = payload.len();
        let mut packet = Packet::default();
        for frame in samples.as_chunks::<FRAME_SAMPLES>().0 {
            let (mut bytes, mut length) = ([0u8; FRAME_BYTES], 0u8);
            // SAFETY: the context is open; the frame has the 80 samples that are read, and the buffer the 10 octets that are
            // written at most.
            unsafe {
                (self.functions.encode)(
                    self.context.as_ptr(),
                    frame.as_ptr(),
                    bytes.as_mut_ptr(),
                    &raw mut length,
                );
            }
            // All frames are coded, for the encoder has to hear them; which are sent is decided afterwards.
            let coded = bytes.get(..usize::from(length)).unwrap_or_default();
            packet.add(coded, payload, start);
        }
        self.left_out = packet.left_out;
    }

    fn left_out(&self) -> usize {
        self.left_out
    }
}

/// Which frames of a packet are sent. RFC 3551 §4.5.6: a description of silence ends its packet, and a frame that is not sent leaves
/// no trace in it.
#[derive(Debug, Default)]
pub(super) struct Packet {
    /// Frames so far.
    frames: usize,
    /// Samples before the first frame that is sent.
    pub(super) left_out: usize,
    has_speech: bool,
    /// Silence has begun, so that nothing more can be heard at its time.
    is_ended: bool,
    is_described: bool,
}

impl Packet {
    /// Takes the next 10 ms as they were coded: ten octets of speech, two that describe silence, or none. The payload of this packet
    /// begins at `start`.
    pub(super) fn add(&mut self, coded: &[u8], payload: &mut Vec<u8>, start: usize) {
        let before = self.frames * FRAME_SAMPLES;
        self.frames += 1;
        if coded.len() == FRAME_BYTES {
            if self.is_ended && self.has_speech {
                return; // after a gap in the middle it would be heard too early
            }
            if self.is_ended {
                // Speech begins here: it is sent under its own time, and what silence was like before matters to nobody.
                payload.truncate(start);
                self.left_out = before;
            }
            (self.has_speech, self.is_ended, self.is_described) = (true, false, false);
            payload.extend(coded);
            return;
        }
        self.is_ended = true;
        if coded.len() == SID_BYTES && !self.is_described {
            // After speech it may come a little early.
            self.is_described = true;
            payload.extend(coded);
        } else if payload.len() == start {
            self.left_out = before + FRAME_SAMPLES;
        }
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // SAFETY: the context is open, and nobody has it after this.
        unsafe { (self.functions.close_encoder)(self.context.as_ptr()) }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("G729 sender")
    }
}

struct Receiver {
    functions: Functions,
    context: NonNull<c_void>,
    /// The newest frame described silence: what the library makes in place of further ones sounds like it (Annex B, §4.4).
    rests: bool,
}

// SAFETY: as for `Sender`.
unsafe impl Send for Receiver {}

impl Receiver {
    /// Appends a frame; without `bytes` it is concealed.
    fn frame(&mut self, bytes: Option<&[u8]>, samples: &mut Vec<i16>) {
        let mut coded = [0u8; FRAME_BYTES];
        let length = bytes.map_or(0, |bytes| bytes.len().min(FRAME_BYTES));
        coded.iter_mut().zip(bytes.unwrap_or_default()).for_each(|(to, from)| *to = *from);
        let is_silence = length == SID_BYTES;
        let mut frame = [0i16; FRAME_SAMPLES];
        // After a description of silence, only a frame that is null goes on with it; one of any octets is taken for a frame of silence.
        let pointer = if bytes.is_some() { coded.as_ptr() } else { ptr::null() };
        // SAFETY: the context is open; `coded` has at least the `length` octets that are read, none of a frame that was lost; the frame
        // has the 80 samples that are written.
        unsafe {
            (self.functions.decode)(
                self.context.as_ptr(),
                pointer,
                u8::try_from(length).unwrap_or(0),
                u8::from(bytes.is_none()),
                u8::from(is_silence),
                0, // the description is Annex B's, not RFC 3389's
                frame.as_mut_ptr(),
            );
        }
        samples.extend(frame);
    }
}

impl Decoder for Receiver {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        G729.payload_samples(payload).ok_or(BadPayload)?;
        payload.chunks(FRAME_BYTES).for_each(|frame| self.frame(Some(frame), samples));
        self.rests = payload.len() % FRAME_BYTES == SID_BYTES;
        Ok(())
    }

    fn conceal(&mut self, count: usize, samples: &mut Vec<i16>) -> bool {
        let end = samples.len() + count;
        while samples.len() < end {
            self.frame(None, samples);
        }
        samples.truncate(end);
        true
    }

    fn rests(&self) -> bool {
        self.rests
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // SAFETY: the context is open, and nobody has it after this.
        unsafe { (self.functions.close_decoder)(self.context.as_ptr()) }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("G729 receiver")
    }
}
