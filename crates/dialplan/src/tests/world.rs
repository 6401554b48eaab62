//! A call core of a list of replies: what the script asks for is written down, what is not scripted is answered plainly.

use crate::{Bundle, Dialplan, Finding};
use cordboard_app::*;
use cordboard_base::Time;
use cordboard_media::Playhead;
use std::collections::VecDeque;

/// One call of a dialplan.
pub(super) struct Caller {
    pub(super) app: Box<dyn App>,
    /// What the script handed out, but for yields.
    pub(super) steps: Vec<Step>,
    pub(super) yields: usize,
    replies: VecDeque<Reply>,
    /// From this step on (counted without yields) all is answered by a hang-up.
    pub(super) hangs_up_at: Option<usize>,
    pub(super) gone: bool,
}

pub(super) fn load(text: &str) -> Dialplan {
    load_bundle(&Bundle::single(text))
}

pub(super) fn load_bundle(bundle: &Bundle) -> Dialplan {
    Dialplan::load(bundle).unwrap_or_else(|findings| panic!("{}", show(&findings)))
}

pub(super) fn show(findings: &[Finding]) -> String {
    findings.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// The same without codes, and each place marked by one caret: for what is about neither.
pub(super) fn show_plainly(findings: &[Finding]) -> String {
    let mut text = show(findings);
    while text.contains("^^") {
        text = text.replace("^^", "^");
    }
    for finding in findings {
        text = text.replace(&format!(" [{}]", finding.code), "");
    }
    text
}

/// What loading finds.
pub(super) fn findings(text: &str) -> String {
    match Dialplan::load(&Bundle::single(text)) {
        Ok(_) => String::new(),
        Err(findings) => show_plainly(&findings),
    }
}

pub(super) fn info(context: &str, number: &str) -> CallInfo {
    CallInfo {
        call: "1".into(),
        context: context.into(),
        dialed: number.into(),
        caller: Identity { number: "5550100".into(), name: "Ann".into() },
        user: Some("101".into()),
        lang: "en".into(),
        ..CallInfo::default()
    }
}

impl Caller {
    pub(super) fn new(plan: &Dialplan, info: CallInfo, replies: Vec<Reply>) -> Self {
        let app = plan.route(&RouteRequest { info }).unwrap();
        Self { app, steps: Vec::new(), yields: 0, replies: replies.into(), hangs_up_at: None, gone: false }
    }

    /// Calls `number` in the context `internal` of a dialplan, and lets it run to its end.
    pub(super) fn run(plan: &Dialplan, number: &str, replies: Vec<Reply>) -> Vec<Step> {
        let mut caller = Self::new(plan, info("internal", number), replies);
        caller.finish();
        caller.steps
    }

    pub(super) fn finish(&mut self) {
        let mut reply = Reply::Start;
        for _ in 0..1_000_000 {
            let step = self.app.resume(Time::ZERO, reply);
            if step == Step::Yield {
                self.yields += 1;
                reply = if self.gone { Reply::HungUp(Cause::NORMAL) } else { Reply::Ok };
                continue;
            }
            self.steps.push(step.clone());
            if matches!(step, Step::Done(_) | Step::Enter { .. }) {
                return;
            }
            reply = self.answer(&step);
        }
        panic!("a script without end");
    }

    pub(super) fn answer(&mut self, step: &Step) -> Reply {
        if self.hangs_up_at.is_some_and(|at| self.steps.len() > at) {
            self.gone = true;
        }
        if let Step::Hangup(cause) = step {
            self.gone = true;
            return Reply::HungUp(*cause);
        }
        let plain = plain_reply(step);
        let caller_is_needed = !matches!(step, Step::Ask(_) | Step::Note(_));
        if self.gone && caller_is_needed {
            return Reply::HungUp(Cause::NORMAL);
        }
        match plain {
            Some(reply) => reply,
            None => self.replies.pop_front().unwrap_or_else(|| unscripted(step)),
        }
    }
}

/// Steps that need no scripted answer.
fn plain_reply(step: &Step) -> Option<Reply> {
    match step {
        Step::Answer
        | Step::Progress
        | Step::Ringing
        | Step::Wait { .. }
        | Step::Note(_)
        | Step::Music(_) => Some(Reply::Ok),
        Step::Echo { .. } | Step::SendDigits { .. } | Step::ControlRecording { .. } => Some(Reply::Ok),
        Step::Record(_) => Some(Reply::Value(Value::Int(7))),
        Step::Ask(Query::TimeZone) => Some(Reply::Value(Value::Text("Europe/Berlin".into()))),
        _ => None,
    }
}

fn unscripted(step: &Step) -> Reply {
    match step {
        Step::Play(_) | Step::Tone(_) => Reply::Played(PlayResult::Finished, Playhead::default()),
        Step::Read(_) => Reply::Digits { digits: String::new(), end: DigitsEnd::TimedOut },
        Step::Ask(_) | Step::Run { .. } => Reply::Value(Value::Unit),
        Step::DetectMachine(_) => Reply::Value(Value::Unit),
        Step::WaitSilence { .. } => Reply::Value(Value::Bool(true)),
        Step::Dial(_) => dialed(DialEnd::NoAnswer),
        other => panic!("no reply to {other:?}"),
    }
}

pub(super) fn dialed(end: DialEnd) -> Reply {
    let cause = match end {
        DialEnd::Answered => Cause::NORMAL,
        DialEnd::Busy => Cause::BUSY,
        DialEnd::NoAnswer => Cause::NO_ANSWER,
        DialEnd::Unavailable => Cause::ABSENT,
        DialEnd::Key(_) => Cause::NORMAL,
        DialEnd::Failed => Cause::UNALLOCATED,
    };
    let by = (end == DialEnd::Answered).then(|| Destination::User("102".into()));
    Reply::Dialed(Box::new(DialResult { end, by, cause, secs: 42, hangup_by_callee: true }))
}

pub(super) fn digits(typed: &str) -> Reply {
    Reply::Digits { digits: typed.into(), end: DigitsEnd::Full }
}

/// The names of the prompts that steps play, in order.
pub(super) fn heard(steps: &[Step]) -> Vec<String> {
    let items = steps.iter().flat_map(|step| match step {
        Step::Play(list) => list.items.clone(),
        Step::Read(read) => read.prompt.clone(),
        _ => Vec::new(),
    });
    items
        .filter_map(|item| match item {
            cordboard_media::Audio::Prompt { name, .. } => Some(name),
            _ => None,
        })
        .collect()
}

/// What the script logged.
pub(super) fn logged(steps: &[Step]) -> Vec<String> {
    let notes = steps.iter().filter_map(|step| match step {
        Step::Note(Note::Log { text, .. }) => Some(text.clone()),
        _ => None,
    });
    notes.collect()
}

/// The script errors.
pub(super) fn errors(steps: &[Step]) -> Vec<String> {
    let notes = steps.iter().filter_map(|step| match step {
        Step::Note(Note::ScriptError(text)) => Some(text.clone()),
        _ => None,
    });
    notes.collect()
}

/// A dialplan with one route `600` whose handler is this text, with `ch`.
pub(super) fn handler(text: &str) -> Dialplan {
    load(&format!("let internal = context(\"internal\");\ninternal.on(\"600\", |ch| {{\n{text}\n}});"))
}

/// The steps of a call to such a handler.
pub(super) fn steps(text: &str, replies: Vec<Reply>) -> Vec<Step> {
    Caller::run(&handler(text), "600", replies)
}

pub(super) fn user(name: &str) -> Destination {
    Destination::User(name.into())
}
