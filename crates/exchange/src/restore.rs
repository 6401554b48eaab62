//! What was kept of the former life: bindings, subscriptions, states, publications.

use crate::{Exchange, LogLine, StoreRow};
use cordboard_app::Level;
use cordboard_base::Time;
use cordboard_sip::{registrar, subscription};

impl Exchange {
    /// Puts kept rows back. One that does not parse is a row of another version: it is logged, and forgotten in time.
    pub(crate) fn restore_rows(&mut self, now: Time, rows: Vec<StoreRow>) {
        let now_unix_s = self.setup.anchor.unix_secs(now);
        let (mut bindings, mut subscriptions) = (Vec::new(), Vec::new());
        for row in rows {
            if self.restore_service_row(now, &row) {
                continue;
            }
            let left_s =
                u32::try_from(row.expires_unix_s.saturating_sub(now_unix_s).max(0)).unwrap_or(u32::MAX);
            let parsed = match row.kind.as_str() {
                "binding" => serde_json::from_str::<registrar::Row>(&row.row)
                    .map(|kept| bindings.push(registrar::Row { remaining_s: left_s, ..kept })),
                "subscription" => serde_json::from_str::<subscription::Row>(&row.row)
                    .map(|kept| subscriptions.push(kept.with_remaining_s(left_s))),
                crate::emergency::ROWS => self.restore_emergency(&row, now_unix_s),
                _ => Ok(()),
            };
            if let Err(error) = parsed {
                let line = LogLine::new(Level::Warn, "kept row not understood").with("kind", &row.kind);
                self.log(line.with("key", &row.key).with("error", error));
            }
        }
        bindings.retain(|row| self.setup.users.contains_key(&row.binding.aor));
        self.registrar.restore_rows(now, bindings);
        self.watch_all_unasked(now);
        // Calls do not outlive the process yet, so every lamp starts from what the bindings say.
        self.notifier.restore_rows(now, subscriptions);
        let users: Vec<String> = self.setup.users.keys().cloned().collect();
        for user in users {
            self.refresh_lamp(now, &user);
        }
    }
}
