//! Passwords of users and PINs of mailboxes: drawn at the first start that knows a user or a box, kept in the data directory, for its owner's eyes alone.

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
/// A million PINs: who tries them is locked out after a few.
const PINS: u64 = 1_000_000;
const PIN_SIZE: usize = 6;
const PREAMBLE: &str = "# Passwords of the users in etc/users.toml and first PINs of mailboxes, made by cordboard at the first start\n\
    # that knew them. A PIN that its owner has chosen by telephone is not here.\n\
    # Change one here and reload; delete one and it is made anew. Keep this file to yourself.\n\n";

/// User → password, mailbox → PIN.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    users: BTreeMap<Name, String>,
    #[serde(default)]
    pins: BTreeMap<Name, String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Secrets({} users)", self.users.len())
    }
}

impl Secrets {
    /// Reads the file and adds what `users` and mailboxes lack; those that are gone keep theirs.
    pub fn load_or_create<'a>(
        path: &Path,
        users: impl Iterator<Item = &'a Name>,
        boxes: impl Iterator<Item = &'a Name>,
    ) -> Result<Self, ConfigError> {
        let (users, boxes): (Vec<&Name>, Vec<&Name>) = (users.collect(), boxes.collect());
        let secrets = Self::load(path)?;
        if secrets.has_all(&users, &boxes) {
            return Ok(secrets);
        }
        let failed = |error: io::Error| ConfigError::of_file(path, error);
        // `cordboard phones` may run while the exchange reloads: one of them draws, the other one reads what was drawn.
        let _held_until_return = Self::lock(path).map_err(failed)?;
        let mut secrets = Self::load(path)?;
        let no_chance = |error| ConfigError::of_file(Path::new("/dev/urandom"), error);
        for user in &users {
            if lacks(&secrets.users, user) {
                secrets.users.insert((*user).clone(), password().map_err(no_chance)?);
            }
        }
        for number in &boxes {
            if lacks(&secrets.pins, number) {
                secrets.pins.insert((*number).clone(), pin().map_err(no_chance)?);
            }
        }
        secrets.write(path).map_err(failed)?;
        Ok(secrets)
    }

    fn has_all(&self, users: &[&Name], boxes: &[&Name]) -> bool {
        let has_passwords = !users.iter().any(|user| lacks(&self.users, user));
        has_passwords && !boxes.iter().any(|number| lacks(&self.pins, number))
    }

    /// The directory, locked against other processes and threads until it is dropped.
    fn lock(path: &Path) -> io::Result<File> {
        let directory = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        let lock = File::open(directory)?;
        lock.lock()?;
        Ok(lock)
    }

    /// Reads the file; there are none if it is not there.
    pub fn load(path: &Path) -> Result<Self, ConfigError> {
        match fs::read_to_string(path) {
            Ok(text) => super::parse(path, &text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(ConfigError::of_file(path, error)),
        }
    }

    /// All of them.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.users.values().chain(self.pins.values()).map(String::as_str)
    }

    /// A user's password.
    pub fn password(&self, user: &Name) -> Option<&str> {
        self.users.get(user).map(String::as_str)
    }

    /// A mailbox's first PIN.
    pub fn pin(&self, mailbox: &str) -> Option<&str> {
        self.pins.iter().find(|(number, _)| number.as_str() == mailbox).map(|(_, pin)| pin.as_str())
    }

    /// A new file takes the old one's place in one step: a crash leaves one of the two.
    fn write(&self, path: &Path) -> io::Result<()> {
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

fn lacks(secrets: &BTreeMap<Name, String>, name: &Name) -> bool {
    secrets.get(name).is_none_or(String::is_empty)
}

/// Digits, each as likely as any other.
fn pin() -> io::Result<String> {
    let drawn = u64::from_be_bytes(random()?) % PINS;
    Ok(format!("{drawn:0PIN_SIZE$}"))
}

fn password() -> io::Result<String> {
    let bytes = random::<PASSWORD_SIZE>()?;
    Ok(bytes
        .iter()
        .filter_map(|byte| DIGITS.get(usize::from(byte & 31)))
        .map(|digit| char::from(*digit))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_who_draw_at_once_get_the_same_passwords() {
        let directory = std::env::temp_dir().join(format!("cordboard-secrets-{}", std::process::id()));
        let path = directory.join("secrets.toml");
        let names: Vec<Name> = ["101", "102", "103"]
            .iter()
            .map(|name| serde_json::from_value((*name).into()).unwrap())
            .collect();
        let drawn: Vec<Secrets> = std::thread::scope(|scope| {
            let draw = || Secrets::load_or_create(&path, names.iter(), names.iter()).unwrap();
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(draw)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        let kept = Secrets::load(&path).unwrap();
        fs::remove_dir_all(&directory).unwrap();
        assert_eq!((kept.users.len(), kept.pins.len()), (3, 3));
        assert!(kept.pins.values().all(|pin| pin.len() == PIN_SIZE));
        assert!(
            drawn.iter().all(|secrets| *secrets == kept),
            "somebody was told a password that is not kept"
        );
    }
}
