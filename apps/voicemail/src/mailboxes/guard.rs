//! Wrong PINs: whoever types them is kept out of that box for a while, each time for longer. A stranger keeps nobody out but
//! strangers: the phones of the office are known by their passwords, so each of them has a count of its own.
//!
//! ```text
//!  wrong PIN ──▶ (box, phone of the office)             tries ─▶ shut
//!            └─▶ (box, caller's number outside)         tries ─▶ shut
//!                (box, all callers from outside)   5 × tries ─▶ shut: a number is what a caller likes to claim
//!  shut for lock_minutes, then twice as long …, a day at most; a day without a wrong PIN, or a right one, forgets it
//! ```

use crate::Settings;
use crate::message::TRIES;
use cordboard_app::{Asker, ServiceOutput};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// All callers from outside together have so many times the tries of one of them.
const OUTSIDE_SHARE: u32 = 5;
/// Nobody is kept out for longer, and nothing is remembered for longer, in s.
const DAY_S: i64 = 86_400;
/// Counts that are remembered; the oldest one gives way, but for those of all callers from outside: whoever claims a thousand
/// numbers can't have them forgotten.
const COUNTS_MAX: usize = 4_096;
/// Of a number that a caller claims, as much tells it from others.
const CALLER_CHARS_MAX: usize = 32;

/// Wrong PINs of somebody at a box.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
struct Count {
    /// Since the last time that the door was shut.
    wrong: u32,
    /// How often it was.
    shut: u32,
    until_unix_s: i64,
    last_unix_s: i64,
}

/// All of them, by the keys of their rows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Guard(BTreeMap<String, Count>);

/// A count that an attempt belongs to: its key, and how many wrong PINs shut the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Door {
    key: String,
    mailbox: String,
    most: u32,
    is_shared: bool,
}

/// The counts of somebody at a box.
pub(super) fn doors(mailbox: &str, asker: &Asker, settings: &Settings) -> Vec<Door> {
    let door = |of: String, most: u32, is_shared: bool| Door {
        key: format!("{TRIES}{mailbox}/{of}"),
        mailbox: mailbox.to_owned(),
        most,
        is_shared,
    };
    if let Some(user) = &asker.user {
        return vec![door(format!("user/{user}"), settings.tries, false)];
    }
    let number: String = asker.caller.number.chars().take(CALLER_CHARS_MAX).collect();
    let all = settings.tries.saturating_mul(OUTSIDE_SHARE);
    vec![door(format!("caller/{number}"), settings.tries, false), door("outside".to_owned(), all, true)]
}

impl Guard {
    /// A row of a former life.
    pub(super) fn take_row(&mut self, key: &str, row: &str) {
        if let Ok(count) = serde_json::from_str(row) {
            self.0.insert(key.to_owned(), count);
        }
    }

    /// Whether one of the doors is shut.
    pub(super) fn is_shut(&self, doors: &[Door], now_unix_s: i64) -> bool {
        doors.iter().filter_map(|door| self.0.get(&door.key)).any(|count| count.until_unix_s > now_unix_s)
    }

    /// A right PIN: what was wrong before is forgotten. The rows to be forgotten.
    pub(super) fn right(&mut self, doors: &[Door]) -> Vec<String> {
        let known = doors.iter().filter(|door| self.0.remove(&door.key).is_some());
        known.map(|door| door.key.clone()).collect()
    }

