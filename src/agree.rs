//! Whether configuration and dialplan fit each other. The start, a reload and `cordboard check` all ask here, so that what
//! one of them refuses the others do too.

use crate::config::Profile;
use cordboard_app::Destination;
use cordboard_dialplan::Dialplan;
use cordboard_exchange::Setup;
use core::ops::RangeInclusive;
use std::collections::BTreeSet;

/// Every context that a user or a trunk names must be in the dialplan: else all its calls would fail. The error holds every
/// finding, a line each; `Ok` holds what is worth a look but may be meant.
pub fn check(setup: &Setup, contexts: &[String]) -> Result<Vec<String>, String> {
    let users = setup.users.iter().map(|(name, user)| ("user", name, &user.context));
    let trunks = setup.trunks.iter().map(|(name, trunk)| ("trunk", name, &trunk.context));
    let extensions = extensions(setup);
    let extensions = extensions.iter().map(|(queue, context)| ("queue", queue, context));
    let missing: Vec<String> = users
        .chain(trunks)
        .chain(extensions)
        .filter(|(_, _, context)| !contexts.contains(context))
        .map(|(kind, name, context)| {
            let known = contexts.join("`, `");
            format!("{kind} {name}: no context `{context}` in the dialplan, expected one of `{known}`")
        })
        .collect();
    if missing.is_empty() { Ok([emergencies(setup), rings(setup)].concat()) } else { Err(missing.join("\n")) }
}

/// The contexts of members that queues reach by a route of the dialplan.
fn extensions(setup: &Setup) -> Vec<(String, String)> {
    let text = setup.services.get("queue").map(String::as_str).unwrap_or_default();
    let settings: cordboard_queue::Settings = serde_json::from_str(text).unwrap_or_default();
    let members = settings
        .queue
        .into_iter()
        .flat_map(|(name, queue)| queue.member.into_iter().map(move |member| (name.clone(), member.who)));
    let context = |(name, who)| match who {
        Destination::Extension { context, .. } => Some((name, context)),
        Destination::User(_) | Destination::Trunk { .. } => None,
    };
    members.filter_map(context).collect()
}

/// Whether emergency calls find a way, and what they hide.
fn emergencies(setup: &Setup) -> Vec<String> {
    let emergency = &setup.office.emergency;
    if emergency.trunks.is_empty() {
        let numbers = emergency.numbers.join(", ");
        return vec![format!("emergency calls ({numbers}) can not go out: there is no trunk in trunks.toml")];
    }
    let hidden = setup.users.keys().filter_map(|user| Some((user, emergency.number_of(user)?)));
    hidden
        .map(|(user, number)| {
            format!("user {user} can not be called: it is dialled for the emergency number {number}")
        })
        .collect()
}

/// Emergency numbers that the dialplan has routes for: `routes` are contexts and patterns.
pub fn shadowed<'a>(setup: &Setup, routes: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let number_of = |pattern: &str| setup.office.emergency.number_of(pattern).map(str::to_owned);
    let hidden = routes.filter_map(|(context, pattern)| Some((context, pattern, number_of(pattern)?)));
    let text = |(context, pattern, number)| {
        format!(
            "route `{pattern}` in `{context}` is never taken: emergency calls to {number} go out before the dialplan"
        )
    };
    hidden.map(text).collect()
}

/// The digits that are typed while talking are chosen in cordboard.toml, what phones dial in the dialplan, which puts the codes of a
/// profile into a context of that name: both are the same as a rule.
pub fn profile(profile: Profile, contexts: &[String]) -> Option<String> {
    let dialed = contexts.iter().find_map(|context| context.strip_prefix("features-"))?;
    let typed = match profile {
        Profile::Freepbx => "freepbx",
        Profile::Asterisk => "asterisk",
        Profile::Yeastar => "yeastar",
        Profile::Custom => return None,
    };
    let note = || {
        format!("cordboard.toml: features.profile is \"{typed}\", the dialplan has the codes of \"{dialed}\"")
    };
    (dialed != typed).then(note)
}

