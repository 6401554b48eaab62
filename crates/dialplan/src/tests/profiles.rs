//! The profiles of feature codes: what each code does, and that no two of them clash.

use super::office::{OTHERS, shipped, with_profile};
use super::world::*;
use crate::{Bundle, Configured, Dialplan, Fibers, ParkingLot, Route};
use cordboard_app::*;
use std::collections::BTreeSet;

/// Of a profile: what is dialled, and which entry of it takes that.
type Table = &'static [(&'static str, &'static str)];

const FREEPBX: Table = &[
    ("*97", "own_mailbox"),
    ("*98", "any_mailbox"),
    ("*102", "message_to"),
    ("*8", "pickup_group"),
    ("**102", "pickup"),
    ("700", "park"),
    ("*85", "fetch_parked"),
    ("*85701", "fetch_parked"),
    ("*88701", "park_at"),
    ("*45620", "agent_login"),
    ("*46", "agent_pause"),
    ("*47620", "callers_waiting"),
    ("*80102", "intercom"),
    ("*54", "intercom_allow"),
    ("*55", "intercom_deny"),
    ("555", "listen"),
    ("888", "barge"),
    ("*68", "wakeup"),
    ("*68102", "wakeup"),
    ("*72", "forward_always"),
    ("*72923456789", "forward_always"),
    ("*93", "forward_always_ask"),
    ("*73", "forward_always_off"),
    ("*74", "forward_always_off_of"),
    ("*90", "forward_busy"),
    ("*90102", "forward_busy"),
    ("*94", "forward_busy_ask"),
    ("*91", "forward_busy_off"),
    ("*92", "forward_busy_off_of"),
    ("*52", "forward_unanswered"),
    ("*52102", "forward_unanswered"),
    ("*95", "forward_unanswered_ask"),
    ("*53", "forward_unanswered_off"),
    ("*96", "forward_unanswered_toggle"),
    ("*78", "do_not_disturb_on"),
    ("*79", "do_not_disturb_off"),
    ("*76", "do_not_disturb_toggle"),
    ("*70", "call_waiting_on"),
    ("*71", "call_waiting_off"),
    ("*21", "follow_me"),
    ("*21102", "follow_me"),
    ("*30", "block"),
    ("*3055501", "block"),
    ("*31", "unblock"),
    ("*32", "block_last"),
    ("*77", "refuse_hidden"),
    ("*69", "call_return"),
    ("*66", "redial"),
    ("*37", "completion"),
    ("*38", "completion_off"),
    ("411", "directory"),
    ("*67102", "hide_number"),
    ("*75", "speed_dial_set"),
    ("*012", "speed_dial"),
    ("*271", "hours"),
    ("*2712", "hours"),
    ("*283", "night_switch"),
    ("*291", "announcement"),
    ("*87", "conference_status"),
    ("7777", "from_outside"),
    ("77775550100", "from_outside"),
    ("*78103", "gets_through"),
    ("*41", "milliwatt"),
    ("*43", "echo_test"),
    ("*60", "clock"),
    ("*65", "my_number"),
];

const ASTERISK: Table = &[
    ("*97", "own_mailbox"),
    ("8500", "any_mailbox"),
    ("*8", "pickup_group"),
    ("700", "park"),
    ("*72102", "forward_always"),
    ("*73", "forward_always_off"),
    ("*90102", "forward_busy"),
    ("*91", "forward_busy_off"),
    ("*92102", "forward_unanswered"),
    ("*93", "forward_unanswered_off"),
    ("*70", "call_waiting_off"),
    ("*71", "call_waiting_on"),
    ("*60", "block_last"),
    ("*69", "call_return"),
    ("*67102", "hide_number"),
    ("*78", "do_not_disturb_on"),
    ("*79", "do_not_disturb_off"),
    ("*77", "refuse_hidden"),
    ("*98", ""),
    ("*74", ""),
    ("*52", ""),
    ("*32", ""),
    ("*96", ""),
];

