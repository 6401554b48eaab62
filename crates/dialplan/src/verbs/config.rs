//! `config::codes()`, `config::parking_lots()`, `config::hours()`, `config::get_through()`: what the configuration says that routes are made of. It is part of the bundle, so
//! these are pure.

use crate::registry::{Kind, Receiver, Run, Verb};
use crate::running::Call;
use rhai::{Array, Dynamic, Map};

const fn of_config(name: &'static str, run: Run) -> Verb {
    Verb { on: Receiver::Module("config"), name, kind: Kind::Pure, params: &[], required: 0, run }
}

pub(super) const VERBS: &[Verb] = &[
    of_config("codes", |call, _| Ok(Dynamic::from_map(codes(call)))),
    of_config("parking_lots", |call, _| Ok(Dynamic::from_array(lots(call)))),
    of_config("hours", |call, _| Ok(Dynamic::from_array(hours(call)))),
    of_config("get_through", |call, _| {
        let who = call.running.configured.get_through.iter();
        Ok(Dynamic::from_array(who.map(|who| who.clone().into()).collect()))
    }),
];

fn codes(call: &Call<'_>) -> Map {
    let configured = &call.running.configured;
    let changed = configured.codes.iter().map(|(name, code)| (name.as_str().into(), code.clone().into()));
    changed.chain([("profile".into(), configured.profile.clone().into())]).collect()
}

fn lots(call: &Call<'_>) -> Array {
    let lots = call.running.configured.lots.iter().map(|lot| {
        let number = |number: u32| Dynamic::from_int(i64::from(number));
        let entries: Map = [
            ("name".into(), lot.name.clone().into()),
            ("first".into(), number(lot.first)),
            ("last".into(), number(lot.last)),
        ]
        .into_iter()
        .collect();
        Dynamic::from_map(entries)
    });
    lots.collect()
}

fn hours(call: &Call<'_>) -> Array {
    let hours = call.running.configured.hours.iter().map(|hours| {
        let number = Dynamic::from_int(i64::from(hours.number));
        let entries: Map =
            [("name".into(), hours.name.clone().into()), ("number".into(), number)].into_iter().collect();
        Dynamic::from_map(entries)
    });
    hours.collect()
}
