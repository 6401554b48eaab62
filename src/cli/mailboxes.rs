//! `cordboard mailboxes`: whose they are, how to get in for the first time, what is in them.

use super::{client, table};
use crate::admin::{Request, Response};
use crate::config::Config;
use anyhow::{Result, bail};
use cordboard_app::MailboxCounts;
use cordboard_exchange::AdminReply;
use std::path::Path;

/// Works without a running exchange too, which then does not say what is in them.
pub(super) fn mailboxes(etc: &Path, json: bool, secrets: bool) -> Result<()> {
    let config = Config::load(etc)?;
    let counts = match client::ask(etc, &Request::Mailboxes) {
        Ok(Response::Exchange(AdminReply::Mailboxes(counts))) => Some(counts),
        Ok(_) => bail!("an answer to another question"),
        Err(_) => None,
    };
    let settings = config.voicemail_settings();
    let of = |number: &str| counts.as_ref().and_then(|counts| counts.get(number)).copied();
    if json {
        let value = |(number, mailbox): (&String, &cordboard_voicemail::BoxSettings)| {
            let mut value = serde_json::json!({
                "mailbox": number, "name": mailbox.name, "users": mailbox.users, "email": mailbox.email,
                "counts": of(number),
            });
            if secrets {
                value["first_pin"] = mailbox.pin.clone().into();
            }
            value
        };
        let values: Vec<serde_json::Value> = settings.boxes.iter().map(value).collect();
        table::say(&serde_json::to_string_pretty(&values)?);
        return Ok(());
    }
    let row = |(number, mailbox): (&String, &cordboard_voicemail::BoxSettings)| {
        let pin = if secrets { mailbox.pin.clone() } else { String::new() };
        let count =
            |pick: fn(MailboxCounts) -> u32| of(number).map(|of| pick(of).to_string()).unwrap_or_default();
        let (new, old) = (count(|of| of.new), count(|of| of.old));
        let urgent = count(|of| of.new_urgent.saturating_add(of.old_urgent));
        vec![number.clone(), mailbox.name.clone(), pin, new, old, urgent, mailbox.email.join(", ")]
    };
    let rows: Vec<Vec<String>> = settings.boxes.iter().map(row).collect();
    table::print(&["MAILBOX", "NAME", "FIRST PIN", "NEW", "OLD", "URGENT", "MAIL"], &rows);
    table::say("\nA PIN that its owner has chosen by telephone (0, then 5) is not shown.");
    if counts.is_none() {
        table::say("No exchange is running with this configuration: `cordboard run` starts it.");
    }
    Ok(())
}
