//! The office's legs: what the exchange commands, and what a leg's time brings.

use super::person::PhoneLine;
use super::playing::{Ears, Lengths, Playing, Progress};
use super::{Side, Stage};
use cordboard_base::{LegId, Time};
use cordboard_media::{
    Answerer, AnswererCause, Command, Event, MachineDetection, MachineVerdict, MixId, MixInput, Play,
    PlayEnd, PlayId, RecordPlace, RecordSettings, RecordingId, RecordingOf, Source, StreamSetup, StreamStats,
};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::BTreeMap;

/// A file in which nothing was said holds so much silence.
const NOTHING_SAID_MS: u64 = 200;

#[derive(Debug)]
pub(super) struct OfficeLeg {
    pub(super) audio: Option<StreamSetup>,
    pub(super) source: Source,
    pub(super) playing: Option<Playing>,
    watch: Option<Watch>,
    detection: Option<(Time, MachineDetection)>,
    pub(super) recording: Option<Running>,
    pub(super) said_into: BTreeMap<MixId, MixInput>,
    withholds: bool,
    address: SocketAddr,
}

/// A watch for silence.
#[derive(Debug)]
struct Watch {
    ms: u32,
    quiet_since: Time,
    reported: bool,
}

/// A recording that runs.
#[derive(Debug)]
pub(super) struct Running {
    pub(super) id: RecordingId,
    pub(super) settings: RecordSettings,
    pub(super) began: Time,
}

impl OfficeLeg {
    pub(super) fn remote(&self) -> Option<SocketAddr> {
        self.audio.as_ref()?.remote_rtp
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let play = self.playing.as_ref().and_then(Playing::ends);
        let watch = self.watch.as_ref().and_then(Watch::due);
        let detection = self.detection.as_ref().map(|(due, _)| *due);
        [play, watch, detection].into_iter().flatten().min()
    }

    /// Whether a prompt covers what it would hear else.
    pub(super) fn is_covered(&self) -> bool {
        self.playing.is_some()
    }

    /// The one at its other end speaks until then.
    pub(super) fn hears_speech(&mut self, until: Time) {
        if let Some(watch) = &mut self.watch {
            watch.quiet_since = watch.quiet_since.max(until);
            watch.reported = false;
        }
    }
}

impl Watch {
    fn due(&self) -> Option<Time> {
        (!self.reported).then(|| self.quiet_since + Duration::from_millis(u64::from(self.ms)))
    }
}

impl Stage {
    /// A command of the exchange's.
    pub(crate) fn command_office(&mut self, now: Time, ip: IpAddr, command: Command) {
        match command {
            Command::Open { leg, video, .. } => {
                let address = self.bind(Side::Office, leg, ip, video);
                let opened = OfficeLeg {
                    audio: None,
                    source: Source::Nothing,
                    playing: None,
                    watch: None,
                    detection: None,
                    recording: None,
                    said_into: BTreeMap::new(),
                    withholds: false,
                    address,
                };
                self.office.insert(leg, opened);
            }
            Command::Setup { leg, audio, .. } => {
                self.with_leg(leg, |it| it.audio = audio);
                self.find_ears(leg);
            }
            Command::Hear { leg, source } => self.with_leg(leg, |it| it.source = source),
            Command::Play { leg, play } => self.play(now, leg, play),
            Command::Stop { leg, play } => self.stop(now, leg, Some(play), PlayEnd::Stopped),
            Command::SendDigits { leg, digits, duration_ms, gap_ms } => {
                if let Some(line) = self.line_of(leg) {
                    self.line_gets_digits(now, line, &digits, (duration_ms, gap_ms));
                }
            }
            Command::WithholdDigits { leg, withheld } => self.with_leg(leg, |it| it.withholds = withheld),
            Command::WatchSilence { leg, ms, .. } => self.watch(now, leg, ms),
            Command::DetectMachine { leg, settings } => self.with_leg(leg, |it| {
                let due = |settings: &MachineDetection| {
                    now + Duration::from_millis(u64::from(settings.initial_silence_ms))
                };
                it.detection = settings.map(|settings| (due(&settings), settings));
            }),
            Command::Record { id, settings } => self.record(now, id, settings),
            // A pause keeps its time in the file, but where it wants a gap: too little to be told of.
            Command::PauseRecording { .. } => {}
            Command::EndRecording { id } => self.end_recording(now, id),
            Command::Mix { mix, settings } => self.mix(mix).settings = settings,
            Command::EndMix { mix } => self.end_mix(now, mix),
            Command::SayInto { mix, leg, input } => self.with_leg(leg, |it| match input {
                Some(input) => drop(it.said_into.insert(mix, input)),
                None => drop(it.said_into.remove(&mix)),
            }),
            Command::PlayInto { mix, play } => self.play_into(now, mix, play),
            Command::HearingVolume { .. } => {}
            Command::Close { leg } => self.close_office(now, leg),
        }
    }

