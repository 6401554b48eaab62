//! One call through everything: a route that dials, plays and reads.

use super::world::*;
use crate::Bundle;
use cordboard_app::*;

#[test]
fn a_route_dials_plays_and_reads_and_the_call_ends() {
    let plan = load_bundle(
        &Bundle::single(
            r#"
            import "office" as office;
            let internal = context("internal");
            internal.on("_10X", |ch| office::ring(ch, ch.dialed));
            internal.on("610", |ch| {
                let typed = ch.read(#{ prompt: "enter", max: 4 });
                if typed == "42" { ch.play(["a", "b"]); }
            });
            "#,
        )
        .with(
            "office.rhai",
            r#"
            const PATIENCE = 25;
            fn ring(ch, who) {
                let r = ch.dial(user(who), #{ timeout: global::PATIENCE });
                if r.status == "busy" { polite(ch); }
            }
            fn polite(ch) { ch.play("busy"); ch.hangup("busy"); }
            "#,
        ),
    );
    let steps = Caller::run(&plan, "102", vec![dialed(DialEnd::Busy)]);
    let Step::Dial(dial) = &steps[0] else { panic!("{steps:?}") };
    assert_eq!((&dial.stages, &dial.timeout_ms), (&vec![vec![user("102")]], &vec![25_000]));
    assert_eq!(heard(&steps), ["busy"]);
    assert_eq!(steps[2..], [Step::Hangup(Cause::BUSY), Step::Done(Value::Unit)]);

    let steps = Caller::run(&plan, "610", vec![digits("42")]);
    assert_eq!(heard(&steps), ["enter", "a", "b"]);
    assert_eq!(steps[2..], [Step::Hangup(Cause::NORMAL), Step::Done(Value::Unit)]);
}
