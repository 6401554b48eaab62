//! Trunks: which of them a call comes from or goes out by.

use crate::Exchange;
use crate::ResolveId;
use cordboard_base::{CallId, Hop, Time};
use cordboard_call::{OutOfReach, TrunkRoute};
use cordboard_sip::endpoint::Outcome;
use cordboard_sip::message::{Request, Response};

impl Exchange {
    pub(crate) fn recognise_trunk(
        &mut self,
        _now: Time,
        _request: &Request,
        _from: &Hop,
    ) -> Result<Option<String>, Box<Response>> {
        Ok(None)
    }
    pub(crate) fn is_trunk_full(&self, _trunk: &str) -> bool {
        false
    }
    pub(crate) fn reserve_channel(&mut self, _call: CallId, _trunk: &str) {}
    pub(crate) fn release_channels(&mut self, _call: CallId) {}
    pub(crate) fn incoming_number(&self, _trunk: &str, number: &str) -> String {
        number.to_owned()
    }
    pub(crate) fn reach_trunk(
        &mut self,
        _now: Time,
        _call: CallId,
        _trunk: &str,
        _number: &str,
    ) -> Result<TrunkRoute, OutOfReach> {
        Err(OutOfReach::Unknown)
    }
    pub(crate) fn state_of_trunk(&self, _trunk: &str) -> &'static str {
        "unknown"
    }
    pub(crate) fn handle_resolved(&mut self, _now: Time, _id: ResolveId, _hops: Vec<Hop>, _ttl_s: u32) {}
    pub(crate) fn trunk_response(&mut self, _now: Time, _id: u64, _outcome: Outcome) {}
    pub(crate) fn drain_trunks(&mut self, _now: Time) -> bool {
        false
    }
    pub(crate) fn reconfigure_trunks(&mut self, _now: Time) {}
}
