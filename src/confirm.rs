//! A reload that goes again by itself unless somebody confirms it.
//!
//! ```text
//!  kept ──taken (to be confirmed)──▶ waiting ──confirmed, or taken for good──▶ kept
//!                                       └──rejected, or its time is over──▶ the way back ──▶ kept
//!                                                                              └─refused──▶ kept, and why is told
//! ```
//! What was there before may be refused when it is to come back: then the new state stays, the log says so at once, and whoever asks
//! for the running dialplan or wants to confirm is told, until the next reload is taken.

use cordboard_base::Time;
use std::time::Duration;

/// What waits, if anything does. `S` is a state of the office.
#[derive(Debug)]
pub struct Confirmation<S> {
    waiting: Option<Waiting<S>>,
    /// Why the last way back was refused.
    refused: Option<String>,
}

#[derive(Debug)]
struct Waiting<S> {
    until: Time,
    /// What comes back.
    before: S,
}

impl<S> Default for Confirmation<S> {
    fn default() -> Self {
        Self { waiting: None, refused: None }
    }
}

impl<S> Confirmation<S> {
    /// Another state was taken: for good, or for so long. Of several that nobody has confirmed yet, what was there before the first one
    /// comes back.
    pub fn taken(&mut self, now: Time, before: S, wait: Option<Duration>) {
        self.refused = None;
        let first = self.waiting.take().map_or(before, |waiting| waiting.before);
        self.waiting = wait.map(|wait| Waiting { until: now + wait, before: first });
    }

    /// When its time is over.
    pub fn until(&self) -> Option<Time> {
        self.waiting.as_ref().map(|waiting| waiting.until)
    }

    /// Why what was there before did not come back, though it should have.
    pub fn refused(&self) -> Option<&str> {
        self.refused.as_deref()
    }

    /// What was taken stays.
    pub fn keep(&mut self) -> Result<(), String> {
        match self.waiting.take() {
            Some(_) => Ok(()),
            None => Err(self.nothing_waits()),
        }
    }

    /// What was there before comes back by `swap`; or, where that is refused, the new state stays, and nothing waits any more.
    pub fn go_back(&mut self, swap: impl FnOnce(S) -> Result<(), String>) -> Result<(), String> {
        let Some(Waiting { before, .. }) = self.waiting.take() else { return Err(self.nothing_waits()) };
        swap(before).map_err(|error| {
            let error = format!("what was there before does not load any more, the new state stays: {error}");
            self.refused = Some(error.clone());
            error
        })
    }

    fn nothing_waits(&self) -> String {
        let refused = self.refused.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        format!("nothing waits to be confirmed{refused}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Option<Duration> = Some(Duration::from_secs(60));

    fn waiting() -> Confirmation<&'static str> {
        let mut confirmation = Confirmation::default();
        confirmation.taken(Time::from_secs(1), "first", MINUTE);
        confirmation
    }

    #[test]
    fn the_first_of_several_unconfirmed_states_comes_back() {
        let mut confirmation = waiting();
        confirmation.taken(Time::from_secs(5), "second", MINUTE);
        assert_eq!(confirmation.until(), Some(Time::from_secs(65)));
        let mut back = "";
        let swap = |before| {
            back = before;
            Ok(())
        };
        assert_eq!(confirmation.go_back(swap), Ok(()));
        assert_eq!((back, confirmation.until(), confirmation.refused()), ("first", None, None));
        assert_eq!(confirmation.keep(), Err("nothing waits to be confirmed".to_owned()));
    }

    #[test]
    fn what_is_confirmed_or_taken_for_good_stays() {
        let mut confirmation = waiting();
        assert_eq!(confirmation.keep(), Ok(()));
        assert_eq!(confirmation.until(), None);
        let mut confirmation = waiting();
        confirmation.taken(Time::from_secs(2), "for good", None);
        assert_eq!(confirmation.until(), None);
        assert!(confirmation.go_back(|_| Ok(())).is_err(), "nothing comes back");
    }

    #[test]
    fn a_way_back_that_is_refused_is_told_to_whoever_asks_until_the_next_reload() {
        let mut confirmation = waiting();
        let why = confirmation.go_back(|_| Err("main.rhai:3: no context".to_owned())).unwrap_err();
        assert!(why.contains("the new state stays: main.rhai:3: no context"), "{why}");
        // Whoever was not there when its time was over.
        assert_eq!((confirmation.until(), confirmation.refused()), (None, Some(why.as_str())));
        for told in [confirmation.keep().unwrap_err(), confirmation.go_back(|_| Ok(())).unwrap_err()] {
            assert_eq!(told, format!("nothing waits to be confirmed: {why}"));
        }
        confirmation.taken(Time::from_secs(90), "next", None);
        assert_eq!(confirmation.refused(), None);
    }
}
