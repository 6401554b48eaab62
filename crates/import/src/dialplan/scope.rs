//! What a line of the dialplan sees: variables, the extension, the helpers of `asterisk.rhai` that it needs.

use super::parse::Plan;
use super::text::{Cut, Piece, pieces};
use super::value::{Condition, Kind, Value};
use super::variables::{Held, Variables};
use crate::office::Names;
use crate::quoted::{identifier, quoted};
use crate::report::{Place, Report};
use std::collections::{BTreeMap, BTreeSet};

/// Why something can't be translated.
pub(super) type Why = String;

/// What all lines see.
pub(super) struct World<'a> {
    pub(super) plan: &'a Plan,
    pub(super) names: &'a Names,
    pub(super) variables: Variables,
}

/// What translated lines use, beside themselves.
#[derive(Clone, Debug, Default)]
pub(super) struct Used {
    /// Functions of `asterisk.rhai`.
    pub(super) helpers: BTreeSet<&'static str>,
    /// Globals that are constants.
    pub(super) constants: BTreeSet<String>,
    /// Variables of the function at hand, and whether they hold whole numbers.
    pub(super) locals: BTreeMap<String, Kind>,
    /// Parameters: `EXTEN`, `ARG1` …
    pub(super) parameters: BTreeSet<String>,
}

/// How a function is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// As a route.
    Route,
    /// By Gosub.
    Gosub,
    /// By Macro.
    Macro,
}

/// What a line sees.
pub(super) struct Scope<'a> {
    pub(super) world: &'a World<'a>,
    pub(super) report: &'a mut Report,
    pub(super) context: String,
    /// The extension whose lines are translated.
    pub(super) pattern: String,
    pub(super) role: Role,
    /// What `${EXTEN}` is.
    pub(super) exten: Value,
    pub(super) used: Used,
    pub(super) place: Place,
    pub(super) source: String,
    /// Texts within one another that are being put together.
    pub(super) depth: usize,
}

/// Texts within one another: `${A${B$[…]}}`.
const DEPTH_MAX: usize = 20;

