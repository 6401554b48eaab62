//! The office around a call: trunks, mailboxes, lamps, queues, the database, web servers, mails.

use super::Registrar;
use super::people::text;
use super::test::{Test, dynamic};
use crate::fault::{Fault, fault};
use crate::person::{PATIENCE, Person};
use crate::scene::Scene;
use cordboard_app::{MailboxCounts, Value};
use cordboard_exchange::{AdminReply, AdminRequest};
use core::net::SocketAddr;
use core::time::Duration;
use rhai::{Array, Dynamic, EvalAltResult, Map};
use std::collections::BTreeMap;
use std::rc::Rc;

type Done<T> = Result<T, Box<EvalAltResult>>;

/// A trunk's longest way from silence to being known as dead: checks are a minute apart, and each is tried for half a minute.
const NOTICED: Duration = Duration::from_secs(300);

/// A trunk with its provider.
#[derive(Clone)]
struct Trunk {
    scene: Rc<Scene>,
    name: String,
    address: SocketAddr,
}

/// A mailbox.
#[derive(Clone)]
struct Mailbox {
    scene: Rc<Scene>,
    number: String,
}

/// A lamp, or how a user is.
#[derive(Clone)]
struct Lamp {
    scene: Rc<Scene>,
    name: String,
}

/// The database of scripts.
#[derive(Clone)]
struct Database(Rc<Scene>);

/// A web server.
#[derive(Clone)]
struct Server {
    scene: Rc<Scene>,
    url: String,
}

fn trunk(scene: &Rc<Scene>, name: &str) -> Result<Trunk, Fault> {
    let house = scene.house();
    let Some((name, line)) = house.line(name) else {
        let known: Vec<&str> = house.lines.keys().map(String::as_str).collect();
        return Err(fault(format!("there is no trunk \"{name}\"")).like(name, &known));
    };
    Ok(Trunk { scene: Rc::clone(scene), name: name.to_owned(), address: line.address })
}

impl Trunk {
    fn state(&self) -> String {
        let Some(AdminReply::Trunks(trunks)) = self.scene.world().ask(AdminRequest::Trunks) else {
            return String::new();
        };
        trunks.into_iter().find(|trunk| trunk.trunk == self.name).map(|trunk| trunk.state).unwrap_or_default()
    }

    /// Its provider is dead or alive, and the exchange has noticed where it checks.
    fn lives(&self, whether: bool) {
        let (what, state) = if whether { ("is back", "idle") } else { ("is down", "offline") };
        self.scene.tells(format!("trunk {} {what}", self.name));
        self.scene.world().gateway_lives(self.address, whether);
        let checks =
            self.scene.house().setup.trunks.get(&self.name).is_some_and(|trunk| trunk.settings.qualify_s > 0);
        if checks {
            self.scene.wait(NOTICED, || self.state() == state);
        }
    }

    /// Whoever was called by it with this number, and rings.
    fn rings(&self, number: Option<&str>) -> Result<Person, Fault> {
        let world = self.scene.world();
        let mut found = None;
        self.scene.wait(PATIENCE, || {
            let called = world.called_at(self.address);
            found = called.into_iter().rev().find(|phone| number.is_none_or(|number| phone.user() == number));
            found.is_some()
        });
        if let Some(phone) = found {
            let person = self.scene.person(&phone, &phone.user());
            person.rings()?;
            return Ok(person);
        }
        let numbers = world.numbers_called_at(self.address);
        let actual = if numbers.is_empty() { "nobody".to_owned() } else { numbers.join(", ") };
        let wanted = number.unwrap_or("somebody");
        Err(fault(format!("nobody is called so by {}", self.name)).wants(wanted).but(actual))
    }
}

impl Mailbox {
    fn counts(&self) -> Result<MailboxCounts, Fault> {
        let world = self.scene.world();
        world.run_for(Duration::from_millis(100));
        let Some(AdminReply::Mailboxes(boxes)) = world.ask(AdminRequest::Mailboxes) else {
            return Err(fault("the exchange does not tell of its mailboxes"));
        };
        boxes.get(&self.number).copied().ok_or_else(|| {
            let known: Vec<&str> = boxes.keys().map(String::as_str).collect();
            fault(format!("there is no mailbox {}", self.number)).like(&self.number, &known)
        })
    }

    fn has(&self, new: i64, old: Option<i64>) -> Result<(), Fault> {
        let counts = self.counts()?;
        let fits = i64::from(counts.new) == new && old.is_none_or(|old| i64::from(counts.old) == old);
        if fits {
            return Ok(());
        }
        let words = |new: i64, old: i64| format!("{new} new and {old} old");
        let wanted = old.map_or_else(|| format!("{new} new"), |old| words(new, old));
        let actual = words(i64::from(counts.new), i64::from(counts.old));
        Err(fault(format!("mailbox {} has other messages", self.number)).wants(wanted).but(actual))
    }
}

