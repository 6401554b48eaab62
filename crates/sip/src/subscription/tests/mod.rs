//! A watcher by hand: what the notifier answers it and tells it.

mod lives;
mod publishing;
mod restarts;
mod telling;

use super::*;
use crate::endpoint::Outcome;
use crate::message::{CSeq, Method, Uri, name, parse_datagram};
use cordboard_base::{SourceKey, Transport};

const NOW: Time = Time::from_secs(100);

/// A notifier, and its watcher's side of the wire.
struct World {
    notifier: Notifier,
    now: Time,
    cseq: u32,
}

fn hop() -> Hop {
    Hop::new(Transport::Udp, "192.168.1.9:5060".parse().unwrap())
}

fn notifier(epoch: u32) -> Notifier {
    Notifier::new(Settings::default(), Source::new(SourceKey { seed: [4; 16], node: 0, epoch }, 4))
}

fn world() -> World {
    World { notifier: notifier(1), now: NOW, cseq: 0 }
}

fn ringing() -> ResourceState {
    ResourceState::Dialog(vec![WatchedDialog {
        id: "1".into(),
        phase: DialogPhase::Early,
        direction: DialogDirection::Recipient,
        remote: None,
        replaces: None,
    }])
}

fn idle() -> ResourceState {
    ResourceState::Dialog(Vec::new())
}

/// A NOTIFY as the watcher sees it.
#[derive(Debug)]
struct Told {
    id: Option<SubscriptionId>,
    request: Request,
    body: String,
}

impl Told {
    fn header(&self, name: &str) -> &str {
        self.request.headers.first(name).unwrap_or("")
    }

    fn state(&self) -> &str {
        self.header(name::SUBSCRIPTION_STATE)
    }

    fn cseq(&self) -> u32 {
        self.request.headers.cseq().unwrap().number
    }
}

impl World {
    fn subscribe(&mut self, fields: &[(&str, &str)]) -> Response {
        self.subscribe_in("call", "", fields)
    }

    fn subscribe_in(&mut self, call_id: &str, to_params: &str, fields: &[(&str, &str)]) -> Response {
        self.cseq += 1;
        let mut request = Request::new(Method::Subscribe, Uri::parse("sip:101@office.example").unwrap());
        request.headers.push(name::VIA, "SIP/2.0/UDP 192.168.1.9:5060;branch=z9hG4bK1");
        request.headers.push(name::FROM, "<sip:102@office.example>;tag=w");
        request.headers.push(name::TO, format!("<sip:101@office.example>{to_params}"));
        request.headers.push(name::CALL_ID, call_id);
        request.headers.push(name::CSEQ, CSeq { number: self.cseq, method: Method::Subscribe }.to_string());
        request.headers.push(name::CONTACT, "<sip:102@192.168.1.9:5060>");
        for (name, value) in fields {
            request.headers.set(name, *value);
        }
        let contact = Uri::parse("sip:192.168.1.5").unwrap();
        self.notifier.handle_subscribe(self.now, "101", &request, &hop(), &contact)
    }

    fn again(&mut self, first: &Response, fields: &[(&str, &str)]) -> Response {
        let tag = first.headers.to().unwrap().tag().unwrap().to_owned();
        self.subscribe_in("call", &format!(";tag={tag}"), fields)
    }

    /// What has been told up to now.
    fn told(&mut self) -> Vec<Told> {
        self.outputs()
            .into_iter()
            .filter_map(|output| match output {
                Output::Send { id, request, hop: to } => {
                    assert_eq!(to, hop());
                    let mut whole = (*request).clone();
                    whole.headers.push_front(name::VIA, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1");
                    parse_datagram(&whole.to_bytes()).unwrap();
                    let body = String::from_utf8(request.body.to_vec()).unwrap();
                    Some(Told { id, request: *request, body })
                }
                Output::Persist(_) | Output::Forget(_) | Output::Published { .. } => None,
            })
            .collect()
    }

    fn outputs(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.notifier.poll()).collect()
    }

    #[track_caller]
    fn one(&mut self) -> Told {
        let mut told = self.told();
        assert_eq!(told.len(), 1, "{told:?}");
        told.remove(0)
    }

    fn respond(&mut self, told: &Told, status: u16) {
        let outcome = Outcome::Final(Box::new(told.request.response(status)), hop());
        self.notifier.handle_response(self.now, told.id.unwrap(), &outcome);
    }

    /// Takes one NOTIFY and answers it 200.
    #[track_caller]
    fn hear(&mut self) -> Told {
        let told = self.one();
        self.respond(&told, 200);
        told
    }

    fn pass(&mut self, span: Duration) {
        self.now = self.now + span;
        self.notifier.handle_timeout(self.now);
    }

    fn count(&self) -> usize {
        self.notifier.subscriptions().count()
    }
}

const PIDF: &str = "<presence><tuple><status><basic>open</basic></status></tuple></presence>";
const DIALOG: (&str, &str) = (name::EVENT, "dialog;id=5");

impl World {
    fn publish(&mut self, body: &str, fields: &[(&str, &str)]) -> Response {
        let mut request = Request::new(Method::Publish, Uri::parse("sip:101@office.example").unwrap());
        request.headers.push(name::EVENT, "presence");
        request.headers.push(name::CONTENT_TYPE, "application/pidf+xml");
        for (name, value) in fields {
            request.headers.set(name, *value);
        }
        request.body = body.to_owned().into();
        self.notifier.handle_publish(self.now, "101", &request)
    }

    fn etag(response: &Response) -> String {
        assert_eq!(response.status, 200, "{response:?}");
        response.headers.first(name::SIP_ETAG).unwrap().to_owned()
    }

    fn facts(&mut self) -> Vec<Option<bool>> {
        let open = |output| match output {
            Output::Published { open, .. } => Some(open),
            Output::Send { .. } | Output::Persist(_) | Output::Forget(_) => None,
        };
        self.outputs().into_iter().filter_map(open).collect()
    }
}
