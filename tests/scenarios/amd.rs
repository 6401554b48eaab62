//! Answering machines, told from people by how they answer.

use cordboard_sim::{Handset, Plan, World};

/// 700 calls 102, and who answers is asked about.
const SCRIPT: &str = r#"
let internal = context("internal");
internal.on("701", |ch| {
    let r = ch.amd(#{ greeting: 1500 });
    log::info(`amd: ${r.status} ${r.cause} ${r.words}`);
});
internal.on("702", |ch| {
    ch.answer();
    let r = ch.amd();
    log::info(`amd: ${r.status} ${r.cause} ${r.words}`);
    ch.play(if r.status == "human" { "hello" } else { "goodbye" });
});
"#;

fn silent(world: &World) -> Handset {
    let anna = world.registered("101");
    anna.calls("702");
    anna.is_answered();
    anna.speaks(false);
    anna
}

#[test]
fn a_word_and_silence_is_a_person() {
    let world = World::new(&Plan::new(SCRIPT));
    let anna = silent(&world);
    world.run_ms(600);
    anna.speaks(true);
    world.run_ms(400);
    anna.speaks(false);
    anna.hears_prompt("hello");
    anna.is_over();
    assert!(world.has_logged("script", "amd: human silence 1"), "{:?}", world.log());
    world.is_quiet();
}

#[test]
fn a_voice_that_goes_on_is_a_machine() {
    let world = World::new(&Plan::new(SCRIPT));
    let anna = world.registered("101");
    anna.calls("701");
    anna.is_answered();
    anna.is_over();
    assert!(world.has_logged("script", "amd: machine long-greeting 1"), "{:?}", world.log());
    world.is_quiet();
}

#[test]
fn who_says_nothing_is_a_machine_and_who_hangs_up_is_gone() {
    let world = World::new(&Plan::new(SCRIPT));
    let anna = silent(&world);
    anna.hears_prompt("goodbye");
    anna.is_over();
    assert!(world.has_logged("script", "amd: machine initial-silence 0"), "{:?}", world.log());
    let anna = silent(&world);
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn it_is_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = World::new(&Plan::new(SCRIPT));
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 150);
        }
        let anna = silent(&world);
        world.run_ms(600);
        anna.speaks(true);
        world.run_ms(400);
        anna.speaks(false);
        world.run_secs(3);
        world.run_secs(40);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert!(cut.has_logged("script", "amd: human"));
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}
