//! What operators ask: of the exchange, or of the shell around it.

use super::{Control, Shard};
use crate::admin::{Request, Response, RunningDialplan};
use cordboard_exchange::{AdminReply, AdminRequest, Input};
use core::time::Duration;

impl Shard {
    pub(super) fn take_request(&mut self, id: u64, request: Request) {
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
                let now = self.ends.clock.now();
                let running = RunningDialplan {
                    hash: self.office.bundle.version(),
                    unconfirmed_s: self.confirmation.until().map(|until| until.since(now).as_secs()),
                    refused: self.confirmation.refused().map(str::to_owned),
                };
                self.ends.admin.answer(id, Response::Dialplan(running));
                return;
            }
            Request::WriteJourneys => return self.write_journeys(id),
            Request::Follow { number } => return self.follow(id, number),
            Request::Stop { grace_ms } => {
                self.ends.admin.answer(id, Response::Done);
                return self.take(Input::Drain { grace_ms });
            }
            Request::Version => {
                self.ends.admin.answer(id, Response::Text(env!("CARGO_PKG_VERSION").to_owned()));
                return;
            }
            // These need no running exchange: the command line reads the files itself.
            Request::Routes { .. } | Request::Log { .. } | Request::Check => {
                self.ends.admin.answer(id, Response::Failed("ask the files, not the exchange".to_owned()));
                return;
            }
        };
        self.take(Input::Admin { id, request: asked });
    }

    /// Somebody wants to see what befalls calls as it happens: the thread of journeys answers from now on.
    fn follow(&mut self, id: u64, number: Option<String>) {
        let Some(to) = self.ends.admin.hand_over(id) else { return };
        if let Err(to) = self.ends.journeys.follow(to, number) {
            let error = "the disk does not keep up with journeys".to_owned();
            if to.try_send(Response::Failed(error)).is_err() {
                tracing::debug!("a client that wanted to follow calls is gone");
            }
        }
    }

    /// Somebody wants to read of calls what has befallen them until now.
    fn write_journeys(&mut self, id: u64) {
        let tell = self.ends.to_itself.clone();
        let written = Box::new(move || {
            if tell.try_send(Control::JourneysWritten { asked_by: id }).is_err() {
                tracing::debug!("nobody is told that journeys are written");
            }
        });
        if !self.ends.journeys.write_now(written) {
            self.ends
                .admin
                .answer(id, Response::Failed("the disk does not keep up with journeys".to_owned()));
        }
    }

    /// The exchange's counters, with those of sockets and media threads.
    pub(super) fn with_own_counters(&self, reply: AdminReply) -> AdminReply {
        let AdminReply::Counters(mut counted) = reply else { return reply };
        counted.extend(self.ends.net.counters().named().map(|(name, number)| (name.to_owned(), number)));
        let store = [
            ("store.refused", self.ends.store.refused_ever()),
            ("store.records_lost", self.ends.store.lost_records()),
        ];
        counted.extend(store.map(|(name, number)| (name.to_owned(), number)));
        counted.insert("journey.lost".to_owned(), self.ends.journeys.lost());
        counted.extend(self.ends.media.counters().named().map(|(name, number)| (name.to_owned(), number)));
        AdminReply::Counters(counted)
    }
}
