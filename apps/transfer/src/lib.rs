//! Transfers by digits during a talk: what the one who transfers hears and types, blind and attended; and the call back to who has
//! transferred a call to somebody that does not answer. What becomes of the talk the call core does ([`cordboard_app::Transfer`]).
#![forbid(unsafe_code)]

mod recall;
mod transfer;

use cordboard_app::Application;
use std::rc::Rc;

/// Both applications.
pub fn applications() -> Vec<Rc<dyn Application>> {
    vec![Rc::new(transfer::InCallTransfer), Rc::new(recall::CallBack)]
}
