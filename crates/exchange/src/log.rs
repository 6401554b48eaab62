//! Lines for the log.

use crate::LogLine;
use cordboard_app::Level;
use cordboard_base::CallId;
use core::fmt::Display;

impl LogLine {
    /// A line about no call in particular.
    pub fn new(level: Level, event: &str) -> Self {
        Self { level, call: None, event: event.to_owned(), fields: Vec::new() }
    }

    /// A line about a call.
    pub fn of(call: CallId, level: Level, event: &str) -> Self {
        Self { call: Some(call), ..Self::new(level, event) }
    }

    /// With one more field; empty values are left out.
    #[must_use]
    pub fn with(mut self, field: &str, value: impl Display) -> Self {
        let value = value.to_string();
        if !value.is_empty() {
            self.fields.push((field.to_owned(), value));
        }
        self
    }
}
