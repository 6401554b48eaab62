//! The real programs that the interop tests talk to, or that play what was recorded.
//!
//! A test belongs to a peer by the module that it stands in: `sipp::…`, `baresip::…`, `ffmpeg::…`.

use crate::command::{Captured, shown};
use anyhow::Result;
use std::process::{Command, Stdio};

/// A program, and the Debian package that brings it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Peer {
    /// The program, and the module of its tests.
    pub(crate) program: &'static str,
    package: &'static str,
}

const PEERS: [Peer; 4] = [
    Peer { program: "sipp", package: "sip-tester" },
    Peer { program: "baresip", package: "baresip" },
    Peer { program: "ffmpeg", package: "ffmpeg" },
    Peer { program: "opusinfo", package: "opus-tools" },
];

impl Peer {
    fn is_there(self) -> bool {
        let found = Command::new("sh")
            .args(["-c", "command -v \"$0\" >/dev/null", self.program])
            .stdin(Stdio::null())
            .status();
        found.is_ok_and(|status| status.success())
    }
}

/// Installs what is missing, where that is possible without asking: as root, with apt-get. Returns what is still missing.
pub(crate) fn provide() -> Result<Vec<Peer>> {
    let missing = missing();
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
    Ok(self::missing())
}

fn missing() -> Vec<Peer> {
    PEERS.into_iter().filter(|peer| !peer.is_there()).collect()
}

fn may_install() -> bool {
    let id = Command::new("id").arg("-u").output();
    let root = id.is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    root && Command::new("apt-get").arg("--version").stdout(Stdio::null()).status().is_ok_and(|s| s.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_found_by_its_name_or_not_at_all() {
        assert!(Peer { program: "sh", package: "dash" }.is_there());
        assert!(!Peer { program: "no-such-program-here", package: "none" }.is_there());
    }
}
