//! Speex by libspeex 1.2: its C interface, as `speex/speex.h` and `speex/speex_bits.h` declare it.
#![allow(unsafe_code, reason = "functions of a C library that is loaded at run time")]

use cordboard_media::codec::{BadPayload, Codec, Decoder, Encoder, fmtp};
use cordboard_media::codec::{SPEEX_8000, SPEEX_16000, SPEEX_32000};
use libloading::Library;
use std::ffi::{c_char, c_int, c_void};
use std::fmt;
use std::ptr::{self, NonNull};

pub(super) const LIBRARY: &str = "libspeex.so.1";

/// Requests of `speex_encoder_ctl` and `speex_decoder_ctl`.
const SET_ENHANCEMENT: c_int = 0;
const SET_QUALITY: c_int = 4;
const SET_VARIABLE_RATE: c_int = 12;
const SET_COMPLEXITY: c_int = 16;
const SET_VOICE_DETECTION: c_int = 30;
/// Quality 8 of 10: 15 kbit/s narrow band, 28 kbit/s wide band; above that nothing more is heard on a telephone. RFC 5574 §4.1.1 has
/// a peer that names no mode prefer this one in wide band and 8 kbit/s in narrow band, where a mode more is worth its 7 kbit/s.
const QUALITY: c_int = 8;
/// The quality that makes each mode of narrow band, by number (`nb_celp`'s table, the Speex manual §9). In wide band the modes of RFC
/// 5574 §4.1.1 are the qualities.
const QUALITY_OF_MODE: [Option<c_int>; 9] =
    [None, Some(0), Some(2), Some(4), Some(6), Some(8), Some(9), Some(10), Some(1)];
/// What the library's own tools take; each step costs a fifth more.
const COMPLEXITY: c_int = 3;
/// A frame's samples at most, which are those of 20 ms at 32 kHz.
const FRAME_MAX: usize = 640;
/// A payload's octets at most: six frames of the widest mode, and a datagram's worth.
const PAYLOAD_MAX: usize = 1_200;

/// What `SpeexBits` has room for at once: of more the library complains on the standard error output.
const READ_MAX: usize = 2_000;

/// `SpeexBits`, of which the library alone knows the inside: 48 octets on 64-bit machines, here with room to spare.
#[repr(C, align(16))]
struct Bits([u8; 128]);

#[derive(Clone, Copy)]
struct Functions {
    mode: unsafe extern "C" fn(c_int) -> *const c_void,
    bits_init: unsafe extern "C" fn(*mut Bits),
    bits_destroy: unsafe extern "C" fn(*mut Bits),
    bits_reset: unsafe extern "C" fn(*mut Bits),
    bits_read_from: unsafe extern "C" fn(*mut Bits, *const c_char, c_int),
    bits_write: unsafe extern "C" fn(*mut Bits, *mut c_char, c_int) -> c_int,
    bits_end: unsafe extern "C" fn(*mut Bits),
    encoder_init: unsafe extern "C" fn(*const c_void) -> *mut c_void,
    encoder_destroy: unsafe extern "C" fn(*mut c_void),
    encoder_ctl: unsafe extern "C" fn(*mut c_void, c_int, *mut c_void) -> c_int,
    encode: unsafe extern "C" fn(*mut c_void, *mut i16, *mut Bits) -> c_int,
    decoder_init: unsafe extern "C" fn(*const c_void) -> *mut c_void,
    decoder_destroy: unsafe extern "C" fn(*mut c_void),
    decoder_ctl: unsafe extern "C" fn(*mut c_void, c_int, *mut c_void) -> c_int,
    decode: unsafe extern "C" fn(*mut c_void, *mut Bits, *mut i16) -> c_int,
}

/// Speex at one rate that is spoken, not only passed through.
struct Speex {
    functions: Functions,
    /// What passes it through: names and numbers are its.
    relayed: &'static dyn Codec,
    mode: c_int,
}

