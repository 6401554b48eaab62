//! What is assumed where calls are foreseen: options that `routes --why` and `preview` share.

use cordboard_rehearsal::{Assumed, House};

/// What can't be known before a call.
#[derive(Debug, clap::Args)]
pub(super) struct AssumeArgs {
    /// How a user takes calls: `101=silent` (rings, nobody answers), `101=answers:8` (after 8 s), `101=busy`, `101=dnd`,
    /// `101=declines`, `101=refuses:480`, `101=offline`.
    #[arg(long, value_name = "USER=STATE")]
    state: Vec<String>,
    /// This user answers, after 5 s or as said: `103:8`.
    #[arg(long, value_name = "USER")]
    answer: Vec<String>,
    /// How a trunk is, or who is called by it: `itsp=down`, `itsp=refuses:503`, `itsp=answers:8`, `itsp=busy`.
    #[arg(long, value_name = "TRUNK=STATE")]
    trunk: Vec<String>,
    /// A user has dialled this before, such as the code of a night switch: `105=*280`.
    #[arg(long, value_name = "USER=NUMBER")]
    dialed: Vec<String>,
    /// A value of the scripts' database, in JSON: `night/0=true`.
    #[arg(long, value_name = "FAMILY/KEY=VALUE")]
    value: Vec<String>,
    /// Keys that the caller presses when it is asked for some; a comma between two answers: `1,2#`.
    #[arg(long, value_name = "KEYS", allow_hyphen_values = true)]
    keys: Option<String>,
    /// How long a talk lasts, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    talk: u32,
    /// After how many seconds the caller gives up, whatever it hears.
    #[arg(long, value_name = "SECONDS", default_value_t = 900, value_parser = clap::value_parser!(u32).range(1..=86_400))]
    patience: u32,
}

impl AssumeArgs {
    /// All of it; an error says what is wrong, and the nearest right thing.
    pub(super) fn assumed(&self, house: &House) -> Result<Assumed, String> {
        let mut assumed = Assumed { talk_s: self.talk, patience_s: self.patience, ..Assumed::usual() };
        for text in &self.state {
            assumed.state(house, text)?;
        }
        for text in &self.answer {
            assumed.answer(house, text)?;
        }
        for text in &self.trunk {
            assumed.trunk(house, text)?;
        }
        for text in &self.dialed {
            assumed.dialed(house, text)?;
        }
        for text in &self.value {
            assumed.value(text)?;
        }
        if let Some(keys) = &self.keys {
            assumed.keys(keys)?;
        }
        Ok(assumed)
    }
}
