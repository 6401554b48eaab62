//! Recordings of a call's legs: begun by programs, by rule, or by the in-call feature code; told of when their files are complete.
//!
//! ```text
//! Waiting ──the leg is audible──▶ Running ◀─▶ paused ──stop, leg's end──▶ Ending ──RecordingEnded──▶ record, hook
//! ```
//! A recording is a leg's: it goes on whatever the leg is connected with, and moves with it to another call.

use crate::leg::Leg;
use crate::program::stack::{Stack, StackId};
use crate::record::RecordingRecord;
use crate::state::{State, Timer};
use crate::world::World;
use crate::{Fact, OfficeRecording};
use cordboard_app::{BeepWish, Level, RecordAction, RecordOptions, RecordRule, RecordingInfo, Reply, Value};
use cordboard_base::{CallId, LegId, Time};
use cordboard_media::{
    Audio, Command, RECORDINGS_MAX, RecordPause, RecordPlace, RecordSettings, RecordingId, RecordingOf, Tone,
};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// Recordings of one leg whose files are not complete yet. Those that run are [`RECORDINGS_MAX`] at most.
const OPEN_MAX: usize = 16;
/// Recordings of one call that its record and its hooks tell of.
pub(crate) const RECORDINGS_TOLD_MAX: usize = 256;
/// A file is complete so long after its leg has gone, or is not waited for.
pub(crate) const COMPLETE_TIME: Duration = Duration::from_secs(10);
/// The longest part of a file's name that is made of what a caller supplied.
const PART_CHARS_MAX: usize = 40;
/// Both sides hear that a recording on demand begins, and that it rests.
const STARTED_HZ: u16 = 1_400;
const RESTS_HZ: u16 = 700;
/// The one who asked hears that it can't begin.
const REFUSED_HZ: u16 = 425;
const TONE_MS: u32 = 200;
const TONE_DBM0: i8 = -16;

/// A recording of a leg.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LegRecording {
    pub(crate) number: u32,
    stage: Stage,
    paused: Option<RecordPause>,
    keeper: Keeper,
    #[serde(default)]
    place: RecordPlace,
}

/// Who wanted a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Keeper {
    /// A program, which can have several side by side.
    #[serde(alias = "Office")]
    Program,
    /// A rule: of the dialplan's for a talk, or of the user who talks.
    Rule,
    /// Who talks, by the feature code, which may also let it rest.
    OnDemand,
    /// A program of this call, which takes a message: told to nobody else.
    Message(CallId),
}

impl Keeper {
    /// Whether both are of one kind, of which a leg has one recording at a time.
    fn is_alike(self, other: Self) -> bool {
        self != Self::Program && core::mem::discriminant(&self) == core::mem::discriminant(&other)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    /// For the leg to be audible.
    Waiting(Box<RecordSettings>),
    Running,
    /// Its file is not complete yet.
    Ending,
}

impl LegRecording {
    fn is_on(&self) -> bool {
        self.stage != Stage::Ending
    }

    /// Whether the media engine knows of it.
    pub(crate) fn is_begun(&self) -> bool {
        !matches!(self.stage, Stage::Waiting(_))
    }

    /// Its end is asked for; whether the media engine is to be told.
    pub(crate) fn ends(&mut self) -> bool {
        let runs = self.stage == Stage::Running;
        if runs {
            self.stage = Stage::Ending;
        }
        runs
    }
}

impl State {
    /// A program wants its leg recorded.
    pub(crate) fn step_record(&mut self, w: &mut World, id: StackId, subject: LegId, options: RecordOptions) {
        let reply = match self.record_leg(w, subject, options, Keeper::Program) {
            Some(number) => Reply::Value(Value::Int(i64::from(number))),
            None => Reply::Failed(format!(
                "the caller is recorded {RECORDINGS_MAX} times already, that is the most"
            )),
        };
        self.reply(id, reply);
    }

