//! The office-wide part: the lines, and who has tried what. Every attempt is a line of `disa_log`: time, what, line, caller, user or
//! number.

use crate::KIND;
use crate::guard::{Callers, Tries};
use crate::settings::{Line, Office};
use crate::talk::{Answer, Granted, Request};
use cordboard_app::{Answered, AskId, Asker, Level, Moment, Service, ServiceOutput, Value};
use cordboard_base::{CallId, Time};
use core::time::Duration;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// The log of attempts.
const LOG: &str = "disa_log";
/// What callers without a number are counted as.
const HIDDEN: &str = "anonymous";
/// Bytes of a caller's number that tell it from others.
const CALLER_MAX: usize = 64;

/// All lines.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Lines {
    office: Office,
    callers: Callers,
    lines: BTreeMap<String, Tries>,
    /// Wrong PINs of calls that go on, and the line that each was let into.
    calls: BTreeMap<CallId, Call>,
    #[serde(skip)]
    out: VecDeque<ServiceOutput>,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Call {
    wrong: u32,
    granted: Option<(String, String)>,
}

impl Service for Lines {
    const KIND: &'static str = KIND;

    fn out(&mut self) -> &mut VecDeque<ServiceOutput> {
        &mut self.out
    }

    fn configured(&mut self, _at: Moment, settings: &str) -> Result<(), serde_json::Error> {
        // Better shut than open.
        self.office = Office::default();
        self.office = serde_json::from_str(settings)?;
        Ok(())
    }

    fn kept(&mut self, at: Moment, key: String, row: &str) {
        self.take_row(at.now, at.unix_us, &key, row);
    }

    fn asked(&mut self, at: Moment, _ask: AskId, asker: &Asker, request: &Value) -> Answered {
        if asker.call == Asker::COMMAND_LINE {
            return Err("only a call can do that".to_owned());
        }
        let request = request.request(KIND)?;
        Ok(Some(Value::of(&self.answer(at.now, at.unix_us, asker, request))))
    }

    fn gone(&mut self, at: Moment, call: CallId) {
        if let Some((line, who)) = self.calls.remove(&call).and_then(|call| call.granted) {
            self.note(at.unix_us, "END", &line, &who, "");
        }
    }
}

impl Lines {
    fn answer(&mut self, now: Time, unix_us: i64, asker: &Asker, request: Request) -> Answer {
        match request {
            Request::Open { line } => {
                let who = who(asker);
                match self.office.settings.line.get(&line) {
                    None => Answer::NoLine,
                    Some(_) if self.is_locked(now, &line, &who) => {
                        self.note(unix_us, "LOCKED", &line, &who, "");
                        Answer::Locked
                    }
                    Some(_) => Answer::Open,
                }
            }
            Request::Try { line, pin } => self.tried(now, unix_us, asker, &line, &pin.0),
            Request::Dialed { number } => {
                if let Some((line, who)) = self.calls.get(&asker.call).and_then(|call| call.granted.clone()) {
                    self.note(unix_us, "DIAL", &line, &who, &number);
                }
                Answer::Done
            }
        }
    }

    fn is_locked(&self, now: Time, line: &str, who: &str) -> bool {
        let of_line = self.lines.get(line).is_some_and(|tries| tries.is_locked(now));
        of_line || self.callers.of(who).is_locked(now)
    }

    fn tried(&mut self, now: Time, unix_us: i64, asker: &Asker, name: &str, typed: &str) -> Answer {
        let who = who(asker);
        let Some(line) = self.office.settings.line.get(name).cloned() else { return Answer::NoLine };
        // Before the PIN is looked at: who is locked out learns nothing by trying.
        if self.is_locked(now, name, &who) {
            self.note(unix_us, "LOCKED", name, &who, "");
            return Answer::Locked;
        }
        let Some(granted) = self.granted(&line, typed) else {
            return self.wrong(now, unix_us, (name, &line), asker.call, who);
        };
        self.callers.forgive(&who);
        if let Some(of_line) = self.lines.get_mut(name) {
            of_line.right();
        }
        self.out.push_back(ServiceOutput::Forget { key: format!("caller/{who}") });
        let user = granted.user.clone().unwrap_or_default();
        self.note(unix_us, "GRANTED", name, &who, &user);
        self.calls.entry(asker.call).or_default().granted = Some((name.to_owned(), who));
        Answer::Granted(granted)
    }

