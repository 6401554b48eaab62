//! Calls that the office makes of itself, for a service that wants one: admitted as any other call is.

use crate::exchange::Drain;
use crate::{Exchange, LogLine};
use cordboard_app::{CallInfo, Cause, Identity, Level, OnBehalfOf, Originate, ServiceInput, Then};
use cordboard_base::{CallId, Time};
use cordboard_call::Input as CallInput;

impl Exchange {
    /// Makes a call; the service hears what became of it.
    pub(crate) fn originate(&mut self, now: Time, kind: &str, number: u64, originate: Originate) {
        let full = self.calls.whole() >= usize::try_from(self.setup.limits.calls).unwrap_or(usize::MAX);
        if full || self.drain != Drain::No {
            self.log(LogLine::new(Level::Warn, "call not made: limit reached").with("service", kind));
            let (call, failed) = (CallId(0), Some(Cause::CONGESTION));
            return self.serve(now, kind, ServiceInput::Originated { number, call, failed });
        }
        let call = self.new_call_id();
        let info = Box::new(self.originated_info(call, &originate));
        self.services.desk.originated.insert(call, (kind.to_owned(), number));
        let originate = Box::new(originate);
        self.calls.handle(now, CallInput::Originate { call, info, originate });
    }

    /// Somebody has answered, or nobody.
    pub(crate) fn originated(&mut self, now: Time, call: CallId, failed: Option<Cause>) {
        if let Some((kind, number)) = self.services.desk.originated.remove(&call) {
            self.serve(now, &kind, ServiceInput::Originated { number, call, failed });
        }
    }

    /// What is not said of whoever the call is made for is what the configuration says.
    pub(crate) fn originated_info(&self, call: CallId, originate: &Originate) -> CallInfo {
        let OnBehalfOf { user, context, caller, lang } = originate.on_behalf_of.clone();
        let setup = user.as_ref().and_then(|user| self.setup.users.get(user));
        let or = |given: String, of_user: Option<&String>, office: &str| {
            let given = Some(given).filter(|given| !given.is_empty());
            given
                .or_else(|| of_user.filter(|own| !own.is_empty()).cloned())
                .unwrap_or_else(|| office.to_owned())
        };
        CallInfo {
            call: call.to_string(),
            context: or(context, setup.map(|setup| &setup.context), ""),
            dialed: match &originate.then {
                Then::Enter { number } => number.clone(),
                Then::Run { .. } => String::new(),
            },
            caller: if caller == Identity::default() {
                setup.map(|setup| setup.identity.clone()).unwrap_or_default()
            } else {
                caller
            },
            lang: or(lang, setup.map(|setup| &setup.lang), &self.setup.office.lang),
            user,
            ..CallInfo::default()
        }
    }
}
