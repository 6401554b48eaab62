//! The shipped offices have no finding, configuration and dialplan together.

use super::check::whole;
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