    fn with_leg(&mut self, leg: LegId, change: impl FnOnce(&mut OfficeLeg)) {
        if let Some(it) = self.office.get_mut(&leg) {
            change(it);
        }
    }

    fn play(&mut self, now: Time, leg: LegId, play: Play) {
        self.stop(now, leg, None, PlayEnd::Stopped);
        let who = self.ears_of(leg);
        let Some(it) = self.office.get_mut(&leg) else { return };
        let mut playing = Playing::new(play);
        let id = playing.id();
        let lengths = Lengths { prompts: &self.prompts, files: &self.files };
        let mut ears = Ears { heard: &mut self.heard, lines: vec![who] };
        match playing.begin(now, (&lengths, &mut ears)) {
            Progress::Goes => it.playing = Some(playing),
            Progress::Over(end, at) => {
                self.tell(Side::Office, Event::Played { leg, play: id, end, at });
            }
        }
    }

    /// Ends what is played, if it is this one; `None`: whatever it is.
    fn stop(&mut self, now: Time, leg: LegId, which: Option<PlayId>, end: PlayEnd) {
        let Some(it) = self.office.get_mut(&leg) else { return };
        if it.playing.as_ref().is_none_or(|playing| which.is_some_and(|which| which != playing.id())) {
            return;
        }
        let Some(mut playing) = it.playing.take() else { return };
        let mut ears = Ears { heard: &mut self.heard, lines: Vec::new() };
        playing.cut(now, &mut ears);
        let (play, at) = (playing.id(), playing.playhead(now));
        self.tell(Side::Office, Event::Played { leg, play, end, at });
    }

    fn watch(&mut self, now: Time, leg: LegId, ms: u32) {
        let speaks_until =
            self.line_of(leg).and_then(|line| self.lines.get(&line)).and_then(|line| line.speaks_until());
        self.with_leg(leg, |it| {
            let quiet_since = speaks_until.map_or(now, |until| until.max(now));
            it.watch = (ms > 0).then_some(Watch { ms, quiet_since, reported: false });
        });
    }

    /// The one at a leg's other end presses a key.
    pub(super) fn digit(&mut self, now: Time, leg: LegId, digit: char) {
        self.tell(Side::Office, Event::Digit { leg, digit, duration_ms: 100, is_passed_on: false });
        let playing = self.office.get(&leg).and_then(|it| it.playing.as_ref());
        if playing.is_some_and(|playing| playing.is_interrupted_by(digit)) {
            self.stop(now, leg, None, PlayEnd::Interrupted(digit));
        }
        if self.office.get(&leg).is_some_and(|it| it.withholds) {
            return;
        }
        let hears = |it: &OfficeLeg| it.source == Source::Leg(leg) && !it.is_covered();
        let listeners = self.office.iter().filter(|(_, it)| hears(it));
        let lines: Vec<(usize, LegId)> = listeners.filter_map(|(leg, _)| self.line_of(*leg)).collect();
        for line in lines {
            self.tell(
                Side::Phone(line.0),
                Event::Digit { leg: line.1, digit, duration_ms: 100, is_passed_on: false },
            );
        }
    }

    fn record(&mut self, now: Time, id: RecordingId, settings: RecordSettings) {
        self.end_recording_of(now, id.of);
        let running = Running { id, settings, began: now };
        match id.of {
            RecordingOf::Leg(leg) => self.with_leg(leg, |it| it.recording = Some(running)),
            RecordingOf::Mix(mix) => self.mix(mix).recording = Some(running),
        }
    }

