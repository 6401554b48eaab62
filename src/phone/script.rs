//! What the softphone is to do, one thing after the other.

use anyhow::{Context, Result, bail, ensure};
use cordboard_base::Time;
use cordboard_phone::{Command, Happening};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::Duration;

/// `until` gives up after so long.
const UNTIL_MAX: Duration = Duration::from_secs(60);
/// Steps that one script may have.
const STEPS_MAX: usize = 10_000;

/// Something done at once.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Action {
    Phone(Command),
    Play(PathBuf),
    Record(PathBuf),
    Help,
    Quit,
}

/// What `help` prints.
pub(super) const HELP: &str = "\
call N           calls a number             hold, resume     the call
answer           takes a call               transfer N       gives the call to a number, and leaves
decline [STATUS] refuses one                attended         gives the held call to the one called since
hangup           ends it                    digits D, info D presses keys, as RTP events or by SIP INFO
play FILE        lets the others hear it    record FILE      what is heard and said
text N WORDS     sends a message            register, unregister, quit";

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Do(Action),
    Wait(Duration),
    Until(String),
}

/// Steps to do, and what the present one waits for.
#[derive(Debug, Default)]
pub(super) struct Script {
    steps: VecDeque<Step>,
    until: Option<String>,
    due: Option<Time>,
    /// What was seen since the last command, for an `until` that comes late.
    seen: Vec<&'static str>,
    /// What went wrong, in words.
    failed: Option<String>,
    /// A call has ended since the start.
    has_ended: bool,
    /// How the last call ended, and why the last registration failed, until the next command.
    over: Option<String>,
    unregistered: Option<String>,
}

impl Script {
    /// From text, steps separated by `;`.
    pub(super) fn parse(text: &str) -> Result<Self> {
        let steps = text.split(';').map(str::trim).filter(|step| !step.is_empty());
        let steps: VecDeque<Step> = steps.map(parse_step).collect::<Result<_>>()?;
        ensure!(steps.len() <= STEPS_MAX, "more than {STEPS_MAX} steps");
        Ok(Self { steps, ..Self::default() })
    }

    pub(super) fn append(&mut self, more: Self) {
        self.steps.extend(more.steps);
    }

    /// When the present wait is over, whatever happens.
    pub(super) fn due(&self) -> Option<Time> {
        self.due
    }

    pub(super) fn is_done(&self) -> bool {
        self.steps.is_empty() && self.until.is_none() && self.due.is_none()
    }

    /// The next action, if it is its time. `idle`: no call is up, so that there is no end to wait for.
    pub(super) fn next(&mut self, now: Time, idle: bool) -> Option<Action> {
        if let Some(due) = self.due {
            if due > now {
                return None;
            }
            self.due = None;
            if let Some(missed) = self.until.take() {
                return Some(self.fail(format!("waited {} s in vain for: {missed}", UNTIL_MAX.as_secs())));
            }
        }
        match self.steps.pop_front()? {
            Step::Do(action) => {
                self.seen.clear();
                (self.over, self.unregistered) = (None, None);
                Some(action)
            }
            Step::Wait(span) => {
                self.due = Some(now + span);
                None
            }
            Step::Until(event) => {
                let is_past =
                    self.seen.contains(&event.as_str()) || (idle && self.has_ended && event == "ended");
                if !is_past && let Some(why) = self.in_vain(&event, idle) {
                    return Some(self.fail(why));
                }
                if !is_past {
                    self.due = Some(now + UNTIL_MAX);
                    self.until = Some(event);
                    return None;
                }
                self.next(now, idle)
            }
        }
    }

    fn fail(&mut self, why: String) -> Action {
        self.failed = Some(why);
        self.steps.clear();
        (self.until, self.due) = (None, None);
        Action::Quit
    }

    /// Why an event can't come any more: it belongs to a call that is over, or the registration failed. `idle`: no call is up.
    fn in_vain(&self, event: &str, idle: bool) -> Option<String> {
        if event == "registered" {
            return self.unregistered.clone();
        }
        let of_a_call = !matches!(event, "unregistered" | "failed" | "incoming" | "text" | "ended");
        let over = self.over.as_ref().filter(|_| idle && of_a_call)?;
        Some(format!("no more `{event}`: the call has {over}"))
    }

