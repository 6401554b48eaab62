//! `preview`: what will change for callers in the days to come.

use super::assume::AssumeArgs;
use super::table;
use crate::clock::Clock;
use crate::rehearsal;
use anyhow::{Result, anyhow};
use cordboard_rehearsal::{Caller, DAYS_MAX, Predictor, preview as look_ahead};
use std::path::Path;
use std::rc::Rc;

/// How far is looked ahead, and at whom.
#[derive(Debug, clap::Args)]
pub struct PreviewArgs {
    /// How many days.
    #[arg(long, value_name = "NUMBER", default_value_t = 30, value_parser = clap::value_parser!(i64).range(1..=DAYS_MAX))]
    days: i64,
    /// From when, in the office's time zone: `2026-12-24`, `Mon 09:30`, `now`.
    #[arg(long, value_name = "TIME", default_value = "now")]
    from: String,
    /// Only calls from this trunk or user.
    #[arg(long, value_name = "WHO")]
    calls: Option<String>,
    /// What is assumed.
    #[command(flatten)]
    assume: AssumeArgs,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// As a calendar (RFC 5545) that calendar programs read.
    #[arg(long, conflicts_with = "json")]
    ics: bool,
}

/// `preview`.
pub(super) fn preview(etc: &Path, args: &PreviewArgs) -> Result<()> {
    table::say(told(etc, args)?.trim_end());
    Ok(())
}

/// What will change.
fn told(etc: &Path, args: &PreviewArgs) -> Result<String> {
    let (house, wording) = rehearsal::staged(etc, 1)?;
    let predictor = Predictor::new(&Rc::new(house), wording);
    let said = |message: String| anyhow!(message);
    let assumed = args.assume.assumed(predictor.house()).map_err(said)?;
    let now_us = Clock::start().anchor().unix_us;
    let from_us = predictor.moment(&args.from, now_us).map_err(said)?;
    let who = args.calls.as_deref().map(|who| predictor.caller(Some(who), None)).transpose().map_err(said)?;
    let among = |from: &str| match &who {
        None => true,
        Some(Caller::User(user)) => user == from,
        Some(Caller::Outside { trunk, .. }) => trunk == from,
    };
    let preview = look_ahead(&predictor, from_us, args.days, &assumed, &among);
    Ok(match (args.json, args.ics) {
        (true, _) => serde_json::to_string_pretty(&preview)?,
        (false, true) => preview.ics(now_us.div_euclid(1_000_000)),
        (false, false) => preview.text(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command, routes};
    use clap::Parser;

    const PAGE: &str = "docs/predictions.md";

    /// A command's words; quotes hold some together.
    fn words(line: &str) -> Vec<String> {
        let parts = line.split('"').enumerate();
        let words = parts.flat_map(|(place, part)| match place % 2 {
            0 => part.split_whitespace().map(str::to_owned).collect(),
            _ => vec![part.to_owned()],
        });
        words.collect()
    }

    fn printed(command: &str, etc: &Path) -> String {
        let command = Cli::try_parse_from(words(command)).unwrap().command.unwrap();
        if let Command::Routes(args) = &command {
            return routes::told(etc, args, args.why.as_deref().unwrap()).unwrap();
        }
        let Command::Preview(args) = command else { panic!("{command:?} is not printed here") };
        told(etc, &args).unwrap()
    }

    /// `cargo xtask docs` writes what commands print anew.
    #[test]
    fn the_page_shows_what_the_commands_print() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(root.join(PAGE)).unwrap();
        let mut blocks = text.split("```");
        let mut wanted = blocks.next().unwrap().to_owned();
        for (place, block) in blocks.enumerate() {
            let command = block.strip_prefix("console\n$ ").and_then(|rest| rest.lines().next());
            match command.filter(|command| place % 2 == 0 && command.starts_with("cordboard ")) {
                Some(command) => {
                    let out = printed(command, &root.join("etc"));
                    wanted += &format!("```console\n$ {command}\n{}\n", out.trim_end());
                }
                None => wanted += &format!("```{block}"),
            }
        }
        if std::env::var_os("CORDBOARD_WRITE").is_some() {
            std::fs::write(root.join(PAGE), &wanted).unwrap();
        }
        assert!(
            std::fs::read_to_string(root.join(PAGE)).unwrap() == wanted,
            "{PAGE} is stale: `cargo xtask docs` writes it anew"
        );
    }

    #[test]
    fn a_calendar_of_the_sample_office_is_read_again() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let command = words("cordboard preview --days 3 --from 2026-12-22 --calls itsp --ics");
        let Some(Command::Preview(args)) = Cli::try_parse_from(command).unwrap().command else { panic!() };
        let ics = told(&root.join("etc"), &args).unwrap();
        assert!(ics.starts_with("BEGIN:VCALENDAR\r\n") && ics.ends_with("END:VCALENDAR\r\n"), "{ics}");
        assert!(ics.contains("DTSTART:20261222T090000Z"), "{ics}");
    }
}
