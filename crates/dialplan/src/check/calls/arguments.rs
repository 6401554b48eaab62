//! What arguments and options that stand there literally can be told of before they are used.

#![allow(clippy::wildcard_enum_match_arm, reason = "the nodes are Rhai's, which adds kinds of them")]

use super::Walk;
use super::count::Called;
use crate::codes;
use crate::nearest::did_you_mean;
use crate::options::{Checks, Reads};
use crate::pattern::Pattern;
use crate::registry::{Literal, Part, Verb};
use cordboard_app::{Argument, Manual};
use rhai::{Expr, FnCallExpr, Position};

impl Walk<'_> {
    /// An application's verb: counted and checked as our own are.
    pub(super) fn application(&mut self, manual: &'static Manual, call: &FnCallExpr, position: Position) {
        let given = call.args.len();
        if given < manual.required || given > manual.params.len() {
            let wanted = (manual.required..=manual.params.len()).collect();
            self.wrong_count((call, position), Called::On(Some(Part::Channel)), &wanted, given);
        }
        for (param, given) in manual.params.iter().zip(call.args.iter()) {
            match param.takes {
                Argument::Options(schema) => self.literal_options(manual.verb, schema, given),
                Argument::One(takes) => {
                    if let Some(literal) = given.get_literal_value(None)
                        && let Err(wanted) = takes.check(&literal)
                    {
                        let found = crate::options::kind(&literal);
                        let message =
                            format!("`{}`: `{}` takes {wanted}, not {found}", manual.verb, param.name);
                        self.report(codes::VALUE, given.position(), &message, None);
                    }
                }
            }
        }
    }

    /// What literals can be told of before they are used.
    pub(super) fn arguments(&mut self, verb: Option<&Verb>, call: &FnCallExpr) {
        let Some(verb) = verb else { return };
        for (param, given) in verb.params.iter().zip(call.args.iter()) {
            match param.literal {
                Literal::Any | Literal::Context => {}
                Literal::Options(schema) => self.literal_options(verb.name, schema, given),
                Literal::Takes(takes) => {
                    if let Some(literal) = given.get_literal_value(None)
                        && let Err(wanted) = takes.check(&literal)
                    {
                        let found = crate::options::kind(&literal);
                        let message =
                            format!("`{}`: `{}` takes {wanted}, not {found}", verb.name, param.name);
                        self.report(codes::VALUE, given.position(), &message, None);
                    }
                }
                Literal::Word(words) => {
                    if let Expr::StringConstant(word, position) = given
                        && !words().contains(&word.as_str())
                    {
                        let hint = did_you_mean(word, words())
                            .or_else(|| Some(format!("known: {}", words().join(", "))));
                        self.report(
                            codes::WORD,
                            *position,
                            &format!("`{}` knows no {} \"{word}\"", verb.name, param.name),
                            hint,
                        );
                    }
                }
                Literal::Text(check) => {
                    if let Expr::StringConstant(text, position) = given
                        && let Err(message) = check(text)
                    {
                        self.report(codes::VALUE, *position, &message, None);
                    }
                }
                Literal::Pattern => {
                    if let Expr::StringConstant(text, position) = given
                        && let Err(error) = Pattern::parse(text)
                    {
                        self.report(codes::PATTERN, *position, &format!("`{text}`: {error}"), None);
                    }
                }
            }
        }
    }

    fn literal_options(&mut self, verb: &str, schema: &'static crate::options::Schema, given: &Expr) {
        let Expr::Map(map, _) = given else {
            if matches!(given, Expr::StringConstant(..) | Expr::IntegerConstant(..) | Expr::BoolConstant(..))
            {
                // A number alone is meant as the time that other systems have there.
                let is_time = schema.key("timeout").is_some();
                let hint = match given {
                    Expr::IntegerConstant(number, _) if is_time => {
                        Some(format!("did you mean `#{{ timeout: {number} }}`?"))
                    }
                    _ => None,
                };
                self.report(
                    codes::VALUE,
                    given.position(),
                    &format!("`{verb}` takes options as a map, `#{{ … }}`"),
                    hint,
                );
            }
            return;
        };
        for (key, value) in &map.0 {
            let Some(known) = schema.key(&key.name) else {
                let (message, hint) = schema.unknown(&key.name).unwrap_or_default();
                self.report(codes::NO_OPTION, key.pos, &format!("`{verb}`: {message}"), hint);
                continue;
            };
            if let Some(literal) = value.get_literal_value(None)
                && let Err(wanted) = known.takes.check(&literal)
            {
                let found = crate::options::kind(&literal);
                let message = format!("`{verb}`: `{}` takes {wanted}, not {found}", key.name);
                self.report(codes::VALUE, value.position(), &message, None);
            }
        }
    }
}