const YEASTAR: Table = &[
    ("*2", "own_mailbox"),
    ("*02", "any_mailbox"),
    ("*12102", "message_to"),
    ("*84", "hot_desk"),
    ("*084", "hot_desk_off"),
    ("*079", "completion_off"),
    ("*4", "pickup_group"),
    ("*04102", "pickup"),
    ("*5", "park"),
    ("*05701", "park_at"),
    ("*6102", "intercom"),
    ("*7620", "agent_login"),
    ("*07", "agent_pause"),
    ("*51", "listen"),
    ("*52", "whisper"),
    ("*53", "barge"),
    ("*31102", "forward_always"),
    ("*031", "forward_always_off"),
    ("*32102", "forward_busy"),
    ("*032", "forward_busy_off"),
    ("*33102", "forward_unanswered"),
    ("*033", "forward_unanswered_off"),
    ("*74", "do_not_disturb_on"),
    ("*074", "do_not_disturb_off"),
    ("*8912", "speed_dial"),
    ("*75", "speed_dial_set"),
    ("*271", "hours"),
    ("*283", "night_switch"),
    ("*87", "conference_status"),
    ("*073103", "gets_through"),
    ("*30555", "block"),
    ("*030", "unblock"),
    ("*97", ""),
    ("*8", ""),
    ("*72", ""),
    ("*85", ""),
    ("700", ""),
];

/// The text of the line that a route stands in.
fn line(route: &Route) -> &'static str {
    let text = OTHERS.iter().find(|(name, _)| *name == route.place.file).map(|(_, text)| *text);
    text.and_then(|text| text.lines().nth(route.place.line - 1)).unwrap_or_default()
}

#[test]
fn every_code_of_every_profile_does_what_the_profile_says() {
    for (profile, table) in [("freepbx", FREEPBX), ("asterisk", ASTERISK), ("yeastar", YEASTAR)] {
        let plan = with_profile(&format!("\"{profile}\""));
        for (number, entry) in table {
            let taken = plan.why(number, "internal").into_iter().find(|candidate| candidate.matched).unwrap();
            let route = Route { context: taken.context, pattern: taken.pattern, place: taken.place };
            let is_meant = match *entry {
                "" => route.pattern == "otherwise",
                entry => line(&route).contains(&format!(".code(set.{entry},")),
            };
            assert!(is_meant, "{profile}: {number} is not {entry:?} but {route:?}: {}", line(&route));
        }
    }
}

#[test]
fn no_profile_hides_a_code_and_all_of_its_codes_are_in_the_table_of_the_manual() {
    let manual = include_str!("../../../../docs/feature-codes.md");
    let columns: Vec<Vec<&str>> = manual
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.split('|').map(str::trim).collect())
        .collect();
    for (at, profile) in [(2, "freepbx"), (3, "asterisk"), (4, "yeastar")] {
        let plan = with_profile(&format!("\"{profile}\""));
        assert!(plan.warnings().is_empty(), "{profile}: {:?}", plan.warnings());
        let mut seen = BTreeSet::new();
        for route in plan.routes() {
            let entry =
                line(&route).split(".code(set.").nth(1).and_then(|rest| rest.split(&[',', ')']).next());
            let Some(entry) = entry else { continue };
            let row = columns.iter().find(|row| row[1] == format!("`{entry}`"));
            let code = row.unwrap_or_else(|| panic!("{entry} is not in the manual"))[at].trim_matches('`');
            let pattern = route.pattern.trim_start_matches('_');
            assert!(
                !code.is_empty() && pattern.starts_with(code),
                "{profile}: {entry} is {pattern}, not {code}"
            );
            seen.insert(entry);
        }
        let told = columns.iter().filter(|row| row.len() == 7 && row[at].starts_with('`'));
        let told: BTreeSet<&str> = told.map(|row| row[1].trim_matches('`')).collect();
        assert_eq!(seen, told, "{profile}");
    }
}

