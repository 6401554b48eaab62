//! Session timers (RFC 4028): who refreshes, when, and what happens when nobody does.

use super::machine::{Asked, Phase};
use super::{LegTimer, Session};
use crate::endpoint::transmit::Core;
use crate::message::{Headers, name};
use core::time::Duration;
use serde::{Deserialize, Serialize};

/// The shortest interval that we take (RFC 4028 §5).
pub const MIN_SE: Duration = Duration::from_secs(90);
/// Longer wishes are cut to a day: a deadline has to come some time.
const INTERVAL_MAX: Duration = Duration::from_secs(86_400);

/// The state of a leg's session timer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct SessionTimer {
    /// `None`: the session does not expire.
    interval: Option<Duration>,
    /// The largest Min-SE that a peer named.
    min_se: Option<Duration>,
    we_refresh: bool,
}

fn seconds(headers: &Headers) -> Option<Duration> {
    headers.number(name::SESSION_EXPIRES).map(|s| Duration::from_secs(u64::from(s)).min(INTERVAL_MAX))
}

/// Whether the refresher is the client of the transaction; `None` if it is not said.
fn refresher_is_client(headers: &Headers) -> Option<bool> {
    let value = headers.first(name::SESSION_EXPIRES)?;
    value.split(';').skip(1).find_map(|param| {
        let (key, value) = param.split_once('=')?;
        if !key.trim().eq_ignore_ascii_case("refresher") {
            return None;
        }
        Some(value.trim().eq_ignore_ascii_case("uac"))
    })
}

impl SessionTimer {
    /// What a new outgoing leg asks for.
    pub(super) fn wish(&mut self, interval: Option<Duration>) {
        self.interval = interval.map(|interval| interval.clamp(MIN_SE, INTERVAL_MAX));
    }

    /// Into our first INVITE (§7.1): the peer may choose who refreshes.
    pub(super) fn ask(&self, headers: &mut Headers) {
        if let Some(interval) = self.interval {
            headers.set(name::SESSION_EXPIRES, interval.as_secs().to_string());
            headers.set(name::MIN_SE, self.min_se.unwrap_or(MIN_SE).as_secs().to_string());
        }
    }

    /// Into a re-INVITE or UPDATE of ours (§7.4): who refreshes stays.
    pub(super) fn renew(&self, headers: &mut Headers) {
        if let Some(interval) = self.interval {
            let refresher = if self.we_refresh { "uac" } else { "uas" };
            headers.set(name::SESSION_EXPIRES, format!("{};refresher={refresher}", interval.as_secs()));
            headers.set(name::MIN_SE, self.min_se.unwrap_or(MIN_SE).as_secs().to_string());
        }
    }

    /// A 422 came: the interval grows to its Min-SE (§7.3). `false` if that says nothing new.
    pub(super) fn raise(&mut self, min_se: Option<u32>) -> bool {
        let (Some(least), Some(interval)) = (min_se, self.interval) else { return false };
        let least = Duration::from_secs(u64::from(least));
        if least <= interval && self.min_se.is_some_and(|known| known >= least) || least > INTERVAL_MAX {
            return false;
        }
        self.min_se = Some(least);
        self.interval = Some(interval.max(least));
        true
    }

    /// From a 2xx to a request of ours (§7.2).
    pub(super) fn agreed(&mut self, headers: &Headers) {
        self.interval = seconds(headers).filter(|interval| !interval.is_zero());
        self.we_refresh = refresher_is_client(headers).unwrap_or(true);
    }

