//! The scripts that the repository ships.

use super::world::*;
use crate::{Bundle, Dialplan, Fibers};
use cordboard_app::*;
use cordboard_media::Playhead;
use std::collections::BTreeMap;

const MAIN: &str = include_str!("../../../../dialplan/main.rhai");
pub(super) const OTHERS: [(&str, &str); 10] = [
    ("office.rhai", include_str!("../../../../dialplan/office.rhai")),
    ("features.rhai", include_str!("../../../../dialplan/features.rhai")),
    ("profiles.rhai", include_str!("../../../../dialplan/profiles.rhai")),
    ("settings.rhai", include_str!("../../../../dialplan/settings.rhai")),
    ("forwarding.rhai", include_str!("../../../../dialplan/forwarding.rhai")),
    ("availability.rhai", include_str!("../../../../dialplan/availability.rhai")),
    ("blocking.rhai", include_str!("../../../../dialplan/blocking.rhai")),
    ("redial.rhai", include_str!("../../../../dialplan/redial.rhai")),
    ("night.rhai", include_str!("../../../../dialplan/night.rhai")),
    ("times.rhai", include_str!("../../../../dialplan/times.rhai")),
];

fn office() -> Dialplan {
    with_profile("\"freepbx\"")
}

/// The sample office.
pub(super) fn shipped() -> Bundle {
    OTHERS.iter().fold(Bundle::single(MAIN), |bundle, (name, text)| bundle.with(name, text))
}

/// The sample office with another profile of feature codes.
pub(super) fn with_profile(profile: &str) -> Dialplan {
    let main = MAIN.replace("features::codes(config::codes())", &format!("features::codes({profile})"));
    let bundle = OTHERS.iter().fold(Bundle::single(&main), |bundle, (name, text)| bundle.with(name, text));
    let applications = cordboard_installed::installed().applications;
    Dialplan::load_in(&bundle, &Fibers::default(), &applications)
        .unwrap_or_else(|findings| panic!("{}", show(&findings)))
}

fn record() -> Reply {
    let record =
        BTreeMap::from([("disposition", Value::Text("answered".into())), ("billsec", Value::Int(3))]);
    Reply::Value(Value::Map(record.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()))
}

fn call(context: &str, number: &str, mut replies: Vec<Reply>) -> Vec<Step> {
    replies.extend([record(), record()]);
    let mut caller = Caller::new(&office(), info(context, number), replies);
    caller.finish();
    assert_eq!(errors(&caller.steps), [] as [String; 0], "{number}");
    caller.steps
}

/// Of a user that has set nothing.
fn unset() -> Reply {
    Reply::Value(Value::Unit)
}

fn finished() -> Reply {
    Reply::Played(PlayResult::Finished, Playhead::default())
}

#[test]
fn a_phone_is_rung_and_a_failure_is_said() {
    let steps = call("internal", "102", vec![unset(), dialed(DialEnd::Answered)]);
    assert_eq!(logged(&steps), ["5550100 to 102: answered, 3 s"]);
    let steps = call("internal", "102", vec![unset(), dialed(DialEnd::Failed), finished()]);
    assert_eq!(heard(&steps), ["cannot-complete-as-dialed"]);
    assert!(steps.contains(&Step::Hangup(Cause::UNALLOCATED)));
    for (end, prompt, cause) in [
        (DialEnd::Busy, "vm-isonphone", Cause::BUSY),
        (DialEnd::NoAnswer, "vm-nobodyavail", Cause::NO_ANSWER),
        (DialEnd::Unavailable, "vm-isunavail", Cause::ABSENT),
    ] {
        let steps = call("internal", "600", [vec![unset(); 6], vec![dialed(end), finished()]].concat());
        assert_eq!(heard(&steps), [prompt]);
        assert!(steps.contains(&Step::Hangup(cause)));
    }
}

/// What a mailbox's program yields.
fn left(key: &str) -> Reply {
    Reply::Value(Value::Map(BTreeMap::from([("key".to_owned(), Value::Text(key.into()))])))
}

#[test]
fn a_phone_that_is_not_answered_has_its_mailbox_take_the_call() {
    for (end, greet) in
        [(DialEnd::Busy, "busy"), (DialEnd::NoAnswer, "unavail"), (DialEnd::Unavailable, "unavail")]
    {
        // A busy one is asked whether the caller was called back because it was free.
        let asked = if end == DialEnd::Busy { vec![unset()] } else { Vec::new() };
        let steps = call("internal", "102", [vec![unset(), dialed(end)], asked, vec![left("")]].concat());
        let run = steps.iter().find(|step| matches!(step, Step::Run { .. }));
        let Some(Step::Run { app, args }) = run else { panic!("{steps:?}") };
        assert_eq!((app.as_str(), args.argument(0).text()), ("voicemail", Some("102")));
        assert_eq!(args.argument(1).entry("greet").text(), Some(greet));
    }
    let steps = call("internal", "*102", vec![left("*"), left("")]);
    let Step::Run { app, .. } = &steps[1] else { panic!("{steps:?}") };
    assert_eq!(app, "voicemail_main");
    for code in ["*97", "*98"] {
        let steps = call("internal", code, vec![left("")]);
        assert!(matches!(&steps[0], Step::Run { app, .. } if app == "voicemail_main"));
    }
}

