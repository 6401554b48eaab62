//! The signalling loop: one thread that owns the exchange, its sockets and its clock.
//!
//! A turn: wait until a datagram, a wake-up or a deadline; hand everything that came to the exchange, each with its `now`;
//! carry out what it yields. No decision is made here.

use crate::admin::{self, Request, Response};
use crate::agree;
use crate::clock::Clock;
use crate::http::{Client, HttpConfig};
use crate::logging;
use crate::mail::Mailer;
use crate::media::Media;
use crate::net::{Net, NetInput};
use crate::resolve::Resolver;
use crate::server::OfficeFiles;
use crate::store::Store;
use crate::wake::{Receiver, Sender};
use cordboard_app::{Applications, Level, Programs};
use cordboard_base::{CallId, Transport};
use cordboard_dialplan::{Bundle, Dialplan, Fibers};
use cordboard_exchange::{AdminReply, AdminRequest, Exchange, Input, LogLine, Output, Setup};
use std::rc::Rc;

/// Events of one kind that one turn takes, so that none of them starves the sockets.
const EVENTS_PER_TURN_MAX: usize = 512;

/// What other threads tell the shard.
#[derive(Debug)]
pub enum Control {
    /// The office's files were read again. Swapped as a whole, or refused as a whole.
    Swap {
        /// The operator who asked, if one did.
        asked_by: Option<u64>,
        /// What was read, or what is wrong with it.
        read: Result<Box<Snapshot>, String>,
    },
    /// A part of the house says something to a service.
    Tell {
        /// Its kind.
        service: String,
        /// What.
        message: cordboard_app::Value,
    },
    /// Read the office's files again: SIGHUP.
    Reload,
    /// Stop: so many ms of grace.
    Stop {
        /// ms.
        grace_ms: u32,
    },
}

/// One checked state of the office.
#[derive(Debug)]
pub struct Snapshot {
    /// The configuration.
    pub setup: Setup,
    /// The scripts.
    pub bundle: Bundle,
    /// The language that prompts fall back to, and where they are.
    pub sounds: std::path::PathBuf,
    /// Classes of music.
    pub music: std::collections::BTreeMap<String, crate::media::MusicClass>,
    /// How long recordings are kept.
    pub keep: crate::media::KeepRecordings,
    /// How mails are made and sent.
    pub mail: crate::mail::MailConfig,
    /// Whom scripts may ask.
    pub http: HttpConfig,
    /// Whether the log is without numbers and addresses.
    pub redact: bool,
}

/// Everything that the loop owns.
pub struct Shard {
    clock: Clock,
    exchange: Exchange,
    fibers: Fibers,
    applications: Applications,
    net: Net,
    media: Media,
    store: Store,
    mailer: Mailer,
    resolver: Resolver,
    http: Client,
    admin: admin::Server,
    files: OfficeFiles,
    control: Receiver<Control>,
    own_control: Sender<Control>,
    drained: bool,
}

/// The shard's ends of the other threads.
pub struct Ends {
    /// The clock that all of them share.
    pub clock: Clock,
    /// SIP.
    pub net: Net,
    /// RTP.
    pub media: Media,
    /// SQLite.
    pub store: Store,
    /// Mails.
    pub mailer: Mailer,
    /// DNS.
    pub resolver: Resolver,
    /// Web servers that scripts ask.
    pub http: Client,
    /// Operators.
    pub admin: admin::Server,
    /// Where a reload reads.
    pub files: OfficeFiles,
    /// Signals, and files that were read.
    pub control: Receiver<Control>,
    /// The other end of `control`.
    pub own_control: Sender<Control>,
}

impl Shard {
    /// A shard around an exchange.
    pub fn new(exchange: Exchange, fibers: Fibers, applications: Applications, ends: Ends) -> Self {
        let Ends { clock, net, media, store, mailer, resolver, http, admin, files, control, own_control } =
            ends;
        Self {
            clock,
            exchange,
            fibers,
            applications,
            net,
            media,
            store,
            mailer,
            resolver,
            http,
            admin,
            files,
            control,
            own_control,
            drained: false,
        }
    }

    /// Runs until it is drained, then stops the other threads.
    pub fn run(mut self) -> std::io::Result<()> {
        let mut inputs = Vec::new();
        let mut events = Vec::new();
        self.carry_out();
        while !self.drained {
            let timeout = self.exchange.next_deadline().map(|deadline| self.clock.until(deadline));
            self.net.wait(timeout, &mut inputs)?;
            for input in inputs.drain(..) {
                self.take_net(input);
            }
            self.media.events(&mut events);
            for event in events.drain(..) {
                self.take(Input::Media(event));
            }
            self.take_replies();
            self.take_control();
            let now = self.clock.now();
            if self.exchange.next_deadline().is_some_and(|deadline| deadline <= now) {
                self.exchange.handle_timeout(now);
            }
            self.carry_out();
        }
        self.admin.stop();
        self.media.stop();
        self.net.stop();
        self.store.stop();
        self.mailer.stop();
        Ok(())
    }

