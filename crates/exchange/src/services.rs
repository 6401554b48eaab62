//! Services and the exchange: requests of programs go to the service of their kind, what services yield goes where it belongs.

use crate::{AdminReply, Exchange, LogLine, Output, StoreCommand, StoreRow};
use cordboard_app::{
    AskId, Asker, Destination, Handover, Hosted, Identity, Level, Overhear, ServiceInput, ServiceOutput,
    Value,
};
use cordboard_base::{CallId, LegId, Time};
use cordboard_call::{Input as CallInput, LegState, MixAction, MixNews, QueryId};
use cordboard_sip::message::{NameAddr, Uri};
use cordboard_sip::subscription::{DialogDirection, DialogPhase, ResourceState, WatchedDialog};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Lamps that are no user's. Phones can watch every number that they may dial: beyond it only those that there are.
const LAMPS_MAX: usize = 50_000;
/// Rows of services are kept under this and their kind.
const ROWS: &str = "service:";

/// The services of an office, and who waits for which.
#[derive(Default)]
pub(crate) struct Services {
    all: BTreeMap<String, Box<dyn Hosted>>,
    pub(crate) desk: Desk,
}

/// What is known of requests under way.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Desk {
    next_ask: u64,
    asked: BTreeMap<AskId, Asking>,
    /// Which services a call has asked: they are told when it is over.
    callers: BTreeMap<CallId, BTreeSet<String>>,
    /// Which services watch a destination, and the state that they were told last.
    #[serde(with = "cordboard_base::pairs")]
    watched: BTreeMap<Destination, (BTreeSet<String>, String)>,
    /// Whose talks are overheard, by the mixes of those who listen.
    #[serde(default)]
    overheard: BTreeMap<String, LegId>,
    /// Lamps of services by name, as they stand.
    lamps: BTreeMap<String, NamedLamp>,
    /// Files that are played in place of prompts, by the names of those.
    #[serde(default)]
    pub(crate) prompts: BTreeMap<String, String>,
    /// What is being written: by the store's number, whose and which.
    #[serde(default)]
    commits: BTreeMap<u64, (String, u64)>,
    #[serde(default)]
    pub(crate) mailboxes: crate::mailboxes::Mailboxes,
    /// Calls that services had made and nobody has answered yet: whose, and its number.
    #[serde(default)]
    pub(crate) originated: BTreeMap<CallId, (String, u64)>,
}

/// Who waits for a service's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Asking {
    Program(QueryId),
    Admin(u64),
}

/// A lamp that is no user's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct NamedLamp {
    state: String,
    other: Identity,
}

impl Desk {
    fn ask(&mut self, asking: Asking) -> AskId {
        self.next_ask += 1;
        let ask = AskId(self.next_ask);
        self.asked.insert(ask, asking);
        ask
    }
}

impl Services {
    pub(crate) fn new(all: Vec<Box<dyn Hosted>>) -> Self {
        let all = all.into_iter().map(|service| (service.kind().to_owned(), service)).collect();
        Self { all, desk: Desk::default() }
    }

    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.all.values().filter_map(|service| service.next_deadline()).min()
    }

    /// The state of each, by kind.
    pub(crate) fn snapshot(&self) -> BTreeMap<String, String> {
        self.all.iter().map(|(kind, service)| (kind.clone(), service.snapshot())).collect()
    }

    /// Their states again; a service that has none, or can't read it, is as new.
    pub(crate) fn restore(all: Vec<Box<dyn Hosted>>, desk: Desk, states: &BTreeMap<String, String>) -> Self {
        let mut services = Self { desk, ..Self::new(all) };
        for (kind, service) in &mut services.all {
            let _is_restored = states.get(kind).is_some_and(|state| service.restore(state));
        }
        services
    }
}

impl Exchange {
    /// Tells services their settings: at the start and at a reload.
    pub(crate) fn configure_services(&mut self, now: Time) {
        for (kind, settings) in self.setup.services.clone() {
            self.serve(now, &kind, ServiceInput::Configured { settings });
        }
    }

    /// Hands out a row that a service kept; `false`: it is none of a service's.
    pub(crate) fn restore_service_row(&mut self, now: Time, row: &StoreRow) -> bool {
        let Some(kind) = row.kind.strip_prefix(ROWS) else { return false };
        self.serve(now, kind, ServiceInput::Kept { key: row.key.clone(), row: row.row.clone() });
        true
    }

