//! A session's data, and which of its files deals with what.

use super::confirm::{AckWanted, SentAck, Unacked};
use super::incoming::Offered;
use super::offer::Offers;
use super::outgoing::Inviting;
use super::refer::References;
use super::timer::SessionTimer;
use super::{Credentials, EndedBy, LegCommand, LegEvent, Reason};
use crate::dialog::Dialog;
use crate::endpoint::transmit::{Core, cseq};
use crate::endpoint::turn::TimerKey;
use crate::endpoint::{Event, ServerTxn};
use crate::message::{Headers, Method, Request, Response, name, session_description};
use crate::transaction::{ClientEvent, ClientId, Owner, What};
use bytes::Bytes;
use cordboard_base::{Hop, LegId};
use serde::{Deserialize, Serialize};

/// Requests of ours in flight within one leg. More than any phone is asked; a further INFO or MESSAGE is dropped.
pub(super) const IN_FLIGHT_MAX: usize = 32;
/// Challenges answered for one request: a proxy's, the peer's, and a stale nonce of each.
pub(super) const CHALLENGES_MAX: u8 = 4;

/// What a session waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum LegTimer {
    /// The ACK of our 2xx.
    Ack,
    /// The PRACK of our provisional response.
    Prack,
    /// The next try after glare.
    Glare,
    /// The session is to be refreshed.
    Refresh,
    /// The session expires.
    Expire,
    /// A cancelled INVITE that gets no final response.
    Cancel,
    /// Late answers of a fork.
    Linger,
}

const TIMERS: [LegTimer; 7] = [
    LegTimer::Ack,
    LegTimer::Prack,
    LegTimer::Glare,
    LegTimer::Refresh,
    LegTimer::Expire,
    LegTimer::Cancel,
    LegTimer::Linger,
];

/// Where the leg stands.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Phase {
    /// Our INVITE is out.
    Inviting(Box<Inviting>),
    /// The peer's INVITE has no final response yet.
    Offered(Box<Offered>),
    /// 2xx sent or got.
    Established,
    /// `End` came before the ACK of our 2xx: BYE has to wait for it (RFC 3261 §15).
    WantsToLeave(Reason),
    /// Our BYE is out.
    Leaving(Reason),
    /// Ended; it only stays to ACK and BYE late answers.
    Over { lingering: bool },
}

/// Why a request of ours is in flight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Purpose {
    /// A re-INVITE or UPDATE; [`Offers`] knows more.
    Proposal,
    Prack,
    Bye,
    /// INFO, MESSAGE: nobody waits for the answer.
    Notice,
    Refer,
    Notify,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(super) struct InFlight {
    pub(super) id: ClientId,
    pub(super) purpose: Purpose,
    pub(super) challenges: u8,
}

/// A request within the dialog, to be answered.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) txn: ServerTxn,
    pub(crate) request: Box<Request>,
    pub(crate) from: Hop,
}

/// One leg.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Session {
    pub(super) id: LegId,
    /// Our tag, and the user part of our Contact.
    pub(super) local_tag: String,
    pub(super) phase: Phase,
    /// While inviting, one per answering branch of the fork, the newest last; else exactly one.
    pub(super) dialogs: Vec<Dialog>,
    /// The transaction of our INVITE.
    pub(super) invite: Option<ClientId>,
    pub(super) credentials: Option<Credentials>,
    /// The host that knows them.
    pub(super) host: String,
    pub(super) in_flight: Vec<InFlight>,
    pub(super) offers: Offers,
    pub(super) unacked: Option<Unacked>,
    pub(super) ack_wanted: Option<AckWanted>,
    pub(super) acks: Vec<SentAck>,
    pub(super) timer: SessionTimer,
    pub(super) references: References,
    /// The description that we gave last.
    pub(super) local_sdp: Option<Bytes>,
}

impl Session {
    pub(super) fn new(id: LegId, local_tag: String, phase: Phase) -> Self {
        Self {
            id,
            local_tag,
            phase,
            dialogs: Vec::new(),
            invite: None,
            credentials: None,
            host: String::new(),
            in_flight: Vec::new(),
            offers: Offers::default(),
            unacked: None,
            ack_wanted: None,
            acks: Vec::new(),
            timer: SessionTimer::default(),
            references: References::default(),
            local_sdp: None,
        }
    }

    /// Our tag.
    pub(crate) fn own_tag(&self) -> &str {
        &self.local_tag
    }

    /// Whether it can be dropped.
    pub(crate) fn is_gone(&self) -> bool {
        matches!(self.phase, Phase::Over { lingering: false })
    }

    /// Whether it still counts as a leg.
    pub(crate) fn is_live(&self) -> bool {
        !matches!(self.phase, Phase::Over { .. })
    }

    /// The newest dialog, by its name.
    pub(crate) fn dialog_name(&self) -> Option<crate::endpoint::DialogName> {
        let dialog = self.dialogs.last()?;
        Some(crate::endpoint::DialogName {
            call_id: dialog.call_id.clone(),
            local_tag: self.local_tag.clone(),
            remote_tag: dialog.remote_tag.clone(),
            remote_target: dialog.remote_target.clone(),
        })
    }

