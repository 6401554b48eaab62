//! A hundred hostile scripts beside a hundred good calls: each harms its own call and no other, and says where it went wrong.

mod kinds;

use cordboard_dialplan::{Bundle, Dialplan, Fibers};
use cordboard_installed::installed;
use cordboard_phone::{Command, Happening};
use cordboard_sim::stage::{Ear, Given, Prompts};
use cordboard_sim::{Handset, Plan, Scripts, Seat, World, seat_address};
use core::time::Duration;
use kinds::{End, KINDS};
use std::rc::Rc;

/// Good calls: so many people call each other, as many call the menu.
const PAIRS: usize = 50;
/// A quarter of what an exchange lets each call use: enough for every other bound to be met first, and soon over.
const OPERATIONS: u64 = 250_000;

const OFFICE: &str = r#"
import "hostile" as hostile;
let good = context("good");
good.on("_2XX", |ch| {
    let waits = db::get("flood", "none");
    let r = ch.dial(user(ch.dialed), #{ timeout: 25 });
    log::info(`good: ${r.status}`);
});
good.on("600", |ch| {
    ch.answer();
    let key = ch.menu(#{ prompt: "welcome", choices: "12", timeout: 5, retries: 3 });
    db::set("good", ch.caller.number, key);
    ch.play(if db::get("good", ch.caller.number) == "1" { "sales" } else { "support" });
});
good.on_hangup(|ch| log::info(`good: ended ${ch.cdr.disposition}`));
"#;

/// Who calls the hostile scripts, who calls somebody, who is called, who calls the menu.
struct Cast {
    hostile: Vec<Handset>,
    callers: Vec<Handset>,
    called: Vec<Handset>,
    listeners: Vec<Handset>,
}

fn world() -> (World, Cast) {
    let names = |prefix: &str, count: usize| -> Vec<String> {
        (0..count).map(|n| format!("{prefix}{n:02}")).collect()
    };
    let hostile: Vec<(String, String)> =
        (0..KINDS.len()).map(|n| (format!("9{n:02}"), format!("h{n}"))).collect();
    let good = ["1", "2", "3"].map(|prefix| names(prefix, PAIRS));
    let all = hostile.iter().cloned().chain(good.concat().into_iter().map(|name| (name, "good".to_owned())));
    let bundle = Bundle::single(OFFICE).with(kinds::FILE, &kinds::script());
    let mut plan = Plan::of(bundle, Plan::new("").setup).with(|setup| {
        let pattern = setup.users.values().next().unwrap().clone();
        setup.users.clear();
        for (name, context) in all {
            let mut user = pattern.clone();
            user.identity.number.clone_from(&name);
            user.password = format!("made-up-{name}");
            user.context = context;
            setup.users.insert(name, user);
        }
        (setup.limits.calls, setup.office.calls_max) = (1_000, 1_000);
    });
    let dialplan = Dialplan::load_in(&plan.dialplan, &Fibers::default(), &installed().applications).unwrap();
    dialplan.limit_operations(OPERATIONS);
    plan.scripts = Some(Scripts(Rc::new(dialplan)));
    plan.prompts = Some(Prompts::new(|_, _| Some(1_500)));
    let seat = |(place, (user, of)): (usize, (&String, &cordboard_exchange::UserSetup))| Seat {
        user: user.clone(),
        password: of.password.clone(),
        domain: plan.setup.realm.clone(),
        address: seat_address(u32::try_from(place).unwrap()),
    };
    plan.seats = plan.setup.users.iter().enumerate().map(seat).collect();
    let seats = plan.seats.clone();
    let world = World::new(&plan);
    let phone = |name: &String| {
        let seat = seats.iter().find(|seat| seat.user == *name).unwrap();
        world.seat(seat.address).unwrap()
    };
    let phones = |names: &[String]| names.iter().map(phone).collect::<Vec<_>>();
    let hostile: Vec<String> = hostile.into_iter().map(|(name, _)| name).collect();
    let [callers, called, listeners] = good.map(|names| phones(&names));
    let cast = Cast { hostile: phones(&hostile), callers, called, listeners };
    cast.called.iter().for_each(|phone| phone.acts(Command::Register));
    world.run_secs(1);
    (world, cast)
}

fn heard(world: &World, phone: &Handset) -> Vec<String> {
    world.look_heard(|heard| {
        let own = heard.iter().filter(|heard| heard.phone == Some(phone.index()));
        own.filter_map(|heard| if let Given::Prompt(name) = &heard.what { Some(name.clone()) } else { None })
            .collect()
    })
}

fn is_over(phone: &Handset) -> bool {
    phone.find(0, |happening| matches!(happening, Happening::Ended { .. }).then_some(())).is_some()
}

fn answered(phone: &Handset) -> bool {
    phone.find(0, |happening| matches!(happening, Happening::Talking { .. }).then_some(())).is_some()
}

/// Nobody in a good call is told anything else than ever.
fn the_good_talk(cast: &Cast, when: &str) {
    for (caller, called) in cast.callers.iter().zip(&cast.called) {
        assert_eq!(caller.hears_now(), [Ear::Person(called.index())], "{} {when}", caller.user());
        assert_eq!(called.hears_now(), [Ear::Person(caller.index())], "{} {when}", called.user());
    }
}

#[test]
fn a_hundred_hostile_scripts_harm_none_of_a_hundred_good_calls() {
    assert_eq!(KINDS.len(), 100);
    let (world, cast) = world();
    // All begin at once: after each hostile call a good one.
    for (n, hostile) in cast.hostile.iter().enumerate() {
        hostile.acts(Command::Call("1".to_owned()));
        match n % 2 {
            0 => cast.callers[n / 2].acts(Command::Call(format!("2{:02}", n / 2))),
            _ => cast.listeners[n / 2].acts(Command::Call("600".to_owned())),
        }
    }
    world.run_ms(200);
    cast.called.iter().for_each(|phone| phone.acts(Command::Answer));
    world.run_ms(800);
    the_good_talk(&cast, "at first");
    assert!(cast.listeners.iter().all(answered));
    cast.listeners.iter().for_each(|phone| phone.acts(Command::Digits("1".to_owned())));
    world.run_secs(10);
    for listener in &cast.listeners {
        assert_eq!(heard(&world, listener), ["welcome", "sales"], "{}", listener.user());
        assert!(is_over(listener), "{}", listener.user());
    }
    // The last hostile ones use up what they may.
    world.run_until(
        |_| (0..100).all(|n| KINDS[n].comes_to == End::ByCaller || is_over(&cast.hostile[n])),
        Duration::from_secs(200),
    );
    the_good_talk(&cast, "in the end");
    let wrong: Vec<String> = (0..100).filter_map(|n| what_is_wrong(&world, n, &cast.hostile[n])).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let waiting = cast.hostile.iter().filter(|phone| !is_over(phone)).count();
    assert_eq!(world.call_count(), PAIRS + waiting);
    for phone in cast.callers.iter().chain(cast.hostile.iter().filter(|phone| !is_over(phone))) {
        phone.acts(Command::Hangup(None));
    }
    world.is_quiet();
    let records = world.records();
    assert_eq!(records.len(), 200, "a record each");
    let errors = records.iter().filter(|record| record.error.is_some());
    assert!(errors.clone().all(|record| record.context != "good"));
}

/// What is not as it should be with the call of a kind.
fn what_is_wrong(world: &World, n: usize, phone: &Handset) -> Option<String> {
    let kind = &KINDS[n];
    let place = format!("{}:{}:", kinds::FILE, n + 1);
    let log = world.log();
    let lines = log.iter().filter(|line| line.event == "script error");
    let said: Vec<&str> = lines
        .flat_map(|line| line.fields.iter().map(|(_, value)| value.as_str()))
        .filter(|text| text.starts_with(&place))
        .collect();
    let wrong = |what: &str| Some(format!("{n}: {what}: {} {}: {said:?}", kind.body, kind.hooks));
    match kind.comes_to {
        End::ByCaller if is_over(phone) => return wrong("is over"),
        End::ByCaller => {}
        End::Error(_) | End::Well if !is_over(phone) => return wrong("is not over"),
        End::Error(words) => {
            if !said.iter().any(|text| text.contains(words)) {
                return wrong("says something else");
            }
            let told =
                answered(phone).then(|| heard(world, phone).contains(&"an-error-has-occurred".to_owned()));
            if kind.hooks.is_empty() && told == Some(false) {
                return wrong("is not told to the caller");
            }
        }
        End::Well => {}
    }
    None
}

/// What is no script at all is refused before any call meets it, with its place.
#[test]
fn a_syntax_error_is_refused_with_its_place() {
    for broken in [
        "let internal = context(\"internal\";",
        "let internal = context(\"internal\");\ninternal.on(\"1\", |ch| { ch.answer() ;",
        "fn (x) { }",
        "let x = \"never ends",
        "let x = `${1",
        "internal.on(\"1\", |ch| { });",
        "let = 5;",
        "if true { } else",
        "}",
        "let x = 0x;",
        "let x = 1 + ;",
        "loop { }",
        "fn f() { f() } f();",
        "let a = []; loop { a.push(1); }",
        "throw 5;",
        "\u{0}",
    ] {
        let found = Dialplan::load(&Bundle::single(broken)).err().unwrap_or_default();
        assert!(!found.is_empty(), "{broken:?} loads");
        assert!(
            found.iter().all(|finding| finding.to_string().contains("main.rhai:")),
            "{broken:?}: {found:?}"
        );
    }
}
