//! Codecs whose work a library of the system does, loaded at run time where it is installed: Speex by libspeex (Debian's
//! `libspeex1`), G.729 with Annexes A and B by bcg729 (`libbcg729-0`). Neither is linked or shipped: whether to have them,
//! and under which licence, is the administrator's choice. Without them both are passed through.
//!
//! The one function that the rest of the shell calls is [`load`], once, before the first call.

mod g729;
mod speex;

use cordboard_media::codec::{self, Codec};

/// A library and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The file that was asked for.
    pub library: &'static str,
    /// The codecs that it does.
    pub codecs: &'static str,
    /// Why it can't be used; `None` if it can.
    pub missing: Option<String>,
}

/// Loads what is installed, and has the registry of codecs know it. To be called once in a process: a second call changes
/// nothing and says so.
pub fn load() -> Vec<Found> {
    let mut brought: Vec<&'static dyn Codec> = Vec::new();
    let mut note = |library, codecs, result: Result<Vec<&'static dyn Codec>, String>| match result {
        Ok(found) => {
            brought.extend(found);
            Found { library, codecs, missing: None }
        }
        Err(why) => Found { library, codecs, missing: Some(why) },
    };
    let mut found = vec![
        note(speex::LIBRARY, "speex", speex::load().map_err(|error| error.to_string())),
        note(g729::LIBRARY, "G729", g729::load().map_err(|error| error.to_string())),
    ];
    if let Err(error) = codec::provide(&brought) {
        found.iter_mut().for_each(|library| library.missing = Some(error.to_string()));
    }
    found
}

/// Says in the log what was found.
pub fn log(found: &[Found]) {
    for Found { library, codecs, missing } in found {
        match missing {
            None => tracing::info!(library, codecs, "codec library loaded"),
            Some(why) => tracing::info!(library, codecs, why, "no codec library: calls are passed through"),
        }
    }
}

#[cfg(test)]
mod tests;