    fn take(&mut self, input: Input) {
        self.exchange.handle(self.clock.now(), input);
        self.carry_out();
    }

    fn take_net(&mut self, input: NetInput) {
        match input {
            NetInput::Message { from, bytes } => self.take(Input::Message { from, bytes }),
            NetInput::Unreachable(hop) => self.take(Input::Unreachable(hop)),
            NetInput::Undelivered { hop, quoted } => self.take(Input::Undelivered { hop, quoted }),
            // The keep-alive has been answered; a closed connection tells nothing about what was sent.
            NetInput::Ping(_) | NetInput::Closed { .. } => {}
        }
    }

    fn take_replies(&mut self) {
        for _ in 0..EVENTS_PER_TURN_MAX {
            let Some(reply) = self.store.reply() else { break };
            self.take(Input::Stored(reply));
        }
        while let Some(answer) = self.resolver.answer() {
            if let Some(name) = &answer.name {
                // Whoever answers TLS there must prove this name, if the office trusts any roots.
                let secure = answer.hops.iter().filter(|hop| hop.transport == Transport::Tls);
                secure.for_each(|hop| self.net.expect_name(hop.remote, name));
            }
            self.take(Input::Resolved { id: answer.id, hops: answer.hops, ttl_s: answer.ttl_s });
        }
        while let Some((id, reply)) = self.http.answer() {
            self.take(Input::Fetched { id, reply: Box::new(reply) });
        }
    }

    fn take_control(&mut self) {
        while let Some(control) = self.control.try_recv() {
            match control {
                Control::Swap { asked_by, read } => self.take_swap(asked_by, read),
                Control::Tell { service, message } => self.take(Input::Tell { service, message }),
                Control::Reload => self.reload(None),
                Control::Stop { grace_ms } => self.take(Input::Drain { grace_ms }),
            }
        }
        let mut requests = Vec::new();
        self.admin.requests(&mut requests);
        for (id, request) in requests {
            self.take_request(id, request);
        }
    }

    fn take_request(&mut self, id: u64, request: Request) {
        let asked = match request {
            Request::Phones => AdminRequest::Phones,
            Request::Calls => AdminRequest::Calls,
            Request::Trunks => AdminRequest::Trunks,
            Request::Mailboxes => AdminRequest::Mailboxes,
            Request::Stats => AdminRequest::Counters,
            Request::Hangup { call } => AdminRequest::Hangup { call },
            Request::Service { kind, request } => AdminRequest::Service { kind, request },
            Request::Reload => return self.reload(Some(id)),
            Request::Stop { grace_ms } => {
                self.admin.answer(id, Response::Done);
                return self.take(Input::Drain { grace_ms });
            }
            Request::Version => {
                self.admin.answer(id, Response::Text(env!("CARGO_PKG_VERSION").to_owned()));
                return;
            }
            // These need no running exchange: the command line reads the files itself.
            Request::Routes { .. } | Request::Log { .. } | Request::Check => {
                self.admin.answer(id, Response::Failed("ask the files, not the exchange".to_owned()));
                return;
            }
        };
        self.take(Input::Admin { id, request: asked });
    }

    /// Has the files read on a thread of their own: a slow disk must not delay calls.
    fn reload(&mut self, asked_by: Option<u64>) {
        let (files, control) = (self.files.clone(), self.own_control.clone());
        let read = move || {
            let read = files.snapshot().map(Box::new).map_err(|error| format!("{error:#}"));
            if control.send(Control::Swap { asked_by, read }).is_err() {
                tracing::warn!("reload: the exchange is stopping");
            }
        };
        if let Err(error) = std::thread::Builder::new().name("reload".to_owned()).spawn(read) {
            self.take_swap(asked_by, Err(error.to_string()));
        }
    }

    fn take_swap(&mut self, asked_by: Option<u64>, read: Result<Box<Snapshot>, String>) {
        let outcome = read.and_then(|snapshot| self.swap(*snapshot));
        if let Err(error) = &outcome {
            tracing::error!("reload refused, the old state stays: {error}");
        }
        if let Some(id) = asked_by {
            self.admin.answer(id, outcome.map_or_else(Response::Failed, |()| Response::Done));
        }
    }

