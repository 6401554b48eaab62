//! The office-wide part: which page has which phones.

use crate::KIND;
use crate::bells::{Bells, RUNG, Ringing};
use crate::paged::BEEP;
use crate::settings::{HeaderLine, Office};
use crate::talk::{Answer, How, Request, Told, Word};
use cordboard_app::{
    Answered, AskId, Asker, Cause, Destination, DialOptions, Identity, Moment, OnBehalfOf, Originate,
    PlayList, Service, ServiceOutput, Then, Value,
};
use cordboard_base::{CallId, Time};
use cordboard_media::Audio;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Pages at once.
const PAGES_MAX: usize = 64;
/// How long a phone may take to answer by itself, in ms.
const ANSWER_MS: u32 = 10_000;

/// All pages.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Pages {
    pub(crate) office: Office,
    pub(crate) pages: BTreeMap<u64, Page>,
    #[serde(default)]
    pub(crate) bells: Bells,
    /// The page for which a call is made.
    calling: BTreeMap<u64, u64>,
    next: u64,
    #[serde(skip)]
    pub(crate) out: VecDeque<ServiceOutput>,
}

/// One page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Page {
    /// Nobody pages where a bell does.
    pager: Option<CallId>,
    #[serde(default)]
    pub(crate) bell: Option<Ringing>,
    how: How,
    /// Calls that are not answered yet.
    awaited: u32,
    /// Its multicast group: it need not end when no phone is left.
    #[serde(default)]
    group: Option<String>,
    pub(crate) members: BTreeSet<CallId>,
    answered: u32,
}

impl Page {
    pub(crate) fn new(pager: Option<CallId>, how: How, awaited: u32, group: Option<String>) -> Self {
        Self { pager, bell: None, how, awaited, group, members: BTreeSet::new(), answered: 0 }
    }
}

impl Service for Pages {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.office = serde_json::from_str(settings)?;
        self.bells_changed(at);
        Ok(())
    }

    fn kept(&mut self, at: Moment, key: String, row: &str) {
        let Ok(unix_s) = row.parse() else { return };
        if key == RUNG {
            self.bells.rung_unix_s = unix_s;
            self.next_bells(at);
        } else {
            self.rang(key, unix_s);
        }
    }

    fn state(&mut self, _at: Moment, who: Destination, state: String) {
        self.bells.state(who, state);
    }

    fn played(&mut self, _at: Moment, mix: String) {
        let page = self.pages.keys().copied().find(|page| mix_of(*page) == mix);
        page.into_iter().for_each(|page| self.end_bell(page));
    }

    fn tick(&mut self, at: Moment) {
        self.ring_bells(at);
    }

    fn settle(&mut self, at: Moment) {
        self.plan_bells(at);
    }

    fn next_deadline(&self) -> Option<Time> {
        self.bells.deadline()
    }

    fn asked(&mut self, at: Moment, _ask: AskId, asker: &Asker, request: &Value) -> Answered {
        let request = request.request(KIND)?;
        Ok(Some(Value::of(&self.answer(at, asker, request))))
    }

    fn originated(&mut self, _at: Moment, number: u64, _call: CallId, failed: Option<Cause>) {
        let Some(page) = self.calling.remove(&number) else { return };
        if let Some(of) = self.pages.get_mut(&page) {
            of.awaited = of.awaited.saturating_sub(1);
        }
        if failed.is_some() {
            self.tell_if_empty(page);
        }
    }

    fn gone(&mut self, _at: Moment, call: CallId) {
        self.stop(call);
        let pages: Vec<u64> = self.pages.keys().copied().collect();
        pages.into_iter().for_each(|page| self.left(page, call));
    }
}

impl Pages {
    fn answer(&mut self, at: Moment, asker: &Asker, request: Request) -> Answer {
        match request {
            Request::Bells => Answer::Bells(self.bell_summaries(at)),
            Request::Ring { bell } => self.ring_now(at, &bell),
            Request::Start { to, how, group } => self.start(asker, to, how, group),
            Request::Speaking => {
                self.speak_to_group(asker.call);
                Answer::Done
            }
            Request::Stop => Answer::Answered(self.stop(asker.call)),
            Request::Here { page } => {
                let Some(of) = self.pages.get_mut(&page) else { return Answer::Over };
                of.members.insert(asker.call);
                of.answered = of.answered.saturating_add(1);
                Answer::Join { mix: mix_of(page), how: of.how }
            }
            Request::Gone { page } => {
                self.left(page, asker.call);
                Answer::Done
            }
        }
    }

