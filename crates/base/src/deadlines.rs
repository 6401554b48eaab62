//! The cores' timers: a set of deadlines, one per key, popped in order.

use crate::Time;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One deadline per key. Ordered, so that equal times fire in the order of their keys and a run can be repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(bound(serialize = "K: Serialize", deserialize = "K: Deserialize<'de> + Ord + Clone"))]
#[serde(from = "Vec<(K, Time)>", into = "Vec<(K, Time)>")]
pub struct Deadlines<K: Ord + Clone> {
    by_key: BTreeMap<K, Time>,
    by_time: BTreeSet<(Time, K)>,
}

impl<K: Ord + Clone> Default for Deadlines<K> {
    fn default() -> Self {
        Self { by_key: BTreeMap::new(), by_time: BTreeSet::new() }
    }
}

impl<K: Ord + Clone> Deadlines<K> {
    /// Sets or moves the deadline of `key`.
    pub fn set(&mut self, key: K, at: Time) {
        match self.by_key.insert(key.clone(), at) {
            Some(old) if old == at => return,
            Some(old) => {
                self.by_time.remove(&(old, key.clone()));
            }
            None => {}
        }
        self.by_time.insert((at, key));
    }

    /// Forgets `key`. Says whether it had a deadline.
    pub fn cancel(&mut self, key: &K) -> bool {
        match self.by_key.remove(key) {
            Some(at) => self.by_time.remove(&(at, key.clone())),
            None => false,
        }
    }

    /// The deadline of `key`.
    pub fn at(&self, key: &K) -> Option<Time> {
        self.by_key.get(key).copied()
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Time> {
        self.by_time.first().map(|(at, _)| *at)
    }

    /// Takes the first key that is due at `now`.
    pub fn pop_due(&mut self, now: Time) -> Option<K> {
        let (at, _) = self.by_time.first()?;
        if *at > now {
            return None;
        }
        let (_, key) = self.by_time.pop_first()?;
        self.by_key.remove(&key);
        Some(key)
    }

    /// How many are set.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether none is set.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }
}

impl<K: Ord + Clone> From<Vec<(K, Time)>> for Deadlines<K> {
    fn from(pairs: Vec<(K, Time)>) -> Self {
        let mut deadlines = Self::default();
        for (key, at) in pairs {
            deadlines.set(key, at);
        }
        deadlines
    }
}

impl<K: Ord + Clone> From<Deadlines<K>> for Vec<(K, Time)> {
    fn from(deadlines: Deadlines<K>) -> Self {
        deadlines.by_key.into_iter().collect()
    }
}

/// The same for a handful: one sorted vector, and room for no more than there are, where a tree takes 700 bytes for the first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FewDeadlines<K>(Vec<(Time, K)>);

impl<K> Default for FewDeadlines<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord + Clone> FewDeadlines<K> {
    /// Sets or moves the deadline of `key`.
    pub fn set(&mut self, key: K, at: Time) {
        self.cancel(&key);
        let entry = (at, key);
        let place = self.0.partition_point(|other| *other < entry);
        self.0.reserve_exact(1);
        self.0.insert(place, entry);
    }

    /// Forgets `key`. Says whether it had a deadline.
    pub fn cancel(&mut self, key: &K) -> bool {
        let place = self.0.iter().position(|(_, known)| known == key);
        place.map(|place| self.0.remove(place)).is_some()
    }

    /// The deadline of `key`.
    pub fn at(&self, key: &K) -> Option<Time> {
        self.0.iter().find(|(_, known)| known == key).map(|(at, _)| *at)
    }

    /// When the next one is due.
    pub fn next(&self) -> Option<Time> {
        self.0.first().map(|(at, _)| *at)
    }

    /// Takes the first key that is due at `now`.
    pub fn pop_due(&mut self, now: Time) -> Option<K> {
        (self.next()? <= now).then(|| self.0.remove(0).1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_deadlines_behave_as_many_do() {
        let (mut few, mut many) = (FewDeadlines::default(), Deadlines::default());
        for step in 0u32..2_000 {
            let random = step.wrapping_mul(2_654_435_761);
            let (key, at) = (random >> 29, Time::from_secs(u64::from(random >> 20 & 15)));
            match step % 4 {
                0 => assert_eq!(few.cancel(&key), many.cancel(&key)),
                1 => assert_eq!(few.pop_due(at), many.pop_due(at)),
                _ => {
                    few.set(key, at);
                    many.set(key, at);
                }
            }
            assert_eq!((few.next(), few.at(&key)), (many.next(), many.at(&key)));
        }
    }

    #[test]
    fn a_moved_deadline_fires_once_at_its_new_time() {
        let mut deadlines = Deadlines::default();
        deadlines.set('a', Time::from_secs(1));
        deadlines.set('a', Time::from_secs(3));
        assert_eq!(deadlines.pop_due(Time::from_secs(2)), None);
        assert_eq!(deadlines.pop_due(Time::from_secs(3)), Some('a'));
        assert!(deadlines.is_empty());
    }

    #[test]
    fn equal_times_fire_in_the_order_of_their_keys() {
        let mut deadlines = Deadlines::default();
        for key in ['c', 'a', 'b'] {
            deadlines.set(key, Time::ZERO);
        }
        let order: Vec<char> = std::iter::from_fn(|| deadlines.pop_due(Time::ZERO)).collect();
        assert_eq!(order, ['a', 'b', 'c']);
    }
}
