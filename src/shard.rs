//! The signalling loop: one thread that owns the exchange, its sockets and its clock.
//!
//! A turn: wait until a datagram, a wake-up or a deadline; hand everything that came to the exchange, each with its `now`;
//! carry out what it yields. No decision is made here.

use crate::admin::{self, Request, Response, RunningDialplan};
use crate::agree;
use crate::clock::Clock;
use crate::confirm::Confirmation;
use crate::history::Cause;
use crate::http::Client;
use crate::journey::{self, Journeys};
use crate::logging;
use crate::mail::Mailer;
use crate::media::Media;
use crate::net::{Net, NetInput};
use crate::office::{Librarian, Snapshot};
use crate::resolve::Resolver;
use crate::store::Store;
use crate::wake::{Receiver, Sender};
use cordboard_app::{Applications, Level, Programs};
use cordboard_base::{CallId, Time, Transport};
use cordboard_dialplan::{Bundle, Checked, Dialplan, Fibers, Office};
use cordboard_exchange::{AdminReply, AdminRequest, Exchange, Input, LogLine, Output, Setup};
use core::time::Duration;
use std::rc::Rc;

/// Events of one kind that one turn takes, so that none of them starves the sockets.
const EVENTS_PER_TURN_MAX: usize = 512;

/// What other threads tell the shard.
#[derive(Debug)]
pub enum Control {
    /// The office's files were read again.
    Swap(Swap),
    /// A part of the house says something to a service.
    Tell {
        /// Its kind.
        service: String,
        /// What.
        message: cordboard_app::Value,
    },
    /// Read the office's files again: SIGHUP.
    Reload,
    /// What has befallen calls until somebody asked is in its file.
    JourneysWritten {
        /// Who asked.
        asked_by: u64,
    },
    /// Stop: so many ms of grace.
    Stop {
        /// ms.
        grace_ms: u32,
    },
}

/// The office's files, read again: swapped as a whole, or refused as a whole.
#[derive(Debug)]
pub struct Swap {
    /// The operator who asked, if one did.
    pub asked_by: Option<u64>,
    /// Back again after so long, unless somebody confirms.
    pub confirm: Option<Duration>,
    /// What was read, or what is wrong with it.
    pub read: Result<Box<Snapshot>, String>,
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
    journeys: Journeys,
    mailer: Mailer,
    resolver: Resolver,
    http: Client,
    admin: admin::Server,
    librarian: Librarian,
    control: Receiver<Control>,
    /// For threads that answer.
    to_itself: Sender<Control>,
    /// What runs.
    office: Box<Snapshot>,
    confirmation: Confirmation<Box<Snapshot>>,
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
    /// What befell calls.
    pub journeys: Journeys,
    /// Mails.
    pub mailer: Mailer,
    /// DNS.
    pub resolver: Resolver,
    /// Web servers that scripts ask.
    pub http: Client,
    /// Operators.
    pub admin: admin::Server,
    /// Who reads the office's files, and keeps what was taken of them.
    pub librarian: Librarian,
    /// Signals, and files that were read.
    pub control: Receiver<Control>,
    /// The way there.
    pub to_itself: Sender<Control>,
}

impl Shard {
    /// A shard around an exchange that was made of this office.
    pub fn new(
        exchange: Exchange,
        fibers: Fibers,
        (applications, office): (Applications, Snapshot),
        ends: Ends,
    ) -> Self {
        let Ends {
            clock,
            net,
            media,
            store,
            journeys,
            mailer,
            resolver,
            http,
            admin,
            librarian,
            control,
            to_itself,
        } = ends;
        Self {
            clock,
            exchange,
            fibers,
            applications,
            net,
            media,
            store,
            journeys,
            mailer,
            resolver,
            http,
            admin,
            librarian,
            control,
            to_itself,
            office: Box::new(office),
            confirmation: Confirmation::default(),
            drained: false,
        }
    }

