//! `trace`: what befalls the calls of a number. What is past is read from the file; what comes is told by the running exchange.

use super::{time_of_day, zone};
use crate::admin::{Client, Request, Response};
use crate::cli::table::say;
use crate::config::Config;
use crate::journey::{Reader, Tracer};
use anyhow::{Result, bail};
use clap::Args;
use cordboard_base::CallId;
use cordboard_journey::{Entry, Live};
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
    let (mut tracer, mut shown) = (Tracer::new(args.number.clone()), Live::default());
    let mut seq = reader.newest()?.saturating_sub(PAST_ROWS);
    loop {
        let rows = reader.after(seq, ROWS_MAX)?;
        if rows.is_empty() {
            return Ok(());
        }
        for row in rows {
            seq = row.seq;
            show(&zone, &mut shown, tracer.take(row.entries));
        }
    }
}

/// As it happens.
fn live(config: &Config, zone: &TimeZone, number: Option<String>) -> Result<()> {
    let (mut failed, mut shown) = (None, Live::default());
    Client::connect(&config.admin_path())?.ask(&Request::Follow { number }, |response| {
        match response {
            Response::Entries(entries) => {
                recall(config, &mut shown, &entries);
                show(zone, &mut shown, entries);
            }
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

/// What is in the file of calls that went on when it was begun to follow: since when, and whose their legs are.
fn recall(config: &Config, shown: &mut Live, entries: &[Entry]) {
    for of_call in entries.chunk_by(|a, b| a.call == b.call) {
        let Some(first) = of_call.first().filter(|first| first.call.0 != 0 && !shown.knows(first.call))
        else {
            continue;
        };
        let past = past_of(config, first.call).unwrap_or_default();
        let past: Vec<Entry> = past.into_iter().filter(|entry| entry.at_us < first.at_us).collect();
        shown.recall(&past);
    }
}

fn past_of(config: &Config, call: CallId) -> Result<Vec<Entry>> {
    Ok(Reader::open(&config.data())?.journey(call)?.entries)
}

fn show(zone: &TimeZone, shown: &mut Live, entries: Vec<Entry>) {
    shown.lines(entries, &|us| time_of_day(zone, us)).iter().for_each(|line| say(line));
}