    /// After something happened: whether the present `until` waits for what can't come any more.
    pub(super) fn gives_up(&mut self, idle: bool) -> Option<Action> {
        let why = self.in_vain(self.until.as_deref()?, idle)?;
        Some(self.fail(why))
    }

    /// Something happened.
    pub(super) fn saw(&mut self, happening: &Happening) {
        let word = word_of(happening);
        match word {
            "ended" => self.over = Some(in_words(happening)),
            "failed" => self.unregistered = Some(in_words(happening)),
            _ => {}
        }
        self.has_ended |= word == "ended";
        self.seen.push(word);
        if self.until.as_deref() == Some(word) {
            self.until = None;
            self.due = None;
        }
    }

    /// Whether everything that was waited for came.
    pub(super) fn verdict(self) -> Result<()> {
        match self.failed {
            Some(why) => bail!("{why}"),
            None => Ok(()),
        }
    }
}

fn parse_step(text: &str) -> Result<Step> {
    let (verb, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let rest = rest.trim();
    let needs = |what: &str| -> Result<String> {
        ensure!(!rest.is_empty(), "`{verb}` needs {what}");
        Ok(rest.to_owned())
    };
    let phone = |command| Ok(Step::Do(Action::Phone(command)));
    match verb {
        "register" => phone(Command::Register),
        "unregister" => phone(Command::Unregister),
        "call" => phone(Command::Call(needs("a number")?)),
        "answer" => phone(Command::Answer),
        "decline" if rest.is_empty() => phone(Command::Decline(486)),
        "decline" => phone(Command::Decline(rest.parse().context("decline: a status such as 486")?)),
        "redirect" => phone(Command::Redirect(needs("a number")?)),
        "hangup" => phone(Command::Hangup(None)),
        "hold" => phone(Command::Hold),
        "resume" => phone(Command::Resume),
        "digits" => phone(Command::Digits(needs("digits")?)),
        "info" => phone(Command::DigitsByInfo(needs("digits")?)),
        "transfer" => phone(Command::Transfer(needs("a number")?)),
        "attended" => phone(Command::TransferAttended),
        "text" => {
            let (to, text) = rest.split_once(' ').context("text: a number and words")?;
            phone(Command::Message { to: to.to_owned(), text: text.to_owned() })
        }
        "play" => Ok(Step::Do(Action::Play(needs("a file")?.into()))),
        "record" => Ok(Step::Do(Action::Record(needs("a file")?.into()))),
        "wait" => Ok(Step::Wait(Duration::try_from_secs_f64(rest.parse().context("wait: seconds")?)?)),
        "until" => Ok(Step::Until(needs("an event")?)),
        "quit" | "exit" => Ok(Step::Do(Action::Quit)),
        "help" => Ok(Step::Do(Action::Help)),
        _ => bail!("`{verb}` is no command of the phone; `help` lists them"),
    }
}

/// The word by which `until` waits.
fn word_of(happening: &Happening) -> &'static str {
    match happening {
        Happening::Registered { .. } => "registered",
        Happening::Unregistered => "unregistered",
        Happening::RegistrationFailed { .. } => "failed",
        Happening::Incoming { .. } => "incoming",
        Happening::Ringing { .. } => "ringing",
        Happening::EarlyMedia { .. } => "early",
        Happening::Talking { .. } => "talking",
        Happening::Held { .. } => "held",
        Happening::Resumed { .. } => "resumed",
        Happening::Holding { .. } => "holding",
        Happening::Connected { .. } => "connected",
        Happening::Digit { .. } => "digit",
        Happening::TransferProgress { .. } => "transfer",
        Happening::Text { .. } => "text",
        Happening::Ended { .. } => "ended",
    }
}

/// What a refused registration means.
fn refusal(status: u16) -> String {
    match status {
        401 | 407 => format!("{status}, the password is wrong, or there is no such user"),
        403 => "403, this user may not register here".to_owned(),
        404 => "404, the exchange does not know this domain".to_owned(),
        // Ours, where nobody answered (RFC 3261 §8.1.3.1), as much as a server's.
        408 => "nobody answers at the server's address".to_owned(),
        503 => "503, the exchange is full or about to stop".to_owned(),
        other => other.to_string(),
    }
}

