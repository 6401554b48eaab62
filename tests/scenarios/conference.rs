//! Conferences: who hears whom, who may enter, and what the keys do.

use cordboard_exchange::{AdminReply, AdminRequest};
use cordboard_phone::Command;
use cordboard_sim::{Handset, Plan, World};
use core::time::Duration;

/// The office with this way into the room.
pub(crate) fn office(options: &str) -> World {
    World::with_dialplan(&script(options))
}

fn script(options: &str) -> String {
    format!(
        r#"
let internal = context("internal");
internal.on("_10X", |ch| {{ ch.dial(user(ch.dialed), #{{ timeout: 25 }}); }});
internal.on("500", |ch| {{
    let r = ch.conference("main", #{{ {options} }});
    log::info(`conference: ${{r.status}} after ${{r.secs}} s`);
}});
internal.on("501", |ch| {{ ch.conference("main", #{{ admin: true, {options} }}); }});
internal.on_hangup(|ch| log::info("over"));
"#
    )
}

/// Comes into the room, past what is said first.
pub(crate) fn enters(world: &World, user: &str, number: &str) -> Handset {
    let phone = world.registered(user);
    phone.calls(number);
    phone.is_answered();
    phone
}

fn three(world: &World) -> [Handset; 3] {
    let anna = enters(world, "101", "500");
    anna.hears_prompt("conf-onlyperson");
    anna.hears_music("default");
    let ben = enters(world, "102", "500");
    ben.hears_prompt("conf-onlyone");
    let clara = enters(world, "103", "500");
    clara.hears_prompt("conf-thereare");
    clara.hears_prompt("digits/2");
    clara.hears_prompt("conf-otherinparty");
    [anna, ben, clara]
}

#[test]
fn three_phones_in_a_room_hear_each_the_two_others_and_not_themselves() {
    let world = office("");
    let [anna, ben, clara] = three(&world);
    anna.hears_all(&[&ben, &clara]);
    ben.hears_all(&[&anna, &clara]);
    clara.hears_all(&[&anna, &ben]);
    assert!(world.media_moves() >= 2, "their calls began on different media engines");
    clara.hangs_up();
    anna.hears_all(&[&ben]);
    ben.hangs_up();
    anna.hears_music("default");
    anna.hangs_up();
    world.is_quiet();
    assert!(world.has_logged("event", "conference-left"), "{:?}", world.log());
}

#[test]
fn who_comes_and_who_goes_is_heard_by_tones() {
    let world = office("count: false");
    let (anna, ben) = (enters(&world, "101", "500"), world.registered("102"));
    anna.hears_music("default");
    ben.calls("500");
    ben.is_answered();
    let heard = |anna: &Handset| anna.hears_a_tone_of(&[660, 880]);
    assert!(world.run_until(|_| heard(&anna), Duration::from_secs(5)), "the tones of who comes");
    anna.hears_all(&[&ben]);
    ben.hangs_up();
    anna.hears_music("default");
}

#[test]
fn all_who_are_there_are_told_how_many_others_there_are_when_somebody_enters() {
    let world = office("announce: \"none\", count: false, count_all: true");
    let anna = enters(&world, "101", "500");
    anna.hears_prompt("conf-onlyperson");
    anna.hears_music("default");
    let ben = enters(&world, "102", "500");
    anna.hears_prompt_among("conf-onlyone");
    let _clara = enters(&world, "103", "500");
    for phone in [&anna, &ben] {
        phone.hears_prompt_among("conf-otherinparty");
    }
}

#[test]
fn names_are_said_before_entering_and_heard_by_those_who_are_there() {
    let world = office("count: false, announce: \"names\"");
    let names = |phone: &Handset| {
        phone.hears_prompt("conf-sayname");
        world.run_secs(3);
        phone.presses("#");
        phone.hears_prompt("conf-namereview");
        phone.presses("1");
    };
    let anna = enters(&world, "101", "500");
    names(&anna);
    anna.hears_music("default");
    let ben = enters(&world, "102", "500");
    names(&ben);
    anna.hears_prompt_among("conf-hasjoin");
    anna.hears_all(&[&ben]);
    ben.hangs_up();
    anna.hears_prompt_among("conf-hasleft");
    anna.hears_music("default");
    anna.hangs_up();
    world.is_quiet();
}

#[test]
fn a_muted_one_is_not_heard_until_it_is_no_longer_muted() {
    let world = office("");
    let [anna, ben, clara] = three(&world);
    anna.presses("1");
    anna.hears_prompt("conf-muted");
    ben.hears_all(&[&clara]);
    anna.hears_all(&[&ben, &clara]);
    anna.presses("*");
    anna.hears_prompt("conf-usermenu");
    ben.hears_all(&[&clara]);
    anna.presses("1");
    anna.hears_prompt("conf-unmuted");
    ben.hears_all(&[&anna, &clara]);
}

#[test]
fn the_menu_is_heard_by_the_one_who_asked_and_its_digits_by_nobody() {
    let world = office("");
    let [anna, ben, clara] = three(&world);
    anna.hears_all(&[&ben, &clara]);
    ben.hears_all(&[&anna, &clara]);
    anna.presses("*");
    anna.hears_prompt("conf-usermenu");
    ben.hears_all(&[&anna, &clara]);
    anna.presses("8");
    anna.is_over();
    ben.hears_all(&[&clara]);
    assert!(world.has_logged("script", "conference: left after"), "{:?}", world.log());
}

#[test]
fn what_one_hears_and_how_loud_one_speaks_are_one_s_own() {
    let world = office("");
    let [anna, ben, clara] = three(&world);
    anna.hears_all(&[&ben, &clara]);
    anna.presses("4444");
    world.run_secs(2);
    let softer = anna.loudness();
    anna.presses("6666");
    world.run_secs(2);
    assert!(anna.loudness() > softer * 3, "{} and {softer}", anna.loudness());
    anna.presses("5");
    anna.hears_prompt("conf-deaf");
    anna.hears_nothing();
    ben.hears_all(&[&anna, &clara]);
    anna.presses("5");
    anna.hears_prompt("conf-undeaf");
    anna.hears_all(&[&ben, &clara]);
}

#[test]
fn a_pin_is_asked_for_three_times() {
    let world = office("pin: \"2468\", admin_pin: \"9999\"");
    let anna = enters(&world, "101", "500");
    for wrong in ["1111#", "2222#"] {
        anna.hears_prompt("conf-getpin");
        anna.presses(wrong);
        anna.hears_prompt("conf-invalidpin");
    }
    anna.presses("3333#");
    anna.is_over();
    assert!(world.has_logged("script", "conference: pin after"), "{:?}", world.log());
    let ben = enters(&world, "102", "500");
    ben.hears_prompt("conf-getpin");
    ben.presses("2468#");
    ben.hears_prompt("conf-onlyperson");
    let clara = enters(&world, "103", "500");
    clara.hears_prompt("conf-getpin");
    clara.presses("9999#");
    clara.hears_prompt("conf-onlyone");
    clara.hears_all(&[&ben]);
    clara.presses("*");
    clara.hears_prompt("conf-adminmenu");
}

#[test]
fn after_ten_wrong_pins_a_caller_is_not_asked_any_more() {
    let world = office("pin: \"2468\"");
    let anna = world.registered("101");
    for _ in 0..4 {
        anna.calls("500");
        anna.is_answered();
        world.run_secs(2);
        anna.presses("1#");
        world.run_secs(3);
        anna.presses("2#");
        world.run_secs(3);
        anna.presses("3#");
        anna.is_over();
    }
    anna.calls("500");
    anna.is_answered();
    anna.hears_prompt("conf-invalidpin");
    anna.is_over();
    let ben = enters(&world, "102", "500");
    ben.hears_prompt("conf-getpin");
}

#[test]
fn a_locked_room_lets_administrators_in_and_nobody_else() {
    let world = office("");
    let admin = enters(&world, "101", "501");
    admin.hears_music("default");
    admin.presses("2");
    admin.hears_prompt("conf-lockednow");
    let ben = world.registered("102");
    ben.calls("500");
    ben.hears_prompt("conf-locked");
    ben.is_over();
    let clara = enters(&world, "103", "501");
    clara.hears_prompt("conf-onlyone");
    clara.hears_all(&[&admin]);
    admin.presses("2");
    admin.hears_prompt("conf-unlockednow");
    ben.calls("500");
    ben.is_answered();
    ben.hears_prompt("conf-thereare");
}

#[test]
fn a_full_room_lets_administrators_in_and_nobody_else() {
    let world = office("max: 2, count: false");
    let [anna, ben] = ["101", "102"].map(|user| enters(&world, user, "500"));
    ben.hears_all(&[&anna]);
    let clara = world.registered("103");
    clara.calls("500");
    clara.hears_prompt("conf-full");
    clara.is_over();
    clara.calls("501");
    clara.is_answered();
    clara.hears_all(&[&anna, &ben]);
}

#[test]
fn the_last_one_who_came_is_removed_but_no_administrator() {
    let world = office("count: false");
    let admin = enters(&world, "101", "501");
    admin.hears_music("default");
    admin.presses("3");
    admin.hears_prompt("conf-cannotkick");
    let ben = enters(&world, "102", "500");
    ben.hears_all(&[&admin]);
    admin.presses("3");
    ben.hears_prompt("conf-kicked");
    admin.hears_prompt("conf-lastkicked");
    ben.is_over();
    admin.hears_music("default");
    assert!(world.has_logged("script", "conference: kicked after"), "{:?}", world.log());
}

#[test]
fn all_but_administrators_are_muted_at_once_and_who_comes_is_muted_too() {
    let world = office("count: false");
    let (admin, ben) = (enters(&world, "101", "501"), enters(&world, "102", "500"));
    ben.hears_all(&[&admin]);
    admin.hears_all(&[&ben]);
    admin.presses("#1");
    ben.hears_prompt_among("conf-now-muted");
    let clara = enters(&world, "103", "500");
    clara.hears_all(&[&admin]);
    admin.hears_nothing();
    ben.presses("1");
    ben.hears_prompt_among("conf-now-muted");
    admin.hears_nothing();
    admin.presses("#1");
    ben.hears_prompt_among("conf-now-unmuted");
    admin.hears_all(&[&ben, &clara]);
}

#[test]
fn who_had_muted_itself_stays_muted_when_all_may_speak_again() {
    let world = office("count: false");
    let (admin, ben) = (enters(&world, "101", "501"), enters(&world, "102", "500"));
    let clara = enters(&world, "103", "500");
    admin.hears_all(&[&ben, &clara]);
    ben.presses("1");
    ben.hears_prompt_among("conf-muted");
    admin.hears_all(&[&clara]);
    admin.presses("#1");
    ben.hears_prompt_among("conf-now-muted");
    admin.hears_nothing();
    admin.presses("#1");
    ben.hears_prompt_among("conf-now-unmuted");
    admin.hears_all(&[&clara]);
    ben.presses("1");
    ben.hears_prompt_among("conf-unmuted");
    admin.hears_all(&[&ben, &clara]);
}

#[test]
fn the_list_of_a_room_says_who_talks_who_listens_and_who_is_muted() {
    let world = office("");
    let [anna, ben, clara] = three(&world);
    let states = || {
        let request = cordboard_conference::list();
        let AdminReply::Service(answer) =
            world.admin(AdminRequest::Service { kind: "conference".to_owned(), request })
        else {
            panic!("no list of rooms")
        };
        let rooms = cordboard_conference::listed(&answer).unwrap();
        assert_eq!(rooms.len(), 1, "{rooms:?}");
        let state = |of: &cordboard_conference::ParticipantSummary| (of.number.clone(), of.state.clone());
        rooms[0].participants.iter().map(state).collect::<Vec<_>>()
    };
    let is = |wanted: [&str; 3]| {
        let wanted: Vec<(String, String)> = ["101", "102", "103"]
            .into_iter()
            .zip(wanted)
            .map(|(number, state)| (number.to_owned(), state.to_owned()))
            .collect();
        let so = world.run_until(|_| states() == wanted, Duration::from_secs(5));
        assert!(so, "{:?} for {wanted:?}", states());
    };
    is(["talking", "talking", "talking"]);
    ben.speaks(false);
    is(["talking", "listening", "talking"]);
    clara.presses("1");
    is(["talking", "listening", "muted"]);
    ben.speaks(true);
    anna.speaks(false);
    is(["listening", "talking", "muted"]);
}

#[test]
fn whom_an_administrator_calls_in_enters_a_locked_room_and_a_full_one() {
    let world = office("max: 2, count: false");
    let (anna, ben) = (enters(&world, "101", "501"), enters(&world, "102", "500"));
    ben.hears_all(&[&anna]);
    anna.presses("2");
    anna.hears_prompt("conf-lockednow");
    let clara = world.registered("103");
    anna.presses("#3");
    anna.hears_prompt("conf-adddial");
    anna.presses("103#");
    clara.rings();
    clara.answers();
    clara.hears_all(&[&anna, &ben]);
    let david = world.registered("104");
    david.calls("500");
    david.hears_prompt("conf-locked");
    david.is_over();
}

#[test]
fn who_waits_for_a_marked_one_hears_music_until_it_comes_and_goes_with_it() {
    let world = office("wait_marked: true, end_marked: true, count: false");
    let [anna, ben] = ["101", "102"].map(|user| enters(&world, user, "500"));
    anna.hears_prompt("conf-waitforleader");
    anna.hears_music("default");
    ben.hears_music("default");
    let leader = enters(&world, "103", "501");
    leader.hears_all(&[&anna, &ben]);
    anna.hears_all(&[&ben, &leader]);
    leader.hangs_up();
    anna.hears_prompt("conf-leaderhasleft");
    anna.is_over();
    ben.is_over();
    world.is_quiet();
    assert!(world.has_logged("script", "conference: ended after"), "{:?}", world.log());
}

#[test]
fn who_need_not_go_waits_again_when_the_last_marked_one_leaves() {
    let world = office("wait_marked: true, count: false");
    let anna = enters(&world, "101", "500");
    anna.hears_music("default");
    let leader = enters(&world, "103", "501");
    anna.hears_all(&[&leader]);
    leader.hangs_up();
    anna.hears_prompt("conf-leaderhasleft");
    anna.hears_music("default");
    let again = enters(&world, "104", "501");
    anna.hears_all(&[&again]);
}

#[test]
fn a_caller_is_transferred_into_the_room() {
    let world = office("count: false");
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    let clara = enters(&world, "103", "500");
    clara.hears_music("default");
    anna.calls_and_talks_with("102", &ben);
    ben.does(Command::Transfer("500".to_owned()));
    ben.transfer_ends(200);
    anna.hears_all(&[&clara]);
    clara.hears_all(&[&anna]);
    assert!(ben.lines().is_empty());
}

#[test]
fn an_attended_transfer_puts_the_caller_in_the_place_of_who_asked_in_the_room() {
    let world = office("count: false");
    let [anna, ben] = ["101", "102"].map(|user| world.registered(user));
    let clara = enters(&world, "103", "500");
    clara.hears_music("default");
    anna.calls_and_talks_with("102", &ben);
    ben.holds();
    ben.calls("500");
    ben.is_answered();
    ben.hears_all(&[&clara]);
    ben.does(Command::TransferAttended);
    ben.transfer_ends(200);
    anna.hears_all(&[&clara]);
    clara.hears_all(&[&anna]);
    anna.presses("8");
    anna.is_over();
    clara.hears_music("default");
}

#[test]
fn a_stay_and_a_conference_have_their_times() {
    let world = office("count: false, timeout: 60");
    let anna = enters(&world, "101", "500");
    world.run_secs(50);
    anna.hears_music("default");
    world.run_secs(12);
    anna.is_over();
    assert!(world.has_logged("script", "conference: timeout after 60 s"), "{:?}", world.log());
    let world = office("count: false, limit: 600");
    let (admin, ben) = (enters(&world, "101", "501"), enters(&world, "102", "500"));
    ben.hears_all(&[&admin]);
    world.run_secs(296);
    ben.hears_prompt_among("conf-ending");
    world.run_secs(60);
    admin.presses("#2");
    ben.hears_prompt_among("conf-extended");
    world.run_secs(300);
    ben.hears_all(&[&admin]);
    admin.presses("#9");
    ben.is_over();
    admin.is_over();
    world.is_quiet();
}

#[test]
fn a_conference_is_recorded_from_the_first_to_the_last() {
    let world = office("count: false, record: true");
    let (anna, ben) = (enters(&world, "101", "500"), enters(&world, "102", "500"));
    ben.hears_all(&[&anna]);
    world.run_secs(3);
    anna.hangs_up();
    world.run_secs(2);
    ben.hangs_up();
    world.is_quiet();
    world.run_secs(2);
    let tapes = world.recordings();
    assert_eq!(tapes.len(), 1);
    assert!(
        tapes[0].0.starts_with("conference/2026-11-23/") && tapes[0].0.contains("-main."),
        "{}",
        tapes[0].0
    );
    assert!(world.has_logged("event", "conference-recorded"), "{:?}", world.log());
}

#[test]
fn an_administrator_starts_and_ends_the_recording_by_a_key() {
    let world = office("count: false");
    let (anna, ben) = (enters(&world, "101", "501"), enters(&world, "102", "500"));
    ben.hears_all(&[&anna]);
    anna.presses("#4");
    anna.hears_prompt_among("conf-now-recording");
    world.run_secs(3);
    anna.presses("#4");
    anna.hears_prompt_among("conf-recordingstopped");
    ben.presses("#4");
    world.run_secs(2);
    anna.hangs_up();
    ben.hangs_up();
    world.is_quiet();
    assert_eq!(world.recordings().len(), 1, "who is no administrator starts none");
}

#[test]
fn an_administrator_calls_somebody_in_who_is_in_the_room_then() {
    let world = office("count: false");
    let (anna, ben) = (enters(&world, "101", "501"), world.registered("102"));
    anna.presses("#3");
    anna.hears_prompt("conf-adddial");
    anna.presses("102#");
    ben.rings();
    ben.answers();
    anna.hears_all(&[&ben]);
    ben.hears_all(&[&anna]);
    anna.presses("#3");
    anna.hears_prompt("conf-adddial");
    anna.presses("999#");
    anna.hears_prompt("conf-invitefailed");
    ben.hears_all(&[&anna]);
    anna.hangs_up();
    ben.hangs_up();
    world.is_quiet();
}

#[test]
fn conferences_are_the_same_after_any_cut() {
    let run = |cuts: Option<u64>| {
        let world = World::new(&Plan::new(&script("record: true")));
        if let Some(seed) = cuts {
            world.cut_and_restore(seed, 100);
        }
        let anna = enters(&world, "101", "500");
        world.run_secs(3);
        let ben = enters(&world, "102", "501");
        world.run_secs(3);
        anna.presses("1");
        world.run_secs(2);
        ben.presses("#1");
        world.run_secs(2);
        ben.hangs_up();
        world.run_secs(1);
        anna.presses("*8");
        world.run_secs(40);
        world
    };
    let (plain, cut) = (run(None), run(Some(5)));
    assert!(cut.cuts_made() > 20);
    assert_eq!(plain.records(), cut.records());
    assert_eq!(plain.media_trace(), cut.media_trace());
}

#[test]
fn the_code_tells_which_rooms_are_busy_and_how_many_are_inside() {
    let world = World::new(&Plan::shipped());
    let david = world.registered("104");
    david.calls("*87");
    david.is_answered();
    david.hears_prompt("conf-norooms");
    david.is_over();
    let _inside = ["101", "102", "103"].map(|user| enters(&world, user, "500"));
    world.run_secs(20);
    david.calls("*87");
    david.is_answered();
    for prompt in
        ["conf-room", "letters/m", "letters/a", "letters/i", "letters/n", "conf-thereare", "digits/3"]
    {
        david.hears_prompt(prompt);
    }
    david.is_over();
}
