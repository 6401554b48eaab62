//! Steps that play: prompts, tones, echo, digits out, and waiting for silence.

use super::stack::{StackId, Wait};
use crate::leg::Playing;
use crate::state::{State, Timer};
use crate::world::World;
use cordboard_app::{PlayList, PlayResult, Reply, Value};
use cordboard_base::{LegId, Time};
use cordboard_media::{
    Audio, Command, MachineDetection, MachineVerdict, Play, PlayEnd, PlayId, Playhead, Tone,
};
use core::time::Duration;

/// Every digit.
pub(crate) const ALL_DIGITS: &str = "0123456789ABCD*#";

/// Between two digits that we send, in ms (RFC 4733 §2.5.1.2 wants 40 and more between events).
const DIGIT_GAP_MS: u16 = 100;

/// What `w` in digits to send waits, in ms.
const DIGIT_WAIT_MS: u64 = 500;

/// How much later than the media engine should have decided a detection is given up, in ms.
const DETECTION_GRACE_MS: u64 = 2_000;

/// Below this a caller is quiet, in dBov.
const QUIET_DBOV: i8 = -45;

impl State {
    pub(crate) fn start_play(&mut self, w: &mut World, id: StackId, subject: LegId, list: PlayList) {
        if list.items.is_empty() {
            return self.reply(id, Reply::Played(PlayResult::Finished, Playhead::default()));
        }
        if let Some(digit) = self.typed_ahead(subject, &list.interrupt) {
            return self.reply(
                id,
                Reply::Played(PlayResult::Interrupted(digit), Playhead::at_beginning_of(&list.items)),
            );
        }
        let play = self.play(w, subject, list.items, list.interrupt);
        self.park(id, Wait::Play(play));
    }

    /// A tone without end ends with any digit.
    pub(crate) fn start_tone(&mut self, w: &mut World, id: StackId, subject: LegId, tone: Tone) {
        let interrupt = if tone.duration_ms == 0 { ALL_DIGITS.to_owned() } else { String::new() };
        let play = self.play(w, subject, vec![Audio::Tone(tone)], interrupt);
        self.park(id, Wait::Play(play));
    }

    pub(crate) fn start_echo(&mut self, now: Time, id: StackId, timeout_ms: u32) {
        if timeout_ms > 0 {
            self.timers.set(Timer::Step(id), now + Duration::from_millis(u64::from(timeout_ms)));
        }
        self.park(id, Wait::Echo);
    }

    pub(crate) fn start_silence(
        &mut self,
        w: &mut World,
        now: Time,
        id: StackId,
        subject: LegId,
        (ms, timeout_ms): (u32, u32),
    ) {
        self.watch_silence(w, subject, ms.max(1));
        self.timers.set(Timer::Step(id), now + Duration::from_millis(u64::from(timeout_ms)));
        self.park(id, Wait::Silence);
    }

    pub(crate) fn end_silence(&mut self, w: &mut World, id: StackId, subject: LegId, quiet: bool) {
        self.timers.cancel(&Timer::Step(id));
        self.watch_silence(w, subject, 0);
        self.reply(id, Reply::Value(Value::Bool(quiet)));
    }

    /// The media engine decides; should it not, such as when the leg's media are gone, time does.
    pub(crate) fn start_detection(
        &mut self,
        w: &mut World,
        now: Time,
        id: StackId,
        subject: LegId,
        detection: MachineDetection,
    ) {
        let longest = u64::from(detection.longest_ms()) + DETECTION_GRACE_MS;
        w.media(Command::DetectMachine { leg: subject, settings: Some(detection) });
        self.timers.set(Timer::Step(id), now + Duration::from_millis(longest));
        self.park(id, Wait::Machine);
    }

    pub(crate) fn detected(&mut self, id: StackId, verdict: &MachineVerdict) {
        self.timers.cancel(&Timer::Step(id));
        self.reply(id, Reply::Value(Value::of(verdict)));
    }

    pub(crate) fn detection_lost(&mut self, w: &mut World, id: StackId, subject: LegId) {
        w.media(Command::DetectMachine { leg: subject, settings: None });
        self.reply(id, Reply::Failed("nothing was detected".to_owned()));
    }