pub(super) fn load() -> Result<Vec<&'static dyn Codec>, libloading::Error> {
    // SAFETY: the library has no initialisers of note; the administrator put it among the system's libraries. It is never
    // unloaded (leaked), so its functions live as long as the process. Their types are those of its headers since 1.1, which
    // is what the version 1 of the file name stands for.
    let functions = unsafe {
        let library: &'static Library = Box::leak(Box::new(Library::new(LIBRARY)?));
        Functions {
            mode: *library.get(b"speex_lib_get_mode\0")?,
            bits_init: *library.get(b"speex_bits_init\0")?,
            bits_destroy: *library.get(b"speex_bits_destroy\0")?,
            bits_reset: *library.get(b"speex_bits_reset\0")?,
            bits_read_from: *library.get(b"speex_bits_read_from\0")?,
            bits_write: *library.get(b"speex_bits_write\0")?,
            bits_end: *library.get(b"speex_bits_insert_terminator\0")?,
            encoder_init: *library.get(b"speex_encoder_init\0")?,
            encoder_destroy: *library.get(b"speex_encoder_destroy\0")?,
            encoder_ctl: *library.get(b"speex_encoder_ctl\0")?,
            encode: *library.get(b"speex_encode_int\0")?,
            decoder_init: *library.get(b"speex_decoder_init\0")?,
            decoder_destroy: *library.get(b"speex_decoder_destroy\0")?,
            decoder_ctl: *library.get(b"speex_decoder_ctl\0")?,
            decode: *library.get(b"speex_decode_int\0")?,
        }
    };
    let rates: [(&'static dyn Codec, c_int); 3] = [(&SPEEX_8000, 0), (&SPEEX_16000, 1), (&SPEEX_32000, 2)];
    let codec =
        |(relayed, mode)| -> &'static dyn Codec { Box::leak(Box::new(Speex { functions, relayed, mode })) };
    Ok(rates.into_iter().map(codec).collect())
}

impl fmt::Debug for Speex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Speex").field(&self.mode).finish()
    }
}

impl Codec for Speex {
    fn name(&self) -> &'static str {
        self.relayed.name()
    }

    fn clock_rate_hz(&self) -> u32 {
        self.relayed.clock_rate_hz()
    }

    fn sample_rate_hz(&self) -> u32 {
        self.relayed.sample_rate_hz()
    }

    fn static_payload_type(&self) -> Option<u8> {
        None
    }

    fn frame_samples(&self) -> usize {
        self.relayed.frame_samples()
    }

    fn payload_samples(&self, payload: &[u8]) -> Option<usize> {
        self.relayed.payload_samples(payload)
    }

    fn maker(&self) -> &'static str {
        "libspeex"
    }

    fn encoder(&self, fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Encoder>> {
        // SAFETY: modes 0 to 2 exist in every build of the library; what `encoder_init` gives is null or an encoder, whose
        // settings are integers that are read before the call returns.
        let state = unsafe { NonNull::new((self.functions.encoder_init)((self.functions.mode)(self.mode)))? };
        let sender = Sender {
            functions: self.functions,
            state,
            bits: new_bits(self.functions),
            frame_samples: self.frame_samples(),
        };
        sender.set(SET_QUALITY, self.wanted_quality(fmtp).unwrap_or(QUALITY));
        sender.set(SET_COMPLEXITY, COMPLEXITY);
        // RFC 5574 §4.1.1: what the peer would like; `vad` is a constant rate with short frames of silence.
        let wants =
            |what: &str| fmtp::parameter(fmtp, "vbr").is_some_and(|vbr| vbr.eq_ignore_ascii_case(what));
        sender.set(SET_VARIABLE_RATE, c_int::from(wants("on")));
        sender.set(SET_VOICE_DETECTION, c_int::from(wants("vad")));
        Some(Box::new(sender))
    }

    fn decoder(&self, _fmtp: &str, _rate_hz: u32) -> Option<Box<dyn Decoder>> {
        // SAFETY: as in `encoder`.
        let state = unsafe { NonNull::new((self.functions.decoder_init)((self.functions.mode)(self.mode)))? };
        let mut enhances: c_int = 1;
        // SAFETY: the decoder is open, the request reads one integer.
        unsafe {
            (self.functions.decoder_ctl)(state.as_ptr(), SET_ENHANCEMENT, (&raw mut enhances).cast());
        }
        Some(Box::new(Receiver {
            functions: self.functions,
            state,
            bits: new_bits(self.functions),
            relayed: self.relayed,
        }))
    }
}

impl Speex {
    /// What makes the first mode of `mode="3,any"` that there is (RFC 5574 §4.1.1); none where any is as good.
    fn wanted_quality(&self, fmtp: &str) -> Option<c_int> {
        let modes = fmtp::parameter(fmtp, "mode")?.trim_matches('"').split(',').map(str::trim);
        let quality = |mode: &str| -> Option<c_int> {
            let number: usize = mode.parse().ok()?;
            if self.mode == 0 {
                return QUALITY_OF_MODE.get(number).copied().flatten();
            }
            c_int::try_from(number).ok().filter(|quality| (0..=10).contains(quality))
        };
        modes.take_while(|mode| !mode.eq_ignore_ascii_case("any")).find_map(quality)
    }
}

