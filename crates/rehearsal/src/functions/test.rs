//! What a test itself does: the clock, who is there, what was left behind.

use super::Registrar;
use super::people::{seconds, text};
use crate::fault::{Fault, fault};
use crate::person::Person;
use crate::scene::Scene;
use cordboard_app::Value;
use cordboard_call::{CallRecord, Disposition};
use cordboard_exchange::{AdminReply, AdminRequest};
use cordboard_phone::Happening;
use core::time::Duration;
use rhai::{Array, Dynamic, EvalAltResult, Map};
use std::rc::Rc;

type Done<T> = Result<T, Box<EvalAltResult>>;

/// The test, as its function is given it.
#[derive(Clone)]
pub(crate) struct Test(pub(crate) Rc<Scene>);

/// Somebody calls: a user, or somebody outside by a trunk or the context of its calls.
fn call(scene: &Rc<Scene>, from: &str, number: &str, options: &Map) -> Result<Person, Fault> {
    if let Some(unknown) = options.keys().find(|key| !["from", "name", "hidden"].contains(&key.as_str())) {
        return Err(fault(format!("`{unknown}` is no option of call")).wants("from, name, hidden"));
    }
    let house = scene.house();
    if house.seat_of(from).is_some() {
        return scene.phone(from).map(|phone| phone.calls(number));
    }
    let Some((_, line)) = house.line(from) else {
        let users = house.seats.iter().map(|seat| seat.user.as_str());
        let contexts = house.lines.iter().flat_map(|(name, line)| [name.as_str(), line.context.as_str()]);
        let known: Vec<&str> = users.chain(contexts).collect();
        return Err(
            fault(format!("there is no user, trunk or context of a trunk \"{from}\"")).like(from, &known)
        );
    };
    let option = |key: &str| options.get(key).map(text).transpose();
    let hidden = options.get("hidden").is_some_and(|hidden| hidden.as_bool() == Ok(true));
    let from = option("from")?.unwrap_or_else(|| "+442079460000".to_owned());
    let name = option("name")?.unwrap_or_default();
    let address = line.address;
    let ip = address.ip().to_string();
    let handset = match hidden {
        // RFC 3323 §4.1.1.3
        true => scene.world().outsider(address, "anonymous", "Anonymous", "anonymous.invalid"),
        false => scene.world().outsider(address, &from, &name, &ip),
    };
    let person = scene.person(&handset, if hidden { "a hidden caller" } else { &from });
    Ok(person.calls(number))
}

/// The records of calls that are over, as their callers see them, once the last that ended has left its own.
fn records(scene: &Scene) -> Vec<CallRecord> {
    scene.world().run_for(Duration::from_millis(100));
    let mut records = scene.world().records();
    records.retain(|record| record.part_of.is_none());
    records
}

fn record_map(record: &CallRecord) -> Map {
    let texts = |text: &str| Dynamic::from(text.to_owned());
    let option = |text: &Option<String>| text.as_deref().map_or(Dynamic::UNIT, texts);
    let disposition = match record.disposition {
        Disposition::Answered => "answered",
        Disposition::Busy => "busy",
        Disposition::NoAnswer => "no-answer",
        Disposition::Failed => "failed",
        Disposition::Cancelled => "cancelled",
    };
    let seconds = |us: u64| Dynamic::from_int(i64::try_from(us / 1_000_000).unwrap_or(i64::MAX));
    let by = record.answered_by.as_ref().map_or(Dynamic::UNIT, |by| texts(&crate::words::destination(by)));
    let tags: Map = record.tags.iter().map(|(key, tag)| (key.as_str().into(), texts(tag))).collect();
    let recordings: Array = record.recordings.iter().map(|recording| texts(&recording.path)).collect();
    Map::from([
        ("disposition".into(), texts(disposition)),
        ("cause".into(), texts(&record.cause.to_string())),
        ("hangup_by".into(), texts(&record.hangup_by)),
        ("caller".into(), texts(&record.caller.number)),
        ("dialed".into(), texts(&record.dialed)),
        ("context".into(), texts(&record.context)),
        ("user".into(), option(&record.user)),
        ("trunk".into(), option(&record.trunk)),
        ("answered_by".into(), by),
        ("duration".into(), seconds(record.ended_us.saturating_sub(record.began_us))),
        (
            "billsec".into(),
            seconds(record.answered_us.map_or(0, |answered| record.ended_us.saturating_sub(answered))),
        ),
        ("tags".into(), tags.into()),
        ("error".into(), option(&record.error)),
        ("recordings".into(), recordings.into()),
    ])
}

