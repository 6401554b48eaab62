//! The clock and the calendar.

use super::{Group, Page};

pub(super) const GROUP: Group = Group { title: "Clock and calendar", pages: PAGES };

const PAGES: &[Page] = &[
    Page {
        name: "now",
        usage: "",
        summary: "Asks for the time.",
        arguments: &[],
        outcome: "Whole seconds since 1970.",
        example: "let began = now();",
    },
    Page {
        name: "today",
        usage: "",
        summary: "Asks for the date in the office's time zone.",
        arguments: &[],
        outcome: "A text: \"2026-12-25\".",
        example: "if today() == \"2026-12-31\" { ch.play(\"welcome\"); }",
    },
    Page {
        name: "strftime",
        usage: "",
        summary: "Writes a time in the office's time zone.",
        arguments: &[
            ("format", "As strftime of C has it: \"%H:%M\"."),
            ("time", "Seconds since 1970, as now() yields them; default: now."),
        ],
        outcome: "A text.",
        example: "log::info(strftime(\"%A, %H:%M\"));",
    },
    Page {
        name: "hours",
        usage: "",
        summary: "Asks whether the office is open.",
        arguments: &[("name", "The opening hours, as etc/hours.toml names them.")],
        outcome: "#{open, next}: next is the time of the next change, in seconds since 1970, or () if there is none within five weeks.",
        example: "if !hours(\"office\").open { ch.play(\"office-closed\"); ch.hangup(); }",
    },
    Page {
        name: "in_time",
        usage: "",
        summary: "Asks whether it is one of these days and times now, in the office's time zone.",
        arguments: &[
            ("days", "\"mon-fri\", \"sat,sun\", or \"*\"."),
            (
                "times",
                "\"09:00-17:30\", several with commas between, or \"*\". The last minute is within; a span past midnight belongs to the day on which it began.",
            ),
        ],
        outcome: "true or false.",
        example: "if in_time(\"mon-fri\", \"09:00-17:30\") { ch.queue(\"sales\"); }",
    },
    Page {
        name: "holiday",
        usage: "",
        summary: "Asks which holiday a date is, by etc/hours.toml.",
        arguments: &[("date", "\"2026-12-25\", or today().")],
        outcome: "Its name, or ().",
        example: "if holiday(today()) != () { ch.play(\"office-closed\"); ch.hangup(); }",
    },
];
