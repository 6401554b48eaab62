//! Who may depend on whom: dependencies between crates point downward only, and cores stay free of the world.

use super::Report;
use anyhow::{Context, Result};
use toml::Table;

/// The crates of the house that each one may use. What is not listed here may use anything but the root package.
const DOWNWARD: [(&str, &[&str]); 13] = [
    ("base", &[]),
    ("sip", &["base"]),
    ("sdp", &["base"]),
    ("media", &["base", "sdp"]),
    // Audio handles and media commands are plain data that the steps of an application carry.
    ("app", &["base", "media"]),
    ("dialplan", &["base", "app", "media"]),
    ("call", &["base", "sip", "sdp", "media", "app"]),
    ("journey", &["base", "media", "app", "call"]),
    ("exchange", &["base", "sip", "sdp", "media", "app", "call", "journey"]),
    ("sounds", &["base", "media"]),
    ("phone", &["base", "sip", "sdp", "media"]),
    // It stands beside the exchange, not below it: a simulated world with an office's own configuration and applications.
    (
        "rehearsal",
        &[
            "base",
            "sip",
            "media",
            "app",
            "call",
            "dialplan",
            "journey",
            "exchange",
            "journey",
            "phone",
            "sim",
            "installed",
            "voicemail",
        ],
    ),
    // Texts in, texts out.
    ("import", &[]),
];

/// What a feature application in `apps/` may use: it never names a SIP type.
const APPLICATION: &[&str] = &["base", "app", "media"];

/// Crates that would bring sockets, clocks, threads or chance into a core.
const WORLDLY: [&str; 10] = [
    "tokio",
    "mio",
    "socket2",
    "rand",
    "getrandom",
    "fastrand",
    "async-std",
    "smol",
    "crossbeam-channel",
    "rayon",
];

/// Checks one `Cargo.toml`.
pub(super) fn check(file: &str, text: &str, report: &mut Report) -> Result<()> {
    let manifest: Table = text.parse().with_context(|| file.to_owned())?;
    let place = Place::of(file);
    for (section, dependency) in dependencies(&manifest) {
        if let Some(fault) = fault(place, section, dependency) {
            let line =
                text.lines().position(|line| line.starts_with(dependency)).map_or(1, |index| index + 1);
            report.error(file, line, fault);
        }
    }
    Ok(())
}

/// Checks the root manifest of a tree that has tests against real peers: plain `cargo test` must leave them out.
pub(super) fn check_interop(file: &str, text: &str, report: &mut Report) -> Result<()> {
    let manifest: Table = text.parse().with_context(|| file.to_owned())?;
    let mut targets = manifest.get("test").and_then(|value| value.as_array()).into_iter().flatten();
    let interop = targets.find(|target| target.get("name").and_then(|name| name.as_str()) == Some("interop"));
    let test = interop.and_then(|target| target.get("test")).and_then(toml::Value::as_bool);
    if test != Some(false) {
        let fault = "wants [[test]] name = \"interop\", path = \"tests/interop/main.rs\", test = false: these tests have \
                     their own stage in `cargo xtask test`";
        report.error(file, 1, fault);
    }
    Ok(())
}

/// Where a package stands.
#[derive(Clone, Copy)]
enum Place<'a> {
    Core(&'a str),
    Application,
    /// The list of all applications, which names them.
    Installed,
    Simulation,
    Root,
    Tool,
}

