//! Our answers (RFC 3264 §6).

use crate::{Agreed, Capabilities, Local, Refusal, SessionDescription};
use cordboard_base::{Direction, Format};

/// Answers `offer` with one audio codec (and telephone-event), and what we agree on by that.
///
/// The codec is the first of `prefer` (what the other leg of the bridge speaks, its present codec first) that both the peer
/// and `caps` have, so that nothing is transcoded that need not be; else the first of the offer that `caps` has. `direction`
/// is what we want; the peer's narrows it. `previous` is our last description in this dialog.
pub fn answer(
    offer: &SessionDescription,
    local: &Local,
    caps: &Capabilities,
    prefer: &[Format],
    direction: Direction,
    previous: Option<&SessionDescription>,
) -> Result<(SessionDescription, Agreed), Refusal> {
    let _unfinished = (offer, local, caps, prefer, direction, previous);
    Err(Refusal::NoMedia)
}
