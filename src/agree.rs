//! Whether configuration and dialplan fit each other. The start, a reload and `cordboard check` all ask here, so that what
//! one of them refuses the others do too.

mod accounts;
mod hours;
mod languages;
mod places;

pub use languages::languages;
pub use places::locate;

use crate::config::Profile;
use cordboard_app::Destination;
use cordboard_dialplan::codes::{
    CONFIGURED_CONTEXT, FALLBACKS, NO_EMERGENCY, NO_MEMBER, PROFILE, ROUTE_IS_EMERGENCY, USER_IS_CODE,
    USER_IS_EMERGENCY, USER_IS_PARKING,
};
use cordboard_dialplan::{Code, Dialplan, Finding, nearest};
use cordboard_exchange::Setup;
use core::ops::RangeInclusive;
use std::collections::BTreeSet;

/// All that configuration and dialplan say of each other. `profile`: where it is known what is typed while talking.
pub fn findings(setup: &Setup, dialplan: &Dialplan, profile: Option<Profile>) -> Vec<Finding> {
    let contexts = dialplan.contexts();
    let routes = dialplan.routes();
    let mut findings = check(setup, &contexts);
    findings.extend(numbers(setup, dialplan));
    findings.extend(shadowed(setup, &routes));
    findings.extend(profile.and_then(|profile| of_profile(profile, &contexts)));
    findings
}

/// What is wrong, as one text; none: nothing is, and the rest is logged.
pub fn refused(findings: &[Finding]) -> Option<String> {
    let errors: Vec<String> = findings.iter().filter(|f| f.is_error()).map(ToString::to_string).collect();
    if errors.is_empty() {
        findings.iter().for_each(|warning| tracing::warn!("{warning}"));
        return None;
    }
    Some(errors.join("\n"))
}

/// About a section of a file, or what stands in it: its line is looked up by [`locate`], which says how the place is written.
fn of(code: Code, file: &str, section: String, message: String) -> Finding {
    Finding { file: file.to_owned(), line: 0, column: 0, code, message, source: section, hint: None }
}

/// Every context that a user or a trunk names must be in the dialplan: else all its calls would fail.
fn check(setup: &Setup, contexts: &[String]) -> Vec<Finding> {
    let users = setup.users.iter().map(|(name, user)| ("user", name, &user.context));
    let trunks = setup.trunks.iter().map(|(name, trunk)| ("trunk", name, &trunk.context));
    let extensions = extensions(setup);
    let extensions = extensions.iter().map(|(queue, context)| ("queue", queue, context));
    let missing = users.chain(trunks).chain(extensions).filter(|(_, _, context)| !contexts.contains(context));
    let finding = |(kind, name, context): (&str, &String, &String)| {
        let known = contexts.join("`, `");
        let text =
            format!("{kind} {name}: no context `{context}` in the dialplan, expected one of `{known}`");
        let mut finding = of(CONFIGURED_CONTEXT, &format!("{kind}s.toml"), format!("[{kind}.{name}]"), text);
        let near = nearest(context, contexts.iter().map(String::as_str));
        finding.hint = near.map(|near| format!("did you mean `{near}`?"));
        finding
    };
    let mut findings: Vec<Finding> = missing.map(finding).collect();
    findings.extend(members(setup));
    findings.extend(emergencies(setup));
    findings.extend(rings(setup));
    findings.extend(accounts::without_password(setup));
    findings.extend(accounts::with_others_number(setup));
    findings.extend(hours::overlapping(setup));
    findings
}

/// Each queue's name with each of its members.
fn of_queues(setup: &Setup) -> impl Iterator<Item = (String, Destination)> {
    let text = setup.services.get("queue").map(String::as_str).unwrap_or_default();
    let settings: cordboard_queue::Settings = serde_json::from_str(text).unwrap_or_default();
    settings
        .queue
        .into_iter()
        .flat_map(|(name, queue)| queue.member.into_iter().map(move |member| (name.clone(), member.who)))
}

/// Members of queues that are no users.
fn members(setup: &Setup) -> Vec<Finding> {
    let unknown = of_queues(setup).filter_map(|(queue, who)| match who {
        Destination::User(user) if !setup.users.contains_key(&user) => Some((queue, user)),
        Destination::User(_) | Destination::Extension { .. } | Destination::Trunk { .. } => None,
    });
    let finding = |(queue, user): (String, String)| {
        let text = format!("queue {queue}: there is no user `{user}` in users.toml");
        let mut finding = of(NO_MEMBER, "queues.toml", format!("user = \"{user}\""), text);
        let near = nearest(&user, setup.users.keys().map(String::as_str));
        finding.hint = near.map(|near| format!("did you mean `{near}`?"));
        finding
    };
    unknown.map(finding).collect()
}

