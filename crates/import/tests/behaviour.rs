//! What was translated does what it did: calls through samples of Asterisk's, in the simulation.
#![allow(clippy::unwrap_used, clippy::panic, clippy::expect_used, reason = "tests may")]

use cordboard_dialplan::Bundle;
use cordboard_import::{Imported, Sources, import};
use cordboard_sim::{Handset, Plan, World, mailboxes};
use std::fs;
use std::path::Path;

fn imported(sample: &str) -> Imported {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(sample);
    let mut sources = Sources::default();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "conf") {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            sources.files.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    import(&sources)
}

/// The office that a sample becomes: its users, mailboxes, queues and dialplan.
fn office(sample: &str) -> World {
    let imported = imported(sample);
    let file = |name: &str| imported.files.get(name).cloned().unwrap_or_default();
    let mut bundle = Bundle::single(&file("dialplan/main.rhai"));
    if imported.files.contains_key("dialplan/asterisk.rhai") {
        bundle = bundle.with("asterisk.rhai", &file("dialplan/asterisk.rhai"));
    }
    let users: toml::Table = file("etc/users.toml").parse().unwrap();
    let queues: cordboard_queue::Settings = toml::from_str(&file("etc/queues.toml")).unwrap();
    let boxes: toml::Table = file("etc/voicemail.toml").parse().unwrap();
    World::new(&Plan::new("").bundle(bundle).with(|setup| {
        let template = setup.users["101"].clone();
        setup.users.clear();
        for (name, user) in users["user"].as_table().unwrap() {
            let text = |key: &str| user.get(key).and_then(|value| value.as_str()).map(str::to_owned);
            let mut own = template.clone();
            own.identity.number = text("number").unwrap_or_else(|| name.clone());
            own.identity.name = text("name").unwrap_or_default();
            own.context = text("context").unwrap();
            own.password = format!("secret-of-{name}");
            setup.users.insert(name.clone(), own);
        }
        let boxes = boxes.get("box").and_then(|boxes| boxes.as_table()).cloned().unwrap_or_default();
        let settings = mailboxes(|settings| {
            let template = settings.boxes["101"].clone();
            settings.boxes = boxes.keys().map(|number| (number.clone(), template.clone())).collect();
        });
        setup.services.insert("voicemail".to_owned(), settings);
        setup.services.insert("queue".to_owned(), serde_json::to_string(&queues).unwrap());
    }))
}

fn phones<const N: usize>(world: &World, users: [&str; N]) -> [Handset; N] {
    users.map(|user| world.registered(user))
}