/// A happening, as the phone prints it.
pub(super) fn in_words(happening: &Happening) -> String {
    match happening {
        Happening::Registered { expires_s } => format!("registered for {expires_s} s"),
        Happening::Unregistered => "unregistered".to_owned(),
        Happening::RegistrationFailed { status } => format!("registration failed: {}", refusal(*status)),
        Happening::Incoming { number, name, .. } => {
            format!("incoming call from {number} {name}").trim_end().to_owned()
        }
        Happening::Ringing { .. } => "it rings at the other end".to_owned(),
        Happening::EarlyMedia { .. } => "early media".to_owned(),
        Happening::Talking { codec, .. } => format!("talking ({codec})"),
        Happening::Held { .. } => "held by the other end".to_owned(),
        Happening::Resumed { .. } => "resumed by the other end".to_owned(),
        Happening::Holding { held: true, .. } => "on hold".to_owned(),
        Happening::Holding { held: false, .. } => "off hold".to_owned(),
        Happening::Connected { number, name, .. } => {
            format!("connected to {number} {name}").trim_end().to_owned()
        }
        Happening::Digit { digit, .. } => format!("digit {digit}"),
        Happening::TransferProgress { status, .. } => format!("transfer: {status}"),
        Happening::Text { from, text } if from.is_empty() => format!("text: {text}"),
        Happening::Text { from, text } => format!("text from {from}: {text}"),
        Happening::Ended { status, q850, sip, received, .. } => {
            let status = status.map_or_else(String::new, |status| format!(", refused with {status}"));
            let q850 = q850.map_or_else(String::new, |cause| format!(", cause {cause}"));
            let sip = sip.map_or_else(String::new, |cause| format!(", SIP cause {cause}"));
            format!("ended{status}{q850}{sip}, {received} packets heard")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_base::{CallId, LegId};

    const NOW: Time = Time::from_secs(1);

    fn line() -> LegId {
        LegId { call: CallId(1), index: 0 }
    }

    fn refused(status: u16) -> Happening {
        Happening::Ended { line: line(), status: Some(status), q850: None, sip: None, received: 0 }
    }

    /// Does the script's commands until it waits, or gives up.
    fn runs(script: &mut Script, idle: bool) -> bool {
        while let Some(action) = script.next(NOW, idle) {
            if action == Action::Quit {
                return false;
            }
        }
        true
    }

    #[test]
    fn what_a_call_that_is_over_can_not_bring_is_not_waited_for() {
        for event in ["talking", "ringing", "digit", "held"] {
            let mut script = Script::parse(&format!("call 102; until {event}; hangup")).unwrap();
            assert!(runs(&mut script, false));
            script.saw(&refused(486));
            assert_eq!(script.gives_up(true), Some(Action::Quit), "{event}");
            let text = script.verdict().unwrap_err().to_string();
            assert!(text.contains(event) && text.contains("refused with 486"), "{text}");
        }
    }

    #[test]
    fn an_end_that_came_before_the_wait_counts() {
        let mut script = Script::parse("call 102; wait 1; until talking").unwrap();
        assert!(runs(&mut script, false));
        script.saw(&refused(404));
        assert!(script.next(NOW + Duration::from_secs(1), true).is_none_or(|action| action == Action::Quit));
        assert!(!runs(&mut script, true) || script.failed.is_some());
        assert!(script.verdict().is_err());
    }

    #[test]
    fn the_end_itself_and_a_further_call_can_still_come() {
        for event in ["ended", "incoming", "registered"] {
            let mut script = Script::parse(&format!("call 102; until {event}")).unwrap();
            runs(&mut script, false);
            script.saw(&refused(486));
            assert_eq!(script.gives_up(true), None, "{event}");
        }
        // Another call is still up.
        let mut script = Script::parse("call 102; until talking").unwrap();
        assert!(runs(&mut script, false));
        script.saw(&refused(486));
        assert_eq!(script.gives_up(false), None);
    }

    #[test]
    fn a_failed_registration_ends_the_wait_with_its_reason() {
        let mut script = Script::parse("register; until registered; call 102").unwrap();
        assert!(runs(&mut script, true));
        script.saw(&Happening::RegistrationFailed { status: 401 });
        assert_eq!(script.gives_up(true), Some(Action::Quit));
        assert!(script.verdict().unwrap_err().to_string().contains("password is wrong"));
    }
}
