//! In which order the pieces of a class are played.

/// How the next piece is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Order {
    /// One after the other, again and again.
    #[default]
    Name,
    /// Each once in a random order, then again in another; never the same twice running.
    Random,
}

/// The numbers of pieces, without end.
#[derive(Clone, Debug)]
pub struct Queue {
    order: Order,
    count: usize,
    /// Of this round, the next one last.
    round: Vec<usize>,
    last: Option<usize>,
    state: u64,
}

impl Queue {
    /// Of `count` pieces; the seed decides every random order to come.
    pub fn new(order: Order, count: usize, seed: u64) -> Self {
        Self { order, count, round: Vec::new(), last: None, state: seed }
    }

    /// The next piece; none if there is none at all.
    #[allow(
        clippy::should_implement_trait,
        reason = "no iterator: it is asked for one at a time and never ends"
    )]
    pub fn next(&mut self) -> Option<usize> {
        if self.round.is_empty() {
            self.round = (0..self.count).rev().collect();
            if self.order == Order::Random {
                self.shuffle();
            }
        }
        self.last = self.round.pop();
        self.last
    }

    fn shuffle(&mut self) {
        for n in (1..self.count).rev() {
            let other = usize::try_from(self.draw() % (n as u64 + 1)).unwrap_or(0);
            self.round.swap(n, other);
        }
        if self.count > 1 && self.round.last().copied() == self.last {
            self.round.swap(0, self.count - 1);
        }
    }

    /// SplitMix64: enough for music.
    fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(queue: &mut Queue, count: usize) -> Vec<usize> {
        (0..count).map_while(|_| queue.next()).collect()
    }

    #[test]
    fn by_name_they_come_in_turn() {
        assert_eq!(take(&mut Queue::new(Order::Name, 3, 1), 7), [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(take(&mut Queue::new(Order::Name, 0, 1), 7), []);
        assert_eq!(take(&mut Queue::new(Order::Random, 1, 1), 3), [0, 0, 0]);
    }

    #[test]
    fn at_random_each_comes_once_a_round_and_never_twice_running() {
        for seed in 0..200 {
            for count in [2, 3, 7] {
                let all = take(&mut Queue::new(Order::Random, count, seed), 10 * count);
                assert!(all.windows(2).all(|pair| pair[0] != pair[1]), "{all:?}");
                for round in all.chunks(count) {
                    let mut sorted = round.to_vec();
                    sorted.sort_unstable();
                    assert_eq!(sorted, (0..count).collect::<Vec<_>>());
                }
            }
        }
        let of = |seed| take(&mut Queue::new(Order::Random, 9, seed), 30);
        assert_eq!(of(5), of(5), "the same again from the same seed");
        assert_ne!(of(5), of(6));
    }
}
