//! `restore(snapshot(x))` behaves as `x`, cut at every step.

use super::world::*;
use cordboard_app::*;
use cordboard_base::Time;
use cordboard_media::Playhead;

const PLAN: &str = r#"
    let internal = context("internal");
    internal.on("600", |ch| {
        ch.answer();
        let total = 0;
        for i in 0..400 { total += i; }
        let typed = ch.read(#{ prompt: "a" });
        if typed == "12" { ch.caller.name = `${typed} ${total}`; }
        for i in 0..400 { total += i; }
        let x = db::get("a", typed);
        log::info(`${x} ${ch.caller.name}`);
        let r = ch.dial(user("102"));
        ch.play(r.status);
    });
    internal.on_hangup(|ch| { let x = 0; for i in 0..500 { x += i; } log::info(`${x}`); });
"#;

fn replies() -> Vec<Reply> {
    vec![
        digits("12"),
        Reply::Value(Value::Int(7)),
        dialed(DialEnd::Busy),
        Reply::Played(PlayResult::Finished, Playhead::default()),
    ]
}

/// All steps, yields included, and the replies that led to them.
fn transcript(app: &mut dyn App, caller: &mut Caller, first: Reply) -> Vec<Step> {
    let mut reply = first;
    let mut all = Vec::new();
    loop {
        let step = app.resume(Time::ZERO, reply);
        all.push(step.clone());
        if matches!(step, Step::Done(_) | Step::Enter { .. }) {
            return all;
        }
        if step != Step::Yield {
            caller.steps.push(step.clone());
        }
        reply = if step == Step::Yield { Reply::Ok } else { caller.answer(&step) };
    }
}

#[test]
fn a_restored_script_goes_on_as_the_one_it_was_made_from_at_every_cut() {
    let plan = load(PLAN);
    for hang_up in [None, Some(3), Some(5)] {
        let caller = || {
            let mut caller = Caller::new(&plan, info("internal", "600"), replies());
            caller.hangs_up_at = hang_up;
            caller
        };
        let mut first = caller();
        let mut app = plan.route(&RouteRequest { info: info("internal", "600") }).unwrap();
        let whole = transcript(app.as_mut(), &mut first, Reply::Start);
        assert!(whole.iter().filter(|step| **step == Step::Yield).count() >= 2, "{whole:?}");
        for cut in 0..=whole.len() {
            let mut world = caller();
            let mut app = plan.route(&RouteRequest { info: info("internal", "600") }).unwrap();
            let mut reply = Reply::Start;
            for step in &whole[..cut] {
                assert_eq!(app.resume(Time::ZERO, reply.clone()), *step);
                if matches!(step, Step::Done(_)) {
                    break;
                }
                if *step != Step::Yield {
                    world.steps.push(step.clone());
                }
                reply = if *step == Step::Yield { Reply::Ok } else { world.answer(step) };
            }
            let state = app.snapshot();
            drop(app);
            let text = serde_json::to_string(&state).unwrap();
            let mut restored = plan.restore(&serde_json::from_str(&text).unwrap()).unwrap();
            assert_eq!(restored.snapshot(), state, "a snapshot of the restored one is the same");
            if cut == whole.len() {
                assert_eq!(restored.resume(Time::ZERO, Reply::Ok), Step::Done(Value::Unit));
                continue;
            }
            let rest = transcript(restored.as_mut(), &mut world, reply);
            assert_eq!(rest, whole[cut..], "cut at {cut}");
        }
    }
}

#[test]
fn a_state_of_another_dialplan_or_kind_is_refused() {
    let plan = load(PLAN);
    let app = plan.route(&RouteRequest { info: info("internal", "600") }).unwrap();
    let state = app.snapshot();
    let other = load(&format!("{PLAN} // changed"));
    assert!(matches!(other.restore(&state), Err(RouteError::BadArguments(_))));
    assert!(matches!(plan.restore(&AppState { kind: "x".into(), ..state.clone() }), Err(RouteError::NoApp)));
    assert!(matches!(
        plan.restore(&AppState { data: "{".into(), ..state }),
        Err(RouteError::BadArguments(_))
    ));
}
