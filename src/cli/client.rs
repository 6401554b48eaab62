//! Commands for a running exchange.

use super::table;
use crate::admin::{Client, Request, Response};
use crate::config::Config;
use crate::logging;
use anyhow::{Context, Result, anyhow, bail};
use cordboard_base::CallId;
use cordboard_exchange::{AdminReply, PhoneSummary, TrunkSummary};
use std::fs::File;
use std::io::{BufRead, BufReader, Seek, SeekFrom};
use std::path::Path;
use std::time::Duration;

/// How often `log --follow` looks for new lines.
const FOLLOW_INTERVAL: Duration = Duration::from_millis(250);

pub(super) fn ask(etc: &Path, request: &Request) -> Result<Response> {
    let config = Config::check(etc)?;
    match Client::connect(&config.admin_path())?.ask_one(request)? {
        Response::Failed(text) => Err(anyhow!("{text}")),
        Response::Exchange(AdminReply::Refused(text)) => Err(anyhow!("{text}")),
        response @ (Response::Exchange(_)
        | Response::Line(_)
        | Response::Entries(_)
        | Response::Missed(_)
        | Response::Text(_)
        | Response::Dialplan(_)
        | Response::Done) => Ok(response),
    }
}

/// `reload`.
pub(super) fn reload(etc: &Path, confirm: Option<Duration>) -> Result<()> {
    let confirm_s = confirm.map(|wait| u32::try_from(wait.as_secs()).unwrap_or(u32::MAX));
    ask(etc, &Request::Reload { confirm_s })?;
    table::say("reloaded; calls in progress keep the dialplan that they began with");
    if let Some(secs) = confirm_s {
        table::say(&format!(
            "what was there before comes back in {secs} s, unless you say `cordboard confirm`"
        ));
    }
    Ok(())
}

/// `confirm`.
pub(super) fn confirm(etc: &Path, revert: bool) -> Result<()> {
    ask(etc, &Request::Confirm { keep: !revert })?;
    table::say(if revert { "what was there before is back; the files stay as they are" } else { "kept" });
    Ok(())
}

/// `hangup`.
pub(super) fn hangup(etc: &Path, call: &str) -> Result<()> {
    let id = u64::from_str_radix(call, 16)
        .with_context(|| format!("`{call}` is no call; `cordboard calls` lists them"))?;
    ask(etc, &Request::Hangup { call: CallId(id) })?;
    Ok(())
}

