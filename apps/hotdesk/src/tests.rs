use crate::talk::{Answer, Opened, Proof, Request};
use crate::{Desks, Login, Office, Settings};
use cordboard_app::{
    App, Application, AskId, Asker, CallInfo, Change, DigitsEnd, Hosted, Identity, Reply, ServiceInput,
    ServiceOutput, Step, Value,
};
use cordboard_base::{CallId, Time};

/// 2026-11-23 09:00:00 UTC.
const START_S: i64 = 1_795_424_400;

/// The service with a disk, that can fail, and a clock.
struct Place {
    desks: Desks,
    now: Time,
    asked: u64,
    fails: bool,
}

impl Place {
    fn new(settings: Settings) -> Self {
        let mut place = Self { desks: Desks::default(), now: Time::ZERO, asked: 0, fails: false };
        let office = Office { settings, time_zone: "Europe/Berlin".to_owned() };
        place.input(ServiceInput::Configured { settings: serde_json::to_string(&office).unwrap() });
        place
    }

    /// Hands it an input, and everything that it writes to the disk. What else it yields.
    fn input(&mut self, input: ServiceInput) -> Vec<ServiceOutput> {
        let unix_us = START_S * 1_000_000 + i64::try_from(self.now.as_micros()).unwrap();
        let mut restored = Desks::default();
        assert!(restored.restore(&self.desks.snapshot()));
        self.desks = restored;
        self.desks.handle(self.now, unix_us, input);
        let mut others = Vec::new();
        while let Some(output) = self.desks.poll() {
            if let ServiceOutput::Commit { number, .. } = output {
                let failed = self.fails.then(|| "disk full".to_owned());
                self.desks.handle(self.now, unix_us, ServiceInput::Written { number, failed });
            } else if !matches!(output, ServiceOutput::Log { .. }) {
                others.push(output);
            }
        }
        others
    }

    fn asks(&mut self, request: &Request) -> (Answer, Vec<(String, Option<String>)>) {
        self.asked += 1;
        let caller = Identity::default();
        let asker = Asker { call: CallId(1), caller, user: None, lang: "en".to_owned() };
        let ask = AskId(self.asked);
        let outputs = self.input(ServiceInput::Asked { ask, asker, request: Value::of(request) });
        let answer = outputs.iter().find_map(|output| {
            let ServiceOutput::Answer { value: Ok(value), .. } = output else { return None };
            value.to()
        });
        (answer.unwrap(), desks(&outputs))
    }

    fn sits(&mut self, user: &str, phone: &str) -> (Answer, Vec<(String, Option<String>)>) {
        self.asks(&Request::Sit { phone: phone.to_owned(), user: user.to_owned() })
    }
}

fn desks(outputs: &[ServiceOutput]) -> Vec<(String, Option<String>)> {
    let desk = |output: &ServiceOutput| {
        let ServiceOutput::Desk { phone, guest } = output else { return None };
        Some((phone.clone(), guest.clone().map(|guest| guest.user)))
    };
    outputs.iter().filter_map(desk).collect()
}

fn at(phone: &str, user: &str) -> (String, Option<String>) {
    (phone.to_owned(), Some(user.to_owned()).filter(|user| !user.is_empty()))
}

#[test]
fn who_logs_in_elsewhere_leaves_the_first_phone() {
    let mut place = Place::new(Settings::default());
    assert_eq!(place.sits("102", "106"), (Answer::Done { moved: false }, vec![at("106", "102")]));
    assert_eq!(
        place.sits("102", "105"),
        (Answer::Done { moved: true }, vec![at("105", "102"), at("106", "")])
    );
    assert_eq!(place.sits("103", "105").1, vec![at("105", "103")], "the last one has the phone");
    let leave = Request::Leave { phone: "105".to_owned() };
    assert_eq!(place.asks(&leave), (Answer::Done { moved: false }, vec![at("105", "")]));
    assert_eq!(place.asks(&leave), (Answer::Done { moved: false }, vec![]));
}

#[test]
fn a_login_at_the_own_phone_is_a_logout_everywhere() {
    let mut place = Place::new(Settings::default());
    place.sits("102", "106");
    place.sits("103", "102");
    let (answer, desks) = place.sits("102", "102");
    assert_eq!((answer, desks), (Answer::Done { moved: true }, vec![at("102", ""), at("106", "")]));
}

#[test]
fn what_is_not_on_the_disk_has_not_happened() {
    let mut place = Place::new(Settings::default());
    place.fails = true;
    assert_eq!(place.sits("102", "106"), (Answer::Failed, vec![]));
}

#[test]
fn nobody_logs_in_at_a_phone_that_is_not_for_it() {
    let mut place = Place::new(Settings { phones: vec!["106".to_owned()], ..Settings::default() });
    assert_eq!(place.sits("102", "105").0, Answer::Refused);
    assert_eq!(place.sits("102", "106").0, Answer::Done { moved: false });
}

