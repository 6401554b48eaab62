//! Calls that the office makes of itself: a service asks for one, and hears how it went.

use cordboard_app::{
    App, AppState, Application, Applications, AskId, CallInfo, Destination, DialOptions, Hosted, Identity,
    Installed, Level, Manual, OnBehalfOf, Originate, Query, Reply, RouteError, ServiceInput, ServiceOutput,
    Step, Then, Value,
};
use cordboard_base::Time;
use cordboard_sim::{Handset, Plan, World};
use std::collections::VecDeque;
use std::rc::Rc;

/// Asks the service to ring 102 and to send it to 600.
struct RingBack;

static MANUAL: Manual = Manual {
    verb: "ring_back",
    summary: "has 102 called",
    params: &[],
    required: 0,
    outcome: "nothing",
    menus: &[],
    example: "ch.ring_back()",
};

impl Application for RingBack {
    fn manual(&self) -> &'static Manual {
        &MANUAL
    }

    fn start(&self, _info: &CallInfo, _arguments: &Value) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(Asking))
    }

    fn restore(&self, _state: &AppState) -> Result<Box<dyn App>, RouteError> {
        Ok(Box::new(Asking))
    }
}

struct Asking;

impl App for Asking {
    fn resume(&mut self, _now: Time, reply: Reply) -> Step {
        match reply {
            Reply::Start => Step::Ask(Query::Service { kind: "bell".to_owned(), request: Value::Unit }),
            _ => Step::Done(Value::Unit),
        }
    }

    fn snapshot(&self) -> AppState {
        AppState { kind: "ring_back".to_owned(), version: 1, data: String::new() }
    }
}

#[derive(Default)]
struct Bell(VecDeque<ServiceOutput>);

impl Hosted for Bell {
    fn kind(&self) -> &'static str {
        "bell"
    }

    fn handle(&mut self, _now: Time, _unix_us: i64, input: ServiceInput) {
        match input {
            ServiceInput::Asked { ask: AskId(ask), .. } => {
                self.0.push_back(ServiceOutput::Answer { ask: AskId(ask), value: Ok(Value::Unit) });
                let stages = vec![vec![Destination::User("102".to_owned())]];
                let caller = Some(Identity { number: "555".to_owned(), name: "Bell".to_owned() });
                let dial = DialOptions { stages, timeout_ms: vec![10_000], caller, ..DialOptions::default() };
                let on_behalf_of = OnBehalfOf { user: Some("101".to_owned()), ..OnBehalfOf::default() };
                let then = Then::Enter { number: "600".to_owned() };
                let originate = Box::new(Originate { dial, on_behalf_of, then });
                self.0.push_back(ServiceOutput::Originate { number: 7, originate });
            }
            ServiceInput::Originated { number, failed, .. } => {
                let text =
                    format!("{number} {}", failed.map_or("answered".to_owned(), |cause| cause.to_string()));
                self.0.push_back(ServiceOutput::Log { level: Level::Info, text });
            }
            _ => {}
        }
    }

    fn poll(&mut self) -> Option<ServiceOutput> {
        self.0.pop_front()
    }

    fn next_deadline(&self) -> Option<Time> {
        None
    }

    fn snapshot(&self) -> String {
        String::new()
    }

    fn restore(&mut self, _state: &str) -> bool {
        true
    }
}

fn bell() -> Installed {
    Installed {
        applications: Applications::new(vec![Rc::new(RingBack)]),
        services: vec![Box::new(Bell::default())],
    }
}

fn office(calls_max: u32) -> (World, Handset) {
    let plan = Plan::new(
        r#"
let internal = context("internal");
internal.on("5", |ch| ch.ring_back());
internal.on("600", |ch| { ch.play("hello"); ch.dial(user("103"), #{ timeout: 20 }); });
"#,
    );
    let world = World::new(&plan.installed(bell).with(|setup| setup.limits.calls = calls_max));
    let anna = world.registered("101");
    (world, anna)
}

#[test]
fn who_is_called_hears_the_program_and_is_led_on_by_it() {
    let (world, anna) = office(100);
    let (ben, clara) = (world.registered("102"), world.registered("103"));
    anna.calls("5");
    anna.is_over();
    assert_eq!(ben.rings(), ("555".to_owned(), "Bell".to_owned()));
    ben.answers();
    ben.hears_prompt("hello");
    assert!(world.has_logged("service", "7 answered"));
    assert_eq!(clara.rings().0, "102", "it is he who calls now");
    clara.answers();
    ben.talks_with(&clara);
    ben.hangs_up();
    clara.is_over();
    world.is_quiet();
    let records = world.records();
    let made = records.iter().find(|record| record.dialed == "600").unwrap();
    assert_eq!((made.caller.number.as_str(), made.user.as_deref()), ("101", Some("101")));
}

#[test]
fn nobody_answers_and_the_service_hears_why() {
    let (world, anna) = office(100);
    let ben = world.registered("102");
    anna.calls("5");
    ben.rings();
    ben.is_over();
    world.is_quiet();
    assert!(world.has_logged("service", "7 no-answer"), "{:?}", world.log());
    assert_eq!(world.records().len(), 2);
}

#[test]
fn it_is_admitted_as_any_call_is() {
    let (world, anna) = office(1);
    let ben = world.registered("102");
    anna.calls("5");
    anna.is_over();
    world.is_quiet();
    assert!(world.has_logged("service", "7 congestion"), "{:?}", world.log());
    assert!(ben.unseen().is_empty());
}
