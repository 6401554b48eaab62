//! The bench: an office of made-up phones around a real call core.

use crate::{CallRecord, CallsState};
use crate::{
    Calls, Contact, Fact, Input, NewCall, Office, OutOfReach, Output, QueryId, Reach, TrunkRoute, UserRoute,
};
use bytes::Bytes;
use cordboard_app::{
    App, AppState, CallInfo, Cause, Destination, DialOptions, Identity, Programs, Reply, RouteError,
    RouteRequest, Step, Value,
};
use cordboard_base::{CallId, Direction, Format, Hop, LegId, SourceKey, Time, Transport};
use cordboard_media::{Command, Event, PlayEnd, PlayId, Playhead, StreamStats};
use cordboard_sdp::{Capabilities, Local, SessionDescription};
use cordboard_sip::message::{Method, NameAddr, Request, Response, Uri};
use cordboard_sip::session::{Carrier, EndedBy, LegCommand, LegEvent, NewLeg, Reason};
use cordboard_sip::trunk::{Presentation, Rule, Shown};
use core::time::Duration;
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

/// Where every play stands at its end.
pub(super) const STOOD_AT: Playhead = Playhead { item: 1, position_ms: 2_340, length_ms: Some(5_000) };

/// A program that does a list of steps, whatever the replies; a hang-up ends it.
pub(super) struct List {
    steps: VecDeque<Step>,
    replies: Rc<RefCell<Vec<Reply>>>,
    stubborn: Rc<Cell<bool>>,
}

impl App for List {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        let hung = matches!(reply, Reply::HungUp(_));
        self.replies.borrow_mut().push(reply);
        if hung && self.stubborn.get() {
            return Step::Ask(cordboard_app::Query::Now);
        }
        if hung {
            return Step::Done(Value::Unit);
        }
        match self.steps.pop_front() {
            Some(Step::Ask(cordboard_app::Query::Header(name))) if name == "panic!" => panic!("as asked"),
            Some(step) => step,
            None => Step::Done(Value::Text("done".into())),
        }
    }

    fn snapshot(&self) -> AppState {
        let data = serde_json::to_string(&self.steps).unwrap();
        AppState { kind: "list".into(), version: 1, data }
    }
}

/// A dialplan: what each number does, in any context.
#[derive(Clone, Default)]
pub(super) struct Plan {
    pub(super) routes: BTreeMap<String, Vec<Step>>,
    pub(super) replies: Rc<RefCell<Vec<Reply>>>,
    pub(super) asked: Rc<RefCell<Vec<CallInfo>>>,
    /// Whether any number has a route, be it one to nowhere.
    pub(super) takes_all: bool,
    /// Whether programs ask on and on after a hang-up.
    pub(super) stubborn: Rc<Cell<bool>>,
}

impl Plan {
    fn list(&self, steps: VecDeque<Step>) -> Box<dyn App> {
        let (replies, stubborn) = (Rc::clone(&self.replies), Rc::clone(&self.stubborn));
        Box::new(List { steps, replies, stubborn })
    }
}

impl Programs for Plan {
    fn route(&self, request: &RouteRequest) -> Result<Box<dyn App>, RouteError> {
        self.asked.borrow_mut().push(request.info.clone());
        self.app(&request.info.dialed, &request.info, &Value::Unit).map_err(|_| RouteError::NoRoute)
    }

    fn has_route(&self, _context: &str, number: &str) -> bool {
        self.routes.contains_key(number) || self.takes_all
    }

    fn app(&self, name: &str, _info: &CallInfo, _args: &Value) -> Result<Box<dyn App>, RouteError> {
        let steps = self.routes.get(name).cloned().ok_or(RouteError::NoApp)?;
        Ok(self.list(steps.into()))
    }

    fn restore(&self, state: &AppState) -> Result<Box<dyn App>, RouteError> {
        let steps = serde_json::from_str(&state.data).map_err(|_| RouteError::NoApp)?;
        Ok(self.list(steps))
    }

    fn version(&self) -> &str {
        "one"
    }
}

/// The peer of a leg.
#[derive(Clone, Default)]
struct Peer {
    codecs: Vec<String>,
    video: bool,
    /// Our (the exchange's) last offer or answer to it.
    heard: Option<Bytes>,
    /// What it said last.
    said: Option<SessionDescription>,
}

