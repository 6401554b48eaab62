use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cordboard-history-{name}-{}", std::process::id()));
        let _gone = fs::remove_dir_all(&path);
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _gone = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn versions_come_in_order_and_what_is_unchanged_is_none() {
    let folder = Folder::new("order");
    let history = History::of(&folder.0);
    assert_eq!(history.numbers().unwrap(), Vec::<u32>::new());
    let (one, two) = (Bundle::single("a"), Bundle::single("b"));
    assert_eq!(history.record(&one, Cause::Start).unwrap().0, 1);
    assert_eq!(history.record(&one, Cause::Reload).unwrap().0, 1, "nothing has changed");
    assert_eq!(history.record(&two, Cause::Reload).unwrap().0, 2);
    assert_eq!(history.record(&one, Cause::Rollback { to: 1 }).unwrap().0, 3);
    assert_eq!(history.record(&one, Cause::Reverted).unwrap().0, 4, "that it came back is worth a line");
    assert_eq!(history.numbers().unwrap(), [1, 2, 3, 4]);
    let third = history.read(3).unwrap();
    assert_eq!((third.bundle, third.cause), (one.clone(), Cause::Rollback { to: 1 }));
    assert_eq!(third.hash, one.version());
}

#[test]
fn the_oldest_go_and_numbers_are_never_given_again() {
    let folder = Folder::new("many");
    let history = History::of(&folder.0);
    for at in 0..VERSIONS_MAX + 2 {
        history.record(&Bundle::single(&at.to_string()), Cause::Reload).unwrap();
    }
    let numbers = history.numbers().unwrap();
    let most = u32::try_from(VERSIONS_MAX).unwrap();
    assert_eq!((numbers.len(), numbers[0], *numbers.last().unwrap()), (VERSIONS_MAX, 3, most + 2));
}

#[test]
fn two_who_record_at_once_get_two_numbers() {
    let folder = Folder::new("race");
    let record = |from: u32| {
        let history = History::of(&folder.0);
        for at in 0..20 {
            history.record(&Bundle::single(&format!("{from} {at}")), Cause::Reload).unwrap();
        }
    };
    std::thread::scope(|scope| {
        scope.spawn(|| record(1));
        scope.spawn(|| record(2));
    });
    let history = History::of(&folder.0);
    assert_eq!(history.numbers().unwrap(), (1..=40).collect::<Vec<u32>>());
    let left: Vec<_> = fs::read_dir(folder.0.join(FOLDER)).unwrap().collect();
    assert_eq!(left.len(), 40, "no file is left half made");
}

#[test]
fn a_damaged_version_is_an_error_with_its_path() {
    let folder = Folder::new("damaged");
    let history = History::of(&folder.0);
    history.record(&Bundle::single("a"), Cause::Start).unwrap();
    fs::write(history.path(1), "{").unwrap();
    let error = history.read(1).unwrap_err().to_string();
    assert!(error.contains("000001.json"), "{error}");
    assert!(history.read(2).unwrap_err().to_string().contains("000002.json"));
    assert_eq!(history.record(&Bundle::single("a"), Cause::Reload).unwrap().0, 2, "the next ones are kept");
}

#[test]
fn a_difference_names_files_and_counts_lines() {
    let old = Bundle::single("a\nb\nc\n").with("gone.rhai", "x\n").with("same.rhai", "s\n");
    let new = Bundle::single("a\nB\nc\nd\n").with("come.rhai", "y\nz\n").with("same.rhai", "s\n");
    let difference = Difference::between(&old, &new, ["1", "files"]);
    assert_eq!(difference.summary(), "+4 -2 come.rhai, gone.rhai, main.rhai");
    let lines: Vec<&str> = difference.text.lines().collect();
    assert_eq!(lines[..5], ["--- no such file", "+++ come.rhai (files)", "@@ -0,0 +1,2 @@", "+y", "+z"]);
    assert!(
        difference
            .text
            .contains("--- main.rhai (1)\n+++ main.rhai (files)\n@@ -1,3 +1,4 @@\n a\n-b\n+B\n c\n+d\n")
    );
    assert_eq!(Difference::between(&old, &old, ["1", "1"]).summary(), "nothing");
}
