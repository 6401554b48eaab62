//! `check`: all that is wrong with configuration and dialplan, without a running exchange.

use super::table;
use crate::agree;
use crate::config::{Config, ConfigErrors, Facts};
use crate::scripts;
use anyhow::{Result, bail};
use clap::Args;
use cordboard_dialplan::codes::{CONFIGURATION, MUSIC_FILES};
use cordboard_dialplan::{Checked, Code, Dialplan, Fibers, Finding};
use std::path::Path;

/// How findings are shown, and what counts.
#[derive(Clone, Copy, Debug, Default, Args)]
pub struct CheckArgs {
    /// As JSON: an array of findings, and how many there are of each kind.
    #[arg(long)]
    json: bool,
    /// Warnings count as errors do.
    #[arg(long)]
    strict: bool,
}

/// What a check has found.
#[derive(Debug, Default)]
pub struct Report {
    /// Errors and warnings: the configuration's first, then those of the scripts, by their places.
    pub findings: Vec<Finding>,
    /// How much was looked at.
    pub summary: String,
}

/// `check`.
pub(super) fn check(etc: &Path, args: CheckArgs) -> Result<()> {
    let report = whole(etc)?;
    let errors = report.findings.iter().filter(|finding| finding.is_error()).count();
    let warnings = report.findings.len() - errors;
    if args.json {
        let json = serde_json::json!({ "findings": report.findings, "errors": errors, "warnings": warnings });
        table::say(&serde_json::to_string_pretty(&json)?);
    } else {
        for finding in &report.findings {
            let kind = if finding.is_error() { "error" } else { "warning" };
            table::say(&format!("{kind}: {finding}\n"));
        }
        if let Some(first) = report.findings.first() {
            table::say(&format!(
                "{} and {}; `cordboard help {}` explains a code",
                counted(errors, "error"),
                counted(warnings, "warning"),
                first.code
            ));
        } else {
            table::say(&format!("all is right: {}", report.summary));
        }
    }
    if errors > 0 || args.strict && warnings > 0 {
        bail!("not right: {}, {}", counted(errors, "error"), counted(warnings, "warning"));
    }
    Ok(())
}

fn counted(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

/// Checks all of an office: the files of `etc`, the dialplan that they name, and both against each other. Nothing is written.
pub fn whole(etc: &Path) -> Result<Report> {
    let config = match Config::check(etc) {
        Ok(config) => config,
        Err(ConfigErrors(errors)) => {
            return Ok(Report {
                findings: errors.iter().map(of_configuration).collect(),
                ..Report::default()
            });
        }
    };
    let path = config.dialplan_path();
    let bundle = scripts::read(&config)?;
    let setup = config.setup(Facts::of_no_process());
    let applications = cordboard_installed::installed().applications;
    let names = config.names(&setup);
    let Checked { dialplan, findings: mut of_scripts } =
        Dialplan::check(&bundle, &Fibers::default(), &applications, Some(&names));
    let mut findings = Vec::new();
    if let Some(dialplan) = &dialplan {
        findings = agree::findings(&setup, dialplan, Some(config.office.features.profile));
        findings.extend(agree::languages(&setup, &names.languages));
        agree::locate(&mut findings, etc);
    }
    // A class without music is silence where there should be some: the exchange runs all the same.
    let music = crate::media::check_music(
        &config.sounds_path(),
        &config.office.office.lang,
        &config.music_classes(),
        &config.office.office.music,
    );
    findings.extend(music.into_iter().map(|message| of_file(MUSIC_FILES, "music.toml", message)));
    for finding in &mut findings {
        if finding.file.ends_with(".rhai") {
            finding.source = line_of(&bundle, &finding.file, finding.line);
            of_scripts.push(finding.clone());
        } else {
            finding.file = etc.join(&finding.file).display().to_string();
        }
    }
    findings.retain(|finding| !finding.file.ends_with(".rhai"));
    let folder = path.parent().unwrap_or(Path::new(""));
    for finding in &mut of_scripts {
        finding.file = folder.join(&finding.file).display().to_string();
    }
    of_scripts.sort();
    findings.sort();
    findings.extend(of_scripts);
    let summary = format!(
        "{} users, {} trunks, {} routes",
        config.users.user.len(),
        config.trunks.trunk.len(),
        dialplan.map_or(0, |dialplan| dialplan.routes().len())
    );
    Ok(Report { findings, summary })
}

fn line_of(bundle: &cordboard_dialplan::Bundle, file: &str, line: usize) -> String {
    let text = bundle.files.get(file).map_or("", String::as_str);
    line.checked_sub(1).and_then(|at| text.lines().nth(at)).unwrap_or("").to_owned()
}

fn of_file(code: Code, file: &str, message: String) -> Finding {
    Finding { file: file.to_owned(), line: 0, column: 0, code, message, source: String::new(), hint: None }
}

fn of_configuration(error: &crate::config::ConfigError) -> Finding {
    let mut finding =
        of_file(CONFIGURATION, &error.file.display().to_string(), error.message.trim_end().to_owned());
    if let Some(place) = &error.place {
        (finding.line, finding.column) = (place.line, place.column);
        finding.source.clone_from(&place.text);
    }
    finding.hint = error.advice();
    finding
}
