//! `ch.tone(name, options)` → the digit that stopped it, or `()`.

use super::play::played;
use crate::nearest::did_you_mean;
use crate::options::{Reads, Schema, Takes, option};
use crate::registry::{Kind, Literal, Param, Part, Receiver, Verb, options};
use crate::running::{Call, Fault};
use cordboard_app::Step;
use cordboard_media::Tone;
use rhai::Dynamic;

static TONE: Schema = Schema {
    keys: &[option(
        "seconds",
        Takes::Seconds,
        "How long; default: until a digit or the hang-up, a beep 0.25.",
    )],
};

/// Name, frequencies in Hz, level in dBm0, cadence in ms. The call progress tones are ITU-T E.180's recommended ones; the
/// milliwatt is the North American test tone (1,004 Hz at 0 dBm0).
const TONES: [(&str, [u16; 2], i8, &[u16]); 7] = [
    ("milliwatt", [1004, 0], 0, &[]),
    ("dial", [425, 0], -13, &[]),
    ("busy", [425, 0], -13, &[500, 500]),
    ("congestion", [425, 0], -13, &[250, 250]),
    ("ringback", [425, 0], -13, &[1000, 4000]),
    ("beep", [1000, 0], -13, &[]),
    ("info", [440, 0], -13, &[100, 100]),
];

/// A beep is short unless told otherwise.
const BEEP_MS: u32 = 250;

const NAME: Param =
    Param { name: "tone", literal: Literal::Word(|| TONES.iter().map(|(name, ..)| *name).collect()) };

pub(super) const VERBS: &[Verb] = &[Verb {
    on: Receiver::Part(Part::Channel),
    name: "tone",
    kind: Kind::Step,
    params: &[NAME, options(&TONE)],
    required: 1,
    run: tone,
}];

fn tone(call: &Call<'_>, arguments: &[Dynamic]) -> Result<Dynamic, Fault> {
    let options = TONE.read(arguments.get(1))?;
    let name = arguments.first().and_then(|name| name.clone().into_immutable_string().ok());
    let name = name.ok_or("tone takes a name: milliwatt, dial, busy, congestion, ringback, beep, info")?;
    let found = TONES.iter().find(|(known, ..)| *known == name.as_str());
    let Some((_, frequencies_hz, level_dbm0, cadence_ms)) = found else {
        let hint = did_you_mean(&name, TONES.iter().map(|(name, ..)| *name)).unwrap_or_default();
        return Err(Fault::Error(format!("there is no tone \"{name}\" {hint}").trim_end().to_owned()));
    };
    let short = if name == "beep" { BEEP_MS } else { 0 };
    let reply = call.step(Step::Tone(Tone {
        frequencies_hz: *frequencies_hz,
        level_dbm0: *level_dbm0,
        cadence_ms: cadence_ms.to_vec(),
        duration_ms: options.ms("seconds").unwrap_or(short),
    }))?;
    played(call, &reply)
}
