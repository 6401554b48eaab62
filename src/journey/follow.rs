//! Those who follow calls as they go on (`cordboard trace --follow`): each has a bounded channel to its client, and is never waited for.
//! What finds it full is left out, and the follower is told how much that was as soon as there is room again.

use super::Tracer;
use crate::admin::Response;
use cordboard_journey::Entry;
use std::sync::mpsc::{SyncSender, TrySendError};

/// Entries in one response: with the room of a client's channel some thousand wait for a slow one.
const TOGETHER_MAX: usize = 16;

struct Follower {
    to: SyncSender<Response>,
    tracer: Tracer,
    /// Left out since the last that it was sent.
    missed: u64,
}

/// All of them; as many as there may be clients of the admin socket.
#[derive(Default)]
pub(super) struct Followers(Vec<Follower>);

impl Followers {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `past`: what was before, of one call each, so that of calls that go on it is known whose they are.
    pub(super) fn add(
        &mut self,
        to: SyncSender<Response>,
        number: Option<String>,
        past: impl Iterator<Item = Vec<Entry>>,
    ) {
        let mut tracer = Tracer::new(number);
        past.for_each(|row| {
            tracer.take(row);
        });
        self.0.push(Follower { to, tracer, missed: 0 });
    }

    /// Something new, in its order.
    pub(super) fn tell(&mut self, entries: &[Entry]) {
        if !entries.is_empty() {
            self.0.retain_mut(|follower| follower.tell(entries));
        }
    }

    /// Whoever is gone is forgotten: nothing shows it but that a line can't be written.
    pub(super) fn look(&mut self) {
        self.0.retain_mut(|follower| follower.send(Vec::new()));
    }
}

impl Follower {
    /// False: it is gone.
    fn tell(&mut self, entries: &[Entry]) -> bool {
        // The tracer takes what is one call's.
        let mut shown = Vec::new();
        for of_call in entries.chunk_by(|a, b| a.call == b.call) {
            shown.extend(self.tracer.take(of_call.to_vec()));
        }
        shown.chunks(TOGETHER_MAX).all(|some| self.send(some.to_vec()))
    }

    fn send(&mut self, some: Vec<Entry>) -> bool {
        if self.missed > 0 {
            match self.to.try_send(Response::Missed(self.missed)) {
                Ok(()) => self.missed = 0,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(_)) => {}
            }
        }
        let count = some.len() as u64;
        match self.to.try_send(Response::Entries(some)) {
            Ok(()) => true,
            Err(TrySendError::Disconnected(_)) => false,
            Err(TrySendError::Full(_)) => {
                self.missed += count;
                true
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_base::CallId;
    use cordboard_journey::Event;
    use std::sync::mpsc::{Receiver, sync_channel};

    fn said(call: u64, n: usize) -> Vec<Entry> {
        let entry = |n| {
            let event = Event::Said { what: "log".to_owned(), text: format!("{n}") };
            Entry { at_us: i64::try_from(n).unwrap(), call: CallId(call), event }
        };
        (0..n).map(entry).collect()
    }

    fn heard(told: &Receiver<Response>) -> Vec<String> {
        told.try_iter()
            .filter_map(|response| match response {
                Response::Entries(entries) => Some(format!("{}", entries.len())),
                Response::Missed(count) => Some(format!("missed {count}")),
                Response::Exchange(_)
                | Response::Line(_)
                | Response::Dialplan(_)
                | Response::Text(_)
                | Response::Done
                | Response::Failed(_) => None,
            })
            .collect()
    }

    #[test]
    fn a_slow_follower_is_told_how_much_it_missed_and_holds_nobody_up() {
        let (to, slow) = sync_channel(2);
        let (quick_to, quick) = sync_channel(100);
        let mut followers = Followers::default();
        followers.add(to, None, std::iter::empty());
        followers.add(quick_to, None, std::iter::empty());
        // At its limit, and past it.
        followers.tell(&said(1, 2 * TOGETHER_MAX));
        followers.tell(&said(1, TOGETHER_MAX + 3));
        followers.tell(&said(2, 1));
        let whole = TOGETHER_MAX.to_string();
        assert_eq!(heard(&slow), [whole.clone(), whole.clone()]);
        assert_eq!(heard(&quick), [whole.clone(), whole.clone(), whole, "3".to_owned(), "1".to_owned()]);
        followers.tell(&said(3, 1));
        assert_eq!(heard(&slow), [format!("missed {}", TOGETHER_MAX + 4), "1".to_owned()]);
    }

    #[test]
    fn who_is_gone_is_forgotten_also_while_nothing_happens() {
        let (to, gone) = sync_channel(2);
        let mut followers = Followers::default();
        followers.add(to, Some("101".to_owned()), std::iter::empty());
        followers.look();
        assert_eq!(heard(&gone), ["0"]);
        drop(gone);
        followers.look();
        assert!(followers.is_empty());
    }
}
