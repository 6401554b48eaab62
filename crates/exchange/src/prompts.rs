//! Prompts that the office has spoken itself: what is played by their names is its recording.

use crate::Exchange;
use cordboard_media::{Audio, Command};

impl Exchange {
    /// Puts files in the place of prompts that were recorded anew.
    pub(crate) fn with_own_prompts(&self, mut command: Command) -> Command {
        let own = &self.services.desk.prompts;
        if own.is_empty() {
            return command;
        }
        let play = match &mut command {
            Command::Play { play, .. } | Command::PlayInto { play: Some(play), .. } => play,
            Command::Open { .. }
            | Command::Setup { .. }
            | Command::Hear { .. }
            | Command::Stop { .. }
            | Command::SendDigits { .. }
            | Command::WithholdDigits { .. }
            | Command::WatchSilence { .. }
            | Command::DetectMachine { .. }
            | Command::Record { .. }
            | Command::PauseRecording { .. }
            | Command::EndRecording { .. }
            | Command::Mix { .. }
            | Command::EndMix { .. }
            | Command::SayInto { .. }
            | Command::PlayInto { play: None, .. }
            | Command::HearingVolume { .. }
            | Command::Close { .. } => return command,
        };
        for item in &mut play.items {
            let file = if let Audio::Prompt { name, .. } = &*item { own.get(name) } else { None };
            if let Some(path) = file {
                *item = Audio::File { path: path.clone(), from_ms: 0 };
            }
        }
        command
    }
}