    /// A wrong one. What is to be written; nobody waits for it.
    pub(super) fn wrong(
        &mut self,
        doors: &[Door],
        now_unix_s: i64,
        lock_minutes: u32,
        is_box: impl Fn(&str) -> bool,
    ) -> Vec<ServiceOutput> {
        let mut written = Vec::new();
        for door in doors {
            // What all callers from outside do at a number that is no box needs no bound: there is nothing behind it.
            if door.is_shared && !is_box(&door.mailbox) {
                continue;
            }
            if !self.0.contains_key(&door.key) && self.0.len() >= COUNTS_MAX {
                written.extend(self.forget_oldest());
            }
            let count = self.0.entry(door.key.clone()).or_default();
            if count.last_unix_s.max(count.until_unix_s).saturating_add(DAY_S) < now_unix_s {
                *count = Count::default();
            }
            count.last_unix_s = now_unix_s;
            count.wrong = count.wrong.saturating_add(1);
            if count.wrong >= door.most {
                let first_s = i64::from(lock_minutes) * 60;
                count.until_unix_s = now_unix_s + (first_s << count.shut.min(20)).min(DAY_S);
                count.shut = count.shut.saturating_add(1);
                count.wrong = 0;
            }
            written.push(ServiceOutput::Keep {
                key: door.key.clone(),
                row: serde_json::to_string(count).unwrap_or_default(),
                expires_unix_s: now_unix_s.max(count.until_unix_s).saturating_add(DAY_S),
            });
        }
        written
    }

    fn forget_oldest(&mut self) -> Option<ServiceOutput> {
        let own = self.0.iter().filter(|(key, _)| !key.ends_with("/outside"));
        let oldest = own.min_by_key(|(_, count)| count.last_unix_s).map(|(key, _)| key.clone())?;
        self.0.remove(&oldest);
        Some(ServiceOutput::Forget { key: oldest })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_app::Identity;
    use cordboard_base::CallId;

    fn stranger(number: &str) -> Asker {
        let caller = Identity { number: number.to_owned(), name: String::new() };
        Asker { call: CallId(1), caller, user: None, lang: String::new() }
    }

    fn fails(guard: &mut Guard, who: &Asker, mailbox: &str, at: i64) -> bool {
        let doors = doors(mailbox, who, &Settings::default());
        let shut = guard.is_shut(&doors, at);
        if !shut {
            drop(guard.wrong(&doors, at, 5, |mailbox| mailbox.len() == 3));
        }
        !shut
    }

    #[test]
    fn each_time_a_door_is_shut_for_twice_as_long_and_for_a_day_at_most() {
        let mut guard = Guard::default();
        let (who, mut at) = (stranger("5550100"), 1_000_000);
        let mut waits = Vec::new();
        for _ in 0..12 {
            while fails(&mut guard, &who, "101", at) {}
            let begun = at;
            while guard.is_shut(&doors("101", &who, &Settings::default()), at) {
                at += 60;
            }
            waits.push((at - begun) / 60);
        }
        assert_eq!(waits[..3], [5, 10, 20]);
        assert!(waits.iter().all(|minutes| *minutes <= 1_440) && waits.contains(&1_440), "{waits:?}");
    }

    #[test]
    fn whoever_claims_many_numbers_meets_the_bound_of_all_and_it_is_not_forgotten() {
        let mut guard = Guard::default();
        let mut tried = 0;
        for n in 0..COUNTS_MAX + 50 {
            tried += u32::from(fails(&mut guard, &stranger(&format!("555{n}")), "101", 1_000_000));
        }
        assert_eq!(tried, Settings::default().tries * OUTSIDE_SHARE);
        // Numbers that are no boxes fill the table, and no further.
        for n in 0..COUNTS_MAX + 50 {
            fails(&mut guard, &stranger("555"), &format!("9{n:07}"), 1_000_001);
        }
        assert_eq!(guard.0.len(), COUNTS_MAX);
        assert!(!fails(&mut guard, &stranger("new"), "101", 1_000_002), "the bound holds");
    }

    #[test]
    fn a_day_without_a_wrong_pin_forgets_them() {
        let mut guard = Guard::default();
        let who = stranger("5550100");
        for at in [0, 1, DAY_S + 2, DAY_S + 3, 2 * DAY_S + 4, 2 * DAY_S + 5] {
            assert!(fails(&mut guard, &who, "101", at));
            assert!(!guard.is_shut(&doors("101", &who, &Settings::default()), at), "{at}");
        }
    }
}