    /// A program pauses, goes on with or stops one.
    pub(crate) fn control_recording(&mut self, w: &mut World, number: u32, action: RecordAction) {
        let of = |leg: &&Leg| leg.recordings.iter().any(|recording| recording.number == number);
        let recorded = self.legs.values().find(of).map(|leg| leg.id);
        if let Some(leg) = recorded {
            self.control(w, leg, number, action);
        }
    }

    fn record_leg(
        &mut self,
        w: &mut World,
        id: LegId,
        options: RecordOptions,
        keeper: Keeper,
    ) -> Option<u32> {
        let settings = self.record_settings(&w.office.recording, options);
        self.begin_recording(w, id, settings, keeper)
    }

    /// Begins to record a leg when it is audible. `None`: too many of its files are open.
    pub(crate) fn begin_recording(
        &mut self,
        w: &mut World,
        id: LegId,
        settings: RecordSettings,
        keeper: Keeper,
    ) -> Option<u32> {
        let leg = self.legs.get_mut(&id).filter(|leg| leg.recordings.len() < OPEN_MAX)?;
        // The one before of the same kind ends; others go on beside it.
        leg.recordings.retain(|before| before.is_begun() || !before.keeper.is_alike(keeper));
        for before in leg.recordings.iter_mut().filter(|before| before.keeper.is_alike(keeper)) {
            if before.ends() {
                let id = RecordingId { of: RecordingOf::Leg(id), number: before.number };
                w.media(Command::EndRecording { id });
            }
        }
        if leg.recordings.iter().filter(|before| before.is_on()).count() >= RECORDINGS_MAX {
            return None;
        }
        let number = w.recording_number();
        let place = settings.file.place;
        let stage = Stage::Waiting(Box::new(settings));
        leg.recordings.push(LegRecording { number, stage, paused: None, keeper, place });
        Some(number)
    }

    fn record_settings(&self, office: &OfficeRecording, options: RecordOptions) -> RecordSettings {
        let template = options.name.unwrap_or_else(|| office.name.clone());
        let parts = [
            ("{caller}", self.info.caller.number.as_str()),
            ("{called}", self.info.dialed.as_str()),
            ("{call}", self.info.call.as_str()),
        ];
        let name = parts.iter().fold(template, |name, (key, value)| name.replace(key, &name_part(value)));
        RecordSettings {
            name,
            format: options.format.unwrap_or(office.format),
            sides: options.sides.unwrap_or(office.sides),
            beep: match options.beep {
                None => office.beep,
                Some(BeepWish::Off) => None,
                Some(BeepWish::On(beep)) => Some(beep),
            },
            gain_db: 0,
            file: options.file,
        }
    }

    fn control(&mut self, w: &mut World, id: LegId, number: u32, action: RecordAction) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let Some(recording) = leg.recordings.iter_mut().find(|recording| recording.number == number) else {
            return;
        };
        let recording_id = RecordingId { of: RecordingOf::Leg(id), number };
        let begun = recording.stage == Stage::Running;
        match action {
            RecordAction::Pause(_) | RecordAction::Resume => {
                let pause = match action {
                    RecordAction::Pause(pause) => Some(pause),
                    RecordAction::Resume | RecordAction::Stop => None,
                };
                if recording.is_on() && recording.paused != pause {
                    recording.paused = pause;
                    if begun {
                        w.media(Command::PauseRecording { id: recording_id, pause });
                    }
                }
            }
            RecordAction::Stop if begun => {
                recording.stage = Stage::Ending;
                w.media(Command::EndRecording { id: recording_id });
            }
            RecordAction::Stop => {
                leg.recordings.retain(|recording| recording.number != number || recording.is_begun())
            }
        }
    }

