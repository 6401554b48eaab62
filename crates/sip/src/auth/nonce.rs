//! Our nonces. One is its time of issue, a random part, and a MAC over both: a flood of challenges costs no memory, since
//! only nonces that were *used with the right password* are remembered, for their counts.

use super::algorithm::hex;
use cordboard_base::{Source, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How long a nonce can be used. Long enough for a phone's burst of subscriptions after its registration, short enough that
/// a captured request is worth little.
pub const NONCE_LIFETIME: Duration = Duration::from_secs(300);

/// Most nonces whose counts are remembered. When it is full the oldest one is forgotten, and it and all older ones are
/// stale from then on: never a replay, only a challenge more.
pub const NONCES_MAX: usize = 16_384;

/// Counts behind the highest one that may still come, once each: requests overtake each other on UDP.
const WINDOW: u32 = 64;

/// A nonce of ours, taken apart. Ordered by age.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct Nonce {
    issued: Time,
    random: u64,
}

/// Which counts of one nonce have been seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Counts {
    highest: u32,
    /// Bit n: `highest - n` has been seen.
    seen: u64,
}

/// Why a nonce can't be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NonceError {
    /// Not ours, too old, or forgotten.
    Stale,
    /// That count has been used.
    Replayed,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Nonces {
    key: [u8; 32],
    #[serde(with = "cordboard_base::pairs")]
    used: BTreeMap<Nonce, Counts>,
    /// This one and all older ones are stale.
    forgotten: Option<Nonce>,
}

impl Nonces {
    pub(super) fn new(source: &mut Source) -> Self {
        let mut key = [0; 32];
        for chunk in key.chunks_exact_mut(8) {
            chunk.copy_from_slice(&source.next_u64().to_be_bytes());
        }
        Self { key, used: BTreeMap::new(), forgotten: None }
    }

    pub(super) fn issue(&self, now: Time, source: &mut Source) -> String {
        self.print(Nonce { issued: now, random: source.next_u64() })
    }

    fn print(&self, nonce: Nonce) -> String {
        let body = format!("{:016x}{:016x}", nonce.issued.as_micros(), nonce.random);
        // Keyed twice, so that a hash can't be extended.
        let inner = Sha256::new().chain_update(self.key).chain_update(&body).finalize();
        let outer = Sha256::new().chain_update(self.key).chain_update(inner).finalize();
        let mac = outer.get(..16).unwrap_or_default();
        body + &hex(mac)
    }

    /// Takes `text` apart, if it is ours.
    fn parse(&self, text: &str) -> Option<Nonce> {
        let issued = u64::from_str_radix(text.get(..16)?, 16).ok()?;
        let random = u64::from_str_radix(text.get(16..32)?, 16).ok()?;
        let nonce = Nonce { issued: Time::from_micros(issued), random };
        (self.print(nonce) == text).then_some(nonce)
    }

    /// Uses a nonce once more. To be called for the right password only.
    pub(super) fn take(&mut self, now: Time, text: &str, count: u32) -> Result<(), NonceError> {
        self.forget_expired(now);
        let nonce = self.parse(text).ok_or(NonceError::Stale)?;
        if nonce.issued > now || now - nonce.issued > NONCE_LIFETIME || Some(nonce) <= self.forgotten {
            return Err(NonceError::Stale);
        }
        if let Some(counts) = self.used.get_mut(&nonce) {
            return counts.take(count);
        }
        if count == 0 {
            return Err(NonceError::Replayed);
        }
        self.used.insert(nonce, Counts { highest: count, seen: 1 });
        if self.used.len() > NONCES_MAX {
            self.forgotten = self.used.pop_first().map(|(oldest, _)| oldest).max(self.forgotten);
        }
        Ok(())
    }

    fn forget_expired(&mut self, now: Time) {
        while let Some(entry) = self.used.first_entry() {
            if now - entry.key().issued <= NONCE_LIFETIME {
                return;
            }
            entry.remove();
        }
    }
}

