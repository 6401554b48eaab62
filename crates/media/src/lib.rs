//! RTP sessions, codecs, prompts, tones, telephone events.
