//! A phone written by hand, for what the softphone can't do: video, and Replaces.

use cordboard_sim::{Peer, World};
use cordboard_sip::message::{Message, Request, Response, name};

/// A desk phone of a user's at an address of its own.
pub(crate) struct RawPhone {
    pub(crate) peer: Peer,
    pub(crate) user: &'static str,
    ip: String,
}

impl RawPhone {
    /// At `192.0.2.<last>`, registered.
    pub(crate) fn registered(world: &World, user: &'static str, last: u8) -> Self {
        let ip = format!("192.0.2.{last}");
        let phone = Self { peer: world.peer(&format!("{ip}:5060")), user, ip };
        let text = format!(
            "REGISTER sip:office.example SIP/2.0\nTo: <sip:{user}@office.example>\nContact: <sip:{user}@{}:5060>\n\
             Expires: 3600\nContent-Length: 0",
            phone.ip
        );
        let response = phone.peer.asks_as(user, &format!("reg-{user}"), &text);
        assert_eq!(response.status, 200);
        phone
    }

    /// A description with audio at 30000, and video at 30002 if it has any.
    pub(crate) fn description(&self, has_video: bool) -> String {
        let ip = &self.ip;
        let video = if has_video { "m=video 30002 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n" } else { "" };
        format!(
            "v=0\r\no=- 1 1 IN IP4 {ip}\r\ns=-\r\nc=IN IP4 {ip}\r\nt=0 0\r\nm=audio 30000 RTP/AVP 8\r\n\
             a=rtpmap:8 PCMA/8000\r\n{video}"
        )
    }

    /// Calls, with further header lines, and authenticates.
    pub(crate) fn calls(&self, number: &str, description: &str, more: &str) {
        let (user, length) = (self.user, description.len());
        let text = format!(
            "INVITE sip:{number}@office.example SIP/2.0\nTo: <sip:{number}@office.example>\n\
             Contact: <sip:{user}@{}:5060>\n{more}Content-Type: application/sdp\nContent-Length: {length}\n\n{}",
            self.ip,
            description.replace("\r\n", "\n")
        );
        self.peer.sends_as(user, &format!("call-{user}"), &text);
    }

    /// The answer to its call, which it acknowledges.
    pub(crate) fn is_answered(&self) -> Response {
        let Message::Response(response) = self.peer.receives_message("SIP/2.0 200") else {
            panic!("a request")
        };
        let header = |name: &str| response.headers.first(name).unwrap_or_default().to_owned();
        let target = header(name::CONTACT);
        let target = target.trim_start_matches('<').split('>').next().unwrap();
        let cseq = header(name::CSEQ);
        let number = cseq.split(' ').next().unwrap();
        self.peer.sends(&format!(
            "ACK {target} SIP/2.0\nVia: SIP/2.0/UDP {}:5060;branch=z9hG4bKack{number}\nMax-Forwards: 70\nFrom: {}\nTo: {}\n\
             Call-ID: {}\nCSeq: {number} ACK\nContent-Length: 0",
            self.ip,
            header(name::FROM),
            header(name::TO),
            header(name::CALL_ID)
        ));
        response
    }

    /// A call that comes; it rings.
    pub(crate) fn rings(&self) -> Request {
        let Message::Request(request) = self.peer.receives_message("INVITE") else { panic!("a response") };
        self.responds(&request, 180, "");
        request
    }

    /// Answers it with this description.
    pub(crate) fn responds(&self, invite: &Request, status: u16, description: &str) {
        let mut response = invite.response(status);
        let to = response.headers.first(name::TO).unwrap().to_owned();
        response.headers.set(name::TO, format!("{to};tag=raw-{}", self.user));
        response.headers.push(name::CONTACT, format!("<sip:{}@{}:5060>", self.user, self.ip));
        if !description.is_empty() {
            response.headers.push(name::CONTENT_TYPE, "application/sdp");
            response.body = description.to_owned().into();
        }
        self.peer.sends_bytes(&response.to_bytes());
    }
}
