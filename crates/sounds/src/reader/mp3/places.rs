//! Where frames are: those that were passed, thinned so that an index of any file has a bound, and estimates for all others.

/// Frames between two that are kept, at first.
const STRIDE: u64 = 64;
/// Places that are kept of one run; with one more, every second is dropped: 64 KB.
const KEPT_MAX: usize = 8_192;

/// A frame's number and where it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) frame: u64,
    pub(super) at: u64,
}

/// Frames that were passed one after the other.
#[derive(Clone, Debug)]
struct Run {
    first: Place,
    /// Behind the last that was passed.
    end: Place,
    stride: u64,
    /// Each `stride` frames behind the one before, the first being `first`.
    kept: Vec<u64>,
}

impl Run {
    fn new(first: Place) -> Self {
        Self { first, end: first, stride: STRIDE, kept: vec![first.at] }
    }

    fn passed(&mut self, from: Place, to: Place) {
        if from != self.end {
            return;
        }
        self.end = to;
        if to.frame.saturating_sub(self.first.frame) != self.stride.saturating_mul(self.kept.len() as u64) {
            return;
        }
        self.kept.push(to.at);
        if self.kept.len() > KEPT_MAX {
            let mut number = 0;
            self.kept.retain(|_| {
                number += 1;
                number % 2 == 1
            });
            self.stride = self.stride.saturating_mul(2);
        }
    }

    /// The last place that is kept at a frame or before it.
    fn before(&self, frame: u64) -> Option<Place> {
        if frame >= self.end.frame {
            return Some(self.end);
        }
        let number = frame.checked_sub(self.first.frame)? / self.stride;
        let at = self.kept.get(usize::try_from(number).ok()?)?;
        Some(Place { frame: self.first.frame + number * self.stride, at: *at })
    }
}

/// All that is known of a file's frames. It can be handed on to who opens the same file again.
#[derive(Clone, Debug)]
pub(super) struct Places {
    /// From the beginning on: exact.
    counted: Run,
    /// From a place whose number was estimated.
    estimated: Option<Run>,
    /// Octets at equal parts of the time, from the first frame to the end.
    table: Vec<u64>,
    /// How many frames there are, roughly.
    frames: u64,
}

impl Places {
    /// `table` is the octets at equal parts of the time, two at least.
    pub(super) fn new(first: Place, table: Vec<u64>, frames: u64) -> Self {
        Self { counted: Run::new(first), estimated: None, table, frames: frames.max(1) }
    }

    /// The reader went from the beginning of one frame to that of the next.
    pub(super) fn passed(&mut self, from: Place, to: Place) {
        self.counted.passed(from, to);
        if let Some(run) = &mut self.estimated {
            run.passed(from, to);
        }
    }

    /// The frame that was expected at one place begins at another one.
    pub(super) fn moved(&mut self, from: Place, to: Place) {
        for run in [Some(&mut self.counted), self.estimated.as_mut()].into_iter().flatten() {
            if run.end == from {
                run.end = to;
            }
        }
    }

    /// From here on frames that are passed are known, as well as this one's number is.
    pub(super) fn begin(&mut self, at: Place) {
        self.estimated = Some(Run::new(at));
    }

    /// The nearest place that is known at a frame or before it: by counting, where that has come so far.
    pub(super) fn before(&self, frame: u64) -> Place {
        let counted = self.counted.before(frame).unwrap_or(self.counted.first);
        if frame < self.counted.end.frame {
            return counted;
        }
        let estimated = self.estimated.as_ref().and_then(|run| run.before(frame));
        estimated.filter(|place| place.frame > counted.frame).unwrap_or(counted)
    }

    /// Octets of a frame in the mean.
    pub(super) fn mean_size(&self) -> u64 {
        let (first, last) = (self.table.first().copied(), self.table.last().copied());
        (last.unwrap_or(0).saturating_sub(first.unwrap_or(0)) / self.frames).max(1)
    }

