//! The office-wide part: which call is in which place.
//!
//! ```text
//!  free ──Park──▶ Held ──Fetch──▶ Fetched(by) ──Leave, Gone──▶ free
//!                  ▲ └─ComeBack, Leave, Gone─▶ free   │
//!                  └────PutBack, the fetcher is gone──┘
//! ```

use crate::KIND;
use crate::settings::{DEFAULT_LOT, Find, LotName, LotSettings, Settings};
use crate::summary::SlotSummary;
use crate::talk::{Answer, Place, Request, Wish};
use cordboard_app::{Answered, AskId, Asker, Identity, Moment, Service, ServiceOutput, Value};
use cordboard_base::{CallId, Time};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// All lots.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lots {
    settings: Settings,
    places: BTreeMap<u32, Parked>,
    /// The place that each lot gave last.
    last: BTreeMap<String, u32>,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

/// Who is in a place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Parked {
    call: CallId,
    who: Identity,
    parker: Option<String>,
    since: Time,
    /// Who is about to be connected with it.
    fetched_by: Option<CallId>,
}

impl Service for Lots {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        self.settings = serde_json::from_str(settings)?;
        let slots: Vec<u32> = self.settings.lot.values().flat_map(|lot| lot.first..=lot.last).collect();
        for slot in slots {
            self.show(slot);
        }
        Ok(())
    }

    fn asked(&mut self, at: Moment, _ask: AskId, asker: &Asker, request: &Value) -> Answered {
        let request = request.request(KIND)?;
        Ok(Some(Value::of(&self.answer(at.now, asker, request))))
    }

    fn gone(&mut self, _at: Moment, call: CallId) {
        self.leave(call);
        for parked in self.places.values_mut().filter(|parked| parked.fetched_by == Some(call)) {
            parked.fetched_by = None;
        }
    }
}

impl Lots {
    fn answer(&mut self, now: Time, asker: &Asker, request: Request) -> Answer {
        match request {
            Request::Park(wish) => self.park(now, asker, &wish),
            Request::Fetch { lot, slot: None } => match self.longest(lot.as_deref()) {
                Some(slot) => self.fetch(asker, slot),
                None => Answer::Nobody,
            },
            Request::Fetch { lot: _, slot: Some(slot) } => self.fetch(asker, slot),
            Request::Key(wish) => match (wish.slot, wish.transferred) {
                (Some(_), true) => self.park(now, asker, &wish),
                (Some(slot), false) => self.fetch(asker, slot),
                (None, _) => Answer::NoPlace,
            },
            Request::PutBack { call } => {
                if let Some(parked) = self.places.values_mut().find(|parked| parked.call == call) {
                    parked.fetched_by = None;
                }
                Answer::Done
            }
            Request::ComeBack => self.come_back(asker),
            Request::Leave => {
                self.leave(asker.call);
                Answer::Done
            }
            Request::List => Answer::Slots(self.summaries(now)),
        }
    }

    fn park(&mut self, now: Time, asker: &Asker, wish: &Wish) -> Answer {
        self.leave(asker.call);
        let found = match wish.slot {
            Some(slot) => self.lot_of(slot).map(|(name, lot)| (name.to_owned(), lot.clone())),
            None => self.lot(wish.lot.as_deref()).map(|(name, lot)| (name.to_owned(), lot.clone())),
        };
        let Some((name, lot)) = found else { return Answer::NoPlace };
        let slot = match wish.slot {
            Some(slot) if self.places.contains_key(&slot) => return Answer::Taken,
            Some(slot) => slot,
            None => match self.free(&name, &lot) {
                Some(slot) => slot,
                None => return Answer::Full,
            },
        };
        let parked = Parked {
            call: asker.call,
            who: asker.caller.clone(),
            parker: wish.parker.clone(),
            since: now,
            fetched_by: None,
        };
        self.places.insert(slot, parked);
        self.last.insert(name, slot);
        self.show(slot);
        self.event("parked", slot, asker.caller.clone());
        self.note(asker.call, format!("parked on {slot}"));
        Answer::Parked(Place { slot, music: lot.music, timeout_ms: lot.timeout_s.saturating_mul(1_000) })
    }

    fn free(&self, name: &str, lot: &LotSettings) -> Option<u32> {
        let is_free = |slot: &u32| !self.places.contains_key(slot);
        let after = match lot.find {
            Find::First => None,
            Find::Next => self.last.get(name).copied().filter(|last| (lot.first..=lot.last).contains(last)),
        };
        let behind = after.and_then(|last| (last.saturating_add(1)..=lot.last).find(is_free));
        behind.or_else(|| (lot.first..=lot.last).find(is_free))
    }

