//! The dialplan against a call core that is a list of replies.

#![allow(clippy::wildcard_enum_match_arm, reason = "tests pick the steps they look for")]

mod bounds;
mod check;
mod codes;
mod corpus;
mod corpus_files;
mod endings;
#[path = "../../../../tests/harness/figures.rs"]
mod figures;
mod help;
mod http;
mod office;
mod profiles;
mod purity;
mod replay;
mod routes;
mod slice;
mod untrusted;
mod verbs;
mod world;
