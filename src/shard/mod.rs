//! The signalling loop: one thread that owns the exchange, its sockets and its clock.
//!
//! A turn: wait until a datagram, a wake-up or a deadline; hand everything that came to the exchange, each with its `now`;
//! carry out what it yields. No decision is made here.

mod change;
mod log;
mod requests;

pub use change::load;

use crate::admin::{self, Response};
use crate::clock::Clock;
use crate::confirm::Confirmation;
use crate::http::Client;
use crate::journey::Journeys;
use crate::mail::Mailer;
use crate::media::Media;
use crate::net::{Net, NetInput};
use crate::office::{Librarian, Snapshot};
use crate::resolve::Resolver;
use crate::store::Store;
use crate::wake::{Receiver, Sender};
use cordboard_app::Applications;
use cordboard_base::{Time, Transport};
use cordboard_dialplan::Fibers;
use cordboard_exchange::{Exchange, Input, Output};
use core::time::Duration;

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
    exchange: Exchange,
    fibers: Fibers,
    applications: Applications,
    ends: Ends,
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
        Self {
            exchange,
            fibers,
            applications,
            ends,
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
            let timeout = self.next_deadline().map(|deadline| self.ends.clock.until(deadline));
            self.ends.net.wait(timeout, &mut inputs)?;
            for input in inputs.drain(..) {
                self.take_net(input);
            }
            self.ends.media.events(&mut events);
            for event in events.drain(..) {
                self.take(Input::Media(event));
            }
            self.take_replies();
            self.take_control();
            let now = self.ends.clock.now();
            if self.exchange.next_deadline().is_some_and(|deadline| deadline <= now) {
                self.exchange.handle_timeout(now);
            }
            self.carry_out();
            if self.confirmation.until().is_some_and(|until| until <= now) {
                // It has told the log; nobody waits for an answer. Whoever asks later is told.
                let _told = self.go_back();
            }
            self.ends.journeys.hand_over_due(now);
        }
        // Before the socket: it answers those who follow.
        self.ends.journeys.stop();
        self.ends.admin.stop();
        self.ends.media.stop();
        self.ends.net.stop();
        self.ends.store.stop();
        self.ends.mailer.stop();
        // Whoever waits to tell this thread something would wait for ever.
        drop(self.ends.control);
        self.ends.librarian.stop();
        Ok(())
    }

    fn next_deadline(&self) -> Option<Time> {
        let unconfirmed = self.confirmation.until();
        [self.exchange.next_deadline(), self.ends.journeys.due(), unconfirmed].into_iter().flatten().min()
    }

    fn take(&mut self, input: Input) {
        self.exchange.handle(self.ends.clock.now(), input);
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
            let Some(reply) = self.ends.store.reply() else { break };
            self.take(Input::Stored(reply));
        }
        while let Some(answer) = self.ends.resolver.answer() {
            if let Some(name) = &answer.name {
                // Whoever answers TLS there must prove this name, if the office trusts any roots.
                let secure = answer.hops.iter().filter(|hop| hop.transport == Transport::Tls);
                secure.for_each(|hop| self.ends.net.expect_name(hop.remote, name));
            }
            self.take(Input::Resolved { id: answer.id, hops: answer.hops, ttl_s: answer.ttl_s });
        }
        while let Some((id, reply)) = self.ends.http.answer() {
            self.take(Input::Fetched { id, reply: Box::new(reply) });
        }
    }

    fn take_control(&mut self) {
        while let Some(control) = self.ends.control.try_recv() {
            match control {
                Control::Swap(swap) => self.take_swap(swap),
                Control::Tell { service, message } => self.take(Input::Tell { service, message }),
                Control::Reload => self.reload(None, None),
                Control::JourneysWritten { asked_by } => self.answer(Some(asked_by), Response::Done),
                Control::Stop { grace_ms } => self.take(Input::Drain { grace_ms }),
            }
        }
        let mut requests = Vec::new();
        self.ends.admin.requests(&mut requests);
        for (id, request) in requests {
            self.take_request(id, request);
        }
    }

    fn answer(&mut self, asked_by: Option<u64>, response: Response) {
        if let Some(id) = asked_by {
            self.ends.admin.answer(id, response);
        }
    }

    fn carry_out(&mut self) {
        while let Some(output) = self.exchange.poll() {
            match output {
                Output::Transmit { to, bytes } => self.ends.net.send(to, bytes),
                Output::Media(command) => self.ends.media.command(command),
                Output::Store(command) => self.ends.store.command(command),
                Output::Resolve { id, host, port, transport } => {
                    self.ends.resolver.ask(id, host, port, transport)
                }
                Output::Fetch { id, request } => self.ends.http.fetch(id, *request),
                Output::Log(line) => log::write(&line),
                Output::Journey(seen) => self.ends.journeys.take(seen),
                Output::Admin { id, reply } => {
                    let reply = self.with_own_counters(reply);
                    self.ends.admin.answer(id, Response::Exchange(reply));
                }
                Output::Drained => self.drained = true,
            }
        }
    }
}
