//! Applications that say where a call goes on: Goto and its kin, subroutines, loops, menus.

use super::graph::{At, Builder, Called, End, Id, is_dialable, priority_of};
use super::parse::{call_of, split};
use super::scope::{Role, Why};
use super::value::{Condition, Value};
use crate::quoted::quoted;

type Jump = Result<(Vec<String>, Option<End>), Why>;

/// `condition?yes:no` → its parts.
pub(super) fn choice(args: &[String]) -> Result<(String, String, String), Why> {
    let whole = args.join(",");
    let parts = split(&whole, '?');
    let [condition, rest @ ..] = parts.as_slice() else { return Err("there is no `?`".to_owned()) };
    if rest.is_empty() {
        return Err("there is no `?`".to_owned());
    }
    let rest = rest.join("?");
    let mut arms = split(&rest, ':').into_iter();
    let yes = arms.next().unwrap_or_default();
    Ok((condition.clone(), yes, arms.collect::<Vec<_>>().join(":")))
}

impl Builder<'_, '_> {
    /// A jump; `None`: this application is none.
    pub(super) fn jump(&mut self, at: &At, app: &str, args: &[String]) -> Option<Jump> {
        Some(match app {
            "goto" => self.target(at, &args.join(",")).map(|to| (Vec::new(), Some(End::Next(to)))),
            "gotoif" => self.goto_if(at, args),
            "gotoiftime" => self.goto_if_time(at, args),
            "execif" | "execiftime" => self.exec_if(at, app, args),
            "exec" | "tryexec" => {
                let (app, args) = call_of(&args.join(","));
                let (lines, end, _) = self.translate(at, &app, &args);
                Ok((lines, Some(end)))
            }
            "gosub" => self.gosub(at, &args.join(",")).map(|line| (vec![line], None)),
            "macro" | "macroexclusive" => self.macro_call(args).map(|line| (vec![line], None)),
            "gosubif" | "macroif" => self.sub_if(at, app, args),
            "return" => self.give_back(args),
            "macroexit" => Ok((vec!["return;".to_owned()], Some(End::Stop))),
            "stackpop" => Ok((Vec::new(), None)),
            "while" => self.begin_loop(at, args),
            "endwhile" | "continuewhile" => {
                self.loop_of(at).map(|(begin, _)| (Vec::new(), Some(End::Next(begin))))
            }
            "exitwhile" => self.loop_of(at).map(|(_, end)| (Vec::new(), Some(End::Next(end)))),
            "background" | "waitexten" => self.menu(at),
            "voicemail" if self.has_exits() => self.voicemail(at, args),
            _ => return None,
        })
    }

    /// An arm of a choice; an empty one goes on behind it.
    fn arm(&mut self, at: &At, text: &str) -> Result<Id, Why> {
        if text.trim().is_empty() { Ok(self.after(at)) } else { self.target(at, text.trim()) }
    }

    fn goto_if(&mut self, at: &At, args: &[String]) -> Jump {
        let (condition, yes, no) = choice(args)?;
        let condition = self.scope.condition(&condition)?;
        let (yes, no) = (self.arm(at, &yes)?, self.arm(at, &no)?);
        Ok((Vec::new(), Some(End::Branch(condition, yes, no))))
    }

    fn goto_if_time(&mut self, at: &At, args: &[String]) -> Jump {
        let (times, yes, no) = choice(args)?;
        let separator = if times.contains('|') { '|' } else { ',' };
        let condition = self.scope.times(&split(&times, separator))?;
        let (yes, no) = (self.arm(at, &yes)?, self.arm(at, &no)?);
        Ok((Vec::new(), Some(End::Branch(condition, yes, no))))
    }

    fn exec_if(&mut self, at: &At, app: &str, args: &[String]) -> Jump {
        let (condition, yes, no) = choice(args)?;
        let condition = match app {
            "execif" => self.scope.condition(&condition)?,
            _ => self.scope.times(&split(&condition, ','))?,
        };
        let mut nodes = Vec::new();
        for call in [yes, no] {
            if call.trim().is_empty() {
                nodes.push(self.after(at));
                continue;
            }
            let (app, args) = call_of(call.trim());
            let (lines, end, leaves) = self.translate(at, &app, &args);
            nodes.push(self.add(lines, end, leaves));
        }
        match nodes.as_slice() {
            [yes, no] => Ok((Vec::new(), Some(End::Branch(condition, *yes, *no)))),
            _ => Err("there is no `?`".to_owned()),
        }
    }