impl Scope<'_> {
    /// Says that something is not quite the same.
    pub(super) fn differs(&mut self, why: &str) {
        self.report.differs(&self.place, &self.source, why);
    }

    /// Calls a function of `asterisk.rhai`.
    pub(super) fn helper(&mut self, name: &'static str, args: &[&str]) -> String {
        self.used.helpers.insert(name);
        format!("asterisk::{name}({})", args.join(", "))
    }

    /// A text, with what is put in.
    pub(super) fn value(&mut self, text: &str) -> Result<Value, Why> {
        if self.depth >= DEPTH_MAX {
            return Err("its brackets lie too deep".to_owned());
        }
        self.depth += 1;
        let value = self.value_within(text);
        self.depth -= 1;
        value
    }

    fn value_within(&mut self, text: &str) -> Result<Value, Why> {
        let parts = pieces(text).ok_or("its brackets do not close")?;
        match parts.as_slice() {
            [] => Ok(Value::plain("")),
            [one] => self.piece(one),
            many => {
                let mut values = Vec::new();
                for piece in many {
                    values.push(self.piece(piece)?);
                }
                Ok(self.joined(&values))
            }
        }
    }

    fn joined(&mut self, values: &[Value]) -> Value {
        let plain: Option<String> = values.iter().map(|value| value.plain.clone()).collect();
        if let Some(plain) = plain {
            return Value::plain(&plain);
        }
        let mut code = "`".to_owned();
        for value in values {
            match &value.plain {
                Some(plain) => {
                    code.push_str(&plain.replace('\\', "\\\\").replace('`', "\\`").replace("${", "$ {"))
                }
                None => {
                    let inner =
                        if value.kind == Kind::Int { value.code.clone() } else { self.as_text(value) };
                    code.push_str(&format!("${{{inner}}}"));
                }
            }
        }
        code.push('`');
        Value::text(code)
    }

    fn piece(&mut self, piece: &Piece) -> Result<Value, Why> {
        match piece {
            Piece::Plain(text) => Ok(Value::plain(text)),
            Piece::Expression(text) => self.expression(text),
            Piece::Variable { name, cut } => {
                let value = match super::text::plain(name) {
                    Some(name) => self.variable(&name)?,
                    None => self.variable_by_name(name)?,
                };
                self.cut(value, *cut)
            }
            Piece::Function { name, args, cut } => {
                let value = self.function(name, args)?;
                self.cut(value, *cut)
            }
        }
    }

    /// `${${NAME}}`
    fn variable_by_name(&mut self, name: &[Piece]) -> Result<Value, Why> {
        // `${EXTEN:${TRUNKMSD}}`, where the global is the same for all calls.
        let constant = |piece: &Piece| match piece {
            Piece::Plain(text) => Some(text.clone()),
            Piece::Variable { name, cut: None } => {
                self.constant(&format!("${{{}}}", super::text::plain(name)?))
            }
            Piece::Variable { .. } | Piece::Expression(_) | Piece::Function { .. } => None,
        };
        if let Some(name) = name.iter().map(constant).collect::<Option<String>>() {
            return self.value(&format!("${{{name}}}"));
        }
        let mut values = Vec::new();
        for piece in name {
            values.push(self.piece(piece)?);
        }
        let name = self.joined(&values);
        if let Some(name) = &name.plain {
            return self.variable(name);
        }
        Err("which variable is meant is known only when it runs".to_owned())
    }

    fn cut(&mut self, value: Value, cut: Option<Cut>) -> Result<Value, Why> {
        let Some(Cut { offset, length }) = cut else { return Ok(value) };
        if let Some(plain) = &value.plain {
            return Ok(Value::plain(&part(plain, offset, length)));
        }
        let text = if value.kind == Kind::Text { value.receiver() } else { self.as_text(&value) };
        Ok(Value::text(match length {
            None if offset == 0 => text,
            None => format!("{text}.sub_string({offset})"),
            Some(length) if length >= 0 => format!("{text}.sub_string({offset}, {length})"),
            Some(length) => self.helper("part", &[&text, &offset.to_string(), &length.to_string()]),
        }))
    }

    /// A variable's value.
    pub(super) fn variable(&mut self, name: &str) -> Result<Value, Why> {
        if let Some(value) = self.special(name)? {
            return Ok(value);
        }
        match self.world.variables.held(name, &self.context) {
            Held::Constant(text) if text.is_empty() => Ok(Value::plain("")),
            Held::Constant(_) => {
                self.used.constants.insert(name.to_owned());
                Ok(Value::text(format!("global::{}", identifier(name))))
            }
            Held::Global(first) => {
                Ok(Value::text(self.helper("global_variable", &[&quoted(name), &quoted(&first)])))
            }
            Held::Local(kind) => {
                self.used.locals.insert(identifier(name), kind);
                Ok(Value { kind, ..Value::text(identifier(name)) })
            }
            Held::Shared(kind @ (Kind::Dialed | Kind::Status)) => {
                Ok(Value { kind, ..Value::text(format!("ch.vars[{}]", quoted(name))) })
            }
            Held::Shared(_) => Ok(Value::text(self.helper("variable", &["ch", &quoted(name)]))),
            Held::Never => {
                self.report.note(
                    &self.place,
                    &self.source,
                    &format!("nothing in the dialplan sets ${{{name}}}: it is empty"),
                );
                Ok(Value::plain(""))
            }
        }
    }

    /// Variables that Asterisk sets.
    fn special(&mut self, name: &str) -> Result<Option<Value>, Why> {
        let is_argument =
            name.strip_prefix("ARG").is_some_and(|n| !n.is_empty() && n.chars().all(|c| c.is_ascii_digit()));
        if is_argument || matches!(name, "MACRO_EXTEN") && self.role == Role::Macro {
            if self.role == Role::Route {
                return Err(format!("${{{name}}} is known within a Gosub or Macro only"));
            }
            self.used.parameters.insert(name.to_owned());
            return Ok(Some(Value::text(name)));
        }
        Ok(Some(match name {
            "EXTEN" => {
                if self.exten.code == "EXTEN" {
                    self.used.parameters.insert("EXTEN".to_owned());
                }
                self.exten.clone()
            }
            "CONTEXT" => Value::plain(&self.context.clone()),
            "UNIQUEID" | "LINKEDID" => Value::text("ch.id"),
            "EPOCH" => Value::int("now()"),
            "DATETIME" => Value::text("strftime(\"%d%m%Y-%H:%M:%S\")"),
            "TIMESTAMP" => Value::text("strftime(\"%Y%m%d-%H%M%S\")"),
            "ANSWEREDTIME" => Value::int("ch.cdr.billsec"),
            "DIALEDTIME" => Value::int("ch.cdr.duration"),
            "CHANNEL" | "HANGUPCAUSE" | "PRIORITY" | "SYSTEMNAME" | "BRIDGEPEER" | "DIALEDPEERNAME"
            | "ENTITYID" => {
                return Err(format!("there is nothing like ${{{name}}}"));
            }
            _ => return Ok(None),
        }))
    }

    /// A value as a text.
    pub(super) fn as_text(&mut self, value: &Value) -> String {
        match value.kind {
            Kind::Text => value.code.clone(),
            Kind::Int => format!("`${{{}}}`", value.code),
            Kind::Dialed => self.helper("dialstatus", &[&value.code]),
            Kind::Status => self.helper("status", &[&value.code]),
        }
    }

    /// A value as a whole number.
    pub(super) fn int(&mut self, value: &Value) -> String {
        if let Some(plain) = &value.plain {
            return plain.trim().parse::<i64>().unwrap_or(0).to_string();
        }
        match value.kind {
            Kind::Int => value.code.clone(),
            Kind::Text | Kind::Dialed | Kind::Status => self.helper("as_number", &[&value.code]),
        }
    }

    /// Whether a value is what Asterisk takes for true: neither empty nor 0.
    pub(super) fn holds(&mut self, value: &Value) -> Condition {
        if let Some(truth) = &value.truth {
            return truth.clone();
        }
        if let Some(plain) = &value.plain {
            let plain = plain.trim();
            return Condition::Always(!plain.is_empty() && plain.parse::<i64>() != Ok(0));
        }
        match value.kind {
            Kind::Int => Condition::Compare(value.code.clone(), "!=", "0".to_owned()),
            Kind::Text | Kind::Dialed | Kind::Status => Condition::Call(self.helper("yes", &[&value.code])),
        }
    }

    /// A condition, as GotoIf and ExecIf have it.
    pub(super) fn condition(&mut self, text: &str) -> Result<Condition, Why> {
        let parts = pieces(text.trim()).ok_or("its brackets do not close")?;
        if let [Piece::Expression(inner)] = parts.as_slice() {
            return self.expression_holds(inner);
        }
        let value = self.value(text.trim())?;
        Ok(self.holds(&value))
    }

    /// One of two values.
    pub(super) fn choice(&mut self, condition: &Condition, yes: &Value, no: &Value) -> Value {
        let kind = if yes.kind == Kind::Int && no.kind == Kind::Int { Kind::Int } else { Kind::Text };
        let (yes, no) = match kind {
            Kind::Int => (yes.code.clone(), no.code.clone()),
            Kind::Text | Kind::Dialed | Kind::Status => (self.as_text(yes), self.as_text(no)),
        };
        Value { kind, ..Value::text(format!("(if {condition} {{ {yes} }} else {{ {no} }})")) }
    }

    /// A text whose variables are all constants of the configuration: places to go to, devices, options.
    pub(super) fn constant(&self, text: &str) -> Option<String> {
        self.world.variables.constant(text)
    }
}

/// `${X:offset:length}`
pub(super) fn part(text: &str, offset: i64, length: Option<i64>) -> String {
    let chars: Vec<char> = text.chars().collect();
    let count = i64::try_from(chars.len()).unwrap_or(i64::MAX);
    let start = if offset < 0 { (count + offset).max(0) } else { offset.min(count) };
    let end = match length {
        None => count,
        Some(length) if length < 0 => (count + length).max(start),
        Some(length) => start.saturating_add(length).min(count),
    };
    let place = |at: i64| usize::try_from(at).unwrap_or(0);
    chars.get(place(start)..place(end)).unwrap_or_default().iter().collect()
}
