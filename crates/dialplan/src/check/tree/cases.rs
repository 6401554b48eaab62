//! The cases of every `switch`, read back from the text: the engine keeps hashes of them.

#![allow(clippy::wildcard_enum_match_arm, reason = "the tokens are Rhai's, which adds kinds of them")]

use super::Case;
use rhai::{Engine, Position, Token};
use std::collections::BTreeMap;

/// The cases of an arm, and where each stands.
pub(super) type ArmCases = Vec<(Case, Position)>;

/// Every `switch` of a text, by where it stands: the cases of its arms in order.
pub(super) fn cases(engine: &Engine, text: &str) -> BTreeMap<Position, Vec<ArmCases>> {
    let (tokens, _control) = engine.lex([&text]);
    // The end is told again and again.
    let tokens: Vec<(Token, Position)> = tokens.take_while(|(token, _)| *token != Token::EOF).collect();
    let switches = tokens.iter().enumerate().filter(|(_, (token, _))| *token == Token::Switch);
    switches.map(|(at, (_, position))| (*position, arms(tokens.get(at + 1..).unwrap_or_default()))).collect()
}

/// The cases of the arms of a switch, from behind its word.
fn arms(tokens: &[(Token, Position)]) -> Vec<ArmCases> {
    let mut arms = Vec::new();
    let mut depth = 0_usize;
    // What has been read since the last arm's end, at the switch's own depth.
    let mut head: Vec<&(Token, Position)> = Vec::new();
    let mut is_open = false;
    let mut in_head = true;
    for item in tokens {
        match &item.0 {
            Token::LeftBrace | Token::MapStart | Token::LeftParen | Token::LeftBracket => {
                depth += 1;
                if !is_open && item.0 == Token::LeftBrace && depth == 1 {
                    is_open = true;
                }
                continue;
            }
            Token::RightBrace | Token::RightParen | Token::RightBracket => {
                depth = depth.saturating_sub(1);
                if is_open && depth == 0 {
                    break;
                }
                // A block as an arm's body needs no comma behind it.
                if is_open && depth == 1 && item.0 == Token::RightBrace && !in_head {
                    in_head = true;
                    head.clear();
                }
                continue;
            }
            _ if !is_open || depth != 1 => continue,
            Token::DoubleArrow => {
                arms.push(read_cases(&head));
                head.clear();
                in_head = false;
            }
            Token::Comma => {
                in_head = true;
                head.clear();
            }
            // What goes on after a block was no end of an arm.
            _ => head.push(item),
        }
    }
    arms
}

/// `"a" | "b" if …`
fn read_cases(head: &[&(Token, Position)]) -> ArmCases {
    let mut cases = Vec::new();
    for (token, position) in head {
        let case = match token {
            Token::If => break,
            Token::Pipe | Token::Underscore => continue,
            Token::StringConstant(text) => Case::Text(text.to_string()),
            Token::CharConstant(c) => Case::Text(c.to_string()),
            Token::IntegerConstant(value) => Case::Int(*value),
            Token::True => Case::Bool(true),
            Token::False => Case::Bool(false),
            _ => Case::Other,
        };
        cases.push((case, *position));
    }
    cases
}
