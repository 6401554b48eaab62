//! What an office is made of: the sample that the project ships, with ports of its own and what the test changes.

use super::folder::Folder;
use super::ports;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use toml::{Table, Value};

/// The project's folder.
pub(crate) fn project() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// An office before its first start.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    settings: Vec<(&'static str, &'static str, Value)>,
    users: Vec<String>,
    trunks: String,
    dialplan: Option<String>,
    files: Vec<(&'static str, String)>,
    media_ports: Option<u16>,
    both_families: bool,
    /// The seconds of `--grace`.
    pub(crate) grace_s: Option<u32>,
}

impl Plan {
    /// The sample office.
    pub(crate) fn sample() -> Self {
        Self::default()
    }

    /// With this `dialplan/main.rhai` in place of the sample's scripts.
    pub(crate) fn dialplan(mut self, text: &str) -> Self {
        self.dialplan = Some(text.to_owned());
        self
    }

    /// With another file, whose path begins with `etc` or `dialplan`.
    pub(crate) fn file(mut self, path: &'static str, text: &str) -> Self {
        self.files.push((path, text.to_owned()));
        self
    }

    /// With a key of `cordboard.toml`.
    pub(crate) fn set(mut self, section: &'static str, key: &'static str, value: impl Into<Value>) -> Self {
        self.settings.push((section, key, value.into()));
        self
    }

    /// With more users.
    pub(crate) fn users(mut self, names: impl IntoIterator<Item = String>) -> Self {
        self.users.extend(names);
        self
    }

    /// With trunks, as `trunks.toml` has them.
    pub(crate) fn trunks(mut self, text: &str) -> Self {
        self.trunks = text.to_owned();
        self
    }

    /// With so many media ports; two for each leg.
    pub(crate) fn media_ports(mut self, count: u16) -> Self {
        self.media_ports = Some(count);
        self
    }

    /// Listening on `[::1]` too, at the same ports.
    pub(crate) fn both_families(mut self) -> Self {
        self.both_families = true;
        self
    }

    /// How long calls may go on after SIGTERM.
    pub(crate) fn grace_s(mut self, seconds: u32) -> Self {
        self.grace_s = Some(seconds);
        self
    }

    /// Writes it, and says where it listens: UDP and TCP, then TLS.
    pub(super) fn write(&self, folder: &Folder) -> [SocketAddr; 2] {
        let first = ports::block();
        let [sip, tls] = [first, first + 1].map(|port| SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
        let sample = |name: &str| fs::read_to_string(project().join("etc").join(name)).unwrap();
        let mut office: Table = sample("cordboard.toml").parse().unwrap();
        let mut set = |section: &str, key: &str, value: Value| {
            let section = office.entry(section).or_insert_with(|| Table::new().into());
            section.as_table_mut().unwrap().insert(key.to_owned(), value);
        };
        let listen = |address: SocketAddr| {
            let mut all = vec![address.to_string()];
            all.extend(self.both_families.then(|| format!("[::1]:{}", address.port())));
            all
        };
        for transport in ["udp", "tcp"] {
            set("sip", transport, listen(sip).into());
        }
        set("sip", "tls", listen(tls).into());
        let (rtp_first, rtp_last) = ports::media(self.media_ports.unwrap_or(ports::RTP_FEW));
        set("rtp", "port_first", i64::from(rtp_first).into());
        set("rtp", "port_last", i64::from(rtp_last).into());
        // More than machines for tests have cores: calls that are brought together move in every test.
        set("rtp", "workers", 4.into());
        set("sounds", "path", project().join("sounds").to_string_lossy().into_owned().into());
        for (section, key, value) in &self.settings {
            set(section, key, value.clone());
        }
        folder.write("etc/cordboard.toml", &office.to_string());
        let more: String = self.users.iter().map(|name| format!("\n[user.{name}]\n")).collect();
        folder.write("etc/users.toml", &format!("{}{more}", sample("users.toml")));
        folder.write("etc/trunks.toml", &self.trunks);
        for name in
            ["hours.toml", "holidays.ics", "queues.toml", "conference.toml", "parking.toml", "paging.toml"]
        {
            folder.write(&format!("etc/{name}"), &sample(name));
        }
        match &self.dialplan {
            Some(text) => {
                folder.write("dialplan/main.rhai", text);
            }
            None => copy_scripts(&project().join("dialplan"), folder),
        }
        for (path, text) in &self.files {
            folder.write(path, text);
        }
        [sip, tls]
    }
}

fn copy_scripts(from: &Path, folder: &Folder) {
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "rhai") {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            folder.write(&format!("dialplan/{name}"), &fs::read_to_string(&path).unwrap());
        }
    }
}
