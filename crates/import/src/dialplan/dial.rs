//! Dial, Queue, Page and what else rings somebody.

use super::lines::Done;
use super::parse::split;
use super::scope::{Scope, Why};
use super::value::Kind;
use super::variables::Held;
use crate::quoted::quoted;

/// `key: value` of a map of options.
pub(super) type Options = Vec<(&'static str, String)>;

/// `#{ timeout: 20 }`, with a comma in front; nothing if there is none.
pub(super) fn options(options: &Options) -> String {
    if options.is_empty() {
        return String::new();
    }
    let items: Vec<String> =
        options
            .iter()
            .map(|(key, value)| {
                if *key == "continue" { format!("\"continue\": {value}") } else { format!("{key}: {value}") }
            })
            .collect();
    format!(", #{{ {} }}", items.join(", "))
}

/// Options whose letters are known, though variables are among what is handed to a macro or a subroutine: those are left out anyway,
/// and said to be. `None`: the letters themselves may be anything, or an option that is translated depends on a variable.
fn fixed(text: &str) -> Option<Vec<(char, String)>> {
    let flags = letters(text);
    let is_known = |(flag, argument): &(char, String)| {
        flag.is_ascii_alphabetic()
            && (!argument.contains("${") || matches!(flag, 'M' | 'U' | 'b' | 'B' | 'G'))
    };
    flags.iter().all(is_known).then_some(flags)
}

/// `tT(x)k` → letters with their arguments.
pub(super) fn letters(text: &str) -> Vec<(char, String)> {
    let mut out: Vec<(char, String)> = Vec::new();
    let mut depth = 0_u32;
    for c in text.chars() {
        match c {
            '(' => {
                depth += 1;
                if depth == 1 {
                    continue;
                }
            }
            ')' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    continue;
                }
            }
            _ => {}
        }
        match out.last_mut() {
            Some((_, argument)) if depth > 0 => argument.push(c),
            Some(_) | None => out.push((c, String::new())),
        }
    }
    out
}

/// Who may do something by the digits: both, or one of them.
fn parties(callee: bool, caller: bool) -> Option<String> {
    match (callee, caller) {
        (true, true) => Some("true".to_owned()),
        (true, false) => Some(quoted("callee")),
        (false, true) => Some(quoted("caller")),
        (false, false) => None,
    }
}