impl Counts {
    fn take(&mut self, count: u32) -> Result<(), NonceError> {
        if count > self.highest {
            let shift = count - self.highest;
            self.seen = self.seen.checked_shl(shift).unwrap_or(0) | 1;
            self.highest = count;
            return Ok(());
        }
        let behind = self.highest - count;
        let bit = 1u64.checked_shl(behind).filter(|_| behind < WINDOW && count > 0);
        match bit {
            Some(bit) if self.seen & bit == 0 => {
                self.seen |= bit;
                Ok(())
            }
            Some(_) | None => Err(NonceError::Replayed),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_base::SourceKey;

    const NOW: Time = Time::from_secs(1_000);

    fn nonces() -> (Nonces, Source) {
        let mut source = Source::new(SourceKey { seed: [3; 16], node: 0, epoch: 1 }, 9);
        (Nonces::new(&mut source), source)
    }

    #[test]
    fn a_count_is_taken_once_whatever_the_order() {
        let (mut nonces, mut source) = nonces();
        let nonce = nonces.issue(NOW, &mut source);
        for count in [1, 3, 2, 70, 7, 69] {
            assert_eq!(nonces.take(NOW, &nonce, count), Ok(()), "{count}");
        }
        for count in [0, 1, 2, 3, 6, 7, 69, 70] {
            assert_eq!(nonces.take(NOW, &nonce, count), Err(NonceError::Replayed), "{count}");
        }
        assert_eq!(nonces.take(NOW, &nonce, u32::MAX), Ok(()));
        assert_eq!(nonces.take(NOW, &nonce, u32::MAX), Err(NonceError::Replayed));
    }

    #[test]
    fn a_nonce_lives_as_long_as_it_may_and_no_longer() {
        let (mut nonces, mut source) = nonces();
        let nonce = nonces.issue(NOW, &mut source);
        assert_eq!(nonces.take(NOW + NONCE_LIFETIME, &nonce, 1), Ok(()));
        assert_eq!(
            nonces.take(NOW + NONCE_LIFETIME + Duration::from_micros(1), &nonce, 2),
            Err(NonceError::Stale)
        );
    }

    #[test]
    fn a_nonce_with_any_character_changed_is_not_ours() {
        let (mut nonces, mut source) = nonces();
        let nonce = nonces.issue(NOW, &mut source);
        for index in 0..nonce.len() {
            let mut forged = nonce.clone().into_bytes();
            forged[index] = if forged[index] == b'0' { b'1' } else { b'0' };
            let forged = String::from_utf8(forged).unwrap();
            assert_eq!(nonces.take(NOW, &forged, 1), Err(NonceError::Stale));
        }
        assert_eq!(nonces.take(NOW, &nonce.to_uppercase(), 1), Err(NonceError::Stale));
        assert_eq!(nonces.take(NOW, "é", 1), Err(NonceError::Stale));
    }

    #[test]
    fn a_full_table_forgets_the_oldest_and_never_replays_it() {
        let (mut nonces, mut source) = nonces();
        let issue = |nonces: &Nonces, source: &mut Source, n: usize| {
            nonces.issue(NOW + Duration::from_micros(u64::try_from(n).unwrap()), source)
        };
        let later = NOW + Duration::from_secs(1);
        let all: Vec<String> = (0..=NONCES_MAX).map(|n| issue(&nonces, &mut source, n)).collect();
        for nonce in all.iter().take(NONCES_MAX) {
            assert_eq!(nonces.take(later, nonce, 1), Ok(()));
        }
        assert_eq!(nonces.take(later, &all[0], 1), Err(NonceError::Replayed));
        assert_eq!(nonces.take(later, &all[NONCES_MAX], 1), Ok(()));
        assert_eq!(nonces.used.len(), NONCES_MAX);
        assert_eq!(nonces.take(later, &all[0], 2), Err(NonceError::Stale));
        assert_eq!(nonces.take(later, &all[1], 2), Ok(()));
    }
}
