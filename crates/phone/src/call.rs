//! What a line does: offers and answers, hold, digits by INFO, transfers, and what its session tells.

use crate::line::{End, Line, State};
use crate::phone::Timer;
use crate::{Happening, Phone};
use bytes::Bytes;
use cordboard_base::{Direction, LegId, Time};
use cordboard_media::{Command as MediaCommand, Event as MediaEvent, StreamSetup};
use cordboard_sdp::{Agreed, Capabilities, Local, SessionDescription};
use cordboard_sip::message::{NameAddr, Request, Uri, name, session_description};
use cordboard_sip::session::{LegCommand, LegEvent, NewLeg};
use core::net::SocketAddr;

impl Line {
    pub(crate) fn is_talking(&self) -> bool {
        self.state == State::Talking
    }

    pub(crate) fn can_hold(&self) -> bool {
        self.is_talking() && self.wanted == Direction::SendRecv
    }

    pub(crate) fn can_resume(&self) -> bool {
        self.is_talking() && self.wanted == Direction::SendOnly
    }
}

impl Phone {
    fn capabilities(&self) -> Capabilities {
        Capabilities {
            audio: self.config.codecs.clone(),
            telephone_event: self.config.telephone_event,
            ptime_ms: self.config.ptime_ms,
            video: None,
        }
    }

    pub(crate) fn handle_media(&mut self, now: Time, event: MediaEvent) {
        match event {
            MediaEvent::Opened { leg, audio, .. } => self.opened(now, leg, audio),
            MediaEvent::OpenFailed { leg } => self.abandon(now, leg),
            MediaEvent::Digit { leg, digit, .. } => self.tell(Happening::Digit { line: leg, digit }),
            MediaEvent::Closed { leg, stats } => self.closed(leg, stats.received),
            MediaEvent::Played { .. }
            | MediaEvent::Silence { .. }
            | MediaEvent::Detected { .. }
            | MediaEvent::Timeout { .. }
            | MediaEvent::Talking { .. }
            | MediaEvent::PlayedInto { .. }
            | MediaEvent::RecordingEnded { .. }
            | MediaEvent::Figures { .. }
            | MediaEvent::Latched { .. } => {}
        }
    }

    fn abandon(&mut self, now: Time, leg: LegId) {
        let Some(line) = self.lines.get(&leg) else { return };
        if matches!(line.state, State::OpeningToCall(_)) {
            self.lines.remove(&leg);
            self.tell(Happening::Ended { line: leg, status: Some(500), q850: None, sip: None, received: 0 });
        } else {
            let reason = cordboard_sip::session::Reason::default();
            self.leg(now, leg, LegCommand::Reject { status: 500, reason, headers: Vec::new() });
        }
    }

    /// The media port is there: the line can go on.
    fn opened(&mut self, now: Time, leg: LegId, audio: SocketAddr) {
        let session_id = self.source.next_u64() >> 1;
        let Some(line) = self.lines.get_mut(&leg) else { return };
        line.local = Some(Local { session_id, version: 1, audio: Some(audio), video: None, rtcp_mux: false });
        match line.state.clone() {
            State::OpeningToCall(target) => self.invite(now, leg, *target),
            State::OpeningToRing => self.start_ringing(now, leg),
            State::Calling | State::Ringing | State::Talking | State::Ending => {}
        }
    }

    fn invite(&mut self, now: Time, leg: LegId, target: Uri) {
        let sdp = if self.config.late_offer { None } else { self.make_offer(leg) };
        if let Some(line) = self.lines.get_mut(&leg) {
            line.state = State::Calling;
        }
        let credentials = cordboard_sip::session::Credentials {
            username: self.config.user.clone(),
            password: self.config.password.clone(),
        };
        let invite = NewLeg {
            to: NameAddr::new(target.clone()),
            target,
            hops: vec![self.config.server],
            route: Vec::new(),
            from: self.own_address(),
            sdp,
            headers: Vec::new(),
            credentials: Some(credentials),
            session_expires: None,
        };
        self.leg(now, leg, LegCommand::Invite(Box::new(invite)));
    }

