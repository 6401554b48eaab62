//! `import asterisk`: reads Asterisk's files, writes an office's, and says what was lost.

mod spool;

use super::init::write_new;
use super::table;
use anyhow::{Context, Result, bail, ensure};
use clap::Subcommand;
use cordboard_import::{Fate, Imported, SECRETS, Sources, import};
use std::fs;
use std::path::{Path, PathBuf};

/// Bytes of all files together; a large FreePBX has five million.
const BYTES_MAX: u64 = 64 << 20;
/// Folders within one another.
const DEPTH_MAX: usize = 6;

/// What to take over.
#[derive(Debug, Subcommand)]
pub enum ImportCommand {
    /// An office that Asterisk runs: phones, trunks, mailboxes, queues, music, parking and the dialplan.
    ///
    /// Read are pjsip.conf, sip.conf, voicemail.conf, queues.conf, agents.conf, musiconhold.conf, features.conf,
    /// res_parking.conf, confbridge.conf, meetme.conf and extensions.conf, with what they include. What could not be
    /// translated is marked in the dialplan and listed in import-report.txt.
    Asterisk {
        /// The folder of Asterisk's configuration: /etc/asterisk.
        dir: PathBuf,
        /// Where the office is written; files that are there already are left alone, and nothing is written then.
        #[arg(long, value_name = "DIR", default_value = ".")]
        out: PathBuf,
        /// The folder of voicemail, whose messages and greetings come along: /var/spool/asterisk/voicemail.
        #[arg(long, value_name = "DIR")]
        spool: Option<PathBuf>,
    },
}

/// `import`.
pub(super) fn run(command: ImportCommand) -> Result<()> {
    let ImportCommand::Asterisk { dir, out, spool } = command;
    let sources = read(&dir)?;
    ensure!(
        sources.files.keys().any(|name| name.ends_with(".conf")),
        "{} has no file of Asterisk's configuration",
        dir.display()
    );
    let mut imported = import(&sources);
    if let Some(spool) = &spool {
        let taken = spool::take(spool, &out, &imported.mailboxes)?;
        imported.report.items.extend(taken.lost);
        imported.report.counts.insert("voicemail messages", taken.messages);
        imported.report.counts.insert("voicemail greetings", taken.greetings);
        imported.files.insert("import-report.txt".to_owned(), imported.report.to_string());
    }
    write_new(&out, &imported.files, &SECRETS)?;
    say(&imported, &out);
    Ok(())
}

fn say(imported: &Imported, out: &Path) {
    let report = &imported.report;
    table::say(report.to_string().trim_end());
    let (lost, differs) = (report.of(Fate::Lost), report.of(Fate::Differs));
    let at = out.display();
    table::say(&format!(
        "\nThe office is in {at}; {lost} lines have no counterpart, {differs} are not quite the same: all of them are in \
         {at}/import-report.txt.\nLook at it with `cordboard --config {at}/etc check` and `cordboard --config {at}/etc routes`."
    ));
}

/// Every file of the folder that may be Asterisk's.
fn read(dir: &Path) -> Result<Sources> {
    let mut sources = Sources::default();
    let mut bytes = 0;
    collect(dir, "", 0, &mut bytes, &mut sources).with_context(|| format!("reading {}", dir.display()))?;
    Ok(sources)
}

fn collect(folder: &Path, prefix: &str, depth: usize, bytes: &mut u64, sources: &mut Sources) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().map(str::to_owned) else { continue };
        // A link is followed to a file, and never to a folder, which might lie around it.
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() {
            if depth < DEPTH_MAX && !name.starts_with('.') {
                collect(&path, &format!("{prefix}{name}/"), depth + 1, bytes, sources)?;
            }
            continue;
        }
        let is_known = [".conf", ".ael", ".lua", ".inc"].iter().any(|ending| name.ends_with(ending));
        let metadata = fs::metadata(&path);
        let Some(metadata) = metadata.ok().filter(|metadata| is_known && metadata.is_file()) else {
            continue;
        };
        *bytes += metadata.len();
        if *bytes > BYTES_MAX {
            bail!("the files are larger than {} MiB together", BYTES_MAX >> 20);
        }
        let text = fs::read(&path).with_context(|| path.display().to_string())?;
        sources.files.insert(format!("{prefix}{name}"), String::from_utf8_lossy(&text).into_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests;
