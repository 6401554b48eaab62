//! `test`: rehearses the dialplan, and tells how that went.

mod watch;

use super::debug::Console;
use super::table;
use crate::rehearsal;
use anyhow::{Context, Result, bail};
use cordboard_rehearsal::{
    Coverage, Debugger, House, Mutant, Options, Outcome, Suite, junit, mutants, page, text,
};
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// Mutants that are tried unless another number is said.
const MUTANTS: usize = 200;
/// All of them together may take so long.
const MUTANTS_TIME: Duration = Duration::from_secs(120);

/// What is rehearsed, and how it is told.
#[derive(Debug, clap::Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of the command line")]
pub struct TestArgs {
    /// Files or folders of tests; the dialplan's `tests` folder if nothing is said.
    paths: Vec<PathBuf>,
    /// Only tests whose name, or file's name, has this in it.
    #[arg(long, value_name = "TEXT", default_value = "")]
    filter: String,
    /// Runs them again whenever a script, a test or the configuration changes.
    #[arg(long)]
    watch: bool,
    /// Runs them one step at a time, with breakpoints in scripts and tests: asks for commands on the terminal, or reads them piped in.
    #[arg(long, conflicts_with_all = ["watch", "list", "mutate", "json"])]
    debug: bool,
    /// Only lists the tests.
    #[arg(long)]
    list: bool,
    /// Writes JUnit's XML for a build server.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Says which lines and routes of the dialplan the tests have reached.
    #[arg(long)]
    coverage: bool,
    /// Writes a page with every script's lines, green or red.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Puts small faults into the scripts, one at a time, and says which of them no test notices; so many at most.
    #[arg(long, value_name = "NUMBER", num_args = 0..=1, default_missing_value = "200")]
    mutate: Option<usize>,
    /// As JSON.
    #[arg(long)]
    json: bool,
    /// What all chance in the tests is drawn from.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

/// `test`
pub(super) fn test(etc: &Path, args: &TestArgs) -> Result<()> {
    if args.watch {
        return watch::forever(etc, &args.paths, || run(etc, args));
    }
    if run(etc, args)? { Ok(()) } else { std::process::exit(1) }
}

/// Time since this process was first asked.
fn clock() -> Duration {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    BEGAN.get_or_init(Instant::now).elapsed()
}

fn paths(etc: &Path, args: &TestArgs) -> Result<Vec<PathBuf>> {
    if args.paths.is_empty() { Ok(vec![rehearsal::folder(etc)?]) } else { Ok(args.paths.clone()) }
}

/// Runs everything once. Says whether all is well.
fn run(etc: &Path, args: &TestArgs) -> Result<bool> {
    let began = clock();
    let texts = rehearsal::texts(&paths(etc, args)?)?;
    if texts.is_empty() {
        bail!("there are no tests: write some into {}", paths(etc, args)?[0].display());
    }
    let mut house = rehearsal::house(etc, args.seed)?;
    let debugger = args.debug.then(|| Debugger::new(Console));
    if let Some(debugger) = &debugger {
        house = house.with_debugger(debugger).map_err(|findings| rehearsal::told(&findings))?;
    }
    let (house, suite) = (Rc::new(house), Suite::new(texts));
    let options =
        Options { filter: args.filter.clone(), only_list: args.list, clock, debugger, ..Options::default() };
    let (outcomes, coverage) = suite.run(&house, &options, teller(args));
    if args.list {
        return Ok(true);
    }
    if outcomes.is_empty() && args.debug {
        // Whoever leaves the debugger in its first test has seen none to its end.
        return Ok(true);
    }
    if outcomes.is_empty() {
        bail!("no test has `{}` in its name", args.filter);
    }
    tell(args, &outcomes, &coverage, (clock() - began).as_secs_f64());
    write(args, &house, &outcomes, &coverage)?;
    let well = outcomes.iter().all(Outcome::passed);
    if let Some(most) = args.mutate {
        if !well {
            bail!("mutants are tried when all tests pass");
        }
        mutate(&house, &suite, &coverage, most.clamp(1, 10 * MUTANTS));
    }
    Ok(well)
}

/// Says each test as it ends, under the name of its file.
fn teller(args: &TestArgs) -> impl FnMut(&Outcome) + 'static {
    let (json, list) = (args.json, args.list);
    let colour = std::io::stdout().is_terminal();
    let mut file = String::new();
    move |outcome: &Outcome| {
        if json {
            return;
        }
        if outcome.at.file != file {
            file.clone_from(&outcome.at.file);
            table::say(&file);
        }
        let line = if list {
            format!("  {}  {}", outcome.name, outcome.at.line)
        } else {
            text::line(outcome, colour)
        };
        table::say(&line);
    }
}

