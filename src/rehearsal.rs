//! The shell around rehearsals (`cordboard test`): reads configuration, scripts, tests and the lengths of prompts. It writes
//! nothing, and knows no live system.

mod configuration;

use crate::config::{Config, Facts};
use crate::prompts as built_in;
use crate::{media, scripts};
use anyhow::{Context, Result, anyhow};
use cordboard_dialplan::{Dialplan, Fibers, Finding};
use cordboard_rehearsal::{House, Staging, Wording};
use cordboard_sim::stage::Prompts;
use serde::Deserialize;
use std::cell::RefCell;
use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What is no file that tells its length takes so long.
const UNKNOWN_MS: u32 = 1_500;
/// The name of the folder of tests beside the dialplan's main script.
const TESTS: &str = "tests";

/// The configuration and its scripts, checked as `cordboard check` does.
pub fn house(etc: &Path, seed: u64) -> Result<House> {
    staged(etc, seed).map(|(house, _)| house)
}

/// The same, and the words of its prompts as far as a manifest beside them has them.
pub fn staged(etc: &Path, seed: u64) -> Result<(House, Wording)> {
    let config = Config::check(etc)?;
    let bundle = scripts::read(&config)?;
    let applications = cordboard_installed::installed().applications;
    let dialplan =
        Dialplan::load_in(&bundle, &Fibers::default(), &applications).map_err(|findings| told(&findings))?;
    let setup = config.setup(Facts::of_no_process());
    let prompts = prompts(config.sounds_path(), config.office.office.lang.clone());
    let house = House::new(Staging { setup, bundle, prompts, seed }).map_err(|findings| told(&findings))?;
    let wording = wording(&config.sounds_path());
    let files = configuration::Files { config, etc: etc.to_owned(), dialplan };
    Ok((house.with_configuration(Rc::new(files)), wording))
}

/// A manifest of sounds: what is of interest here.
#[derive(Deserialize)]
struct Manifest {
    voice: Voice,
    #[serde(default)]
    group: Vec<Group>,
}

#[derive(Deserialize)]
struct Voice {
    lang: String,
}

#[derive(Deserialize)]
struct Group {
    #[serde(default)]
    prompts: Vec<Prompt>,
}

#[derive(Deserialize)]
struct Prompt {
    id: String,
    /// A tone has none.
    text: Option<String>,
}

/// The words of prompts, by language and name, from the `manifest*.toml` in the sounds' directory. An office's own sounds may have
/// none: then prompts are known by their names alone. Where no sounds are yet, they are those that Cordboard comes with.
fn wording(sounds: &Path) -> Wording {
    if !sounds.is_dir() {
        return Wording::new(built_in::MANIFESTS.into_iter().flat_map(words).collect());
    }
    let files = fs::read_dir(sounds).into_iter().flatten().flatten().map(|entry| entry.path());
    let texts = files.filter(|path| is_manifest(path)).filter_map(|path| fs::read_to_string(path).ok());
    Wording::new(texts.flat_map(|text| words(&text)).collect())
}

/// Of a manifest's text: language and name with the words.
fn words(manifest: &str) -> Vec<((String, String), String)> {
    let Ok(Manifest { voice, group }) = toml::from_str(manifest) else { return Vec::new() };
    let prompts = group.into_iter().flat_map(|group| group.prompts);
    prompts.filter_map(|prompt| Some(((voice.lang.clone(), prompt.id), prompt.text?))).collect()
}

fn is_manifest(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("manifest") && path.extension().is_some_and(|kind| kind == "toml")
}

/// Findings as one error.
pub fn told(findings: &[Finding]) -> anyhow::Error {
    let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
    anyhow!("{} finding(s) in the dialplan\n\n{}", findings.len(), text.join("\n"))
}

/// The folder of an office's tests.
pub fn folder(etc: &Path) -> Result<PathBuf> {
    let main = Config::check(etc)?.dialplan_path();
    Ok(main.parent().context("the dialplan's path has no folder")?.join(TESTS))
}

/// All test files of these files and folders, by the names that messages show.
pub fn texts(paths: &[PathBuf]) -> Result<BTreeMap<String, String>> {
    let mut texts = BTreeMap::new();
    for path in paths {
        collect(path, &mut texts).with_context(|| format!("reading {}", path.display()))?;
    }
    Ok(texts)
}

fn collect(path: &Path, texts: &mut BTreeMap<String, String>) -> Result<()> {
    if path.is_dir() {
        let mut entries: Vec<PathBuf> =
            fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
        entries.sort();
        let is_test = |path: &&PathBuf| path.is_dir() || path.extension().is_some_and(|kind| kind == "rhai");
        return entries.iter().filter(is_test).try_for_each(|entry| collect(entry, texts));
    }
    let name = path.to_string_lossy().trim_start_matches("./").to_owned();
    texts.insert(name, fs::read_to_string(path)?);
    Ok(())
}

/// How long the prompts in the sounds' directory are, looked up as the exchange does. Where that has none at all, those that
/// Cordboard comes with are taken.
pub fn prompts(sounds: PathBuf, office_lang: String) -> Prompts {
    let known: RefCell<HashMap<(String, String), Option<u32>>> = RefCell::default();
    let is_bare = has_no_sounds(&sounds);
    Prompts::new(move |name, lang| {
        let key = (name.to_owned(), lang.to_owned());
        if let Some(length) = known.borrow().get(&key) {
            return *length;
        }
        let lang = if lang.is_empty() { office_lang.as_str() } else { lang };
        let length = if is_bare {
            [lang, office_lang.as_str(), "en"].into_iter().find_map(|lang| built_in::length_ms(lang, name))
        } else {
            let found = media::find_prompt(&sounds, &office_lang, name, lang);
            found.map(|path| built_in::flac::length_ms(&path).unwrap_or(UNKNOWN_MS))
        };
        known.borrow_mut().insert(key, length);
        length
    })
}