    /// Tells when a leg has been quiet for so long; 0: no longer.
    pub(crate) fn watch_silence(&self, w: &mut World, leg: LegId, ms: u32) {
        w.media(Command::WatchSilence { leg, ms, level_dbov: QUIET_DBOV });
    }

    pub(crate) fn start_digits(
        &mut self,
        w: &mut World,
        now: Time,
        id: StackId,
        subject: LegId,
        (digits, duration_ms): (String, u16),
    ) {
        let known = |c: char| ALL_DIGITS.contains(c) || c == 'w';
        if digits.len() > crate::leg::TYPED_MAX || !digits.chars().all(known) {
            return self.reply(id, Reply::Failed("not digits that can be sent".to_owned()));
        }
        let one = u64::from(duration_ms) + u64::from(DIGIT_GAP_MS);
        let total: u64 = digits.chars().map(|c| if c == 'w' { DIGIT_WAIT_MS } else { one }).sum();
        w.media(Command::SendDigits { leg: subject, digits, duration_ms, gap_ms: DIGIT_GAP_MS });
        self.timers.set(Timer::Step(id), now + Duration::from_millis(total));
        self.park(id, Wait::Pause);
    }

    /// Plays to a leg in place of whatever it hears.
    pub(crate) fn play(&mut self, w: &mut World, to: LegId, items: Vec<Audio>, interrupt: String) -> PlayId {
        let id = w.play_id();
        if let Some(leg) = self.legs.get_mut(&to) {
            leg.playing = Playing::Prompt(id, interrupt.clone());
        }
        w.media(Command::Play { leg: to, play: Play { id, items, repeat: false, interrupt } });
        id
    }

    /// Ends the prompt that a leg hears, if it hears one.
    pub(crate) fn stop_prompt(&mut self, w: &mut World, to: LegId) {
        if let Some(leg) = self.legs.get_mut(&to)
            && let Playing::Prompt(play, _) = leg.playing
        {
            w.media(Command::Stop { leg: to, play });
            leg.playing = Playing::Nothing;
        }
    }

    /// A play has ended, whoever wanted it.
    pub(crate) fn played(
        &mut self,
        w: &mut World,
        now: Time,
        to: LegId,
        play: PlayId,
        ended: (PlayEnd, Playhead),
    ) {
        let Some(leg) = self.legs.get_mut(&to) else {
            return;
        };
        match &leg.playing {
            Playing::Prompt(current, _) | Playing::Music(current, _) | Playing::Ringback(current)
                if *current == play =>
            {
                leg.playing = Playing::Nothing;
            }
            Playing::Nothing | Playing::Prompt(..) | Playing::Music(..) | Playing::Ringback(_) => {}
        }
        let Some(id) = self.driver(to) else {
            return;
        };
        match self.stacks.get(&id).map(|stack| &stack.wait) {
            Some(Wait::Play(current)) if *current == play => self.play_over(id, to, ended),
            Some(Wait::Read(reading)) if reading.prompt == Some(play) => self.prompt_over(now, id),
            Some(Wait::Message(_)) => self.beeped(w, now, id, Some(play)),
            Some(_) | None => {}
        }
    }

    /// The leg that a program played to has been replaced: what it heard is over, and the program goes on.
    pub(crate) fn prompt_lost(&mut self, w: &mut World, now: Time, id: StackId) {
        match self.stacks.get(&id).map(|stack| &stack.wait) {
            Some(Wait::Play(_)) => self.reply(id, Reply::Played(PlayResult::Finished, Playhead::default())),
            Some(Wait::Read(reading)) if reading.prompt.is_some() => self.prompt_over(now, id),
            Some(Wait::Message(_)) => self.beeped(w, now, id, None),
            Some(_) | None => {}
        }
    }

    fn play_over(&mut self, id: StackId, to: LegId, (end, at): (PlayEnd, Playhead)) {
        let result = match end {
            PlayEnd::Finished | PlayEnd::Stopped => PlayResult::Finished,
            PlayEnd::Missing(name) => PlayResult::Missing(name),
            PlayEnd::Interrupted(digit) => {
                self.take_interrupt(to, digit);
                PlayResult::Interrupted(digit)
            }
        };
        self.reply(id, Reply::Played(result, at));
    }
}