/// A user whose number is a feature code, or a place where calls are parked, can't be called by it.
pub fn numbers(setup: &Setup, dialplan: &Dialplan) -> Result<(), String> {
    let places = parking_places(setup);
    let mut findings = Vec::new();
    for (name, user) in &setup.users {
        if let Some((lot, _)) =
            places.iter().find(|(_, places)| name.parse().is_ok_and(|number| places.contains(&number)))
        {
            findings.push(format!("user {name}: this number is a place of the parking lot `{lot}`"));
        }
        let taken = dialplan.why(name, &user.context).into_iter().find(|candidate| candidate.matched);
        if let Some(code) = taken.filter(|route| route.is_code) {
            let (pattern, context, place) = (code.pattern, code.context, code.place);
            findings.push(format!(
                "user {name}: this number is the feature code `{pattern}` of `{context}`, {place}"
            ));
        }
    }
    if findings.is_empty() { Ok(()) } else { Err(findings.join("\n")) }
}

fn parking_places(setup: &Setup) -> Vec<(String, RangeInclusive<u32>)> {
    let text = setup.services.get(cordboard_parking::KIND).map(String::as_str).unwrap_or_default();
    let settings: cordboard_parking::Settings = serde_json::from_str(text).unwrap_or_default();
    settings.lot.iter().map(|(name, lot)| (name.as_str().to_owned(), lot.first..=lot.last)).collect()
}

