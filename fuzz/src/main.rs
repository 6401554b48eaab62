//! `cordboard-fuzz [--iterations N] [--target NAME|all] [--seed N]`: drives targets and says what came of it.

use anyhow::{Context, Result, bail};
use cordboard_fuzz::{Failure, Outcome, TARGETS, Target, drive, seeds, target};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

struct Options {
    iterations: u64,
    targets: Vec<Target>,
    seed: u64,
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("fuzz: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn options() -> Result<Options> {
    let mut options = Options { iterations: 100_000, targets: TARGETS.to_vec(), seed: 1 };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        let value = words.next().with_context(|| format!("{word} needs a value"))?;
        match (word.as_str(), value.as_str()) {
            ("--iterations", number) => {
                options.iterations = number.replace('_', "").parse().context("--iterations")?
            }
            ("--seed", number) => options.seed = number.parse().context("--seed")?,
            ("--target", "all") => options.targets = TARGETS.to_vec(),
            ("--target", name) => {
                let names: Vec<&str> = TARGETS.iter().map(|target| target.name).collect();
                let target = target(name)
                    .with_context(|| format!("no target {name}; there are {}", names.join(", ")))?;
                options.targets = vec![target];
            }
            (unknown, _) => bail!("unknown option {unknown}"),
        }
    }
    Ok(options)
}

/// Whether nothing was found.
fn run(options: &Options) -> Result<bool> {
    // The driver shows what matters of a panic; the default hook would print thousands.
    std::panic::set_hook(Box::new(|_| {}));
    let mut clean = true;
    for target in &options.targets {
        let started = Instant::now();
        let seeds = seeds(target.name);
        let Outcome { iterations, longest, failures } =
            drive(*target, &seeds, options.seed, options.iterations);
        println!(
            "{:12} {iterations} inputs from {} seeds, {} failures, longest {longest} bytes, {:.1} s",
            target.name,
            seeds.len(),
            failures.len(),
            started.elapsed().as_secs_f32()
        );
        for failure in &failures {
            clean = false;
            show(target.name, failure)?;
        }
    }
    Ok(clean)
}

fn show(name: &str, failure: &Failure) -> Result<()> {
    let folder = PathBuf::from("target/fuzz");
    std::fs::create_dir_all(&folder)?;
    let path = folder.join(format!("{name}-{}.bin", failure.iteration));
    std::fs::write(&path, &failure.input)?;
    println!("  iteration {}: {}", failure.iteration, failure.message);
    println!("  input ({} bytes, kept in {}):", failure.input.len(), path.display());
    println!("  {}", failure.input.escape_ascii());
    Ok(())
}
