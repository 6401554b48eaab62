//! `cordboard dialplan`: which dialplans have run, what is different between them, and the way back.

use super::{client, table};
use crate::admin::{Request, Response, RunningDialplan};
use crate::config::{Config, Facts};
use crate::history::{Cause, Difference, History, Version};
use crate::office::short;
use crate::{scripts, shard};
use anyhow::{Context, Result, anyhow, bail, ensure};
use clap::Subcommand;
use cordboard_dialplan::{Bundle, Fibers};
use jiff::{Timestamp, tz::TimeZone};
use serde_json::json;
use std::path::{Path, PathBuf};

/// What to do with dialplans.
#[derive(Debug, Subcommand)]
pub enum DialplanCommand {
    /// Lists the dialplans that the exchange has taken, the newest first, and which of them runs.
    History {
        /// How many.
        #[arg(short = 'n', long, default_value_t = 20)]
        most: usize,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows what is different between two dialplans, line by line; without numbers, between the newest one and the files.
    Diff {
        /// The older one, by its number in `history`.
        from: Option<u32>,
        /// The newer one; without it the files.
        to: Option<u32>,
    },
    /// Puts an older dialplan back: into the files, and into the running exchange. What the files were before is kept as well.
    Rollback {
        /// Which, by its number in `history`; without it the newest one that is different from the files.
        number: Option<u32>,
    },
    /// Has editors know the verbs: definitions for Rhai's language server, and snippets for VS Code.
    Init {
        /// The office's folder, beside whose `dialplan` they are written.
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
}

/// Does it.
pub(super) fn dialplan(etc: &Path, command: DialplanCommand) -> Result<()> {
    if let DialplanCommand::Init { dir } = &command {
        return super::definitions::write(dir);
    }
    let config = Config::check(etc)?;
    let versions = History::of(&config.data());
    match command {
        // It needs no configuration.
        DialplanCommand::Init { .. } => Ok(()),
        DialplanCommand::History { most, json } => history(etc, &config, &versions, (most, json)),
        DialplanCommand::Diff { from, to } => diff(&config, &versions, from, to),
        DialplanCommand::Rollback { number } => rollback(etc, &config, &versions, number),
    }
}

/// What is shown of a version.
struct Line<'a> {
    version: &'a Version,
    /// Since the one before.
    changes: String,
    runs: bool,
}

fn history(etc: &Path, config: &Config, versions: &History, (most, json): (usize, bool)) -> Result<()> {
    let running = running(etc);
    let mut found: Vec<Version> = Vec::new();
    // One more, for what the oldest one has changed.
    for number in versions.numbers()?.iter().rev().take(most.saturating_add(1)) {
        found.push(versions.read(*number)?);
    }
    let hash = running.as_ref().map(|running| running.hash.as_str());
    let newest_running =
        found.iter().find(|version| Some(version.hash.as_str()) == hash).map(|version| version.number);
    let changes = |at: usize, version: &Version| match found.get(at + 1) {
        Some(before) => Difference::between(&before.bundle, &version.bundle, ["", ""]).summary(),
        None => String::new(),
    };
    let lines: Vec<Line<'_>> = found
        .iter()
        .enumerate()
        .take(most)
        .map(|(at, version)| Line {
            version,
            changes: changes(at, version),
            runs: newest_running == Some(version.number),
        })
        .collect();
    if json {
        let rows: Vec<_> = lines
            .iter()
            .map(|Line { version, changes, runs }| {
                json!({"number": version.number, "at_unix_s": version.at_unix_s, "hash": version.hash,
                       "cause": version.cause.to_string(), "changes": changes, "running": runs})
            })
            .collect();
        table::say(&serde_json::to_string_pretty(&rows)?);
        return Ok(());
    }
    let zone = TimeZone::get(config.office.office.time_zone.as_str()).unwrap_or(TimeZone::UTC);
    let when = |unix_s: u64| match i64::try_from(unix_s).ok().and_then(|s| Timestamp::from_second(s).ok()) {
        Some(at) => at.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
        None => unix_s.to_string(),
    };
    let rows: Vec<Vec<String>> = lines
        .into_iter()
        .map(|Line { version, changes, runs }| {
            let mark = if runs { "*" } else { "" };
            let cells =
                [&format!("{}{mark}", version.number), &when(version.at_unix_s), short(&version.hash)];
            cells.into_iter().map(str::to_owned).chain([version.cause.to_string(), changes]).collect()
        })
        .collect();
    table::print(&["NUMBER", "WHEN", "HASH", "TAKEN BY", "CHANGES"], &rows);
    notes(config, running.as_ref());
    Ok(())
}

/// What an operator should know besides: the files may be others than what runs.
fn notes(config: &Config, running: Option<&RunningDialplan>) {
    let Some(running) = running else { return table::say("no exchange is running here") };
    if let Some(secs) = running.unconfirmed_s {
        table::say(&format!("what runs is to be confirmed within {secs} s: `cordboard confirm`"));
    }
    if let Some(why) = &running.refused {
        table::say(&format!("the last reload was not confirmed, and could not be taken back: {why}"));
    }
    match scripts::read(config) {
        Ok(files) if files.version() == running.hash => {}
        Ok(_) => table::say("the files are others than what runs: `cordboard dialplan diff`"),
        Err(error) => table::say(&format!("the files can not be read: {error:#}")),
    }
}

fn running(etc: &Path) -> Option<RunningDialplan> {
    match client::ask(etc, &Request::Dialplan) {
        Ok(Response::Dialplan(running)) => Some(running),
        Ok(_) | Err(_) => None,
    }
}

fn diff(config: &Config, versions: &History, from: Option<u32>, to: Option<u32>) -> Result<()> {
    let newest = versions.numbers()?.last().copied();
    let from = from.or(newest).context("no dialplan has been taken yet: start the exchange once")?;
    let old = versions.read(from)?.bundle;
    let (new, name) = match to {
        Some(number) => (versions.read(number)?.bundle, number.to_string()),
        None => (scripts::read(config)?, "files".to_owned()),
    };
    let difference = Difference::between(&old, &new, [&from.to_string(), &name]);
    match difference.files.is_empty() {
        true => table::say(&format!("{from} and {name} are the same")),
        false => table::say(difference.text.trim_end()),
    }
    Ok(())
}

fn rollback(etc: &Path, config: &Config, versions: &History, number: Option<u32>) -> Result<()> {
    let main = config.dialplan_path();
    let files = scripts::read(config)?;
    let number = match number {
        Some(number) => number,
        None => last_other(versions, &files)?,
    };
    let version = versions.read(number)?;
    // The configuration stays as its files have it.
    let bundle = version.bundle.configured(config.configured());
    ensure!(
        main.file_name().and_then(|name| name.to_str()) == Some(bundle.main.as_str()),
        "version {number} begins in {}, the configuration says {}",
        bundle.main,
        main.display()
    );
    let applications = cordboard_installed::installed().applications;
    let setup = config.setup(Facts::of_no_process());
    shard::load(&bundle, &Fibers::default(), &applications, &setup, &config.names(&setup))
        .map_err(|findings| anyhow!("version {number} does not fit this configuration\n{findings}"))?;
    let (kept, _) = versions.record(&files, Cause::Replaced)?;
    scripts::write(&main, &bundle)?;
    versions.record(&bundle, Cause::Rollback { to: number })?;
    let summary = Difference::between(&files, &bundle, ["", ""]).summary();
    table::say(&format!(
        "the files are those of version {number} again ({summary}); what they were is version {kept}"
    ));
    if running(etc).is_none() {
        table::say("no exchange is running here: the next start takes them");
        return Ok(());
    }
    client::reload(etc, None)
}

/// The newest version whose scripts are different from these.
fn last_other(versions: &History, files: &Bundle) -> Result<u32> {
    for number in versions.numbers()?.into_iter().rev() {
        if versions.read(number)?.bundle.files != files.files {
            return Ok(number);
        }
    }
    bail!("there is no other version")
}