/// Boxed: the library may keep what it is given the address of.
fn new_bits(functions: Functions) -> Box<Bits> {
    let mut bits = Box::new(Bits([0; 128]));
    // SAFETY: there is room for the library's structure, which this initialises.
    unsafe { (functions.bits_init)(&raw mut *bits) };
    bits
}

struct Sender {
    functions: Functions,
    state: NonNull<c_void>,
    bits: Box<Bits>,
    frame_samples: usize,
}

// SAFETY: state and bits are this value's alone, and the library keeps no state outside of them: whichever thread has the value
// may use it.
unsafe impl Send for Sender {}

impl Sender {
    fn set(&self, request: c_int, mut value: c_int) {
        // SAFETY: the encoder is open, and each of our requests reads one integer.
        unsafe { (self.functions.encoder_ctl)(self.state.as_ptr(), request, (&raw mut value).cast()) };
    }
}

impl Encoder for Sender {
    fn encode(&mut self, samples: &[i16], payload: &mut Vec<u8>) {
        let bits = &raw mut *self.bits;
        // SAFETY: bits are initialised.
        unsafe { (self.functions.bits_reset)(bits) };
        for frame in samples.chunks_exact(self.frame_samples) {
            let mut copy = [0i16; FRAME_MAX]; // the library's filters write into it
            copy.iter_mut().zip(frame).for_each(|(to, from)| *to = *from);
            // SAFETY: encoder and bits are open, and the copy has the samples of the mode's frame, 640 at most.
            unsafe { (self.functions.encode)(self.state.as_ptr(), copy.as_mut_ptr(), bits) };
        }
        let mut bytes: [c_char; PAYLOAD_MAX] = [0; PAYLOAD_MAX];
        let most = c_int::try_from(PAYLOAD_MAX).unwrap_or(0);
        // SAFETY: bits are initialised, and `most` octets can be written.
        let length = unsafe {
            (self.functions.bits_end)(bits);
            (self.functions.bits_write)(bits, bytes.as_mut_ptr(), most)
        };
        let length = usize::try_from(length).unwrap_or(0);
        payload.extend(bytes.iter().take(length).map(|byte| byte.cast_unsigned()));
    }
}

impl Drop for Sender {
    fn drop(&mut self) {
        // SAFETY: both are open, and nobody has them after this.
        unsafe {
            (self.functions.encoder_destroy)(self.state.as_ptr());
            (self.functions.bits_destroy)(&raw mut *self.bits);
        }
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("speex sender")
    }
}

struct Receiver {
    functions: Functions,
    state: NonNull<c_void>,
    bits: Box<Bits>,
    relayed: &'static dyn Codec,
}

// SAFETY: as for `Sender`.
unsafe impl Send for Receiver {}

impl Receiver {
    /// Appends a frame from `bits`, or a concealed one where there are none. `false`: the library refused it.
    fn frame(&mut self, is_there: bool, samples: &mut Vec<i16>) -> bool {
        let bits = if is_there { &raw mut *self.bits } else { ptr::null_mut() };
        let mut frame = [0i16; FRAME_MAX];
        // SAFETY: decoder and bits are open (null asks for concealment), and the frame has room for the 640 samples of the
        // longest mode.
        let result = unsafe { (self.functions.decode)(self.state.as_ptr(), bits, frame.as_mut_ptr()) };
        samples.extend(frame.iter().take(self.relayed.frame_samples()));
        result == 0
    }
}

impl Decoder for Receiver {
    fn decode(&mut self, payload: &[u8], samples: &mut Vec<i16>) -> Result<(), BadPayload> {
        let start = samples.len();
        let count = self.relayed.payload_samples(payload).ok_or(BadPayload)?;
        let length = c_int::try_from(payload.len()).map_err(|_| BadPayload)?;
        if payload.len() > READ_MAX {
            return Err(BadPayload);
        }
        // SAFETY: bits are initialised, and `length` octets are read, which the library copies.
        unsafe { (self.functions.bits_read_from)(&raw mut *self.bits, payload.as_ptr().cast(), length) };
        while samples.len() < start + count {
            if !self.frame(true, samples) {
                samples.truncate(start);
                return Err(BadPayload);
            }
        }
        Ok(())
    }

    fn conceal(&mut self, count: usize, samples: &mut Vec<i16>) -> bool {
        let end = samples.len() + count;
        while samples.len() < end {
            self.frame(false, samples);
        }
        samples.truncate(end);
        true
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        // SAFETY: both are open, and nobody has them after this.
        unsafe {
            (self.functions.decoder_destroy)(self.state.as_ptr());
            (self.functions.bits_destroy)(&raw mut *self.bits);
        }
    }
}

impl fmt::Debug for Receiver {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("speex receiver")
    }
}
