//! Taking a message: a beep, what the caller says into a file of an application's, and its end.
//!
//! ```text
//! Beep ──played──▶ Speaking ──digit, silence, time, hang-up──▶ Ending ──RecordingEnded──▶ Taken
//!   └─ hang-up ─▶ Taken, of no file
//! ```
//! The reply waits until the file is on the disk, whoever is gone by then: what a program tells of it outlives a power cut.

use super::stack::{StackId, Wait};
use crate::recording::{Keeper, LegRecording};
use crate::state::{State, Timer};
use crate::world::{Errand, World};
use cordboard_app::{MessageEnd, Reply, TakeMessage};
use cordboard_base::{CallId, LegId, Time};
use cordboard_media::{
    Audio, Command, PlayId, RecordFile, RecordFormat, RecordPlace, RecordSettings, RecordSides, RecordingId,
    RecordingOf, Tone,
};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// What tells callers to speak.
const BEEP: Tone =
    Tone { frequencies_hz: [1_000, 0], level_dbm0: -13, cadence_ms: Vec::new(), duration_ms: 200 };

/// A message being taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Message {
    wanted: TakeMessage,
    stage: Stage,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Stage {
    Beep(PlayId),
    /// The caller speaks into this recording.
    Speaking(u32),
    /// Its file is not complete yet.
    Ending(u32, MessageEnd),
}

impl Message {
    fn is_of(&self, recording: u32) -> bool {
        match self.stage {
            Stage::Beep(_) => false,
            Stage::Speaking(number) | Stage::Ending(number, _) => number == recording,
        }
    }
}

impl State {
    pub(crate) fn start_message(
        &mut self,
        w: &mut World,
        now: Time,
        id: StackId,
        subject: LegId,
        wanted: TakeMessage,
    ) {
        if wanted.beep {
            let play = self.play(w, subject, vec![Audio::Tone(BEEP)], String::new());
            self.park(id, Wait::Message(Box::new(Message { wanted, stage: Stage::Beep(play) })));
        } else {
            self.start_speaking(w, now, id, subject, wanted);
        }
    }

    /// A play that a stack in [`Wait::Message`] waited for has ended.
    pub(crate) fn beeped(&mut self, w: &mut World, now: Time, id: StackId, play: Option<PlayId>) {
        let Some(stack) = self.stacks.get(&id) else { return };
        let Wait::Message(message) = &stack.wait else { return };
        let Stage::Beep(beep) = message.stage else { return };
        if play.is_none_or(|play| play == beep) {
            let (subject, wanted) = (stack.subject, message.wanted.clone());
            self.start_speaking(w, now, id, subject, wanted);
        }
    }

    fn start_speaking(&mut self, w: &mut World, now: Time, id: StackId, subject: LegId, wanted: TakeMessage) {
        let settings = RecordSettings {
            name: wanted.file.clone(),
            format: RecordFormat::Wav,
            sides: RecordSides::Says,
            beep: None,
            gain_db: wanted.gain_db,
            file: RecordFile { place: RecordPlace::Data, durable: true, trim: true },
        };
        let Some(number) = self.begin_recording(w, subject, settings, Keeper::Message(self.id)) else {
            return self.reply(id, Reply::Failed("too many recordings of one leg".to_owned()));
        };
        if let Some(leg) = self.legs.get_mut(&subject) {
            // Pressed to skip what came before.
            leg.typed.clear();
        }
        if wanted.silence_ms > 0 {
            self.watch_silence(w, subject, wanted.silence_ms);
        }
        self.timers.set(Timer::Step(id), now + Duration::from_millis(u64::from(wanted.max_ms.max(1))));
        self.park(id, Wait::Message(Box::new(Message { wanted, stage: Stage::Speaking(number) })));
    }

    /// Ends the message that a stack takes; its reply comes when the file is complete.
    pub(crate) fn end_message(&mut self, w: &mut World, id: StackId, end: MessageEnd) {
        let Some(stack) = self.stacks.get_mut(&id) else { return };
        let subject = stack.subject;
        let Wait::Message(message) = &mut stack.wait else { return };
        let number = match message.stage {
            Stage::Beep(_) => {
                let (file, ms) = (String::new(), 0);
                return stack.reply(Reply::Taken { file, ms, end });
            }
            Stage::Speaking(number) => number,
            Stage::Ending(..) => return,
        };
        message.stage = Stage::Ending(number, end);
        let watched = message.wanted.silence_ms > 0;
        self.timers.cancel(&Timer::Step(id));
        // A leg that is gone has taken the recording's end with it.
        if self.is_live(subject) {
            if watched {
                self.watch_silence(w, subject, 0);
            }
            self.stop_recording(w, subject, number);
        }
        let begun = |leg: &crate::leg::Leg| leg.recordings.iter().any(|recording| recording.number == number);
        if !self.legs.get(&subject).is_some_and(begun) {
            self.message_complete(number, String::new(), 0, None);
        }
    }

    /// A digit while a message is taken; one that does not end it is part of it.
    pub(crate) fn message_digit(&mut self, w: &mut World, id: StackId, digit: char) {
        let Some(Wait::Message(message)) = self.stacks.get(&id).map(|stack| &stack.wait) else { return };
        if message.wanted.ends.contains(digit) && matches!(message.stage, Stage::Speaking(_)) {
            self.end_message(w, id, MessageEnd::Digit(digit));
        }
    }

    /// The recording of a message that this call takes is complete.
    pub(crate) fn message_complete(&mut self, number: u32, file: String, ms: u64, failure: Option<String>) {
        let stack = self
            .stacks
            .values_mut()
            .find(|stack| matches!(&stack.wait, Wait::Message(message) if message.is_of(number)));
        let Some(stack) = stack else { return };
        let Wait::Message(message) = &stack.wait else { return };
        let end = match (failure, &message.stage) {
            (Some(text), _) => MessageEnd::Failed(text),
            (None, Stage::Ending(_, end)) => end.clone(),
            // Nobody has ended it: its leg is gone, or has begun something else.
            (None, Stage::Beep(_) | Stage::Speaking(_)) => MessageEnd::HungUp,
        };
        let ms = u32::try_from(ms).unwrap_or(u32::MAX);
        stack.reply(Reply::Taken { file, ms, end });
    }

    /// The recording of a message is complete; its leg may be in another call by now.
    pub(crate) fn message_recorded(
        &mut self,
        w: &mut World,
        of: CallId,
        number: u32,
        (file, ms, failure): (String, u64, Option<String>),
    ) {
        if of == self.id {
            self.message_complete(number, file, ms, failure);
        } else {
            w.errands.push_back(Errand::Message { call: of, number, file, ms, failure });
        }
    }

    fn stop_recording(&mut self, w: &mut World, leg: LegId, number: u32) {
        let Some(leg) = self.legs.get_mut(&leg) else { return };
        let id = RecordingId { of: RecordingOf::Leg(leg.id), number };
        let begun =
            leg.recordings.iter_mut().find(|one| one.number == number).is_some_and(LegRecording::ends);
        if begun {
            w.media(Command::EndRecording { id });
        } else {
            leg.recordings.retain(|recording| recording.number != number || recording.is_begun());
        }
    }
}
