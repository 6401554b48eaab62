//! References, both ways (RFC 3515, 3892, 4488): the peer asks us to call somebody, or we ask it. The implicit subscription
//! lives within the dialog and ends with the first final status.

use super::machine::{Asked, Phase, Purpose};
use super::{ALLOW, LegEvent, Session};
use crate::endpoint::ServerTxn;
use crate::endpoint::transmit::Core;
use crate::message::{Method, NameAddr, Request, Response, name, reason_phrase};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// How long the implicit subscription may last, as NOTIFY says it; it ends with the leg anyway.
const SUBSCRIPTION_SECS: u32 = 180;
/// RFC 4488.
const REFER_SUB: &str = "Refer-Sub";
const SIPFRAG: &str = "message/sipfrag;version=2.0";

/// At most one reference each way at a time: a phone transfers one call at a time.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct References {
    /// Ours: whether its final status is still to come.
    ours: bool,
    theirs: Theirs,
    /// How many the peer has made: from the second on their NOTIFYs carry the CSeq (RFC 3515 §2.4.6).
    made: u32,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
enum Theirs {
    #[default]
    None,
    /// `ReferReply` is to come.
    Asked { txn: ServerTxn, request: Box<Request>, id: Option<u32>, silent: bool },
    /// Accepted; NOTIFYs go out.
    Going { id: Option<u32> },
    /// Accepted, and the peer wants no NOTIFY.
    Silent,
}

impl Session {
    /// `Refer`: asks the peer.
    pub(super) fn refer(&mut self, core: &mut Core, to: &NameAddr, by: Option<&NameAddr>) {
        let open = matches!(self.phase, Phase::Established) && !self.references.ours;
        let Some(dialog) = self.dialogs.last_mut().filter(|_| open) else {
            self.tell(core, LegEvent::ReferProgress { status: 491 });
            return;
        };
        let mut request = dialog.request(Method::Refer);
        let hop = dialog.hop;
        request.headers.push(name::CONTACT, core.contact(&self.local_tag, hop));
        request.headers.push(name::REFER_TO, to.to_string());
        if let Some(by) = by {
            request.headers.push(name::REFERRED_BY, by.to_string());
        }
        request.headers.push(name::ALLOW, ALLOW);
        request.headers.push(name::SUPPORTED, super::SUPPORTED);
        self.references.ours = true;
        if self.send(core, Purpose::Refer, request, hop).is_none() {
            self.references.ours = false;
            self.tell(core, LegEvent::ReferProgress { status: 500 });
        }
    }

    /// The final response to our REFER.
    pub(super) fn on_refer_done(&mut self, core: &mut Core, status: u16, response: Option<&Response>) {
        // A NOTIFY may have overtaken it and said the last word.
        if !self.references.ours {
            return;
        }
        let unsubscribed = response
            .and_then(|response| response.headers.first(REFER_SUB))
            .is_some_and(|value| value.trim().eq_ignore_ascii_case("false"));
        if status >= 300 || unsubscribed {
            self.references.ours = false;
            self.tell(core, LegEvent::ReferProgress { status });
        }
    }

    /// NOTIFY within the dialog: only those of a reference of ours are expected.
    pub(super) fn on_notify(&mut self, core: &mut Core, asked: &Asked) {
        let headers = &asked.request.headers;
        let event = headers.first(name::EVENT).and_then(|event| event.split(';').next()).unwrap_or("").trim();
        if !event.eq_ignore_ascii_case("refer") {
            core.refuse(asked.txn, &asked.request, 489);
            return;
        }
        core.reply(asked.txn, &asked.request, 200);
        if !self.references.ours {
            return;
        }
        let state = headers.first(name::SUBSCRIPTION_STATE).unwrap_or("");
        let terminated = state.split(';').next().unwrap_or("").trim().eq_ignore_ascii_case("terminated");
        let status = match (status_of_sipfrag(&asked.request.body), terminated) {
            (Some(status), false) => status,
            (Some(status), true) if status >= 200 => status,
            // Over without a word on how: it took too long.
            (Some(_) | None, true) => 408,
            (None, false) => return,
        };
        self.references.ours = status < 200;
        self.tell(core, LegEvent::ReferProgress { status });
    }

    /// REFER within the dialog.
    pub(super) fn on_refer(&mut self, core: &mut Core, asked: Asked) {
        let to = asked.request.headers.first(name::REFER_TO).map(NameAddr::parse);
        let Some(Ok(to)) = to else {
            // RFC 3515 §2.4.2: exactly one Refer-To.
            core.refuse(asked.txn, &asked.request, 400);
            return;
        };
        if asked.request.headers.all(name::REFER_TO).count() > 1 {
            core.refuse(asked.txn, &asked.request, 400);
            return;
        }
        let busy = matches!(self.references.theirs, Theirs::Asked { .. } | Theirs::Going { .. });
        if busy || !matches!(self.phase, Phase::Established) {
            core.refuse(asked.txn, &asked.request, 491);
            return;
        }
        let by = asked.request.headers.first(name::REFERRED_BY).and_then(|by| NameAddr::parse(by).ok());
        let silent =
            asked.request.headers.first(REFER_SUB).is_some_and(|v| v.trim().eq_ignore_ascii_case("false"));
        self.references.made = self.references.made.saturating_add(1);
        let number = asked.request.headers.cseq().ok().map(|cseq| cseq.number);
        let id = number.filter(|_| self.references.made > 1);
        self.references.theirs = Theirs::Asked { txn: asked.txn, request: asked.request.clone(), id, silent };
        self.tell(core, LegEvent::Referred { to, by, request: asked.request });
    }

