//! Trunks that nobody can call by, or whose account proves nothing; and users that show another one's number.

use super::of;
use cordboard_dialplan::Finding;
use cordboard_dialplan::codes::{EMPTY_PASSWORD, NO_ACCOUNT, NO_SERVER, OTHERS_NUMBER};
use cordboard_exchange::Setup;
use cordboard_sip::session::Credentials;

/// All of them. Half an account, a name without a password, is refused where the file is read.
pub(super) fn without_password(setup: &Setup) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, trunk) in &setup.trunks {
        let settings = &trunk.settings;
        let is_empty =
            |account: &Option<Credentials>| account.as_ref().is_some_and(|it| it.password.is_empty());
        if settings.servers.is_empty() && settings.accept_from.is_empty() && settings.inbound.is_none() {
            let text = "it has no `servers` to call, and nothing by which its own calls are known";
            findings.push(of(
                NO_SERVER,
                "trunks.toml",
                format!("[trunk.{name}]"),
                format!("trunk {name}: {text}"),
            ));
            continue;
        }
        let mut say = |code, key: &str, text: &str| {
            let place = format!("[trunk.{name}]\n{key}");
            findings.push(of(code, "trunks.toml", place, format!("trunk {name}: {text}")));
        };
        if settings.register && settings.credentials.is_none() {
            say(NO_ACCOUNT, "register", "it registers, and has neither `username` nor `password`");
        }
        if is_empty(&settings.credentials) {
            say(EMPTY_PASSWORD, "password", "`password` is empty");
        }
        if is_empty(&settings.inbound) {
            let text = "`inbound_password` is empty: whoever knows `inbound_username` calls as this trunk";
            say(EMPTY_PASSWORD, "inbound_password", text);
        }
    }
    findings
}

/// Users whose calls look like another one's.
pub(super) fn with_others_number(setup: &Setup) -> Vec<Finding> {
    let taken = |(name, user): &(&String, &cordboard_exchange::UserSetup)| {
        let number = &user.identity.number;
        number != *name && setup.users.contains_key(number)
    };
    let users = setup.users.iter().filter(taken);
    users
        .map(|(name, user)| {
            let number = &user.identity.number;
            let text = format!("user {name} shows the number {number}: who calls back reaches user {number}");
            of(OTHERS_NUMBER, "users.toml", format!("[user.{name}]\nnumber"), text)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agree::tests::{setup, texts};

    const BASE: &str = "[trunk.a]\nservers = [\"192.0.2.1\"]\n";

    #[test]
    fn a_trunk_leads_somewhere_and_nobody_shows_another_ones_number() {
        let told =
            |name: &str, text: &str| texts(&without_password(&setup(&format!("nowhere-{name}"), text)));
        let nowhere = told("none", "[trunk.a]\nusername = \"u\"\npassword = \"p\"\n");
        assert!(nowhere.len() == 1 && nowhere[0].starts_with("W0515 trunks.toml [trunk.a]"), "{nowhere:?}");
        assert_eq!(told("known", "[trunk.a]\naccept_from = [\"192.0.2.0/24\"]\n"), [""; 0]);
        let mut office = setup("others", BASE);
        let first = office.users.keys().next().unwrap().clone();
        let mut second = office.users[&first].clone();
        second.identity.number.clone_from(&first);
        office.users.insert("zoe".to_owned(), second);
        let told = texts(&with_others_number(&office));
        assert!(told.len() == 1 && told[0].contains("[user.zoe]\nnumber"), "{told:?}");
    }

    #[test]
    fn who_registers_has_a_password_and_none_is_empty() {
        let told = |name: &str, lines: &str| {
            texts(&without_password(&setup(&format!("accounts-{name}"), &format!("{BASE}{lines}"))))
        };
        let account = "username = \"u\"\npassword = \"p\"\n";
        assert_eq!(told("whole", &format!("register = true\n{account}")), [""; 0]);
        assert_eq!(told("none", ""), [""; 0]);
        assert_eq!(
            told("register", "register = true\n"),
            [
                "W0512 trunks.toml [trunk.a]\nregister trunk a: it registers, and has neither `username` nor `password`"
            ]
        );
        let empty = "username = \"u\"\npassword = \"\"\ninbound_username = \"u\"\ninbound_password = \"\"\n";
        let told = told("empty", empty);
        assert!(told.len() == 2 && told.iter().all(|text| text.starts_with("E0513")), "{told:?}");
        assert!(
            told[1].contains("\ninbound_password") && told[1].contains("calls as this trunk"),
            "{told:?}"
        );
    }
}
