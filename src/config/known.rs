//! The values of all passwords and PINs of the configuration: what journeys must not hold.

use super::Config;
use cordboard_exchange::StoreRow;
use serde::Serialize;
use serde_json::Value;

/// Parts of the names of keys whose values are secret.
const NAMES: [&str; 4] = ["pin", "password", "secret", "token"];
/// `password_file` is where one stands, and is read.
const PLACE: &str = "_file";

impl Config {
    /// Each that is configured or was drawn. PINs that people have chosen by telephone are rows of the store: [`chosen`].
    pub fn known_secrets(&self) -> Vec<String> {
        let mut known: Vec<String> = self.secrets.values().map(str::to_owned).collect();
        let services = &self.services;
        named(&self.trunks, &mut known);
        named(&self.voicemail, &mut known);
        named(&self.mail, &mut known);
        named(&services.conference, &mut known);
        named(&services.hotdesk, &mut known);
        named(&services.wakeup, &mut known);
        named(&services.disa, &mut known);
        named(&services.announcement, &mut known);
        for line in services.disa.line.values() {
            all(&serde_json::to_value(&line.user).unwrap_or_default(), &mut known);
        }
        if let Some(crate::mail::Sign::Password { password, .. }) =
            self.mail().server.map(|server| server.sign)
        {
            known.push(password);
        }
        known.sort();
        known.dedup();
        known
    }
}

/// The PINs that people have chosen by telephone, in the rows that services have kept.
pub fn chosen(rows: &[StoreRow]) -> Vec<String> {
    let mut known = Vec::new();
    // Most rows are messages and the like: only those that speak of a secret are read.
    for row in rows.iter().filter(|row| NAMES.iter().any(|name| row.row.contains(name))) {
        if let Ok(row) = serde_json::from_str::<Value>(&row.row) {
            named(&row, &mut known);
        }
    }
    known
}

/// Texts under a key that says that they are secret.
fn named(part: &impl Serialize, known: &mut Vec<String>) {
    fn look(value: &Value, known: &mut Vec<String>) {
        match value {
            Value::Object(map) => {
                for (key, of) in map {
                    match NAMES.iter().any(|name| key.contains(name)) && !key.ends_with(PLACE) {
                        true => all(of, known),
                        false => look(of, known),
                    }
                }
            }
            Value::Array(list) => list.iter().for_each(|item| look(item, known)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    look(&serde_json::to_value(part).unwrap_or_default(), known);
}

fn all(value: &Value, known: &mut Vec<String>) {
    match value {
        Value::String(text) => known.push(text.clone()),
        Value::Array(list) => list.iter().for_each(|item| all(item, known)),
        Value::Object(map) => map.values().for_each(|item| all(item, known)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Facts;
    use std::fs;

    #[test]
    fn pins_that_were_chosen_by_telephone_are_found_in_the_rows_that_are_kept() {
        let row = |kind: &str, row: &str| StoreRow {
            kind: kind.to_owned(),
            key: "101".to_owned(),
            row: row.to_owned(),
            expires_unix_s: i64::MAX,
        };
        let rows = [
            row("service:voicemail", "{\"pin\":\"739152\",\"name\":{\"file\":\"a\"}}"),
            row("service:voicemail", "{\"pin\":null,\"name\":null}"),
            row("service:else", "{\"of\":[{\"door_pin\":\"4711\"}],\"name\":\"no secret\"}"),
            row("binding", "{\"aor\":\"101\"}"),
            row("service:voicemail", "pin, and no JSON"),
        ];
        assert_eq!(chosen(&rows), ["739152", "4711"]);
    }

    #[test]
    fn every_password_and_pin_of_the_files_is_known() {
        let base = std::env::temp_dir().join(format!("cordboard-known-{}", std::process::id()));
        fs::create_dir_all(base.join("etc")).unwrap();
        for (file, text) in [
            ("cordboard.toml", ""),
            ("users.toml", "[user.101]\n"),
            ("hours.toml", ""),
            (
                "trunks.toml",
                "[trunk.a]\nservers = [\"192.0.2.1\"]\nusername = \"u\"\npassword = \"trunk-out\"\n\
                 inbound_username = \"v\"\ninbound_password = \"trunk-in\"\n",
            ),
            ("conference.toml", "[room.main]\npin = \"2468\"\nadmin_pin = \"1357\"\n"),
            (
                "disa.toml",
                "[line.main]\ncontext = \"internal\"\npin = \"86421357\"\n[line.own.user]\n101 = \"97531246\"\n",
            ),
            ("announcements.toml", "pin = \"424242\"\n"),
            ("voicemail.toml", "[box.900]\npin = \"5566\"\n"),
        ] {
            fs::write(base.join("etc").join(file), text).unwrap();
        }
        let config = Config::load(&base.join("etc"));
        fs::remove_dir_all(&base).unwrap();
        let config = config.unwrap();
        let known = config.known_secrets();
        let password = config.setup(Facts::of_no_process()).users["101"].password.clone();
        let wanted = [
            "trunk-out",
            "trunk-in",
            "2468",
            "1357",
            "86421357",
            "97531246",
            "5566",
            "424242",
            password.as_str(),
        ];
        for secret in wanted {
            assert!(!secret.is_empty() && known.iter().any(|known| known == secret), "{secret}");
        }
        // And the PIN that was drawn for the box of 101.
        assert_eq!(known.len(), wanted.len() + 1);
    }
}