    /// `ReferReply`.
    pub(super) fn reply_to_reference(&mut self, core: &mut Core, status: u16) {
        let Theirs::Asked { txn, request, id, silent } = core::mem::take(&mut self.references.theirs) else {
            return;
        };
        let mut response = request.response(if (200..700).contains(&status) { status } else { 500 });
        if !response.is_success() {
            core.respond(txn, response);
            return;
        }
        if let Some(dialog) = self.dialogs.last() {
            response.headers.push(name::CONTACT, core.contact(&self.local_tag, dialog.peer));
        }
        if silent {
            response.headers.push(REFER_SUB, "false");
        }
        core.respond(txn, response);
        if silent {
            self.references.theirs = Theirs::Silent;
        } else {
            self.references.theirs = Theirs::Going { id };
            // RFC 3515 §2.4.4: the first NOTIFY goes at once.
            self.send_sipfrag(core, id, 100);
        }
    }

    /// `ReferNotify`.
    pub(super) fn notify_reference(&mut self, core: &mut Core, status: u16) {
        if !(100..700).contains(&status) {
            return;
        }
        match &self.references.theirs {
            Theirs::Going { id } => {
                let id = *id;
                if status >= 200 {
                    self.references.theirs = Theirs::None;
                }
                self.send_sipfrag(core, id, status);
            }
            Theirs::Silent if status >= 200 => self.references.theirs = Theirs::None,
            Theirs::Silent | Theirs::None | Theirs::Asked { .. } => {}
        }
    }

    fn send_sipfrag(&mut self, core: &mut Core, id: Option<u32>, status: u16) {
        if !matches!(self.phase, Phase::Established | Phase::WantsToLeave(_)) {
            return;
        }
        let Some(dialog) = self.dialogs.last_mut() else { return };
        let mut request = dialog.request(Method::Notify);
        let hop = dialog.hop;
        let headers = &mut request.headers;
        headers.push(name::CONTACT, core.contact(&self.local_tag, hop));
        let event = id.map_or_else(|| "refer".to_owned(), |id| format!("refer;id={id}"));
        headers.push(name::EVENT, event);
        let state = if status >= 200 {
            "terminated;reason=noresource".to_owned()
        } else {
            format!("active;expires={SUBSCRIPTION_SECS}")
        };
        headers.push(name::SUBSCRIPTION_STATE, state);
        headers.push(name::CONTENT_TYPE, SIPFRAG);
        request.body = Bytes::from(format!("SIP/2.0 {status} {}\r\n", reason_phrase(status)));
        self.send(core, Purpose::Notify, request, hop);
    }

    /// SUBSCRIBE within the dialog: a transferer that prolongs or gives up its implicit subscription.
    pub(super) fn on_subscribe(&mut self, core: &mut Core, asked: &Asked) {
        let headers = &asked.request.headers;
        let event = headers.first(name::EVENT).and_then(|event| event.split(';').next()).unwrap_or("").trim();
        if !event.eq_ignore_ascii_case("refer") {
            core.refuse(asked.txn, &asked.request, 489);
            return;
        }
        let Theirs::Going { .. } = &self.references.theirs else {
            core.refuse(asked.txn, &asked.request, 481);
            return;
        };
        let expires = headers.number(name::EXPIRES).unwrap_or(SUBSCRIPTION_SECS).min(SUBSCRIPTION_SECS);
        let mut response = asked.request.response(200);
        response.headers.push(name::EXPIRES, expires.to_string());
        if let Some(dialog) = self.dialogs.last() {
            response.headers.push(name::CONTACT, core.contact(&self.local_tag, dialog.peer));
        }
        core.respond(asked.txn, response);
        if expires == 0 {
            self.references.theirs = Theirs::Silent;
        }
    }

    /// The leg ends before the call core replied.
    pub(super) fn drop_reference(&mut self, core: &mut Core) {
        if let Theirs::Asked { txn, request, .. } = core::mem::take(&mut self.references.theirs) {
            core.reply(txn, &request, 487);
        }
    }
}

/// The status in a `message/sipfrag` body that holds a status line.
fn status_of_sipfrag(body: &[u8]) -> Option<u16> {
    let line = body.split(|b| *b == b'\r' || *b == b'\n').next()?;
    let text = core::str::from_utf8(line).ok()?.strip_prefix("SIP/2.0 ")?;
    text.split_ascii_whitespace().next()?.parse().ok().filter(|status| (100..700).contains(status))
}

#[cfg(test)]
mod tests {
    use super::status_of_sipfrag;

    #[test]
    fn a_sipfrag_tells_its_status() {
        assert_eq!(status_of_sipfrag(b"SIP/2.0 180 Ringing\r\n"), Some(180));
        assert_eq!(status_of_sipfrag(b"SIP/2.0 200"), Some(200));
        for nonsense in ["", "SIP/2.0", "SIP/2.0 99 X", "SIP/2.0 2000 X", "HTTP/1.1 200 OK", "\u{fffd}"] {
            assert_eq!(status_of_sipfrag(nonsense.as_bytes()), None, "{nonsense}");
        }
    }
}
