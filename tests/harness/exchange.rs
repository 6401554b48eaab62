//! The real binary, running in a folder of its own.

use super::folder::Folder;
use super::plan::Plan;
use super::process::Process;
use super::record::Record;
use super::{raw, wait};
use std::collections::BTreeMap;
use std::fs;
use std::net::{Ipv6Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::{Duration, Instant};

/// The binary.
pub(crate) const BINARY: &str = env!("CARGO_BIN_EXE_cordboard");

/// A running exchange.
pub(crate) struct Exchange {
    // Before the folder: it ends before its files are gone.
    process: Process,
    /// Its files.
    pub(crate) folder: Folder,
    /// Where it listens by UDP and TCP.
    pub(crate) sip: SocketAddr,
    /// The same by IPv6, if its plan says so.
    pub(crate) sip6: SocketAddr,
    /// Where it listens by TLS.
    pub(crate) tls: SocketAddr,
    /// From the start to the first OPTIONS answered.
    pub(crate) ready_in: Duration,
    grace_s: Option<u32>,
}

impl Exchange {
    /// Writes the plan's files, starts the binary and waits for its first answer.
    pub(crate) fn start(plan: &Plan) -> Self {
        let folder = Folder::new();
        let [sip, tls] = plan.write(&folder);
        let (process, ready_in) = launch(&folder, plan.grace_s, sip);
        let sip6 = SocketAddr::from((Ipv6Addr::LOCALHOST, sip.port()));
        Self { process, folder, sip, sip6, tls, ready_in, grace_s: plan.grace_s }
    }

    /// Starts again with the files that are there.
    pub(crate) fn start_again(&mut self) {
        (self.process, self.ready_in) = launch(&self.folder, self.grace_s, self.sip);
    }

    /// Kills it as a crash would.
    pub(crate) fn kill(&mut self) {
        self.process.kill();
    }

    /// Sends it a signal.
    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        let id = rustix::process::Pid::from_raw(self.process.id()).unwrap();
        rustix::process::kill_process(id, signal).unwrap();
    }

    /// The process.
    pub(crate) fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Answers an OPTIONS.
    pub(crate) fn still_answers(&mut self) {
        raw::options(self.sip, wait::SOON, || self.process.runs());
    }

    /// One command of the command line.
    pub(crate) fn command(&self, arguments: &[&str]) -> Output {
        Command::new(BINARY).arg("--config").arg(self.folder.file("etc")).args(arguments).output().unwrap()
    }

    /// One command that must succeed; what it printed.
    pub(crate) fn asks(&self, arguments: &[&str]) -> String {
        let output = self.command(arguments);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cordboard {arguments:?}: {error}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A command's JSON.
    pub(crate) fn asks_json(&self, arguments: &[&str]) -> Vec<serde_json::Value> {
        serde_json::from_str(&self.asks(arguments)).unwrap()
    }

    /// The passwords, by user.
    pub(crate) fn passwords(&self) -> BTreeMap<String, String> {
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let phones = self.asks_json(&["phones", "--json"]);
        phones.iter().map(|phone| (text(&phone["user"]), text(&phone["password"]))).collect()
    }

    /// Live calls, as `cordboard calls --json` lists them.
    pub(crate) fn calls(&self) -> usize {
        self.asks_json(&["calls", "--json"]).len()
    }

    /// A trunk, as `cordboard trunks --json` lists it.
    pub(crate) fn trunk(&self, name: &str) -> serde_json::Value {
        let trunks = self.asks_json(&["trunks", "--json"]);
        trunks.into_iter().find(|trunk| trunk["trunk"] == name).unwrap_or_else(|| panic!("no trunk {name}"))
    }

    /// A mailbox, as `cordboard mailboxes --json` lists it.
    pub(crate) fn mailbox(&self, number: &str) -> serde_json::Value {
        let boxes = self.asks_json(&["mailboxes", "--json"]);
        boxes.into_iter().find(|mailbox| mailbox["mailbox"] == number).unwrap()
    }

    /// New messages in a mailbox.
    pub(crate) fn new_messages(&self, number: &str) -> u64 {
        self.mailbox(number)["counts"]["new"].as_u64().unwrap()
    }

    /// The recordings that there are, in whichever folder.
    pub(crate) fn recordings(&self) -> Vec<PathBuf> {
        sounds_below(&self.folder.file("var/recordings"))
    }

    /// The registered phones of a user.
    pub(crate) fn bindings(&self, user: &str) -> usize {
        let phones = self.asks_json(&["phones", "--json"]);
        phones.iter().filter(|phone| phone["user"] == user && phone["contact"] != "").count()
    }

    /// The call records so far.
    pub(crate) fn records(&self) -> Vec<Record> {
        Record::all(&self.folder.file("var/cordboard.sqlite"))
    }

    /// Waits until there are this many call records and no live calls.
    pub(crate) fn leaves_records(&self, count: usize) -> Vec<Record> {
        wait::until(&format!("{count} call records"), wait::SOON, || {
            let records = self.records();
            (records.len() >= count).then_some(records)
        })
    }

    /// The log so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_path()).unwrap_or_default()
    }

    fn log_path(&self) -> PathBuf {
        self.folder.file("var/cordboard.log")
    }
}

fn launch(folder: &Folder, grace_s: Option<u32>, sip: SocketAddr) -> (Process, Duration) {
    let mut command = Command::new(BINARY);
    command.arg("--config").arg(folder.file("etc")).arg("run").current_dir(folder.path());
    if let Some(grace) = grace_s {
        command.args(["--grace", &grace.to_string()]);
    }
    let began = Instant::now();
    let mut process = Process::start("cordboard run", &mut command, &folder.file("output"));
    raw::options(sip, wait::SOON, || process.runs());
    (process, began.elapsed())
}

fn sounds_below(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let of = |path: PathBuf| if path.is_dir() { sounds_below(&path) } else { vec![path] };
    entries.flat_map(|entry| of(entry.unwrap().path())).filter(|path| path.extension().is_some()).collect()
}
