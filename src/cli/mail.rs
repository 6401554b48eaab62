//! `cordboard mail`: what is in the queue, trying again, and a test of the way.

use super::table;
use crate::config::Config;
use crate::mail::{Queue, TestMail, Waiting};
use anyhow::{Context, Result, anyhow};
use clap::Subcommand;
use std::path::Path;

/// What to do with mails.
#[derive(Debug, Subcommand)]
pub enum MailCommand {
    /// Lists mails, the newest first: what waits, what was sent, what was given up, and what the server said last.
    List {
        /// How many.
        #[arg(short = 'n', long, default_value_t = 50)]
        most: u32,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Has mails tried again that wait or were given up; the running exchange does it within half a minute.
    Retry {
        /// Which one, by its number; without it all.
        id: Option<i64>,
    },
    /// Sends a mail at once, past the queue, and says what the server answered.
    Test {
        /// Who gets it.
        to: String,
    },
}

/// Does it.
pub(super) fn mail(etc: &Path, command: MailCommand) -> Result<()> {
    let config = Config::check(etc)?;
    match command {
        MailCommand::List { most, json } => list(&queue(&config)?.list(most)?, json),
        MailCommand::Retry { id } => {
            let count = queue(&config)?.retry(id)?;
            table::say(&format!("{count} to be tried again"));
            Ok(())
        }
        MailCommand::Test { to } => {
            let mail = config.mail();
            let server = mail.server.context("etc/mail.toml names no [server]")?;
            let test =
                TestMail { from: &mail.from, to: &to }.message().map_err(|error| anyhow!("{error}"))?;
            let answer =
                server.send(&test).map_err(|error| anyhow!("{}:{}: {error}", server.host, server.port))?;
            table::say(&format!("{}:{} has taken it: {answer}", server.host, server.port));
            Ok(())
        }
    }
}

fn queue(config: &Config) -> Result<Queue> {
    let path = config.store_path();
    anyhow::ensure!(path.exists(), "{}: there is no database yet; start the exchange once", path.display());
    Ok(Queue::open(&path)?)
}

fn list(mails: &[Waiting], json: bool) -> Result<()> {
    if json {
        table::say(&serde_json::to_string(mails)?);
        return Ok(());
    }
    let mut rows = Vec::new();
    for mail in mails {
        let at = jiff::Timestamp::from_second(mail.changed_unix_s).ok().filter(|_| mail.changed_unix_s > 0);
        let at = at.map_or_else(|| "-".to_owned(), |at| at.strftime("%Y-%m-%d %H:%M:%SZ").to_string());
        let cells =
            [mail.id.to_string(), mail.mailbox.clone(), mail.state.clone(), mail.attempts.to_string(), at];
        rows.push(cells.into_iter().chain([mail.detail.clone()]).collect::<Vec<String>>());
    }
    table::print(&["NUMBER", "MAILBOX", "STATE", "TRIED", "LAST", "ANSWER"], &rows);
    Ok(())
}
