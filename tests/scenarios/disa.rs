//! Direct inward system access: a caller from outside with a PIN dials as if inside, and one without does not.

use cordboard_sim::{Handset, Plan, World};

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
internal.on("*99", |ch| ch.play("secret"));
let few = context("few");
few.on("103", |ch| { ch.dial(user("103"), #{ timeout: 25 }); });
few.otherwise(|ch| { ch.play("invalid"); ch.hangup("unallocated"); });
let outside = context("outside");
outside.on("5550199", |ch| { let r = ch.disa("main"); log::info(`disa: ${r.status}`); });
outside.on("5550198", |ch| { let r = ch.disa("shut"); log::info(`disa: ${r.status}`); });
"#;

/// Hugo, 108, stands outside.
pub(crate) fn office() -> (World, Handset) {
    let disa = r#"{"settings":{"line":{"main":{"context":"few","pin":"739182","user":{"101":"580274"},"call_minutes":1}}},
                   "contexts":{"101":"internal"}}"#;
    let world = World::new(&Plan::new(SCRIPT).with(|setup| {
        setup.services.insert("disa".to_owned(), disa.to_owned());
        setup.users.get_mut("108").unwrap().context = "outside".to_owned();
    }));
    let hugo = world.registered("108");
    (world, hugo)
}

fn types(hugo: &Handset, pin: &str) {
    hugo.calls("5550199");
    hugo.is_answered();
    hugo.hears_prompt("enter-password");
    hugo.presses(pin);
}

#[test]
fn who_knows_the_pin_of_a_user_dials_as_that_user() {
    let (world, hugo) = office();
    let ben = world.registered("102");
    types(&hugo, "580274#");
    hugo.hears_tone([350, 440]);
    hugo.presses("102");
    assert_eq!(ben.rings(), ("101".to_owned(), "Anna".to_owned()));
    ben.answers();
    ben.talks_with(&hugo);
    world.run_secs(60);
    ben.is_over();
    hugo.is_over();
    world.is_quiet();
    let log = world.store(|store| store.logs.get("disa_log").cloned().unwrap());
    assert!(
        log[0].ends_with("|GRANTED|main|user 108|101") && log[1].ends_with("|DIAL|main|user 108|102"),
        "{log:?}"
    );
}

#[test]
fn the_pin_for_all_leads_to_its_context_and_nowhere_else() {
    let (world, hugo) = office();
    let clara = world.registered("103");
    for number in ["102", "*99"] {
        types(&hugo, "739182#");
        hugo.hears_tone([350, 440]);
        hugo.presses(number);
        hugo.hears_prompt("invalid");
        hugo.is_over();
    }
    types(&hugo, "739182#");
    hugo.hears_tone([350, 440]);
    hugo.presses("103#");
    assert_eq!(clara.rings().0, "108");
    hugo.hangs_up();
    world.is_quiet();
}

#[test]
fn a_guesser_is_slowed_and_locked_out_with_the_right_pin_too() {
    let (world, hugo) = office();
    // Each wrong one doubles the wait, in another call too.
    for waits in [[0, 1], [7, 15]] {
        types(&hugo, "111111#");
        for secs in waits {
            world.run_secs(secs);
            hugo.hears_prompt("auth-incorrect");
            hugo.presses("222222#");
        }
        hugo.is_over();
    }
    hugo.calls("5550199");
    hugo.hears_prompt("auth-locked");
    hugo.is_over();
    assert!(world.has_logged("script", "disa: denied"));
    assert!(world.has_logged("script", "disa: locked"));
    world.restart();
    hugo.calls("5550199");
    hugo.hears_prompt("auth-locked");
    hugo.is_over();
    world.run_secs(15 * 60);
    types(&hugo, "739182#");
    hugo.hears_tone([350, 440]);
}

#[test]
fn a_line_that_is_not_configured_is_shut() {
    let (world, hugo) = office();
    hugo.calls("5550198");
    hugo.hears_prompt("ss-noservice");
    hugo.is_over();
    assert!(world.has_logged("script", "disa: unknown"));
    world.is_quiet();
}

#[test]
fn it_is_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let (world, hugo) = office();
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        let ben = world.registered("102");
        hugo.calls("5550199");
        world.run_secs(2);
        hugo.presses("1#");
        world.run_secs(3);
        hugo.presses("580274#");
        world.run_secs(3);
        hugo.presses("102");
        ben.rings();
        ben.answers();
        world.run_secs(2);
        hugo.hangs_up();
        world.run_secs(40);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}
