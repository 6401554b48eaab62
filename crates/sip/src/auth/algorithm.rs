//! The hashes, and the formulas that make a digest of them (RFC 7616 §3.4).

use core::fmt::{self, Write};
use md5::Md5;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256, Sha512_256};

/// A hash of the digest scheme. Ordered by strength.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Algorithm {
    /// MD5 (RFC 2617), what a challenge without `algorithm` means.
    Md5,
    /// SHA-512/256 (RFC 7616): answered, never offered by us. Ordered below SHA-256, which far more peers have right.
    Sha512_256,
    /// SHA-256 (RFC 8760).
    Sha256,
}

impl Algorithm {
    /// As `algorithm=` writes it.
    pub fn token(self) -> &'static str {
        match self {
            Self::Md5 => "MD5",
            Self::Sha256 => "SHA-256",
            Self::Sha512_256 => "SHA-512-256",
        }
    }

    /// From the value of `algorithm=`, with whether it is the `-sess` variant. `None`: not one of ours.
    pub(super) fn parse(token: &str) -> Option<(Self, bool)> {
        let upper = token.to_ascii_uppercase();
        let (name, session) = match upper.strip_suffix("-SESS") {
            Some(name) => (name, true),
            None => (upper.as_str(), false),
        };
        let all = [Self::Md5, Self::Sha256, Self::Sha512_256];
        all.into_iter().find(|algorithm| algorithm.token() == name).map(|algorithm| (algorithm, session))
    }

    /// `H(parts joined with colons)` in lower-case hexadecimal.
    pub(super) fn hash(self, parts: &[&[u8]]) -> String {
        match self {
            Self::Md5 => hash_with::<Md5>(parts),
            Self::Sha256 => hash_with::<Sha256>(parts),
            Self::Sha512_256 => hash_with::<Sha512_256>(parts),
        }
    }

    /// `H(A1)` of a user (RFC 7616 §3.4.2), as it can be stored instead of a password.
    pub fn ha1(self, user: &str, realm: &str, password: &str) -> String {
        self.hash(&[user.as_bytes(), realm.as_bytes(), password.as_bytes()])
    }
}

#[cfg(test)]
std::thread_local! {
    /// Hashes computed so far, for the test that counts them.
    pub(super) static HASHED: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

fn hash_with<D: Digest>(parts: &[&[u8]]) -> String {
    #[cfg(test)]
    HASHED.set(HASHED.get() + 1);
    let mut digest = D::new();
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            digest.update(b":");
        }
        digest.update(part);
    }
    hex(&digest.finalize())
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The quality of protection an answer uses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protection<'a> {
    /// RFC 2069: no `qop`.
    None,
    /// `qop=auth`.
    Auth { nc: &'a str, cnonce: &'a str },
    /// `qop=auth-int`, with the body.
    AuthInt { nc: &'a str, cnonce: &'a str, body: &'a [u8] },
}

/// What a digest is computed over, but for `H(A1)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Subject<'a> {
    pub(super) algorithm: Algorithm,
    pub(super) nonce: &'a str,
    pub(super) method: &'a str,
    pub(super) uri: &'a str,
    pub(super) protection: Protection<'a>,
}

impl Subject<'_> {
    /// `response=` (RFC 7616 §3.4.1).
    pub(super) fn response(&self, ha1: &str) -> String {
        let hash = |parts: &[&[u8]]| self.algorithm.hash(parts);
        let (method, uri) = (self.method.as_bytes(), self.uri.as_bytes());
        let ha2 = match self.protection {
            Protection::None | Protection::Auth { .. } => hash(&[method, uri]),
            Protection::AuthInt { body, .. } => hash(&[method, uri, hash(&[body]).as_bytes()]),
        };
        let (ha1, nonce, ha2) = (ha1.as_bytes(), self.nonce.as_bytes(), ha2.as_bytes());
        match self.protection {
            Protection::None => hash(&[ha1, nonce, ha2]),
            Protection::Auth { nc, cnonce } => {
                hash(&[ha1, nonce, nc.as_bytes(), cnonce.as_bytes(), b"auth", ha2])
            }
            Protection::AuthInt { nc, cnonce, .. } => {
                hash(&[ha1, nonce, nc.as_bytes(), cnonce.as_bytes(), b"auth-int", ha2])
            }
        }
    }
}

/// What a user proves to know. Never logged: `Debug` leaves it out.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Secret {
    /// The password in clear.
    Password(String),
    /// `H(user:realm:password)` in hexadecimal, per algorithm ([`Algorithm::ha1`]). An algorithm without one can't be used.
    Ha1 {
        /// For MD5.
        md5: Option<String>,
        /// For SHA-256.
        sha256: Option<String>,
    },
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// The stored `H(A1)`, if that is what we have.
    pub(super) fn stored_ha1(&self, algorithm: Algorithm) -> Option<&str> {
        match (self, algorithm) {
            (Self::Ha1 { md5, .. }, Algorithm::Md5) => md5.as_deref(),
            (Self::Ha1 { sha256, .. }, Algorithm::Sha256) => sha256.as_deref(),
            (Self::Ha1 { .. }, Algorithm::Sha512_256) | (Self::Password(_), _) => None,
        }
    }
}
