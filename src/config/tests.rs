use super::*;
use cordboard_base::{Anchor, Interface, SourceKey};
use std::os::unix::fs::PermissionsExt;

const FILES: [(&str, &str); 10] = [
    ("cordboard.toml", include_str!("../../etc/cordboard.toml")),
    ("users.toml", include_str!("../../etc/users.toml")),
    ("trunks.toml", include_str!("../../etc/trunks.toml")),
    ("hours.toml", include_str!("../../etc/hours.toml")),
    ("music.toml", include_str!("../../etc/music.toml")),
    ("voicemail.toml", include_str!("../../etc/voicemail.toml")),
    ("dictation.toml", include_str!("../../etc/dictation.toml")),
    ("queues.toml", include_str!("../../etc/queues.toml")),
    ("emergency.toml", include_str!("../../etc/emergency.toml")),
    ("holidays.ics", include_str!("../../etc/holidays.ics")),
];

/// An office of its own, with the shipped files; `name` is the test's.
struct Place(PathBuf);

impl Place {
    fn new(name: &str) -> Self {
        let base = std::env::temp_dir().join(format!("cordboard-config-{}-{name}", std::process::id()));
        let _absent = fs::remove_dir_all(&base);
        fs::create_dir_all(base.join("etc")).unwrap();
        let place = Self(base);
        for (file, text) in FILES {
            place.put(file, text);
        }
        place
    }

    fn etc(&self) -> PathBuf {
        self.0.join("etc")
    }

    fn put(&self, file: &str, text: &str) {
        fs::write(self.etc().join(file), text).unwrap();
    }