    fn end_recording(&mut self, now: Time, id: RecordingId) {
        let running = match id.of {
            RecordingOf::Leg(leg) => self.office.get(&leg).and_then(|it| it.recording.as_ref()),
            RecordingOf::Mix(mix) => self.mixes.get(&mix).and_then(|it| it.recording.as_ref()),
        };
        if running.is_some_and(|running| running.id == id) {
            self.end_recording_of(now, id.of);
        }
    }

    pub(super) fn end_recording_of(&mut self, now: Time, of: RecordingOf) {
        let (running, spoke) = match of {
            RecordingOf::Leg(leg) => {
                let spoke = self
                    .line_of(leg)
                    .and_then(|line| self.lines.get(&line))
                    .and_then(|line| line.speaks_until());
                (self.office.get_mut(&leg).and_then(|it| it.recording.take()), spoke)
            }
            RecordingOf::Mix(mix) => (self.mixes.get_mut(&mix).and_then(|it| it.recording.take()), None),
        };
        let Some(Running { id, settings, began }) = running else { return };
        let until = if settings.file.trim { spoke.unwrap_or(began).min(now) } else { now };
        let ms = u64::try_from(until.since(began).as_millis()).unwrap_or(u64::MAX).max(NOTHING_SAID_MS);
        let file = format!("{}.{}", settings.name, settings.format.extension());
        let path = match settings.file.place {
            RecordPlace::Recordings => format!("recordings/{file}"),
            RecordPlace::Data => file.clone(),
        };
        self.files.insert(path, ms);
        self.tell(Side::Office, Event::RecordingEnded { id, file, ms, failure: None });
    }

    fn close_office(&mut self, now: Time, leg: LegId) {
        self.end_recording_of(now, RecordingOf::Leg(leg));
        self.stop(now, leg, None, PlayEnd::Stopped);
        if let Some(it) = self.office.remove(&leg) {
            self.by_address.remove(&it.address);
            self.tell(Side::Office, Event::Closed { leg, stats: StreamStats::default() });
        }
    }

    pub(super) fn tick_office(&mut self, now: Time, leg: LegId) {
        let due = |at: Option<Time>| at.is_some_and(|at| at <= now);
        while self.office.get(&leg).is_some_and(|it| due(it.playing.as_ref().and_then(Playing::ends))) {
            self.advance(now, leg);
        }
        let Some(it) = self.office.get_mut(&leg) else { return };
        if let Some(watch) = it.watch.as_mut().filter(|watch| due(watch.due())) {
            watch.reported = true;
            self.tell(Side::Office, Event::Silence { leg });
        }
        self.detect(now, leg);
    }

    fn advance(&mut self, now: Time, leg: LegId) {
        let who = self.ears_of(leg);
        let Some(it) = self.office.get_mut(&leg) else { return };
        let Some(playing) = &mut it.playing else { return };
        let lengths = Lengths { prompts: &self.prompts, files: &self.files };
        let mut ears = Ears { heard: &mut self.heard, lines: vec![who] };
        if let Progress::Over(end, at) = playing.advance(now, (&lengths, &mut ears)) {
            let play = playing.id();
            it.playing = None;
            self.tell(Side::Office, Event::Played { leg, play, end, at });
        }
    }

    /// Who says nothing at first is a machine, who speaks is a person, unless it was said to be a machine.
    fn detect(&mut self, now: Time, leg: LegId) {
        let Some(it) = self.office.get_mut(&leg) else { return };
        let Some((due, settings)) = it.detection.take_if(|(due, _)| *due <= now) else { return };
        let line = self.line_of(leg).and_then(|line| self.lines.get(&line));
        let began = due.as_micros().saturating_sub(u64::from(settings.initial_silence_ms) * 1_000);
        let spoke = line.and_then(PhoneLine::speaks_until).is_some_and(|until| until.as_micros() >= began);
        let (answerer, cause) = match (line.is_some_and(|line| line.is_machine), spoke) {
            (true, _) => (Answerer::Machine, AnswererCause::LongGreeting),
            (false, true) => (Answerer::Human, AnswererCause::Silence),
            (false, false) => (Answerer::Machine, AnswererCause::InitialSilence),
        };
        let verdict = MachineVerdict {
            answerer,
            cause,
            ms: settings.initial_silence_ms,
            words: u32::from(spoke),
            beep: settings.beep_ms > 0 && answerer == Answerer::Machine,
        };
        self.tell(Side::Office, Event::Detected { leg, verdict });
    }
}