#[test]
fn the_ring_group_rings_all_other_phones_at_once() {
    let steps = call("internal", "600", [vec![unset(); 6], vec![dialed(DialEnd::Answered)]].concat());
    let dial = steps.iter().find(|step| matches!(step, Step::Dial(_)));
    let Some(Step::Dial(dial)) = dial else { panic!("{steps:?}") };
    assert_eq!((dial.stages.len(), dial.stages[0].len()), (1, 5));
}

#[test]
fn numbers_outside_go_by_the_trunk_within_their_limit() {
    let within = Reply::Value(Value::Bool(true));
    // The number is known already: nobody who calls from there will be asked who it is.
    let known = Reply::Value(Value::Int(1));
    let steps = call("internal", "923456789", vec![within, known, dialed(DialEnd::Answered)]);
    let dial = steps.iter().find(|step| matches!(step, Step::Dial(_)));
    let Some(Step::Dial(dial)) = dial else { panic!("{steps:?}") };
    assert_eq!(dial.stages, [[Destination::Trunk { trunk: "itsp".into(), number: "23456789".into() }]]);
    let steps = call("internal", "923456789", vec![Reply::Value(Value::Bool(false)), finished()]);
    assert_eq!(heard(&steps), ["all-circuits-busy-now"]);
    assert!(steps.contains(&Step::Hangup(Cause::CONGESTION)));
}

#[test]
fn the_test_numbers_do_what_they_say() {
    assert!(matches!(call("internal", "*41", vec![finished()])[1], Step::Tone(_)));
    assert!(
        call("internal", "*43", vec![finished(), finished()]).contains(&Step::Echo { timeout_ms: 60_000 })
    );
    let steps = call("internal", "*60", vec![left("")]);
    assert!(matches!(&steps[0], Step::Run { app, .. } if app == "speaking_clock"), "{steps:?}");
    let steps = call("internal", "*65", vec![finished(), finished()]);
    assert_eq!(
        heard(&steps)[4..],
        ["digits/5", "digits/5", "digits/5", "digits/0", "digits/1", "digits/0", "digits/0"]
    );
}

#[test]
fn the_menu_reads_digits_back() {
    let replies = vec![finished(), digits("2"), digits("47"), finished(), finished()];
    let steps = call("internal", "610", replies);
    assert_eq!(heard(&steps), ["welcome", "demo-menu", "press-1", "you-entered", "digits/4", "digits/7"]);
}

#[test]
fn a_wrong_number_is_refused() {
    let steps = call("internal", "777", vec![finished()]);
    assert_eq!(heard(&steps), ["pbx-invalid"]);
    assert!(steps.contains(&Step::Hangup(Cause::UNALLOCATED)));
}

#[test]
fn calls_from_outside_reach_the_reception_in_opening_hours() {
    let hours = |open| Reply::Value(Value::Map(BTreeMap::from([("open".to_owned(), Value::Bool(open))])));
    let now = || Reply::Value(Value::Int(1_795_439_100_000_000));
    let no_holiday = || Reply::Value(Value::Unit);
    let asked = |open| vec![unset(), now(), no_holiday(), hours(open), unset(), unset()];
    let open = asked(true);
    let group = [vec![unset(); 6], vec![dialed(DialEnd::Answered)]].concat();
    let steps = call("from-itsp", "+49301234", [open, group].concat());
    assert!(steps.iter().any(|step| matches!(step, Step::Dial(_))));
    let steps = call("from-itsp", "49301234", [asked(false), vec![finished()]].concat());
    assert_eq!(heard(&steps), ["office-closed"]);
}

#[test]
fn every_prompt_of_the_scripts_is_in_the_manifest() {
    let manifest = include_str!("../../../../sounds/manifest.toml");
    let mut checked = 0;
    for text in OTHERS.map(|(_, text)| text).into_iter().chain([MAIN]) {
        let played = text.split("play(").skip(1).map(|piece| piece.split(')').next().unwrap());
        let asked = text.split("prompt: ").skip(1).map(|piece| piece.split(',').next().unwrap());
        for arguments in played.chain(asked) {
            for name in arguments.split('"').skip(1).step_by(2) {
                assert!(manifest.contains(&format!("id = \"{name}\"")), "{name}");
                checked += 1;
            }
        }
    }
    assert!(checked > 15, "{checked}");
    for name in cordboard_app::say::grammar("en").prompts() {
        assert!(manifest.contains(&format!("id = \"{name}\"")), "{name}");
    }
}