    /// `Gosub(context,exten,priority(args))`
    fn gosub(&mut self, at: &At, text: &str) -> Result<String, Why> {
        let mut parts = split(text, ',');
        let last = parts.pop().unwrap_or_default();
        let (priority, args) = match last.split_once('(') {
            Some((priority, args)) => {
                (priority.to_owned(), split(args.strip_suffix(')').unwrap_or(args), ','))
            }
            None => (last, Vec::new()),
        };
        let exten = parts.pop().filter(|exten| !exten.is_empty()).unwrap_or_else(|| at.pattern.clone());
        let context =
            parts.pop().filter(|context| !context.is_empty()).unwrap_or_else(|| self.scope.context.clone());
        let context =
            self.scope.constant(&context).ok_or("which subroutine is meant is known only when it runs")?;
        let plain = self.scope.constant(&exten);
        let known = self
            .scope
            .world
            .plan
            .context(&context)
            .ok_or_else(|| format!("there is no context `{context}`"))?;
        let (pattern, code) = match plain {
            Some(plain) => {
                let found = self
                    .find(&context, &plain)
                    .ok_or_else(|| format!("there is no extension {plain} in `{context}`"))?;
                (found.pattern.clone(), quoted(&plain))
            }
            None => {
                // Whatever is dialled: the context's only pattern.
                let mut patterns = known.extens.iter().filter(|exten| exten.is_pattern());
                let (Some(only), None) = (patterns.next(), patterns.next()) else {
                    return Err("which extension is meant is known only when it runs".to_owned());
                };
                let value = self.scope.value(&exten)?;
                (only.pattern.clone(), self.scope.as_text(&value))
            }
        };
        let found = known
            .extens
            .iter()
            .find(|exten| exten.pattern == pattern)
            .ok_or("it stands in another context")?;
        let priority =
            priority_of(found, &priority).ok_or_else(|| format!("there is no priority {priority}"))?;
        let called = Called { context, pattern, caller: None, priority, role: 1 };
        let call = self.call_with(called, &code, &args)?;
        Ok(match self.scope.local_kind("GOSUB_RETVAL") {
            Some(kind) if self.scope.world.variables.is_read("GOSUB_RETVAL") => {
                self.scope.used.locals.insert("GOSUB_RETVAL".to_owned(), kind);
                format!("GOSUB_RETVAL = {call};")
            }
            None if self.scope.world.variables.is_read("GOSUB_RETVAL") => {
                format!("ch.vars[\"GOSUB_RETVAL\"] = {call};")
            }
            Some(_) | None => format!("{call};"),
        })
    }

    fn call_with(&mut self, called: Called, exten: &str, args: &[String]) -> Result<String, Why> {
        let mut values = Vec::new();
        for (at, arg) in args.iter().enumerate() {
            if self.scope.world.variables.is_device(&called.context, &format!("ARG{}", at + 1)) {
                let to = self.scope.destinations(arg)?;
                values.push(if let [one] = to.as_slice() {
                    one.clone()
                } else {
                    format!("[{}]", to.join(", "))
                });
                continue;
            }
            let value = self.scope.value(arg)?;
            values.push(self.scope.as_text(&value));
        }
        Ok(self.call(called, exten, &values))
    }

    fn macro_call(&mut self, args: &[String]) -> Result<String, Why> {
        let (name, args) = args.split_first().ok_or("the macro has no name")?;
        let name = self.scope.constant(name).ok_or("which macro is meant is known only when it runs")?;
        let context = format!("macro-{name}");
        let known = self
            .scope
            .world
            .plan
            .context(&context)
            .ok_or_else(|| format!("there is no context `{context}`"))?;
        known.exten("s").ok_or_else(|| format!("`{context}` has no extension s"))?;
        let called = Called { context, pattern: "s".to_owned(), caller: None, priority: 1, role: 2 };
        Ok(format!("{};", self.call_with(called, "\"s\"", args)?))
    }

    fn sub_if(&mut self, at: &At, app: &str, args: &[String]) -> Jump {
        let (condition, yes, no) = choice(args)?;
        let condition = self.scope.condition(&condition)?;
        let after = self.after(at);
        let mut nodes = Vec::new();
        for arm in [yes, no] {
            if arm.trim().is_empty() {
                nodes.push(after);
                continue;
            }
            let line = match app {
                "gosubif" => self.gosub(at, arm.trim())?,
                _ => self.macro_call(&split(arm.trim(), ','))?,
            };
            nodes.push(self.add(vec![line], End::Next(after), false));
        }
        match nodes.as_slice() {
            [yes, no] => Ok((Vec::new(), Some(End::Branch(condition, *yes, *no)))),
            _ => Err("there is no `?`".to_owned()),
        }
    }

