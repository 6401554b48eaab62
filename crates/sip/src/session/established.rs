//! Requests within the dialog, and its end (RFC 3261 §12.2, §14, §15).

use super::machine::{Asked, Phase, Purpose};
use super::{ALLOW, EndedBy, LegEvent, Reason, SUPPORTED, Session};
use crate::endpoint::transmit::Core;
use crate::message::{Method, Request, name};
use crate::transaction::Owner;
use bytes::Bytes;

impl Session {
    /// A request whose To tag names this leg.
    pub(crate) fn on_request(&mut self, core: &mut Core, asked: Asked) {
        let Asked { txn, request, from } = asked;
        let headers = &request.headers;
        let call_id = headers.call_id().unwrap_or("");
        let remote_tag =
            headers.from().ok().and_then(|from| from.tag().map(str::to_owned)).unwrap_or_default();
        let to_tag = headers.to().ok().and_then(|to| to.tag().map(str::to_owned)).unwrap_or_default();
        let at = self.dialogs.iter().position(|d| d.call_id == call_id && d.remote_tag == remote_tag);
        let (Some(at), true, true) = (at, to_tag == self.local_tag, self.is_live()) else {
            core.refuse(txn, &request, 481);
            return;
        };
        let number = headers.cseq().map(|cseq| cseq.number).unwrap_or_default();
        let Some(dialog) = self.dialogs.get_mut(at) else { return };
        if dialog.remote_cseq.is_some_and(|last| number < last) {
            // RFC 3261 §12.2.2.
            core.refuse(txn, &request, 500);
            return;
        }
        dialog.remote_cseq = Some(number);
        dialog.heard(from, &core.config.networks);
        if matches!(self.phase, Phase::Leaving(_)) && request.method != Method::Bye {
            core.refuse(txn, &request, 481);
            return;
        }
        self.dispatch(core, at, Asked { txn, request, from });
        self.next_proposal(core);
    }

    fn dispatch(&mut self, core: &mut Core, at: usize, asked: Asked) {
        let (txn, request) = (asked.txn, &asked.request);
        match &request.method {
            Method::Bye => self.on_bye(core, &asked),
            Method::Invite => self.on_reinvite(core, asked),
            Method::Update => self.on_update(core, at, asked),
            Method::Prack => self.on_prack(core, asked),
            Method::Info => {
                core.reply(txn, request, 200);
                let (content_type, body) = content(request);
                self.tell(core, LegEvent::Info { content_type, body });
            }
            Method::Message => {
                core.reply(txn, request, 200);
                let (content_type, body) = content(request);
                self.tell(core, LegEvent::Message { content_type, body });
            }
            Method::Options => {
                // RFC 3261 §11.2.
                let mut response = request.response(200);
                response.headers.push(name::ALLOW, ALLOW);
                response.headers.push(name::ACCEPT, "application/sdp");
                response.headers.push(name::SUPPORTED, SUPPORTED);
                core.respond(txn, response);
            }
            Method::Refer => self.on_refer(core, asked),
            Method::Notify => self.on_notify(core, &asked),
            Method::Subscribe => self.on_subscribe(core, &asked),
            // They come to the endpoint's own doors, never here.
            Method::Ack | Method::Cancel => {}
            Method::Register | Method::Publish => {
                let mut response = request.response(405);
                response.headers.push(name::ALLOW, ALLOW);
                core.count_refusal();
                core.respond(txn, response);
            }
            Method::Other(_) => core.refuse(txn, request, 501),
        }
    }

    fn on_bye(&mut self, core: &mut Core, asked: &Asked) {
        let reason = Reason::read(&asked.request.headers);
        match &self.phase {
            // Only the caller may leave an early dialog with BYE (RFC 3261 §15).
            Phase::Inviting(_) => core.refuse(asked.txn, &asked.request, 481),
            Phase::Offered(_) => {
                core.reply(asked.txn, &asked.request, 200);
                self.refuse_first(core, 487, &reason, Vec::new(), EndedBy::Peer);
            }
            Phase::Established | Phase::WantsToLeave(_) => {
                core.reply(asked.txn, &asked.request, 200);
                self.finish(core, LegEvent::Ended { by: EndedBy::Peer, reason });
            }
            // Both BYEs crossed: ours was first here.
            Phase::Leaving(ours) => {
                let reason = ours.clone();
                core.reply(asked.txn, &asked.request, 200);
                self.finish(core, LegEvent::Ended { by: EndedBy::Us, reason });
            }
            Phase::Over { .. } => core.refuse(asked.txn, &asked.request, 481),
        }
    }

