//! Whom an office asks over HTTP.

use super::{Group, Page};

pub(super) const GROUP: Group = Group { title: "Web", pages: PAGES };

const PAGES: &[Page] = &[
    Page {
        name: "http::get",
        usage: "",
        summary: "Asks a web server. The hosts that may be asked are in etc/cordboard.toml, [http]; a script makes at most 20 requests.",
        arguments: &[(
            "url",
            "The address: a plain text. What a caller supplied goes into the option query.",
        )],
        outcome: "#{status, body, headers, ms}. status: the code of the answer, whatever it is, or timeout, refused, unknown-host, tls, too-large, malformed, not-allowed, overloaded; body: a text of at most 65,536 bytes; headers: by names in small letters; ms: how long it took. Body and headers are like what a caller supplied.",
        example: "let r = http::get(\"https://crm.example/lookup\", #{ timeout: 2, query: #{ number: ch.caller.number } });\nif r.status == 200 { ch.caller.name = json(r.body).name; }",
    },
    Page {
        name: "http::post",
        usage: "",
        summary: "Sends something to a web server, as http::get asks.",
        arguments: &[
            ("url", "The address: a plain text."),
            ("body", "A text; or anything else, which is sent as JSON."),
        ],
        outcome: "As http::get.",
        example: "http::post(\"https://crm.example/calls\", #{ from: ch.caller.number, to: ch.dialed });",
    },
    Page {
        name: "json",
        usage: "",
        summary: "Reads JSON: a map, an array, or a single value; an error if it is none. At most 1,000 values, 16 deep.",
        arguments: &[("text", "A text, whoever supplied it.")],
        outcome: "What it says. Texts in it are like what a caller supplied if the text was.",
        example: "let answer = json(\"{\\\"queue\\\": \\\"sales\\\"}\");\nch.queue(answer.queue);",
    },
];
