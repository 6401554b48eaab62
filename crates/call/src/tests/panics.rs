//! A panic ends its own call, with a record.

use super::bench::{Bench, extensions};
use cordboard_app::{Query, Step};
use cordboard_media::Source;
use cordboard_sip::session::LegCommand;
use std::rc::Rc;

#[test]
fn a_panic_ends_its_call_with_a_record_and_spares_the_others() {
    let mut routes = extensions();
    routes.push(("666", vec![Step::Answer, Step::Ask(Query::Header("panic!".into()))]));
    let mut bench = Bench::new(&routes);
    let (caller, callee) = bench.talk("101", "102");
    let broken = bench.call("103", "666", &["PCMA"]);
    assert!(matches!(bench.last_told(broken), Some(LegCommand::End { .. })));
    assert_eq!(bench.record().error.as_deref(), Some("internal error"));
    assert_eq!(bench.calls.counts().panicked, 1);
    assert_eq!(bench.hears(caller), Source::Leg(callee));
    bench.hangs_up(caller);
    assert_eq!(bench.records.len(), 2);
    assert!(bench.calls.is_empty());
}

#[test]
fn a_call_whose_dialplan_is_gone_after_a_restart_ends_with_a_record() {
    let mut bench = Bench::new(&extensions());
    let (caller, callee) = bench.talk("101", "102");
    let state = bench.calls.snapshot();
    let programs: Rc<dyn cordboard_app::Programs> = Rc::new(bench.plan.clone());
    bench.calls = crate::Calls::restore(state, programs, &|_| None, bench.now);
    bench.waits(100_000);
    for leg in [caller, callee] {
        assert!(bench.told(leg).iter().any(|command| matches!(command, LegCommand::End { .. })), "{leg}");
    }
    assert_eq!(bench.record().hangup_by, "system");
    assert!(bench.calls.is_empty());
}
