//! `replay`: calls that were, run again through the present dialplan in a rehearsal, and what would be different now.

use super::past::moment;
use super::{date_and_time, have_it_written, zone};
use crate::cli::table::say;
use crate::config::Config;
use crate::journey::Reader;
use crate::rehearsal;
use anyhow::{Context, Result, bail};
use clap::Args;
use cordboard_base::CallId;
use cordboard_journey::{Entry, Event, Gap, Line};
use cordboard_rehearsal::{House, Replay, Verdict};
use jiff::Timestamp;
use serde::Serialize;
use std::path::Path;

/// Calls that are run again at most, the newest.
const CALLS_MAX: u32 = 10_000;
/// Columns of the left side.
const SIDE: usize = 52;
/// Exit codes.
const DIFFERENT: i32 = 1;
const UNKNOWN: i32 = 2;

/// Arguments of `replay`.
#[derive(Debug, Args)]
pub struct ReplayArgs {
    /// The call: its id as `calls` and the log print it, a beginning of it that no other call has, or `last`.
    #[arg(required_unless_present = "since", conflicts_with = "since")]
    call: Option<String>,
    /// All calls since then: `90m`, `1h`, `2d`, `today`, `yesterday`, or a date; those that would go another way are listed.
    #[arg(long, value_name = "WHEN")]
    since: Option<String>,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// What is told of one call.
#[derive(Debug, Serialize)]
struct Told {
    call: String,
    began_us: i64,
    /// Who called what.
    of: String,
    /// `same`, `different`, `unknown` (the same as far as it can be told), `impossible`.
    verdict: &'static str,
    /// Why it can't be run again.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay: Option<Replay>,
}

/// `replay`. The exit code says how it came out: 0 the same, 1 different, 2 that can't be told.
pub(in crate::cli) fn replay(etc: &Path, args: &ReplayArgs) -> Result<()> {
    let code = match run(etc, args) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("cordboard: {error:#}");
            UNKNOWN
        }
    };
    if code == 0 { Ok(()) } else { std::process::exit(code) }
}

fn run(etc: &Path, args: &ReplayArgs) -> Result<i32> {
    let config = Config::check(etc)?;
    have_it_written(&config);
    let reader = Reader::open(&config.data())?;
    let house = rehearsal::house(etc, 1)?;
    match (&args.call, &args.since) {
        (Some(call), _) => {
            let told = tell(&house, &reader, reader.find(call)?)?;
            if args.json {
                say(&serde_json::to_string_pretty(&told)?)
            } else {
                show(&config, &told)
            }
            Ok(code(told.verdict))
        }
        (None, Some(since)) => {
            let calls =
                reader.calls_since(moment(since, &Timestamp::now().to_zoned(zone(&config)))?, CALLS_MAX)?;
            let all: Vec<Told> =
                calls.into_iter().map(|call| tell(&house, &reader, call)).collect::<Result<_>>()?;
            if args.json {
                say(&serde_json::to_string_pretty(&all)?)
            } else {
                summary(&config, &all)
            }
            Ok(if all.iter().any(|told| told.verdict == "different") { DIFFERENT } else { 0 })
        }
        (None, None) => bail!("which call? `cordboard replay last`"),
    }
}

fn code(verdict: &str) -> i32 {
    match verdict {
        "same" => 0,
        "different" => DIFFERENT,
        _ => UNKNOWN,
    }
}

/// Runs one again.
fn tell(house: &House, reader: &Reader, call: CallId) -> Result<Told> {
    let journey = reader.journey(call).with_context(|| format!("call {call}"))?;
    let began = journey.entries.iter().find(|entry| entry.call == call && of(entry).is_some());
    let mut told = Told {
        call: call.to_string(),
        began_us: began.map_or(0, |entry| entry.at_us),
        of: began.and_then(of).unwrap_or_default(),
        verdict: "impossible",
        why: None,
        replay: None,
    };
    match house.replay(&journey.entries, call) {
        Ok(replay) => {
            told.verdict = match replay.verdict() {
                Verdict::Same => "same",
                Verdict::Different => "different",
                Verdict::Unknown => "unknown",
            };
            told.replay = Some(replay);
        }
        Err(error) => told.why = Some(error.to_string()),
    }
    Ok(told)
}

fn of(entry: &Entry) -> Option<String> {
    if let Event::Began { from, dialed, context, .. } = &entry.event {
        return Some(format!("{from} dials {dialed} in {context}"));
    }
    None
}

fn show(config: &Config, told: &Told) {
    let zone = zone(config);
    say(&format!("call {}, {}: {}", told.call, date_and_time(&zone, told.began_us), told.of));
    if let Some(why) = &told.why {
        return say(&format!("\nit can't be run again: {why}"));
    }
    let Some(replay) = &told.replay else { return };
    say(&format!("\n    {:<SIDE$} now", "then"));
    for (then, now) in &replay.rows {
        let mark = match (then, now) {
            (Some(_), None) => "<",
            (None, Some(_)) => ">",
            (Some(_), Some(_)) | (None, None) => " ",
        };
        say(format!("  {mark} {:<SIDE$} {}", side(then), side(now)).trim_end());
    }
    for (index, Gap { after_us, what, is_the_end }) in replay.gaps.iter().enumerate() {
        if index == 0 {
            say("\nnot known, or not run again as it was:");
        }
        let end = if *is_the_end { "; nothing after it is compared" } else { "" };
        say(&format!("  +{:.1} s  {what}{end}", seconds(*after_us)));
    }
    let count = replay.differences().count();
    say(&match told.verdict {
        "same" => "\nit would go the same way".to_owned(),
        "unknown" => "\nit would go the same way, as far as that can be told".to_owned(),
        _ => format!("\nit would go another way: {count} line(s) are different"),
    });
}

/// Microseconds as seconds.
#[allow(clippy::cast_precision_loss, reason = "a day's microseconds are exact")]
fn seconds(us: i64) -> f64 {
    us as f64 / 1e6
}

fn side(line: &Option<Line>) -> String {
    let Some(line) = line else { return String::new() };
    let text = format!("{:>7.1}  {}", seconds(line.after_us), line.text);
    if text.chars().count() <= SIDE {
        return text;
    }
    text.chars().take(SIDE - 1).chain(['…']).collect()
}

fn summary(config: &Config, all: &[Told]) {
    let zone = zone(config);
    let count = |verdict: &str| all.iter().filter(|told| told.verdict == verdict).count();
    for told in all.iter().filter(|told| told.verdict == "different") {
        let when = date_and_time(&zone, told.began_us);
        say(&format!("call {}  {when}  {}", told.call, told.of));
        let replay = told.replay.iter().flat_map(Replay::differences).take(3);
        for (then, now) in replay {
            match (then, now) {
                (Some(line), _) => say(&format!("    then  {}", line.text)),
                (None, Some(line)) => say(&format!("    now   {}", line.text)),
                (None, None) => {}
            }
        }
    }
    let known = all.len() - count("impossible");
    say(&format!("{} of {known} calls would go another way", count("different")));
    if count("unknown") > 0 {
        say(&format!(
            "{} go the same way as far as that can be told: a secret was typed, or a transfer made",
            count("unknown")
        ));
    }
    if count("impossible") > 0 {
        say(&format!("{} can't be run again", count("impossible")));
        for told in all.iter().filter(|told| told.verdict == "impossible").take(10) {
            say(&format!("    call {}  {}", told.call, told.why.as_deref().unwrap_or_default()));
        }
    }
}