/// The contexts of members that queues reach by a route of the dialplan.
fn extensions(setup: &Setup) -> Vec<(String, String)> {
    let members = of_queues(setup);
    let context = |(name, who)| match who {
        Destination::Extension { context, .. } => Some((name, context)),
        Destination::User(_) | Destination::Trunk { .. } => None,
    };
    members.filter_map(context).collect()
}

/// Whether emergency calls find a way, and what they hide.
fn emergencies(setup: &Setup) -> Vec<Finding> {
    let emergency = &setup.office.emergency;
    if emergency.trunks.is_empty() {
        let numbers = emergency.numbers.join(", ");
        let text = format!("emergency calls ({numbers}) can not go out: there is no trunk in trunks.toml");
        return vec![of(NO_EMERGENCY, "trunks.toml", String::new(), text)];
    }
    let hidden = setup.users.keys().filter_map(|user| Some((user, emergency.number_of(user)?)));
    hidden
        .map(|(user, number)| {
            let text =
                format!("user {user} can not be called: it is dialled for the emergency number {number}");
            of(USER_IS_EMERGENCY, "users.toml", format!("[user.{user}]"), text)
        })
        .collect()
}

/// Emergency numbers that the dialplan has routes for.
fn shadowed(setup: &Setup, routes: &[cordboard_dialplan::Route]) -> Vec<Finding> {
    let finding = |route: &cordboard_dialplan::Route| {
        let number = setup.office.emergency.number_of(&route.pattern)?;
        let (pattern, context) = (&route.pattern, &route.context);
        let message = format!(
            "route `{pattern}` in `{context}` is never taken: emergency calls to {number} go out before the dialplan"
        );
        let (file, line, column) = (route.place.file.clone(), route.place.line, route.place.column);
        Some(Finding {
            file,
            line,
            column,
            code: ROUTE_IS_EMERGENCY,
            message,
            source: String::new(),
            hint: None,
        })
    };
    routes.iter().filter_map(finding).collect()
}

/// The digits that are typed while talking are chosen in cordboard.toml, and so is what phones dial, unless the dialplan names a profile
/// itself. It puts the codes of a profile into a context of that name: both are the same as a rule.
fn of_profile(profile: Profile, contexts: &[String]) -> Option<Finding> {
    let dialed = contexts.iter().find_map(|context| context.strip_prefix("features-"))?;
    if profile == Profile::Custom {
        return None;
    }
    let typed = profile.name();
    let text = format!("features.profile is \"{typed}\", the dialplan has the codes of \"{dialed}\"");
    (dialed != typed).then(|| of(PROFILE, "cordboard.toml", "[features]".to_owned(), text))
}

/// A user whose number is a feature code, or a place where calls are parked, can't be called by it.
fn numbers(setup: &Setup, dialplan: &Dialplan) -> Vec<Finding> {
    let places = parking_places(setup);
    let mut findings = Vec::new();
    for (name, user) in &setup.users {
        let section = format!("[user.{name}]");
        if let Some((lot, _)) =
            places.iter().find(|(_, places)| name.parse().is_ok_and(|number| places.contains(&number)))
        {
            let text = format!("user {name}: this number is a place of the parking lot `{lot}`");
            findings.push(of(USER_IS_PARKING, "users.toml", section.clone(), text));
        }
        let taken = dialplan.why(name, &user.context).into_iter().find(|candidate| candidate.matched);
        if let Some(code) = taken.filter(|route| route.is_code) {
            let (pattern, context, place) = (code.pattern, code.context, code.place);
            let text =
                format!("user {name}: this number is the feature code `{pattern}` of `{context}`, {place}");
            findings.push(of(USER_IS_CODE, "users.toml", section, text));
        }
    }
    findings
}

fn parking_places(setup: &Setup) -> Vec<(String, RangeInclusive<u32>)> {
    let text = setup.services.get(cordboard_parking::KIND).map(String::as_str).unwrap_or_default();
    let settings: cordboard_parking::Settings = serde_json::from_str(text).unwrap_or_default();
    settings.lot.iter().map(|(name, lot)| (name.as_str().to_owned(), lot.first..=lot.last)).collect()
}