fn tell(args: &TestArgs, outcomes: &[Outcome], coverage: &Coverage, seconds: f64) {
    if args.json {
        let whole = serde_json::json!({
            "tests": outcomes,
            "seconds": seconds,
            "coverage": args.coverage.then_some(coverage),
        });
        return table::say(&whole.to_string());
    }
    let colour = std::io::stdout().is_terminal();
    for outcome in outcomes.iter().filter(|outcome| !outcome.passed()) {
        table::say(&format!("\n{}", text::failed(outcome, colour).trim_end()));
    }
    if args.coverage {
        table::say(&format!("\ncoverage\n{}", text::coverage(coverage).trim_end()));
    }
    table::say(&format!("\n{}", text::summary(outcomes, seconds)));
}

fn write(args: &TestArgs, house: &House, outcomes: &[Outcome], coverage: &Coverage) -> Result<()> {
    let put =
        |path: &Path, text: String| std::fs::write(path, text).with_context(|| path.display().to_string());
    if let Some(path) = &args.junit {
        put(path, junit(outcomes))?;
    }
    if let Some(path) = &args.html {
        put(path, page(coverage, &house.bundle().files))?;
    }
    Ok(())
}

/// Tries mutants one after the other, within a bound of time. Those in lines that no test reaches need no trial.
fn mutate(house: &Rc<House>, suite: &Suite, coverage: &Coverage, most: usize) {
    let is_unreached = |mutant: &Mutant| {
        let file = coverage.files.get(&mutant.file);
        file.is_some_and(|file| file.lines.contains_key(&mutant.line) && !file.begun.contains(&mutant.line))
    };
    let (unreached, reached): (Vec<_>, Vec<_>) =
        mutants(house.bundle(), most).into_iter().partition(is_unreached);
    let began = clock();
    table::say(&format!("\ntrying {} mutants, for {} s at most", reached.len(), MUTANTS_TIME.as_secs()));
    let (mut noticed, mut broken, mut survivors) = (0_usize, 0_usize, Vec::new());
    let options = Options { until_failure: true, clock, ..Options::default() };
    for mutant in &reached {
        if clock() - began > MUTANTS_TIME {
            break;
        }
        match house.with_scripts(&mutant.of(house.bundle())) {
            Ok(other) => {
                let (outcomes, _) = suite.run(&Rc::new(other), &options, |_| ());
                if outcomes.iter().all(Outcome::passed) {
                    survivors.push(mutant);
                } else {
                    noticed += 1;
                }
            }
            Err(_) => broken += 1,
        }
    }
    let tried = noticed + broken + survivors.len();
    table::say(&format!(
        "\nmutants: {noticed} of {} noticed, {} survived, {broken} did not load ({tried} of {} tried, {:.1} s); {} more in \
         lines that no test reaches",
        noticed + survivors.len(),
        survivors.len(),
        reached.len(),
        (clock() - began).as_secs_f64(),
        unreached.len()
    ));
    for (fate, mutants) in [("survived ", survivors), ("unreached", unreached.iter().collect())] {
        for Mutant { file, line, what, .. } in mutants {
            table::say(&format!("  {fate}  {file}:{line}  {what}"));
        }
    }
}