    /// A program asks a service.
    pub(crate) fn ask_service(
        &mut self,
        now: Time,
        query: QueryId,
        (call, kind): (CallId, &str),
        request: Value,
    ) {
        if !self.services.all.contains_key(kind) {
            let value = Err(format!("there is no service {kind}"));
            return self.calls.handle(now, CallInput::Answered { query, value });
        }
        let Some(info) = self.calls.info(call) else { return };
        let asker =
            Asker { call, caller: info.caller.clone(), user: info.user.clone(), lang: info.lang.clone() };
        let desk = &mut self.services.desk;
        let ask = desk.ask(Asking::Program(query));
        desk.callers.entry(call).or_default().insert(kind.to_owned());
        self.serve(now, kind, ServiceInput::Asked { ask, asker, request });
    }

    /// The command line asks a service.
    pub(crate) fn ask_service_for_admin(&mut self, now: Time, id: u64, kind: &str, request: Value) {
        if !self.services.all.contains_key(kind) {
            let reply = Self::refuse_admin(&format!("there is no service {kind}"));
            return self.out.push_back(Output::Admin { id, reply });
        }
        let ask = self.services.desk.ask(Asking::Admin(id));
        let lang = self.setup.office.lang.clone();
        let asker = Asker { call: Asker::COMMAND_LINE, caller: Identity::default(), user: None, lang };
        self.serve(now, kind, ServiceInput::Asked { ask, asker, request });
    }

    fn answer_asked(&mut self, now: Time, ask: AskId, value: Result<Value, String>) {
        match self.services.desk.asked.remove(&ask) {
            Some(Asking::Program(query)) => self.calls.handle(now, CallInput::Answered { query, value }),
            Some(Asking::Admin(id)) => {
                let reply = value.map_or_else(AdminReply::Refused, AdminReply::Service);
                self.out.push_back(Output::Admin { id, reply });
            }
            None => {}
        }
    }

    /// Two legs of a call talk with each other: told to those that the call has asked.
    pub(crate) fn tell_connected(&mut self, now: Time, call: CallId, legs: [LegId; 2]) {
        let Some(kinds) = self.services.desk.callers.get(&call).cloned() else { return };
        let parties = legs.map(|leg| self.lamps.rung(leg).cloned());
        for kind in kinds {
            self.serve(now, &kind, ServiceInput::Connected { call, parties: parties.clone() });
        }
    }

    /// Somebody leaves a talk to others: told to those that the call has asked.
    pub(crate) fn tell_transferred(&mut self, now: Time, call: CallId, by: LegId, handover: Handover) {
        let Some(kinds) = self.services.desk.callers.get(&call).cloned() else { return };
        let by = self.lamps.rung(by).cloned();
        for kind in kinds {
            let (by, handover) = (by.clone(), handover.clone());
            self.serve(now, &kind, ServiceInput::Transferred { call, by, handover });
        }
    }

    /// A call is over.
    pub(crate) fn services_left(&mut self, now: Time, call: CallId) {
        for kind in self.services.desk.callers.remove(&call).unwrap_or_default() {
            self.serve(now, &kind, ServiceInput::Gone { call });
        }
    }

    /// What befell a mix is told to the service that its name begins with: `conference/main`.
    pub(crate) fn handle_mix(&mut self, now: Time, mix: String, news: MixNews) {
        let Some((kind, _)) = mix.split_once('/') else { return };
        let kind = kind.to_owned();
        let input = match news {
            MixNews::Played => ServiceInput::Played { mix },
            MixNews::Talking { call, talks } => ServiceInput::Talking { mix, call, talks },
            MixNews::Recorded { file, ms } => ServiceInput::Recorded { mix, file, ms },
        };
        self.serve(now, &kind, input);
    }

    /// A destination may be in another state now.
    pub(crate) fn tell_watchers(&mut self, now: Time, who: &Destination) {
        let Some((kinds, told)) = self.services.desk.watched.get(who) else { return };
        let state = self.state_of(now, who);
        if state == told {
            return;
        }
        let (kinds, state) = (kinds.clone(), state.to_owned());
        if let Some((_, told)) = self.services.desk.watched.get_mut(who) {
            told.clone_from(&state);
        }
        for kind in kinds {
            self.serve(now, &kind, ServiceInput::State { who: who.clone(), state: state.clone() });
        }
    }

    /// Does what is due.
    pub(crate) fn tick_services(&mut self, now: Time) {
        let is_due = |service: &dyn Hosted| service.next_deadline().is_some_and(|at| at <= now);
        let due: Vec<String> = self
            .services
            .all
            .iter()
            .filter(|(_, service)| is_due(service.as_ref()))
            .map(|(kind, _)| kind.clone())
            .collect();
        for kind in due {
            self.serve(now, &kind, ServiceInput::Tick);
        }
    }

