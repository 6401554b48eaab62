//! The office's files, read again: taken as a whole, or refused as a whole; kept, or taken back.

use super::{Shard, Swap};
use crate::admin::Response;
use crate::agree;
use crate::history::Cause;
use crate::office::Snapshot;
use crate::{journey, logging};
use cordboard_app::{Applications, Programs};
use cordboard_dialplan::{Bundle, Checked, Dialplan, Fibers, Office};
use cordboard_exchange::{Input, Setup};
use core::time::Duration;
use std::rc::Rc;

impl Shard {
    /// Has the files read; they are taken when they are there.
    pub(super) fn reload(&mut self, asked_by: Option<u64>, confirm: Option<Duration>) {
        if !self.ends.librarian.read(asked_by, confirm) {
            let error = "too many reloads wait already";
            tracing::error!("reload refused: {error}");
            self.answer(asked_by, Response::Failed(error.to_owned()));
        }
    }

    pub(super) fn take_swap(&mut self, Swap { asked_by, confirm, read }: Swap) {
        let cause = if confirm.is_some() { Cause::Unconfirmed } else { Cause::Reload };
        let outcome = read.and_then(|office| self.swap(office, cause));
        match outcome {
            Ok(before) => {
                self.confirmation.taken(self.ends.clock.now(), before, confirm);
                self.answer(asked_by, Response::Done);
            }
            Err(error) => {
                tracing::error!("reload refused, the old state stays: {error}");
                self.answer(asked_by, Response::Failed(error));
            }
        }
    }

    /// An operator keeps what was taken, or does not.
    pub(super) fn confirm(&mut self, id: u64, keep: bool) {
        let outcome = match keep {
            true => self.confirmation.keep().map(|()| {
                self.ends.librarian.record(&self.office.bundle, Cause::Confirmed);
                tracing::info!("the reload is confirmed");
            }),
            false => self.go_back(),
        };
        let response = outcome.map_or_else(Response::Failed, |()| Response::Done);
        self.ends.admin.answer(id, response);
    }

    /// What was there before comes back, or it is told why not.
    pub(super) fn go_back(&mut self) -> Result<(), String> {
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

    /// Takes another state of the office, or refuses it as a whole; says what was there before.
    fn swap(&mut self, office: Box<Snapshot>, cause: Cause) -> Result<Box<Snapshot>, String> {
        let programs = load(&office.bundle, &self.fibers, &self.applications, &office.setup, &office.names)?;
        logging::redact(office.redact);
        self.ends.media.set_networks(office.setup.networks.clone());
        let (sounds, lang) = (office.sounds.clone(), office.setup.office.lang.clone());
        self.ends.media.set_sounds(sounds, lang, office.music.clone());
        self.ends.media.set_keep(office.keep);
        self.ends.mailer.configure(office.mail.clone());
        self.ends.http.configure(office.http.clone());
        self.ends.journeys.configure(journey::origin(&office.setup), office.journey.clone());
        self.exchange.set_programs(programs);
        self.take(Input::Reload(Box::new(office.setup.clone())));
        self.ends.librarian.record(&office.bundle, cause);
        Ok(core::mem::replace(&mut self.office, office))
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
