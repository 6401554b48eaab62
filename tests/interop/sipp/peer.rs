//! Somebody that SIPp plays, and one scenario that it plays.

use crate::harness::exchange::Exchange;
use crate::harness::plan::project;
use crate::harness::process::Process;
use crate::harness::{ports, wait};
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// SIPp gives up by itself after so long.
const GIVES_UP: Duration = Duration::from_secs(40);

/// A peer that SIPp plays, a phone or a provider: its address stays, its scenarios change.
pub(super) struct SippPeer<'a> {
    exchange: &'a Exchange,
    /// Its user name and password.
    pub(super) user: String,
    password: String,
    pub(super) address: SocketAddr,
    transport: &'static str,
    keys: Vec<(String, String)>,
}

/// One scenario that runs.
pub(super) struct Playing {
    process: Process,
    figures: PathBuf,
    messages: PathBuf,
    scenario: &'static str,
}

impl<'a> SippPeer<'a> {
    /// Whoever this is, at a free port of this address.
    pub(super) fn new(exchange: &'a Exchange, user: &str, password: &str, ip: IpAddr) -> Self {
        Self {
            exchange,
            user: user.to_owned(),
            password: password.to_owned(),
            address: SocketAddr::new(ip, ports::block()),
            transport: "u1",
            keys: Vec::new(),
        }
    }

    /// At this address, which others know already.
    pub(super) fn at(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// By another of SIPp's transports than UDP.
    pub(super) fn by(mut self, transport: &'static str) -> Self {
        self.transport = transport;
        self
    }

    /// With a word for its scenarios: `[name]` in them is `value`.
    pub(super) fn key(mut self, name: &str, value: &str) -> Self {
        self.keys.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A phone of a user's, registered, beside the exchange.
    pub(super) fn registered(exchange: &'a Exchange, user: &str, transport: &'static str) -> Self {
        Self::registered_at(exchange, user, transport, Ipv4Addr::LOCALHOST.into())
    }

    /// The same at another address of this machine.
    pub(super) fn registered_at(
        exchange: &'a Exchange,
        user: &str,
        transport: &'static str,
        ip: IpAddr,
    ) -> Self {
        let phone = Self::new(exchange, user, &exchange.passwords()[user], ip).by(transport);
        phone.plays("register.xml", "").ends_well();
        assert_eq!(exchange.bindings(user), 1);
        phone
    }

    /// Plays a scenario once.
    pub(super) fn plays(&self, scenario: &'static str, dials: &str) -> Playing {
        let stem = format!("{}-{}", self.user, scenario.trim_end_matches(".xml"));
        let file = |kind: &str| self.exchange.folder.file(&format!("{stem}-{kind}"));
        let [figures, messages, errors, output] = ["figures", "messages", "errors", "output"].map(file);
        let port = self.address.port();
        let server = if self.address.is_ipv6() { self.exchange.sip6 } else { self.exchange.sip };
        let mut command = Command::new("sipp");
        // What its digests are over is left to SIPp, as people leave it: the address that it sends to. By IPv6 it would write
        // that without brackets, which is no URI.
        if server.is_ipv6() {
            command.args(["-auth_uri", &server.to_string()]);
        }
        command
            .arg(server.to_string())
            .arg("-sf")
            .arg(project().join("tests/interop/sipp").join(scenario))
            .args([
                "-i",
                &self.address.ip().to_string(),
                "-p",
                &port.to_string(),
                "-mp",
                &(port + 2).to_string(),
            ])
            .args(["-t", self.transport, "-m", "1", "-l", "1", "-nostdin", "-s", dials])
            .args(["-key", "user", &self.user, "-au", &self.user, "-ap", &self.password])
            .args(["-key", "password", &self.password])
            .args(self.keys.iter().flat_map(|(name, value)| ["-key", name.as_str(), value.as_str()]))
            .args(["-timeout", "40s", "-timeout_error", "-max_socket", "64"])
            .args(["-trace_stat", "-fd", "1", "-stf"])
            .arg(&figures)
            .args(["-trace_msg", "-message_file"])
            .arg(&messages)
            .args(["-trace_err", "-error_file"])
            .arg(&errors)
            .current_dir(self.exchange.folder.path());
        let process = Process::start(&format!("sipp {stem}"), &mut command, &output);
        Playing { process, figures, messages, scenario }
    }

    /// Plays a scenario that waits for a call, and listens already.
    pub(super) fn waits(&self, scenario: &'static str) -> Playing {
        let mut playing = self.plays(scenario, "");
        wait::until("sipp to listen", wait::SOON, || {
            assert!(playing.process.runs(), "sipp has ended");
            self.listens().then_some(())
        });
        playing
    }

    /// Read from the kernel's tables: to try the port by binding it would now and then take it from SIPp.
    fn listens(&self) -> bool {
        let (protocol, state) = if self.transport == "t1" { ("tcp", "0A") } else { ("udp", "07") };
        let table = if self.address.is_ipv6() { format!("{protocol}6") } else { protocol.to_owned() };
        let port = format!(":{:04X}", self.address.port());
        let text = std::fs::read_to_string(format!("/proc/net/{table}")).unwrap();
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|line| {
            line.get(1).is_some_and(|local| local.ends_with(&port))
                && line.get(3).is_some_and(|s| *s == state)
        })
    }
}

impl Playing {
    /// SIPp is content: its exit code, and its figures.
    pub(super) fn ends_well(mut self) -> String {
        let status = self.process.ends(GIVES_UP + wait::SOON);
        let figures = figures(&self.figures);
        let count = |name: &str| figures.get(name).and_then(|value| value.parse::<u32>().ok());
        let good =
            status.success() && count("SuccessfulCall(C)") == Some(1) && count("FailedCall(C)") == Some(0);
        let messages = std::fs::read_to_string(&self.messages).unwrap_or_default();
        if !good {
            let bad: Vec<_> =
                figures.iter().filter(|(name, value)| name.starts_with("Failed") && *value != "0").collect();
            panic!("sipp {} ended with {status}, {bad:?}\n{messages}", self.scenario);
        }
        messages
    }
}

/// The last line of SIPp's statistics, by the names in the first.
fn figures(path: &Path) -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let cells = |line: &str| line.split(';').map(str::to_owned).collect::<Vec<_>>();
    let names = text.lines().next().map(cells).unwrap_or_default();
    let values = text.lines().last().map(cells).unwrap_or_default();
    names.into_iter().zip(values).collect()
}
