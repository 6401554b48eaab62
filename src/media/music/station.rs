//! One class of music on the clock that everybody shares, on a thread of its own.
//!
//! ```text
//!  idle ──asked──▶ playing: 20 s ahead of the clock ──nobody asks for 30 s──▶ resting: no file open, nothing fetched
//!                     ▲                                                          │
//!                     └──────── asked: further on by what has passed ◀───────────┘
//! ```
//! Blocks are numbered by the clock ([`cordboard_media::music`]). Files are cut into blocks one after the other. What is live
//! comes when it comes: a block is the next one that has not begun when it is whole. Where none came in time, files stand in,
//! or silence.

use super::class::MusicClass;
use super::live::{CHUNK, Live};
use super::loudness::Loudness;
use super::pieces::Pieces;
use crate::clock::Clock;
use cordboard_base::Time;
use cordboard_media::Samples;
use cordboard_media::music::{BLOCK_MS, BLOCK_RATE_HZ, BLOCK_SAMPLES, block_at};
use cordboard_sounds::{BLOCK, Cutter, Limiter};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Blocks that are kept ahead of the one that was asked for: 20 s.
const AHEAD: u64 = 10;
/// What is live is kept ahead by so many.
const LIVE_AHEAD: u64 = 4;
/// Blocks that are kept behind it, for whoever is late.
const BEHIND: u64 = 1;
/// Nobody has asked for so long: decoding rests. Longer than what is kept ahead, so that nothing is passed over twice.
const REST_AFTER: Duration = Duration::from_secs(30);
/// How often a live source is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// A block has to be there so long before it begins, for the media thread to get it in time.
const LEAD: Duration = Duration::from_millis(250);
/// Asks that wait for a live block; a further one is answered with what stands in.
const PENDING_MAX: usize = 64;

/// How a block is answered.
pub(super) type Answer = Box<dyn FnOnce(Option<Arc<Samples>>) + Send>;

/// What a station is asked.
pub(super) enum Ask {
    /// A block by its number.
    Block(u64, Answer),
    /// The class is this from now on, with the files of its announcements.
    Class(Box<MusicClass>, Vec<PathBuf>),
}

pub(super) struct Station {
    name: String,
    class: MusicClass,
    pieces: Pieces,
    clock: Clock,
    seed: u64,
    loudness: Loudness,
    live: Option<LiveState>,
    cutter: Cutter,
    window: BTreeMap<u64, Arc<Samples>>,
    /// The block that is cut next from files.
    next: Option<u64>,
    asked: Option<(u64, Time)>,
}

struct LiveState {
    source: Live,
    cutter: Cutter,
    limiter: Limiter,
    /// The last block that was cut.
    last: Option<u64>,
    pending: Vec<(u64, Answer)>,
}

impl Station {
    pub(super) fn new(
        name: String,
        class: MusicClass,
        announcements: Vec<PathBuf>,
        clock: Clock,
        seed: u64,
        loudness: Loudness,
    ) -> Self {
        let pieces = Pieces::new(class.clone(), announcements, seed, loudness.clone());
        Self {
            name,
            class,
            pieces,
            clock,
            seed,
            loudness,
            live: None,
            cutter: Cutter::default(),
            window: BTreeMap::new(),
            next: None,
            asked: None,
        }
    }

