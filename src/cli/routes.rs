//! `routes`: the table of routes, and what would happen to a call; without a running exchange.

use super::assume::AssumeArgs;
use super::table;
use crate::clock::Clock;
use crate::config::Config;
use crate::{rehearsal, scripts};
use anyhow::{Result, anyhow};
use cordboard_dialplan::{Dialplan, Fibers};
use cordboard_rehearsal::{Predictor, Question};
use std::path::Path;
use std::rc::Rc;

/// What is asked of the table.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct RoutesArgs {
    /// What would happen to a call to this number.
    #[arg(long, value_name = "NUMBER", allow_hyphen_values = true)]
    pub(super) why: Option<String>,
    /// Who calls: a user, a trunk, or a number outside; the first user if nothing is said.
    #[arg(long, value_name = "WHO", requires = "why", allow_hyphen_values = true)]
    from: Option<String>,
    /// The number that somebody outside shows; `hidden` for none.
    #[arg(long, value_name = "NUMBER", requires = "why", allow_hyphen_values = true)]
    shows: Option<String>,
    /// When, in the office's time zone: `2026-12-24 18:05`, `Mon 09:30`, `18:05`, `tomorrow 09:00`, `now`.
    #[arg(long, value_name = "TIME", requires = "why", default_value = "now")]
    at: String,
    /// What is assumed.
    #[command(flatten)]
    assume: AssumeArgs,
    /// Only this one way: not what would happen if somebody were busy, offline, answered, or a key were pressed.
    #[arg(long, requires = "why")]
    one_way: bool,
    /// Lists the routes that do not match too.
    #[arg(long, requires = "why")]
    all: bool,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// `routes`.
pub(super) fn routes(etc: &Path, args: &RoutesArgs) -> Result<()> {
    match &args.why {
        Some(number) => table::say(told(etc, args, number)?.trim_end()),
        None => all(&load(etc)?, args.json)?,
    }
    Ok(())
}

/// What would happen to a call to a number.
pub(super) fn told(etc: &Path, args: &RoutesArgs, number: &str) -> Result<String> {
    let (house, wording) = rehearsal::staged(etc, 1)?;
    let predictor = Predictor::new(&Rc::new(house), wording);
    let question = question(&predictor, args, number).map_err(|message| anyhow!(message))?;
    let prediction = predictor.predict(&question, !args.one_way);
    Ok(if args.json { serde_json::to_string_pretty(&prediction)? } else { prediction.text(args.all) })
}

fn question(predictor: &Predictor, args: &RoutesArgs, number: &str) -> Result<Question, String> {
    let assumed = args.assume.assumed(predictor.house())?;
    let shown = args.shows.as_deref().map(|shown| if shown == "hidden" { "" } else { shown });
    let caller = predictor.caller(args.from.as_deref(), shown)?;
    let at_us = predictor.moment(&args.at, Clock::start().anchor().unix_us)?;
    Ok(Question { caller, number: number.to_owned(), at_us, assumed })
}

fn load(etc: &Path) -> Result<Dialplan> {
    let config = Config::check(etc)?;
    let bundle = scripts::read(&config)?;
    Dialplan::load_in(&bundle, &Fibers::default(), &cordboard_installed::installed().applications).map_err(
        |findings| {
            let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
            anyhow!("{} finding(s) in the dialplan\n\n{}", findings.len(), text.join("\n"))
        },
    )
}

fn all(dialplan: &Dialplan, json: bool) -> Result<()> {
    let routes = dialplan.routes();
    if json {
        table::say(&serde_json::to_string_pretty(&routes)?);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = routes
        .iter()
        .map(|route| vec![route.context.clone(), route.pattern.clone(), route.place.to_string()])
        .collect();
    table::print(&["CONTEXT", "ROUTE", "WHERE"], &rows);
    Ok(())
}
