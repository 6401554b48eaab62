//! The command line: what an operator types. Commands for a running exchange go over its Unix socket; `run`, `check` and
//! `routes` read the configuration themselves.

mod assume;
mod bells;
pub mod check;
mod client;
mod codecs;
mod debug;
mod definitions;
mod dialplan;
mod help;
mod hours;
mod import;
mod init;
mod journey;
mod mail;
mod mailboxes;
#[cfg(test)]
mod newcomer;
#[cfg(test)]
mod offices;
mod preview;
mod queues;
mod routes;
mod services;
mod table;
mod test;

use clap::{FromArgMatches, Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

/// A telephone exchange: SIP, a Rhai dialplan, and calls that explain themselves.
#[derive(Debug, Parser)]
#[command(name = "cordboard", version, about, arg_required_else_help = false, disable_help_subcommand = true)]
pub struct Cli {
    /// The folder of the configuration files.
    #[arg(long, global = true, value_name = "DIR", default_value = "etc")]
    pub config: PathBuf,
    /// What to do; `run` if nothing is said.
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Runs the exchange in the foreground (the default).
    Run {
        /// On SIGTERM: how long calls may go on before they are hung up, in seconds.
        #[arg(long, value_name = "SECONDS", default_value_t = 30)]
        grace: u32,
    },
    /// Checks configuration and dialplan, and says what is wrong with them.
    ///
    /// Each finding has its place, what is wrong, the nearest right thing and a code; `cordboard help E0201` explains a code. Errors
    /// refuse to load; a warning may be meant: `// allow W0603: why`, at the end of its line or in the line before it, says so.
    Check(check::CheckArgs),
    /// Rehearses the dialplan: runs the tests in its `tests` folder, simulated calls in virtual time; nothing live is touched.
    ///
    /// How tests are written is in docs/testing.md.
    Test(Box<test::TestArgs>),
    /// Has the running exchange take the changed configuration and dialplan, if they are right.
    Reload {
        /// What was there before comes back after so long (`90s`, `5m`, `1h`), unless somebody says `cordboard confirm`.
        #[arg(long, value_name = "TIME", value_parser = span)]
        confirm: Option<Duration>,
    },
    /// Keeps what `reload --confirm` has taken.
    Confirm {
        /// What was there before comes back at once.
        #[arg(long)]
        revert: bool,
    },
    /// The dialplans that have run: what changed, and the way back; and what editors want to know of them.
    #[command(subcommand)]
    Dialplan(dialplan::DialplanCommand),
    /// Lists users, their passwords for phones that are being set up, and their registered phones.
    Phones {
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// Leave the passwords out.
        #[arg(long)]
        no_secrets: bool,
    },
    /// Lists live calls, or with `--since` those that are over.
    Calls(journey::CallsArgs),
    /// Shows what befell a call, from its first message to its last: its journey through transfers, queues and all else.
    Show(journey::ShowArgs),
    /// Shows the SIP messages of a call as a ladder.
    Ladder(journey::LadderArgs),
    /// Says in plain words what went wrong with a call, and what shows it.
    Explain(journey::ExplainArgs),
    /// Runs calls that were again through the present dialplan, in a rehearsal, and shows what would be different now.
    ///
    /// The exit code is 0 if it would go the same way, 1 if it would not, and 2 if that can't be told.
    Replay(journey::ReplayArgs),
    /// Shows what befalls calls as it happens.
    Trace(journey::TraceArgs),
    /// Lists conference rooms with those who are in them.
    Rooms {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists parked calls.
    Parked {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists wake-up calls: whom, when, how often, and whether somebody is being called.
    Wakeups {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists bells: when each rings next and rang last; or rings one now.
    Bells(bells::BellsArgs),
    /// Lists opening hours: whether they are open by their times, and what somebody holds open or closed by a code, until when.
    Hours {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists trunks: whether they answer, their registrations, and their calls.
    Trunks {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists mailboxes: their owners, their first PINs, and how many messages they have.
    Mailboxes {
        /// As JSON.
        #[arg(long)]
        json: bool,
        /// Leave the PINs out.
        #[arg(long)]
        no_secrets: bool,
    },
    /// Lists queues: who waits, the agents and today's figures; or one of them.
    Queues {
        /// The queue, by its name or number.
        queue: Option<String>,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Shows what the running exchange has counted: messages, calls, media, and what was refused, dropped or malformed.
    ///
    /// Names begin with `sip.`, `calls.`, `media.`, `net.` or `store.`; numbers count from the start of the process, but for
    /// `calls.live`, `sip.sessions` and `sip.transactions`, which are what there is now. The packets of a call's media are
    /// added when it ends: `media.strangers` came from an address that is not the peer's, `media.discarded` were no RTP.
    Stats {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Lists the codecs that there are, what does their work, and what 20 ms of speech cost on this machine, in µs.
    ///
    /// Which of them are offered is in the configuration: `codecs` of the office, a user or a trunk.
    Codecs {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Mails of voicemail: what is under way, trying again, and a test of the way to somebody.
    #[command(subcommand)]
    Mail(mail::MailCommand),
    /// Ends a call.
    Hangup {
        /// The call, as `calls` names it.
        call: String,
    },
    /// Lists the dialplan's routes, or says which one a number takes, why not the others, and what would then happen.
    ///
    /// `--why 5550100 --from itsp --at "2026-12-24 18:05"`: a simulated call on configuration and scripts as they stand in their
    /// files; nothing of a running exchange is read or changed. What can't be known before a call is assumed, and told.
    Routes(Box<routes::RoutesArgs>),
    /// Says what will change for callers in the days to come: opening hours, holidays, times in the scripts.
    ///
    /// Each change is found by simulated calls on configuration and scripts as they stand in their files, just before and after every
    /// moment at which something can change; nothing of a running exchange is read. As text, JSON or a calendar.
    Preview(Box<preview::PreviewArgs>),
    /// Shows the newest lines of the log.
    Log {
        /// How many.
        #[arg(short = 'n', long, default_value_t = 50)]
        lines: usize,
        /// Goes on with new ones until interrupted.
        #[arg(short, long)]
        follow: bool,
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Prints the version.
    Version {
        /// As JSON.
        #[arg(long)]
        json: bool,
    },
    /// Explains a command, a verb of the dialplan (its arguments, options and keys), or the code of a finding.
    Help {
        /// The command (`mail list`), the verb (`voicemail`, `ch.voicemail`) or the code (`E0201`); without it, all commands and
        /// verbs are listed.
        #[arg(value_name = "COMMAND, VERB or CODE")]
        words: Vec<String>,
    },
    /// Makes the sample office in an empty folder, and says what to do next.
    Init {
        /// The folder.
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// Takes over the configuration of another exchange.
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// A small softphone: registers, calls or answers, plays a file, records what it hears.
    Phone(Box<crate::phone::PhoneArgs>),
}

/// Does what the command line says.
pub fn main() -> ExitCode {
    let cli = match Cli::from_arg_matches(&help::command().get_matches()) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    let outcome = match cli.command.unwrap_or(Command::Run { grace: 30 }) {
        Command::Run { grace } => crate::server::run(&cli.config, grace),
        Command::Check(args) => check::check(&cli.config, args),
        Command::Routes(args) => routes::routes(&cli.config, &args),
        Command::Preview(args) => preview::preview(&cli.config, &args),
        Command::Test(args) => test::test(&cli.config, &args),
        Command::Reload { confirm } => client::reload(&cli.config, confirm),
        Command::Confirm { revert } => client::confirm(&cli.config, revert),
        Command::Dialplan(command) => dialplan::dialplan(&cli.config, command),
        Command::Phones { json, no_secrets } => client::phones(&cli.config, json, !no_secrets),
        Command::Calls(args) => journey::calls(&cli.config, &args),
        Command::Show(args) => journey::show(&cli.config, &args),
        Command::Ladder(args) => journey::ladder(&cli.config, &args),
        Command::Explain(args) => journey::explain(&cli.config, &args),
        Command::Replay(args) => journey::replay(&cli.config, &args),
        Command::Trace(args) => journey::trace(&cli.config, &args),
        Command::Rooms { json } => services::rooms(&cli.config, json),
        Command::Parked { json } => services::parked(&cli.config, json),
        Command::Wakeups { json } => services::wakeups(&cli.config, json),
        Command::Bells(args) => bells::bells(&cli.config, &args),
        Command::Hours { json } => hours::hours(&cli.config, json),
        Command::Trunks { json } => client::trunks(&cli.config, json),
        Command::Mailboxes { json, no_secrets } => mailboxes::mailboxes(&cli.config, json, !no_secrets),
        Command::Queues { queue, json } => queues::queues(&cli.config, queue.as_deref(), json),
        Command::Stats { json } => client::stats(&cli.config, json),
        Command::Codecs { json } => codecs::codecs(&cli.config, json),
        Command::Mail(command) => mail::mail(&cli.config, command),
        Command::Hangup { call } => client::hangup(&cli.config, &call),
        Command::Log { lines, follow, json } => client::log(&cli.config, lines, follow, json),
        Command::Version { json } => version(json),
        Command::Help { words } => help::help(&words),
        Command::Init { dir } => init::init(&dir),
        Command::Import(command) => import::run(command),
        Command::Phone(args) => crate::phone::run(*args, &cli.config),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cordboard: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn version(json: bool) -> anyhow::Result<()> {
    let version = env!("CARGO_PKG_VERSION");
    if json {
        table::say(&serde_json::json!({ "name": "cordboard", "version": version }).to_string());
    } else {
        table::say(&format!("cordboard {version}"));
    }
    Ok(())
}

/// `90s`, `5m`, `1h`; a bare number is seconds. From a second to a day.
fn span(text: &str) -> Result<Duration, String> {
    let (number, unit_s) = match text.char_indices().last() {
        Some((at, 's')) => (&text[..at], 1),
        Some((at, 'm')) => (&text[..at], 60),
        Some((at, 'h')) => (&text[..at], 3_600),
        Some(_) | None => (text, 1),
    };
    let secs = number.parse::<u64>().ok().and_then(|number| number.checked_mul(unit_s));
    let secs = secs.filter(|secs| (1..=86_400).contains(secs));
    secs.map(Duration::from_secs).ok_or_else(|| "expected a time such as 90s, 5m or 1h".to_owned())
}
