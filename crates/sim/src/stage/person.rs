//! The phones' lines: what their users press and say.

use super::{Side, Stage};
use cordboard_base::{LegId, Time};
use cordboard_media::{Command, Event, MixId, StreamSetup, StreamStats};
use core::net::{IpAddr, SocketAddr};
use core::time::Duration;
use std::collections::VecDeque;

/// A `w` among digits.
const WAIT_MS: u64 = 500;

#[derive(Debug)]
pub(super) struct PhoneLine {
    pub(super) audio: Option<StreamSetup>,
    address: SocketAddr,
    /// Until when its user speaks, or spoke last.
    speaks_until: Option<Time>,
    /// Mixes were told that it speaks.
    told: bool,
    /// Whether whoever has answered is a machine.
    pub(super) is_machine: bool,
    /// Keys under way to the office.
    pressed: VecDeque<(Time, char)>,
    /// Digits under way to the phone.
    got: VecDeque<(Time, char)>,
}

impl PhoneLine {
    pub(super) fn remote(&self) -> Option<SocketAddr> {
        self.audio.as_ref()?.remote_rtp
    }

    pub(super) fn speaks_until(&self) -> Option<Time> {
        self.speaks_until
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        let pressed = self.pressed.front().map(|(at, _)| *at);
        let got = self.got.front().map(|(at, _)| *at);
        let quiet = self.speaks_until.filter(|_| self.told);
        [pressed, got, quiet].into_iter().flatten().min()
    }
}

impl Stage {
    /// A command of a phone's.
    pub(crate) fn command_phone(&mut self, now: Time, (phone, ip): (usize, IpAddr), command: Command) {
        match command {
            Command::Open { leg, video, .. } => {
                let address = self.bind(Side::Phone(phone), leg, ip, video);
                let line = PhoneLine {
                    audio: None,
                    address,
                    speaks_until: None,
                    told: false,
                    is_machine: false,
                    pressed: VecDeque::new(),
                    got: VecDeque::new(),
                };
                self.lines.insert((phone, leg), line);
            }
            Command::Setup { leg, audio, .. } => {
                if let Some(line) = self.lines.get_mut(&(phone, leg)) {
                    line.audio = audio;
                }
            }
            Command::SendDigits { leg, digits, duration_ms, gap_ms } => {
                if let Some(line) = self.lines.get_mut(&(phone, leg)) {
                    queue(&mut line.pressed, now, &digits, (duration_ms, gap_ms));
                }
            }
            Command::Close { leg } => {
                if let Some(line) = self.lines.remove(&(phone, leg)) {
                    self.by_address.remove(&line.address);
                    self.tell(Side::Phone(phone), Event::Closed { leg, stats: StreamStats::default() });
                }
            }
            Command::Hear { .. }
            | Command::Play { .. }
            | Command::Stop { .. }
            | Command::WithholdDigits { .. }
            | Command::WatchSilence { .. }
            | Command::DetectMachine { .. }
            | Command::Record { .. }
            | Command::PauseRecording { .. }
            | Command::EndRecording { .. }
            | Command::Mix { .. }
            | Command::EndMix { .. }
            | Command::SayInto { .. }
            | Command::PlayInto { .. }
            | Command::HearingVolume { .. } => {}
        }
    }

    /// The office sends digits to a line.
    pub(super) fn line_gets_digits(
        &mut self,
        now: Time,
        line: (usize, LegId),
        digits: &str,
        lengths_ms: (u16, u16),
    ) {
        if let Some(line) = self.lines.get_mut(&line) {
            queue(&mut line.got, now, digits, lengths_ms);
        }
    }

    /// A phone's user speaks on all its lines, until then.
    pub(crate) fn speak(&mut self, phone: usize, until: Time) {
        let lines: Vec<(usize, LegId)> = self.lines.keys().filter(|(of, _)| *of == phone).copied().collect();
        for line in lines {
            let leg = self.leg_of(line);
            let Some(it) = self.lines.get_mut(&line) else { continue };
            it.speaks_until = Some(until);
            it.told = true;
            let Some(leg) = leg else { continue };
            if let Some(leg) = self.office.get_mut(&leg) {
                leg.hears_speech(until);
            }
            self.tell_talking(leg, true);
        }
    }

    /// Whoever answers this phone is a machine.
    pub(crate) fn is_machine(&mut self, phone: usize) {
        self.lines
            .iter_mut()
            .filter(|((of, _), _)| *of == phone)
            .for_each(|(_, line)| line.is_machine = true);
    }

    fn tell_talking(&mut self, leg: LegId, talks: bool) {
        let mixes: Vec<MixId> =
            self.office.get(&leg).map(|it| it.said_into.keys().copied().collect()).unwrap_or_default();
        for mix in mixes {
            if self.mix(mix).settings.tells_talkers {
                self.tell(Side::Office, Event::Talking { mix, leg, talks });
            }
        }
    }

    pub(super) fn tick_line(&mut self, now: Time, id: (usize, LegId)) {
        loop {
            let leg = self.leg_of(id);
            let Some(line) = self.lines.get_mut(&id) else { return };
            let is_due = |front: Option<&(Time, char)>| front.is_some_and(|(at, _)| *at <= now);
            if is_due(line.pressed.front()) {
                let digit = line.pressed.pop_front().map(|(_, digit)| digit);
                if let Some((leg, digit)) = leg.zip(digit) {
                    self.digit(now, leg, digit);
                }
            } else if is_due(line.got.front()) {
                if let Some((_, digit)) = line.got.pop_front() {
                    self.tell(
                        Side::Phone(id.0),
                        Event::Digit { leg: id.1, digit, duration_ms: 100, is_passed_on: false },
                    );
                }
            } else if line.told && line.speaks_until.is_some_and(|until| until <= now) {
                line.told = false;
                leg.into_iter().for_each(|leg| self.tell_talking(leg, false));
            } else {
                return;
            }
        }
    }
}

fn queue(to: &mut VecDeque<(Time, char)>, now: Time, digits: &str, (duration_ms, gap_ms): (u16, u16)) {
    let mut at = to.back().map_or(now, |(at, _)| (*at).max(now));
    for digit in digits.chars() {
        if digit == 'w' {
            at = at + Duration::from_millis(WAIT_MS);
            continue;
        }
        at = at + Duration::from_millis(u64::from(duration_ms));
        to.push_back((at, digit));
        at = at + Duration::from_millis(u64::from(gap_ms));
    }
}
