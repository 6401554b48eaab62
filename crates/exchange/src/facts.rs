//! What the calls report: lamps, the log, the record.

use crate::lamps::Lamp;
use crate::{Exchange, LogLine, Output, StoreCommand};
use cordboard_app::{Destination, Handover, Level, Note};
use cordboard_base::{CallId, Time};
use cordboard_call::{CallRecord, Fact, LegState};

impl Exchange {
    pub(crate) fn handle_fact(&mut self, now: Time, call: CallId, fact: Fact) {
        match fact {
            Fact::Began { info } => {
                let line = LogLine::of(call, Level::Info, "call began")
                    .with("from", &info.caller.number)
                    .with("dialed", &info.dialed)
                    .with("context", &info.context)
                    .with("trunk", info.trunk.as_deref().unwrap_or(""));
                self.log(line);
            }
            Fact::LegState { leg, who, state, outgoing, other } => {
                if state == LegState::Talking && !outgoing {
                    self.log(LogLine::of(call, Level::Info, "call answered"));
                }
                let Some(who) = who else { return };
                if let Destination::Trunk { trunk, .. } = &who {
                    self.trunk_leg_state(call, leg, trunk, state);
                }
                self.lamps.set(leg, who.clone(), Lamp { state, outgoing, other });
                self.tell_watchers(now, &who);
                if state == LegState::Ended {
                    self.overheard_left(now, leg, &who);
                }
                if let Destination::User(user) = who {
                    self.refresh_lamp(now, &user);
                }
            }
            Fact::Emergency { user, phone, number, caller } => {
                self.begin_emergency(now, call, (&user, &phone), number, caller);
            }
            Fact::Bridged(a, b) => {
                self.log(LogLine::of(call, Level::Debug, "bridged").with("a", a).with("b", b));
                self.tell_connected(now, call, [a, b]);
            }
            Fact::Moved { leg, to } => {
                self.move_channel(call, leg, to);
                let handover = Handover { number: String::new(), context: String::new(), into: to };
                self.tell_transferred(now, call, leg, handover);
            }
            Fact::AnswersFor { leg, who, inner } => {
                // What the route's program was let do, it was let do for this call.
                self.groups.go_on_in(inner, call);
                self.lamps.answers_for(leg, who);
            }
            Fact::Codec { leg, name, transcoded } => {
                let line = LogLine::of(call, Level::Debug, "codec").with("leg", leg).with("name", name);
                self.log(line.with("transcoded", transcoded));
            }
            Fact::Recorded { leg, recording } => {
                let line = LogLine::of(call, Level::Info, "recorded").with("leg", leg);
                self.log(line.with("file", recording.path).with("seconds", recording.ms / 1_000));
            }
            Fact::Digit { leg, .. } => self.log(LogLine::of(call, Level::Debug, "digit").with("leg", leg)),
            Fact::Note(note) => self.handle_note(call, note),
            Fact::Step { what, .. } => self.log(LogLine::of(call, Level::Debug, "step").with("step", what)),
            Fact::Read { .. }
            | Fact::Typed(_)
            | Fact::Mixed { .. }
            | Fact::Inside { .. }
            | Fact::Routed { .. }
            | Fact::Asked { .. }
            | Fact::Answered { .. } => {}
            Fact::Log { level, text } => self.log(LogLine::of(call, level, "call").with("text", text)),
            Fact::Transferred { by, subject, to, context } => {
                let line =
                    LogLine::of(call, Level::Info, "transferred").with("by", by).with("subject", subject);
                self.log(line.with("to", &to));
                self.tell_transferred(now, call, by, Handover { number: to, context, into: call });
            }
        }
    }

    fn handle_note(&mut self, call: CallId, note: Note) {
        match note {
            Note::Log { level, text } => self.log(LogLine::of(call, level, "script").with("text", text)),
            Note::ScriptError(text) => {
                self.log(LogLine::of(call, Level::Error, "script error").with("at", text))
            }
            Note::Event { name, data } => {
                let data = serde_json::to_string(&data).unwrap_or_default();
                self.log(LogLine::of(call, Level::Info, "event").with("name", name).with("data", data));
            }
            Note::Mark(mark) => self.log(LogLine::of(call, Level::Debug, "mark").with("mark", mark)),
            // The call core keeps these itself; they are of no use to others.
            Note::Tag { .. }
            | Note::SetVar { .. }
            | Note::SetCaller(..)
            | Note::SetConnected(_)
            | Note::TellTransferrer { .. }
            | Note::SetRedirecting(_)
            | Note::SetLang(_)
            | Note::SetMusicClass(_)
            | Note::SetMaxDuration(_) => {}
        }
    }

    /// A call is over: its record is kept, whatever it held is free again.
    pub(crate) fn handle_ended(&mut self, now: Time, record: Box<CallRecord>) {
        self.see_ended(now, &record);
        self.groups.leave_all(record.call);
        self.end_emergency(now, record.call);
        // A bug has ended it before anybody answered.
        self.originated(now, record.call, Some(record.cause));
        self.pressed(record.call);
        self.services_left(now, record.call);
        self.release_channels(record.call);
        self.media_totals.add(&record);
        let talked_us = record.answered_us.map_or(0, |answered| record.ended_us.saturating_sub(answered));
        let level = if record.part_of.is_some() { Level::Debug } else { Level::Info };
        let line = LogLine::of(record.call, level, "call ended")
            .with("disposition", format!("{:?}", record.disposition))
            .with("cause", record.cause)
            .with("by", &record.hangup_by)
            .with("secs", talked_us / 1_000_000);
        self.log(line);
        let age_us = now.as_micros().saturating_sub(record.began_us);
        let began_unix_us = self.setup.anchor.unix_micros(now).saturating_sub_unsigned(age_us);
        self.out.push_back(Output::Store(StoreCommand::Record { record, began_unix_us }));
    }
}