/// Whether there is no folder of sounds, or nothing in it.
pub fn has_no_sounds(sounds: &Path) -> bool {
    fs::read_dir(sounds).map_or(true, |mut entries| entries.next().is_none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use cordboard_rehearsal::{Assumed, Options, Predictor, Question, Suite, text};

    /// The sample office, as it is shipped.
    fn sample() -> (Rc<House>, Suite) {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let house = house(&root.join("etc"), 1).unwrap();
        let texts = texts(&[root.join("dialplan/tests")]).unwrap();
        (Rc::new(house), Suite::new(texts))
    }

    #[test]
    fn the_sample_office_passes_its_own_tests_which_take_every_route() {
        let (house, suite) = sample();
        let (outcomes, coverage) = suite.run(&house, &Options::default(), |_| ());
        let failed: Vec<String> = outcomes
            .iter()
            .filter(|outcome| !outcome.passed())
            .map(|outcome| text::failed(outcome, false))
            .collect();
        assert!(failed.is_empty(), "{}", failed.join("\n"));
        assert!(outcomes.len() >= 60, "{} tests", outcomes.len());
        let (taken, routes) = coverage.routes_taken();
        assert_eq!(taken, routes, "{}", text::coverage(&coverage));
    }

    #[test]
    fn a_prediction_tells_the_prompts_in_words() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let (house, wording) = staged(&root.join("etc"), 1).unwrap();
        let predictor = Predictor::new(&Rc::new(house), wording);
        let caller = predictor.caller(Some("itsp"), None).unwrap();
        let at_us = predictor.moment("2026-12-24 18:05", 0).unwrap();
        let question = Question { caller, number: "5550100".to_owned(), at_us, assumed: Assumed::usual() };
        let text = predictor.predict(&question, true).text(false);
        for part in [
            "-> _X.  from-itsp",
            "holiday: \"Christmas Eve\"",
            "hears office-closed: \"",
            "normal (answered)",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }

    #[test]
    fn the_manuals_examples_pass_in_the_sample_office() {
        let (house, _) = sample();
        let manual = include_str!("../docs/testing.md");
        let blocks = manual.split("```rhai\n").skip(1).filter_map(|rest| rest.split("```").next());
        let texts = blocks.enumerate().map(|(at, text)| (format!("example {at}"), text.to_owned()));
        let (outcomes, _) = Suite::new(texts.collect()).run(&house, &Options::default(), |_| ());
        let told: String =
            outcomes.iter().filter(|it| !it.passed()).map(|outcome| text::failed(outcome, false)).collect();
        assert!(told.is_empty() && outcomes.len() >= 3, "{} examples\n{told}", outcomes.len());
    }

    #[test]
    fn a_tests_own_configuration_is_as_strict_as_the_files() {
        let (house, _) = sample();
        let fails = |settings: &str| {
            let text = format!("test(\"it\", |t| {{\n    t.config({settings});\n}});");
            let suite = Suite::new(BTreeMap::from([("a.rhai".to_owned(), text)]));
            let (mut outcomes, _) = suite.run(&house, &Options::default(), |_| ());
            outcomes.remove(0).failure.map(|failure| (failure.at.line, failure.message))
        };
        for file in crate::config::FILES {
            assert_eq!(fails(&format!("\"{file}\", #{{}}")), None, "{file} as it is");
        }
        assert_eq!(
            fails("\"users\", #{ user: #{ \"107\": #{ name: \"New\", group: [\"office\"] } } }"),
            None
        );
        for (settings, wanted) in [
            ("\"users\", #{ user: #{ \"101\": #{ cals_max: 1 } } }", "did you mean `calls_max`?"),
            ("\"users\", #{ user: #{ \"101\": #{ calls_max: 5000 } } }", "must be 0 to 1000"),
            ("\"users\", #{ user: #{ \"101\": #{ context: \"intern\" } } }", "no context `intern`"),
            ("\"queues\", #{ queue: #{ sales: #{ strateggy: \"random\" } } }", "did you mean `strategy`?"),
            (
                "\"trunks\", #{ trunk: #{ a: #{ servers: [\"192.0.2.1\"], fallback: \"b\" } } }",
                "no other trunk `b`",
            ),
            ("\"cordboard\", #{ limits: #{ calls: \"many\" } }", "cordboard.toml"),
            ("\"cordboard\", #{ timers: #{ session_s: 5 } }", "RFC 4028"),
            ("\"usres\", #{}", "did you mean \"users\"?"),
        ] {
            let (line, message) = fails(settings).unwrap_or_else(|| panic!("{settings} is taken"));
            assert!(line == 2 && message.contains(wanted), "{settings}: line {line}: {message}");
        }
    }

    #[test]
    fn without_sounds_the_prompts_that_cordboard_comes_with_are_there() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let with = prompts(root.join("sounds"), "en".to_owned());
        let without = prompts(root.join("no-such-folder"), "en".to_owned());
        for name in ["vm-goodbye", "digits/7", "no-such-prompt"] {
            assert_eq!(with.knows(name), without.knows(name), "{name}");
        }
    }
}