#[test]
fn a_profile_can_be_changed_and_what_is_wrong_with_that_is_found_while_loading() {
    let plan = with_profile("#{ profile: \"yeastar\", clock: \"*61\", redial: \"\" }");
    let taken = |number| plan.why(number, "internal").into_iter().find(|c| c.matched).unwrap().pattern;
    assert_eq!(
        (&*taken("*61"), &*taken("*60"), &*taken("*66"), &*taken("*2")),
        ("*61", "otherwise", "otherwise", "*2")
    );

    let wrong = |profile: &str| {
        let main =
            format!("import \"features\" as features;\ncontext(\"i\").include(features::codes({profile}));");
        let bundle =
            OTHERS.iter().fold(Bundle::single(&main), |bundle, (name, text)| bundle.with(name, text));
        let applications = cordboard_installed::installed().applications;
        show(&Dialplan::load_in(&bundle, &Fibers::default(), &applications).map(|_| ()).unwrap_err())
    };
    let shown = wrong("\"frepbx\"");
    assert!(shown.contains("there is no profile \"frepbx\": freepbx, asterisk, yeastar, custom"), "{shown}");
    let shown = wrong("#{ profile: \"freepbx\", clokc: \"*61\" }");
    assert!(shown.contains("no profile has a code for \"clokc\""), "{shown}");
    // Two codes that are the same: both places.
    let shown = wrong("#{ profile: \"freepbx\", clock: \"*43\" }");
    assert!(
        shown.contains("`*43` is in `features-freepbx` already") && shown.contains("features.rhai:"),
        "{shown}"
    );
    let shown = wrong("#{ profile: \"freepbx\", redial: \"*78\" }");
    assert!(shown.contains("is never reached in") && shown.matches("rhai:").count() >= 2, "{shown}");
}

#[test]
fn the_configuration_chooses_codes_and_parking_places_and_clashes_are_found_while_loading() {
    let load = |configured: Configured| {
        let applications = cordboard_installed::installed().applications;
        Dialplan::load_in(&shipped().configured(configured), &Fibers::default(), &applications)
    };
    let lot = |first, last| ParkingLot { name: "far".to_owned(), first, last };
    let own = Configured {
        profile: "yeastar".to_owned(),
        codes: [("clock".to_owned(), "*61".to_owned())].into(),
        lots: vec![lot(801, 805), lot(8_990, 9_010)],
        ..Configured::default()
    };
    let plan = load(own.clone()).unwrap();
    let taken = |number| plan.why(number, "internal").into_iter().find(|c| c.matched).unwrap().pattern;
    for (number, pattern) in [
        ("*61", "*61"),
        ("*60", "otherwise"),
        ("*5", "*5"),
        ("803", "_80[1-5]"),
        ("9010", "9010"),
        ("701", "otherwise"),
        ("*05803", "_*05XXX"),
        ("*059001", "_*05XXXX"),
    ] {
        assert_eq!(taken(number), pattern, "{number}");
    }
    assert_ne!(plan.version(), load(Configured::default()).unwrap().version());
    let wrong = |configured| show(&load(configured).unwrap_err());
    assert!(load(Configured { lots: vec![lot(555, 555)], ..own.clone() }).is_ok(), "yeastar has no 555");
    let shown = wrong(Configured { lots: vec![lot(555, 555)], ..Configured::default() });
    assert!(shown.contains("`555` is in `features-freepbx` already"), "{shown}");
    let shown = wrong(Configured { codes: [("clokc".to_owned(), "1".to_owned())].into(), ..own });
    assert!(shown.contains("no profile has a code for \"clokc\""), "{shown}");
}

#[test]
fn a_profile_without_codes_has_those_alone_that_the_office_gives() {
    let own = Configured {
        profile: "custom".to_owned(),
        codes: [("clock".to_owned(), "*1".to_owned())].into(),
        lots: Vec::new(),
        ..Configured::default()
    };
    let applications = cordboard_installed::installed().applications;
    let plan = Dialplan::load_in(&shipped().configured(own), &Fibers::default(), &applications).unwrap();
    let codes = plan.routes().into_iter().filter(|route| route.context == "features-custom");
    assert_eq!(codes.map(|route| route.pattern).collect::<Vec<_>>(), ["*1"]);
}

#[test]
fn codes_of_all_lengths_leave_what_is_dialled_after_them() {
    let unset = || Reply::Value(Value::Unit);
    let heard_of = |profile: &str, number: &str| {
        let mut caller = Caller::new(&with_profile(profile), info("internal", number), vec![unset(); 12]);
        caller.finish();
        caller.steps
    };
    for (profile, number) in [
        ("\"freepbx\"", "*72102"),
        ("\"yeastar\"", "*31102"),
        ("#{ profile: \"freepbx\", forward_always: \"*3711\" }", "*3711102"),
    ] {
        let written = heard_of(profile, number).into_iter().find_map(|step| match step {
            Step::Ask(Query::DbWrite { value, .. }) => Some(value),
            _ => None,
        });
        let place = written.unwrap_or_else(|| panic!("{number}")).entry("always").clone();
        assert_eq!(place.entry("number").text(), Some("102"), "{number}");
    }
}