    /// `End`: refusal, CANCEL or BYE.
    pub(super) fn end(&mut self, core: &mut Core, reason: Reason) {
        match &self.phase {
            Phase::Inviting(_) => self.cancel(core, reason),
            Phase::Offered(_) => {
                let status = reason.refusal();
                self.reject(core, status, reason, Vec::new());
            }
            Phase::Established => {
                if let Some(wanted) = self.ack_wanted.take() {
                    // The peer's offer stays unanswered: ACK, then BYE (RFC 3261 §13.2.2.4).
                    self.send_ack(core, wanted, None);
                }
                if self.unacked.is_some() {
                    // RFC 3261 §15: the callee's BYE waits for the ACK or its time-out.
                    self.phase = Phase::WantsToLeave(reason);
                } else {
                    self.leave(core, reason);
                }
            }
            Phase::WantsToLeave(_) | Phase::Leaving(_) | Phase::Over { .. } => {}
        }
    }

    /// Sends BYE; the leg is over when it is answered.
    pub(super) fn leave(&mut self, core: &mut Core, reason: Reason) {
        let Some(bye) = self.bye(&reason) else { return };
        self.drop_their_requests(core);
        let hop = bye.1;
        self.phase = Phase::Leaving(reason);
        self.send(core, Purpose::Bye, bye.0, hop);
    }

    fn bye(&mut self, reason: &Reason) -> Option<(Box<Request>, cordboard_base::Hop)> {
        let dialog = self.dialogs.last_mut()?;
        let mut request = dialog.request(Method::Bye);
        reason.write(&mut request.headers);
        Some((request, dialog.hop))
    }

    pub(super) fn on_bye_done(&mut self, core: &mut Core) {
        if let Phase::Leaving(reason) = &self.phase {
            let reason = reason.clone();
            self.finish(core, LegEvent::Ended { by: EndedBy::Us, reason });
        }
    }

    /// The peer can't be spoken to any more: BYE for good measure, and the leg is over now.
    pub(super) fn lose(&mut self, core: &mut Core, by: EndedBy) {
        if matches!(self.phase, Phase::Offered(_)) {
            self.refuse_first(core, 504, &Reason::default(), Vec::new(), by);
            return;
        }
        let (by, reason) = match &self.phase {
            Phase::WantsToLeave(reason) => (EndedBy::Us, reason.clone()),
            Phase::Inviting(_) | Phase::Offered(_) | Phase::Established => (by, Reason::default()),
            Phase::Leaving(_) | Phase::Over { .. } => return,
        };
        if let Some((bye, hop)) = self.bye(&reason) {
            core.send(Owner::Nobody, Some(self.id), bye, hop);
        }
        self.finish(core, LegEvent::Ended { by, reason });
    }

    /// INFO or MESSAGE.
    pub(super) fn notice(&mut self, core: &mut Core, method: Method, content_type: &str, body: Bytes) {
        if !matches!(self.phase, Phase::Established | Phase::Offered(_) | Phase::Inviting(_)) {
            return;
        }
        let Some(dialog) = self.dialogs.last_mut() else { return };
        let mut request = dialog.request(method);
        let hop = dialog.hop;
        if !body.is_empty() {
            request.headers.push(name::CONTENT_TYPE, content_type);
            request.body = body;
        }
        self.send(core, Purpose::Notice, request, hop);
    }
}

fn content(request: &Request) -> (String, Bytes) {
    (request.headers.first(name::CONTENT_TYPE).unwrap_or("").to_owned(), request.body.clone())
}
