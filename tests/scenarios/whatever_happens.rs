//! Whatever phones do, in whatever order and over whatever links: when all have hung up nothing is left, and every call has
//! one record. Fixed seeds, so that a failure is repeated.

use cordboard_base::{Source, SourceKey};
use cordboard_phone::Command;
use cordboard_sim::{Handset, Link, Plan, World};
use core::time::Duration;
use std::collections::BTreeSet;

const OFFICE: &str = r#"
let internal = context("internal");
internal.on("600", |ch| { ch.dial([user("101"), user("102"), user("103"), user("104")], #{ timeout: 12 }); });
internal.on("601", |ch| { ch.dial([[user("102")], [user("103"), user("104")]], #{ timeout: 4 }); ch.play("nobody"); });
internal.on("610", |ch| {
    ch.answer();
    let key = ch.menu(#{ prompt: "main-menu", choices: "12", timeout: 3, retries: 2, invalid: "not-valid" });
    if key == "1" { ch.dial(user("102"), #{ timeout: 6 }); ch.hangup("no-answer"); }
    if key == "2" { ch.echo(#{ timeout: 5 }); }
    let oops = [1][5];
});
internal.on("_10X", |ch| { let r = ch.dial(user(ch.dialed), #{ timeout: 8 }); if r.status != "answered" { ch.play("sorry"); } });
internal.on_hangup(|ch| log::info(`${ch.dialed}: ${ch.cdr.disposition}`));
"#;

const NUMBERS: [&str; 8] = ["101", "102", "103", "104", "600", "601", "610", "999"];

fn below(chance: &mut Source, bound: u64) -> usize {
    usize::try_from(chance.below(bound)).unwrap()
}

fn something(chance: &mut Source) -> Command {
    let number = |chance: &mut Source| NUMBERS[below(chance, 8)].to_owned();
    match chance.below(20) {
        0..=5 => Command::Call(number(chance)),
        6..=10 => Command::Answer,
        11 => Command::Decline(if chance.below(2) == 0 { 486 } else { 603 }),
        12 => Command::Hangup(None),
        13 => Command::Hold,
        14 => Command::Resume,
        15 => Command::Digits("12".to_owned()),
        16 => Command::DigitsByInfo("1".to_owned()),
        17 => Command::Transfer(number(chance)),
        18 => Command::TransferAttended,
        _ => Command::Redirect(number(chance)),
    }
}

fn chance(seed: u64) -> Source {
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    Source::new(SourceKey { seed: bytes, node: 9, epoch: 1 }, 1)
}

/// Four phones do so many things, then hang up.
fn walk(world: &World, seed: u64, deeds: usize, link: Link) -> Vec<Handset> {
    let mut chance = chance(seed);
    let phones: Vec<Handset> =
        ["101", "102", "103", "104"].into_iter().map(|user| world.registered(user)).collect();
    phones.iter().for_each(|phone| world.link(phone, link));
    for _ in 0..deeds {
        let phone = &phones[below(&mut chance, 4)];
        phone.does(something(&mut chance));
        let pause = match chance.below(4) {
            0 => chance.below(10),
            1 => chance.below(100),
            _ => chance.below(2_000),
        };
        world.run_for(Duration::from_millis(pause));
    }
    for _ in 0..5 {
        for phone in &phones {
            phone.lines().into_iter().for_each(|line| phone.does(Command::Hangup(Some(line))));
        }
        world.run_secs(40);
    }
    phones
}

fn nothing_is_left(world: &World, phones: &[Handset]) {
    world.is_quiet();
    for phone in phones {
        assert!(phone.lines().is_empty(), "{} has lines left: {:?}", phone.user(), phone.lines());
    }
    let records = world.records();
    let calls: BTreeSet<_> = records.iter().map(|record| record.call).collect();
    assert_eq!(calls.len(), records.len(), "a call has two records");
    assert!(records.iter().any(|record| record.answered_us.is_some()), "a walk in which nobody talked");
    let began = world.log().iter().filter(|line| line.event == "call began").count();
    assert_eq!(began, records.len(), "a call has no record");
}

#[test]
fn nothing_is_left_after_a_wild_hour_on_good_links() {
    for seed in 1..=12 {
        let world = World::new(&Plan::new(OFFICE).seed(seed));
        let phones = walk(&world, seed, 60, Link::default());
        nothing_is_left(&world, &phones);
    }
}

#[test]
fn nothing_is_left_after_a_wild_hour_on_bad_links() {
    let link = Link { jitter: Duration::from_millis(80), duplicate_percent: 10, ..Link::lossy(12) };
    for seed in 101..=108 {
        let world = World::new(&Plan::new(OFFICE).seed(seed));
        let phones = walk(&world, seed, 40, link);
        nothing_is_left(&world, &phones);
    }
}

#[test]
fn a_wild_hour_is_the_same_when_the_office_is_cut_and_restored() {
    for seed in 201..=203 {
        let run = |cuts: bool| {
            let world = World::new(&Plan::new(OFFICE).seed(seed));
            if cuts {
                world.cut_and_restore(seed, 40);
            }
            walk(&world, seed, 30, Link { jitter: Duration::from_millis(20), ..Link::lossy(4) });
            world
        };
        let (plain, cut) = (run(false), run(true));
        for (before, after) in plain.trace().iter().zip(cut.trace().iter()) {
            assert_eq!(before, after, "seed {seed}");
        }
        assert_eq!(plain.trace().len(), cut.trace().len());
        assert_eq!((plain.media_trace(), plain.records()), (cut.media_trace(), cut.records()));
    }
}