impl Scope<'_> {
    /// Seconds, perhaps with fractions, as a number of the script.
    pub(super) fn seconds(&mut self, text: &str) -> Result<String, Why> {
        let text = self.constant(text).unwrap_or_else(|| text.to_owned());
        if let Ok(seconds) = text.trim().parse::<f64>() {
            if !(0.0..=86_400.0).contains(&seconds) {
                return Err(format!("{text} seconds are not within a day"));
            }
            return Ok(if text.trim().starts_with('.') {
                format!("0{}", text.trim())
            } else {
                text.trim().to_owned()
            });
        }
        let value = self.value(&text)?;
        Ok(self.int(&value))
    }

    /// Keeps the outcome of an application if anything asks for it; a call that was answered is over when the talk is.
    pub(super) fn outcome(
        &mut self,
        variable: &'static str,
        call: &str,
        ends: bool,
        is_last: bool,
    ) -> Vec<String> {
        let end = |status: &str| format!("if {status} == \"answered\" {{ ch.hangup(); }}");
        let place = match self.world.variables.is_read(variable) {
            false => None,
            true => match self.world.variables.held(variable, &self.context) {
                Held::Local(_)
                    if !self.world.variables.is_read_in(variable, &self.context, &self.pattern) =>
                {
                    None
                }
                Held::Local(kind) => {
                    self.used.locals.insert(variable.to_owned(), kind);
                    Some(variable.to_owned())
                }
                Held::Shared(_) => Some(format!("ch.vars[{}]", quoted(variable))),
                Held::Constant(_) | Held::Global(_) | Held::Never => None,
            },
        };
        match place {
            None if is_last || !ends => vec![format!("{call};")],
            None => vec![end(&format!("{call}.status"))],
            Some(place) => {
                let mut lines = vec![format!("{place} = {call}.status;")];
                if ends {
                    lines.push(end(&place));
                }
                lines
            }
        }
    }

    pub(super) fn dial(&mut self, args: &[String], is_last: bool) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let to = self.destinations(arg(0))?;
        let mut chosen: Options = Vec::new();
        if !arg(1).is_empty() {
            chosen.push(("timeout", self.seconds(arg(1))?));
        }
        let flags = match self.constant(arg(2)) {
            Some(flags) => letters(&flags),
            None => fixed(arg(2)).ok_or("the options have to stand in the dialplan")?,
        };
        let goes_on = self.dial_options(&flags, &mut chosen)?;
        if self.used.locals.contains_key("headers") {
            chosen.push(("headers", "headers".to_owned()));
        }
        let to = match to.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let call = format!("ch.dial({to}{})", options(&chosen));
        Ok(Done::Lines(self.outcome("DIALSTATUS", &call, !goes_on, is_last)))
    }

    /// Whether the script goes on after the talk.
    fn dial_options(&mut self, flags: &[(char, String)], chosen: &mut Options) -> Result<bool, Why> {
        let has = |flag: char| flags.iter().any(|(known, _)| *known == flag);
        for (key, callee, caller) in [("transfer", 't', 'T'), ("disconnect", 'h', 'H'), ("park", 'k', 'K')] {
            if let Some(who) = parties(has(callee), has(caller)) {
                chosen.push((key, who));
            }
        }
        if ['w', 'W', 'x', 'X'].into_iter().any(has) {
            chosen.push(("record", quoted("on-demand")));
            if !(has('w') || has('x')) || !(has('W') || has('X')) {
                self.differs("both may start a recording by the digits");
            }
        }
        for (flag, argument) in flags {
            match flag {
                't' | 'T' | 'h' | 'H' | 'k' | 'K' | 'w' | 'W' | 'x' | 'X' | 'r' | 'g' | 'R' => {}
                'i' => self.differs("a phone that forwards the call by itself is followed"),
                'I' => self.differs("displays are told who has answered"),
                'm' => chosen.push(("music", quoted(if argument.is_empty() { "default" } else { argument }))),
                'A' => {
                    let prompt = self.prompts(argument)?;
                    chosen.push(("announce", prompt));
                }
                'L' => {
                    let ms = argument
                        .split(':')
                        .next()
                        .and_then(|ms| ms.parse::<u64>().ok())
                        .ok_or("L() wants milliseconds")?;
                    chosen.push(("limit", (ms / 1_000).min(86_400).to_string()));
                    if argument.contains(':') {
                        self.differs("nobody is warned before the talk is over");
                    }
                }
                'S' => {
                    let limit = self.seconds(argument)?;
                    chosen.push(("limit", limit));
                }
                'p' | 'P' => chosen.push(("confirm", "true".to_owned())),
                'f' | 'o' => {
                    self.differs(&format!(
                        "the option {flag} is not there: the caller's own number is shown"
                    ));
                }
                'M' | 'U' if !has('A') && self.only_played(*flag, argument).is_some() => {
                    let files = self.only_played(*flag, argument).unwrap_or_default();
                    let prompts = self.prompts(&files)?;
                    chosen.push(("announce", prompts));
                }
                other => self.report.lost(
                    &self.place,
                    &self.source,
                    &format!("the option {other} of Dial is not there: without it"),
                ),
            }
        }
        Ok(has('g'))
    }

    /// The prompts of a macro or subroutine that does nothing but play them to whoever answers.
    fn only_played(&self, flag: char, argument: &str) -> Option<String> {
        let name = argument.split('^').next()?;
        let context = if flag == 'M' { format!("macro-{name}") } else { name.to_owned() };
        let mut files: Vec<&str> = Vec::new();
        for step in self.world.plan.context(&context)?.exten("s")?.steps.values() {
            match (step.app.as_str(), step.args.as_slice()) {
                ("playback", [file]) if !file.contains('$') => files.push(file),
                ("noop", _) | ("return" | "macroexit", []) => {}
                _ => return None,
            }
        }
        (!files.is_empty()).then(|| files.join("&"))
    }

    pub(super) fn queue(&mut self, args: &[String], is_last: bool) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let name = self.value(&self.constant(arg(0)).unwrap_or_else(|| arg(0).to_owned()))?;
        if let Some(plain) = &name.plain
            && !self.world.names.queues.contains(plain)
        {
            return Err(format!("there is no queue `{plain}`"));
        }
        let mut chosen: Options = Vec::new();
        if !arg(4).is_empty() {
            chosen.push(("timeout", self.seconds(arg(4))?));
        }
        let flags = self.constant(arg(1)).ok_or("the options have to stand in the dialplan")?;
        let flags = letters(&flags);
        let has = |flag: char| flags.iter().any(|(known, _)| *known == flag);
        if let Some(who) = parties(has('t'), has('T')) {
            chosen.push(("transfer", who));
        }
        if let Some(who) = parties(has('k'), has('K')) {
            chosen.push(("park", who));
        }
        for (flag, key) in [('r', "ringing"), ('c', "continue")] {
            if has(flag) {
                chosen.push((key, "true".to_owned()));
            }
        }
        if has('w') || has('W') || has('x') || has('X') {
            chosen.push(("record", quoted("on-demand")));
        }
        for (flag, _) in flags.iter().filter(|(flag, _)| !"tTkKrcwWxX".contains(*flag)) {
            self.report.lost(
                &self.place,
                &self.source,
                &format!("the option {flag} of Queue is not there: without it"),
            );
        }
        for extra in
            args.get(5..).unwrap_or_default().iter().chain(args.get(3)).filter(|extra| !extra.is_empty())
        {
            self.report.lost(
                &self.place,
                &self.source,
                &format!("`{extra}` of Queue is not there: without it"),
            );
        }
        let call = format!("ch.queue({}{})", self.as_text(&name), options(&chosen));
        Ok(Done::Lines(self.outcome("QUEUESTATUS", &call, !has('c'), is_last)))
    }

    pub(super) fn page(&mut self, args: &[String]) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let to = self.destinations(arg(0))?;
        let mut chosen: Options = Vec::new();
        for (flag, _) in letters(arg(1)) {
            match flag {
                'd' => chosen.push(("duplex", "true".to_owned())),
                'q' => chosen.push(("beep", "false".to_owned())),
                's' | 'i' => {}
                other => self.report.lost(
                    &self.place,
                    &self.source,
                    &format!("the option {other} of Page is not there: without it"),
                ),
            }
        }
        if !arg(2).is_empty() {
            chosen.push(("timeout", self.seconds(arg(2))?));
        }
        Ok(Done::Lines(vec![format!("ch.page([{}]{});", to.join(", "), options(&chosen))]))
    }

    /// `AddQueueMember(queue,interface,penalty,options,name)` and the like.
    pub(super) fn queue_member(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let who = if arg(1).is_empty() { "user(ch.user)".to_owned() } else { self.destination(arg(1))? };
        let pauses = matches!(app, "pausequeuemember" | "unpausequeuemember");
        if pauses && arg(0).is_empty() {
            if who != "user(ch.user)" && !who.contains("ch.caller.number") {
                return Err("only who calls can pause in all queues".to_owned());
            }
            let verb = if app == "pausequeuemember" { "queue_pause" } else { "queue_resume" };
            return Ok(Done::Lines(vec![format!("ch.{verb}();")]));
        }
        let queue = self.value(arg(0))?;
        let queue = format!("queue({})", self.as_text(&queue));
        let line = match app {
            "addqueuemember" => {
                let mut chosen: Options = Vec::new();
                if !arg(2).is_empty() {
                    chosen.push(("penalty", self.seconds(arg(2))?));
                }
                format!("{queue}.add({who}{});", options(&chosen))
            }
            "removequeuemember" => format!("{queue}.remove({who});"),
            "pausequeuemember" if arg(3).is_empty() => format!("{queue}.pause({who});"),
            "pausequeuemember" => format!("{queue}.pause({who}, {});", quoted(arg(3))),
            _ => format!("{queue}.resume({who});"),
        };
        Ok(Done::Lines(vec![line]))
    }

    /// Devices that something is done to.
    pub(super) fn pickup(&mut self, args: &[String]) -> Result<Done, Why> {
        let whom = args.first().map_or("", String::as_str);
        if whom.is_empty() {
            return Ok(Done::Lines(vec!["ch.pickup();".to_owned()]));
        }
        let mut users = Vec::new();
        for one in split(whom, '&') {
            if one.ends_with("PICKUPMARK") {
                return Err("calls carry no PICKUPMARK".to_owned());
            }
            if one.contains('/') {
                users.push(self.destination(&one)?);
                continue;
            }
            let number = self.value(one.split('@').next().unwrap_or(&one))?;
            let number = match number.plain.as_ref().and_then(|plain| self.world.names.numbers.get(plain)) {
                Some(user) => quoted(user),
                None => self.as_text(&number),
            };
            users.push(format!("user({number})"));
        }
        let whom = if let [one] = users.as_slice() { one.clone() } else { format!("[{}]", users.join(", ")) };
        Ok(Done::Lines(vec![format!("ch.pickup({whom});")]))
    }

    pub(super) fn spy(&mut self, app: &str, args: &[String]) -> Result<Done, Why> {
        let arg = |at: usize| args.get(at).map_or("", String::as_str);
        let whom = match app {
            "extenspy" => {
                let number = self.value(arg(0).split('@').next().unwrap_or_default())?;
                format!("user({})", self.as_text(&number))
            }
            _ if arg(0).is_empty() => return Err("whom to listen to has to be said".to_owned()),
            _ => self.destination(arg(0))?,
        };
        let flags = letters(arg(1));
        let has = |flag: char| flags.iter().any(|(known, _)| *known == flag);
        let way = if has('B') {
            "barge"
        } else if has('w') || has('W') {
            "whisper"
        } else {
            "listen"
        };
        self.differs("who listens needs `may_spy = true` in etc/users.toml");
        Ok(Done::Lines(vec![format!("ch.spy({whom}, {});", quoted(way))]))
    }

    /// The kind of a variable of the function, where it is one.
    pub(super) fn local_kind(&self, name: &str) -> Option<Kind> {
        match self.world.variables.held(name, &self.context) {
            Held::Local(kind) => Some(kind),
            Held::Shared(_) | Held::Constant(_) | Held::Global(_) | Held::Never => None,
        }
    }
}