    /// The store has written what a service wanted, or has not; `false`: this was nothing of a service's.
    pub(crate) fn service_written(&mut self, now: Time, id: u64, failed: Option<String>) -> bool {
        let Some((kind, number)) = self.services.desk.commits.remove(&id) else { return false };
        if let Some(error) = &failed {
            self.log(
                LogLine::new(Level::Error, "service: not stored").with("kind", &kind).with("error", error),
            );
        }
        self.serve(now, &kind, ServiceInput::Written { number, failed });
        true
    }

    pub(crate) fn serve(&mut self, now: Time, kind: &str, input: ServiceInput) {
        let unix_us = self.setup.anchor.unix_micros(now);
        let Some(service) = self.services.all.get_mut(kind) else { return };
        service.handle(now, unix_us, input);
    }

    /// Moves what services yield; whether there was anything.
    pub(crate) fn drain_services(&mut self, now: Time) -> bool {
        let mut outputs = Vec::new();
        for (kind, service) in &mut self.services.all {
            while let Some(output) = service.poll() {
                outputs.push((kind.clone(), output));
            }
        }
        let moved = !outputs.is_empty();
        for (kind, output) in outputs {
            self.handle_service(now, &kind, output);
        }
        moved
    }

    fn handle_service(&mut self, now: Time, kind: &str, output: ServiceOutput) {
        match output {
            ServiceOutput::Answer { ask, value } => {
                self.answer_asked(now, ask, value);
            }
            ServiceOutput::Tell { call, message } => {
                self.calls.handle(now, CallInput::Told { call, message })
            }
            ServiceOutput::Keep { key, row, expires_unix_s } => {
                let kind = format!("{ROWS}{kind}");
                self.out.push_back(Output::Store(StoreCommand::Keep { kind, key, row, expires_unix_s }));
            }
            ServiceOutput::Forget { key } => {
                let kind = format!("{ROWS}{kind}");
                self.out.push_back(Output::Store(StoreCommand::Forget { kind, key }));
            }
            ServiceOutput::Commit { number, changes } => {
                let id = self.next_store_id;
                self.next_store_id += 1;
                self.services.desk.commits.insert(id, (kind.to_owned(), number));
                self.see_mails(now, &changes);
                let kind = format!("{ROWS}{kind}");
                self.out.push_back(Output::Store(StoreCommand::Commit { id, kind, changes }));
            }
            ServiceOutput::Unlink { file } => {
                self.out.push_back(Output::Store(StoreCommand::Unlink { file }));
            }
            ServiceOutput::Mailbox { mailbox, counts, lamps, account } => {
                self.count_messages(now, mailbox, counts, lamps, account);
            }
            ServiceOutput::Prompt { name, file } => match file {
                Some(file) => drop(self.services.desk.prompts.insert(name, file)),
                None => drop(self.services.desk.prompts.remove(&name)),
            },
            ServiceOutput::HoldMix { mix, held } => self.act_on_mix(now, mix, MixAction::Hold(held)),
            ServiceOutput::Lamp { name, state, other } => self.service_lamp(now, &name, &state, &other),
            ServiceOutput::Watch { who, wanted } => self.watch_destination(now, kind, who, wanted),
            ServiceOutput::Mix { mix, settings } => self.act_on_mix(now, mix, MixAction::Set(settings)),
            ServiceOutput::PlayInto { mix, play } => self.act_on_mix(now, mix, MixAction::Play(play)),
            ServiceOutput::RecordMix { mix, settings } => {
                self.act_on_mix(now, mix, MixAction::Record(settings))
            }
            ServiceOutput::Desk { phone, guest } => self.set_desk(now, &phone, guest),
            ServiceOutput::Multicast { mix, streams } => {
                self.act_on_mix(now, mix, MixAction::Multicast(streams))
            }
            ServiceOutput::Overhear { who, mix, how } => self.overhear(now, &who, mix, how),
            ServiceOutput::Originate { number, originate } => {
                self.originate(now, kind, number, *originate);
            }
            ServiceOutput::Append { log, line } => {
                self.out.push_back(Output::Store(StoreCommand::Append { log, line }));
            }
            ServiceOutput::Note { call, text } => self.see_said(now, call, kind, text),
            ServiceOutput::Event { name, data } => {
                let data = serde_json::to_string(&data).unwrap_or_default();
                self.log(LogLine::new(Level::Info, "event").with("name", name).with("data", data));
            }
            ServiceOutput::Log { level, text } => {
                self.log(LogLine::new(level, "service").with("kind", kind).with("text", text));
            }
        }
    }

