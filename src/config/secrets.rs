//! Passwords of users: drawn at the first start that knows a user, kept in the data directory, for its owner's eyes alone.

use super::error::ConfigError;
use super::value::Name;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// 20 characters of 32: a hundred bits, and none that can be mistaken for another on a phone's display.
const PASSWORD_SIZE: usize = 20;
const DIGITS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const PREAMBLE: &str = "# Passwords of the users in etc/users.toml, made by cordboard at the first start that knew them.\n\
    # Change one here and reload; delete one and it is made anew. Keep this file to yourself.\n\n";

/// User → password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    users: BTreeMap<Name, String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({} users)", self.users.len())
    }
}

impl Secrets {
    /// Reads the file and adds what `users` lack; users that are gone keep theirs.
    pub fn load_or_create<'a>(
        path: &Path,
        users: impl Iterator<Item = &'a Name>,
    ) -> Result<Self, ConfigError> {
        let mut secrets = Self::load(path)?;
        let mut is_changed = false;
        for user in users {
            if secrets.users.get(user).is_none_or(String::is_empty) {
                let password =
                    password().map_err(|error| ConfigError::of_file(Path::new("/dev/urandom"), error))?;
                secrets.users.insert(user.clone(), password);
                is_changed = true;
            }
        }
        if is_changed {
            secrets.write(path).map_err(|error| ConfigError::of_file(path, error))?;
        }
        Ok(secrets)
    }

    /// Reads the file; there are none if it is not there.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => super::parse(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ConfigError::of_file(path, error)),
        }
    }

    /// A user's password.
    pub fn password(&self, user: &Name) -> Option<&str> {
        self.users.get(user).map(String::as_str)
    }

    /// A new file takes the old one's place in one step: a crash leaves one of the two.
    fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)?;
        }
        let text = toml::to_string(self).map_err(io::Error::other)?;
        let new = path.with_extension("new");
        let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
        file.write_all(format!("{PREAMBLE}{text}").as_bytes())?;
        file.sync_all()?;
        fs::rename(&new, path)
    }
}

/// Unguessable bytes of the system's.
pub fn random<const SIZE: usize>() -> io::Result<[u8; SIZE]> {
    let mut bytes = [0; SIZE];
    File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn password() -> io::Result<String> {
    let bytes = random::<PASSWORD_SIZE>()?;
    Ok(bytes
        .iter()
        .filter_map(|byte| DIGITS.get(usize::from(byte & 31)))
        .map(|digit| char::from(*digit))
        .collect())
}
