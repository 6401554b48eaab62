//! Bells: pages that nobody makes.
//!
//! ```text
//!  LEAD_S before its time ─▶ the mix is held, multicast groups hear it, phones that are idle are called
//!  its time ─▶ what rings is played into the mix ──Played──▶ phones are told Over, the mix is let go
//! ```
//! Phones have answered by then, so all of them ring at once. Who is in a call is left out, as by a page.

use crate::bell::Bell;
use crate::service::{Page, Pages, mix_of};
use crate::summary::BellSummary;
use crate::talk::{Answer, How};
use cordboard_app::say::audio;
use cordboard_app::{Destination, Identity, Level, Moment, PlayList, ServiceOutput};
use cordboard_base::Time;
use cordboard_media::{Audio, Tone};
use core::time::Duration;
use jiff::{Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Phones are called so long ahead.
const LEAD_S: i64 = 3;
/// A bell that is later than this, because the exchange was down, does not ring.
const LATE_S: i64 = 30;
/// One that does not end by itself is ended.
const LONGEST_S: i64 = 600;
/// The row that says up to when bells have rung.
pub(crate) const RUNG: &str = "rung";
/// The row that says when a bell rang last: `last/lesson`.
const LAST: &str = "last/";

/// The bells of an office.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bells {
    /// Those of up to then have rung, in Unix seconds.
    pub(crate) rung_unix_s: i64,
    /// When the next ring, and which.
    next: Option<(i64, Vec<String>)>,
    /// When each rang last, in Unix seconds.
    #[serde(default)]
    last: BTreeMap<String, i64>,
    /// What the phones of bells do.
    states: BTreeMap<String, String>,
    deadline: Option<Time>,
}

/// A bell that rings, or is about to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ringing {
    at_unix_s: i64,
    plays: Vec<Audio>,
    sounds: bool,
}

impl Bells {
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.deadline
    }

    pub(crate) fn state(&mut self, who: Destination, state: String) {
        if let Destination::User(user) = who {
            self.states.insert(user, state);
        }
    }
}

impl Pages {
    /// Bells are others than before.
    pub(crate) fn bells_changed(&mut self, at: Moment) {
        let bells = self.office.settings.bell.values();
        let phones: BTreeSet<String> = bells.flat_map(|bell| bell.phones.iter().cloned()).collect();
        let known: BTreeSet<String> = self.bells.states.keys().cloned().collect();
        for (who, wanted) in phones
            .difference(&known)
            .map(|it| (it, true))
            .chain(known.difference(&phones).map(|it| (it, false)))
        {
            self.out.push_back(ServiceOutput::Watch { who: Destination::User(who.clone()), wanted });
        }
        self.bells.states.retain(|phone, _| phones.contains(phone));
        for phone in phones {
            self.bells.states.entry(phone).or_default();
        }
        let known: Vec<(String, i64)> = core::mem::take(&mut self.bells.last).into_iter().collect();
        known.into_iter().for_each(|(bell, at)| self.rang(format!("{LAST}{bell}"), at));
        self.next_bells(at);
    }

    /// By the row of a bell: when it rang last. One that is no longer there is forgotten.
    pub(crate) fn rang(&mut self, key: String, at_unix_s: i64) {
        let bell = key.strip_prefix(LAST).filter(|bell| self.office.settings.bell.contains_key(*bell));
        match bell {
            Some(bell) => drop(self.bells.last.insert(bell.to_owned(), at_unix_s)),
            None => self.out.push_back(ServiceOutput::Forget { key }),
        }
    }

    /// All bells, by their names.
    pub(crate) fn bell_summaries(&self, at: Moment) -> Vec<BellSummary> {
        let office = &self.office;
        let zone = self.zone();
        let shown = |unix_s: Option<i64>| {
            let at = unix_s.and_then(|unix_s| Timestamp::from_second(unix_s).ok());
            at.map(|at| at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()).unwrap_or_default()
        };
        let summary = |(name, bell): (&String, &Bell)| {
            let next_unix_s = bell.next(self.bells.rung_unix_s.max(at.unix_s()), &zone, &office.holidays);
            let last_unix_s = self.bells.last.get(name).copied();
            BellSummary {
                bell: name.clone(),
                next: shown(next_unix_s),
                next_unix_s,
                last: shown(last_unix_s),
                last_unix_s,
                phones: bell.phones.clone(),
                group: bell.group.clone(),
            }
        };
        office.settings.bell.iter().map(summary).collect()
    }

    /// Rings one as if its time were come: after the moment in which its phones are called.
    pub(crate) fn ring_now(&mut self, at: Moment, name: &str) -> Answer {
        let Some(bell) = self.office.settings.bell.get(name).cloned() else { return Answer::NoBell };
        let of = bell.phones.len();
        match self.begin_bell(name, &bell, at.unix_s() + LEAD_S, &mut BTreeSet::new()) {
            Some(phones) => Answer::Rings { phones, of },
            None => Answer::Full,
        }
    }

    fn zone(&self) -> TimeZone {
        TimeZone::get(&self.office.time_zone).unwrap_or(TimeZone::UTC)
    }

