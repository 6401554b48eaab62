//! docs/coming-from-asterisk.md is true: what stands on its left side goes through the importer without a loss, what stands on its
//! right side loads, and calls to both run in the simulation without an error.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests may")]

use cordboard_dialplan::{Bundle, Dialplan, Fibers};
use cordboard_import::{Fate, Sources, import};
use cordboard_sim::{Plan, World};

const DOCUMENT: &str = include_str!("../../../docs/coming-from-asterisk.md");

const VOICEMAIL: &str = "[default]\n101 => 1234,Anna\n102 => 1234,Ben\n103 => 1234,Clara\n";
const QUEUES: &str = "[sales]\nstrategy = ringall\nmember => PJSIP/102\n";
const TRUNKS: &str = "[itsp]\ntype=endpoint\naors=itsp\n[itsp]\ntype=aor\ncontact=sip:203.0.113.1\n\
    [backup]\ntype=endpoint\naors=backup\n[backup]\ntype=aor\ncontact=sip:203.0.113.2\n";

struct Recipe {
    title: String,
    asterisk: String,
    cordboard: String,
}

/// The block of a language in a text.
fn block(text: &str, language: &str) -> String {
    let (_, rest) =
        text.split_once(&format!("```{language}\n")).unwrap_or_else(|| panic!("no {language}:\n{text}"));
    rest.split_once("```").unwrap().0.to_owned()
}

fn recipes() -> Vec<Recipe> {
    let recipe = |section: &str| Recipe {
        title: section.lines().next().unwrap().to_owned(),
        asterisk: block(section, "asterisk"),
        cordboard: block(section, "rhai"),
    };
    DOCUMENT.split("\n### ").skip(1).map(recipe).collect()
}

fn sources(extensions: &str) -> Sources {
    let phone = |number: &str| {
        format!(
            "[{number}]\ntype=endpoint\ncontext=internal\nauth={number}\naors={number}\ncallerid=<{number}>\n\
             [{number}]\ntype=auth\nusername={number}\npassword=x\n[{number}]\ntype=aor\nmax_contacts=1\n"
        )
    };
    let phones: String = ["101", "102", "103", "104"].iter().map(|number| phone(number)).collect();
    Sources::default()
        .with("pjsip.conf", &format!("{phones}{TRUNKS}"))
        .with("voicemail.conf", VOICEMAIL)
        .with("queues.conf", QUEUES)
        .with("extensions.conf", extensions)
}

/// A number that a pattern fits.
fn number(pattern: &str) -> String {
    let digit = |c: char| match c {
        'X' => '2',
        'N' | 'Z' => '3',
        other => other,
    };
    pattern.strip_prefix('_').map_or_else(|| pattern.to_owned(), |places| places.chars().map(digit).collect())
}

/// Calls every number of a dialplan's context `internal`, and presses a key on the way.
fn runs(what: &str, bundle: &Bundle) {
    let applications = cordboard_installed::installed().applications;
    let dialplan = Dialplan::load_in(bundle, &Fibers::default(), &applications).unwrap_or_else(|findings| {
        let text: Vec<String> = findings.iter().map(ToString::to_string).collect();
        panic!("{what}:\n{}", text.join("\n"))
    });
    let queues = "[queue.sales]\n[[queue.sales.member]]\nuser = \"102\"\n";
    let queues: cordboard_queue::Settings = toml::from_str(queues).unwrap();
    let queues = serde_json::to_string(&queues).unwrap();
    let world = World::new(&Plan::new("").bundle(bundle.clone()).with(|setup| {
        setup.services.insert("queue".to_owned(), queues);
    }));
    let caller = world.registered("104");
    let callee = world.registered("102");
    let routes = dialplan.routes();
    let patterns =
        routes.iter().filter(|route| route.context == "internal" && !route.pattern.starts_with('h'));
    let mut called = 0;
    for pattern in patterns
        .map(|route| number(&route.pattern))
        .filter(|number| number.chars().all(|c| c.is_ascii_digit() || c == '*'))
    {
        called += 1;
        caller.calls(&pattern);
        world.run_secs(3);
        if !caller.lines().is_empty() && world.call_count() > 0 {
            caller.presses("2");
        }
        world.run_secs(40);
        if world.call_count() > 0 {
            caller.hangs_up();
        }
        world.run_secs(5);
        callee.unseen();
    }
    assert!(called > 0, "{what}: nothing was called");
    assert!(!world.has_logged("script error", ""), "{what}: {:?}", world.log());
}

#[test]
fn there_are_twelve_recipes() {
    let titles: Vec<String> = recipes().into_iter().map(|recipe| recipe.title).collect();
    assert_eq!(titles.len(), 12, "{titles:?}");
}

#[test]
fn every_recipe_of_ours_loads_and_runs() {
    for recipe in recipes() {
        runs(&recipe.title, &Bundle::single(&recipe.cordboard));
    }
}

#[test]
fn every_recipe_of_asterisk_is_translated_whole_and_runs() {
    for recipe in recipes() {
        let imported = import(&sources(&recipe.asterisk));
        assert_eq!(imported.report.of(Fate::Lost), 0, "{}: {}", recipe.title, imported.report);
        let script = |name: &str| imported.files.get(&format!("dialplan/{name}")).cloned();
        let mut bundle = Bundle::single(&script("main.rhai").unwrap());
        if let Some(text) = script("asterisk.rhai") {
            bundle = bundle.with("asterisk.rhai", &text);
        }
        runs(&recipe.title, &bundle);
    }
}
