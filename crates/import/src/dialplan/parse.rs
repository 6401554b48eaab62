//! `extensions.conf` as contexts, extensions and priorities.

use crate::conf::{Conf, Entry, Section};
use crate::report::{Place, Report};
use std::collections::BTreeMap;

/// Priorities of one extension: `n+1000000` must not make the numbers wrap.
const PRIORITY_MAX: u32 = 1_000_000;

/// One priority.
#[derive(Clone, Debug)]
pub(crate) struct Priority {
    pub(crate) label: Option<String>,
    /// In small letters.
    pub(crate) app: String,
    pub(crate) args: Vec<String>,
    /// The line after `exten =>`.
    pub(crate) source: String,
    pub(crate) place: Place,
}

/// An extension.
#[derive(Clone, Debug)]
pub(crate) struct Exten {
    /// As Asterisk writes it, without what is for the eye alone.
    pub(crate) pattern: String,
    /// Whose calls it is for, where it is not for all.
    pub(crate) caller: Option<String>,
    pub(crate) steps: BTreeMap<u32, Priority>,
}

impl Exten {
    /// Whether it is a pattern.
    pub(crate) fn is_pattern(&self) -> bool {
        self.pattern.starts_with('_')
    }
}

/// `include => name,times`
#[derive(Clone, Debug)]
pub(crate) struct Include {
    pub(crate) context: String,
    /// Times, days of the week, days of the month, months.
    pub(crate) when: Option<Vec<String>>,
    pub(crate) place: Place,
}

/// A context.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    pub(crate) name: String,
    pub(crate) place: Place,
    pub(crate) extens: Vec<Exten>,
    pub(crate) includes: Vec<Include>,
    /// Extension, device, place.
    pub(crate) hints: Vec<(String, String, Place)>,
}

impl Context {
    /// The extension of a name, for all callers.
    pub(crate) fn exten(&self, pattern: &str) -> Option<&Exten> {
        self.extens.iter().find(|exten| exten.pattern == pattern && exten.caller.is_none())
    }
}

/// The whole.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) contexts: Vec<Context>,
    pub(crate) globals: BTreeMap<String, (String, Place)>,
}

impl Plan {
    /// The context of a name.
    pub(crate) fn context(&self, name: &str) -> Option<&Context> {
        self.contexts.iter().find(|context| context.name == name)
    }
}

/// Reads the contexts.
pub(crate) fn parse(conf: Option<&Conf>, report: &mut Report) -> Plan {
    let mut plan = Plan::default();
    for section in conf.into_iter().flat_map(Conf::real) {
        match section.name.as_str() {
            "general" => general(section, report),
            "globals" => {
                for entry in &section.entries {
                    plan.globals.insert(entry.key.clone(), (entry.value.clone(), entry.place.clone()));
                }
            }
            _ => context(section, &mut plan, report),
        }
    }
    with_globals(&mut plan, report);
    plan
}

/// Puts the globals in that stand in the names of extensions.
fn with_globals(plan: &mut Plan, report: &mut Report) {
    let globals = plan.globals.clone();
    for context in &mut plan.contexts {
        for exten in &mut context.extens {
            for (name, (value, _)) in &globals {
                exten.pattern = exten.pattern.replace(&format!("${{{name}}}"), value);
            }
        }
        context.extens.retain(|exten| {
            let is_open = exten.pattern.contains("${");
            if is_open && let Some(step) = exten.steps.values().next() {
                report.lost(&step.place, &step.source, "which number this is is known only when it runs");
            }
            !is_open
        });
    }
}

fn general(section: &Section, report: &mut Report) {
    let handled = [
        "static",
        "writeprotect",
        "clearglobalvars",
        "priorityjumping",
        "extenpatternmatchnew",
        "userscontext",
    ];
    for entry in &section.entries {
        let source = format!("{} = {}", entry.key, entry.value);
        match entry.key.as_str() {
            "autofallthrough" if !crate::conf::is_yes(&entry.value) => {
                report.differs(
                    &entry.place,
                    &source,
                    "a call whose extension has come to its end is ended here",
                );
            }
            "autofallthrough" => {}
            key if handled.contains(&key) => {}
            _ => report.lost(&entry.place, &source, "there is nothing like it"),
        }
    }
}