    fn start_ringing(&mut self, now: Time, leg: LegId) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        let Some(invite) = line.invite.clone() else { return };
        line.state = State::Ringing;
        self.leg(now, leg, LegCommand::Provisional { status: 180, sdp: None, headers: Vec::new() });
        let (number, name) = identity(&invite);
        self.tell(Happening::Incoming { line: leg, number, name });
        self.ring(now, leg);
    }

    fn make_offer(&mut self, leg: LegId) -> Option<Bytes> {
        let caps = self.capabilities();
        let line = self.lines.get_mut(&leg)?;
        let offer = cordboard_sdp::offer(line.local.as_ref()?, &caps, line.wanted, line.said.as_ref());
        let bytes = offer.to_bytes().into();
        line.said = Some(offer);
        Some(bytes)
    }

    /// Answers the peer's pending offer; `None` if there is nothing in common.
    fn make_answer(&mut self, leg: LegId) -> Option<Bytes> {
        let caps = self.capabilities();
        let line = self.lines.get_mut(&leg)?;
        let offer = line.offer.take()?;
        let local = line.local.clone()?;
        let prefer = &self.config.codecs;
        let (answer, agreed) =
            cordboard_sdp::answer(&offer, &local, &caps, prefer, line.wanted, line.said.as_ref()).ok()?;
        let bytes = answer.to_bytes().into();
        line.said = Some(answer);
        self.agree(leg, agreed);
        Some(bytes)
    }

    /// The peer answered our offer.
    fn accept_answer(&mut self, leg: LegId, sdp: &[u8]) {
        let Some(line) = self.lines.get(&leg) else { return };
        let (Some(said), Ok(answer)) = (&line.said, SessionDescription::parse(sdp)) else { return };
        if let Ok(agreed) = cordboard_sdp::accept(said, &answer) {
            self.agree(leg, agreed);
        }
    }

    fn agree(&mut self, leg: LegId, agreed: Agreed) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        let held = agreed.audio.as_ref().is_some_and(|audio| audio.held_by_peer);
        let was_held = core::mem::replace(&mut line.held_by_peer, held);
        let audio = agreed.audio.as_ref().map(|audio| StreamSetup::of(audio, 0));
        line.agreed = Some(agreed);
        self.media(MediaCommand::Setup { leg, audio, video: None });
        match (was_held, held) {
            (false, true) => self.tell(Happening::Held { line: leg }),
            (true, false) => self.tell(Happening::Resumed { line: leg }),
            (true, true) | (false, false) => {}
        }
    }

    fn talk(&mut self, leg: LegId) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        line.state = State::Talking;
        let codec = line.codec();
        self.tell(Happening::Talking { line: leg, codec });
    }

    pub(crate) fn answer(&mut self, now: Time, leg: LegId) {
        self.timers.cancel(&Timer::AutoAnswer(leg));
        let Some(line) = self.lines.get(&leg).filter(|line| line.state == State::Ringing) else { return };
        let late = line.offer.is_none();
        let sdp = if late { self.make_offer(leg) } else { self.make_answer(leg) };
        if sdp.is_none() {
            let reason = cordboard_sip::session::Reason::default();
            return self.leg(now, leg, LegCommand::Reject { status: 488, reason, headers: Vec::new() });
        }
        self.leg(now, leg, LegCommand::Accept { sdp, headers: Vec::new() });
        if !late {
            self.talk(leg);
        }
    }

    pub(crate) fn hold(&mut self, now: Time, leg: LegId, held: bool) {
        if let Some(line) = self.lines.get_mut(&leg) {
            line.wanted = if held { Direction::SendOnly } else { Direction::SendRecv };
            line.holding = true;
        }
        if let Some(sdp) = self.make_offer(leg) {
            self.leg(now, leg, LegCommand::Offer { sdp, headers: Vec::new() });
        }
    }

    pub(crate) fn info(&mut self, now: Time, leg: LegId, digits: &str) {
        for digit in digits.chars() {
            let body = format!("Signal={digit}\r\nDuration=160\r\n").into();
            self.leg(now, leg, LegCommand::Info { content_type: "application/dtmf-relay".to_owned(), body });
        }
    }

    pub(crate) fn transfer(&mut self, now: Time, leg: LegId, to: &str) {
        let to = NameAddr::new(self.address(to));
        self.leg(now, leg, LegCommand::Refer { to, by: Some(self.own_address()) });
    }

    /// Connects the oldest talking line's peer with the newest's: REFER on the oldest, with Replaces naming the newest
    /// (RFC 5589 §7).
    pub(crate) fn transfer_attended(&mut self, now: Time) {
        let talking: Vec<LegId> =
            self.lines.values().filter(|line| line.is_talking()).map(|line| line.leg).collect();
        let (Some(&first), Some(&last)) = (talking.first(), talking.last()) else { return };
        let Some(dialog) = self.endpoint.dialog_of_leg(last).filter(|_| first != last) else { return };
        let mut target = NameAddr::new(dialog.remote_target);
        let replaces =
            format!("{};to-tag={};from-tag={}", dialog.call_id, dialog.remote_tag, dialog.local_tag);
        target.uri.headers.push((name::REPLACES.to_owned(), replaces));
        self.leg(now, first, LegCommand::Refer { to: target, by: Some(self.own_address()) });
    }

    pub(crate) fn handle_leg(&mut self, now: Time, leg: LegId, event: LegEvent) {
        match event {
            LegEvent::Incoming { request, .. } => self.incoming(leg, request),
            LegEvent::Provisional { response, sdp } => self.progress(leg, response.status, sdp),
            LegEvent::Answered { sdp, .. } => self.answered(now, leg, sdp),
            LegEvent::Acknowledged { sdp } => {
                if let Some(sdp) = sdp {
                    self.accept_answer(leg, &sdp);
                    self.talk(leg);
                }
            }
            LegEvent::Refused { status, .. } => self.ended(leg, Some(status), None, None),
            LegEvent::Offered { sdp, .. } => self.offered(now, leg, sdp),
            LegEvent::OfferAnswered { sdp, .. } => self.offer_answered(leg, &sdp),
            LegEvent::OfferFailed { .. } => self.offer_failed(leg),
            LegEvent::Identity { request } => {
                let (number, name) = identity(&request);
                self.tell(Happening::Connected { line: leg, number, name });
            }
            LegEvent::Info { .. } => {}
            LegEvent::Message { body, .. } => {
                let text = String::from_utf8_lossy(&body).into_owned();
                self.tell(Happening::Text { from: "dialog".to_owned(), text });
            }
            LegEvent::Referred { .. } => self.leg(now, leg, LegCommand::ReferReply { status: 603 }),
            LegEvent::ReferProgress { status } => {
                self.tell(Happening::TransferProgress { line: leg, status })
            }
            LegEvent::Ended { reason, .. } => self.ended(leg, None, reason.q850, reason.sip),
        }
    }

    fn incoming(&mut self, leg: LegId, request: Box<Request>) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        let body = session_description(&request.headers, &request.body).unwrap_or_default();
        line.offer = body.and_then(|sdp| SessionDescription::parse(&sdp).ok());
        line.invite = Some(request);
    }

    fn progress(&mut self, leg: LegId, status: u16, sdp: Option<Bytes>) {
        if let Some(sdp) = sdp {
            self.accept_answer(leg, &sdp);
            self.tell(Happening::EarlyMedia { line: leg });
        }
        if status == 180 {
            self.tell(Happening::Ringing { line: leg });
        }
    }

    fn answered(&mut self, now: Time, leg: LegId, sdp: Option<Bytes>) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        match (&line.said, sdp) {
            (Some(_), Some(sdp)) => self.accept_answer(leg, &sdp),
            (None, Some(sdp)) => {
                line.offer = SessionDescription::parse(&sdp).ok();
                match self.make_answer(leg) {
                    Some(sdp) => self.leg(now, leg, LegCommand::Answer { sdp }),
                    None => self.leg(now, leg, LegCommand::End { reason: Default::default() }),
                }
            }
            (_, None) => {}
        }
        self.talk(leg);
    }

    fn offered(&mut self, now: Time, leg: LegId, sdp: Option<Bytes>) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        let sdp = match sdp {
            None => self.make_offer(leg),
            Some(sdp) => {
                line.offer = SessionDescription::parse(&sdp).ok();
                self.make_answer(leg)
            }
        };
        match sdp {
            Some(sdp) => self.leg(now, leg, LegCommand::Answer { sdp }),
            None => self.leg(now, leg, LegCommand::Refuse { status: 488 }),
        }
    }

    fn offer_answered(&mut self, leg: LegId, sdp: &[u8]) {
        self.accept_answer(leg, sdp);
        let Some(line) = self.lines.get_mut(&leg) else { return };
        if core::mem::take(&mut line.holding) {
            let held = line.wanted == Direction::SendOnly;
            self.tell(Happening::Holding { line: leg, held });
        }
    }

    /// A refused hold or resume leaves things as they were (RFC 3261 §14.1).
    fn offer_failed(&mut self, leg: LegId) {
        let Some(line) = self.lines.get_mut(&leg) else { return };
        if core::mem::take(&mut line.holding) {
            let held = line.wanted != Direction::SendOnly;
            line.wanted = if held { Direction::SendOnly } else { Direction::SendRecv };
            self.tell(Happening::Holding { line: leg, held });
        }
    }

    pub(crate) fn ended(&mut self, leg: LegId, status: Option<u16>, q850: Option<u8>, sip: Option<u16>) {
        self.timers.cancel(&Timer::AutoAnswer(leg));
        let Some(line) = self.lines.get_mut(&leg) else { return };
        line.state = State::Ending;
        line.end = Some(End { status, q850, sip });
        self.media(MediaCommand::Close { leg });
    }

    /// The media is closed: the line is free.
    fn closed(&mut self, leg: LegId, received: u64) {
        let Some(End { status, q850, sip }) = self.lines.remove(&leg).and_then(|line| line.end) else {
            return;
        };
        self.tell(Happening::Ended { line: leg, status, q850, sip, received });
    }
}

/// Who the other end says it is: P-Asserted-Identity of an exchange we trust, else From.
fn identity(request: &Request) -> (String, String) {
    let asserted =
        request.headers.first(name::P_ASSERTED_IDENTITY).and_then(|value| NameAddr::parse(value).ok());
    let Some(who) = asserted.or_else(|| request.headers.from().ok()) else { return Default::default() };
    (who.uri.user.unwrap_or_default(), who.display.unwrap_or_default())
}
