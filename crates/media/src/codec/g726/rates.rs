//! What differs between the four rates: the quantisers and the multipliers that codes select (G.726 §2.4–2.8, tables 1–4, 6
//! and 7). Each table lists the codes of positive differences from small to large; negative ones mirror them.

/// One rate of G.726.
#[derive(Debug)]
pub(super) struct Rate {
    /// Bits of a code.
    pub(super) bits: u32,
    /// Decision levels, log2 of the normalised difference in 2^-7 steps.
    pub(super) decisions: &'static [i16],
    /// What the magnitude of each code says.
    pub(super) levels: &'static [Level],
    /// By what power of two the zero coefficients leak: 8, at 40 kbit/s 9 (§3.4, UPB).
    pub(super) leak: u32,
}

/// The meaning of a code's magnitude.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    /// Logarithm of the rebuilt difference, 2^-7 steps (RECONST).
    pub(super) log: i16,
    /// Scale factor multiplier W(I), 2^-9 steps (FUNCTW and its shift by five).
    pub(super) scale: i32,
    /// F(I), 2^-9 steps (FUNCTF and its shift by nine).
    pub(super) rate_of_change: i16,
}

const fn level(log: i16, scale: i32, rate_of_change: i16) -> Level {
    Level { log, scale: scale << 5, rate_of_change: rate_of_change << 9 }
}

pub(super) static KBITS_16: Rate =
    Rate { bits: 2, decisions: &[261], levels: &[level(116, -22, 0), level(365, 439, 7)], leak: 8 };

pub(super) static KBITS_24: Rate = Rate {
    bits: 3,
    decisions: &[8, 218, 331],
    levels: &[level(-2_048, -4, 0), level(135, 30, 1), level(273, 137, 2), level(373, 582, 7)],
    leak: 8,
};

pub(super) static KBITS_32: Rate = Rate {
    bits: 4,
    decisions: &[-124, 80, 178, 246, 300, 349, 400],
    levels: &[
        level(-2_048, -12, 0),
        level(4, 18, 0),
        level(135, 41, 0),
        level(213, 64, 1),
        level(273, 112, 1),
        level(323, 198, 1),
        level(373, 355, 3),
        level(425, 1_122, 7),
    ],
    leak: 8,
};

pub(super) static KBITS_40: Rate = Rate {
    bits: 5,
    decisions: &[-122, -16, 68, 139, 198, 250, 298, 339, 378, 413, 445, 475, 502, 528, 553],
    levels: &[
        level(-2_048, 14, 0),
        level(-66, 14, 0),
        level(28, 24, 0),
        level(104, 39, 0),
        level(169, 40, 0),
        level(224, 41, 1),
        level(274, 58, 1),
        level(318, 100, 1),
        level(358, 141, 1),
        level(395, 179, 1),
        level(429, 219, 2),
        level(459, 280, 3),
        level(488, 358, 4),
        level(514, 440, 5),
        level(539, 529, 6),
        level(566, 696, 6),
    ],
    leak: 9,
};