    /// Whether this dialog is (or was just now) one of its own.
    pub(crate) fn has_dialog(&self, call_id: &str, local_tag: &str, remote_tag: &str) -> bool {
        self.local_tag == local_tag
            && self.dialogs.iter().any(|d| d.call_id == call_id && d.remote_tag == remote_tag)
    }

    pub(crate) fn on_command(&mut self, core: &mut Core, command: LegCommand) {
        // A command may cross the leg's end; nothing is told after that.
        if !self.is_live() {
            return;
        }
        match command {
            // A leg starts once.
            LegCommand::Invite(_) => {}
            LegCommand::Provisional { status, sdp, headers } => self.provisional(core, status, sdp, headers),
            LegCommand::Accept { sdp, headers } => self.accept(core, sdp, headers),
            LegCommand::Reject { status, reason, headers } => self.reject(core, status, reason, headers),
            LegCommand::Offer { sdp, headers } => self.offer(core, sdp, headers),
            LegCommand::Identity { headers } => self.identify(core, headers),
            LegCommand::Answer { sdp } => self.answer(core, sdp),
            LegCommand::Refuse { status } => self.refuse_offer(core, status),
            LegCommand::Info { content_type, body } => self.notice(core, Method::Info, &content_type, body),
            LegCommand::Message { content_type, body } => {
                self.notice(core, Method::Message, &content_type, body)
            }
            LegCommand::Refer { to, by } => self.refer(core, &to, by.as_ref()),
            LegCommand::ReferReply { status } => self.reply_to_reference(core, status),
            LegCommand::ReferNotify { status } => self.notify_reference(core, status),
            LegCommand::End { reason } => self.end(core, reason),
        }
        self.next_proposal(core);
    }

    /// A response to, or the failure of, a request of ours.
    pub(crate) fn on_client(&mut self, core: &mut Core, event: ClientEvent) {
        if self.invite == Some(event.id) {
            self.on_invite(core, event.what);
        } else if let Some(at) = self.in_flight.iter().position(|flight| flight.id == event.id) {
            self.on_in_flight(core, at, event.what);
        } else if let What::Response { response, .. } = event.what {
            self.on_late_response(core, &response);
        }
        self.next_proposal(core);
    }

    /// A 2xx of a re-INVITE came again: so does its ACK (RFC 3261 §13.2.2.4).
    fn on_late_response(&self, core: &mut Core, response: &Response) {
        let Ok(cseq) = response.headers.cseq() else { return };
        if cseq.method == Method::Invite && response.is_success() {
            let tag =
                response.headers.to().ok().and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default();
            self.repeat_ack(core, &tag, cseq.number);
        }
    }

    fn on_in_flight(&mut self, core: &mut Core, at: usize, what: What) {
        let (status, response, request, from) = match what {
            What::Response { response, .. } if response.is_provisional() => return,
            What::Response { response, from, request } => {
                (response.status, Some(response), request, Some(from))
            }
            // RFC 3261 §8.1.3.1: a time-out counts as 408, a transport error as 503.
            What::Failed { failure, request } => (failure.status(), None, Some(request), None),
        };
        let flight = self.in_flight.swap_remove(at);
        if let (Some(response), Some(mut request)) = (&response, request)
            && matches!(status, 401 | 407)
            && self.is_live()
            && flight.challenges < CHALLENGES_MAX
            && self.authorize(core, &mut request, response, flight.challenges == 0)
            && let Some(dialog) = self.dialogs.last_mut()
        {
            dialog.local_cseq = dialog.local_cseq.wrapping_add(1) & 0x7fff_ffff;
            let number = dialog.local_cseq;
            let hop = dialog.hop;
            request.headers.set(name::CSEQ, cseq(number, &request.method));
            let id = core.send(Owner::Leg(self.id), Some(self.id), request, hop);
            self.in_flight.push(InFlight { id, purpose: flight.purpose, challenges: flight.challenges + 1 });
            return;
        }
        if let (Some(from), Some(dialog)) = (from, self.dialogs.last_mut()) {
            dialog.heard(from, &core.config.networks);
        }
        match flight.purpose {
            Purpose::Proposal => self.on_proposal(core, status, response),
            Purpose::Bye => self.on_bye_done(core),
            Purpose::Refer => self.on_refer_done(core, status, response.as_deref()),
            Purpose::Prack | Purpose::Notice | Purpose::Notify => {
                // RFC 5057 §5.1: 481 means that the dialog is gone at the other end.
                if status == 481
                    && matches!(self.phase, Phase::Established)
                    && flight.purpose == Purpose::Notice
                {
                    self.lose(core, EndedBy::Lost);
                }
            }
        }
    }

