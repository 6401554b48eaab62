//! Listening to a talk, whispering, joining in: who hears whom, and who may.

use cordboard_sim::{Handset, Plan, World};

const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("_10X", |ch| { ch.dial(user(ch.dialed), #{ timeout: 25 }); });
internal.on("_55X", |ch| {
    let way = switch ch.dialed.sub_string(2) { "1" => "whisper", "2" => "barge", _ => "listen" };
    let r = ch.spy(if ch.dialed == "559" { [user("102"), user("103"), user("104")] } else { user("102") }, way);
    log::info(`spy: ${r.status}`);
});
"#;

fn office() -> World {
    World::new(&Plan::new(SCRIPT).with(|setup| {
        setup.services.insert("spy".to_owned(), r#"{"may_spy":["105"]}"#.to_owned());
    }))
}

/// Anna talks with Ben; Emil may listen.
fn three(world: &World) -> [Handset; 3] {
    let all = ["101", "102", "105"].map(|user| world.registered(user));
    all[0].calls_and_talks_with("102", &all[1]);
    all
}

#[test]
fn who_listens_hears_both_and_is_heard_by_nobody() {
    let world = office();
    let [anna, ben, emil] = three(&world);
    emil.calls("550");
    emil.is_answered();
    emil.hears_all(&[&anna, &ben]);
    anna.talks_with(&ben);
    emil.hangs_up();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn who_listens_hears_a_beep_first_and_nobody_else_does_and_hears_louder_by_a_key() {
    let world = office();
    let [anna, ben, emil] = three(&world);
    emil.calls("550");
    emil.is_answered();
    emil.hears_prompt("beep");
    anna.talks_with(&ben);
    emil.hears_all(&[&anna, &ben]);
    world.run_secs(1);
    let plain = emil.loudness();
    emil.presses("#");
    world.run_secs(2);
    let louder = emil.loudness();
    assert!(louder > plain + plain / 4, "{plain} {louder}");
    emil.presses("##");
    world.run_secs(2);
    assert!(emil.loudness() < plain, "softer than at first, by the third");
    emil.presses("#");
    world.run_secs(2);
    let again = emil.loudness();
    assert!(again.abs_diff(plain) < plain / 4, "{plain} {again}");
}

#[test]
fn a_whisper_reaches_the_user_alone_and_who_joins_in_is_heard_by_both_by_a_key() {
    let world = office();
    let [anna, ben, emil] = three(&world);
    emil.calls("551");
    emil.is_answered();
    ben.hears_all(&[&anna, &emil]);
    anna.hears(&ben);
    emil.hears_all(&[&anna, &ben]);
    emil.presses("6");
    anna.hears_all(&[&ben, &emil]);
    ben.hears_all(&[&anna, &emil]);
    emil.presses("4");
    anna.talks_with(&ben);
    emil.hears_all(&[&anna, &ben]);
    emil.presses("5");
    ben.hears_all(&[&anna, &emil]);
    anna.hears(&ben);
    emil.hangs_up();
    anna.talks_with(&ben);
    anna.hangs_up();
    ben.is_over();
    world.is_quiet();
}

#[test]
fn when_the_talk_is_over_so_is_the_listening() {
    let world = office();
    let [anna, ben, emil] = three(&world);
    emil.calls("552");
    anna.hears_all(&[&ben, &emil]);
    anna.hangs_up();
    ben.is_over();
    emil.is_over();
    world.is_quiet();
    assert!(world.has_logged("script", "spy: over"), "{:?}", world.log());
}

#[test]
fn who_may_not_is_told_so_and_hears_nothing_and_it_stands_in_the_log() {
    let world = office();
    let [anna, ben, emil] = three(&world);
    let frida = world.registered("106");
    frida.calls("550");
    frida.hears_prompt("spy-denied");
    frida.is_over();
    anna.talks_with(&ben);
    assert!(world.has_logged("event", "DENIED"), "{:?}", world.log());
    anna.hangs_up();
    ben.is_over();
    emil.calls("550");
    emil.hears_prompt("spy-nocall");
    emil.is_over();
}

#[test]
fn listening_is_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = office();
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        let [anna, ben, emil] = three(&world);
        emil.calls("551");
        world.run_secs(3);
        emil.presses("6");
        world.run_secs(3);
        anna.hangs_up();
        ben.is_over();
        emil.is_over();
        world.run_secs(40);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}

#[test]
fn star_goes_on_to_the_next_who_talks_and_round_again() {
    let world = office();
    let [anna, ben, emil] = three(&world);
    let [david, hugo] = ["104", "108"].map(|user| world.registered(user));
    hugo.calls_and_talks_with("104", &david);
    emil.calls("559");
    emil.is_answered();
    emil.hears_all(&[&anna, &ben]);
    emil.presses("*");
    emil.hears_all(&[&hugo, &david]);
    assert!(world.has_logged("event", "102") && world.has_logged("event", "104"));
    emil.presses("*");
    emil.hears_all(&[&anna, &ben]);
    emil.presses("5");
    ben.hears_all(&[&anna, &emil]);
    anna.hears(&ben);
    emil.hangs_up();
    for phone in [&anna, &hugo] {
        phone.hangs_up();
    }
    ben.is_over();
    david.is_over();
    world.is_quiet();
}