fn context(section: &Section, plan: &mut Plan, report: &mut Report) {
    let at = plan.contexts.iter().position(|context| context.name == section.name).unwrap_or_else(|| {
        let (extens, includes, hints) = (Vec::new(), Vec::new(), Vec::new());
        let (name, place) = (section.name.clone(), section.place.clone());
        plan.contexts.push(Context { name, place, extens, includes, hints });
        plan.contexts.len() - 1
    });
    let Some(context) = plan.contexts.get_mut(at) else { return };
    let mut last = Last::default();
    for entry in &section.entries {
        let source = format!("{} => {}", entry.key, entry.value);
        match entry.key.to_ascii_lowercase().as_str() {
            "exten" => {
                let Some((pattern, rest)) = split_head(&entry.value) else {
                    report.lost(&entry.place, &source, "this is no extension");
                    continue;
                };
                last.name(&pattern);
                priority(context, &mut last, rest, entry, &source, report);
            }
            "same" if last.pattern.is_empty() => {
                report.lost(&entry.place, &source, "there is no extension before")
            }
            "same" => priority(context, &mut last, &entry.value.clone(), entry, &source, report),
            "include" => {
                let mut fields = entry.value.split([',', '|']).map(|field| field.trim().to_owned());
                let name = fields.next().unwrap_or_default();
                let when: Vec<String> = fields.collect();
                let when = (!when.is_empty()).then_some(when);
                context.includes.push(Include { context: name, when, place: entry.place.clone() });
            }
            "ignorepat" => {}
            "switch" | "lswitch" | "eswitch" => {
                report.lost(&entry.place, &source, "numbers are not looked up elsewhere")
            }
            _ => report.lost(&entry.place, &source, "there is nothing like it"),
        }
    }
}

/// The extension and the priority that `same` and `n` go on from.
#[derive(Default)]
struct Last {
    pattern: String,
    caller: Option<String>,
    number: u32,
}

impl Last {
    fn name(&mut self, head: &str) {
        // A slash in brackets belongs to the set.
        let (pattern, caller) = match head.rsplit_once('/') {
            Some((pattern, caller)) if !pattern.is_empty() => (pattern, Some(caller.to_owned())),
            Some(_) | None => (head, None),
        };
        let pattern: String = if pattern.starts_with('_') {
            pattern.chars().filter(|c| !c.is_whitespace()).collect()
        } else {
            pattern.to_owned()
        };
        if pattern != self.pattern || caller != self.caller {
            self.number = 0;
        }
        (self.pattern, self.caller) = (pattern, caller);
    }
}

