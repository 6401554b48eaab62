//! A phone in the world: the softphone core, its media engine whose recording is the ear, and what its display showed.

use crate::media_side::MediaSide;
use crate::sounds::Sound;
use cordboard_base::{LegId, Time};
use cordboard_media::{
    Audio, Command as MediaCommand, Play, PlayId, RecordSettings, RecordSides, RecordingId, RecordingOf,
};
use cordboard_phone::{Happening, Phone};
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::BTreeSet;

/// The play by which a phone speaks.
const VOICE: PlayId = PlayId(1);
/// How long a phone is silent: no test is longer.
const SILENCE_MS: u32 = 86_400_000;

/// One phone.
pub(crate) struct PhoneNode {
    pub(crate) user: String,
    pub(crate) phone: Phone,
    pub(crate) media: MediaSide,
    /// Its SIP address, inside of a NAT if it has one.
    pub(crate) sip: SocketAddr,
    /// What its display showed, with the time.
    pub(crate) happened: Vec<(Time, Happening)>,
    /// Those that a test has looked at.
    pub(crate) seen: usize,
    /// Whether it speaks and listens; a mute one saves time.
    pub(crate) mute: bool,
    pub(crate) voice: Sound,
    /// It answers by itself, so long after it has begun to ring.
    pub(crate) answers_after: Option<Duration>,
    speaking: BTreeSet<LegId>,
}

impl PhoneNode {
    pub(crate) fn new(user: &str, phone: Phone, media: MediaSide, sip: SocketAddr, voice: Sound) -> Self {
        Self {
            user: user.to_owned(),
            phone,
            media,
            sip,
            happened: Vec::new(),
            seen: 0,
            mute: false,
            voice,
            answers_after: None,
            speaking: BTreeSet::new(),
        }
    }

    /// A command of the phone's to its engine. With the first description it begins to speak and to listen.
    pub(crate) fn command(&mut self, now: Time, command: MediaCommand) {
        let begins = match &command {
            MediaCommand::Setup { leg, audio: Some(_), .. } if !self.mute => Some(*leg),
            MediaCommand::Close { leg } => {
                self.speaking.remove(leg);
                None
            }
            MediaCommand::Setup { .. }
            | MediaCommand::Open { .. }
            | MediaCommand::Hear { .. }
            | MediaCommand::Play { .. }
            | MediaCommand::Stop { .. }
            | MediaCommand::SendDigits { .. }
            | MediaCommand::WithholdDigits { .. }
            | MediaCommand::WatchSilence { .. }
            | MediaCommand::DetectMachine { .. }
            | MediaCommand::Mix { .. }
            | MediaCommand::EndMix { .. }
            | MediaCommand::SayInto { .. }
            | MediaCommand::PlayInto { .. }
            | MediaCommand::HearingVolume { .. }
            | MediaCommand::Record { .. }
            | MediaCommand::PauseRecording { .. }
            | MediaCommand::EndRecording { .. } => None,
        };
        self.media.command(now, command);
        let Some(leg) = begins.filter(|leg| self.speaking.insert(*leg)) else { return };
        self.speak(now, leg, Audio::Tone(self.voice.tone()));
        let id = RecordingId { of: RecordingOf::Leg(leg), number: 0 };
        let settings = RecordSettings::new("ear", RecordSides::Stereo);
        self.media.command(now, MediaCommand::Record { id, settings });
    }

    /// Speaks on every line, or is silent on all of them; a line that begins later speaks.
    pub(crate) fn speaks(&mut self, now: Time, whether: bool) {
        for leg in self.speaking.clone() {
            let audio = if whether { Audio::Tone(self.voice.tone()) } else { Audio::Silence(SILENCE_MS) };
            self.speak(now, leg, audio);
        }
    }

    fn speak(&mut self, now: Time, leg: LegId, audio: Audio) {
        let play = Play { id: VOICE, items: vec![audio], repeat: false, interrupt: String::new() };
        self.media.command(now, MediaCommand::Play { leg, play });
    }
}
