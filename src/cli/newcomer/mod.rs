//! What somebody who is new to Cordboard gets wrong in a new office, and the words by which it is mended without the manual.

mod mistakes;
mod more;

use super::check::whole;
use super::init;
use crate::rehearsal;
use cordboard_rehearsal::{Options, Suite, text};
use mistakes::{MISTAKES, OF_TESTS};
use more::{ALONE, MORE};
use std::fs;
use std::path::PathBuf;
use std::rc::Rc;

/// In which file, what stands there, what is made of it, and what must be said.
type Mistake = (&'static str, &'static str, &'static str, &'static [&'static str]);

/// A new office, as `cordboard init` makes it.
struct Office(PathBuf);

impl Office {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("cordboard-new-{name}-{}", std::process::id()));
        let _absent = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        init::init(&folder).unwrap();
        Self(folder)
    }

    /// Makes a mistake, has a look, and takes it back.
    fn with(&self, (file, from, to, _): &Mistake, look: impl FnOnce(&Self) -> String) -> String {
        let path = self.0.join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        fs::write(&path, text.replacen(from, to, 1)).unwrap();
        let said = look(self);
        fs::write(&path, text).unwrap();
        said
    }
}

impl Drop for Office {
    fn drop(&mut self) {
        let _removed = fs::remove_dir_all(&self.0);
    }
}

/// What was not said.
fn unsaid((file, _, to, wanted): &Mistake, said: &str) -> Option<String> {
    let missing: Vec<&&str> = wanted.iter().filter(|words| !said.contains(**words)).collect();
    (!missing.is_empty()).then(|| format!("{file}: {to}\nis not told {missing:?} but:\n{said}\n"))
}

#[test]
fn what_a_new_admin_gets_wrong_is_explained_where_it_is() {
    let office = Office::new("check");
    let look = |office: &Office| match whole(&office.0.join("etc")) {
        Ok(report) => report.findings.iter().map(|finding| format!("{finding}\n")).collect(),
        Err(error) => format!("{error:#}"),
    };
    let before = look(&office);
    let unsaid: Vec<String> = MISTAKES
        .iter()
        .chain(MORE)
        .filter_map(|mistake| unsaid(mistake, &office.with(mistake, look)))
        .collect();
    assert!(unsaid.is_empty(), "{}", unsaid.join("\n"));
    assert_eq!(look(&office), before);
}

#[test]
fn of_one_mistake_nothing_is_told_that_comes_of_it() {
    let office = Office::new("alone");
    let findings = |office: &Office| whole(&office.0.join("etc")).unwrap().findings;
    // Errors hide what is found of the office as a whole.
    let told = |finding: &cordboard_dialplan::Finding| finding.file.ends_with(".rhai");
    assert!(!findings(&office).iter().any(told));
    for (file, from, to, count) in ALONE {
        let said = office.with(&(file, from, to, &[]), |office| {
            let told: Vec<String> =
                findings(office).into_iter().filter(told).map(|it| it.to_string()).collect();
            format!("{} findings:\n{}", told.len(), told.join("\n"))
        });
        assert!(said.starts_with(&format!("{count} findings")), "{to}: {said}");
    }
}

#[test]
fn what_a_new_admin_gets_wrong_in_a_test_is_explained_where_it_is() {
    let office = Office::new("tests");
    let house = Rc::new(rehearsal::house(&office.0.join("etc"), 1).unwrap());
    let look = |office: &Office| {
        let texts = rehearsal::texts(&[office.0.join("dialplan/tests/ring.rhai")]).unwrap();
        let (outcomes, _) = Suite::new(texts).run(&house, &Options::default(), |_| ());
        let failed = outcomes.iter().filter(|outcome| !outcome.passed());
        failed.map(|outcome| text::failed(outcome, false)).collect()
    };
    assert_eq!(look(&office), "");
    let unsaid: Vec<String> =
        OF_TESTS.iter().filter_map(|mistake| unsaid(mistake, &office.with(mistake, look))).collect();
    assert!(unsaid.is_empty(), "{}", unsaid.join("\n"));
}