    /// A talk of a user's, the oldest if there are several.
    fn overhear(&mut self, now: Time, who: &Destination, mix: String, how: Option<Overhear>) {
        let talking = |user: &String| {
            let mut legs = self.lamps.of_user(user);
            legs.find(|(_, lamp)| lamp.state == LegState::Talking).map(|(leg, _)| leg)
        };
        let known = self.services.desk.overheard.get(&mix).copied();
        let leg = match (known, who) {
            (Some(leg), _) => Some(leg),
            (None, Destination::User(user)) => talking(user),
            (None, Destination::Trunk { .. } | Destination::Extension { .. }) => None,
        };
        let Some(leg) = leg else { return };
        if how.is_some() {
            self.services.desk.overheard.insert(mix.clone(), leg);
        } else {
            self.services.desk.overheard.remove(&mix);
        }
        self.calls.handle(now, CallInput::Overhear { leg, mix, how });
    }

    /// A leg is gone that was overheard: its user may talk on by another, but this talk is over for who listens.
    pub(crate) fn overheard_left(&mut self, now: Time, leg: LegId, who: &Destination) {
        let theirs = self.services.desk.overheard.iter().filter(|(_, overheard)| **overheard == leg);
        let mixes: Vec<String> = theirs.map(|(mix, _)| mix.clone()).collect();
        for mix in mixes {
            self.services.desk.overheard.remove(&mix);
            let Some((kind, _)) = mix.split_once('/') else { continue };
            let input = ServiceInput::State { who: who.clone(), state: "idle".to_owned() };
            self.serve(now, kind, input);
        }
    }

    fn act_on_mix(&mut self, now: Time, mix: String, action: MixAction) {
        self.calls.handle(now, CallInput::Mix { mix, action });
    }

    fn watch_destination(&mut self, now: Time, kind: &str, who: Destination, wanted: bool) {
        if wanted {
            let state = self.state_of(now, &who).to_owned();
            let (kinds, told) = self
                .services
                .desk
                .watched
                .entry(who.clone())
                .or_insert_with(|| (BTreeSet::new(), state.clone()));
            kinds.insert(kind.to_owned());
            told.clone_from(&state);
            self.serve(now, kind, ServiceInput::State { who, state });
        } else if let Some((kinds, _)) = self.services.desk.watched.get_mut(&who) {
            kinds.remove(kind);
            if kinds.is_empty() {
                self.services.desk.watched.remove(&who);
            }
        }
    }
}

impl Exchange {
    /// Whether a service has a lamp of that name.
    pub(crate) fn has_lamp(&self, name: &str) -> bool {
        self.services.desk.lamps.contains_key(name)
    }

    /// A lamp that is dark; `false`: there are too many.
    pub(crate) fn new_lamp(&mut self, now: Time, name: &str) -> bool {
        if self.services.desk.lamps.len() >= LAMPS_MAX {
            return false;
        }
        self.service_lamp(now, name, "idle", &Identity::default());
        true
    }

    pub(crate) fn service_lamp(&mut self, now: Time, name: &str, state: &str, other: &Identity) {
        let lamp = NamedLamp { state: state.to_owned(), other: other.clone() };
        self.services.desk.lamps.insert(name.to_owned(), lamp);
        self.show_service_lamp(now, name);
    }

    /// Tells the watchers of a service's lamp how it stands.
    pub(crate) fn show_service_lamp(&mut self, now: Time, name: &str) {
        let Some(lamp) = self.services.desk.lamps.get(name) else { return };
        let phase = match lamp.state.as_str() {
            "ringing" => Some(DialogPhase::Early),
            "busy" => Some(DialogPhase::Confirmed),
            _ => None,
        };
        let mut remote = NameAddr::new(Uri::sip(
            Some(&lamp.other.number),
            crate::configure::host(&self.setup.realm),
            None,
        ));
        remote.display = (!lamp.other.name.is_empty()).then(|| lamp.other.name.clone());
        let remote = (!lamp.other.number.is_empty()).then_some(remote);
        let direction = DialogDirection::Recipient;
        let dialog = phase.map(|phase| WatchedDialog {
            id: name.to_owned(),
            phase,
            direction,
            remote,
            replaces: None,
        });
        self.notifier.set_state(now, name, ResourceState::Dialog(dialog.into_iter().collect()));
    }
}