    fn give_back(&mut self, args: &[String]) -> Jump {
        let text = args.join(",");
        let line = if self.scope.world.variables.is_read("GOSUB_RETVAL") {
            let value = self.scope.value(&text)?;
            format!("return {};", self.scope.as_text(&value))
        } else {
            "return;".to_owned()
        };
        Ok((vec![line], Some(End::Stop)))
    }

    fn begin_loop(&mut self, at: &At, args: &[String]) -> Jump {
        let condition = self.scope.condition(&args.join(","))?;
        let (_, end) = self.loop_of(at)?;
        let body = self.after(at);
        Ok((Vec::new(), Some(End::Branch(condition, body, end))))
    }

    /// The While that a priority is of or in, and what follows its EndWhile.
    fn loop_of(&mut self, at: &At) -> Result<(Id, Id), Why> {
        let open = || "While and EndWhile do not fit".to_owned();
        let exten = self.exten_of(at).ok_or_else(open)?;
        let mut begins: Vec<u32> = Vec::new();
        let mut found = None;
        for (number, step) in &exten.steps {
            match step.app.as_str() {
                "while" => begins.push(*number),
                "endwhile" => {
                    let begin = begins.pop().ok_or_else(open)?;
                    if found.is_none() && (begin..=*number).contains(&at.priority) {
                        found = Some((begin, *number));
                    }
                }
                _ => {}
            }
        }
        let (begin, end) = found.ok_or_else(open)?;
        let begin = self.node(At { priority: begin, ..at.clone() });
        let end = self.node(At { priority: end + 1, ..at.clone() });
        Ok((begin, end))
    }

    /// Background … WaitExten: what is typed is an extension of the context.
    fn menu(&mut self, at: &At) -> Jump {
        let exten = self.exten_of(at).ok_or("there is no such extension")?;
        let (mut prompts, mut waits, mut next) = (Vec::new(), None, at.priority);
        while let Some(step) = exten.steps.get(&next) {
            match step.app.as_str() {
                "background" => {
                    let files = step.args.first().map_or("", String::as_str);
                    prompts.extend(
                        split(files, '&')
                            .into_iter()
                            .filter(|file| !file.is_empty() && !file.starts_with("silence/")),
                    );
                }
                "waitexten" => {
                    waits = Some(step.args.first().cloned().unwrap_or_default());
                    next += 1;
                    break;
                }
                _ => break,
            }
            next += 1;
        }
        // An extension that ends behind Background waits for digits as well.
        if waits.is_none() && !exten.steps.contains_key(&next) {
            waits = Some(String::new());
        }
        let seconds = match &waits {
            None => "0.5".to_owned(),
            Some(text) if text.is_empty() => self.timeout(at, "response", "10"),
            Some(text) => self.scope.seconds(text)?,
        };
        let prompts = self.scope.prompts(&prompts.join("&"))?;
        let prompt = if prompts == "[]" { String::new() } else { format!("prompt: {prompts}, ") };
        let none = match (&waits, self.special("t")) {
            (None, _) => self.node(At { priority: next, ..at.clone() }),
            (Some(_), Some(id)) => id,
            (Some(_), None) => self.add(vec!["ch.hangup();".to_owned()], End::Stop, true),
        };
        Ok(self.choices(&prompt, (&seconds, &self.timeout(at, "digit", "5")), none))
    }

    /// Whether the keys * and 0 lead somewhere while a greeting plays.
    fn has_exits(&self) -> bool {
        self.context().is_some_and(|context| context.exten("a").is_some() || context.exten("o").is_some())
    }

    fn voicemail(&mut self, at: &At, args: &[String]) -> Jump {
        let call = self.scope.voicemail(args)?;
        let mut lines = vec![format!("let left = {call};")];
        lines.extend(
            self.scope.outcome("VMSTATUS", "left", false, true).into_iter().filter(|line| line != "left;"),
        );
        let mut next = self.after(at);
        for (key, exten) in [("0", "o"), ("*", "a")] {
            if let Some(id) = self.special(exten) {
                let pressed = Condition::Compare("left.key".to_owned(), "==", quoted(key));
                next = self.add(Vec::new(), End::Branch(pressed, id, next), false);
            }
        }
        Ok((lines, Some(End::Next(next))))
    }