    fn fetch(&mut self, asker: &Asker, slot: u32) -> Answer {
        let Some((_, lot)) = self.lot_of(slot) else { return Answer::NoPlace };
        let (tone, may) = (lot.courtesy_tone, lot.may());
        let Some(parked) = self.places.get_mut(&slot).filter(|parked| parked.fetched_by.is_none()) else {
            return Answer::Nobody;
        };
        parked.fetched_by = Some(asker.call);
        let (call, who) = (parked.call, parked.who.clone());
        self.event("parked-fetched", slot, who);
        self.note(call, format!("fetched from {slot} by call {}", asker.call));
        self.note(asker.call, format!("fetches call {call} from {slot}"));
        Answer::Call { call, slot, tone, may }
    }

    fn come_back(&mut self, asker: &Asker) -> Answer {
        let found = self.places.iter().find(|(_, parked)| parked.call == asker.call);
        let Some((slot, parked)) = found.map(|(slot, parked)| (*slot, parked.clone())) else {
            return Answer::NoPlace;
        };
        if parked.fetched_by.is_some() {
            return Answer::Stay;
        }
        let lot = self.lot_of(slot).map(|(_, lot)| lot.clone()).unwrap_or_default();
        self.leave(asker.call);
        // Nobody is rung for itself.
        let parker = parked.parker.filter(|parker| asker.user.as_ref() != Some(parker));
        let ring_ms = lot.comeback_s.saturating_mul(1_000);
        self.event("parked-timeout", slot, asker.caller.clone());
        self.note(asker.call, format!("nobody has fetched it from {slot}"));
        Answer::Back { who: asker.caller.clone(), parker, comeback: lot.comeback, ring_ms, may: lot.may() }
    }

    fn leave(&mut self, call: CallId) {
        let slots: Vec<u32> =
            self.places.iter().filter(|(_, parked)| parked.call == call).map(|(slot, _)| *slot).collect();
        for slot in slots {
            self.places.remove(&slot);
            self.show(slot);
        }
    }

    /// Who has waited longest in a lot.
    fn longest(&self, lot: Option<&str>) -> Option<u32> {
        let (_, lot) = self.lot(lot)?;
        let here = self.places.range(lot.first..=lot.last).filter(|(_, parked)| parked.fetched_by.is_none());
        here.min_by_key(|(_, parked)| parked.since).map(|(slot, _)| *slot)
    }

    fn lot(&self, name: Option<&str>) -> Option<(&str, &LotSettings)> {
        let name = name.unwrap_or(DEFAULT_LOT);
        self.settings.lot.iter().map(|(it, lot)| (LotName::as_str(it), lot)).find(|(it, _)| *it == name)
    }

    fn lot_of(&self, slot: u32) -> Option<(&str, &LotSettings)> {
        let lots = self.settings.lot.iter().map(|(name, lot)| (LotName::as_str(name), lot));
        lots.into_iter().find(|(_, lot)| (lot.first..=lot.last).contains(&slot))
    }

    fn summaries(&self, now: Time) -> Vec<SlotSummary> {
        let of = |(slot, parked): (&u32, &Parked)| SlotSummary {
            slot: *slot,
            lot: self.lot_of(*slot).map(|(name, _)| name.to_owned()).unwrap_or_default(),
            call: parked.call.to_string(),
            number: parked.who.number.clone(),
            name: parked.who.name.clone(),
            parker: parked.parker.clone().unwrap_or_default(),
            since_s: now.since(parked.since).as_secs(),
        };
        self.places.iter().map(of).collect()
    }

    /// A place's lamp.
    fn show(&mut self, slot: u32) {
        let parked = self.places.get(&slot);
        let state = if parked.is_some() { "busy" } else { "idle" }.to_owned();
        let other = parked.map(|parked| parked.who.clone()).unwrap_or_default();
        self.out.push_back(ServiceOutput::Lamp { name: slot.to_string(), state, other });
    }

    fn note(&mut self, call: CallId, text: String) {
        self.out.push_back(ServiceOutput::Note { call, text });
    }

    fn event(&mut self, name: &str, slot: u32, who: Identity) {
        let data = BTreeMap::from([
            ("slot".to_owned(), Value::Int(i64::from(slot))),
            ("number".to_owned(), Value::Untrusted(who.number)),
        ]);
        self.out.push_back(ServiceOutput::Event { name: name.to_owned(), data: Value::Map(data) });
    }
}