    /// Begins what waits for a leg to be audible.
    pub(crate) fn settle_recordings(&mut self, w: &mut World, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id).filter(|leg| leg.is_audible() && leg.setup.is_some()) else {
            return;
        };
        for recording in &mut leg.recordings {
            let Stage::Waiting(settings) = &recording.stage else { continue };
            let recording_id = RecordingId { of: RecordingOf::Leg(id), number: recording.number };
            w.media(Command::Record { id: recording_id, settings: settings.as_ref().clone() });
            if let Some(pause) = recording.paused {
                w.media(Command::PauseRecording { id: recording_id, pause: Some(pause) });
            }
            recording.stage = Stage::Running;
        }
    }

    /// A talk begins: it is recorded if a rule wants that.
    pub(crate) fn record_by_rule(
        &mut self,
        w: &mut World,
        caller: LegId,
        callee: LegId,
        asked: Option<RecordRule>,
    ) {
        let users = &w.office.recording.users;
        let of = |leg: LegId| {
            let user = self.legs.get(&leg).and_then(Leg::user);
            user.and_then(|user| users.get(user)).copied().unwrap_or_default()
        };
        let rule = asked.unwrap_or_else(|| of(caller).max(of(callee)));
        self.record_on_demand = rule == RecordRule::OnDemand;
        let is_the_rules = |recording: &LegRecording| recording.is_on() && recording.keeper == Keeper::Rule;
        let records = self.legs.get(&caller).is_some_and(|leg| leg.recordings.iter().any(is_the_rules));
        if rule == RecordRule::Always && !records {
            let begun = self.record_leg(w, caller, RecordOptions::default(), Keeper::Rule);
            if begun.is_none() {
                let text = format!(
                    "leg {caller} is not recorded as the rule wants: it is {RECORDINGS_MAX} times already"
                );
                self.log(w, Level::Warn, text);
            }
        }
    }

    /// On demand: begins, rests, goes on in the same file.
    pub(crate) fn toggle_recording(&mut self, w: &mut World, from: LegId, partner: LegId) {
        let recorded = self.subject().filter(|subject| [from, partner].contains(subject)).unwrap_or(from);
        let Some(leg) = self.legs.get(&recorded) else { return };
        // What a rule or a program records is not for those who talk to stop; theirs is another file.
        let is_theirs = |recording: &&LegRecording| recording.is_on() && recording.keeper == Keeper::OnDemand;
        let (hz, action) = match leg.recordings.iter().find(is_theirs) {
            None => (STARTED_HZ, None),
            Some(recording) if recording.paused.is_some() => {
                (STARTED_HZ, Some((recording.number, RecordAction::Resume)))
            }
            Some(recording) => (RESTS_HZ, Some((recording.number, RecordAction::Pause(RecordPause::Gap)))),
        };
        let begun = match action {
            Some((number, action)) => {
                self.control(w, recorded, number, action);
                true
            }
            None => self.record_leg(w, recorded, RecordOptions::default(), Keeper::OnDemand).is_some(),
        };
        let (hz, hear) =
            if begun { (hz, [Some(from), Some(partner)]) } else { (REFUSED_HZ, [Some(from), None]) };
        let cadence_ms = Vec::new();
        let tone = Tone { frequencies_hz: [hz, 0], level_dbm0: TONE_DBM0, cadence_ms, duration_ms: TONE_MS };
        for leg in hear.into_iter().flatten() {
            self.play(w, leg, vec![Audio::Tone(tone.clone())], String::new());
        }
    }

    /// A recording's file is complete, or could not be written on.
    pub(crate) fn recording_ended(
        &mut self,
        w: &mut World,
        now: Time,
        id: RecordingId,
        (file, ms, failure): (String, u64, Option<String>),
    ) {
        let RecordingOf::Leg(leg_id) = id.of else { return };
        let Some(leg) = self.legs.get_mut(&leg_id) else { return };
        let Some(at) = leg.recordings.iter().position(|recording| recording.number == id.number) else {
            return;
        };
        let was = leg.recordings.remove(at);
        if failure.is_some() && was.stage == Stage::Running {
            w.media(Command::EndRecording { id });
        }
        if let Some(failure) = &failure {
            self.log(w, Level::Error, format!("recording of leg {leg_id} ended: {failure}"));
        }
        if let Keeper::Message(call) = was.keeper {
            self.check_recordings(leg_id);
            return self.message_recorded(w, call, id.number, (file, ms, failure));
        }
        let recording = RecordingInfo { call: self.info.call.clone(), path: file, ms, failure };
        w.fact(self.id, Fact::Recorded { leg: leg_id, recording: recording.clone() });
        match was.place {
            RecordPlace::Recordings => self.keep_recording(now, leg_id, recording),
            // The application's that began it, and nobody else's.
            RecordPlace::Data => {}
        }
        self.check_recordings(leg_id);
    }

    /// For the call's record and the dialplan.
    fn keep_recording(&mut self, now: Time, leg: LegId, recording: RecordingInfo) {
        if self.recordings.len() < RECORDINGS_TOLD_MAX {
            let RecordingInfo { path, ms, failure, .. } = recording.clone();
            self.recordings.push(RecordingRecord { leg, path, ms, failure, ended_us: now.as_micros() });
            self.recorded.push(recording);
        }
    }

    /// A leg's media session is gone: its files are complete soon, or not waited for.
    pub(crate) fn await_recordings(&mut self, w: &mut World, now: Time, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let (begun, never) =
            core::mem::take(&mut leg.recordings).into_iter().partition(LegRecording::is_begun);
        leg.recordings = begun;
        let never: Vec<LegRecording> = never;
        let open = !leg.recordings.is_empty();
        for recording in never {
            if let Keeper::Message(call) = recording.keeper {
                self.message_recorded(w, call, recording.number, (String::new(), 0, None));
            }
        }
        if open {
            self.timers.set(Timer::Recordings(id), now + COMPLETE_TIME);
        }
    }

    pub(crate) fn recordings_timer(&mut self, w: &mut World, id: LegId) {
        let Some(leg) = self.legs.get_mut(&id) else { return };
        let late = core::mem::take(&mut leg.recordings);
        self.log(w, Level::Error, format!("recordings of leg {id} were not completed in time"));
        for recording in late {
            if let Keeper::Message(call) = recording.keeper {
                let failure = Some("the disk did not keep up".to_owned());
                self.message_recorded(w, call, recording.number, (String::new(), 0, failure));
            }
        }
    }

    fn check_recordings(&mut self, id: LegId) {
        if self.legs.get(&id).is_some_and(|leg| leg.recordings.is_empty()) {
            self.timers.cancel(&Timer::Recordings(id));
        }
    }

    /// Whether files of this call are still being written.
    pub(crate) fn is_recorded(&self) -> bool {
        !self.recorded.is_empty()
            || self.legs.values().any(|leg| leg.recordings.iter().any(LegRecording::is_begun))
    }
}