    /// The extension of a name, if the context has it.
    fn special(&mut self, name: &str) -> Option<Id> {
        self.context()?.exten(name)?;
        Some(self.node(At { pattern: name.to_owned(), caller: None, priority: 1, exten: Value::plain(name) }))
    }

    /// What `Set(TIMEOUT(response)=…)` or `Set(TIMEOUT(digit)=…)` of this extension says.
    fn timeout(&self, at: &At, which: &str, default: &str) -> String {
        let set = format!("TIMEOUT({which})=");
        let steps = self.exten_of(at).into_iter().flat_map(|exten| exten.steps.values());
        let set = steps.flat_map(|step| step.args.iter()).filter_map(|arg| arg.split_once(&set));
        let seconds =
            set.map(|(_, seconds)| seconds.trim().to_owned()).find(|seconds| seconds.parse::<u32>().is_ok());
        seconds.unwrap_or_else(|| default.to_owned())
    }

    /// `seconds`: for the first digit, and between two.
    fn choices(&mut self, prompt: &str, seconds: (&str, &str), none: Id) -> (Vec<String>, Option<End>) {
        let (seconds, between) = seconds;
        let own = self.scope.context.clone();
        let extens = self.reachable();
        let literal: Vec<&String> = extens.iter().filter(|exten| !exten.starts_with('_')).collect();
        let patterns: Vec<&String> = extens.iter().filter(|exten| exten.starts_with('_')).collect();
        let length = |exten: &&&String| exten.trim_start_matches('_').chars().count();
        let longest = if patterns.iter().any(|pattern| pattern.ends_with(['.', '!'])) {
            20
        } else {
            literal.iter().chain(&patterns).map(|exten| length(&exten)).max().unwrap_or(1)
        };
        let end = if literal.iter().any(|exten| exten.contains('#')) { ", end: \"\"" } else { "" };
        let digits = if longest > 1 {
            format!("digits: {longest}, digit_timeout: {between}, ")
        } else {
            "digits: 1, ".to_owned()
        };
        let line =
            format!("let choice = ch.menu(#{{ {prompt}{digits}timeout: {seconds}, retries: 1{end} }});");
        let mut arms = Vec::new();
        for exten in &literal {
            let is_own = self
                .context()
                .and_then(|here| here.exten(exten))
                .is_some_and(|exten| exten.steps.len() <= 12);
            let direct = self.scope.world.names.contexts.contains(&own);
            let id = if is_own && !direct {
                self.node(At {
                    pattern: (*exten).clone(),
                    caller: None,
                    priority: 1,
                    exten: Value::plain(exten),
                })
            } else {
                self.enter(&quoted(&own), &quoted(exten))
            };
            arms.push((quoted(exten), id));
        }
        arms.push(("\"\"".to_owned(), none));
        let invalid = match self.special("i") {
            Some(id) => id,
            None => self.add(vec!["ch.hangup();".to_owned()], End::Stop, true),
        };
        let mut fits = Condition::Always(false);
        for pattern in patterns {
            fits = fits.or(Condition::Call(format!("matches(choice, {})", quoted(pattern))));
        }
        let other = if fits == Condition::Always(false) {
            invalid
        } else {
            let dialled = self.enter(&quoted(&own), "choice");
            self.add(Vec::new(), End::Branch(fits, dialled, invalid), false)
        };
        (vec![line], Some(End::Switch { on: "choice".to_owned(), arms, other }))
    }

    /// Extensions that can be dialled in this context, with those that it includes.
    fn reachable(&self) -> Vec<String> {
        let mut left = vec![self.scope.context.clone()];
        let (mut seen, mut extens) = (Vec::new(), Vec::<String>::new());
        while let Some(name) = left.pop() {
            let Some(context) = self.scope.world.plan.context(&name).filter(|_| !seen.contains(&name)) else {
                continue;
            };
            for exten in context.extens.iter().filter(|exten| is_dialable(&exten.pattern)) {
                if !extens.contains(&exten.pattern) {
                    extens.push(exten.pattern.clone());
                }
            }
            left.extend(context.includes.iter().map(|include| include.context.clone()));
            seen.push(name);
        }
        extens.sort();
        extens
    }
}

impl Role {
    /// Of a function that is called.
    pub(super) fn of(number: u8) -> Self {
        match number {
            0 => Self::Route,
            1 => Self::Gosub,
            _ => Self::Macro,
        }
    }
}
