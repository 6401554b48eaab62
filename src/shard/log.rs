//! The exchange's lines, as events of the log.

use crate::logging;
use cordboard_app::Level;
use cordboard_base::CallId;
use cordboard_exchange::LogLine;

/// A line of the exchange's, as an event of the log: what happened, its fields, and the call where it is about one.
pub(super) fn write(line: &LogLine) {
    let text = text_of(line);
    match line.call.map(|CallId(id)| format!("{id:x}")) {
        Some(call) => match line.level {
            Level::Error => tracing::error!(target: "cordboard", call, "{text}"),
            Level::Warn => tracing::warn!(target: "cordboard", call, "{text}"),
            Level::Info => tracing::info!(target: "cordboard", call, "{text}"),
            Level::Debug => tracing::debug!(target: "cordboard", call, "{text}"),
        },
        None => match line.level {
            Level::Error => tracing::error!(target: "cordboard", "{text}"),
            Level::Warn => tracing::warn!(target: "cordboard", "{text}"),
            Level::Info => tracing::info!(target: "cordboard", "{text}"),
            Level::Debug => tracing::debug!(target: "cordboard", "{text}"),
        },
    }
}

/// What happened, and its fields; without numbers and addresses where the office wants that.
fn text_of(line: &LogLine) -> String {
    let redacted = logging::redacts().then(|| line.clone().redacted());
    let line = redacted.as_ref().unwrap_or(line);
    let mut text = line.event.clone().into_owned();
    for (name, value) in &line.fields {
        text.push_str(&format!(" {name}={value:?}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One test for both: the switch is the whole process's.
    #[test]
    fn numbers_and_addresses_stand_in_the_log_until_the_switch_is_turned() {
        let line = LogLine::new(Level::Info, "registered")
            .with("user", "101")
            .with("from", "udp:192.0.2.7:5060")
            .with("nat", true);
        let remote = "192.0.2.7:5060";
        let whole = "registered user=\"101\" from=\"udp:192.0.2.7:5060\" nat=\"true\"";
        assert_eq!((text_of(&line).as_str(), logging::peer(remote).to_string().as_str()), (whole, remote));
        logging::redact(true);
        let written = (text_of(&line), logging::peer(remote).to_string());
        logging::redact(false);
        assert_eq!(written.0, "registered user=\"…\" from=\"…\" nat=\"true\"");
        assert_eq!(written.1, "…");
    }
}
