//! Calls that are over, and what befell them: `calls --since`, `show`, `ladder`, `explain`, `trace`. They read the files beside the
//! running exchange, and work without one.

mod mails;
mod past;
mod replay;
mod trace;

pub(super) use past::{CallsArgs, calls};
pub(super) use replay::{ReplayArgs, replay};
pub(super) use trace::{TraceArgs, trace};

use super::table::say;
use crate::admin::{Client, Request};
use crate::config::Config;
use crate::journey::{Journey, Reader};
use anyhow::{Context, Result, bail};
use clap::Args;
use cordboard_base::CallId;
use cordboard_journey::{Event, Evidence};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::path::{Path, PathBuf};

/// Columns where `COLUMNS` does not say.
const WIDTH: usize = 120;

/// Arguments of `show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    /// The call: its id as `calls` and the log print it, a beginning of it that no other call has, or `last`.
    call: String,
    /// As JSON: every entry, with whole SIP messages.
    #[arg(long)]
    json: bool,
    /// Writes its SIP messages into a capture file for Wireshark, tshark and sngrep.
    #[arg(long, value_name = "FILE")]
    pcap: Option<PathBuf>,
    /// Copies its recording into this file; of several, the further ones get a number.
    #[arg(long, value_name = "FILE")]
    wav: Option<PathBuf>,
}

/// Arguments of `ladder`.
#[derive(Debug, Args)]
pub struct LadderArgs {
    /// The call, as for `show`.
    call: String,
    /// How wide it may be; default: what `COLUMNS` says, else 120.
    #[arg(long, value_name = "COLUMNS")]
    width: Option<usize>,
}

/// Arguments of `explain`.
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The call, as for `show`.
    call: String,
    /// As JSON.
    #[arg(long)]
    json: bool,
}

/// `show`.
pub(super) fn show(etc: &Path, args: &ShowArgs) -> Result<()> {
    let config = Config::check(etc)?;
    let journey = journey(&config, &args.call)?;
    if let Some(file) = &args.pcap {
        return write_pcap(&journey, file);
    }
    if let Some(file) = &args.wav {
        return copy_recordings(&config, &journey, file);
    }
    if args.json {
        say(&serde_json::to_string_pretty(&journey.entries)?);
        return Ok(());
    }
    head(&journey);
    let zone = zone(&config);
    cordboard_journey::timeline(&journey.entries, &|us| time_of_day(&zone, us))
        .iter()
        .for_each(|line| say(line));
    Ok(())
}

/// `ladder`.
pub(super) fn ladder(etc: &Path, args: &LadderArgs) -> Result<()> {
    let config = Config::check(etc)?;
    let journey = journey(&config, &args.call)?;
    head(&journey);
    let zone = zone(&config);
    let width = args.width.unwrap_or_else(terminal_width);
    cordboard_journey::ladder(&journey.entries, width, &|us| time_of_day(&zone, us))
        .iter()
        .for_each(|line| say(line));
    Ok(())
}

/// `explain`.
pub(super) fn explain(etc: &Path, args: &ExplainArgs) -> Result<()> {
    let config = Config::check(etc)?;
    let journey = journey(&config, &args.call)?;
    let verdicts = cordboard_journey::explain(&journey.entries);
    let ending = cordboard_journey::ending(&journey.entries);
    if args.json {
        say(&serde_json::to_string_pretty(&serde_json::json!({ "verdicts": verdicts, "ending": ending }))?);
        return Ok(());
    }
    head(&journey);
    let zone = zone(&config);
    let evidence = |all: &[Evidence]| {
        all.iter().for_each(|one| say(&format!("    {}  {}", time_of_day(&zone, one.at_us), one.text)));
    };
    if verdicts.is_empty() {
        say("nothing wrong was found");
    }
    for verdict in &verdicts {
        say(&format!("{}: {}.", verdict.fault, verdict.text));
        evidence(&verdict.evidence);
    }
    match &ending {
        Some(ending) => {
            say(&format!("\n{}.", ending.text));
            evidence(&ending.evidence);
        }
        None => say("\nit is not over, or its end has not been kept"),
    }
    Ok(())
}

fn journey(config: &Config, name: &str) -> Result<Journey> {
    have_it_written(config);
    let reader = Reader::open(&config.data())?;
    let call = reader.find(name)?;
    let mut journey = reader.journey(call)?;
    mails::look_up(config, &mut journey.entries);
    Ok(journey)
}

/// A running exchange keeps the newest for some moments before it writes it. Where none runs, everything is written.
fn have_it_written(config: &Config) {
    if let Ok(mut client) = Client::connect(&config.admin_path())
        && let Err(error) = client.ask_one(&Request::WriteJourneys)
    {
        eprintln!("cordboard: the newest may be missing: {error}");
    }
}

fn head(journey: &Journey) {
    let names = |calls: &[CallId]| calls.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match journey.calls.as_slice() {
        [] | [_] => {}
        [first, others @ ..] => say(&format!("call {first}, in one journey with {}", names(others))),
    }
    if journey.left_out > 0 {
        say(&format!("{} further calls of this journey are left out", journey.left_out));
    }
}

fn write_pcap(journey: &Journey, file: &Path) -> Result<()> {
    let messages =
        journey.entries.iter().filter(|entry| matches!(entry.event, Event::Message { .. })).count();
    if messages == 0 {
        bail!("no SIP message of this call is kept (`messages` of [journey] in cordboard.toml)");
    }
    std::fs::write(file, cordboard_journey::pcap(&journey.entries))
        .with_context(|| file.display().to_string())?;
    say(&format!("{messages} messages are in {}", file.display()));
    Ok(())
}

fn copy_recordings(config: &Config, journey: &Journey, file: &Path) -> Result<()> {
    let recorded: Vec<&str> =
        journey
            .entries
            .iter()
            .filter_map(|entry| {
                if let Event::Recorded { path, .. } = &entry.event { Some(path.as_str()) } else { None }
            })
            .filter(|path| !path.is_empty())
            .collect();
    if recorded.is_empty() {
        bail!(
            "this call was not recorded: `record` in users.toml, or ch.record in the dialplan, say what is"
        );
    }
    for (at, path) in recorded.iter().enumerate() {
        let from = config.recordings_path().join(path);
        let extension =
            from.extension().map_or_else(|| "wav".to_owned(), |kind| kind.to_string_lossy().into_owned());
        let stem = file.file_stem().map_or_else(|| "recording".into(), |stem| stem.to_string_lossy());
        let name =
            if at == 0 { format!("{stem}.{extension}") } else { format!("{stem}-{}.{extension}", at + 1) };
        let to = file.with_file_name(name);
        std::fs::copy(&from, &to).with_context(|| {
            format!("{} is gone, or can't be written to {}", from.display(), to.display())
        })?;
        say(&format!("{} is in {}", path, to.display()));
    }
    Ok(())
}

fn zone(config: &Config) -> TimeZone {
    TimeZone::get(config.office.office.time_zone.as_str()).unwrap_or(TimeZone::UTC)
}

fn time_of_day(zone: &TimeZone, us: i64) -> String {
    let moment = Timestamp::from_microsecond(us).unwrap_or_default().to_zoned(zone.clone());
    moment.strftime("%H:%M:%S%.3f").to_string()
}

fn date_and_time(zone: &TimeZone, us: i64) -> String {
    let moment = Timestamp::from_microsecond(us).unwrap_or_default().to_zoned(zone.clone());
    moment.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn terminal_width() -> usize {
    let columns = std::env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok());
    columns.filter(|columns| *columns > 0).unwrap_or(WIDTH)
}
