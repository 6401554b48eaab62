//! Whatever watchers, states and the network do: a watcher hears its NOTIFYs one at a time with growing numbers, and what it has
//! heard last is the state.

use super::*;
use crate::endpoint::Outcome;
use crate::message::{CSeq, Method, Uri, name};
use cordboard_base::{SourceKey, Transport};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Step {
    Subscribe { call: usize, expires_s: u32 },
    Refresh { call: usize, expires_s: u32 },
    State { phase: usize },
    Respond { call: usize, status: u16 },
    Lose { call: usize, timeout: bool },
    Pass { ms: u64 },
    Remove,
    Restart,
}

const CALLS: usize = 3;
const STATUSES: [u16; 6] = [200, 200, 200, 481, 500, 403];

fn step() -> impl Strategy<Value = Step> {
    let call = || 0..CALLS;
    let expires = || prop_oneof![Just(0u32), Just(60), Just(600)];
    prop_oneof![
        3 => (call(), expires()).prop_map(|(call, expires_s)| Step::Subscribe { call, expires_s }),
        2 => (call(), expires()).prop_map(|(call, expires_s)| Step::Refresh { call, expires_s }),
        5 => (0usize..3).prop_map(|phase| Step::State { phase }),
        6 => (call(), 0..STATUSES.len()).prop_map(|(call, n)| Step::Respond { call, status: STATUSES[n] }),
        1 => (call(), any::<bool>()).prop_map(|(call, timeout)| Step::Lose { call, timeout }),
        4 => prop_oneof![0u64..300, 0u64..90_000].prop_map(|ms| Step::Pass { ms }),
        1 => Just(Step::Remove),
        1 => Just(Step::Restart),
    ]
}

const PHASES: [(DialogPhase, &str); 3] = [
    (DialogPhase::Early, "<state>early</state>"),
    (DialogPhase::Confirmed, "<state>confirmed</state>"),
    (DialogPhase::Terminated, "<state>terminated</state>"),
];

fn state(phase: usize) -> ResourceState {
    ResourceState::Dialog(vec![WatchedDialog {
        id: "1".into(),
        phase: PHASES[phase].0,
        direction: DialogDirection::Initiator,
        remote: None,
        replaces: None,
    }])
}

/// One watcher: its dialog, and what it has heard.
#[derive(Clone, Debug, Default)]
struct Watcher {
    tag: Option<String>,
    cseq: u32,
    under_way: Option<SubscriptionId>,
    heard_cseq: u32,
    heard: String,
}

struct World {
    notifier: Notifier,
    now: Time,
    watchers: Vec<Watcher>,
    rows: BTreeMap<RowKey, Row>,
    epoch: u32,
    phase: Option<usize>,
}

fn hop() -> Hop {
    Hop::new(Transport::Udp, "192.168.1.9:5060".parse().unwrap())
}

fn notifier(epoch: u32) -> Notifier {
    Notifier::new(Settings::default(), Source::new(SourceKey { seed: [4; 16], node: 0, epoch }, 4))
}

impl World {
    fn subscribe(&mut self, call: usize, expires_s: u32, in_dialog: bool) {
        let watcher = &mut self.watchers[call];
        watcher.cseq += 1;
        let tag = watcher.tag.clone().filter(|_| in_dialog);
        let mut request = Request::new(Method::Subscribe, Uri::parse("sip:101@office").unwrap());
        let to = tag.map_or("<sip:101@office>".to_owned(), |tag| format!("<sip:101@office>;tag={tag}"));
        let cseq = CSeq { number: watcher.cseq, method: Method::Subscribe };
        for (name, value) in [
            (name::FROM, format!("<sip:102@office>;tag={call}")),
            (name::TO, to),
            (name::CALL_ID, format!("{call}")),
            (name::CSEQ, cseq.to_string()),
            (name::CONTACT, "<sip:102@192.168.1.9:5060>".to_owned()),
            (name::EVENT, "dialog".to_owned()),
            (name::EXPIRES, expires_s.to_string()),
        ] {
            request.headers.push(name, value);
        }
        let contact = Uri::parse("sip:192.168.1.5").unwrap();
        let response = self.notifier.handle_subscribe(self.now, "101", &request, &hop(), &contact);
        assert!([200, 481].contains(&response.status));
        if response.status == 200 && !in_dialog {
            let tag = response.headers.to().unwrap().tag().unwrap().to_owned();
            self.watchers[call] =
                Watcher { tag: Some(tag), cseq: self.watchers[call].cseq, ..Watcher::default() };
        }
    }

    fn outcome(&mut self, call: usize, outcome: &Outcome) {
        if let Some(id) = self.watchers[call].under_way.take() {
            self.notifier.handle_response(self.now, id, outcome);
        }
    }

    fn respond(&mut self, call: usize, status: u16) {
        let response = Request::new(Method::Notify, Uri::parse("sip:a").unwrap()).response(status);
        self.outcome(call, &Outcome::Final(Box::new(response), hop()));
    }

    /// Takes the outputs: rows into the store, NOTIFYs to those watchers that still mean that dialog.
    fn drain(&mut self) {
        while let Some(output) = self.notifier.poll() {
            match output {
                Output::Persist(row) => {
                    self.rows.insert(row.key(), row);
                }
                Output::Forget(key) => {
                    self.rows.remove(&key);
                }
                Output::Published { .. } => panic!("nobody publishes"),
                Output::Send { id, request, .. } => self.hear(id.unwrap(), &request),
            }
        }
    }

