//! Keeps the NATs of our phones open. A NAT may forget a UDP mapping after 30 s, and need not count packets from outside
//! as use (RFC 4787 REQ-6): so a request goes that the phone answers, not a mere empty datagram.

use super::binding::ContactState;
use super::{Binding, BindingId, Output, Registrar, Timer};
use crate::endpoint::Outcome;
use crate::message::{CSeq, Method, NameAddr, Request, name};
use cordboard_base::{Time, Transport};
use core::time::Duration;

/// Shortest longest time: a configuration of zero makes no storm.
const KEEP_ALIVE_MIN_S: u32 = 5;

impl Registrar {
    /// The outcome of an [`Output::KeepAlive`]: any response shows that the phone is there. A silent one keeps its binding
    /// (RFC 3261 knows expiry only), but is shown as unreachable.
    pub fn handle_keep_alive(&mut self, now: Time, id: BindingId, outcome: &Outcome) {
        let Some(binding) = self.bindings.get_mut(&id) else { return };
        let ContactState::Asked { at } = binding.contact_state else { return };
        binding.contact_state = match outcome {
            Outcome::Final(..) => ContactState::Reachable { round_trip: now - at },
            Outcome::TimedOut | Outcome::Unreachable => ContactState::Unreachable,
        };
    }

    /// Sets or cancels the binding's next keep-alive. One that is planned already stays: a phone that refreshes every ten
    /// seconds would put it off for ever otherwise.
    pub(super) fn plan_keep_alive(&mut self, now: Time, binding: &Binding) {
        let timer = Timer::KeepAlive(binding.id);
        if !binding.nat || binding.via.transport != Transport::Udp {
            self.timers.cancel(&timer);
        } else if self.timers.at(&timer).is_none() {
            // Spread, so that a thousand phones that came at once don't stay in step.
            let longest_ms = u64::from(self.settings.keep_alive_s.max(KEEP_ALIVE_MIN_S)) * 1_000;
            let early_ms = self.source.below(longest_ms / 5);
            self.timers.set(timer, now + Duration::from_millis(longest_ms - early_ms));
        }
    }

    pub(super) fn keep_alive(&mut self, now: Time, id: BindingId) {
        let Some(mut binding) = self.bindings.get(&id).cloned() else { return };
        self.plan_keep_alive(now, &binding);
        let request = Box::new(self.options(&binding));
        self.outputs.push_back(Output::KeepAlive { id, hop: binding.via, request });
        // One that is still being repeated keeps its start: the round trip is measured from there.
        if !matches!(binding.contact_state, ContactState::Asked { .. }) {
            binding.contact_state = ContactState::Asked { at: now };
            self.bindings.insert(id, binding);
        }
    }

    fn options(&mut self, binding: &Binding) -> Request {
        let mut request = Request::new(Method::Options, binding.contact.clone());
        let from = NameAddr::new(self.settings.identity.clone()).with_tag(&self.source.token());
        request.headers.push(name::FROM, from.to_string());
        request.headers.push(name::TO, NameAddr::new(binding.contact.clone()).to_string());
        request.headers.push(name::CALL_ID, self.source.token());
        request.headers.push(name::CSEQ, CSeq { number: 1, method: Method::Options }.to_string());
        for route in &binding.path {
            request.headers.push(name::ROUTE, route.to_string());
        }
        request
    }
}
