//! The wall clock in the names of recordings, which the call core does not know.

use crate::Exchange;
use cordboard_base::Time;
use cordboard_media::Command;
use jiff::Timestamp;

impl Exchange {
    /// Fills `{date}` and `{time}` into the name of a recording, in the office's zone.
    pub(crate) fn dated(&self, now: Time, mut command: Command) -> Command {
        if let Command::Record { settings, .. } = &mut command
            && let Ok(at) = Timestamp::from_microsecond(self.setup.anchor.unix_micros(now))
        {
            let at = at.to_zoned(self.zone.clone());
            let (date, time) = (at.strftime("%Y-%m-%d").to_string(), at.strftime("%H%M%S").to_string());
            settings.name = settings.name.replace("{date}", &date).replace("{time}", &time);
        }
        command
    }
}