pub(super) struct Bench {
    pub(super) calls: Calls,
    pub(super) plan: Plan,
    pub(super) now: Time,
    /// All outputs so far.
    pub(super) out: Vec<Output>,
    pub(super) records: Vec<CallRecord>,
    /// Contacts of users by name; a user without one is offline.
    pub(super) users: BTreeMap<String, u16>,
    /// Codecs of users' phones.
    pub(super) phones: BTreeMap<String, Vec<String>>,
    /// The configured codecs of callers; none: the office's.
    pub(super) own_codecs: Vec<String>,
    /// The context of trunks.
    pub(super) trunk_context: String,
    /// How trunks show callers.
    pub(super) presentation: Presentation,
    /// Whether the media engine answers at once.
    pub(super) media_answers: bool,
    /// Whether sessions end legs at once.
    pub(super) sessions_end: bool,
    /// Header fields of the next INVITEs.
    pub(super) extra_headers: Vec<(String, String)>,
    /// Legs whose sessions have reported their end.
    over: BTreeSet<LegId>,
    /// Legs whose ports are gone, by the media engine's word.
    pub(super) failed: BTreeSet<LegId>,
    peers: BTreeMap<LegId, Peer>,
    next_call: u64,
    next_has_video: bool,
}

/// Calls that routes of the dialplan are asked by.
pub(super) const INNER: u64 = 1_000;

pub(super) fn user(name: &str) -> Destination {
    Destination::User(name.to_owned())
}

pub(super) fn dial(stages: &[&[&str]]) -> Step {
    let stages = stages.iter().map(|stage| stage.iter().map(|name| user(name)).collect()).collect();
    Step::Dial(Box::new(DialOptions { stages, timeout_ms: vec![20_000], ..DialOptions::default() }))
}

pub(super) fn play(name: &str) -> Step {
    let items = vec![cordboard_media::Audio::Prompt { name: name.to_owned(), lang: "en".to_owned() }];
    Step::Play(cordboard_app::PlayList { items, interrupt: String::new() })
}

pub(super) fn hop(port: u16) -> Hop {
    Hop::new(Transport::Udp, ([192, 0, 2, 7], port).into())
}

pub(super) fn key() -> SourceKey {
    SourceKey { seed: [3; 16], node: 0, epoch: 1 }
}

pub(super) fn office() -> Office {
    Office {
        codecs: vec!["PCMA".into(), "PCMU".into(), "L16".into()],
        rtp_timeout_ms: 30_000,
        lang: "en".into(),
        music: "default".into(),
        domain: "office.example".into(),
        ..Office::default()
    }
}

fn format(name: &str) -> Format {
    match name {
        "PCMU" => Format::new(0, "PCMU", 8_000),
        "PCMA" => Format::new(8, "PCMA", 8_000),
        "L16" => Format::new(118, "L16", 8_000),
        other => Format::new(97, other, 8_000),
    }
}

impl Bench {
    /// An office of users 101 to 104, a phone each, and a dialplan.
    pub(super) fn new(routes: &[(&str, Vec<Step>)]) -> Self {
        let plan = Plan {
            routes: routes.iter().map(|(number, steps)| ((*number).to_owned(), steps.clone())).collect(),
            takes_all: true,
            ..Plan::default()
        };
        Self {
            calls: Calls::new(key(), office(), Rc::new(plan.clone())),
            plan,
            now: Time::from_secs(1),
            out: Vec::new(),
            records: Vec::new(),
            users: (101..=104).map(|user| (user.to_string(), 1)).collect(),
            phones: BTreeMap::new(),
            own_codecs: Vec::new(),
            trunk_context: "from-itsp".into(),
            presentation: Presentation {
                shown: Shown::Line,
                line: Uri::parse("sip:4420000@itsp.example").unwrap(),
                format: vec![Rule::new("", "4420")],
                past: Default::default(),
            },
            media_answers: true,
            sessions_end: true,
            extra_headers: Vec::new(),
            over: BTreeSet::new(),
            failed: BTreeSet::new(),
            peers: BTreeMap::new(),
            next_call: 1,
            next_has_video: false,
        }
    }

    pub(super) fn input(&mut self, input: Input) {
        if let Input::Media(Event::Closed { leg, .. } | Event::OpenFailed { leg }) = &input {
            self.failed.insert(*leg);
        }
        let mut inputs = VecDeque::from([input]);
        while let Some(input) = inputs.pop_front() {
            self.calls.handle(self.now, input);
            while let Some(output) = self.calls.poll() {
                inputs.extend(self.react(&output));
                if let Output::Ended(record) = &output {
                    self.records.push((**record).clone());
                }
                self.out.push(output);
            }
        }
    }