    /// Into a 2xx to a request of the peer (§9). A peer that names no refresher is spared the work.
    pub(super) fn answer(&mut self, request: &Headers, response: &mut Headers, ours: Option<Duration>) {
        let knows = request.lists(name::SUPPORTED, "timer") || request.lists(name::REQUIRE, "timer");
        let asked = seconds(request);
        if let Some(least) = request.number(name::MIN_SE) {
            self.min_se = Some(Duration::from_secs(u64::from(least)).min(INTERVAL_MAX));
        }
        let least = self.min_se.unwrap_or(MIN_SE);
        let wish = if knows { self.interval.or(ours).map(|interval| interval.max(least)) } else { None };
        self.interval = asked.or(wish);
        let Some(interval) = self.interval else { return };
        let client = asked.is_some() && knows && refresher_is_client(request) == Some(true);
        self.we_refresh = !client;
        let refresher = if client { "uac" } else { "uas" };
        response.set(name::SESSION_EXPIRES, format!("{};refresher={refresher}", interval.as_secs()));
        if client {
            response.push(name::REQUIRE, "timer");
        }
    }

    /// Whether a request asks for less than [`MIN_SE`] and was refused with 422 (§9).
    pub(super) fn refuse_short(&self, core: &mut Core, asked: &Asked) -> bool {
        if !is_too_short(&asked.request.headers) {
            return false;
        }
        let mut response = asked.request.response(422);
        response.headers.push(name::MIN_SE, MIN_SE.as_secs().to_string());
        core.count_refusal();
        core.respond(asked.txn, response);
        true
    }
}

/// Whether a request's Session-Expires is below what we take.
pub(crate) fn is_too_short(headers: &Headers) -> bool {
    seconds(headers).is_some_and(|interval| interval < MIN_SE)
}

impl Session {
    /// Starts the timers anew, after each exchange that refreshes (§10).
    pub(super) fn run_timer(&mut self, core: &mut Core) {
        // Before the final response there is no session to expire.
        let established = matches!(self.phase, Phase::Established);
        let Some(interval) = self.timer.interval.filter(|_| established) else {
            self.disarm(core, LegTimer::Refresh);
            self.disarm(core, LegTimer::Expire);
            return;
        };
        if self.timer.we_refresh {
            self.arm(core, LegTimer::Refresh, interval / 2);
        } else {
            self.disarm(core, LegTimer::Refresh);
        }
        // §10: BYE the smaller of 32 s and a third of the interval before the end.
        let margin = Duration::from_secs(32).min(interval / 3);
        self.arm(core, LegTimer::Expire, interval.saturating_sub(margin));
    }

    /// Half of the interval is over.
    pub(super) fn refresh(&mut self, _core: &mut Core) {
        self.propose_refresh();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(fields: &[(&str, &str)]) -> Headers {
        let mut headers = Headers::default();
        for (name, value) in fields {
            headers.push(name, *value);
        }
        headers
    }

    fn answered(fields: &[(&str, &str)]) -> (Option<String>, bool) {
        let (mut timer, mut response) = (SessionTimer::default(), Headers::default());
        timer.answer(&headers(fields), &mut response, Some(Duration::from_secs(1_800)));
        (response.first(name::SESSION_EXPIRES).map(str::to_owned), timer.we_refresh)
    }

    #[test]
    fn the_callers_choice_of_refresher_stays() {
        let both = [(name::SUPPORTED, "timer"), (name::SESSION_EXPIRES, "600;refresher=uac")];
        assert_eq!(answered(&both), (Some("600;refresher=uac".into()), false));
        let ours = [(name::SUPPORTED, "timer"), (name::SESSION_EXPIRES, "600;refresher=uas")];
        assert_eq!(answered(&ours), (Some("600;refresher=uas".into()), true));
    }

    #[test]
    fn we_refresh_where_nobody_is_named_and_ask_where_nothing_is_said() {
        assert!(answered(&[(name::SUPPORTED, "timer"), (name::SESSION_EXPIRES, "600")]).1);
        assert_eq!(answered(&[(name::SUPPORTED, "timer")]), (Some("1800;refresher=uas".into()), true));
        assert_eq!(answered(&[]), (None, false));
    }

    #[test]
    fn a_422_raises_the_interval_once() {
        let mut timer = SessionTimer::default();
        timer.wish(Some(Duration::from_secs(90)));
        assert!(timer.raise(Some(300)));
        assert_eq!(timer.interval, Some(Duration::from_secs(300)));
        assert!(!timer.raise(Some(300)));
        assert!(!timer.raise(None));
    }
}
