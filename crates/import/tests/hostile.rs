//! Files that are broken, cut off, or nested without end: what can't be read is reported, and nothing panics.
#![allow(clippy::unwrap_used, reason = "tests may")]

use cordboard_import::{Fate, Sources, import};
use std::fs;
use std::path::Path;

/// Numbers that are alike in every run.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

fn samples() -> Vec<Sources> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples");
    let read = |folder: &Path| {
        let mut sources = Sources::default();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|ending| ending == "conf") {
                let name = path.file_name().unwrap().to_str().unwrap().to_owned();
                sources.files.insert(name, fs::read_to_string(&path).unwrap());
            }
        }
        sources
    };
    let mut folders: Vec<_> = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort();
    folders.iter().map(|folder| read(folder)).collect()
}

/// A text with something cut out, doubled, moved or put in.
fn broken(text: &str, numbers: &mut Numbers) -> String {
    const PIECES: [&str; 16] = [
        "${",
        "}",
        "$[",
        "]",
        "(",
        ")",
        ",",
        "\"",
        ":",
        "?",
        "\\",
        "\n",
        "exten => ",
        "same => n,",
        "[x](y)\n",
        "Goto(s,1)",
    ];
    let mut chars: Vec<char> = text.chars().collect();
    for _ in 0..=numbers.below(6) {
        let (at, more) = (numbers.below(chars.len() + 1), numbers.below(30));
        let end = (at + more).min(chars.len());
        match numbers.below(3) {
            0 => drop(chars.drain(at..end)),
            1 => {
                let again: Vec<char> = chars[at..end].to_vec();
                let there = numbers.below(chars.len() + 1);
                chars.splice(there..there, again);
            }
            _ => drop(chars.splice(at..at, PIECES[numbers.below(PIECES.len())].chars())),
        }
    }
    chars.into_iter().collect()
}

#[test]
fn whatever_is_broken_in_the_files_nothing_panics() {
    let samples = samples();
    for seed in 0..400_u64 {
        let mut numbers = Numbers(seed);
        let mut sources = samples[numbers.below(samples.len())].clone();
        for text in sources.files.values_mut() {
            *text = broken(text, &mut numbers);
        }
        let imported = import(&sources);
        assert!(imported.files.contains_key("dialplan/main.rhai"), "{seed}");
    }
}

#[test]
fn brackets_without_end_are_reported() {
    for (open, close) in
        [("$[", "]"), ("${A", "}"), ("$[(", ")]"), ("$[!", "]"), ("${IF(1?", ":2)}"), ("${LEN(", ")}")]
    {
        for depth in [10_000, 19] {
            let value = format!("{}1{}", open.repeat(depth), close.repeat(depth));
            let line = format!("[a]\nexten => 1,1,Set(X={value})\nexten => 1,2,GotoIf({value}?1)\n");
            let imported = import(&Sources::default().with("extensions.conf", &line));
            assert!(depth < 100 || imported.report.of(Fate::Lost) > 0, "{open}: {}", imported.report);
        }
    }
}

#[test]
fn an_extension_with_too_many_priorities_is_cut_off_with_a_word() {
    let lines: String = (0..5_000).map(|_| "same => n,NoOp(x)\n").collect();
    let imported =
        import(&Sources::default().with("extensions.conf", &format!("[a]\nexten => 1,1,NoOp\n{lines}")));
    assert!(imported.files["dialplan/main.rhai"].contains("NOT TRANSLATED: this extension is too long"));
}