    /// Until nobody can ask any more.
    pub(super) fn run(mut self, asks: &Receiver<Ask>) {
        loop {
            let ask = match self.patience() {
                Some(patience) => asks.recv_timeout(patience),
                None => asks.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match ask {
                Ok(Ask::Block(number, answer)) => {
                    self.block(number, answer);
                    // However many ask, what has come is taken.
                    self.take_live(self.clock.now());
                }
                Ok(Ask::Class(class, announcements)) => self.change(*class, announcements),
                Err(RecvTimeoutError::Timeout) => self.work(),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// How long an ask is waited for before there is something else to do; `None`: while resting.
    fn patience(&self) -> Option<Duration> {
        let (number, at) = self.asked?;
        if self.live.is_some() {
            return Some(LOOK_EVERY);
        }
        if self.next.is_some_and(|next| next <= number + AHEAD) {
            return Some(Duration::ZERO);
        }
        Some((at + REST_AFTER).since(self.clock.now()) + LOOK_EVERY)
    }

    fn work(&mut self) {
        let Some((number, at)) = self.asked else { return };
        let now = self.clock.now();
        if now.since(at) >= REST_AFTER {
            tracing::debug!(class = self.name, "nobody listens to this music");
            self.asked = None;
            self.live = None;
            self.pieces.rest();
            self.window.clear();
        } else if self.live.is_some() {
            self.take_live(now);
        } else if self.next.is_some_and(|next| next <= number + AHEAD) {
            self.cut();
        }
    }

    fn change(&mut self, class: MusicClass, announcements: Vec<PathBuf>) {
        if self.pieces.is_of(&class, &announcements) {
            self.pieces.forgive();
            return;
        }
        self.pieces = Pieces::new(class.clone(), announcements, self.seed, self.loudness.clone());
        if class.source != self.class.source {
            self.live = None;
        }
        self.class = class;
        // What was cut ahead is of the class as it was.
        let heard = self.asked.map_or(0, |(number, _)| number);
        self.window.retain(|&number, _| number <= heard);
        self.next = self.next.map(|next| next.min(heard + 1));
        self.cutter = Cutter::default();
    }

    fn block(&mut self, number: u64, answer: Answer) {
        let now = self.clock.now();
        self.asked = Some((number, now));
        self.window.retain(|&kept, _| kept + BEHIND >= number);
        if let Some(source) = self.class.source.as_ref().filter(|_| self.live.is_none()) {
            match Live::start(&self.name, source) {
                Ok(source) => {
                    self.live = Some(LiveState {
                        source,
                        cutter: Cutter::default(),
                        limiter: Limiter::new(f64::from(self.class.volume_db)),
                        last: None,
                        pending: Vec::new(),
                    });
                }
                Err(error) => tracing::error!(class = self.name, %error, "no thread for a music source"),
            }
        }
        if let Some(block) = self.window.get(&number) {
            answer(Some(Arc::clone(block)));
        } else if let Some(live) = self.live.as_mut().filter(|live| {
            // One that has begun is not waited for: whoever asks begins to listen.
            live.pending.len() < PENDING_MAX && begin_of(number) > now + LEAD
        }) {
            live.pending.push((number, answer));
        } else {
            answer(self.of_files(number));
        }
    }

    /// A block of the class's files; of silence where a live source is to come. `None`: there is nothing.
    fn of_files(&mut self, number: u64) -> Option<Arc<Samples>> {
        let next = *self.next.get_or_insert(number);
        if self.live.is_some() {
            // Files stand in here and there: they go on where they were.
            let block = self.fill();
            return Some(Arc::new(block.unwrap_or_else(silence)));
        }
        if number < next {
            return self.window.get(&number).map(Arc::clone);
        }
        if number > next + AHEAD {
            let passed = (number - next) * BLOCK as u64;
            self.pieces.pass(passed.saturating_sub(self.cutter.held() as u64));
            (self.cutter, self.next) = (Cutter::default(), Some(number));
        }
        while self.next.is_some_and(|next| next <= number) {
            self.cut();
        }
        self.window.get(&number).map(Arc::clone)
    }

    /// Cuts the next block of files.
    fn cut(&mut self) {
        let Some(next) = self.next else { return };
        if let Some(block) = self.fill() {
            self.window.insert(next, Arc::new(block));
        }
        self.next = Some(next + 1);
    }

    fn fill(&mut self) -> Option<Samples> {
        let lacks = self.cutter.lacks();
        let is_there = self.pieces.fill(lacks, self.cutter.samples());
        let block = self.cutter.cut();
        block.filter(|_| is_there)
    }

    /// Takes what has come, and answers who has waited for it or has waited long enough.
    fn take_live(&mut self, now: Time) {
        let Some(live) = &mut self.live else { return };
        let heard = self.asked.map_or(0, |(number, _)| number);
        while live.last.is_none_or(|last| last < heard + LIVE_AHEAD) {
            let Some(mut chunk) = live.source.take() else { break };
            live.limiter.run(&mut chunk);
            live.cutter.samples().append(&mut chunk);
            if let Some(block) = live.cutter.cut() {
                let first = block_at(now + LEAD) + 1;
                let number = live.last.map_or(first, |last| first.max(last + 1));
                live.last = Some(number);
                self.window.insert(number, Arc::new(block));
            }
            debug_assert!(live.cutter.held() < BLOCK_SAMPLES + CHUNK);
        }
        let (mut waiting, mut late) = (Vec::new(), Vec::new());
        for (number, answer) in core::mem::take(&mut live.pending) {
            if let Some(block) = self.window.get(&number) {
                answer(Some(Arc::clone(block)));
            } else if begin_of(number) <= now + LEAD {
                late.push((number, answer));
            } else {
                waiting.push((number, answer));
            }
        }
        live.pending = waiting;
        for (number, answer) in late {
            // Who asks for the same is told the same.
            let block = self.of_files(number);
            if let Some(block) = &block {
                self.window.insert(number, Arc::clone(block));
            }
            answer(block);
        }
    }
}

/// When a block begins to sound.
fn begin_of(number: u64) -> Time {
    Time::ZERO + Duration::from_millis(number.saturating_mul(u64::from(BLOCK_MS)))
}

fn silence() -> Samples {
    Samples { rate_hz: BLOCK_RATE_HZ, data: vec![0; BLOCK_SAMPLES] }
}