/// Whose phones rang: who, when and for how long, in order.
fn rung(scene: &Scene) -> Vec<(String, f64, f64)> {
    let Some(world) = scene.begun() else { return Vec::new() };
    let mut rung: Vec<(cordboard_base::Time, String, f64)> = Vec::new();
    for phone in world.phones() {
        let display = phone.display();
        for (place, (at, happening)) in display.iter().enumerate() {
            let Happening::Incoming { line, .. } = happening else { continue };
            let ends = display.iter().skip(place).find(|(_, later)| match later {
                Happening::Talking { line: of, .. } | Happening::Ended { line: of, .. } => of == line,
                Happening::Registered { .. }
                | Happening::Unregistered
                | Happening::RegistrationFailed { .. }
                | Happening::Incoming { .. }
                | Happening::Ringing { .. }
                | Happening::EarlyMedia { .. }
                | Happening::Held { .. }
                | Happening::Resumed { .. }
                | Happening::Holding { .. }
                | Happening::Connected { .. }
                | Happening::Digit { .. }
                | Happening::TransferProgress { .. }
                | Happening::Text { .. } => false,
            });
            let until = ends.map_or(world.now(), |(at, _)| *at);
            rung.push((*at, phone.user(), until.since(*at).as_secs_f64()));
        }
    }
    rung.sort_by(|one, other| (one.0, &one.1).cmp(&(other.0, &other.1)));
    let since = |at: cordboard_base::Time| at.since(cordboard_base::Time::from_secs(1)).as_secs_f64();
    rung.into_iter().map(|(at, who, secs)| (who, since(at), secs)).collect()
}

/// Rounded to a tenth of a second: the network takes some milliseconds.
fn tenth(s: f64) -> Dynamic {
    Dynamic::from_float((s * 10.0).round() / 10.0)
}

/// How a user's phones are: `idle`, `ringing`, `busy`, `hold`, `offline`.
fn state(scene: &Scene, user: &str) -> Result<String, Fault> {
    let Some(AdminReply::Phones(phones)) = scene.world().ask(AdminRequest::Phones) else {
        return Err(fault("the exchange does not say how its phones are"));
    };
    let found = phones.into_iter().find(|phone| phone.user == user);
    found.map(|phone| phone.state).ok_or_else(|| {
        let house = scene.house();
        let users: Vec<&str> = house.seats.iter().map(|seat| seat.user.as_str()).collect();
        fault(format!("there is no user \"{user}\"")).like(user, &users)
    })
}

/// What a service says, as a script's value.
pub(super) fn dynamic(value: &Value) -> Dynamic {
    match value {
        Value::Unit => Dynamic::UNIT,
        Value::Bool(truth) => Dynamic::from_bool(*truth),
        Value::Int(number) => Dynamic::from_int(*number),
        Value::Float(number) => Dynamic::from_float(*number),
        Value::Text(text) | Value::Untrusted(text) => text.clone().into(),
        Value::Destination(to) => crate::words::destination(to).into(),
        Value::List(list) => list.iter().map(dynamic).collect::<Array>().into(),
        Value::Map(map) => {
            map.iter().map(|(key, of)| (key.as_str().into(), dynamic(of))).collect::<Map>().into()
        }
    }
}

