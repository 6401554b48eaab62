//! From what an offer and its answer agreed on to what the engine is told.

use crate::{StreamSetup, TelephoneEvent};
use cordboard_sdp::AgreedAudio;

impl StreamSetup {
    /// The audio stream as it was agreed. `timeout_ms` as in [`StreamSetup::timeout_ms`].
    pub fn of(audio: &AgreedAudio, timeout_ms: u32) -> Self {
        Self {
            remote_rtp: audio.remote_rtp,
            remote_rtcp: audio.remote_rtcp,
            rtcp_mux: audio.rtcp_mux,
            send: audio.send.clone(),
            receive: audio.receive.clone(),
            telephone_event: audio.telephone_event.map(|event| TelephoneEvent {
                send_payload_type: event.send_pt,
                receive_payload_type: event.receive_pt,
                clock_rate_hz: event.clock_rate_hz,
            }),
            ptime_ms: audio.ptime_ms,
            sends: audio.direction.sends(),
            receives: audio.direction.receives(),
            timeout_ms,
            extended_reports: audio.extended_reports,
        }
    }
}
