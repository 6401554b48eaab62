//! The shipped offices have no finding, configuration and dialplan together.

use super::check::whole;
use cordboard_dialplan::{Explanation, Within};
use std::path::Path;

const OFFICES: [&str; 6] = [
    "etc",
    "examples/hotel/etc",
    "examples/shop/etc",
    "examples/practice/etc",
    "examples/callcentre/etc",
    "examples/twosites/etc",
];

#[test]
fn the_shipped_offices_have_no_finding() {
    for office in OFFICES {
        let report = whole(&Path::new(env!("CARGO_MANIFEST_DIR")).join(office)).unwrap();
        // The sample has no provider yet, and is told so.
        let findings: Vec<String> = report
            .findings
            .iter()
            .filter(|finding| !(office == "etc" && finding.code.to_string() == "W0505"))
            .map(ToString::to_string)
            .collect();
        assert!(findings.is_empty(), "{office}:\n{}", findings.join("\n"));
    }
}

/// An office of a few lines.
const SMALL: [(&str, &str); 4] = [
    ("etc/users.toml", "[user.101]\nname = \"Ann\"\n"),
    ("etc/trunks.toml", "[trunk.itsp]\nservers = [\"192.0.2.1\"]\n"),
    ("etc/hours.toml", ""),
    (
        "dialplan/main.rhai",
        "let internal = context(\"internal\");\ninternal.on(\"_1XX\", |ch| ch.dial(user(ch.dialed)));\n\
         internal.on(\"_9X.\", |ch| ch.dial(trunk(\"itsp\", ch.dialed)));\n\
         let codes = context(\"features-freepbx\");\ncodes.code(\"555\", |ch| ch.echo());\ninternal.include(codes);\n\
         context(\"from-itsp\").on(\"_X.\", |ch| ch.echo());\n",
    ),
];

/// What is found of the small office with an example in the place of a file.
fn found(page: &Explanation, example: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = std::env::temp_dir().join(format!("cordboard-{}-{}", page.code, std::process::id()));
    for name in ["etc", "dialplan"] {
        std::fs::create_dir_all(folder.join(name)).unwrap();
    }
    let base = std::fs::read_to_string(root.join("etc/cordboard.toml")).unwrap();
    let sounds = format!("path = {:?}", root.join("sounds"));
    std::fs::write(folder.join("etc/cordboard.toml"), base.replacen("path = \"sounds\"", &sounds, 1))
        .unwrap();
    for (file, text) in SMALL {
        std::fs::write(folder.join(file), text).unwrap();
    }
    let (file, text) = match page.within {
        Within::Config(file) => (format!("etc/{file}"), format!("{example}\n")),
        Within::TopLevel | Within::Handler => (
            "dialplan/main.rhai".to_owned(),
            format!("{}\n{example}\n", SMALL[3].1.replace("features-freepbx", "own")),
        ),
    };
    std::fs::write(folder.join(file), text).unwrap();
    let report = whole(&folder.join("etc")).unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    report.findings.iter().map(|finding| finding.code.to_string()).collect()
}

/// Those of the scripts alone are held to their examples where they are found.
#[test]
fn what_is_found_of_the_configuration_is_what_its_examples_show() {
    let mut seen = 0;
    for page in Explanation::all().filter(|page| page.code.to_string().get(1..3) == Some("05")) {
        let code = page.code.to_string();
        let (bad, good) = (found(page, page.bad), found(page, page.good));
        assert!(bad.contains(&code), "{code}: {bad:?}\n{}", page.bad);
        assert!(!good.contains(&code), "{code}: {good:?}\n{}", page.good);
        seen += 1;
    }
    assert!(seen >= 11, "{seen}");
}
