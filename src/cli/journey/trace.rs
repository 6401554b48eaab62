//! `trace`: what befalls the calls of a number, as it is written. The file is looked at again and again, as `log --follow` does it:
//! nothing is asked of the running exchange, and nothing of it waits.

use super::{time_of_day, zone};
use crate::cli::table::say;
use crate::config::Config;
use crate::journey::Reader;
use anyhow::Result;
use clap::Args;
use cordboard_base::CallId;
use cordboard_journey::{Entry, Event};
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

/// How often new rows are looked for.
const INTERVAL: Duration = Duration::from_millis(250);
/// Rows that are looked at without `--follow`, the newest.
const PAST_ROWS: i64 = 5_000;
/// Rows that are read at once.
const ROWS_MAX: u32 = 1_000;
/// Calls whose entries are held until it is known whether the number is in them.
const HELD_MAX: usize = 256;

/// Arguments of `trace`.
#[derive(Debug, Args)]
pub struct TraceArgs {
    /// Only calls from, to or answered by this number, user or trunk; default: all.
    #[arg(long, value_name = "NUMBER")]
    number: Option<String>,
    /// Goes on with what comes until interrupted; what is past is left out.
    #[arg(short, long)]
    follow: bool,
}

/// `trace`.
pub(in crate::cli) fn trace(etc: &Path, args: &TraceArgs) -> Result<()> {
    let config = Config::check(etc)?;
    let reader = Reader::open(&config.data())?;
    let zone = zone(&config);
    let newest = reader.newest()?;
    let mut seq = if args.follow { newest } else { newest.saturating_sub(PAST_ROWS) };
    let mut tracer = Tracer { number: args.number.clone(), calls: BTreeMap::new() };
    loop {
        let rows = reader.after(seq, ROWS_MAX)?;
        let nothing_more = rows.is_empty();
        for row in rows {
            seq = row.seq;
            let shown = tracer.take(row.entries);
            cordboard_journey::timeline(&shown, &|us| time_of_day(&zone, us))
                .iter()
                .for_each(|line| say(line));
        }
        if nothing_more {
            if !args.follow {
                return Ok(());
            }
            std::thread::sleep(INTERVAL);
        }
    }
}

enum Traced {
    /// Not yet known.
    Held(Vec<Entry>),
    Shown,
}

struct Tracer {
    number: Option<String>,
    calls: BTreeMap<CallId, Traced>,
}

impl Tracer {
    /// What is to be shown now, of a row: its entries are one call's.
    fn take(&mut self, entries: Vec<Entry>) -> Vec<Entry> {
        let Some(call) = entries.first().map(|entry| entry.call) else { return entries };
        let Some(number) = &self.number else { return entries };
        let is_in = entries.iter().any(|entry| names(&entry.event, number));
        let ends = entries.iter().any(|entry| matches!(entry.event, Event::Ended { .. } | Event::Refused(_)));
        if self.calls.len() >= HELD_MAX && !self.calls.contains_key(&call) {
            // The oldest is the one that has most likely nothing to do with it.
            self.calls.pop_first();
        }
        let traced = self.calls.entry(call).or_insert_with(|| Traced::Held(Vec::new()));
        let shown = match traced {
            Traced::Shown => entries,
            Traced::Held(held) if is_in => {
                let mut all = std::mem::take(held);
                all.extend(entries);
                *traced = Traced::Shown;
                all
            }
            Traced::Held(held) => {
                held.extend(entries);
                Vec::new()
            }
        };
        if ends {
            self.calls.remove(&call);
        }
        shown
    }
}

/// Whether an entry names a number, a user or a trunk.
fn names(event: &Event, number: &str) -> bool {
    match event {
        Event::Began { from, dialed, user, trunk, .. } => {
            [Some(from), Some(dialed), user.as_ref(), trunk.as_ref()]
                .into_iter()
                .flatten()
                .any(|it| it == number)
        }
        Event::Refused(refused) => refused.from == number || refused.dialed == number,
        Event::Leg { who, other, .. } => who == number || other == number,
        Event::Transferred { to, .. } => to == number,
        Event::OutOfReach { who, .. } => who == number,
        Event::Emergency { user, number: dialed } => user == number || dialed == number,
        Event::Message { .. }
        | Event::Step { .. }
        | Event::Digit { .. }
        | Event::Read { .. }
        | Event::Codec { .. }
        | Event::Bridged { .. }
        | Event::Moved { .. }
        | Event::Joined { .. }
        | Event::Mixed { .. }
        | Event::Met { .. }
        | Event::Recorded { .. }
        | Event::Said { .. }
        | Event::ScriptError(_)
        | Event::Figures { .. }
        | Event::Latched { .. }
        | Event::Routed { .. }
        | Event::Answered { .. }
        | Event::Silent { .. }
        | Event::Ended { .. }
        | Event::Missing { .. } => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(call: u64, text: &str) -> Vec<Entry> {
        let event = Event::Said { what: "log".to_owned(), text: text.to_owned() };
        vec![Entry { at_us: 0, call: CallId(call), event }]
    }

    fn began(call: u64, from: &str) -> Vec<Entry> {
        let event = Event::Began {
            from: from.to_owned(),
            name: String::new(),
            dialed: "999".to_owned(),
            context: String::new(),
            user: None,
            trunk: None,
        };
        vec![Entry { at_us: 0, call: CallId(call), event }]
    }

    #[test]
    fn a_call_is_shown_from_its_beginning_once_the_number_is_in_it() {
        let mut tracer = Tracer { number: Some("101".to_owned()), calls: BTreeMap::new() };
        assert!(tracer.take(said(1, "before")).is_empty());
        assert!(tracer.take(began(2, "102")).is_empty());
        assert_eq!(tracer.take(began(1, "101")).len(), 2);
        assert_eq!((tracer.take(said(1, "after")).len(), tracer.take(said(2, "after")).len()), (1, 0));
    }

    #[test]
    fn what_is_held_is_bounded() {
        let mut tracer = Tracer { number: Some("101".to_owned()), calls: BTreeMap::new() };
        for call in 1..=HELD_MAX as u64 {
            tracer.take(said(call, ""));
        }
        assert_eq!(tracer.calls.len(), HELD_MAX);
        tracer.take(said(9_999, ""));
        assert_eq!((tracer.calls.len(), tracer.calls.contains_key(&CallId(1))), (HELD_MAX, false));
    }
}
