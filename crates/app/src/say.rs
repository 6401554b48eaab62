//! What is said, as lists of prompts: digits, spelling, numbers, times, by a grammar per language.
//!
//! Prompts carry Asterisk's names (`digits/1`, `digits/hundred`, `letters/a`, `digits/day-1`, …).