    /// Answers a challenge into `request`. A repeated one only if the nonce was merely stale (RFC 7616 §3.3); the first one
    /// in any case, since servers that want each nonce used once do not all call it stale.
    pub(super) fn authorize(
        &mut self,
        core: &mut Core,
        request: &mut Request,
        response: &Response,
        first: bool,
    ) -> bool {
        let Some(credentials) = &self.credentials else { return false };
        let (challenge, answer) = if response.status == 407 {
            (name::PROXY_AUTHENTICATE, name::PROXY_AUTHORIZATION)
        } else {
            (name::WWW_AUTHENTICATE, name::AUTHORIZATION)
        };
        let stale = response.headers.all(challenge).any(|value| {
            let squeezed: String = value.to_ascii_lowercase().split_ascii_whitespace().collect();
            squeezed.contains("stale=true") || squeezed.contains("stale=\"true\"")
        });
        if request.headers.first(answer).is_some() && !stale && !first {
            core.nonces.of(credentials, &self.host).forget();
            return false;
        }
        let cnonce = core.source.token();
        core.nonces.of(credentials, &self.host).answer(request, response, credentials, &cnonce)
    }

    pub(crate) fn on_timer(&mut self, core: &mut Core, timer: LegTimer) {
        match timer {
            LegTimer::Ack => self.on_ack_timer(core),
            LegTimer::Prack => self.on_prack_timer(core),
            LegTimer::Glare => self.offers.backing_off = false,
            LegTimer::Refresh => self.refresh(core),
            LegTimer::Expire => self.lose(core, EndedBy::SessionTimer),
            LegTimer::Cancel => self.on_cancel_timer(core),
            LegTimer::Linger => self.phase = Phase::Over { lingering: false },
        }
        self.next_proposal(core);
    }

    /// Answers the challenge before it is made, where a nonce is known.
    pub(super) fn authorize_ahead(&self, core: &mut Core, request: &mut Request) {
        let Some(credentials) = &self.credentials else { return };
        let known = core.nonces.of(credentials, &self.host);
        if !known.is_empty() {
            let cnonce = core.source.token();
            known.authorize(request, credentials, &cnonce);
        }
    }

    /// Sends a request within the newest dialog.
    pub(super) fn send(
        &mut self,
        core: &mut Core,
        purpose: Purpose,
        mut request: Box<Request>,
        hop: Hop,
    ) -> Option<ClientId> {
        if self.in_flight.len() >= IN_FLIGHT_MAX && purpose != Purpose::Bye {
            return None;
        }
        self.authorize_ahead(core, &mut request);
        let id = core.send(Owner::Leg(self.id), Some(self.id), request, hop);
        if let Some(second) = self.dialogs.last().and_then(|dialog| dialog.second) {
            core.clients.fall_back_to(id, second);
        }
        self.in_flight.push(InFlight { id, purpose, challenges: 0 });
        Some(id)
    }

    pub(super) fn tell(&self, core: &mut Core, event: LegEvent) {
        core.turn.event(Event::Leg(self.id, event));
    }

    pub(super) fn arm(&self, core: &mut Core, timer: LegTimer, after: core::time::Duration) {
        core.turn.arm(TimerKey::Leg(self.id, timer), after);
    }

    pub(super) fn disarm(&self, core: &mut Core, timer: LegTimer) {
        core.turn.disarm(TimerKey::Leg(self.id, timer));
    }

    /// The one way out: tells how the leg ended and lets go of everything.
    pub(super) fn finish(&mut self, core: &mut Core, event: LegEvent) {
        if !self.is_live() {
            return;
        }
        self.drop_their_requests(core);
        for flight in core::mem::take(&mut self.in_flight) {
            core.clients.abandon(&mut core.turn, flight.id);
        }
        self.offers = Offers::default();
        self.unacked = None;
        self.ack_wanted = None;
        // A leg that lingers keeps what ACKs and BYEs are made of.
        self.local_sdp = None;
        self.dialogs.iter_mut().for_each(|dialog| dialog.remote_sdp = None);
        for timer in TIMERS {
            self.disarm(core, timer);
        }
        // RFC 3261 §13.2.2.4: further 2xx of a fork may come for 64·T1.
        let lingering = self.invite.is_some_and(|id| core.clients.is_accepted(id));
        if lingering {
            let span = core.turn.timing.give_up();
            self.arm(core, LegTimer::Linger, span);
        } else if let Some(id) = self.invite {
            core.clients.abandon(&mut core.turn, id);
        }
        self.phase = Phase::Over { lingering };
        self.tell(core, event);
    }
}

/// The session description in a message. What can't be read or served is none: a request with it was refused at the door.
pub(super) fn sdp_of(headers: &Headers, body: &Bytes) -> Option<Bytes> {
    session_description(headers, body).unwrap_or_default()
}

/// Puts a description into a message.
pub(super) fn put_sdp(headers: &mut Headers, body: &mut Bytes, sdp: Bytes) {
    headers.set(name::CONTENT_TYPE, "application/sdp");
    *body = sdp;
}

/// Adds what the call core wants to be said.
pub(super) fn put_headers(headers: &mut Headers, further: Vec<(String, String)>) {
    for (name, value) in further {
        headers.push(&name, value);
    }
}