    fn swap(&mut self, snapshot: Snapshot) -> Result<(), String> {
        let programs = load(&snapshot.bundle, &self.fibers, &self.applications, &snapshot.setup)?;
        logging::redact(snapshot.redact);
        self.media.set_networks(snapshot.setup.networks.clone());
        self.media.set_sounds(snapshot.sounds, snapshot.setup.office.lang.clone(), snapshot.music);
        self.media.set_keep(snapshot.keep);
        self.mailer.configure(snapshot.mail);
        self.http.configure(snapshot.http);
        self.exchange.set_programs(programs);
        self.take(Input::Reload(Box::new(snapshot.setup)));
        Ok(())
    }

    /// The exchange's counters, with those of sockets and media threads.
    fn with_own_counters(&self, reply: AdminReply) -> AdminReply {
        let AdminReply::Counters(mut counted) = reply else { return reply };
        counted.extend(self.net.counters().named().map(|(name, number)| (name.to_owned(), number)));
        let store =
            [("store.refused", self.store.refused_ever()), ("store.records_lost", self.store.lost_records())];
        counted.extend(store.map(|(name, number)| (name.to_owned(), number)));
        counted.extend(self.media.counters().named().map(|(name, number)| (name.to_owned(), number)));
        AdminReply::Counters(counted)
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Transmit { to, bytes } => self.net.send(to, bytes),
                Output::Media(command) => self.media.command(command),
                Output::Store(command) => self.store.command(command),
                Output::Resolve { id, host, port, transport } => self.resolver.ask(id, host, port, transport),
                Output::Fetch { id, request } => self.http.fetch(id, *request),
                Output::Log(line) => write_log(&line),
                Output::Admin { id, reply } => {
                    let reply = self.with_own_counters(reply);
                    self.admin.answer(id, Response::Exchange(reply));
                }
                Output::Drained => self.drained = true,
            }
        }
    }
}

/// Checks a dialplan, and whether the office's configuration fits it. The error holds every finding, with its place.
pub fn load(
    bundle: &Bundle,
    fibers: &Fibers,
    applications: &Applications,
    setup: &Setup,
) -> Result<Rc<dyn Programs>, String> {
    match Dialplan::load_in(bundle, fibers, applications) {
        Ok(dialplan) => {
            let routes = dialplan.routes();
            let patterns = routes.iter().map(|route| (route.context.as_str(), route.pattern.as_str()));
            let notes =
                [agree::check(setup, &dialplan.contexts())?, agree::shadowed(setup, patterns)].concat();
            agree::numbers(setup, &dialplan)?;
            notes.iter().for_each(|note| tracing::warn!("{note}"));
            dialplan.warnings().iter().for_each(|warning| tracing::warn!("{warning}"));
            Ok(Rc::new(dialplan))
        }
        Err(findings) => Err(findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")),
    }
}

/// A line of the exchange's, as an event of the log: what happened, its fields, and the call where it is about one.
fn write_log(line: &LogLine) {
    let text = text_of(line);
    match line.call.map(|CallId(id)| format!("{id:x}")) {
        Some(call) => match line.level {
            Level::Error => tracing::error!(target: "cordboard", call, "{text}"),
            Level::Warn => tracing::warn!(target: "cordboard", call, "{text}"),
            Level::Info => tracing::info!(target: "cordboard", call, "{text}"),
            Level::Debug => tracing::debug!(target: "cordboard", call, "{text}"),
        },
        None => match line.level {
            Level::Error => tracing::error!(target: "cordboard", "{text}"),
            Level::Warn => tracing::warn!(target: "cordboard", "{text}"),
            Level::Info => tracing::info!(target: "cordboard", "{text}"),
            Level::Debug => tracing::debug!(target: "cordboard", "{text}"),
        },
    }
}

/// What happened, and its fields; without numbers and addresses where the office wants that.
fn text_of(line: &LogLine) -> String {
    let redacted = logging::redacts().then(|| line.clone().redacted());
    let line = redacted.as_ref().unwrap_or(line);
    let mut text = line.event.clone().into_owned();
    for (name, value) in &line.fields {
        text.push_str(&format!(" {name}={value:?}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test for both: the switch is the whole process's.
    #[test]
    fn numbers_and_addresses_stand_in_the_log_until_the_switch_is_turned() {
        let line = LogLine::new(Level::Info, "registered")
            .with("user", "101")
            .with("from", "udp:192.0.2.7:5060")
            .with("nat", true);
        let remote = "192.0.2.7:5060";
        let whole = "registered user=\"101\" from=\"udp:192.0.2.7:5060\" nat=\"true\"";
        assert_eq!((text_of(&line).as_str(), logging::peer(remote).to_string().as_str()), (whole, remote));
        logging::redact(true);
        let written = (text_of(&line), logging::peer(remote).to_string());
        logging::redact(false);
        assert_eq!(written.0, "registered user=\"…\" from=\"…\" nat=\"true\"");
        assert_eq!(written.1, "…");
    }
}
