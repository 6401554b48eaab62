//! `trace`: what befalls the calls of a number. What is past is read from the file; what comes is told by the running exchange.

use super::{time_of_day, zone};
use crate::admin::{Client, Request, Response};
use crate::cli::table::say;
use crate::config::Config;
use crate::journey::{Reader, Tracer};
use anyhow::{Result, bail};
use clap::Args;
use cordboard_journey::Entry;
use jiff::tz::TimeZone;
use std::ops::ControlFlow;
use std::path::Path;

/// Rows of the past that are looked at, the newest.
const PAST_ROWS: i64 = 5_000;
/// Rows that are read at once.
const ROWS_MAX: u32 = 1_000;

/// Arguments of `trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Only calls from, to or answered by this number, user or trunk; default: all.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// Live: what comes, told by the running exchange as it happens, until interrupted. Without it, what is past.
    #[arg(short, long)]
    follow: bool,
}

/// `trace`.
pub(in crate::cli) fn trace(etc: &Path, args: &TraceArgs) -> Result<()> {
    let config = Config::check(etc)?;
    let zone = zone(&config);
    if args.follow {
        return live(&config, &zone, args.number.clone());
    }
    let reader = Reader::open(&config.data())?;
    let mut tracer = Tracer::new(args.number.clone());
    let mut seq = reader.newest()?.saturating_sub(PAST_ROWS);
    loop {
        let rows = reader.after(seq, ROWS_MAX)?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            seq = row.seq;
            show(&zone, &tracer.take(row.entries));
        }
    }
}

/// As it happens.
fn live(config: &Config, zone: &TimeZone, number: Option<String>) -> Result<()> {
    let mut failed = None;
    Client::connect(&config.admin_path())?.ask(&Request::Follow { number }, |response| {
        match response {
            Response::Entries(entries) => show(zone, &entries),
            Response::Missed(count) => {
                say(&format!("({count} entries are missing here: they came faster than they were read)"))
            }
            Response::Failed(error) => failed = Some(error),
            Response::Exchange(_)
            | Response::Line(_)
            | Response::Dialplan(_)
            | Response::Text(_)
            | Response::Done => {}
        }
        ControlFlow::Continue(())
    })?;
    match failed {
        Some(error) => bail!(error),
        None => Ok(()),
    }
}

fn show(zone: &TimeZone, entries: &[Entry]) {
    // What was before its call was known, its first INVITE, comes after it.
    let mut entries = entries.to_vec();
    entries.sort_by_key(|entry| entry.at_us);
    cordboard_journey::timeline(&entries, &|us| time_of_day(zone, us)).iter().for_each(|line| say(line));
}