    /// What the world does by itself.
    fn react(&mut self, output: &Output) -> Vec<Input> {
        match output {
            Output::Mix { .. } | Output::Originated { .. } => Vec::new(),
            Output::Media(Command::Open { leg, video, .. }) if self.media_answers => {
                let port = 10_000 + leg.index * 4 + u16::try_from(leg.call.0 % 50).unwrap() * 400;
                let audio = ([198, 51, 100, 1], port).into();
                let video = video.then(|| ([198, 51, 100, 1], port + 2).into());
                vec![Input::Media(Event::Opened { leg: *leg, audio, video })]
            }
            Output::Media(Command::Close { leg }) if self.media_answers => {
                vec![Input::Media(Event::Closed { leg: *leg, stats: StreamStats::default() })]
            }
            Output::Leg(leg, command) => self.session(*leg, command),
            Output::Reach { query, destination, .. } => {
                let reach = self.reach(*query, destination);
                vec![Input::Reached { query: *query, reach }]
            }
            Output::Media(_)
            | Output::Ask { .. }
            | Output::FindDialog { .. }
            | Output::Fact(..)
            | Output::Ended(_) => Vec::new(),
        }
    }

    fn session(&mut self, leg: LegId, command: &LegCommand) -> Vec<Input> {
        let peer = self.peers.entry(leg).or_default();
        match command {
            LegCommand::Invite(new) => {
                peer.heard = new.sdp.clone();
                let name = new.target.user.clone().unwrap_or_default();
                let codecs = self.phones.get(&name).cloned();
                peer.codecs = codecs.unwrap_or_else(|| vec!["PCMA".into(), "PCMU".into()]);
            }
            LegCommand::Provisional { sdp: Some(sdp), .. }
            | LegCommand::Accept { sdp: Some(sdp), .. }
            | LegCommand::Offer { sdp, .. }
            | LegCommand::Answer { sdp } => peer.heard = Some(sdp.clone()),
            LegCommand::Reject { .. } | LegCommand::End { .. } if self.sessions_end => {
                if !self.over.insert(leg) {
                    return Vec::new();
                }
                return vec![Input::Leg(leg, LegEvent::Ended { by: EndedBy::Us, reason: Reason::default() })];
            }
            _ => {}
        }
        Vec::new()
    }

    pub(super) fn is_over(&self, leg: LegId) -> bool {
        self.over.contains(&leg)
    }

    pub(super) fn mark_over(&mut self, leg: LegId) {
        self.over.insert(leg);
    }

    /// Every leg that there has been.
    pub(super) fn opened(&self) -> Vec<LegId> {
        let of = |output: &Output| match output {
            Output::Media(Command::Open { leg, .. }) => Some(*leg),
            _ => None,
        };
        self.out.iter().filter_map(of).collect()
    }

    fn reach(&self, query: QueryId, destination: &Destination) -> Result<Reach, OutOfReach> {
        match destination {
            Destination::Extension { .. } => Ok(Reach::Route(CallId(INNER + query.0))),
            Destination::User(name) => {
                let contacts = *self.users.get(name).ok_or(OutOfReach::Unknown)?;
                if contacts == 0 {
                    return Err(OutOfReach::Offline);
                }
                let contact = |n: u16| Contact {
                    uri: Uri::parse(&format!("sip:{name}@192.0.2.7:{}", 6_000 + n)).unwrap(),
                    hop: hop(6_000 + n),
                    route: Vec::new(),
                    q: 1_000,
                    phone: Some(name.clone()),
                };
                Ok(Reach::User(UserRoute {
                    user: name.clone(),
                    identity: Identity { number: name.clone(), name: format!("User {name}") },
                    contacts: (0..contacts).map(contact).collect(),
                    codecs: Vec::new(),
                    context: format!("of-{name}"),
                }))
            }
            Destination::Trunk { trunk, number } => Ok(Reach::Trunk(TrunkRoute {
                trunk: trunk.clone(),
                uri: Uri::parse(&format!("sip:{number}@itsp.example")).unwrap(),
                hops: vec![hop(5_060)],
                route: Vec::new(),
                presentation: self.presentation.clone(),
                context: self.trunk_context.clone(),
                credentials: None,
                codecs: Vec::new(),
            })),
        }
    }

