//! The three pieces.

use super::instruments::Instrument::{Bar, Pad, Piano, String};
use super::{Notes, Part, Piece};

/// All of them, in the order of their names' files.
pub(crate) const PIECES: &[Piece] = &[MORNING, HARBOUR, EVENING];

/// A guitar's song in C: 24 bars of four.
const MORNING: Piece = Piece {
    name: "morning",
    beats_per_minute: 84.0,
    parts: &[
        Part {
            instrument: String,
            gain: 0.5,
            notes: Notes::Broken {
                chords: MORNING_CHORDS,
                beats: 4,
                pattern: &[0, 2, 1, 2, 3, 2, 1, 2],
                step: 0.5,
            },
        },
        Part {
            instrument: Pad,
            gain: 0.07,
            notes: Notes::Struck { chords: MORNING_PAD, beats: 4, at: &[0.0] },
        },
        Part { instrument: String, gain: 0.85, notes: Notes::Melody(MORNING_TUNE) },
    ],
};

const MORNING_CHORDS: &[&str] = &[
    "c3 g3 c4 e4",
    "a3 c4 e4 g4",
    "f3 a3 c4 f4",
    "g3 b3 d4 g4",
    "c3 g3 c4 e4",
    "e3 g3 b3 e4",
    "f3 a3 c4 f4",
    "g3 c4 d4 g4",
    "c3 g3 c4 e4",
    "a3 c4 e4 g4",
    "f3 a3 c4 f4",
    "g3 b3 d4 g4",
    "c3 g3 c4 e4",
    "e3 g3 b3 e4",
    "f3 a3 c4 f4",
    "g3 b3 d4 g4",
    "a3 c4 e4 a4",
    "e3 g3 b3 e4",
    "f3 a3 c4 f4",
    "c3 g3 c4 e4",
    "d3 a3 d4 f4",
    "g3 b3 d4 g4",
    "c3 g3 c4 e4",
    "g3 c4 d4 g4",
];

const MORNING_PAD: &[&str] = &[
    "e4 g4", "e4 g4", "f4 a4", "d4 g4", "e4 g4", "e4 b4", "f4 a4", "d4 g4", "e4 g4", "e4 a4", "f4 c5",
    "d4 b4", "e4 g4", "e4 b4", "f4 a4", "d4 g4", "e4 c5", "e4 b4", "f4 a4", "e4 g4", "f4 a4", "d4 b4",
    "e4 g4", "d4 g4",
];

const MORNING_TUNE: &[&str] = &[
    "e5*1.5 d5*0.5 c5 g4",
    "a4*1.5 c5*0.5 e5*2",
    "f5 e5*0.5 d5*0.5 c5*2",
    "d5*1.5 e5*0.5 d5 b4",
    "c5 e5 g5*1.5 e5*0.5",
    "b4 e5 g5*2",
    "a5 g5*0.5 f5*0.5 e5 c5",
    "d5*3 -",
    "g5*1.5 e5*0.5 c5 e5",
    "a5 g5*0.5 e5*0.5 c5*2",
    "f5*1.5 g5*0.5 a5 f5",
    "g5 d5 b4*2",
    "c5*0.5 d5*0.5 e5 g5*2",
    "e5 b4 g4*2",
    "a4 c5 f5 e5",
    "d5*2 b4 -",
    "c5*2 b4 a4",
    "b4*1.5 g4*0.5 e4*2",
    "a4 b4 c5 a4",
    "g4*3 -",
    "a4 d5 f5*1.5 e5*0.5",
    "d5 b4 g4*2",
    "e5*1.5 d5*0.5 c5*2",
    "b4 c5 d5*2",
];

/// An electric piano and a vibraphone in F: 24 bars of four, slowly.
const HARBOUR: Piece = Piece {
    name: "harbour",
    beats_per_minute: 72.0,
    parts: &[
        Part {
            instrument: Piano,
            gain: 0.2,
            notes: Notes::Struck { chords: HARBOUR_CHORDS, beats: 4, at: &[0.0, 1.5, 3.0] },
        },
        Part {
            instrument: Piano,
            gain: 0.2,
            notes: Notes::Broken { chords: HARBOUR_ROOTS, beats: 4, pattern: &[0, 1], step: 2.0 },
        },
        Part { instrument: Bar, gain: 0.42, notes: Notes::Melody(HARBOUR_TUNE) },
    ],
};

const HARBOUR_CHORDS: &[&str] = &[
    "a3 c4 e4 g4",
    "f3 a3 c4 e4",
    "bb3 d4 f4 a4",
    "bb3 c4 f4 g4",
    "g3 c4 e4 g4",
    "f3 a3 c4 e4",
    "f3 a3 bb3 d4",
    "bb3 c4 d4 g4",
    "a3 c4 e4 g4",
    "f3 a3 c4 e4",
    "bb3 d4 f4 a4",
    "bb3 c4 f4 g4",
    "g3 c4 e4 g4",
    "f3 a3 c4 e4",
    "f3 a3 bb3 d4",
    "bb3 c4 d4 g4",
    "f3 a3 bb3 d4",
    "g3 a3 c4 e4",
    "f3 g3 bb3 d4",
    "e3 a3 c4 f4",
    "f3 a3 bb3 d4",
    "g3 a3 c4 e4",
    "f3 g3 bb3 d4",
    "bb3 c4 d4 g4",
];