#[test]
fn a_login_is_over_at_the_time_of_the_offices_walls_and_a_kept_one_too() {
    let settings = Settings { logout_at: "18:00".to_owned(), ..Settings::default() };
    let mut place = Place::new(settings);
    place.sits("102", "106");
    // Berlin is an hour ahead: 09:00 UTC is 10:00 there.
    let eight_hours = Time::ZERO + core::time::Duration::from_secs(8 * 3_600);
    assert_eq!(place.desks.next_deadline(), Some(eight_hours));
    place.now = eight_hours;
    assert_eq!(desks(&place.input(ServiceInput::Tick)), vec![at("106", "")]);
    assert_eq!(place.desks.next_deadline(), None);
    let row = format!("{{\"user\":\"102\",\"since_unix_s\":{}}}", START_S - 86_400);
    let kept = place.input(ServiceInput::Kept { key: "106".to_owned(), row });
    assert_eq!(desks(&kept), vec![at("106", "102")]);
    assert_eq!(place.desks.next_deadline(), Some(place.now), "it was to be over yesterday");
    assert_eq!(desks(&place.input(ServiceInput::Tick)), vec![at("106", "")]);
}

#[test]
fn rows_are_of_the_phone() {
    let mut desks = Desks::default();
    let asker = Asker { call: CallId(1), caller: Identity::default(), user: None, lang: String::new() };
    let request = Value::of(&Request::Sit { phone: "106".to_owned(), user: "102".to_owned() });
    desks.handle(Time::ZERO, 0, ServiceInput::Asked { ask: AskId(1), asker, request });
    let Some(ServiceOutput::Commit { changes, .. }) = desks.poll() else { panic!("nothing is written") };
    assert!(matches!(changes.as_slice(), [Change::Keep { key, .. }] if key == "106"), "{changes:?}");
}

#[test]
fn times_of_day_are_read_strictly() {
    let of = |text: &str| serde_json::from_str::<Settings>(&format!("{{\"logout_at\":\"{text}\"}}")).is_ok();
    for (text, right) in [
        ("", true),
        ("00:00", true),
        ("23:59", true),
        ("24:00", false),
        ("9:00", false),
        ("+9:00", false),
        ("x", false),
        ("12:60", false),
    ] {
        assert_eq!(of(text), right, "{text}");
    }
}

fn login(phone: Option<&str>, number: &str) -> Box<dyn App> {
    let info = CallInfo { phone: phone.map(str::to_owned), ..CallInfo::default() };
    Login.start(&info, &Value::List(vec![Value::Untrusted(number.to_owned())])).unwrap()
}

fn typed(digits: &str) -> Reply {
    Reply::Digits { digits: digits.to_owned(), end: DigitsEnd::Ended('#') }
}

fn proof(proof: &Proof) -> Reply {
    Reply::Value(Value::of(proof))
}

fn opened(owners: &[&str], fresh: bool) -> Reply {
    let owners = owners.iter().map(|owner| (*owner).to_owned()).collect();
    proof(&Proof::Opened(Opened { owners, fresh }))
}

#[test]
fn only_the_owner_of_the_box_sits_down_and_nobody_with_a_pin_that_was_never_chosen() {
    for (reply, sits) in [
        (opened(&["102"], false), true),
        (opened(&["101", "102"], false), true),
        (opened(&["102"], true), false),
        (opened(&[], false), false),
        (opened(&["101", "103"], false), false),
        (proof(&Proof::Locked), false),
        (Reply::Failed("no such service".to_owned()), false),
    ] {
        let mut app = login(Some("106"), "102");
        assert!(matches!(app.resume(Time::ZERO, Reply::Start), Step::Read(_)));
        assert!(matches!(app.resume(Time::ZERO, typed("4102")), Step::Ask(_)));
        let step = app.resume(Time::ZERO, reply);
        assert_eq!(matches!(step, Step::Ask(_)), sits, "{step:?}");
    }
}

#[test]
fn three_wrong_pins_are_enough_and_a_phone_that_is_none_of_ours_is_not_asked() {
    let mut app = login(Some("106"), "");
    app.resume(Time::ZERO, Reply::Start);
    assert!(matches!(app.resume(Time::ZERO, typed("102")), Step::Read(_)));
    for _ in 0..2 {
        app.resume(Time::ZERO, typed("1"));
        assert!(matches!(app.resume(Time::ZERO, proof(&Proof::Wrong)), Step::Read(_)));
    }
    app.resume(Time::ZERO, typed("1"));
    assert!(matches!(app.resume(Time::ZERO, proof(&Proof::Wrong)), Step::Play(_)));
    assert!(matches!(login(None, "102").resume(Time::ZERO, Reply::Start), Step::Play(_)));
}
