//! 01xx: what can't be read or run at all.

use super::{Code, Within, codes};

codes! { [pub(crate)]
    SYNTAX = Code::error(101), "the script can't be read", Within::Handler,
        "What stands here is not the language: often a bracket, a quote, a comma between arguments or a `;` after a statement is missing, at this place or shortly before it. Comparing is `==`; `=` alone sets a variable.",
        "if ch.dialed = \"100\" { ch.answer(); }" => "if ch.dialed == \"100\" { ch.answer(); }\nelse { ch.hangup(\"unallocated\"); }";
    NO_VARIABLE = Code::error(102), "there is no such variable", Within::Handler,
        "A word that stands alone is a variable, and none of that name is in sight here. A text needs quotes; what one function calls its own another one does not see, so hand it over as an argument; constants of a file are `global::NAME` within functions.",
        "ch.play(welcome);" => "ch.play(\"welcome\");";
    NO_FILE = Code::error(103), "there is no such file", Within::TopLevel,
        "An `import` names a script of the dialplan's folder, without `.rhai`.",
        "import \"offce\" as office;\ncontext(\"internal\").on(\"100\", |ch| office::ring(ch, \"101\"));" => "import \"office\" as office;\ncontext(\"internal\").on(\"100\", |ch| office::ring(ch, \"101\"));";
    TOP_LEVEL = Code::error(104), "the top level can't be run", Within::TopLevel,
        "The lines outside of functions run once while the dialplan is loaded, without a call, and build the table of routes. What stands here failed. What needs a call belongs into a handler, `|ch| …`.",
        "context(\"internal\").on(\"100\", |ch| ch.answer());\nlet night = db::get(\"night\", \"0\");\nif night == true { context(\"internal\").on(\"101\", |ch| ch.echo()); }" => "context(\"internal\").on(\"100\", |ch| ch.answer());\ncontext(\"internal\").on(\"101\", |ch| if db::get(\"night\", \"0\") == true { ch.echo() } else { ch.answer() });";
    OWN_WORD = Code::error(105), "a word of the exchange's own", Within::Handler,
        "Names that end with two underscores are what the exchange itself puts into scripts.",
        "let x = arm__(ch.dialed);\nch.say.digits(x);" => "let x = ch.dialed;\nch.say.digits(x);";
    HIDES_VERB = Code::error(106), "a function hides a verb of the call", Within::TopLevel,
        "`ch.echo(x)` would run this function and no longer the verb of the same name. Give it another name.",
        "fn echo(ch) { ch.echo(#{}); }\ncontext(\"internal\").on(\"100\", |ch| echo(ch));" => "fn hear_yourself(ch) { ch.echo(#{}); }\ncontext(\"internal\").on(\"100\", |ch| hear_yourself(ch));";
    HANDLER = Code::error(107), "a handler takes one parameter", Within::TopLevel,
        "What is given to `on`, `code`, `otherwise` and `on_hangup` is a function of the call, `|ch| …`; to `on_recording` a function of the recording. A function's name alone, or its result, is none.",
        "context(\"internal\").on(\"_1XX\", |ch, who| ch.dial(user(who)));" => "context(\"internal\").on(\"_1XX\", |ch| ch.dial(user(ch.dialed)));";
    UNCLOSED = Code::error(108), "a comment that is never closed", Within::TopLevel,
        "`/*` begins a comment that only `*/` ends: without it the rest of the file is no script any more. Comments nest, so a `/*` within one needs a `*/` of its own: `*72/*73` has one. `//` makes a comment to the end of its line.",
        "let i = context(\"internal\");\ni.on(\"*98\", |ch| ch.voicemail_main());\n/* codes: *72/*73 */\ni.on(\"100\", |ch| ch.echo());" => "let i = context(\"internal\");\ni.on(\"*98\", |ch| ch.voicemail_main());\n// codes: *72/*73\ni.on(\"100\", |ch| ch.echo());";
    SAME_NAME = Code::error(109), "two files' functions can be taken for each other", Within::TopLevel,
        "Two files call a function of their own by the same name and with as many arguments. The engine remembers for the rest of a call what a name stands for, whichever file asks, so that one file would get the other one's function. A name that is called only as `file::name` may stand in several files.",
        "import \"office\" as office;\n// office.rhai calls a phone_of(…) of its own.\nfn phone_of(number) { user(number) }\nlet i = context(\"internal\");\ni.on(\"_1XX\", |ch| ch.dial(phone_of(ch.dialed)));\ni.on(\"200\", |ch| office::ring(ch, \"101\"));" => "import \"office\" as office;\nfn internal_phone(number) { user(number) }\nlet i = context(\"internal\");\ni.on(\"_1XX\", |ch| ch.dial(internal_phone(ch.dialed)));\ni.on(\"200\", |ch| office::ring(ch, \"101\"));";
    BRACES = Code::error(110), "a brace without its other half", Within::TopLevel,
        "Each `{` has a `}` that closes it. Which one lacks it is told by how the lines are indented: a `}` stands where the line of its `{` begins. What stands between the two is indented by one step more.",
        "let i = context(\"internal\");\ni.on(\"100\", |ch| {\n    if ch.dialed == \"100\" {\n        ch.answer();\n    ch.echo();\n});" => "let i = context(\"internal\");\ni.on(\"100\", |ch| {\n    if ch.dialed == \"100\" {\n        ch.answer();\n    }\n    ch.echo();\n});";
    NO_ALIAS = Code::error(111), "an import without a name", Within::TopLevel,
        "What a file has is called by the name that its import is given: `import \"office\" as office;`, and then `office::ring(ch)`. Without `as` nothing of it can be called.",
        "import \"office\";\ncontext(\"internal\").on(\"100\", |ch| office::ring(ch, \"101\"));" => "import \"office\" as office;\ncontext(\"internal\").on(\"100\", |ch| office::ring(ch, \"101\"));";
    NO_THIS = Code::error(112), "`this` is nothing here", Within::Handler,
        "A handler is given its call as an argument, `|ch| …`, and a function as its first one, `fn ring(ch)`: verbs are called on that. `this` is only what a function was called on that is written behind a point.",
        "ch.answer();\nthis.play(\"welcome\");" => "ch.answer();\nch.play(\"welcome\");";
}