    pub(super) fn info(&self, call: u64, from: &str, dialed: &str) -> CallInfo {
        CallInfo {
            call: format!("{call:x}"),
            context: "internal".into(),
            dialed: dialed.into(),
            caller: Identity { number: from.into(), name: format!("User {from}") },
            user: Some(from.into()),
            lang: "en".into(),
            ..CallInfo::default()
        }
    }

    /// A user's phone calls. Its codecs; none: no offer.
    pub(super) fn call(&mut self, from: &str, dialed: &str, codecs: &[&str]) -> LegId {
        let id = CallId(self.next_call);
        self.next_call += 1;
        let info = self.info(id.0, from, dialed);
        self.call_as(id, info, codecs, false)
    }

    pub(super) fn video_call(&mut self, from: &str, dialed: &str, codecs: &[&str]) -> LegId {
        self.next_has_video = true;
        self.call(from, dialed, codecs)
    }

    pub(super) fn call_as(&mut self, id: CallId, info: CallInfo, codecs: &[&str], replaces: bool) -> LegId {
        self.next_call = self.next_call.max(id.0 + 1);
        let leg = LegId { call: id, index: 0 };
        let from = info.caller.number.clone();
        let video = std::mem::take(&mut self.next_has_video);
        let codecs_of = codecs.iter().map(|c| (*c).to_owned()).collect();
        let peer = Peer { codecs: codecs_of, video, ..Peer::default() };
        self.peers.insert(leg, peer);
        let body = if codecs.is_empty() { Bytes::new() } else { self.offer_of(leg, Direction::SendRecv) };
        let mut request = self.request(&info.dialed, &from);
        request.headers.push("Content-Type", "application/sdp");
        request.body = body;
        let presentation = info.trunk.is_some().then(|| self.presentation.clone());
        let new = NewCall {
            call: id,
            presentation,
            info,
            request: request.clone(),
            from: hop(5_060),
            codecs: self.own_codecs.clone(),
            runs: None,
            replaces,
        };
        self.input(Input::New(Box::new(new)));
        self.input(Input::Leg(leg, LegEvent::Incoming { request: Box::new(request), from: hop(5_060) }));
        leg
    }

    pub(super) fn request(&self, to: &str, from: &str) -> Request {
        let mut request =
            Request::new(Method::Invite, Uri::parse(&format!("sip:{to}@office.example")).unwrap());
        request.headers.push("From", format!("<sip:{from}@office.example>;tag=1"));
        request.headers.push("To", format!("<sip:{to}@office.example>"));
        self.extra_headers.iter().for_each(|(name, value)| request.headers.push(name, value.clone()));
        request
    }

    pub(super) fn response(&self, status: u16) -> Box<Response> {
        Box::new(self.request("1", "2").response(status))
    }

    fn local(&self, leg: LegId, peer: &Peer) -> Local {
        let port = 20_000 + leg.index * 4 + u16::try_from(leg.call.0 % 50).unwrap() * 400;
        let video = peer.video.then(|| ([192, 0, 2, 7], port + 2).into());
        Local {
            session_id: 1,
            version: 1,
            audio: Some(([192, 0, 2, 7], port).into()),
            video,
            rtcp_mux: false,
        }
    }

    fn capabilities(peer: &Peer) -> Capabilities {
        Capabilities {
            audio: peer.codecs.iter().map(|name| format(name)).collect(),
            telephone_event: true,
            ptime_ms: 20,
            video: peer.video.then(|| vec![Format::new(99, "H264", 90_000)]),
        }
    }

    /// The phone at `leg` makes an offer.
    pub(super) fn offer_of(&mut self, leg: LegId, direction: Direction) -> Bytes {
        let peer = self.peers.get(&leg).cloned().unwrap_or_default();
        let local = self.local(leg, &peer);
        let offer = cordboard_sdp::offer(&local, &Self::capabilities(&peer), direction, peer.said.as_ref());
        let bytes = Bytes::from(offer.to_bytes());
        self.peers.entry(leg).or_default().said = Some(offer);
        bytes
    }

    /// The phone at `leg` answers what it heard last.
    pub(super) fn answer_of(&mut self, leg: LegId) -> Option<Bytes> {
        let peer = self.peers.get(&leg).cloned().unwrap_or_default();
        let offer = SessionDescription::parse(peer.heard.as_ref()?).ok()?;
        let local = self.local(leg, &peer);
        let caps = Self::capabilities(&peer);
        let prefer = caps.audio.clone();
        let (answer, _) =
            cordboard_sdp::answer(&offer, &local, &caps, &prefer, Direction::SendRecv, peer.said.as_ref())
                .ok()?;
        let bytes = Bytes::from(answer.to_bytes());
        self.peers.entry(leg).or_default().said = Some(answer);
        Some(bytes)
    }

