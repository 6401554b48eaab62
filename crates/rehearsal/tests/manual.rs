//! `docs/testing.md` has the tables that the source says. `cargo xtask docs` writes them anew.

use std::path::Path;

const MARK: &str = "<!-- what follows is made from crates/rehearsal/src/functions/table.rs -->\n\n";

#[test]
fn the_manual_has_every_function() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/testing.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (head, _) = text.split_once(MARK).unwrap();
    let wanted = format!("{head}{MARK}{}", cordboard_rehearsal::manual());
    if std::env::var_os("CORDBOARD_WRITE").is_some() {
        std::fs::write(&path, &wanted).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap() == wanted,
        "docs/testing.md is stale: `cargo xtask docs` writes it anew"
    );
}
