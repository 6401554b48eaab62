//! Applications of Asterisk that are a line or two here: what is said, heard, waited for, kept.

mod conferences;
mod messages;
mod sounds;

use super::dial::{Options, options};
use super::places::recording_name;
use super::scope::{Scope, Why};
use crate::quoted::quoted;

/// What becomes of a priority.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Done {
    /// These lines; the next priority follows.
    Lines(Vec<String>),
    /// These lines, behind which nothing follows.
    Ends(Vec<String>),
}

fn line(text: impl Into<String>) -> Result<Done, Why> {
    Ok(Done::Lines(vec![text.into()]))
}

/// Applications that change nothing here: what they ask for is so anyhow.
const NOTHING: [&str; 4] = ["proceeding", "sipdtmfmode", "stopplaytones", "transmitsilence"];
/// Those that change the call's record.
const OF_RECORDS: [&str; 5] = ["forkcdr", "nocdr", "resetcdr", "setaccount", "setamaflags"];

impl Scope<'_> {
    /// A priority that is neither a jump nor a call of a subroutine.
    pub(super) fn line(&mut self, app: &str, args: &[String], is_last: bool) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let whole = args.join(",");
        match app {
            "answer" => line("ch.answer();"),
            "progress" => line("ch.progress();"),
            "ringing" => line("ch.ringing();"),
            "hangup" => Ok(Done::Ends(vec![self.hangup(arg(0))?])),
            "busy" => Ok(Done::Ends(vec!["ch.hangup(\"busy\");".to_owned()])),
            "congestion" => Ok(Done::Ends(vec!["ch.hangup(\"congestion\");".to_owned()])),
            "wait" => {
                let seconds = self.seconds(arg(0))?;
                line(format!("ch.wait({seconds});"))
            }
            "playback" | "controlplayback" => self.playback(args),
            "noop" if whole.is_empty() => Ok(Done::Lines(Vec::new())),
            "noop" => line(format!("// NoOp: {}", whole.replace(['\n', '\r'], " "))),
            "verbose" | "log" => self.log(args),
            "dial" => self.dial(args, is_last),
            "queue" => self.queue(args, is_last),
            "page" => self.page(args),
            "addqueuemember" | "removequeuemember" | "pausequeuemember" | "unpausequeuemember" => {
                self.queue_member(app, args)
            }
            "pickup" | "pickupchan" => self.pickup(args),
            "chanspy" | "extenspy" => self.spy(app, args),
            "voicemail" => {
                let call = self.voicemail(args)?;
                Ok(Done::Lines(self.outcome("VMSTATUS", &call, false, true)))
            }
            "voicemailmain" => self.voicemail_main(args),
            "confbridge" | "meetme" => self.conference(app, args),
            "echo" => line("ch.echo();"),
            "milliwatt" => line("ch.tone(\"milliwatt\");"),
            "playtones" => self.tone(arg(0)),
            "saydigits" | "saynumber" | "sayalpha" | "sayphonetic" | "sayunixtime" | "datetime" => {
                self.say(app, args)
            }
            "set" | "mset" | "setvar" => self.set(args),
            "setglobalvar" => self.set(&[format!(
                "GLOBAL({})={}",
                arg(0).split('=').next().unwrap_or_default(),
                whole.split_once('=').map_or("", |(_, value)| value)
            )]),
            _ if NOTHING.contains(&app) => Ok(Done::Lines(Vec::new())),
            _ if OF_RECORDS.contains(&app) => {
                self.differs("each call has one record, of the exchange's own: this changes nothing of it");
                Ok(Done::Lines(Vec::new()))
            }
            _ => self.line_of_call(app, args),
        }
    }

    fn line_of_call(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        match app {
            "musiconhold" => {
                let seconds = if arg(1).is_empty() { "86400".to_owned() } else { self.seconds(arg(1))? };
                Ok(Done::Lines(vec![
                    self.music(arg(0)),
                    format!("ch.wait({seconds});"),
                    "ch.music_stop();".to_owned(),
                ]))
            }
            "startmusiconhold" => line(self.music(arg(0))),
            "stopmusiconhold" => line("ch.music_stop();"),
            "setmusiconhold" => line(format!("ch.music_class = {};", quoted(arg(0)))),
            "authenticate" if arg(0).chars().all(|c| c.is_ascii_digit()) && !arg(0).is_empty() => {
                line(format!("if !ch.authenticate({}) {{ ch.hangup(); }}", quoted(arg(0))))
            }
            "read" => self.read(args),
            "park" => line("ch.park();"),
            "parkedcall" => {
                let place = self.value(if args.len() > 1 { arg(1) } else { arg(0) })?;
                line(format!("ch.unpark({});", self.as_text(&place)))
            }
            "mixmonitor" | "monitor" => self.record(app, args),
            "stopmixmonitor" | "stopmonitor" if self.used.locals.contains_key("recording") => {
                line("if type_of(recording) != \"()\" { recording.stop(); }")
            }
            "pausemonitor" if self.used.locals.contains_key("recording") => {
                line("if type_of(recording) != \"()\" { recording.pause(); }")
            }
            "unpausemonitor" if self.used.locals.contains_key("recording") => {
                line("if type_of(recording) != \"()\" { recording.resume(); }")
            }
            "senddtmf" => line(format!("ch.send_dtmf({});", quoted(arg(0)))),
            "waitforsilence" => {
                let ms = arg(0).parse::<u32>().unwrap_or(1_000);
                line(format!("ch.wait_silence({}.{:03});", ms / 1_000, ms % 1_000))
            }
            "dbdel" => {
                let (family, key) = self.database_key(arg(0))?;
                line(format!("db::del({family}, {key});"))
            }
            "directory" => Ok(Done::Lines(vec![
                "let found = ch.directory();".to_owned(),
                format!(
                    "if found.status == \"chosen\" {{ ch.enter({}, found.number); }}",
                    quoted(if arg(1).is_empty() { arg(0) } else { arg(1) })
                ),
            ])),
            "dictate" => line("ch.dictate();"),
            "userevent" => self.event(args),
            "amd" => Ok(Done::Lines(self.outcome("AMDSTATUS", "ch.amd()", false, false))),
            "sipaddheader" => {
                let (name, value) = arg(0).split_once(':').ok_or("a header field is written Name: value")?;
                let value = self.value(value.trim())?;
                self.header(name.trim(), &value)
            }
            "setcallerpres" | "sendrpid" => line(format!("ch.caller.privacy = {};", privacy(arg(0)))),
            "lookupcidname" => Ok(Done::Lines(vec![
                "let known = db::get(\"cidname\", ch.caller.number);".to_owned(),
                "if known != () { ch.caller.name = known; }".to_owned(),
            ])),
            _ => Err(self.why_not(app)),
        }
    }

    /// Why an application is not translated.
    fn why_not(&self, app: &str) -> Why {
        match app {
            "agi" | "eagi" | "deadagi" | "fastagi" => {
                "programs are not run: write what it does as a function here".to_owned()
            }
            "system" | "trysystem" => "no program of the system is run".to_owned(),
            "stasis" | "externalivr" => "no other program drives calls".to_owned(),
            "disa" => "put the PIN into etc/disa.toml and write ch.disa(\"name\")".to_owned(),
            "agentlogin" | "agentrequest" => "agents log in by ch.queue_login(…) and are rung".to_owned(),
            "" => "there is no application".to_owned(),
            other => format!("there is nothing like {other}(…)"),
        }
    }

    fn hangup(&mut self, cause: &str) -> Result<String, Why> {
        if cause.is_empty() {
            return Ok("ch.hangup();".to_owned());
        }
        match cause.parse::<u8>() {
            Ok(17) => Ok("ch.hangup(\"busy\");".to_owned()),
            Ok(16) => Ok("ch.hangup();".to_owned()),
            Ok(cause @ 1..=127) => Ok(format!("ch.hangup({cause});")),
            Ok(_) | Err(_) => {
                self.differs("the cause is not one of 1 to 127: a plain hang-up");
                Ok("ch.hangup();".to_owned())
            }
        }
    }

    fn log(&mut self, args: &[String]) -> Result<Done, Why> {
        let (level, text) = match args {
            [one] => ("", one.clone()),
            [level, rest @ ..] => (level.as_str(), rest.join(",")),
            [] => ("", String::new()),
        };
        let verb = match level {
            "ERROR" => "error",
            "WARNING" | "NOTICE" => "warn",
            "DEBUG" => "debug",
            _ => "info",
        };
        let text = self.value(&text)?;
        line(format!("log::{verb}({});", self.as_text(&text)))
    }

    fn read(&mut self, args: &[String]) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let name = arg(0).trim_start_matches('_').to_owned();
        let mut chosen: Options = Vec::new();
        if !arg(1).is_empty() {
            chosen.push(("prompt", self.prompts(arg(1))?));
        }
        if let Ok(most) = arg(2).parse::<u32>()
            && (1..=64).contains(&most)
        {
            chosen.push(("max", most.to_string()));
        }
        if !arg(5).is_empty() {
            chosen.push(("timeout", self.seconds(arg(5))?));
        }
        if !arg(3).is_empty() || !matches!(arg(4), "" | "0" | "1") {
            self.differs("its options and further attempts are not there");
        }
        let map = options(&chosen);
        let call = format!("ch.read({})", map.trim_start_matches(", "));
        self.assign(&name, &super::value::Value::text(call), false)
    }

    /// A recording; its name's parts are ours.
    fn record(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
        let file = if app == "monitor" { args.get(1) } else { args.first() }.map_or("", String::as_str);
        let mut chosen: Options = Vec::new();
        match recording_name(file) {
            Some(name) => chosen.push(("name", quoted(&name))),
            None if file.is_empty() => {}
            None => self.differs(
                "the recording is called as the office calls all of them: [recording] of etc/cordboard.toml",
            ),
        }
        if app == "mixmonitor" && args.get(2).is_some_and(|command| !command.is_empty()) {
            self.report.lost(
                &self.place,
                &self.source,
                "no program is run after a recording: see context.on_recording(…)",
            );
        }
        let map = options(&chosen);
        let call = format!("ch.record({})", map.trim_start_matches(", "));
        if self.used.locals.contains_key("recording") {
            return line(format!("recording = {call};"));
        }
        line(format!("{call};"))
    }

    fn event(&mut self, args: &[String]) -> Result<Done, Why> {
        let (name, rest) = args.split_first().ok_or("an event has a name")?;
        let mut items = Vec::new();
        for field in rest {
            let (key, value) = field.split_once(':').unwrap_or((field, ""));
            let value = self.value(value.trim())?;
            items.push(format!("{}: {}", quoted(key.trim()), self.as_text(&value)));
        }
        let data = if items.is_empty() { String::new() } else { format!(", #{{ {} }}", items.join(", ")) };
        line(format!("event({}{data});", quoted(name)))
    }
}

/// Asterisk's words for who is shown.
pub(super) fn privacy(word: &str) -> String {
    quoted(if word.starts_with("prohib") || word == "unavailable" { "restricted" } else { "allowed" })
}
