//! Memory that is only there to be used again.

/// A buffer that is no part of its owner's state: left out when the state is kept, equal to any other when states are compared.
#[derive(Clone, Debug)]
pub(crate) struct Scratch<T>(pub(crate) Vec<T>);

impl<T> Default for Scratch<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> PartialEq for Scratch<T> {
    fn eq(&self, _other: &Self) -> bool {
        true
    }
}
