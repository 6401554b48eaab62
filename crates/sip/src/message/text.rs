//! Text of a message: a piece of the head as it was received, or text of its own. A parsed message holds its head once, and
//! its fields are places in it: one allocation instead of one a field.

/// A piece of text that may lie in a head.
#[derive(Clone, Debug)]
pub(super) enum Text {
    /// A constant.
    Constant(&'static str),
    /// `head[from..until]`.
    Received {
        from: u32,
        until: u32,
    },
    Own(String),
}

impl Text {
    /// `piece` as a place in `head` if it lies there, else a copy.
    pub(super) fn of(piece: &str, head: &str) -> Self {
        let offset = (piece.as_ptr() as usize).checked_sub(head.as_ptr() as usize);
        let place = offset.and_then(|from| {
            let until = from.checked_add(piece.len()).filter(|until| *until <= head.len())?;
            Some(Self::Received { from: u32::try_from(from).ok()?, until: u32::try_from(until).ok()? })
        });
        place.unwrap_or_else(|| Self::Own(piece.to_owned()))
    }

    /// The text; `head` is the one it was made with.
    pub(super) fn of_head<'a>(&'a self, head: &'a str) -> &'a str {
        match self {
            Self::Constant(text) => text,
            Self::Received { from, until } => head.get(*from as usize..*until as usize).unwrap_or(""),
            Self::Own(text) => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_of_the_head_are_places_and_others_are_copies() {
        let head = String::from("To: you");
        let place = Text::of(&head[4..], &head);
        assert!(matches!(place, Text::Received { from: 4, until: 7 }));
        assert_eq!(place.of_head(&head), "you");
        let copy = Text::of("elsewhere", &head);
        assert!(matches!(copy, Text::Own(_)));
        assert_eq!(copy.of_head(&head), "elsewhere");
    }
}
