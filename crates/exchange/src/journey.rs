//! What the exchange hands out for the journeys of its calls, beside everything else that it does: see [`cordboard_journey`].

use crate::{Exchange, Output};
use cordboard_app::{Change, Destination};
use cordboard_base::{CallId, Hop, Time};
use cordboard_call::{CallRecord, Fact, OutOfReach};
use cordboard_journey::{End, Mailed, Refused, Seen, What, told};
use cordboard_media::Event;
use cordboard_sip::auth::{AuthFailure, FailureReason};
use cordboard_sip::message::{Request, name};
use serde::{Deserialize, Serialize};

/// Refused INVITEs that are handed out in a minute: enough to find why a phone can't call, and too few for a stranger who tries
/// passwords to push calls out of the store.
const REFUSED_PER_MINUTE_MAX: u16 = 60;
const MINUTE_US: u64 = 60_000_000;

/// Whether journeys are handed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct JourneySetup {
    /// Whether any are.
    pub on: bool,
    /// Whether SIP messages are among them.
    pub messages: bool,
}

impl Default for JourneySetup {
    fn default() -> Self {
        Self { on: true, messages: true }
    }
}

/// Refused INVITEs of the present minute.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RefusedLately {
    minute: u64,
    count: u16,
}

impl Exchange {
    fn see(&mut self, now: Time, what: What) {
        self.out.push_back(Output::Journey(Seen { at: now, what }));
    }

    pub(crate) fn see_message(&mut self, now: Time, sent: bool, peer: Hop, bytes: &bytes::Bytes) {
        let setup = self.setup.journey;
        if setup.on && setup.messages {
            self.see(now, What::Message { sent, peer, bytes: bytes.clone() });
        }
    }

    pub(crate) fn see_fact(&mut self, now: Time, call: CallId, fact: &Fact) {
        if self.setup.journey.on && is_of_interest(fact) {
            self.see(now, What::Fact(call, Box::new(fact.clone())));
        }
    }

    /// Says whether it is for nobody else.
    pub(crate) fn see_media(&mut self, now: Time, event: &mut Event) -> bool {
        if !self.setup.journey.on {
            return matches!(event, Event::Figures { .. });
        }
        match event {
            Event::Figures { leg, from, seconds } => {
                let seconds = core::mem::take(seconds);
                self.see(now, What::Figures { leg: *leg, from: *from, seconds });
                true
            }
            Event::Latched { leg, address } => {
                self.see(now, What::Latched { leg: *leg, address: *address });
                false
            }
            Event::Timeout { leg } => {
                self.see(now, What::Silent { leg: *leg });
                false
            }
            Event::Opened { .. }
            | Event::OpenFailed { .. }
            | Event::Digit { .. }
            | Event::Played { .. }
            | Event::Silence { .. }
            | Event::Detected { .. }
            | Event::Talking { .. }
            | Event::PlayedInto { .. }
            | Event::RecordingEnded { .. }
            | Event::Closed { .. } => false,
        }
    }

    pub(crate) fn see_out_of_reach(&mut self, now: Time, call: CallId, whom: Destination, why: OutOfReach) {
        if self.setup.journey.on {
            self.see(now, What::OutOfReach { call, whom: Box::new(whom), why });
        }
    }

    /// A service orders mails together with what they are about.
    pub(crate) fn see_mails(&mut self, now: Time, changes: &[Change]) {
        if !self.setup.journey.on {
            return;
        }
        for change in changes {
            let Change::Mail(order) = change else { continue };
            let Some(call) = order.call else { continue };
            let (mailbox, kind, message) = (order.mailbox.clone(), order.kind.clone(), order.message.clone());
            self.see(now, What::Mailed(Box::new(Mailed { call, mailbox, kind, message })));
        }
    }

    /// A service says how it stands with a call.
    pub(crate) fn see_said(&mut self, now: Time, call: CallId, who: &str, text: String) {
        if self.setup.journey.on {
            self.see(now, What::Said { call, who: who.to_owned(), text });
        }
    }

    pub(crate) fn see_ended(&mut self, now: Time, record: &CallRecord) {
        if self.setup.journey.on {
            self.see(now, What::Ended(Box::new(End::of(record))));
        }
    }

    /// An INVITE is refused before there is a call. The challenge that every phone gets first is no refusal.
    pub(crate) fn see_refused(
        &mut self,
        now: Time,
        request: &Request,
        from: &Hop,
        status: u16,
        failure: Option<&AuthFailure>,
    ) {
        let lately = &mut self.refused_lately;
        let minute = now.as_micros() / MINUTE_US;
        if lately.minute != minute {
            *lately = RefusedLately { minute, count: 0 };
        }
        if !self.setup.journey.on || lately.count >= REFUSED_PER_MINUTE_MAX {
            return;
        }
        lately.count += 1;
        let claimed = request.headers.from().ok().and_then(|from| from.uri.user);
        let refused = Refused {
            call: self.new_call_id().0,
            call_id: request.headers.first(name::CALL_ID).unwrap_or_default().to_owned(),
            from: failure.map(|failure| failure.user.clone()).or(claimed).unwrap_or_default(),
            dialed: request.uri.user.clone().unwrap_or_default(),
            address: from.to_string(),
            status,
            why: failure.map_or("", |failure| reason(failure.reason)).to_owned(),
        };
        self.see(now, What::Refused(Box::new(refused)));
    }
}

fn reason(reason: FailureReason) -> &'static str {
    match reason {
        FailureReason::UnknownUser => "unknown user",
        FailureReason::WrongPassword => "wrong password",
        FailureReason::NotOffered => "an algorithm that the user is not offered",
        FailureReason::Replay => "a nonce-count that was used before",
        FailureReason::Malformed => "credentials that can't be read",
    }
}

/// What changes only how a program sees its call is not.
fn is_of_interest(fact: &Fact) -> bool {
    match fact {
        Fact::Note(note) => told(note).is_some(),
        Fact::Began { .. }
        | Fact::Step { .. }
        | Fact::LegState { .. }
        | Fact::Emergency { .. }
        | Fact::Bridged(..)
        | Fact::Transferred { .. }
        | Fact::Moved { .. }
        | Fact::AnswersFor { .. }
        | Fact::Inside { .. }
        | Fact::Codec { .. }
        | Fact::Recorded { .. }
        | Fact::Digit { .. }
        | Fact::Read { .. }
        | Fact::Typed(_)
        | Fact::Mixed { .. }
        | Fact::Routed { .. }
        | Fact::Asked { .. }
        | Fact::Answered { .. }
        | Fact::Log { .. } => true,
    }
}