impl Lamp {
    /// `on`, `off`, `blinking`: as a script has set it, or as the phones of a user are.
    fn state(&self) -> String {
        let world = self.scene.world();
        world.run_for(Duration::from_millis(100));
        let is_lamp = |(kind, name): &(String, String)| kind.ends_with("lamp") && *name == self.name;
        if world.store(|store| store.rows.keys().any(is_lamp)) {
            let lamp = [("lamp".to_owned(), Value::Text(self.name.clone()))];
            let request = Value::Map(lamp.into_iter().collect());
            let asked = world.ask(AdminRequest::Service { kind: "lamp".to_owned(), request });
            if let Some(AdminReply::Service(Value::Text(state))) = asked {
                return state;
            }
        }
        let Some(AdminReply::Phones(phones)) = world.ask(AdminRequest::Phones) else {
            return "off".to_owned();
        };
        let state = phones.into_iter().find(|phone| phone.user == self.name).map(|phone| phone.state);
        match state.as_deref() {
            Some("busy" | "hold") => "on",
            Some("ringing") => "blinking",
            Some(_) | None => "off",
        }
        .to_owned()
    }
}

/// What a queue is: its members, who waits.
fn queue(scene: &Scene, name: &str) -> Result<Value, Fault> {
    let entry = |key: &str, text: &str| (key.to_owned(), Value::Text(text.to_owned()));
    let request = Value::Map(BTreeMap::from([entry("do", "list"), entry("queue", name)]));
    let kind = "queue".to_owned();
    match scene.world().ask(AdminRequest::Service { kind, request }) {
        Some(AdminReply::Service(value)) if value != Value::Unit => Ok(value),
        Some(_) | None => Err(fault(format!("there is no queue \"{name}\""))),
    }
}

fn value_of(value: &Dynamic) -> Result<Value, Fault> {
    if value.is_unit() {
        return Ok(Value::Unit);
    }
    if let Ok(truth) = value.as_bool() {
        return Ok(Value::Bool(truth));
    }
    if let Ok(number) = value.as_int() {
        return Ok(Value::Int(number));
    }
    if let Ok(number) = value.as_float() {
        return Ok(Value::Float(number));
    }
    if let Some(list) = value.read_lock::<Array>() {
        return list.iter().map(value_of).collect::<Result<_, _>>().map(Value::List);
    }
    if let Some(map) = value.read_lock::<Map>() {
        let pairs = map.iter().map(|(key, of)| Ok((key.to_string(), value_of(of)?)));
        return pairs.collect::<Result<_, Fault>>().map(Value::Map);
    }
    value.clone().into_string().map(Value::Text).map_err(|kind| fault(format!("a {kind} can not be stored")))
}

pub(super) fn register(to: &mut Registrar<'_>) {
    to.on("t");
    to.add("trunk", |t: &mut Test, name: &str| -> Done<Trunk> { Ok(trunk(&t.0, name)?) });
    to.add("mailbox", |t: &mut Test, number: Dynamic| -> Done<Mailbox> {
        Ok(Mailbox { scene: Rc::clone(&t.0), number: text(&number)? })
    });
    to.add("lamp", |t: &mut Test, name: Dynamic| -> Done<Lamp> {
        Ok(Lamp { scene: Rc::clone(&t.0), name: text(&name)? })
    });
    to.add("database", |t: &mut Test| -> Database { Database(Rc::clone(&t.0)) });
    to.add("web", |t: &mut Test, url: &str| -> Server {
        Server { scene: Rc::clone(&t.0), url: url.to_owned() }
    });
    to.add("queue", |t: &mut Test, name: &str| -> Done<Dynamic> { Ok(dynamic(&queue(&t.0, name)?)) });
    to.add("mails", |t: &mut Test| -> Array {
        t.0.world().run_for(Duration::from_millis(100));
        let mails = t.0.world().store(|store| store.mails.clone());
        mails.iter().map(mail).collect()
    });
    trunks(to);
    others(to);
}

fn mail(order: &cordboard_app::MailOrder) -> Dynamic {
    let mut map = Map::from([
        ("mailbox".into(), order.mailbox.clone().into()),
        ("kind".into(), order.kind.clone().into()),
    ]);
    for (key, value) in crate::house::mail_fields(order) {
        let value = match value {
            serde_json::Value::String(text) => text.into(),
            serde_json::Value::Bool(truth) => Dynamic::from_bool(truth),
            serde_json::Value::Number(number) => Dynamic::from_int(number.as_i64().unwrap_or_default()),
            serde_json::Value::Null => Dynamic::UNIT,
            other @ (serde_json::Value::Array(_) | serde_json::Value::Object(_)) => other.to_string().into(),
        };
        map.entry(key.into()).or_insert(value);
    }
    map.into()
}

