//! What a class of music is told to be.

use cordboard_sounds::{EXTENSIONS, Order};
use std::path::{Path, PathBuf};

/// How loud pieces are made unless a class says otherwise: as loud as the prompts that are shipped, so that an announcement
/// neither jumps out of the music nor drowns in it. It is EBU R 128's level, and near a talker at the nominal −26 dBov of
/// ITU-T P.56: nobody moves the receiver when the music ends.
pub const LOUDNESS_LUFS: i16 = -23;
/// Pieces of a class; further ones are left out.
const FILES_MAX: usize = 10_000;

/// A class of music.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MusicClass {
    /// Sound files, and folders of them.
    pub files: Vec<PathBuf>,
    /// In which order pieces come.
    pub order: Order,
    /// Prompts that are played in between, by turns.
    pub announcements: Vec<String>,
    /// When one is.
    pub announce: Every,
    /// Louder or softer by so much, in dB.
    pub volume_db: i16,
    /// The level that pieces are brought to.
    pub loudness_lufs: i16,
    /// Where music comes from instead of files, which stand in while it does not come.
    pub source: Option<LiveSource>,
}

/// When an announcement comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// After so many pieces.
    Pieces(u32),
    /// After so many seconds, in the middle of a piece, which then goes on.
    Seconds(u32),
}

/// Music that comes when it comes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LiveSource {
    /// MP3, Ogg, FLAC or WAV over HTTP, as radio stations send it.
    Http(String),
    /// The same over TLS.
    Https {
        /// The stream's address.
        url: String,
        /// Trusted roots, PEM: the station proves its name by one of them.
        roots: PathBuf,
    },
    /// What a program writes to its standard output: 16-bit linear samples, little-endian, one channel.
    Program {
        /// The program and its arguments.
        command: Vec<String>,
        /// Samples per second.
        rate_hz: u32,
    },
}

impl MusicClass {
    /// All files of a folder, by name.
    pub fn of_folder(folder: PathBuf) -> Self {
        Self {
            files: vec![folder],
            order: Order::Name,
            announcements: Vec::new(),
            announce: Every::Pieces(1),
            volume_db: 0,
            loudness_lufs: LOUDNESS_LUFS,
            source: None,
        }
    }

    /// Its sound files as they are there now: those of folders by name.
    pub fn pieces(&self) -> Vec<PathBuf> {
        let mut pieces = Vec::new();
        for path in &self.files {
            let Ok(entries) = std::fs::read_dir(path) else {
                pieces.push(path.clone());
                continue;
            };
            let mut found: Vec<PathBuf> =
                entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| is_sound(path)).collect();
            found.sort();
            pieces.append(&mut found);
        }
        pieces.truncate(FILES_MAX);
        pieces
    }
}

fn is_sound(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or_default();
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension)) && path.is_file()
}
