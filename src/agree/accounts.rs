//! Trunks whose account proves nothing: registered without a password, or with an empty one.

use super::of;
use cordboard_dialplan::Finding;
use cordboard_dialplan::codes::{EMPTY_PASSWORD, NO_ACCOUNT};
use cordboard_exchange::Setup;
use cordboard_sip::session::Credentials;

/// All of them. Half an account, a name without a password, is refused where the file is read.
pub(super) fn without_password(setup: &Setup) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, trunk) in &setup.trunks {
        let settings = &trunk.settings;
        let mut say = |code, key: &str, text: &str| {
            let place = format!("[trunk.{name}]\n{key}");
            findings.push(of(code, "trunks.toml", place, format!("trunk {name}: {text}")));
        };
        let is_empty =
            |account: &Option<Credentials>| account.as_ref().is_some_and(|it| it.password.is_empty());
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agree::tests::{setup, texts};

    const BASE: &str = "[trunk.a]\nservers = [\"192.0.2.1\"]\n";

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
