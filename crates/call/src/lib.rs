//! The B2BUA core: legs, bridges, ring plans, programs.