    fn start(&mut self, asker: &Asker, to: Vec<Destination>, how: How, group: Option<String>) -> Answer {
        self.stop(asker.call);
        if group.as_ref().is_some_and(|group| !self.office.settings.group.contains_key(group)) {
            return Answer::NoGroup;
        }
        let awaited = u32::try_from(to.len()).unwrap_or(u32::MAX);
        let Some(page) = self.add(Page::new(Some(asker.call), how, awaited, group)) else {
            return Answer::Full;
        };
        let shown = shown(&asker.caller);
        for whom in to {
            self.call((&shown, &asker.lang), page, whom, how);
        }
        Answer::Started { mix: mix_of(page) }
    }

    /// One page more; `None`: there are too many.
    pub(crate) fn add(&mut self, of: Page) -> Option<u64> {
        if self.pages.len() >= PAGES_MAX {
            return None;
        }
        self.next += 1;
        self.pages.insert(self.next, of);
        Some(self.next)
    }

    /// The mix is there: it goes to the group's addresses, after a beep.
    fn speak_to_group(&mut self, pager: CallId) {
        let Some((page, of)) = self.pages.iter().find(|(_, of)| of.pager == Some(pager)) else { return };
        let group = of.group.as_ref().and_then(|group| self.office.settings.group.get(group));
        let Some(group) = group else { return };
        let mix = mix_of(*page);
        self.out.push_back(ServiceOutput::Multicast { mix: mix.clone(), streams: group.streams() });
        if of.how.beep {
            let play = PlayList { items: vec![Audio::Tone(BEEP)], interrupt: String::new() };
            self.out.push_back(ServiceOutput::PlayInto { mix, play: Some(play) });
        }
    }

    /// Calls a phone, which is shown this.
    pub(crate) fn call(&mut self, (shown, lang): (&Identity, &str), page: u64, whom: Destination, how: How) {
        self.next += 1;
        let number = self.next;
        self.calling.insert(number, page);
        let mut headers: Vec<(String, String)> = self
            .office
            .settings
            .auto_answer
            .iter()
            .map(|HeaderLine { name, value }| (name.clone(), value.clone()))
            .collect();
        if how.emergency {
            headers.push(("Priority".to_owned(), "emergency".to_owned()));
        }
        let dial = DialOptions {
            stages: vec![vec![whom]],
            timeout_ms: vec![ANSWER_MS],
            headers,
            caller: Some(shown.clone()),
            ..DialOptions::default()
        };
        let on_behalf_of =
            OnBehalfOf { user: None, context: String::new(), caller: shown.clone(), lang: lang.to_owned() };
        let page = Value::Int(i64::try_from(page).unwrap_or(0));
        let then = Then::Run { app: crate::manual::PAGED.verb.to_owned(), args: Value::List(vec![page]) };
        let originate = Box::new(Originate { dial, on_behalf_of, then });
        self.out.push_back(ServiceOutput::Originate { number, originate });
    }

    /// The pager has ended it, or is gone. How many had answered.
    fn stop(&mut self, pager: CallId) -> u32 {
        let page = self.pages.iter().find(|(_, page)| page.pager == Some(pager)).map(|(page, _)| *page);
        let Some(page) = page.and_then(|page| self.pages.remove(&page)) else { return 0 };
        for member in page.members {
            self.tell(member);
        }
        page.answered
    }

    fn left(&mut self, page: u64, call: CallId) {
        if self.pages.get_mut(&page).is_some_and(|of| of.members.remove(&call)) {
            self.tell_if_empty(page);
        }
    }

    /// With nobody left to listen the pager need not speak on.
    fn tell_if_empty(&mut self, page: u64) {
        let empty = |of: &&Page| of.members.is_empty() && of.awaited == 0 && of.group.is_none();
        if let Some(pager) = self.pages.get(&page).filter(empty).and_then(|of| of.pager) {
            self.tell(pager);
        }
    }

    pub(crate) fn tell(&mut self, call: CallId) {
        let message = Value::of(&Told { page: Word::Over });
        self.out.push_back(ServiceOutput::Tell { call, message });
    }
}

pub(crate) fn mix_of(page: u64) -> String {
    format!("{KIND}/{page}")
}

fn shown(caller: &Identity) -> Identity {
    let name = if caller.name.is_empty() { &caller.number } else { &caller.name };
    Identity { number: caller.number.clone(), name: format!("Page: {name}") }
}