impl Stack {
    /// One that asks and notes, and drives nothing.
    pub(crate) fn beside(subject: LegId) -> Self {
        Self { hung: Some(cordboard_app::Cause::NORMAL), ..Self::new(subject, 0, Default::default()) }
    }
}

/// What may stand in a file's name of what somebody supplied.
fn name_part(text: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '_') { c } else { '_' };
    let part: String = text.chars().take(PART_CHARS_MAX).map(fits).collect();
    if part.is_empty() { "unknown".to_owned() } else { part }
}

#[cfg(test)]
mod tests {
    use super::name_part;

    #[test]
    fn nothing_that_a_caller_supplies_leads_anywhere_in_a_files_name() {
        for (text, part) in [
            ("+44 20-7946", "+44_20-7946"),
            ("../../etc/passwd", "______etc_passwd"),
            ("..", "__"),
            (".hidden", "_hidden"),
            ("/", "_"),
            ("a\0b\r\n\\", "a_b___"),
            ("{called}{date}", "_called__date_"),
            ("Zoë 電話", "Zo____"),
            ("", "unknown"),
        ] {
            assert_eq!(name_part(text), part);
        }
        assert_eq!(name_part(&"9".repeat(100_000)), "9".repeat(super::PART_CHARS_MAX));
    }
}