/// `calls`.
pub(super) fn calls(etc: &Path, json: bool) -> Result<()> {
    let Response::Exchange(AdminReply::Calls(calls)) = ask(etc, &Request::Calls)? else {
        bail!("an answer to another question")
    };
    if json {
        table::say(&serde_json::to_string_pretty(&calls)?);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = calls
        .iter()
        .map(|call| {
            let secs = call.age_us / 1_000_000;
            let age = format!("{}:{:02}", secs / 60, secs % 60);
            vec![
                call.call.to_string(),
                call.caller.number.clone(),
                call.dialed.clone(),
                call.state.clone(),
                age,
                call.legs.join(", "),
            ]
        })
        .collect();
    table::print(&["CALL", "FROM", "DIALED", "STATE", "AGE", "LEGS"], &rows);
    Ok(())
}

/// `trunks`.
pub(super) fn trunks(etc: &Path, json: bool) -> Result<()> {
    let Response::Exchange(AdminReply::Trunks(trunks)) = ask(etc, &Request::Trunks)? else {
        bail!("an answer to another question")
    };
    if json {
        table::say(&serde_json::to_string_pretty(&trunks)?);
        return Ok(());
    }
    let row = |trunk: &TrunkSummary| {
        let registration = match trunk.expires_s {
            0 => trunk.registration.clone(),
            left => format!("{}, {left} s left", trunk.registration),
        };
        let most = if trunk.channels == 0 { String::new() } else { format!(" of {}", trunk.channels) };
        let calls = format!("{} in, {} out{most}", trunk.calls_in, trunk.calls_out);
        vec![trunk.trunk.clone(), trunk.state.clone(), registration, calls, trunk.servers.join(", ")]
    };
    let rows: Vec<Vec<String>> = trunks.iter().map(row).collect();
    table::print(&["TRUNK", "STATE", "REGISTRATION", "CALLS", "SERVERS"], &rows);
    Ok(())
}

/// `stats`.
pub(super) fn stats(etc: &Path, json: bool) -> Result<()> {
    let Response::Exchange(AdminReply::Counters(counted)) = ask(etc, &Request::Stats)? else {
        bail!("an answer to another question")
    };
    if json {
        table::say(&serde_json::to_string_pretty(&counted)?);
        return Ok(());
    }
    let rows: Vec<Vec<String>> =
        counted.into_iter().map(|(name, number)| vec![name, number.to_string()]).collect();
    table::print(&["COUNTER", "NUMBER"], &rows);
    Ok(())
}

/// `phones`: works without a running exchange too, which then knows of no registrations.
pub(super) fn phones(etc: &Path, json: bool, secrets: bool) -> Result<()> {
    let config = Config::load(etc)?;
    let (phones, running) = match ask(etc, &Request::Phones) {
        Ok(Response::Exchange(AdminReply::Phones(phones))) => (phones, true),
        Ok(_) => bail!("an answer to another question"),
        Err(_) => (configured(&config), false),
    };
    let password = |user: &str| -> String {
        let found = config.users.user.keys().find(|name| name.as_str() == user);
        found
            .filter(|_| secrets)
            .and_then(|name| config.secrets.password(name))
            .unwrap_or_default()
            .to_owned()
    };
    if json {
        let with_password = |phone: &PhoneSummary| -> Result<serde_json::Value> {
            let mut value = serde_json::to_value(phone)?;
            if secrets {
                value["password"] = password(&phone.user).into();
            }
            Ok(value)
        };
        let values = phones.iter().map(with_password).collect::<Result<Vec<_>>>()?;
        table::say(&serde_json::to_string_pretty(&values)?);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = phones.iter().map(|phone| row(phone, password(&phone.user))).collect();
    table::print(&["USER", "NAME", "PASSWORD", "STATE", "ADDRESS", "NAT", "EXPIRES", "AGENT"], &rows);
    table::say(&format!(
        "\nServer: this machine's address, port 5060 (UDP, TCP) or 5061 (TLS). Domain: {}",
        config.office.office.domain
    ));
    if !running {
        table::say("No exchange is running with this configuration: `cordboard run` starts it.");
    }
    Ok(())
}

fn configured(config: &Config) -> Vec<PhoneSummary> {
    let phone = |(name, user): (&crate::config::Name, &crate::config::User)| PhoneSummary {
        user: name.as_str().to_owned(),
        name: user.name.clone(),
        state: "offline".to_owned(),
        ..PhoneSummary::default()
    };
    config.users.user.iter().map(phone).collect()
}

fn row(phone: &PhoneSummary, password: String) -> Vec<String> {
    let registered = !phone.contact.is_empty();
    vec![
        phone.user.clone(),
        phone.name.clone(),
        password,
        phone.state.clone(),
        phone.address.clone(),
        if !registered {
            String::new()
        } else if phone.nat {
            "yes".to_owned()
        } else {
            "no".to_owned()
        },
        if registered { format!("{} s", phone.expires_s) } else { String::new() },
        phone.agent.clone(),
    ]
}

/// `log`: the newest lines of the log's file.
pub(super) fn log(etc: &Path, lines: usize, follow: bool, json: bool) -> Result<()> {
    let config = Config::check(etc)?;
    let path = logging::path(&config.data());
    let mut file =
        File::open(&path).with_context(|| format!("{}: nothing has been logged yet", path.display()))?;
    let all: Vec<String> = BufReader::new(&file).lines().collect::<std::io::Result<_>>()?;
    for line in all.iter().skip(all.len().saturating_sub(lines)) {
        print_line(line, json);
    }
    let mut at = file.stream_position()?;
    if !follow {
        return Ok(());
    }
    loop {
        std::thread::sleep(FOLLOW_INTERVAL);
        if std::fs::metadata(&path)?.len() < at {
            // The log was put aside: go on with the new file.
            file = File::open(&path)?;
            at = 0;
        }
        file.seek(SeekFrom::Start(at))?;
        let mut reader = BufReader::new(&file);
        let mut line = String::new();
        while reader.read_line(&mut line)? > 0 && line.ends_with('\n') {
            at += line.len() as u64;
            print_line(line.trim_end(), json);
            line.clear();
        }
    }
}

fn print_line(line: &str, json: bool) {
    let parsed = serde_json::from_str::<serde_json::Value>(line);
    match parsed {
        Ok(value) if !json => {
            let text = |key: &str| value[key].as_str().unwrap_or_default().to_owned();
            let call = text("call");
            let call = if call.is_empty() { call } else { format!("[{call}] ") };
            table::say(&format!("{} {:5} {call}{}", text("timestamp"), text("level"), text("message")));
        }
        Ok(_) | Err(_) => table::say(line),
    }
}