    fn hear(&mut self, id: SubscriptionId, request: &Request) {
        let call: usize = request.headers.call_id().unwrap().parse().unwrap();
        let tag = request.headers.from().unwrap().tag().unwrap().to_owned();
        let watcher = &mut self.watchers[call];
        if watcher.tag.as_deref() != Some(&tag) {
            // A dialog that the watcher has given up for a new one.
            let response = Box::new(request.response(481));
            self.notifier.handle_response(self.now, id, &Outcome::Final(response, hop()));
            return;
        }
        assert_eq!(watcher.under_way, None, "one at a time");
        let cseq = request.headers.cseq().unwrap().number;
        assert!(cseq > watcher.heard_cseq);
        watcher.heard_cseq = cseq;
        watcher.heard = String::from_utf8(request.body.to_vec()).unwrap();
        watcher.under_way = Some(id);
    }

    fn pass(&mut self, span: Duration) {
        let end = self.now + span;
        while let Some(at) = self.notifier.next_deadline().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.notifier.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn restart(&mut self) {
        self.epoch += 1;
        self.notifier = notifier(self.epoch);
        for watcher in &mut self.watchers {
            watcher.under_way = None;
        }
        let now = self.now;
        let left = |row: &Row| match row {
            Row::Subscription { subscription, .. } => subscription.remaining_s(now),
            Row::State { .. } | Row::Publication { .. } => 0,
        };
        let rows: Vec<Row> = self.rows.values().map(|row| row.clone().with_remaining_s(left(row))).collect();
        self.notifier.restore_rows(now, rows);
    }

    fn run(&mut self, step: &Step) {
        match *step {
            Step::Subscribe { call, expires_s } => {
                self.watchers[call].under_way = None;
                self.subscribe(call, expires_s, false);
            }
            Step::Refresh { call, expires_s } => self.subscribe(call, expires_s, true),
            Step::State { phase } => {
                self.phase = Some(phase);
                self.notifier.set_state(self.now, "101", state(phase));
            }
            Step::Respond { call, status } => self.respond(call, status),
            Step::Lose { call, timeout: true } => self.outcome(call, &Outcome::TimedOut),
            Step::Lose { call, timeout: false } => self.outcome(call, &Outcome::Unreachable),
            Step::Pass { ms } => self.pass(Duration::from_millis(ms)),
            Step::Remove => {
                self.phase = None;
                self.notifier.remove_resource(self.now, Package::Dialog, "101");
            }
            Step::Restart => self.restart(),
        }
        self.drain();
        self.check();
    }

    fn check(&self) {
        let notifier = &self.notifier;
        let count = notifier.subscriptions.len();
        assert_eq!(notifier.by_dialog.len(), count);
        assert_eq!(notifier.by_resource.values().map(BTreeSet::len).sum::<usize>(), count);
        assert_eq!(notifier.by_watcher.values().sum::<usize>(), count);
        let stored = self.rows.keys().filter(|key| matches!(key, RowKey::Subscription(_))).count();
        assert_eq!(stored, count, "the store holds what the notifier holds");
        assert!(notifier.next_deadline().is_none_or(|at| at + Duration::from_secs(1) > self.now));
    }

    /// Lets the network be kind for a while.
    fn settle(&mut self) {
        for _ in 0..400 {
            for call in 0..CALLS {
                self.respond(call, 200);
                self.drain();
            }
            self.pass(Duration::from_millis(100));
        }
    }
}

proptest! {
    #[test]
    fn every_watcher_ends_up_with_the_state(steps in prop::collection::vec(step(), 1..60)) {
        let mut world = World {
            notifier: notifier(1),
            now: Time::from_secs(50),
            watchers: vec![Watcher::default(); CALLS],
            rows: BTreeMap::new(),
            epoch: 1,
            phase: None,
        };
        for step in &steps {
            world.run(step);
        }
        for call in 0..CALLS {
            world.subscribe(call, 600, true);
            world.drain();
        }
        world.settle();
        for subscription in world.notifier.subscriptions() {
            let call: usize = subscription.call_id.parse().unwrap();
            let watcher = &world.watchers[call];
            if watcher.tag.as_deref() != subscription.local.tag() {
                continue;
            }
            let expected = world.phase.map_or("</dialog-info>", |phase| PHASES[phase].1);
            prop_assert!(watcher.heard.contains(expected), "{watcher:?} {expected}");
            prop_assert!(world.phase.is_some() || !watcher.heard.contains("<state>"));
        }
    }

    #[test]
    fn any_header_is_answered_without_a_panic(
        event in "[ -~é]{0,30}", expires in "[ -~]{0,12}", contact in "[ -~]{0,40}", accept in "[ -~]{0,30}",
    ) {
        let mut request = Request::new(Method::Subscribe, Uri::parse("sip:101@office").unwrap());
        for (name, value) in [
            (name::FROM, "<sip:102@office>;tag=1"), (name::TO, "<sip:101@office>"), (name::CALL_ID, "c"),
            (name::CSEQ, "1 SUBSCRIBE"), (name::EVENT, event.as_str()), (name::EXPIRES, expires.as_str()),
            (name::CONTACT, contact.as_str()), (name::ACCEPT, accept.as_str()),
        ] {
            request.headers.push(name, value);
        }
        let contact = Uri::parse("sip:192.168.1.5").unwrap();
        let response = notifier(1).handle_subscribe(Time::ZERO, "101", &request, &hop(), &contact);
        prop_assert!([200, 400, 406, 423, 489].contains(&response.status));
        let response = notifier(1).handle_publish(Time::ZERO, "101", &request);
        prop_assert!([400, 423, 489].contains(&response.status));
    }
}