/// Trunks whose fallbacks lead back to themselves. Two trunks that stand in for each other are sensible, and a call gives up
/// when it has come round; but a third one that was meant to be the way out is never reached.
fn rings(setup: &Setup) -> Vec<Finding> {
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
            let text = format!("fallbacks go round: {}", way.join(" -> "));
            notes.push(of(FALLBACKS, "trunks.toml", format!("[trunk.{start}]"), text));
        }
    }
    notes
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::config::{Config, Facts};
    use std::fs;

    /// The shipped office with these trunks.
    pub(crate) fn setup(name: &str, trunks: &str) -> Setup {
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
        assert_eq!(check(&setup, &contexts(&["internal", "from-a"])), []);
        let findings = texts(&check(&setup, &contexts(&["internal", "from-b"])));
        assert_eq!(
            findings,
            [
                "E0502 trunks.toml [trunk.a] trunk a: no context `from-a` in the dialplan, expected one of `internal`, `from-b`"
            ]
        );
        let findings = texts(&check(&setup, &contexts(&["from-a"])));
        assert_eq!(findings.len(), setup.users.len());
        assert!(findings[0].starts_with("E0502 users.toml [user.101] user 101: no context"), "{findings:?}");
    }

    pub(crate) fn texts(findings: &[Finding]) -> Vec<String> {
        let text = |f: &Finding| format!("{} {} {} {}", f.code, f.file, f.source, f.message);
        findings.iter().map(text).collect()
    }

    #[test]
    fn contexts_of_a_queues_extensions_must_be_there() {
        let mut setup = setup("extensions", "");
        let queues = r#"{"queue": {"sales": {"member": [{"extension": "1", "context": "elsewhere"}, {"user": "101"}]}}}"#;
        setup.services.insert("queue".to_owned(), queues.to_owned());
        let is_of_queue = |finding: &Finding| finding.file == "queues.toml";
        assert!(!check(&setup, &contexts(&["internal", "elsewhere"])).iter().any(is_of_queue));
        let mut findings = check(&setup, &contexts(&["internal"]));
        findings.retain(is_of_queue);
        assert_eq!(
            texts(&findings),
            [
                "E0502 queues.toml [queue.sales] queue sales: no context `elsewhere` in the dialplan, expected one of `internal`"
            ]
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
        assert_eq!(numbers(&office("101 102"), &plan), []);
        assert_eq!(
            texts(&numbers(&office("101 555 710"), &plan)),
            [
                "E0503 users.toml [user.555] user 555: this number is the feature code `555` of `features-yeastar`, main.rhai:3:34",
                "E0504 users.toml [user.710] user 710: this number is a place of the parking lot `default`"
            ]
        );
        let contexts = plan.contexts();
        assert_eq!(of_profile(Profile::Yeastar, &contexts), None);
        assert_eq!(of_profile(Profile::Custom, &contexts), None);
        assert_eq!(
            of_profile(Profile::Freepbx, &contexts).unwrap().message,
            "features.profile is \"freepbx\", the dialplan has the codes of \"yeastar\""
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
        let notes = texts(&check(&setup("round", &round), &contexts(&["internal"])));
        assert_eq!(notes, ["W0508 trunks.toml [trunk.b] fallbacks go round: b -> c -> b"]);
        let straight = [trunk("a", "b"), trunk("b", "c"), trunk("c", "")].concat();
        assert_eq!(check(&setup("straight", &straight), &contexts(&["internal"])), []);
    }

    #[test]
    fn it_is_noted_that_emergency_calls_find_no_way_or_what_they_hide() {
        let none = setup("emergency-none", "");
        let notes = texts(&check(&none, &contexts(&["internal"])));
        assert_eq!(
            notes,
            [
                "W0505 trunks.toml  emergency calls (112, 911, 999) can not go out: there is no trunk in trunks.toml"
            ]
        );
        let mut some =
            setup("emergency-some", "[trunk.a]\nservers = [\"192.0.2.1\"]\ncontext = \"internal\"\n");
        let mut user = some.users["101"].clone();
        "9112".clone_into(&mut user.identity.number);
        some.users.insert("9112".to_owned(), user);
        let notes = texts(&check(&some, &contexts(&["internal"])));
        assert_eq!(
            notes,
            [
                "W0506 users.toml [user.9112] user 9112 can not be called: it is dialled for the emergency number 112"
            ]
        );
        let route = |(context, pattern): (&str, &str)| cordboard_dialplan::Route {
            context: context.to_owned(),
            pattern: pattern.to_owned(),
            place: cordboard_dialplan::Place::default(),
        };
        let routes = [("internal", "112"), ("internal", "_11X"), ("from-a", "911")].map(route);
        let notes = shadowed(&some, &routes);
        assert_eq!(notes.len(), 2, "{notes:?}");
        assert!(notes[0].message.starts_with("route `112` in `internal` is never taken"), "{notes:?}");
    }
}
