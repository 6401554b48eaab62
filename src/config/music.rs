//! `etc/music.toml`: classes of music on hold. Every key is documented in that file, which may be absent.

use super::value::{Name, Within};
use super::{Config, ConfigError};
use crate::media::{Every, LOUDNESS_LUFS, LiveSource, MusicClass, is_secure_stream};
use cordboard_sounds::Order;
use serde::de::{Error, SeqAccess, Visitor, value::SeqAccessDeserializer};
use serde::{Deserialize, Deserializer, Serialize};
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// The whole file.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct MusicFile {
    pub class: BTreeMap<Name, Class>,
}

/// A class.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[allow(missing_docs, reason = "documented in the file")]
pub struct Class {
    pub files: Option<Paths>,
    pub order: OrderName,
    pub announcements: Vec<String>,
    pub announce_every_pieces: Option<Within<1, 1_000>>,
    pub announce_every_s: Option<Within<10, 86_400>>,
    pub volume_db: Within<-40, 20>,
    pub loudness_lufs: Within<-40, -10>,
    pub source: Option<Stream>,
    pub program: Vec<String>,
    pub program_rate_hz: Within<8_000, 48_000>,
}

impl Default for Class {
    fn default() -> Self {
        Self {
            files: None,
            order: OrderName::Name,
            announcements: Vec::new(),
            announce_every_pieces: None,
            announce_every_s: None,
            volume_db: Within::new(0),
            loudness_lufs: Within::new(LOUDNESS_LUFS as i64),
            source: None,
            program: Vec::new(),
            program_rate_hz: Within::new(8_000),
        }
    }
}

/// How the next piece is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the names say it")]
pub enum OrderName {
    #[default]
    Name,
    Random,
}

/// One path, or a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Paths(pub Vec<PathBuf>);

impl<'de> Deserialize<'de> for Paths {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrMany;
        impl<'de> Visitor<'de> for OneOrMany {
            type Value = Paths;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a path or a list of paths")
            }

            fn visit_str<E: Error>(self, path: &str) -> Result<Paths, E> {
                Ok(Paths(vec![path.into()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Paths, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Paths)
            }
        }
        deserializer.deserialize_any(OneOrMany)
    }
}

/// The address of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Stream(String);

impl TryFrom<String> for Stream {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if crate::media::is_stream(&text) {
            Ok(Self(text))
        } else {
            Err("a stream is written `http://radio.example:8000/live.mp3`, or `https://…`".to_owned())
        }
    }
}

impl From<Stream> for String {
    fn from(stream: Stream) -> Self {
        stream.0
    }
}

impl Config {
    /// Classes of music, with paths as they are.
    pub fn music_classes(&self) -> BTreeMap<String, MusicClass> {
        let sounds = self.sounds_path();
        let classes = self.music.class.iter();
        let roots = self.tls_roots();
        let class = |(name, class): (&Name, &Class)| {
            (name.as_str().to_owned(), of(name, class, &sounds, roots.as_deref()))
        };
        classes.map(class).collect()
    }

    /// What no single value of a class shows.
    pub(super) fn check_music(&self, file: &Path) -> Result<(), ConfigError> {
        for (name, class) in &self.music.class {
            let name = name.as_str();
            let say = |message: &str| Err(ConfigError::of_file(file, format!("class {name}: {message}")));
            if class.source.is_some() && !class.program.is_empty() {
                return say("`source` and `program` exclude each other");
            }
            if class.source.as_ref().is_some_and(|source| is_secure_stream(&source.0))
                && self.tls_roots().is_none()
            {
                return say(
                    "an https stream needs trusted roots: name them as `roots` of [tls] in cordboard.toml",
                );
            }
            if class.announce_every_s.is_some() && class.announce_every_pieces.is_some() {
                return say("`announce_every_s` and `announce_every_pieces` exclude each other");
            }
            if class.program.first().is_some_and(String::is_empty) {
                return say("`program` begins with the program's name");
            }
        }
        Ok(())
    }
}

fn of(name: &Name, class: &Class, sounds: &Path, roots: Option<&Path>) -> MusicClass {
    let program = (!class.program.is_empty()).then(|| LiveSource::Program {
        command: class.program.clone(),
        rate_hz: class.program_rate_hz.get(),
    });
    let stream = |Stream(url): Stream| match roots.filter(|_| is_secure_stream(&url)) {
        Some(roots) => LiveSource::Https { url, roots: roots.to_owned() },
        None => LiveSource::Http(url),
    };
    let source = class.source.clone().map(stream).or(program);
    let own = sounds.join("music").join(name.as_str());
    let files = match &class.files {
        Some(Paths(paths)) => paths.iter().map(|path| sounds.join(path)).collect(),
        // What is live needs no files, and has none by chance.
        None if source.is_some() && !own.is_dir() => Vec::new(),
        None => vec![own],
    };
    let pieces = class.announce_every_pieces.map_or(1, Within::get);
    MusicClass {
        files,
        order: match class.order {
            OrderName::Name => Order::Name,
            OrderName::Random => Order::Random,
        },
        announcements: class.announcements.clone(),
        announce: class.announce_every_s.map_or(Every::Pieces(pieces), |s| Every::Seconds(s.get())),
        volume_db: class.volume_db.get(),
        loudness_lufs: class.loudness_lufs.get(),
        source,
    }
}