fn is_over_and_quiet(world: &World, phone: &Handset) {
    phone.is_over();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn who_is_busy_is_so_in_the_greeting_of_its_mailbox() {
    let world = office("small-office");
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("102");
    ben.rings();
    ben.declines(486);
    anna.is_answered();
    anna.hears_prompt("vm-theperson");
    anna.hears_prompt("vm-isonphone");
    anna.presses("#");
    anna.hears_tone([1_000, 0]);
    world.run_secs(4);
    anna.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn who_does_not_answer_within_ringtime_is_not_there_in_the_greeting() {
    let world = office("small-office");
    let [anna, ben] = phones(&world, ["101", "102"]);
    let began = world.now();
    anna.calls("102");
    ben.rings();
    anna.is_answered();
    let rung = world.now().since(began).as_secs();
    assert!((19..=21).contains(&rung), "RINGTIME is 20 s: {rung}");
    anna.hears_prompt("vm-theperson");
    anna.hears_prompt("vm-isunavail");
    anna.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn a_call_that_was_answered_ends_when_the_callee_hangs_up() {
    let world = office("small-office");
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls_and_talks_with("102", &ben);
    world.run_secs(2);
    ben.hangs_up();
    is_over_and_quiet(&world, &anna);
}

#[test]
fn digit_2_of_the_menu_leads_to_the_queue() {
    let world = office("ivr-night");
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("300");
    anna.is_answered();
    anna.hears_prompt("welcome");
    anna.presses("2");
    ben.rings();
    ben.answers();
    anna.talks_with(&ben);
    ben.hangs_up();
    is_over_and_quiet(&world, &anna);
}

#[test]
fn a_digit_that_the_menu_does_not_have_is_invalid_and_the_menu_begins_anew() {
    let world = office("ivr-night");
    let [anna, clara] = phones(&world, ["101", "103"]);
    anna.calls("300");
    anna.is_answered();
    anna.hears_prompt("welcome");
    anna.presses("9");
    anna.hears_prompt("pbx-invalid");
    anna.hears_prompt("welcome");
    anna.presses("0");
    clara.rings();
    anna.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn who_presses_nothing_is_asked_three_times_and_let_go() {
    let world = office("ivr-night");
    let anna = world.registered("101");
    anna.calls("300");
    anna.is_answered();
    for _ in 0..3 {
        anna.hears_prompt("welcome");
        anna.hears_prompt("demo-menu");
        world.run_secs(4);
    }
    anna.hears_prompt("goodbye");
    is_over_and_quiet(&world, &anna);
}

#[test]
fn the_night_switch_is_switched_on_and_off() {
    let world = office("ivr-night");
    let anna = world.registered("101");
    for prompt in ["activated", "de-activated", "activated"] {
        anna.calls("*28");
        anna.is_answered();
        anna.hears_prompt(prompt);
        anna.is_over();
    }
}

#[test]
fn the_macro_of_old_rings_its_device_and_then_takes_a_message() {
    let world = office("stdexten");
    let [john, mary] = phones(&world, ["john", "mary"]);
    john.calls_and_talks_with("1002", &mary);
    john.hangs_up();
    world.run_secs(1);
    john.calls("1002");
    mary.rings();
    mary.declines(486);
    john.is_answered();
    john.hears_prompt("vm-theperson");
    john.hears_prompt("vm-isonphone");
    john.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn the_loop_of_a_macro_counts_down() {
    let world = office("stdexten");
    let john = world.registered("john");
    john.calls("500");
    john.is_answered();
    for prompt in ["digits/3", "digits/2", "digits/1", "goodbye"] {
        john.hears_prompt(prompt);
    }
    is_over_and_quiet(&world, &john);
}

#[test]
fn a_loop_of_jumps_goes_on_until_the_number_is_right() {
    let world = office("stdexten");
    let john = world.registered("john");
    john.calls("600");
    john.is_answered();
    for (typed, prompt) in [("17", "beeperr"), ("99", "invalid"), ("42", "activated")] {
        john.hears_prompt("vm-enter-num-to-call");
        john.presses(typed);
        john.hears_prompt(prompt);
    }
    is_over_and_quiet(&world, &john);
}

#[test]
fn generated_macros_call_one_another() {
    let world = office("freepbx");
    let [anna, ben] = phones(&world, ["101", "102"]);
    anna.calls("102");
    ben.rings();
    ben.is_over();
    anna.hears_prompt("vm-nobodyavail");
    anna.is_over();
    ben.calls("101");
    anna.rings();
    anna.declines(486);
    ben.is_answered();
    ben.hears_prompt("vm-theperson");
    ben.hangs_up();
    world.run_secs(1);
    world.is_quiet();
}

#[test]
fn what_asterisk_s_program_did_is_an_error_that_is_heard_and_ends_the_call() {
    let world = office("freepbx");
    let anna = world.registered("101");
    anna.calls("5000");
    anna.hears_prompt("an-error-has-occurred");
    is_over_and_quiet(&world, &anna);
}

#[test]
fn an_agent_logs_in_and_out_by_codes() {
    let world = office("queues");
    let greta = world.registered("203");
    for (code, prompt) in [("*45", "agent-loginok"), ("*46", "agent-loggedoff"), ("*47", "agent-paused")] {
        greta.calls(code);
        greta.is_answered();
        greta.hears_prompt(prompt);
        greta.is_over();
    }
    assert!(!world.has_logged("script", "error"), "{:?}", world.log());
}

#[test]
fn desks_are_counted_and_those_where_nobody_sits_are_said_to_be_free() {
    let world = office("hotdesk");
    let desk = world.registered("701");
    desk.calls("*13");
    desk.is_answered();
    for prompt in [
        "digits/7",
        "digits/0",
        "digits/1",
        "vm-isunavail",
        "digits/7",
        "digits/0",
        "digits/2",
        "vm-isunavail",
    ] {
        desk.hears_prompt(prompt);
    }
    is_over_and_quiet(&world, &desk);
    desk.calls("805");
    desk.hears_prompt("vm-isunavail");
    desk.is_over();
}

#[test]
fn a_number_that_is_too_short_is_told_so() {
    let world = office("trunks-lcr");
    let hall = world.registered("301");
    hall.calls("00123");
    hall.hears_prompt("pbx-invalid");
    hall.is_over();
}

#[test]
fn a_variable_for_a_macro_of_the_callee_leaves_out_the_macro_and_not_the_call() {
    let text = "[internal]\nexten => 1,1,Dial(PJSIP/101,20,tM(announce^${CALLERID(num)}))\n\
                exten => 2,1,Dial(PJSIP/101,20,${OPTIONS})\nexten => 3,1,Dial(PJSIP/101,20,m(${CLASS}))\n";
    let phone = "[101]\ntype=endpoint\ncontext=internal\nauth=101\naors=101\n[101]\ntype=auth\nusername=101\npassword=abc\n";
    let mut sources = Sources::default();
    sources.files.insert("extensions.conf".to_owned(), text.to_owned());
    sources.files.insert("pjsip.conf".to_owned(), phone.to_owned());
    let imported = import(&sources);
    let main = &imported.files["dialplan/main.rhai"];
    assert_eq!(main.matches("ch.dial(").count(), 1, "{main}");
    assert!(main.contains("transfer: \"callee\""), "{main}");
    let report = imported.report.to_string();
    assert!(report.contains("the option M of Dial is not there"), "{report}");
    assert_eq!(report.matches("the options have to stand in the dialplan").count(), 2, "{report}");
}

#[test]
fn an_extension_of_asterisk_s_own_that_nothing_enters_is_told_of() {
    let told = |dialplan: &str| {
        let mut sources = Sources::default();
        sources.files.insert("extensions.conf".to_owned(), format!("[office]\n{dialplan}"));
        let phone = "[101]\ntype=endpoint\ncontext=office\nauth=101\naors=101\n[101]\ntype=auth\nusername=101\npassword=x\n[101]\ntype=aor\n";
        sources.files.insert("pjsip.conf".to_owned(), phone.to_owned());
        import(&sources).files["import-report.txt"].clone()
    };
    let report =
        told("exten => 101,1,Dial(PJSIP/101)\nexten => i,1,Playback(pbx-invalid)\nexten => T,1,Hangup()\n");
    assert!(report.contains("exten => i,1,Playback(pbx-invalid)"), "{report}");
    assert!(report.contains("exten => T,1,Hangup()"), "{report}");
    let menu =
        "exten => 100,1,Background(menu)\nexten => 100,2,WaitExten(5)\nexten => i,1,Playback(pbx-invalid)\n";
    assert!(!told(menu).contains("exten => i,"), "{}", told(menu));
}

#[test]
fn a_subroutine_that_only_plays_something_to_the_callee_is_announced_and_another_one_is_told_of() {
    let text = "[internal]\nexten => 1,1,Dial(PJSIP/101,20,U(hint))\nexten => 2,1,Dial(PJSIP/101,20,M(screen^x))\n\
                exten => 3,1,Dial(PJSIP/101,20,U(asks))\n\
                [hint]\nexten => s,1,Playback(beep)\n same => n,Playback(beeperr)\n same => n,Return()\n\
                [macro-screen]\nexten => s,1,Playback(beep)\n\
                [asks]\nexten => s,1,Playback(beep)\n same => n,Read(KEY,,1)\n same => n,Return()\n";
    let phone = "[101]\ntype=endpoint\ncontext=internal\nauth=101\naors=101\n[101]\ntype=auth\nusername=101\npassword=abc\n";
    let mut sources = Sources::default();
    sources.files.insert("extensions.conf".to_owned(), text.to_owned());
    sources.files.insert("pjsip.conf".to_owned(), phone.to_owned());
    let imported = import(&sources);
    let main = &imported.files["dialplan/main.rhai"];
    assert!(main.contains("announce: [\"beep\", \"beeperr\"]"), "{main}");
    assert!(main.contains("announce: \"beep\""), "{main}");
    let left_out = "the option U of Dial is not there: without it";
    assert_eq!(main.matches(left_out).count(), 1, "{main}");
    assert_eq!(imported.report.to_string().matches(left_out).count(), 1, "{}", imported.report);
}
