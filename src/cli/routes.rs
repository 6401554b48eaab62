//! `routes`: the table of routes, without a running exchange.

use super::table;
use crate::config::Config;
use crate::scripts;
use anyhow::{Result, anyhow, bail};
use cordboard_dialplan::{Dialplan, Fibers};
use std::path::Path;

fn load(etc: &Path) -> Result<(Config, Dialplan)> {
    let config = Config::check(etc)?;
    let bundle = scripts::read(&config)?;
    let dialplan =
        Dialplan::load_in(&bundle, &Fibers::default(), &cordboard_installed::installed().applications)
            .map_err(|findings| {
                let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
                anyhow!("{} finding(s) in the dialplan\n\n{}", findings.len(), text.join("\n"))
            })?;
    Ok((config, dialplan))
}

/// `routes`.
pub(super) fn routes(etc: &Path, why: Option<&str>, from: Option<&str>, json: bool) -> Result<()> {
    let (config, dialplan) = load(etc)?;
    let Some(number) = why else {
        return all(&dialplan, json);
    };
    let context = context_of(&config, from)?;
    let candidates = dialplan.why(number, &context);
    if json {
        table::say(&serde_json::to_string_pretty(&candidates)?);
        return Ok(());
    }
    table::say(&format!("{number} in context {context}:"));
    let rows: Vec<Vec<String>> = candidates
        .iter()
        .map(|c| {
            vec![
                if c.matched { "->".to_owned() } else { String::new() },
                c.pattern.clone(),
                c.context.clone(),
                c.reason.clone(),
            ]
        })
        .collect();
    table::print(&["", "ROUTE", "CONTEXT", "WHY"], &rows);
    Ok(())
}

fn all(dialplan: &Dialplan, json: bool) -> Result<()> {
    let routes = dialplan.routes();
    if json {
        table::say(&serde_json::to_string_pretty(&routes)?);
        return Ok(());
    }
    let rows: Vec<Vec<String>> = routes
        .iter()
        .map(|route| vec![route.context.clone(), route.pattern.clone(), route.place.to_string()])
        .collect();
    table::print(&["CONTEXT", "ROUTE", "WHERE"], &rows);
    Ok(())
}

/// The context of whoever calls: a user's, a trunk's, or the sample's `internal`.
fn context_of(config: &Config, from: Option<&str>) -> Result<String> {
    let Some(from) = from else { return Ok("internal".to_owned()) };
    let user = config.users.user.iter().find(|(name, _)| name.as_str() == from);
    if let Some((_, user)) = user {
        return Ok(user.context.as_ref().map_or("internal", |name| name.as_str()).to_owned());
    }
    let trunk = config.trunks.trunk.iter().find(|(name, _)| name.as_str() == from);
    match trunk {
        Some((name, trunk)) => Ok(trunk
            .context
            .as_ref()
            .map_or_else(|| format!("from-{}", name.as_str()), |c| c.as_str().to_owned())),
        None => bail!("there is no user or trunk `{from}`"),
    }
}
