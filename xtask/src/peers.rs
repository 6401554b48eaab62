//! What tests need of the system: the real programs that the interop tests talk to, or that play what was recorded, and the codec
//! libraries that are loaded at run time.
//!
//! A test belongs to a peer by the module that it stands in: `sipp::…`, `baresip::…`, `ffmpeg::…`. The tests of codec libraries try what
//! is there.

use crate::command::{Captured, shown};
use anyhow::Result;
use std::process::{Command, Stdio};

/// A program or library, and the Debian package that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    pub(crate) needed: Needed,
    package: &'static str,
}

/// By what it is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needed {
    /// A program, and the module of its tests.
    Program(&'static str),
    /// The file name of a shared library.
    Library(&'static str),
}

/// The programs of the interop tests.
pub(crate) const PROGRAMS: &[Peer] = &[
    Peer { needed: Needed::Program("sipp"), package: "sip-tester" },
    Peer { needed: Needed::Program("baresip"), package: "baresip" },
    Peer { needed: Needed::Program("ffmpeg"), package: "ffmpeg" },
    Peer { needed: Needed::Program("opusinfo"), package: "opus-tools" },
    Peer { needed: Needed::Program("aiosmtpd"), package: "python3-aiosmtpd" },
    Peer { needed: Needed::Program("tshark"), package: "tshark" },
];
/// The libraries of `src/codec_libs`.
pub(crate) const LIBRARIES: &[Peer] = &[
    Peer { needed: Needed::Library("libspeex.so.1"), package: "libspeex1" },
    Peer { needed: Needed::Library("libbcg729.so.0"), package: "libbcg729-0" },
];

impl Peer {
    fn is_there(self) -> bool {
        let (script, name) = match self.needed {
            Needed::Program(name) => ("command -v \"$0\" >/dev/null", name),
            Needed::Library(name) => ("PATH=$PATH:/sbin:/usr/sbin ldconfig -p | grep -qF \"$0 \"", name),
        };
        let found = Command::new("sh").args(["-c", script, name]).stdin(Stdio::null()).status();
        found.is_ok_and(|status| status.success())
    }

    /// Its name, for people.
    pub(crate) fn name(self) -> &'static str {
        match self.needed {
            Needed::Program(name) | Needed::Library(name) => name,
        }
    }
}

/// Installs what is missing, where that is possible without asking: as root, with apt-get. Returns what is still missing.
pub(crate) fn provide(peers: &[Peer]) -> Result<Vec<Peer>> {
    let missing = missing(peers);
    if missing.is_empty() || !may_install() {
        return Ok(missing);
    }
    let mut update = Command::new("apt-get");
    update.args(["-q", "update"]).env("DEBIAN_FRONTEND", "noninteractive");
    if !shown(&mut update, Captured::Nothing)?.success {
        println!("apt-get update failed; trying with the lists that are there");
    }
    let mut install = Command::new("apt-get");
    install.args(["-q", "install", "-y", "--no-install-recommends"]).env("DEBIAN_FRONTEND", "noninteractive");
    install.args(missing.iter().map(|peer| peer.package));
    if !shown(&mut install, Captured::Nothing)?.success {
        println!("apt-get install failed");
    }
    Ok(self::missing(peers))
}

/// What is not there.
pub(crate) fn missing(peers: &[Peer]) -> Vec<Peer> {
    peers.iter().copied().filter(|peer| !peer.is_there()).collect()
}

fn may_install() -> bool {
    let id = Command::new("id").arg("-u").output();
    let root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && Command::new("apt-get").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(needed: Needed) -> Peer {
        Peer { needed, package: "none" }
    }

    #[test]
    fn a_program_or_library_is_found_by_its_name_or_not_at_all() {
        assert!(peer(Needed::Program("sh")).is_there());
        assert!(!peer(Needed::Program("no-such-program-here")).is_there());
        assert!(peer(Needed::Library("libc.so.6")).is_there());
        assert!(
            !peer(Needed::Library("libc.so")).is_there() && !peer(Needed::Library("libnone.so.1")).is_there()
        );
    }
}