const HARBOUR_ROOTS: &[&str] = &[
    "f3 c4", "d3 a3", "g3 d4", "c4 g3", "a3 e3", "d3 a3", "bb3 f3", "c4 g3", "f3 c4", "d3 a3", "g3 d4",
    "c4 g3", "a3 e3", "d3 a3", "bb3 f3", "c4 g3", "bb3 f3", "a3 e3", "g3 d3", "f3 c4", "bb3 f3", "a3 e3",
    "g3 d3", "c4 g3",
];

const HARBOUR_TUNE: &[&str] = &[
    "- a5*0.5 g5*0.5 f5 c5",
    "d5*3 -",
    "- bb4*0.5 c5*0.5 d5 f5",
    "g5*3 -",
    "-*0.5 a5*0.5 c6 a5 g5",
    "f5*2 d5*2",
    "d5 f5 e5 d5",
    "c5*3 -",
    "- c5*0.5 d5*0.5 f5 a5",
    "g5*1.5 f5*0.5 d5*2",
    "- f5*0.5 g5*0.5 a5 bb5",
    "g5*3 -",
    "-*0.5 e5*0.5 g5 c6 a5",
    "a5*1.5 g5*0.5 f5*2",
    "d5 c5 bb4 d5",
    "c5*3 -",
    "d5*1.5 f5*0.5 a5*2",
    "g5 e5 c5*2",
    "bb4*1.5 d5*0.5 f5*2",
    "e5 f5*0.5 e5*0.5 c5*2",
    "d5 f5 a5 bb5",
    "a5*2 g5 e5",
    "f5 d5 bb4 d5",
    "c5*3 -",
];

/// A waltz in G for harp and bells: 40 bars of three.
const EVENING: Piece = Piece {
    name: "evening",
    beats_per_minute: 100.0,
    parts: &[
        Part {
            instrument: String,
            gain: 0.42,
            notes: Notes::Broken {
                chords: EVENING_CHORDS,
                beats: 3,
                pattern: &[0, 1, 2, 3, 2, 1],
                step: 0.5,
            },
        },
        Part {
            instrument: Pad,
            gain: 0.1,
            notes: Notes::Struck { chords: EVENING_PAD, beats: 3, at: &[0.0] },
        },
        Part { instrument: Bar, gain: 0.5, notes: Notes::Melody(EVENING_TUNE) },
    ],
};

const EVENING_CHORDS: &[&str] = &[
    "g3 b3 d4 g4",
    "e3 b3 e4 g4",
    "c4 e4 g4 c5",
    "d3 a3 d4 f#4",
    "g3 b3 d4 g4",
    "e3 b3 e4 g4",
    "a3 c4 e4 a4",
    "d3 a3 d4 f#4",
    "b3 d4 f#4 b4",
    "e3 b3 e4 g4",
    "c4 e4 g4 c5",
    "g3 b3 d4 g4",
    "a3 c4 e4 a4",
    "c4 e4 g4 c5",
    "d3 a3 d4 f#4",
    "d4 f#4 a4 c5",
    "e3 b3 e4 g4",
    "b3 d4 f#4 b4",
    "c4 e4 g4 c5",
    "g3 b3 d4 g4",
    "a3 c4 e4 a4",
    "e3 b3 e4 g4",
    "c4 e4 g4 c5",
    "d3 a3 d4 f#4",
    "g3 b3 d4 g4",
    "e3 b3 e4 g4",
    "c4 e4 g4 c5",
    "d3 a3 d4 f#4",
    "g3 b3 d4 g4",
    "e3 b3 e4 g4",
    "a3 c4 e4 a4",
    "d3 a3 d4 f#4",
    "b3 d4 f#4 b4",
    "e3 b3 e4 g4",
    "c4 e4 g4 c5",
    "g3 b3 d4 g4",
    "a3 c4 e4 a4",
    "d3 a3 d4 f#4",
    "g3 b3 d4 g4",
    "d4 f#4 a4 c5",
];

const EVENING_PAD: &[&str] = &[
    "d4 g4", "e4 g4", "e4 g4", "d4 f#4", "d4 g4", "e4 g4", "e4 a4", "d4 f#4", "f#4 b4", "e4 g4", "e4 g4",
    "d4 g4", "e4 a4", "e4 g4", "d4 f#4", "f#4 a4", "e4 g4", "d4 f#4", "e4 g4", "d4 g4", "e4 a4", "e4 g4",
    "e4 g4", "d4 f#4", "d4 g4", "e4 g4", "e4 g4", "d4 f#4", "d4 g4", "e4 g4", "e4 a4", "d4 f#4", "f#4 b4",
    "e4 g4", "e4 g4", "d4 g4", "e4 a4", "d4 f#4", "d4 g4", "f#4 a4",
];

const EVENING_TUNE: &[&str] = &[
    "b4*2 d5",
    "g5*3",
    "e5*2 d5",
    "a4*3",
    "b4*2 d5",
    "e5*2 g5",
    "c5*2 b4",
    "a4*3",
    "f#5*2 d5",
    "e5*2 b4",
    "c5 d5 e5",
    "d5*3",
    "c5*2 e5",
    "g5*2 e5",
    "d5*3",
    "-*3",
    "e5 f#5 g5",
    "f#5*2 d5",
    "e5 d5 c5",
    "b4*3",
    "c5 d5 e5",
    "g5*2 e5",
    "e5 d5 c5",
    "d5*3",
    "b4 d5 g5",
    "b5*2 g5",
    "e5*2 g5",
    "f#5*3",
    "g5*2 d5",
    "e5 g5 b5",
    "a5*2 e5",
    "f#5*3",
    "b5*2 f#5",
    "g5*2 e5",
    "e5 d5 c5",
    "b4*3",
    "c5 e5 a5",
    "f#5*2 d5",
    "g5*3",
    "-*3",
];