    pub(super) fn phones_codecs(&mut self, leg: LegId, codecs: &[&str]) {
        self.peers.entry(leg).or_default().codecs = codecs.iter().map(|c| (*c).to_owned()).collect();
    }

    /// What the phone heard last.
    pub(super) fn heard(&self, leg: LegId) -> Option<Bytes> {
        self.peers.get(&leg).and_then(|peer| peer.heard.clone())
    }

    pub(super) fn hear_again(&mut self, leg: LegId, sdp: Option<Bytes>) {
        self.peers.entry(leg).or_default().heard = sdp;
    }

    pub(super) fn set_video(&mut self, leg: LegId) {
        self.peers.entry(leg).or_default().video = true;
    }

    pub(super) fn rings(&mut self, leg: LegId) {
        let event = LegEvent::Provisional { response: self.response(180), sdp: None };
        self.input(Input::Leg(leg, event));
    }

    pub(super) fn early(&mut self, leg: LegId) {
        let sdp = self.answer_of(leg);
        let event = LegEvent::Provisional { response: self.response(183), sdp };
        self.input(Input::Leg(leg, event));
    }

    pub(super) fn answers(&mut self, leg: LegId) {
        let sdp = self.answer_of(leg);
        let event = LegEvent::Answered { response: self.response(200), sdp };
        self.input(Input::Leg(leg, event));
    }

    pub(super) fn refuses(&mut self, leg: LegId, status: u16) {
        let event = LegEvent::Refused { status, response: Some(self.response(status)) };
        self.input(Input::Leg(leg, event));
    }

    pub(super) fn acks(&mut self, leg: LegId) {
        let sdp = self.answer_of(leg);
        self.input(Input::Leg(leg, LegEvent::Acknowledged { sdp }));
    }

    /// The phone hangs up (BYE, or CANCEL).
    pub(super) fn hangs_up(&mut self, leg: LegId) {
        self.input(Input::Leg(leg, LegEvent::Ended { by: EndedBy::Peer, reason: Reason::default() }));
    }

    pub(super) fn re_offers(&mut self, leg: LegId, direction: Direction) {
        let sdp = Some(self.offer_of(leg, direction));
        let request = Box::new(self.request("1", "2"));
        self.input(Input::Leg(leg, LegEvent::Offered { sdp, by: Carrier::Invite, request }));
    }

    /// The phone answers our re-INVITE.
    pub(super) fn answers_offer(&mut self, leg: LegId) {
        let sdp = self.answer_of(leg).expect("an offer");
        self.input(Input::Leg(leg, LegEvent::OfferAnswered { sdp, by: Carrier::Invite }));
    }

    pub(super) fn refers(&mut self, leg: LegId, to: &str) {
        let to = NameAddr::parse(to).unwrap();
        let request = Box::new(self.request("1", "2"));
        self.input(Input::Leg(leg, LegEvent::Referred { to, by: None, request }));
    }

    pub(super) fn presses(&mut self, leg: LegId, digits: &str) {
        for digit in digits.chars() {
            self.input(Input::Media(Event::Digit { leg, digit, duration_ms: 80, is_passed_on: false }));
        }
    }

    pub(super) fn played(&mut self, leg: LegId, play: PlayId, end: PlayEnd) {
        self.input(Input::Media(Event::Played { leg, play, end, at: STOOD_AT }));
    }

    /// What is due now is done, once.
    pub(super) fn ticks(&mut self) {
        self.calls.tick(self.now);
        let mut inputs = Vec::new();
        while let Some(output) = self.calls.poll() {
            inputs.extend(self.react(&output));
            if let Output::Ended(record) = &output {
                self.records.push((**record).clone());
            }
            self.out.push(output);
        }
        inputs.into_iter().for_each(|input| self.input(input));
    }

    /// Time goes on, timers fire when they are due.
    pub(super) fn waits(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        let mut turns = 0;
        while let Some(at) = self.calls.next_deadline().filter(|at| *at <= until) {
            turns += 1;
            assert!(turns < 100_000, "timers without end");
            self.now = self.now.max(at);
            self.ticks();
        }
        self.now = self.now.max(until);
    }

