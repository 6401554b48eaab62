//! Wrong PINs: counted by room and caller over all calls, so that nobody tries them all.

use cordboard_base::Time;
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Digits of a PIN at most.
pub(crate) const DIGITS_MAX: usize = 16;
/// Rooms and callers with wrong PINs that are remembered; of more the oldest is forgotten.
const REMEMBERED_MAX: usize = 1_000;

/// Who has typed wrong PINs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct WrongPins {
    #[serde(with = "cordboard_base::pairs")]
    by_caller: BTreeMap<(String, String), Wrong>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Wrong {
    count: u32,
    last: Time,
}

impl WrongPins {
    /// Whether that caller may not try any more.
    pub(crate) fn is_locked_out(&self, now: Time, who: &(String, String), max: u32, min: u32) -> bool {
        let wrong = self.by_caller.get(who).filter(|wrong| !is_over(wrong, now, min));
        wrong.is_some_and(|wrong| wrong.count >= max)
    }

    /// Another one.
    pub(crate) fn count(&mut self, now: Time, who: (String, String), min: u32) {
        if !self.by_caller.contains_key(&who) && self.by_caller.len() >= REMEMBERED_MAX {
            self.by_caller.retain(|_, wrong| !is_over(wrong, now, min));
            let oldest =
                self.by_caller.iter().min_by_key(|(_, wrong)| wrong.last).map(|(who, _)| who.clone());
            if let Some(oldest) = oldest.filter(|_| self.by_caller.len() >= REMEMBERED_MAX) {
                self.by_caller.remove(&oldest);
            }
        }
        let wrong = self.by_caller.entry(who).or_insert(Wrong { count: 0, last: now });
        if is_over(wrong, now, min) {
            wrong.count = 0;
        }
        *wrong = Wrong { count: wrong.count.saturating_add(1), last: now };
    }

    /// It knows the PIN.
    pub(crate) fn forget(&mut self, who: &(String, String)) {
        self.by_caller.remove(who);
    }
}

fn is_over(wrong: &Wrong, now: Time, min: u32) -> bool {
    wrong.last + Duration::from_secs(u64::from(min) * 60) <= now
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_wrong_pins_lock_a_caller_out_for_a_quarter_of_an_hour_and_nobody_else() {
        let mut wrong = WrongPins::default();
        let (anna, ben) = (("main".to_owned(), "101".to_owned()), ("main".to_owned(), "102".to_owned()));
        for _ in 0..9 {
            wrong.count(Time::from_secs(1), anna.clone(), 15);
        }
        assert!(!wrong.is_locked_out(Time::from_secs(2), &anna, 10, 15));
        wrong.count(Time::from_secs(2), anna.clone(), 15);
        assert!(wrong.is_locked_out(Time::from_secs(900), &anna, 10, 15));
        assert!(!wrong.is_locked_out(Time::from_secs(900), &ben, 10, 15));
        assert!(!wrong.is_locked_out(Time::from_secs(902), &anna, 10, 15));
    }

    #[test]
    fn a_thousand_are_remembered_and_one_more_takes_the_place_of_the_oldest() {
        let mut wrong = WrongPins::default();
        let who = |n: usize| ("main".to_owned(), n.to_string());
        for n in 0..=REMEMBERED_MAX {
            wrong.count(Time::from_secs(1 + n as u64 / 100), who(n), 15);
        }
        assert_eq!(wrong.by_caller.len(), REMEMBERED_MAX);
        assert!(!wrong.by_caller.contains_key(&who(0)) && wrong.by_caller.contains_key(&who(REMEMBERED_MAX)));
    }
}
