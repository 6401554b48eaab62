//! Hold by a code while talking, for telephones that have no key for it.

use crate::feature_codes::phones;
use cordboard_sim::{Plan, World};

/// 201 lets both hold, 202 nobody.
const OFFICE: &str = r#"
let internal = context("internal");
internal.on("201", |ch| { ch.dial(user("102"), #{ timeout: 25, hold: true, disconnect: "caller" }); });
internal.on("202", |ch| { ch.dial(user("102"), #{ timeout: 25 }); });
"#;

#[test]
fn the_other_one_hears_music_until_the_code_is_typed_again() {
    let world = World::new(&Plan::new(OFFICE));
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls_and_talks_with("201", &ben);
    for (holder, held) in [(&anna, &ben), (&ben, &anna)] {
        holder.presses("*9");
        held.hears_music("default");
        // Who is held takes nobody back, and holds nobody.
        held.presses("*9");
        world.run_secs(2);
        held.hears_music("default");
        holder.presses("*9");
        world.run_secs(1);
        anna.talks_with(&ben);
    }
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn a_talk_ends_whoever_is_held() {
    for by_code in [true, false] {
        let world = World::new(&Plan::new(OFFICE));
        let [anna, ben] = phones(&world, ["101", "102"]);
        anna.calls_and_talks_with("201", &ben);
        anna.presses("*9");
        ben.hears_music("default");
        if by_code {
            anna.presses("**");
            anna.is_over();
        } else {
            ben.hangs_up();
            anna.is_over();
        }
        world.is_quiet();
    }
}

#[test]
fn without_the_right_the_keys_are_only_heard() {
    let world = World::new(&Plan::new(OFFICE));
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls_and_talks_with("202", &ben);
    anna.presses("*9");
    ben.gets_digits("*9");
    world.run_secs(1);
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}
