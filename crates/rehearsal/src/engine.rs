//! The engine of test files: plain Rhai, with its own functions and no way out into the world.
#![allow(clippy::wildcard_enum_match_arm, reason = "the tokens are Rhai's, which adds kinds of them")]

use crate::functions;
use rhai::{
    AST, Array, Dynamic, Engine, EvalAltResult, LexError, Map, Module, ModuleResolver, Position, Scope,
    Shared, Token,
};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// Operations of one file's tests: a loop without end fails its test.
const OPERATIONS_MAX: u64 = 50_000_000;

/// Words of Rhai's own which are functions of ours behind a dot, and how those are called in the engine.
const OWN: [(&str, &str); 2] = [("call", "call__"), ("is", "is__")];

/// The name in the engine of a function of ours.
pub(crate) fn own(name: &'static str) -> &'static str {
    OWN.iter().find(|(word, _)| *word == name).map_or(name, |(_, own)| own)
}

/// The same the other way round, for messages.
pub(crate) fn said(text: &str) -> String {
    OWN.iter().fold(text.to_owned(), |text, (word, own)| text.replace(own, word))
}

/// An engine with all functions, and which these are.
pub(crate) fn engine() -> (Engine, BTreeSet<(&'static str, String)>) {
    let mut engine = Engine::new();
    engine.set_max_operations(OPERATIONS_MAX);
    engine.set_max_expr_depths(64, 64);
    engine.set_fail_on_invalid_map_property(true);
    for symbol in ["eval", "print", "debug"] {
        engine.disable_symbol(symbol);
    }
    free_names(&mut engine);
    let names = functions::register(&mut engine);
    (engine, names)
}

#[allow(deprecated, reason = "Rhai marks its volatile parts so; the shipped tests hold it")]
fn free_names(engine: &mut Engine) {
    let behind_dot = Cell::new(false);
    engine.on_parse_token(move |token, _, _| {
        let is_behind_dot = behind_dot.replace(token == Token::Period);
        if !is_behind_dot {
            return token;
        }
        let word = match &token {
            Token::Reserved(word) => word.as_str(),
            Token::LexError(error) => match error.as_ref() {
                LexError::ImproperSymbol(word, _) => word.as_str(),
                _ => return token,
            },
            _ => return token,
        };
        match OWN.iter().find(|(own, _)| *own == word) {
            Some((_, name)) => Token::Identifier(Box::new((*name).into())),
            None => token,
        }
    });
}

/// A value as a script would write it, for comparison and messages.
pub(crate) fn shown(value: &Dynamic) -> String {
    if let Some(list) = value.read_lock::<Array>() {
        return format!("[{}]", list.iter().map(shown).collect::<Vec<_>>().join(", "));
    }
    if let Some(map) = value.read_lock::<Map>() {
        let pairs: Vec<String> = map.iter().map(|(key, of)| format!("{key}: {}", shown(of))).collect();
        return format!("#{{ {} }}", pairs.join(", "));
    }
    match value {
        text if text.is_string() => format!("\"{text}\""),
        unit if unit.is_unit() => "()".to_owned(),
        other => other.to_string(),
    }
}

/// Imports among the test files: `import "people" as people` is `people.rhai` beside them.
pub(crate) struct Files(pub(crate) BTreeMap<String, AST>);

impl ModuleResolver for Files {
    fn resolve(
        &self,
        engine: &Engine,
        _source: Option<&str>,
        path: &str,
        position: Position,
    ) -> Result<Shared<Module>, Box<EvalAltResult>> {
        let file = format!("{}.rhai", path.trim_end_matches(".rhai"));
        let found = self.0.get(&file).or_else(|| {
            self.0.iter().find(|(name, _)| name.ends_with(&format!("/{file}"))).map(|(_, ast)| ast)
        });
        let ast = found.ok_or_else(|| EvalAltResult::ErrorModuleNotFound(path.to_owned(), position))?;
        Module::eval_ast_as_new(Scope::new(), ast, engine).map(Shared::new)
    }
}
