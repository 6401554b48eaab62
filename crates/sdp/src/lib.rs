//! Session descriptions, and offer/answer as a pure function.
