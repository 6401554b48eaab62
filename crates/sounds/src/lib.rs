//! Sound files and streams as samples: what prompts and music are made of before the media engine sees them.
//!
//! ```text
//!  bytes ──Reader──▶ mono, the file's rate ──Stream──▶ 16 kHz ──Limiter (with a gain by its Meter)──▶ Cutter ──▶ blocks of music
//!                                                      └─Long──▶ blocks of a long file
//! ```
//! And back: [`OpusWriter`] makes files of what calls have said.
//!
//! Bytes come from whoever opened them: nothing here opens a file, and every file may be hostile.
#![forbid(unsafe_code)]

mod blocks;
mod limiter;
mod long;
mod loudness;
mod ogg;
mod opus_writer;
mod order;
mod reader;
mod stream;

pub use blocks::{BLOCK, Cutter, MARGIN};
pub use limiter::Limiter;
pub use long::Long;
pub use loudness::Meter;
pub use opus_writer::OpusWriter;
pub use order::{Order, Queue};
pub use reader::{EXTENSIONS, Index, ReadError, Reader};
pub use stream::{RATE_HZ, Stream};
pub use symphonia::core::io::{MediaSource, ReadOnlySource};