impl<'a> Place<'a> {
    fn of(file: &'a str) -> Self {
        let folders: Vec<&str> = file.split('/').collect();
        match folders.as_slice() {
            ["crates", "sim", ..] => Self::Simulation,
            ["crates", name, ..] => Self::Core(name),
            ["apps", "installed", ..] => Self::Installed,
            ["apps", ..] => Self::Application,
            ["Cargo.toml"] => Self::Root,
            _ => Self::Tool,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Section {
    Normal,
    Development,
}

/// All dependencies of a package, those of its targets too.
fn dependencies(manifest: &Table) -> Vec<(Section, &str)> {
    let targets = manifest.get("target").and_then(|value| value.as_table());
    let tables = targets.into_iter().flat_map(|all| all.values()).filter_map(|value| value.as_table());
    let mut found = Vec::new();
    for table in core::iter::once(manifest).chain(tables) {
        for (key, section) in [
            ("dependencies", Section::Normal),
            ("build-dependencies", Section::Normal),
            ("dev-dependencies", Section::Development),
        ] {
            let names =
                table.get(key).and_then(|value| value.as_table()).into_iter().flat_map(|all| all.keys());
            found.extend(names.map(|name| (section, name.as_str())));
        }
    }
    found
}

fn fault(place: Place<'_>, section: Section, dependency: &str) -> Option<String> {
    if dependency == "cordboard" && !matches!(place, Place::Root) {
        return Some("nothing may depend on the root package".to_owned());
    }
    let ours = dependency.strip_prefix("cordboard-");
    let is_test = section == Section::Development;
    match (place, ours) {
        // The shipped scripts are tested with the applications whose verbs they use.
        (Place::Core(_), Some("sim")) | (Place::Core("dialplan"), Some("installed")) if is_test => None,
        // What it writes is read by those that it is for.
        (Place::Core("import"), Some("dialplan" | "exchange" | "installed" | "queue")) if is_test => None,
        (Place::Core(name), Some(other)) => {
            let allowed = DOWNWARD.iter().find(|(known, _)| *known == name).map(|(_, allowed)| *allowed);
            match allowed {
                None => Some(format!(
                    "crates/{name} has no line in the table of dependencies (xtask/src/tidy/manifests.rs)"
                )),
                Some(allowed) if allowed.contains(&other) => None,
                Some(_) => {
                    Some(format!("crates/{name} may not depend on {dependency}: dependencies point downward"))
                }
            }
        }
        (Place::Application, Some(other)) if !(APPLICATION.contains(&other) || is_test && other == "sim") => {
            Some(format!("an application may not depend on {dependency}"))
        }
        (Place::Core(_) | Place::Application | Place::Installed, None) if WORLDLY.contains(&dependency) => {
            Some(format!("{dependency} brings the world into a core"))
        }
        (Place::Core(_) | Place::Application | Place::Installed | Place::Simulation, None)
            if dependency == "anyhow" && !is_test =>
        {
            Some("anyhow is for main, xtask and tests: a core says what went wrong".to_owned())
        }
        (
            Place::Core(_)
            | Place::Application
            | Place::Installed
            | Place::Simulation
            | Place::Root
            | Place::Tool,
            _,
        ) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(file: &str, text: &str) -> usize {
        let mut report = Report::default();
        check(file, text, &mut report).unwrap();
        report.errors.len()
    }

    #[test]
    fn dependencies_point_downward() {
        assert_eq!(errors("crates/call/Cargo.toml", "[dependencies]\ncordboard-sip.workspace = true"), 0);
        assert_eq!(errors("crates/sip/Cargo.toml", "[dependencies]\ncordboard-call.workspace = true"), 1);
        assert_eq!(errors("crates/sip/Cargo.toml", "[dev-dependencies]\ncordboard-call.workspace = true"), 1);
        assert_eq!(
            errors("crates/sdp/Cargo.toml", "[dependencies]\ncordboard-sip = { path = \"../sip\" }"),
            1
        );
        assert_eq!(errors("crates/call/Cargo.toml", "[dev-dependencies]\ncordboard-sim.workspace = true"), 0);
        assert_eq!(errors("crates/call/Cargo.toml", "[dependencies]\ncordboard-sim.workspace = true"), 1);
        assert_eq!(errors("crates/new/Cargo.toml", "[dependencies]\ncordboard-base.workspace = true"), 1);
    }

    #[test]
    fn nothing_depends_on_the_root_package_and_applications_know_no_sip() {
        assert_eq!(errors("crates/sim/Cargo.toml", "[dependencies]\ncordboard = { path = \"../..\" }"), 1);
        assert_eq!(errors("apps/queue/Cargo.toml", "[dependencies]\ncordboard-sip.workspace = true"), 1);
        assert_eq!(errors("apps/queue/Cargo.toml", "[dependencies]\ncordboard-app.workspace = true"), 0);
        assert_eq!(errors("apps/queue/Cargo.toml", "[dependencies]\ncordboard-parking.workspace = true"), 1);
        assert_eq!(
            errors("apps/installed/Cargo.toml", "[dependencies]\ncordboard-queue.workspace = true"),
            0
        );
    }

    #[test]
    fn plain_cargo_test_leaves_the_real_peers_out() {
        let errors = |text: &str| {
            let mut report = Report::default();
            check_interop("Cargo.toml", text, &mut report).unwrap();
            report.errors.len()
        };
        assert_eq!(errors("[[test]]\nname = \"interop\"\ntest = false"), 0);
        assert_eq!(errors("[[test]]\nname = \"interop\""), 1);
        assert_eq!(errors("[[test]]\nname = \"scenarios\"\ntest = false"), 1);
    }

    #[test]
    fn cores_have_no_world_and_no_anyhow() {
        for crate_name in ["tokio", "rand", "socket2", "anyhow"] {
            let text = format!("[dependencies]\n{crate_name}.workspace = true");
            assert_eq!(errors("crates/sip/Cargo.toml", &text), 1, "{crate_name}");
            assert_eq!(errors("Cargo.toml", &text), 0, "{crate_name}");
        }
        assert_eq!(errors("crates/sip/Cargo.toml", "[target.'cfg(unix)'.dependencies]\nmio = \"1\""), 1);
        assert_eq!(errors("crates/sip/Cargo.toml", "[dev-dependencies]\nanyhow = \"1\""), 0);
    }
}