pub(super) fn register(to: &mut Registrar<'_>) {
    to.on("t");
    to.engine.register_type_with_name::<Test>("Test");
    to.add("clock", |t: &mut Test, time: &str| -> Done<()> { Ok(t.0.set_clock(time)?) });
    to.add("clock", |t: &mut Test| -> String { t.0.clock().strftime("%Y-%m-%d %H:%M:%S").to_string() });
    to.add("config", |t: &mut Test, file: &str, settings: Map| -> Done<()> {
        Ok(t.0.configure(file, &settings)?)
    });
    to.add("wait", |t: &mut Test, s: Dynamic| -> Done<()> {
        t.0.world().run_for(seconds(&s)?);
        Ok(())
    });
    to.add("phone", |t: &mut Test, user: Dynamic| -> Done<Person> { Ok(t.0.phone(&text(&user)?)?) });
    to.add("phone", |t: &mut Test, user: Dynamic, number: i64| -> Done<Person> {
        Ok(t.0.further_phone(&text(&user)?, number)?)
    });
    to.add("call", |t: &mut Test, from: Dynamic, number: Dynamic| -> Done<Person> {
        Ok(call(&t.0, &text(&from)?, &text(&number)?, &Map::new())?)
    });
    to.add("call", |t: &mut Test, from: Dynamic, number: Dynamic, options: Map| -> Done<Person> {
        Ok(call(&t.0, &text(&from)?, &text(&number)?, &options)?)
    });
    to.add("offline", |t: &mut Test, user: Dynamic| -> Done<()> {
        t.0.phone(&text(&user)?)?.registers(false)?;
        Ok(())
    });
    to.add("state", |t: &mut Test, user: Dynamic| -> Done<String> { Ok(state(&t.0, &text(&user)?)?) });
    to.add("rung", |t: &mut Test| -> Array {
        rung(&t.0).into_iter().map(|(who, ..)| Dynamic::from(who)).collect()
    });
    to.add("ringing", |t: &mut Test| -> Array {
        let map = |(who, at, secs): (String, f64, f64)| -> Dynamic {
            Map::from([("who".into(), who.into()), ("at".into(), tenth(at)), ("secs".into(), tenth(secs))])
                .into()
        };
        rung(&t.0).into_iter().map(map).collect()
    });
    to.add("record", |t: &mut Test| -> Done<Map> {
        let records = records(&t.0);
        let live = || {
            let calls = t.0.world().live_calls();
            calls
                .iter()
                .map(|call| format!("{} to {} {}", call.caller.number, call.dialed, call.state))
                .collect::<Vec<_>>()
        };
        let last = records
            .last()
            .ok_or_else(|| fault("no call is over, so there is no record").but(live().join(", ")))?;
        Ok(record_map(last))
    });
    to.add("records", |t: &mut Test| -> Array {
        records(&t.0).iter().map(|record| Dynamic::from_map(record_map(record))).collect()
    });
    to.add("expects_script_error", |t: &mut Test| t.0.errs.set(true));
    register_rest(to);
}

fn register_rest(to: &mut Registrar<'_>) {
    to.add("calls", |t: &mut Test| -> i64 { i64::try_from(t.0.world().call_count()).unwrap_or(i64::MAX) });
    to.add("is_quiet", |t: &mut Test| -> Done<()> {
        let world = t.0.world();
        if world.wait_until(Duration::from_secs(40), |world| world.call_count() == 0) {
            return Ok(());
        }
        let calls = world.live_calls();
        let calls: Vec<String> = calls
            .iter()
            .map(|call| format!("{} to {} {}", call.caller.number, call.dialed, call.state))
            .collect();
        Err(fault("calls are left").wants("none").but(calls.join(", ")).into())
    });
    to.add("has_logged", |t: &mut Test, part: &str| -> Done<()> {
        t.0.world().run_for(Duration::from_millis(100));
        let log = t.0.world().log();
        let lines = log.iter().filter(|line| line.event == "script" || line.event == "event");
        let lines: Vec<String> =
            lines.flat_map(|line| line.fields.iter().map(|(_, value)| value.clone())).collect();
        if lines.iter().any(|line| line.contains(part)) {
            return Ok(());
        }
        Err(fault("nothing of this was logged").wants(part).but(lines.join("\n")).into())
    });
    to.on("");
    to.add("assert", |truth: bool| -> Done<()> {
        if truth { Ok(()) } else { Err(fault("this is not so").into()) }
    });
    to.add("assert", |truth: bool, message: &str| -> Done<()> {
        if truth { Ok(()) } else { Err(fault(message).into()) }
    });
    to.add("assert_eq", |actual: Dynamic, expected: Dynamic| -> Done<()> {
        let show = |value: &Dynamic| crate::engine::shown(value);
        if show(&actual) == show(&expected) {
            return Ok(());
        }
        Err(fault("these are not the same").wants(show(&expected)).but(show(&actual)).into())
    });
}