/// `101,1,Dial(…)` → `101`, `1,Dial(…)`. A comma within brackets belongs to the pattern.
fn split_head(value: &str) -> Option<(String, &str)> {
    let mut depth = 0_u32;
    for (at, c) in value.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => return Some((value.get(..at)?.trim().to_owned(), value.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

fn priority(
    context: &mut Context,
    last: &mut Last,
    rest: &str,
    entry: &Entry,
    source: &str,
    report: &mut Report,
) {
    let (head, call) = rest.split_once(',').unwrap_or((rest, ""));
    let (head, call) = (head.trim(), call.trim());
    if head.eq_ignore_ascii_case("hint") {
        return context.hints.push((last.pattern.clone(), call.to_owned(), entry.place.clone()));
    }
    let (number, label) = match head.split_once('(') {
        Some((number, label)) => (number.trim(), Some(label.trim_end_matches(')').trim().to_owned())),
        None => (head, None),
    };
    let plus = |text: &str| text.strip_prefix('+').and_then(|more| more.parse::<u32>().ok());
    let number = match number.chars().next() {
        Some('n') => last.number.checked_add(plus(number.get(1..).unwrap_or("")).unwrap_or(1)),
        Some('s') => Some(last.number),
        _ => number.parse().ok(),
    };
    let Some(number) = number.filter(|number| (1..=PRIORITY_MAX).contains(number)) else {
        return report.lost(&entry.place, source, "this is no priority");
    };
    last.number = number;
    let (app, args) = call_of(call);
    let step = Priority { label, app, args, source: source.to_owned(), place: entry.place.clone() };
    let exten = context
        .extens
        .iter()
        .position(|exten| exten.pattern == last.pattern && exten.caller == last.caller)
        .unwrap_or_else(|| {
            let (pattern, caller) = (last.pattern.clone(), last.caller.clone());
            context.extens.push(Exten { pattern, caller, steps: BTreeMap::new() });
            context.extens.len() - 1
        });
    let Some(exten) = context.extens.get_mut(exten) else { return };
    if exten.steps.contains_key(&number) {
        return report.lost(&entry.place, source, "this priority is there already: the first one counts");
    }
    exten.steps.insert(number, step);
    report.count("lines of dialplan", 1);
}

/// `Dial(a,b)` or, of old, `Dial,a|b` → `dial`, `[a, b]`.
pub(super) fn call_of(call: &str) -> (String, Vec<String>) {
    let paren = call.find('(');
    let comma = call.find(',');
    let (app, args) = match (paren, comma) {
        (Some(paren), comma) if comma.is_none_or(|comma| paren < comma) => {
            let (app, rest) = call.split_at(paren);
            let rest = rest.get(1..).unwrap_or("").trim_end();
            (app, rest.strip_suffix(')').unwrap_or(rest).to_owned())
        }
        (_, Some(comma)) => {
            let (app, rest) = call.split_at(comma);
            (app, rest.get(1..).unwrap_or("").replace('|', ","))
        }
        (_, None) => (call, String::new()),
    };
    let args = if args.is_empty() { Vec::new() } else { split(&args, ',') };
    (app.trim().to_ascii_lowercase(), args)
}

/// Splits at a separator that stands outside of `()`, `[]`, `{}` and quotation marks, and is not escaped.
pub(super) fn split(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut quotes, mut escaped) = (0_i32, false, false);
    for c in text.chars() {
        match c {
            _ if escaped => {}
            '"' => quotes = !quotes,
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth -= 1,
            _ => {}
        }
        let is_end = c == separator && depth <= 0 && !quotes && !escaped;
        escaped = c == '\\' && !escaped;
        match parts.last_mut() {
            Some(last) if !is_end => last.push(c),
            Some(_) | None => parts.push(String::new()),
        }
    }
    parts.into_iter().map(|part| part.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Sources, conf};

    fn plan(text: &str) -> (Plan, Report) {
        let mut report = Report::default();
        let conf =
            conf::read(&Sources::default().with("extensions.conf", text), "extensions.conf", &mut report);
        (parse(conf.as_ref(), &mut report), report)
    }

    #[test]
    fn priorities_are_numbers_n_same_and_labels() {
        let text = "[a]\nexten => 1,1,NoOp\nexten => 1,n(here),Dial(SIP/1&SIP/2,20,tT)\nsame => n+10,Goto(1,here)\nexten => _[1-3]X/555,1,Hangup()\n";
        let (plan, report) = plan(text);
        let one = plan.contexts[0].exten("1").unwrap();
        assert_eq!(one.steps.keys().copied().collect::<Vec<_>>(), [1, 2, 12]);
        assert_eq!(one.steps[&2].label.as_deref(), Some("here"));
        assert_eq!(one.steps[&2].args, ["SIP/1&SIP/2", "20", "tT"]);
        assert_eq!(plan.contexts[0].extens[1].caller.as_deref(), Some("555"));
        assert_eq!(report.items, []);
    }

    #[test]
    fn arguments_are_split_outside_of_brackets_and_quotes() {
        assert_eq!(call_of("Set(X=${CUT(Y,,2)})").1, ["X=${CUT(Y,,2)}"]);
        assert_eq!(
            call_of("GotoIf($[\"${A},b\" = \"x\"]?a,1:b,2)").1,
            ["$[\"${A},b\" = \"x\"]?a", "1:b", "2"]
        );
        assert_eq!(
            call_of("Macro,stdexten|101|SIP/101"),
            ("macro".to_owned(), vec!["stdexten".to_owned(), "101".to_owned(), "SIP/101".to_owned()])
        );
        assert_eq!(call_of("Hangup"), ("hangup".to_owned(), vec![]));
        assert_eq!(split("a\\,b,c", ','), ["a\\,b", "c"]);
    }

    #[test]
    fn what_is_no_priority_is_reported() {
        let (plan, report) = plan(
            "[a]\nsame => n,NoOp\nexten => 1,x,NoOp\nexten => 1,9999999,NoOp\nexten => 1\nexten => 1,1,A\nexten => 1,1,B\n",
        );
        assert_eq!(report.items.len(), 5, "{report}");
        assert_eq!(plan.contexts[0].extens.len(), 1);
    }
}
