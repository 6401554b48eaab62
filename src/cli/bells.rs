//! `cordboard bells`: what rings when, and ringing by hand.

use super::services::ask_service;
use super::table;
use anyhow::{Context, Result, bail};
use clap::Subcommand;
use cordboard_paging::{BellSummary, ByHand, KIND};
use std::path::Path;

/// Lists them, or rings one.
#[derive(Debug, clap::Args)]
pub struct BellsArgs {
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// What to do; they are listed if nothing is said.
    #[command(subcommand)]
    command: Option<BellsCommand>,
}

/// What to do with bells.
#[derive(Debug, Subcommand)]
pub(super) enum BellsCommand {
    /// Rings one now, at its phones that are idle and at its loudspeakers.
    Ring {
        /// Its name in etc/paging.toml.
        bell: String,
    },
}

/// `bells`.
pub(super) fn bells(etc: &Path, args: &BellsArgs) -> Result<()> {
    match &args.command {
        Some(BellsCommand::Ring { bell }) => ring(etc, bell, args.json),
        None => list(etc, args.json),
    }
}

fn list(etc: &Path, json: bool) -> Result<()> {
    let answer = ask_service(etc, KIND, cordboard_paging::list())?;
    let all = cordboard_paging::listed(&answer).context("an answer to another question")?;
    if json {
        table::say(&serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let row = |one: &BellSummary| {
        let phones = one.phones.join(", ");
        vec![one.bell.clone(), one.next.clone(), one.last.clone(), one.group.clone(), phones]
    };
    let rows: Vec<Vec<String>> = all.iter().map(row).collect();
    table::print(&["BELL", "NEXT", "LAST", "GROUP", "PHONES"], &rows);
    Ok(())
}

fn ring(etc: &Path, bell: &str, json: bool) -> Result<()> {
    let answer = ask_service(etc, KIND, cordboard_paging::ring(bell))?;
    match cordboard_paging::rung(&answer).context("an answer to another question")? {
        ByHand::Rings { phones, of } if json => {
            table::say(&serde_json::json!({ "bell": bell, "phones": phones, "of": of }).to_string());
        }
        ByHand::Rings { phones, of } => table::say(&format!("{bell} rings at {phones} of {of} phones")),
        ByHand::Unknown => bail!("there is no bell `{bell}`; `cordboard bells` lists them"),
        ByHand::Full => bail!("too many pages are under way"),
    }
    Ok(())
}