    /// What a PIN opens. All are compared, so that the time says nothing.
    fn granted(&self, line: &Line, typed: &str) -> Option<Granted> {
        let ms = |s: u32| s.saturating_mul(1_000);
        let of = |user: Option<String>, context: String| Granted {
            user,
            context,
            limit_ms: ms(line.call_minutes.saturating_mul(60)),
            pause_ms: ms(line.pause_s),
        };
        let mut found = None;
        for (user, pin) in &line.user {
            if pin.is(typed)
                && let Some(context) = self.office.contexts.get(user)
            {
                found = Some(of(Some(user.clone()), context.clone()));
            }
        }
        if line.pin.as_ref().is_some_and(|pin| pin.is(typed)) {
            found = Some(of(None, line.context.clone()));
        }
        found
    }

    fn wrong(
        &mut self,
        now: Time,
        unix_us: i64,
        (name, line): (&str, &Line),
        call: CallId,
        who: String,
    ) -> Answer {
        self.note(unix_us, "WRONG", name, &who, "");
        let lock = Duration::from_secs(u64::from(line.lock_minutes) * 60);
        let of_line = self.lines.entry(name.to_owned()).or_default();
        let line_locks = of_line.wrong(now, line.line_lock_after, lock);
        let of_line = *of_line;
        let mut tries = self.callers.of(&who);
        let locks = tries.wrong(now, line.lock_after, lock);
        let wait_ms = tries.wait_ms();
        self.callers.put(who.clone(), tries);
        self.keep(now, unix_us, &format!("caller/{who}"), tries);
        self.keep(now, unix_us, &format!("line/{name}"), of_line);
        if line_locks {
            let text = format!("line {name} is locked: too many wrong PINs, the last from {who}");
            self.out.push_back(ServiceOutput::Log { level: Level::Error, text });
        }
        if locks || line_locks {
            self.note(unix_us, "LOCK", name, &who, "");
            return Answer::Locked;
        }
        let of_call = self.calls.entry(call).or_default();
        of_call.wrong = of_call.wrong.saturating_add(1);
        if of_call.wrong >= line.tries { Answer::Enough { wait_ms } } else { Answer::Wrong { wait_ms } }
    }

    /// Counts outlive the process; nobody waits for them to be written. Times are kept as those of the wall clock.
    fn keep(&mut self, now: Time, unix_us: i64, key: &str, tries: Tries) {
        let Ok(row) = serde_json::to_string(&(unix_us, now, tries)) else { return };
        let expires_unix_s = unix_us / 1_000_000 + 48 * 3_600;
        self.out.push_back(ServiceOutput::Keep { key: key.to_owned(), row, expires_unix_s });
    }

    fn take_row(&mut self, now: Time, unix_us: i64, key: &str, row: &str) {
        let Ok((then_us, then, tries)) = serde_json::from_str::<(i64, Time, Tries)>(row) else { return };
        let tries = tries.in_another_life(then, Duration::from_micros(unix_us.abs_diff(then_us)), now);
        if let Some(who) = key.strip_prefix("caller/") {
            self.callers.put(who.to_owned(), tries);
        } else if let Some(line) = key.strip_prefix("line/") {
            self.lines.insert(line.to_owned(), tries);
        }
    }

    fn note(&mut self, unix_us: i64, what: &str, line: &str, who: &str, more: &str) {
        let time = (unix_us / 1_000_000).to_string();
        self.out.push_back(ServiceOutput::line(LOG, &[&time, what, line, who, more]));
        let data = [("what", what), ("line", line), ("caller", who), ("more", more)];
        let data = data.map(|(key, text)| (key.to_owned(), Value::Text(text.to_owned())));
        let data = Value::Map(BTreeMap::from(data));
        self.out.push_back(ServiceOutput::Event { name: KIND.to_owned(), data });
    }
}

/// As which caller an asker is counted: our own users by their names, others by what their numbers say.
fn who(asker: &Asker) -> String {
    let number: String = asker.caller.number.chars().take(CALLER_MAX).collect();
    match &asker.user {
        Some(user) => format!("user {user}"),
        None if number.is_empty() => HIDDEN.to_owned(),
        None => number,
    }
}