    /// Works out which ring next.
    pub(crate) fn next_bells(&mut self, at: Moment) {
        let (office, zone) = (&self.office, self.zone());
        let after = self.bells.rung_unix_s.max(at.unix_s() - LATE_S - 1);
        let mut next: Option<(i64, Vec<String>)> = None;
        for (name, bell) in &office.settings.bell {
            let Some(due) = bell.next(after, &zone, &office.holidays) else { continue };
            match &mut next {
                Some((known, names)) if *known == due => names.push(name.clone()),
                Some((known, _)) if *known < due => {}
                _ => next = Some((due, vec![name.clone()])),
            }
        }
        self.bells.next = next;
    }

    /// Does what is due.
    pub(crate) fn ring_bells(&mut self, at: Moment) {
        while let Some((due, names)) = self.bells.next.take_if(|(due, _)| *due - LEAD_S <= at.unix_s()) {
            self.bells.rung_unix_s = due;
            let (key, row) = (RUNG.to_owned(), due.to_string());
            self.out.push_back(ServiceOutput::Keep { key, row, expires_unix_s: i64::MAX });
            let mut taken = BTreeSet::new();
            for name in names {
                if let Some(bell) = self.office.settings.bell.get(&name).cloned() {
                    let _phones = self.begin_bell(&name, &bell, due, &mut taken);
                }
            }
            self.next_bells(at);
        }
        let pages: Vec<u64> = self.pages.keys().copied().collect();
        for page in pages {
            let Some(ringing) = self.pages.get_mut(&page).and_then(|of| of.bell.as_mut()) else { continue };
            if ringing.at_unix_s + LONGEST_S <= at.unix_s() {
                self.end_bell(page);
            } else if ringing.at_unix_s <= at.unix_s() && !ringing.sounds {
                ringing.sounds = true;
                let play = PlayList { items: core::mem::take(&mut ringing.plays), interrupt: String::new() };
                self.out.push_back(ServiceOutput::PlayInto { mix: mix_of(page), play: Some(play) });
            }
        }
    }

    /// Calls the phones that are idle: how many, `None` if there are too many pages. A phone with two bells at one time hears the
    /// first.
    fn begin_bell(
        &mut self,
        name: &str,
        bell: &Bell,
        at_unix_s: i64,
        taken: &mut BTreeSet<String>,
    ) -> Option<usize> {
        let idle = |phone: &&String| self.bells.states.get(*phone).is_some_and(|state| state == "idle");
        let phones: Vec<String> =
            bell.phones.iter().filter(idle).filter(|it| taken.insert((*it).clone())).cloned().collect();
        let text = format!("bell {name}: {} of {} phones", phones.len(), bell.phones.len());
        self.out.push_back(ServiceOutput::Log { level: Level::Info, text });
        let group = self.office.settings.group.get(&bell.group).map(crate::settings::Group::streams);
        let how = How { duplex: false, emergency: false, beep: false };
        let ringing = Ringing { at_unix_s, plays: self.sound(bell), sounds: false };
        let awaited = u32::try_from(phones.len()).unwrap_or(u32::MAX);
        let group_name = group.as_ref().map(|_| bell.group.clone());
        let mut of = Page::new(None, how, awaited, group_name);
        of.bell = Some(ringing);
        let Some(page) = self.add(of) else {
            let text = format!("bell {name}: too many pages");
            self.out.push_back(ServiceOutput::Log { level: Level::Warn, text });
            return None;
        };
        self.bells.last.insert(name.to_owned(), at_unix_s);
        let (key, row) = (format!("{LAST}{name}"), at_unix_s.to_string());
        self.out.push_back(ServiceOutput::Keep { key, row, expires_unix_s: i64::MAX });
        let mix = mix_of(page);
        self.out.push_back(ServiceOutput::HoldMix { mix: mix.clone(), held: true });
        if let Some(streams) = group {
            self.out.push_back(ServiceOutput::Multicast { mix, streams });
        }
        let shown = Identity { number: String::new(), name: name.to_owned() };
        let called = phones.len();
        for phone in phones {
            self.call((&shown, ""), page, Destination::User(phone), how);
        }
        Some(called)
    }

    fn sound(&self, bell: &Bell) -> Vec<Audio> {
        if !bell.prompts.is_empty() {
            return audio(bell.prompts.iter().cloned(), &self.office.lang);
        }
        vec![Audio::Tone(Tone {
            frequencies_hz: [bell.tone_hz, 0],
            level_dbm0: -10,
            cadence_ms: Vec::new(),
            duration_ms: bell.seconds.saturating_mul(1_000),
        })]
    }

    /// A bell has rung.
    pub(crate) fn end_bell(&mut self, page: u64) {
        if self.pages.get(&page).is_none_or(|of| of.bell.is_none()) {
            return;
        }
        if let Some(of) = self.pages.remove(&page) {
            of.members.into_iter().for_each(|member| self.tell(member));
        }
        self.out.push_back(ServiceOutput::HoldMix { mix: mix_of(page), held: false });
    }

    /// When there is something to do.
    pub(crate) fn plan_bells(&mut self, at: Moment) {
        let ringing = self.pages.values().filter_map(|of| of.bell.as_ref());
        let ringing = ringing.map(|it| it.at_unix_s + if it.sounds { LONGEST_S } else { 0 });
        let next = self.bells.next.as_ref().map(|(due, _)| *due - LEAD_S);
        self.bells.deadline = ringing.chain(next).min().map(|due_s| {
            let left_us = due_s.saturating_mul(1_000_000).saturating_sub(at.unix_us);
            at.now + Duration::from_micros(u64::try_from(left_us).unwrap_or(0))
        });
    }
}
