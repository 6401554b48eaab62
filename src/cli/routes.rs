//! `check` and `routes`: what the files say, without a running exchange.

use super::table;
use crate::agree;
use crate::config::{Config, Facts};
use crate::scripts;
use anyhow::{Result, anyhow, bail};
use cordboard_dialplan::{Dialplan, Fibers};
use std::path::Path;

fn load(etc: &Path) -> Result<(Config, Dialplan)> {
    let config = Config::check(etc)?;
    let bundle = scripts::read(&config.dialplan_path())?;
    let dialplan =
        Dialplan::load_in(&bundle, &Fibers::default(), &cordboard_installed::installed().applications)
            .map_err(|findings| {
                let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
                anyhow!("{} finding(s) in the dialplan\n\n{}", findings.len(), text.join("\n"))
            })?;
    Ok((config, dialplan))
}

/// `check`.
pub(super) fn check(etc: &Path) -> Result<()> {
    let (config, dialplan) = load(etc)?;
    let setup = config.setup(Facts::of_no_process());
    let notes = agree::check(&setup, &dialplan.contexts()).map_err(|findings| anyhow!("{findings}"))?;
    agree::numbers(&setup, &dialplan).map_err(|findings| anyhow!("{findings}"))?;
    let profile = agree::profile(config.office.features.profile, &dialplan.contexts());
    profile.iter().for_each(|note| table::say(&format!("note: {note}")));
    dialplan.warnings().iter().for_each(|warning| table::say(&format!("warning: {warning}")));
    // A class without music is silence where there should be some: the exchange runs all the same.
    let music = crate::media::check_music(
        &config.sounds_path(),
        &config.office.office.lang,
        &config.music_classes(),
        &config.office.office.music,
    );
    music.iter().for_each(|finding| table::say(&format!("warning: {finding}")));
    let routes = dialplan.routes();
    let patterns = routes.iter().map(|route| (route.context.as_str(), route.pattern.as_str()));
    let notes = [notes, agree::shadowed(&setup, patterns)].concat();
    notes.iter().for_each(|note| table::say(&format!("warning: {note}")));
    let (users, trunks, routes) =
        (config.users.user.len(), config.trunks.trunk.len(), dialplan.routes().len());
    table::say(&format!("all is right: {users} users, {trunks} trunks, {routes} routes"));
    Ok(())
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