/// Trunks whose fallbacks lead back to themselves. Two trunks that stand in for each other are sensible, and a call gives up
/// when it has come round; but a third one that was meant to be the way out is never reached.
fn rings(setup: &Setup) -> Vec<String> {
    let fallback = |name: &str| setup.trunks.get(name).and_then(|trunk| trunk.settings.fallback.as_deref());
    let mut told: BTreeSet<&str> = BTreeSet::new();
    let mut notes = Vec::new();
    for start in setup.trunks.keys().map(String::as_str) {
        let mut way = vec![start];
        while let Some(next) = way.last().and_then(|last| fallback(last)).filter(|next| !way.contains(next)) {
            way.push(next);
        }
        let closes = way.last().and_then(|last| fallback(last)) == Some(start);
        if closes && !told.contains(start) {
            told.extend(&way);
            way.push(start);
            notes.push(format!("trunks.toml: fallbacks go round: {}", way.join(" -> ")));
        }
    }
    notes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Config, Facts};
    use std::fs;

    /// The shipped office with these trunks.
    fn setup(name: &str, trunks: &str) -> Setup {
        let base = std::env::temp_dir().join(format!("cordboard-agree-{}-{name}", std::process::id()));
        fs::create_dir_all(base.join("etc")).unwrap();
        for (file, text) in [
            ("cordboard.toml", include_str!("../etc/cordboard.toml")),
            ("users.toml", include_str!("../etc/users.toml")),
            ("trunks.toml", trunks),
            ("hours.toml", include_str!("../etc/hours.toml")),
            ("holidays.ics", include_str!("../etc/holidays.ics")),
        ] {
            fs::write(base.join("etc").join(file), text).unwrap();
        }
        let config = Config::check(&base.join("etc"));
        fs::remove_dir_all(&base).unwrap();
        config.unwrap().setup(Facts::of_no_process())
    }

    fn contexts(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn contexts_that_users_and_trunks_name_must_be_there() {
        let setup = setup("contexts", "[trunk.a]\nservers = [\"192.0.2.1\"]\n");
        assert_eq!(check(&setup, &contexts(&["internal", "from-a"])), Ok(Vec::new()));
        let findings = check(&setup, &contexts(&["internal", "from-b"])).unwrap_err();
        assert_eq!(
            findings,
            "trunk a: no context `from-a` in the dialplan, expected one of `internal`, `from-b`"
        );
        let findings = check(&setup, &contexts(&["from-a"])).unwrap_err();
        assert_eq!(findings.lines().count(), setup.users.len());
        assert!(findings.starts_with("user 101: no context `internal`"), "{findings}");
    }

    #[test]
    fn contexts_of_a_queues_extensions_must_be_there() {
        let mut setup = setup("extensions", "");
        let queues = r#"{"queue": {"sales": {"member": [{"extension": "1", "context": "elsewhere"}, {"user": "101"}]}}}"#;
        setup.services.insert("queue".to_owned(), queues.to_owned());
        assert!(check(&setup, &contexts(&["internal", "elsewhere"])).is_ok());
        let findings = check(&setup, &contexts(&["internal"])).unwrap_err();
        assert_eq!(
            findings,
            "queue sales: no context `elsewhere` in the dialplan, expected one of `internal`"
        );
    }

    fn dialplan(routes: &str) -> Dialplan {
        let text = format!(
            "let i = context(\"internal\"); let f = context(\"features-yeastar\");\n{routes}\ni.include(f);"
        );
        Dialplan::load(&cordboard_dialplan::Bundle::single(&text)).unwrap()
    }

    #[test]
    fn a_user_s_number_is_neither_a_code_nor_a_parking_place() {
        let office = |users: &str| {
            let mut setup = setup(&format!("numbers-{users}"), "");
            let (_, like) = setup.users.pop_first().unwrap();
            setup.users = users.split(' ').map(|name| (name.to_owned(), like.clone())).collect();
            setup
        };
        let plan = dialplan(
            "i.on(\"_1XX\", |ch| ch.answer());\nf.code(\"5\", |ch| ch.answer()); f.code(\"555\", |ch| ch.answer());",
        );
        assert_eq!(numbers(&office("101 102"), &plan), Ok(()));
        assert_eq!(
            numbers(&office("101 555 710"), &plan).unwrap_err(),
            "user 555: this number is the feature code `555` of `features-yeastar`, main.rhai:3:34\n\
             user 710: this number is a place of the parking lot `default`"
        );
        let contexts = plan.contexts();
        assert_eq!(profile(Profile::Yeastar, &contexts), None);
        assert_eq!(profile(Profile::Custom, &contexts), None);
        assert_eq!(
            profile(Profile::Freepbx, &contexts).unwrap(),
            "cordboard.toml: features.profile is \"freepbx\", the dialplan has the codes of \"yeastar\""
        );
    }

    #[test]
    fn fallbacks_that_go_round_are_noted_once_and_those_that_end_are_not() {
        let trunk = |name: &str, fallback: &str| {
            let fallback =
                if fallback.is_empty() { String::new() } else { format!("fallback = \"{fallback}\"\n") };
            format!("[trunk.{name}]\nservers = [\"192.0.2.1\"]\ncontext = \"internal\"\n{fallback}")
        };
        let round = [trunk("a", "b"), trunk("b", "c"), trunk("c", "b")].concat();
        let notes = check(&setup("round", &round), &contexts(&["internal"])).unwrap();
        assert_eq!(notes, ["trunks.toml: fallbacks go round: b -> c -> b"]);
        let straight = [trunk("a", "b"), trunk("b", "c"), trunk("c", "")].concat();
        assert_eq!(check(&setup("straight", &straight), &contexts(&["internal"])), Ok(Vec::new()));
    }

    #[test]
    fn it_is_noted_that_emergency_calls_find_no_way_or_what_they_hide() {
        let none = setup("emergency-none", "");
        let notes = check(&none, &contexts(&["internal"])).unwrap();
        assert_eq!(
            notes,
            ["emergency calls (112, 911, 999) can not go out: there is no trunk in trunks.toml"]
        );
        let mut some =
            setup("emergency-some", "[trunk.a]\nservers = [\"192.0.2.1\"]\ncontext = \"internal\"\n");
        let user = some.users["101"].clone();
        some.users.insert("9112".to_owned(), user);
        let notes = check(&some, &contexts(&["internal"])).unwrap();
        assert_eq!(notes, ["user 9112 can not be called: it is dialled for the emergency number 112"]);
        let routes = [("internal", "112"), ("internal", "_11X"), ("from-a", "911")];
        let notes = shadowed(&some, routes.into_iter());
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].starts_with("route `112` in `internal` is never taken"), "{notes:?}");
    }
}