    /// About where a frame is.
    pub(super) fn estimate(&self, frame: u64) -> u64 {
        let parts = (self.table.len() as u64).saturating_sub(1).max(1);
        let scaled = u128::from(frame.min(self.frames)) * u128::from(parts);
        let (part, rest) = (scaled / u128::from(self.frames), scaled % u128::from(self.frames));
        let part = usize::try_from(part).unwrap_or(usize::MAX);
        let Some(&from) = self.table.get(part) else { return self.table.last().copied().unwrap_or(0) };
        let to = self.table.get(part.saturating_add(1)).copied().unwrap_or(from);
        let ahead = u128::from(to.saturating_sub(from)) * rest / u128::from(self.frames);
        from.saturating_add(u64::try_from(ahead).unwrap_or(0))
    }

    /// About which frame a place is in: the reverse.
    pub(super) fn frame_at(&self, at: u64) -> u64 {
        let parts = (self.table.len() as u64).saturating_sub(1).max(1);
        let part = self.table.partition_point(|place| *place <= at).saturating_sub(1);
        let (Some(&from), Some(&to)) = (self.table.get(part), self.table.get(part + 1)) else {
            return self.frames;
        };
        let (ahead, width) =
            (u128::from(at.saturating_sub(from)), u128::from(to.saturating_sub(from)).max(1));
        let scaled = (part as u128 * width + ahead) * u128::from(self.frames) / (width * u128::from(parts));
        u64::try_from(scaled).unwrap_or(u64::MAX).min(self.frames)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(frame: u64) -> Place {
        Place { frame, at: 100 + frame * 10 }
    }

    fn pass(places: &mut Places, frames: std::ops::Range<u64>) {
        frames.for_each(|frame| places.passed(at(frame), at(frame + 1)));
    }

    #[test]
    fn what_was_passed_is_known_and_what_was_not_is_estimated() {
        let mut places = Places::new(at(0), vec![100, 10_100], 1_000);
        pass(&mut places, 0..200);
        assert_eq!(places.before(63), at(0));
        assert_eq!(places.before(64), at(64));
        assert_eq!(places.before(199), at(192));
        assert_eq!(places.before(900), at(200));
        assert_eq!((places.estimate(500), places.frame_at(5_100), places.mean_size()), (5_100, 500, 10));
        places.begin(at(500));
        pass(&mut places, 500..600);
        assert_eq!(places.before(570), at(564));
        assert_eq!(places.before(400), at(200));
    }

    #[test]
    fn an_index_has_its_bound_however_long_the_file() {
        let mut places = Places::new(at(0), vec![0, 1], 1);
        let most = STRIDE * KEPT_MAX as u64;
        pass(&mut places, 0..most - 1);
        assert_eq!((places.counted.kept.len(), places.counted.stride), (KEPT_MAX, STRIDE));
        pass(&mut places, most - 1..most);
        assert_eq!((places.counted.kept.len(), places.counted.stride), (KEPT_MAX / 2 + 1, 2 * STRIDE));
        pass(&mut places, most..4 * most);
        assert!(places.counted.kept.len() <= KEPT_MAX);
        for frame in [0, 1, 999, 123_456, 4 * most - 1] {
            let before = places.before(frame);
            assert!(before == at(before.frame) && frame - before.frame < places.counted.stride, "{frame}");
        }
    }

    #[test]
    fn estimates_by_a_table_go_both_ways() {
        let places = Places::new(at(0), vec![0, 10, 10, 1_000, 50_000], 4_000);
        for (frame, octet) in
            [(0, 0), (500, 5), (2_000, 10), (3_000, 1_000), (3_500, 25_500), (4_000, 50_000)]
        {
            assert_eq!(places.estimate(frame), octet);
            assert_eq!(places.frame_at(octet), frame, "{octet}");
        }
        assert_eq!((places.estimate(u64::MAX), places.frame_at(u64::MAX)), (50_000, 4_000));
    }
}