    /// What is said when one file has this text.
    fn complaint(&self, file: &str, text: &str) -> String {
        self.put(file, text);
        let said = Config::check(&self.etc()).unwrap_err().to_string();
        self.put(file, FILES.iter().find(|(name, _)| *name == file).unwrap().1);
        said.replace(&format!("{}/", self.etc().display()), "etc/")
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _removed = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn the_shipped_files_are_the_sample_office() {
    let place = Place::new("shipped");
    let config = Config::load(&place.etc()).unwrap();
    let users: Vec<&str> = config.users.user.keys().map(Name::as_str).collect();
    assert_eq!(users, ["101", "102", "103", "104", "105", "106"]);
    assert_eq!(config.office, OfficeFile::default(), "the file shows the defaults, and nothing else");
    assert!(config.hours.hours.contains_key(&Name::try_from("office".to_owned()).unwrap()));
}

#[test]
fn the_commented_trunk_is_right_once_it_is_uncommented() {
    let place = Place::new("trunk");
    let sample: String = FILES[2].1.split_once("# [trunk.itsp]").unwrap().1.replace("\n# ", "\n");
    place.put("trunks.toml", &format!("[trunk.itsp]{sample}"));
    let config = Config::check(&place.etc()).unwrap();
    let setup = config.setup(facts());
    let trunk = &setup.trunks["itsp"];
    assert_eq!(
        (trunk.context.as_str(), trunk.settings.channels, trunk.settings.outgoing.len()),
        ("from-itsp", 4, 2)
    );
    assert_eq!(trunk.settings.credentials.as_ref().unwrap().username, "4420794600");
    assert!(!format!("{config:?}").contains("as the provider says"));
}

/// The keys of a value, with those of what it holds.
fn keys(value: &serde_json::Value, found: &mut Vec<String>) {
    if let serde_json::Value::Object(map) = value {
        for (key, value) in map {
            found.push(key.clone());
            keys(value, found);
        }
    }
}

#[test]
fn scripts_are_told_the_codes_and_parking_places_that_the_files_have() {
    use cordboard_dialplan::Configured;
    let told = |features: &str, parking: &str| {
        let mut config = Config::check(&Path::new(env!("CARGO_MANIFEST_DIR")).join("etc")).unwrap();
        config.office.features = toml::from_str(features).unwrap();
        config.services.parking = toml::from_str(parking).unwrap();
        config.hours.hours.clear();
        config.configured()
    };
    assert_eq!(told("", ""), Configured::default(), "files without these lines say nothing else");
    let own = told(
        "profile = \"yeastar\"\nget_through = [\"105\"]\n[codes]\nclock = \"*61\"",
        "[lot.far]\nfirst = 8001\nlast = 8010",
    );
    assert_eq!(own.text(), "profile yeastar\ncode clock \"*61\"\nlot far 8001 to 8010\ngets through 105\n");
}

#[test]
fn every_key_is_documented_in_its_file() {
    let json = |value: serde_json::Result<serde_json::Value>| {
        let mut found = Vec::new();
        keys(&value.unwrap(), &mut found);
        assert!(found.len() > 1);
        found
    };
    let documented = |key: &str, text: &str| {
        text.lines().any(|line| {
            let line = line.trim_start_matches(['#', ' ']);
            let names = line.split(['=', ']']).next().unwrap_or_default();
            names.split([',', ' ', '[', '.']).any(|word| word == key)
        })
    };
    // Those that have a section of their own are documented there.
    let mut queue = json(serde_json::to_value(cordboard_queue::QueueSettings::default()));
    queue.retain(|key| !["member", "penalty_rule", "callback"].contains(&key.as_str()));
    let all = [
        ("cordboard.toml", json(serde_json::to_value(OfficeFile::default()))),
        ("users.toml", json(serde_json::to_value(User::default()))),
        ("trunks.toml", json(serde_json::to_value(Trunk::default()))),
        ("hours.toml", json(serde_json::to_value(OpeningHours::default()))),
        ("music.toml", json(serde_json::to_value(Class::default()))),
        ("emergency.toml", json(serde_json::to_value(EmergencyFile::default()))),
        ("queues.toml", queue),
        ("queues.toml", json(serde_json::to_value(cordboard_queue::CallbackSettings::default()))),
        ("queues.toml", json(serde_json::to_value(cordboard_queue::Settings::default().statistics))),
    ];
    for (file, keys) in all {
        let text = FILES.iter().find(|(name, _)| *name == file).unwrap().1;
        for key in keys {
            assert!(documented(&key, text), "{file} does not document `{key}`");
        }
    }
}

#[test]
fn an_unknown_key_is_shown_with_a_caret_and_the_nearest_right_one() {
    let place = Place::new("unknown");
    let said = place.complaint("cordboard.toml", "[sip]\ndscp = 24\n  udpp = []\n");
    let expected = "etc/cordboard.toml:3:3: unknown field `udpp`, expected one of `udp`, `tcp`, `tls`, `dscp`, `user_agent`\n   |\n 3 |   udpp = []\n   |   ^^^^ did you mean `udp`?";
    assert_eq!(said, expected);
    for (file, text, word) in [
        ("cordboard.toml", "[sipp]\n", "sip"),
        ("users.toml", "[user.101]\nnmae = \"x\"\n", "name"),
        ("users.toml", "[users.101]\n", "user"),
        ("trunks.toml", "[trunk.a]\nregistre = true\n", "register"),
        ("hours.toml", "[hours.office]\nopened = []\n", "open"),
        ("music.toml", "[class.x]\nordr = \"name\"\n", "order"),
        ("music.toml", "[class.x]\norder = \"randon\"\n", "random"),
        ("voicemail.toml", "revew = true\n", "review"),
        ("voicemail.toml", "[box.101]\nemial = []\n", "email"),
        ("queues.toml", "[queue.x]\nstratgy = \"random\"\n", "strategy"),
        ("users.toml", "[user.101]\nalgorithms = [\"MD4\"]\n", "MD5"),
        ("users.toml", "[user.101]\ncodecs = [\"PCMB\"]\n", "PCMA"),
        ("users.toml", "[user.101]\ncodecs = [\"opsu\"]\n", "opus"),
        ("cordboard.toml", "[office]\ncodecs = [\"speex/1600\"]\n", "speex/16000"),
        ("trunks.toml", "[trunk.a]\nfallback = \"bb\"\n[trunk.bbb]\n", "bbb"),
    ] {
        let said = place.complaint(file, text);
        assert!(said.contains(&format!("did you mean `{word}`?")) && said.contains('^'), "{said}");
    }
}

#[test]
fn a_mistyped_value_is_shown_where_it_is() {
    let place = Place::new("mistyped");
    for (file, text, line, what) in [
        ("cordboard.toml", "[sip]\ndscp = 64\n", 2, "must be 0 to 63"),
        ("cordboard.toml", "[sip]\ndscp = \"high\"\n", 2, "invalid type"),
        ("cordboard.toml", "[sip]\nudp = [\"0.0.0.0\"]\n", 2, "socket address"),
        ("cordboard.toml", "[network]\nlocal = [\"10.0.0.0/8\", \"10.0.0.0/40\"]\n", 2, "192.168.1.0/24"),
        ("cordboard.toml", "[office]\nlang = en\n", 2, ""),
        ("hours.toml", "[hours.x]\nopen = [\"mon-fri 9-17\"]\n", 2, "mon-fri 09:00-17:30"),
        ("hours.toml", "\n[holidays]\n\"25.12.2026\" = \"x\"\n", 3, "2026-12-25"),
        ("music.toml", "[class.x]\nfiles = 3\n", 2, "a path or a list"),
        ("music.toml", "[class.x]\nsource = \"ftp://x\"\n", 2, "http://radio"),
        ("music.toml", "[class.x]\nvolume_db = 21\n", 2, "must be -40 to 20"),
        ("voicemail.toml", "[box.101]\npin = \"12a4\"\n", 2, "1 to 32 digits"),
        ("voicemail.toml", "[box.101]\nemail = [\"ann\"]\n", 2, "ann@example.com"),
        ("voicemail.toml", "max_s = 0\n", 1, "must be 1 to 3600"),
        ("voicemail.toml", "review = 1\n", 1, "boolean"),
        ("voicemail.toml", "[box.101]\ntime_zone = \"Tokyo\"\n", 2, "Asia/Tokyo"),
        ("voicemail.toml", "[box.101.mail]\ngain_db = 30\n", 2, "must be -24 to 24"),
        ("voicemail.toml", "[box.101.mail]\nfrom = \"ann\"\n", 2, "pbx@example.com"),
        ("voicemail.toml", "outside_prefix = \"9a\"\n", 1, "0-9 * # +"),
        ("dictation.toml", "email = [\"ann\"]\n", 1, "ann@example.com"),
        ("dictation.toml", "max_s = 0\n", 1, "must be 1 to 14400"),
        ("users.toml", "[user.101]\nmwi = \"sometimes\"\n", 2, "unsolicited"),
        ("queues.toml", "[queue.x]\nring_s = 0\n", 2, "not within 1 and 180"),
        ("queues.toml", "[queue.x]\njoin_empty = \"lose\"\n", 2, "loose"),
        ("queues.toml", "[[queue.x.member]]\nuser = \"1\"\ntrunk = \"t\"\n", 1, "a `number` by a `trunk`"),
        ("queues.toml", "[queue.x.callback]\nallow = [\"\"]\n", 2, "no number begins with"),
        ("queues.toml", "[queue.x.callback]\ntrunk = \"itsp\"\n", 1, "`allow` must say"),
        ("queues.toml", "[queue.x.callback]\nanother_number = true\n", 1, "a `trunk`: none is named"),
        ("users.toml", "[user.\"a b\"]\n", 1, "a name has"),
        ("trunks.toml", "[trunk.a]\ndomain = \"a b\"\n", 2, "sip.example.com"),
        ("trunks.toml", "[trunk.a]\nregister = true\nusername = \"x\"\n", 3, "come together"),
        ("trunks.toml", "[trunk.a]\npassword = \"x\"\n", 2, "come together"),
        ("trunks.toml", "[trunk.a]\ninbound_username = \"x\"\n", 2, "come together"),
        ("users.toml", "[user.101]\n[user.101]\n", 2, "duplicate"),
    ] {
        let said = place.complaint(file, text);
        assert!(said.starts_with(&format!("etc/{file}:{line}:")), "{said}");
        assert!(said.contains(what) && said.contains('^'), "{said}");
    }
}

#[test]
fn a_trunks_server_that_is_none_is_shown_where_it_is_with_the_reason() {
    let place = Place::new("server");
    let said =
        place.complaint("trunks.toml", "[trunk.a]\nservers = [\"sip.itsp.example\", \"b.example:70000\"]\n");
    let expected = "etc/trunks.toml:2:32: `b.example:70000` is no server: a port is a number from 1 to 65535; one is written \
        `sip.example.com`, `192.0.2.1:5060` or `[2001:db8::1]:5060`\n   |\n 2 | servers = [\"sip.itsp.example\", \
        \"b.example:70000\"]\n   |                                ^^^^^^^^^^^^^^^^^ ";
    assert_eq!(said.trim_end(), expected.trim_end());
    for (server, why) in [
        ("sip:itsp.example", "without `sip:`"),
        ("me@itsp.example", "no user"),
        ("192.0.2.300", "IPv4"),
        ("2001:db8::1", "brackets"),
        ("", "a host name has"),
    ] {
        let said = place.complaint("trunks.toml", &format!("[trunk.a]\nservers = [\"{server}\"]\n"));
        assert!(said.starts_with("etc/trunks.toml:2:") && said.contains(why) && said.contains('^'), "{said}");
    }
}

#[test]
fn what_no_single_value_shows_is_found() {
    let place = Place::new("whole");
    for (text, what) in [
        ("[registration]\nmin_s = 700\n", "must not fall"),
        ("[rtp]\nport_first = 2000\nport_last = 2000\n", "below"),
        ("[tls]\ncertificate = \"x\"\n", "come together"),
        ("[timers]\nsession_s = 89\n", "at least 90"),
        ("[recording]\nname = \"../{caller}\"\n", "within the recordings' directory"),
        ("[recording]\nname = \"/{caller}\"\n", "within the recordings' directory"),
        ("[recording]\nkeep_mb = 1\n[paths]\nrecordings = \"var\"\n", "must not be that of the data"),
        ("[recording]\nkeep_days = 1\n[paths]\nrecordings = \"\"\n", "must not be that of the data"),
    ] {
        let said = place.complaint("cordboard.toml", text);
        assert!(said.contains(what), "{said}");
    }
    for text in [
        "[class.x]\nsource = \"http://x\"\nprogram = [\"y\"]\n",
        "[class.x]\nannounce_every_s = 60\nannounce_every_pieces = 3\n",
    ] {
        let said = place.complaint("music.toml", text);
        assert!(said.contains("etc/music.toml: class x:") && said.contains("exclude each other"), "{said}");
    }
    let said = place.complaint("music.toml", "[class.x]\nsource = \"https://x\"\n");
    assert!(said.contains("an https stream needs trusted roots"), "{said}");
}

#[test]
fn classes_of_music_are_what_the_file_says_and_it_may_be_absent() {
    use crate::media::{Every, LiveSource};
    let place = Place::new("music");
    let text = "[class.a]\nfiles = \"one.mp3\"\norder = \"random\"\nannounce_every_s = 30\nvolume_db = -6\n\
        [class.b]\nprogram = [\"x\", \"y\"]\nprogram_rate_hz = 16000\n[class.c]\nfiles = [\"d\", \"/e\"]\n";
    place.put("music.toml", text);
    let classes = Config::check(&place.etc()).unwrap().music_classes();
    let sounds = place.0.join("sounds");
    assert_eq!(classes["a"].files, [sounds.join("one.mp3")]);
    assert_eq!((classes["a"].announce, classes["a"].volume_db), (Every::Seconds(30), -6));
    let program = LiveSource::Program { command: vec!["x".into(), "y".into()], rate_hz: 16_000 };
    assert_eq!((classes["b"].source.as_ref(), classes["b"].files.len()), (Some(&program), 0));
    assert_eq!(classes["c"].files, [sounds.join("d"), "/e".into()]);
    fs::remove_file(place.etc().join("music.toml")).unwrap();
    assert!(Config::check(&place.etc()).unwrap().music_classes().is_empty());
}

#[test]
fn every_missing_or_broken_file_is_named() {
    let place = Place::new("missing");
    fs::remove_file(place.etc().join("users.toml")).unwrap();
    let said = place.complaint("hours.toml", "[hours");
    assert!(said.contains("etc/users.toml: there is no such file"), "{said}");
    assert!(said.contains("etc/hours.toml:1:"), "{said}");
}

#[test]
fn secrets_are_drawn_once_for_each_user_and_for_its_owner_alone() {
    let place = Place::new("secrets");
    let first = Config::load(&place.etc()).unwrap();
    let password = |config: &Config, user: &str| config.setup(facts()).users[user].password.clone();
    assert_eq!(password(&first, "101").len(), 20);
    assert_ne!(password(&first, "101"), password(&first, "102"));
    let mode = fs::metadata(first.secrets_path()).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    place.put("users.toml", &format!("{}\n[user.107]\n", FILES[1].1));
    let second = Config::load(&place.etc()).unwrap();
    assert_eq!(password(&first, "101"), password(&second, "101"));
    assert_eq!(password(&second, "107").len(), 20);
    assert!(!format!("{second:?}").contains(&password(&second, "101")));
}

#[test]
fn checking_writes_nothing() {
    let place = Place::new("check");
    let config = Config::check(&place.etc()).unwrap();
    assert!(!config.data().exists());
}

#[test]
fn the_setup_says_what_the_files_say() {
    let place = Place::new("setup");
    place.put(
        "cordboard.toml",
        "[network]\nexternal_ipv4 = \"203.0.113.7\"\nprefer = \"10.0.0.2\"\n[sip]\nudp = [\"0.0.0.0:5080\"]\ntls = []\n[rtp]\ntimeout_s = 7\n",
    );
    let config = Config::load(&place.etc()).unwrap();
    let setup = config.setup(facts());
    assert_eq!(
        (setup.listeners.udp, setup.listeners.tcp, setup.listeners.tls),
        (Some(5080), Some(5060), None)
    );
    assert_eq!(setup.networks.interfaces[0].address, "10.0.0.2".parse::<std::net::IpAddr>().unwrap());
    assert_eq!(setup.networks.interfaces[0].external, "203.0.113.7".parse().ok());
    assert_eq!(setup.office.rtp_timeout_ms, 7_000);
    assert_eq!(setup.users["101"].identity.number, "101");
    assert_eq!(setup.hours["office"].open[0].weekdays, 0b001_1111);
    assert_eq!(config.media(setup.networks, 1).ports, 10_000..=19_999);
}

fn facts() -> Facts {
    let interface = |address: &str| Interface { address: address.parse().unwrap(), bits: 24, external: None };
    Facts {
        key: SourceKey { seed: [1; 16], node: 0, epoch: 1 },
        anchor: Anchor::default(),
        interfaces: vec![interface("192.168.1.5"), interface("10.0.0.2")],
    }
}

#[test]
fn every_user_has_a_box_with_a_pin_of_its_own_and_the_file_adds_to_that() {
    let place = Place::new("boxes");
    let text = "messages_max = 7\n[box.101]\npin = \"2468\"\nemail = [\"ann@example.com\"]\n[box.500]\nusers = [\"102\"]\nmessages_max = 3\n";
    place.put("voicemail.toml", text);
    let config = Config::load(&place.etc()).unwrap();
    let settings = config.voicemail_settings();
    let numbers: Vec<&str> = settings.boxes.keys().map(String::as_str).collect();
    assert_eq!(numbers, ["101", "102", "103", "104", "105", "106", "500"]);
    let (first, second, shared) = (&settings.boxes["101"], &settings.boxes["102"], &settings.boxes["500"]);
    assert_eq!((first.pin.as_str(), first.name.as_str(), first.messages_max), ("2468", "Ann Archer", 7));
    assert_eq!((second.pin.len(), second.users.as_slice()), (6, ["102".to_owned()].as_slice()));
    assert_eq!((shared.messages_max, shared.name.as_str()), (3, "Ben Baker"));
    assert_eq!(Config::load(&place.etc()).unwrap().voicemail_settings(), settings, "PINs are drawn once");
    fs::remove_file(place.etc().join("voicemail.toml")).unwrap();
    assert_eq!(Config::load(&place.etc()).unwrap().voicemail_settings().boxes.len(), 6);
    let said = place.complaint("voicemail.toml", "[box.101]\nusers = [\"1O2\"]\n");
    assert!(said.contains("box 101: no user `1O2`"), "{said}");
}

#[test]
fn a_box_has_its_own_lengths_clock_and_mails() {
    let place = Place::new("own-box");
    let text = "review = true\n[box.101]\nreview = false\nmax_s = 20\ntime_zone = \"Asia/Tokyo\"\n\
                [box.101.mail]\nfrom = \"Ann <ann@example.com>\"\nattach = \"opus\"\ngain_db = 6\n";
    place.put("voicemail.toml", text);
    let config = Config::load(&place.etc()).unwrap();
    let boxes = config.voicemail_settings().boxes;
    let own =
        |number: &str| (boxes[number].own.review, boxes[number].own.max_s, boxes[number].time_zone.as_str());
    assert_eq!((own("101"), own("102")), ((Some(false), Some(20), "Asia/Tokyo"), (None, None, "")));
    let mails = config.mail().boxes;
    assert_eq!(mails.keys().collect::<Vec<_>>(), ["101"], "only who has something of its own");
    let of = &mails["101"];
    assert_eq!((of.from.as_deref(), of.gain_db), (Some("Ann <ann@example.com>"), Some(6)));
    assert_eq!((of.audio, of.time_zone.as_deref()), (Some(crate::mail::Attach::Opus), Some("Asia/Tokyo")));
    let said = place.complaint("voicemail.toml", "[box.101]\nmax_s = 2\n");
    assert!(said.contains("box 101: `min_s` must be below `max_s`"), "{said}");
    let said = place.complaint("voicemail.toml", "[box.101.mail]\ndate = \"%K\"\n");
    assert!(said.contains("box 101: `date` is no date"), "{said}");
}

#[test]
fn emergency_numbers_are_those_of_the_country_and_every_trunk_carries_them() {
    let place = Place::new("emergency");
    let office = |config: &Config| config.setup(Facts::of_no_process()).office.emergency;
    let config = Config::check(&place.etc()).unwrap();
    assert_eq!(config.emergency, EmergencyFile::default(), "the file shows the defaults");
    assert_eq!(office(&config).numbers, ["112", "911", "999"]);
    assert!(office(&config).trunks.is_empty());
    place.put("trunks.toml", "[trunk.a]\nservers = [\"192.0.2.1\"]\n[trunk.b]\n[trunk.c]\n");
    place.put("users.toml", "[user.101]\nplace = \"roof\"\nemergency_number = \"+4930555\"\n[user.102]\n");
    place.put("emergency.toml", "country = \"de\"\ntrunks = [\"b\"]\nnotify = [\"102\"]\n");
    place.put("voicemail.toml", "");
    place.put("queues.toml", "");
    let config = Config::check(&place.etc()).unwrap();
    let office = office(&config);
    assert_eq!(
        (office.numbers, office.trunks),
        (vec!["112".into(), "110".into()], vec!["b".into(), "a".into(), "c".into()])
    );
    assert_eq!(office.callers["101"], "+4930555");
    assert_eq!(config.setup(Facts::of_no_process()).emergency.places["101"], "roof");
    for (text, words) in [
        ("trunks = [\"d\"]\n", "no trunk `d`"),
        ("ring = [\"1002\"]\n", "no user `1002`, did you mean `102`?"),
        ("country = \"Atlantis\"\n", "the numbers of `Atlantis` are not known here"),
        ("numbers = [\"1*2\"]\n", "`1*2` is no number"),
        ("caller = \"sip:112\"\n", "`sip:112` is no number"),
        ("numers = []\n", "did you mean `numbers`?"),
    ] {
        let said = place.complaint("emergency.toml", text);
        assert!(said.starts_with("etc/emergency.toml") && said.contains(words), "{said}");
    }
}

#[test]
fn holidays_come_from_calendars_and_days_and_what_is_wrong_with_them_is_shown_where_it_is() {
    let place = Place::new("holidays");
    let holidays = || Config::check(&place.etc()).unwrap().holidays;
    let all = holidays();
    assert_eq!(all.get("2026-12-25").map(String::as_str), Some("Christmas Day"));
    assert_eq!(all.get("2026-12-24").map(String::as_str), Some("Christmas Eve"));
    assert_eq!(all.get("2027-03-26").map(String::as_str), Some("Good Friday"));

    place.put("hours.toml", "holidays = [\"holidays.ics\"]\n[hours.office]\n");
    assert_eq!(holidays().len() + 1, all.len());
    // The office's own name for a day holds.
    place.put("hours.toml", "[holidays]\nfiles = [\"holidays.ics\"]\n\"2026-12-25\" = \"Stocktaking\"\n");
    assert_eq!(holidays().get("2026-12-25").map(String::as_str), Some("Stocktaking"));
    place.put("hours.toml", "[holidays]\n\"2026-12-25\" = \"Stocktaking\"\n");
    assert_eq!(holidays().len(), 1);

    let said = place.complaint("hours.toml", "holidays = [\"holidays.ics\", \"no.ics\"]\n");
    assert!(said.starts_with("etc/hours.toml:1:29: etc/no.ics: No such file"), "{said}");
    let said = place.complaint("hours.toml", "holidays = 3\n");
    assert!(said.contains("etc/hours.toml:1:12: ") && said.contains("calendar files"), "{said}");
    let said = place.complaint("hours.toml", "[holidays]\n\"2026-13-25\" = \"x\"\n");
    assert!(said.contains("etc/hours.toml:"), "{said}");
    let many = format!("holidays = [{}]", "\"holidays.ics\", ".repeat(21));
    assert!(place.complaint("hours.toml", &many).contains("at most 20 calendars"));
    let calendar = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20261232\nEND:VEVENT\nEND:VCALENDAR\n";
    let said = place.complaint("holidays.ics", calendar);
    assert!(said.starts_with("etc/holidays.ics:3:1: DTSTART: there is no day 20261232"), "{said}");
    let said = place.complaint("holidays.ics", &"X:1\n".repeat(300_000));
    assert!(said.contains("at most 1048576 bytes"), "{said}");
}