    /// The commands to a leg so far.
    pub(super) fn told(&self, leg: LegId) -> Vec<&LegCommand> {
        let of = |output| match output {
            &Output::Leg(id, ref command) if id == leg => Some(command),
            _ => None,
        };
        self.out.iter().filter_map(of).collect()
    }

    pub(super) fn last_told(&self, leg: LegId) -> Option<&LegCommand> {
        self.told(leg).last().copied()
    }

    pub(super) fn media(&self, leg: LegId) -> Vec<&Command> {
        let of = |output| match output {
            &Output::Media(ref command) if command.leg() == Some(leg) => Some(command),
            _ => None,
        };
        self.out.iter().filter_map(of).collect()
    }

    /// What a leg hears now.
    pub(super) fn hears(&self, leg: LegId) -> cordboard_media::Source {
        let of = |command: &&Command| match command {
            Command::Hear { source, .. } => Some(*source),
            _ => None,
        };
        self.media(leg).iter().rev().find_map(of).unwrap_or_default()
    }

    /// The last play to a leg.
    pub(super) fn last_play(&self, leg: LegId) -> Option<&cordboard_media::Play> {
        self.out.iter().rev().find_map(|output| match output {
            Output::Media(Command::Play { leg: to, play }) if *to == leg => Some(play),
            _ => None,
        })
    }

    pub(super) fn setup(&self, leg: LegId) -> Option<&cordboard_media::StreamSetup> {
        self.out.iter().rev().find_map(|output| match output {
            Output::Media(Command::Setup { leg: id, audio, .. }) if *id == leg => Some(audio.as_ref()),
            _ => None,
        })?
    }

    pub(super) fn codec(&self, leg: LegId) -> String {
        self.setup(leg).and_then(|setup| setup.send.first()).map(|f| f.name.clone()).unwrap_or_default()
    }

    /// Every INVITE so far.
    pub(super) fn invites(&self) -> Vec<(LegId, &NewLeg)> {
        let of = |output| match output {
            &Output::Leg(id, LegCommand::Invite(ref new)) => Some((id, &**new)),
            _ => None,
        };
        self.out.iter().filter_map(of).collect()
    }

    pub(super) fn last_invited(&self) -> LegId {
        self.invites().last().expect("an INVITE").0
    }

    pub(super) fn replies(&self) -> Vec<Reply> {
        self.plan.replies.borrow().clone()
    }

    pub(super) fn facts(&self) -> Vec<&Fact> {
        let of = |output| match output {
            &Output::Fact(_, ref fact) => Some(fact),
            _ => None,
        };
        self.out.iter().filter_map(of).collect()
    }

    /// Calls and their programs as they come back from their snapshot, by way of text.
    pub(super) fn restart(&mut self) {
        let text = serde_json::to_string(&self.calls.snapshot()).unwrap();
        let state: CallsState = serde_json::from_str(&text).unwrap();
        let programs: Rc<dyn Programs> = Rc::new(self.plan.clone());
        let same = Rc::clone(&programs);
        let by_version = move |version: &str| (version == "one").then(|| Rc::clone(&same));
        self.calls = Calls::restore(state, programs, &by_version, self.now);
    }

    /// A talk of `from` with `to`, who is dialled by number: the legs.
    pub(super) fn talk(&mut self, from: &str, to: &str) -> (LegId, LegId) {
        let caller = self.call(from, to, &["PCMA", "PCMU"]);
        let callee = self.last_invited();
        self.rings(callee);
        self.answers(callee);
        (caller, callee)
    }

    /// The one record so far.
    pub(super) fn record(&self) -> &CallRecord {
        assert_eq!(self.records.len(), 1, "records");
        self.records.first().unwrap()
    }
}

/// Whether a leg was refused, and how.
pub(super) fn rejected(bench: &Bench, leg: LegId) -> Option<(u16, Option<Cause>)> {
    bench.told(leg).iter().find_map(|command| match command {
        LegCommand::Reject { status, reason, .. } => Some((*status, reason.q850.map(Cause))),
        _ => None,
    })
}

/// The routes of an office: each user's number dials the user.
pub(super) fn extensions() -> Vec<(&'static str, Vec<Step>)> {
    vec![
        ("101", vec![dial(&[&["101"]])]),
        ("102", vec![dial(&[&["102"]])]),
        ("103", vec![dial(&[&["103"]])]),
        ("104", vec![dial(&[&["104"]])]),
    ]
}