    /// Runs until it is drained, then stops the other threads.
    pub fn run(mut self) -> std::io::Result<()> {
        let mut inputs = Vec::new();
        let mut events = Vec::new();
        self.carry_out();
        while !self.drained {
            let timeout = self.next_deadline().map(|deadline| self.clock.until(deadline));
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
            if self.confirmation.until().is_some_and(|until| until <= now) {
                // It has told the log; nobody waits for an answer. Whoever asks later is told.
                let _told = self.go_back();
            }
            self.journeys.hand_over_due(now);
        }
        // Before the socket: it answers those who follow.
        self.journeys.stop();
        self.admin.stop();
        self.media.stop();
        self.net.stop();
        self.store.stop();
        self.mailer.stop();
        // Whoever waits to tell this thread something would wait for ever.
        drop(self.control);
        self.librarian.stop();
        Ok(())
    }

    fn next_deadline(&self) -> Option<Time> {
        let unconfirmed = self.confirmation.until();
        [self.exchange.next_deadline(), self.journeys.due(), unconfirmed].into_iter().flatten().min()
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
                Control::Swap(swap) => self.take_swap(swap),
                Control::Tell { service, message } => self.take(Input::Tell { service, message }),
                Control::Reload => self.reload(None, None),
                Control::JourneysWritten { asked_by } => self.answer(Some(asked_by), Response::Done),
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
            Request::Reload { confirm_s } => {
                let confirm = confirm_s.map(|secs| Duration::from_secs(u64::from(secs)));
                return self.reload(Some(id), confirm);
            }
            Request::Confirm { keep } => return self.confirm(id, keep),
            Request::Dialplan => {
                let now = self.clock.now();
                let running = RunningDialplan {
                    hash: self.office.bundle.version(),
                    unconfirmed_s: self.confirmation.until().map(|until| until.since(now).as_secs()),
                    refused: self.confirmation.refused().map(str::to_owned),
                };
                self.admin.answer(id, Response::Dialplan(running));
                return;
            }
            Request::WriteJourneys => return self.write_journeys(id),
            Request::Follow { number } => return self.follow(id, number),
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

    /// Has the files read; they are taken when they are there.
    fn reload(&mut self, asked_by: Option<u64>, confirm: Option<Duration>) {
        if !self.librarian.read(asked_by, confirm) {
            let error = "too many reloads wait already";
            tracing::error!("reload refused: {error}");
            self.answer(asked_by, Response::Failed(error.to_owned()));
        }
    }

    fn take_swap(&mut self, Swap { asked_by, confirm, read }: Swap) {
        let cause = if confirm.is_some() { Cause::Unconfirmed } else { Cause::Reload };
        let outcome = read.and_then(|office| self.swap(office, cause));
        match outcome {
            Ok(before) => {
                self.confirmation.taken(self.clock.now(), before, confirm);
                self.answer(asked_by, Response::Done);
            }
            Err(error) => {
                tracing::error!("reload refused, the old state stays: {error}");
                self.answer(asked_by, Response::Failed(error));
            }
        }
    }

    /// An operator keeps what was taken, or does not.
    fn confirm(&mut self, id: u64, keep: bool) {
        let outcome = match keep {
            true => self.confirmation.keep().map(|()| {
                self.librarian.record(&self.office.bundle, Cause::Confirmed);
                tracing::info!("the reload is confirmed");
            }),
            false => self.go_back(),
        };
        let response = outcome.map_or_else(Response::Failed, |()| Response::Done);
        self.admin.answer(id, response);
    }

    /// Somebody wants to see what befalls calls as it happens: the thread of journeys answers from now on.
    fn follow(&mut self, id: u64, number: Option<String>) {
        let Some(to) = self.admin.hand_over(id) else { return };
        if let Err(to) = self.journeys.follow(to, number) {
            let error = "the disk does not keep up with journeys".to_owned();
            if to.try_send(Response::Failed(error)).is_err() {
                tracing::debug!("a client that wanted to follow calls is gone");
            }
        }
    }

    /// Somebody wants to read of calls what has befallen them until now.
    fn write_journeys(&mut self, id: u64) {
        let tell = self.to_itself.clone();
        let written = Box::new(move || {
            if tell.try_send(Control::JourneysWritten { asked_by: id }).is_err() {
                tracing::debug!("nobody is told that journeys are written");
            }
        });
        if !self.journeys.write_now(written) {
            self.admin.answer(id, Response::Failed("the disk does not keep up with journeys".to_owned()));
        }
    }

    /// What was there before comes back, or it is told why not.
    fn go_back(&mut self) -> Result<(), String> {
        let mut confirmation = std::mem::take(&mut self.confirmation);
        let outcome = confirmation.go_back(|before| self.swap(before, Cause::Reverted).map(drop));
        self.confirmation = confirmation;
        match &outcome {
            Ok(()) => tracing::warn!(
                "the reload was not confirmed: what was there before is back; the files stay as they are"
            ),
            Err(error) => tracing::error!("{error}"),
        }
        outcome
    }

    fn answer(&mut self, asked_by: Option<u64>, response: Response) {
        if let Some(id) = asked_by {
            self.admin.answer(id, response);
        }
    }

    /// Takes another state of the office, or refuses it as a whole; says what was there before.
    fn swap(&mut self, office: Box<Snapshot>, cause: Cause) -> Result<Box<Snapshot>, String> {
        let programs = load(&office.bundle, &self.fibers, &self.applications, &office.setup, &office.names)?;
        logging::redact(office.redact);
        self.media.set_networks(office.setup.networks.clone());
        let (sounds, lang) = (office.sounds.clone(), office.setup.office.lang.clone());
        self.media.set_sounds(sounds, lang, office.music.clone());
        self.media.set_keep(office.keep);
        self.mailer.configure(office.mail.clone());
        self.http.configure(office.http.clone());
        self.journeys.configure(journey::origin(&office.setup), office.journey.clone());
        self.exchange.set_programs(programs);
        self.take(Input::Reload(Box::new(office.setup.clone())));
        self.librarian.record(&office.bundle, cause);
        Ok(core::mem::replace(&mut self.office, office))
    }

    /// The exchange's counters, with those of sockets and media threads.
    fn with_own_counters(&self, reply: AdminReply) -> AdminReply {
        let AdminReply::Counters(mut counted) = reply else { return reply };
        counted.extend(self.net.counters().named().map(|(name, number)| (name.to_owned(), number)));
        let store =
            [("store.refused", self.store.refused_ever()), ("store.records_lost", self.store.lost_records())];
        counted.extend(store.map(|(name, number)| (name.to_owned(), number)));
        counted.insert("journey.lost".to_owned(), self.journeys.lost());
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
                Output::Journey(seen) => self.journeys.take(seen),
                Output::Admin { id, reply } => {
                    let reply = self.with_own_counters(reply);
                    self.admin.answer(id, Response::Exchange(reply));
                }
                Output::Drained => self.drained = true,
            }
        }
    }
}

/// Checks a dialplan, and whether the office's configuration fits it. The error holds every error, with its place; warnings are
/// logged.
pub fn load(
    bundle: &Bundle,
    fibers: &Fibers,
    applications: &Applications,
    setup: &Setup,
    names: &Office,
) -> Result<Rc<dyn Programs>, String> {
    let Checked { dialplan, mut findings } = Dialplan::check(bundle, fibers, applications, Some(names));
    if let Some(dialplan) = &dialplan {
        findings.extend(agree::findings(setup, dialplan, None));
    }
    match (agree::refused(&findings), dialplan) {
        (None, Some(dialplan)) => Ok(Rc::new(dialplan)),
        (refused, _) => Err(refused.unwrap_or_default()),
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