fn trunks(to: &mut Registrar<'_>) {
    to.on("trunk");
    to.engine.register_type_with_name::<Trunk>("Trunk");
    to.add("down", |trunk: &mut Trunk| trunk.lives(false));
    to.add("up", |trunk: &mut Trunk| trunk.lives(true));
    to.add("refuses", |trunk: &mut Trunk, status: i64| -> Done<()> {
        let status = u16::try_from(status).ok().filter(|status| (300..=699).contains(status));
        let status = status.ok_or_else(|| fault("a SIP status from 300 to 699 refuses"))?;
        trunk.scene.tells(format!("trunk {} refuses calls with {status}", trunk.name));
        trunk.scene.world().gateway_refuses(trunk.address, Some(status));
        Ok(())
    });
    to.add("takes_calls", |trunk: &mut Trunk| trunk.scene.world().gateway_refuses(trunk.address, None));
    to.add("rings", |trunk: &mut Trunk, number: Dynamic| -> Done<Person> {
        Ok(trunk.rings(Some(&text(&number)?))?)
    });
    to.add("rings", |trunk: &mut Trunk| -> Done<Person> { Ok(trunk.rings(None)?) });
    to.add("called", |trunk: &mut Trunk| -> Array {
        trunk.scene.world().run_for(Duration::from_millis(100));
        let numbers = trunk.scene.world().numbers_called_at(trunk.address);
        numbers.into_iter().map(Dynamic::from).collect()
    });
    to.add("state", |trunk: &mut Trunk| -> String { trunk.state() });
}

fn others(to: &mut Registrar<'_>) {
    to.on("mailbox");
    to.engine.register_type_with_name::<Mailbox>("Mailbox");
    to.add("has", |mailbox: &mut Mailbox, new: i64| -> Done<()> { Ok(mailbox.has(new, None)?) });
    to.add("has", |mailbox: &mut Mailbox, new: i64, old: i64| -> Done<()> {
        Ok(mailbox.has(new, Some(old))?)
    });
    to.add("pin", |mailbox: &mut Mailbox| -> Done<String> {
        let pin = mailbox.scene.house().pins.get(&mailbox.number).cloned();
        Ok(pin.ok_or_else(|| fault(format!("there is no mailbox {}", mailbox.number)))?)
    });
    to.on("lamp");
    to.engine.register_type_with_name::<Lamp>("Lamp");
    to.add("is", |lamp: &mut Lamp, wanted: &str| -> Done<()> {
        let state = lamp.state();
        if state == wanted {
            return Ok(());
        }
        Err(fault(format!("the lamp {} is otherwise", lamp.name)).wants(wanted).but(state).into())
    });
    to.on("database");
    to.engine.register_type_with_name::<Database>("Database");
    to.add("set", |db: &mut Database, family: &str, key: Dynamic, value: Dynamic| -> Done<()> {
        let (key, value) = ((family.to_owned(), text(&key)?), value_of(&value)?);
        db.0.world().store(|store| store.values.insert(key, value));
        Ok(())
    });
    to.add("get", |db: &mut Database, family: &str, key: Dynamic| -> Done<Dynamic> {
        let key = (family.to_owned(), text(&key)?);
        db.0.world().run_for(Duration::from_millis(100));
        Ok(db.0.world().store(|store| store.values.get(&key).map_or(Dynamic::UNIT, dynamic)))
    });
    to.add("fails", |db: &mut Database| {
        db.0.tells("the database fails".to_owned());
        db.0.world().store(|store| {
            store.fails = Some("the disk is full".to_owned());
            store.broken = true;
        });
    });
    to.add("works", |db: &mut Database| {
        db.0.world().store(|store| {
            store.fails = None;
            store.broken = false;
        });
    });
    to.on("web");
    to.engine.register_type_with_name::<Server>("Server");
    to.add("answers", |server: &mut Server, status: i64, body: &str| -> Done<()> {
        let status = u16::try_from(status).map_err(|_| fault("there is no such status"))?;
        let answer = (Duration::from_millis(50), status, body.to_owned());
        server.scene.world().web(|web| web.servers.insert(server.url.clone(), answer));
        Ok(())
    });
    to.add("fails", |server: &mut Server| {
        server.scene.world().web(|web| web.servers.remove(&server.url));
    });
    to.add("is_slow", |server: &mut Server| {
        let answer = (Duration::from_secs(86_400), 200, String::new());
        server.scene.world().web(|web| web.servers.insert(server.url.clone(), answer));
    });
    to.add("asked", |server: &mut Server| -> i64 {
        let of = |url: &str| url.starts_with(&server.url);
        let count = server.scene.world().web(|web| web.requests.iter().filter(|it| of(&it.url)).count());
        i64::try_from(count).unwrap_or(i64::MAX)
    });
}
