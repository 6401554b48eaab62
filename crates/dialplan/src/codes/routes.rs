//! 03xx: contexts, patterns, routes.

use super::{Code, Within, codes};

codes! { [pub(crate)]
    NO_CONTEXT = Code::error(301), "there is no such context", Within::TopLevel,
        "A context is made by `context(\"name\")` and routes in it; an `include` or `ch.enter` that names another one leads nowhere.",
        "context(\"internal\").on(\"100\", |ch| ch.enter(\"intrenal\", \"101\"));" => "context(\"internal\").on(\"100\", |ch| ch.enter(\"internal\", \"101\"));\ncontext(\"internal\").on(\"101\", |ch| ch.echo());";
    PATTERN = Code::error(302), "this is no pattern", Within::TopLevel,
        "After a leading `_`, X is 0-9, Z 1-9, N 2-9, [1-5] a set, `.` one or more of anything and `!` none or more; the last two end a pattern. Without `_` the number stands as it is.",
        "let i = context(\"internal\");\ni.on(\"*43\", |ch| ch.echo());\ni.on(\"_[1-3XX\", |ch| ch.dial(user(ch.dialed)));" => "let i = context(\"internal\");\ni.on(\"*43\", |ch| ch.echo());\ni.on(\"_[1-3]XX\", |ch| ch.dial(user(ch.dialed)));";
    TWICE = Code::error(303), "a context has this pattern already", Within::TopLevel,
        "Two routes of one context take the same numbers; only one of them can.",
        "let i = context(\"internal\");\ni.on(\"100\", |ch| ch.echo());\ni.on(\"100\", |ch| ch.answer());" => "let i = context(\"internal\");\ni.on(\"100\", |ch| ch.echo());\ni.on(\"101\", |ch| ch.answer());";
    EMPTY_CONTEXT = Code::error(304), "a context without routes", Within::TopLevel,
        "It is made or named, but nothing can be dialled in it.",
        "let i = context(\"internal\");\ni.on(\"100\", |ch| ch.echo());\nlet s = context(\"service\");\ni.include(s);" => "let i = context(\"internal\");\ni.on(\"100\", |ch| ch.echo());\nlet s = context(\"service\");\ns.on(\"*43\", |ch| ch.echo());\ni.include(s);";
    INCLUDES_ITSELF = Code::error(305), "a context includes itself", Within::TopLevel,
        "What a context has needs no `include` there.",
        "let i = context(\"internal\");\ni.on(\"100\", |ch| ch.echo());\ni.include(\"internal\");" => "let i = context(\"internal\");\ni.on(\"100\", |ch| ch.echo());";
    OTHERWISE_TWICE = Code::error(306), "a second `otherwise`", Within::TopLevel,
        "A context has one handler for the numbers that no route takes.",
        "let i = context(\"internal\");\ni.otherwise(|ch| ch.echo());\ni.otherwise(|ch| ch.hangup(\"unallocated\"));" => "let i = context(\"internal\");\ni.otherwise(|ch| ch.hangup(\"unallocated\"));";
    COLLISION = Code::error(307), "a route that another one takes", Within::TopLevel,
        "Two included contexts have a route for the same numbers, or an extension's pattern hides a feature code: the second one is never reached. Give one of them another number, or take it out.",
        "let a = context(\"a\");\na.code(\"*43\", |ch| ch.echo());\nlet b = context(\"b\");\nb.code(\"*43\", |ch| ch.answer());\nlet i = context(\"internal\");\ni.include(a);\ni.include(b);" => "let a = context(\"a\");\na.code(\"*43\", |ch| ch.echo());\nlet b = context(\"b\");\nb.code(\"*44\", |ch| ch.answer());\nlet i = context(\"internal\");\ni.include(a);\ni.include(b);";
    NO_CODE = Code::error(308), "this is no feature code", Within::TopLevel,
        "A code consists of what a telephone can dial: 0-9, * and #. What follows it is the next argument.",
        "let i = context(\"internal\");\ni.on(\"*43\", |ch| ch.echo());\ni.code(\"*72X.\", |ch| ch.say.digits(ch.argument));" => "let i = context(\"internal\");\ni.on(\"*43\", |ch| ch.echo());\ni.code(\"*72\", \"X.\", |ch| ch.say.digits(ch.argument));";
    TOO_MANY = Code::error(309), "too many routes", Within::TopLevel,
        "A dialplan has at most 100,000 routes. One pattern, and the store for what differs, serve as well.",
        "let i = context(\"internal\");\nfor n in 100000..200001 { i.on(`${n}`, |ch| ch.dial(user(ch.dialed))); }" => "let i = context(\"internal\");\ni.on(\"_1XXXXX\", |ch| ch.dial(user(ch.dialed)));";
    HIDDEN = Code::warning(310), "a route that is never reached", Within::TopLevel,
        "A context's own route takes all the numbers of this one, which it includes: what is included comes after the context's own, however exact it is. If it is meant, take the hidden one out; else make the first one narrower.",
        "let s = context(\"service\");\ns.on(\"*43\", |ch| ch.echo());\nlet i = context(\"internal\");\ni.on(\"_*XX\", |ch| ch.answer());\ni.include(s);" => "let s = context(\"service\");\ns.on(\"*43\", |ch| ch.echo());\nlet i = context(\"internal\");\ni.on(\"_*8X\", |ch| ch.answer());\ni.include(s);";
    SURPRISE = Code::warning(311), "two patterns overlap, and the wider one wins", Within::TopLevel,
        "Patterns are compared place by place, and the first place that differs decides, as in Asterisk: not which of them takes fewer numbers in all. Say in the wider one what it shall not take, or write the numbers of the narrow one out.",
        "let i = context(\"internal\");\ni.on(\"_1X.\", |ch| ch.echo());\ni.on(\"_X00\", |ch| ch.answer());" => "let i = context(\"internal\");\ni.on(\"_1[1-9].\", |ch| ch.echo());\ni.on(\"_X00\", |ch| ch.answer());";
    NO_UNDERSCORE = Code::warning(312), "a pattern without `_`", Within::TopLevel,
        "X, N, Z, sets and wildcards mean something only after a leading `_`. Without it, this is the name of one extension, which no telephone dials.",
        "context(\"internal\").on(\"1XX\", |ch| ch.dial(user(ch.dialed)));" => "context(\"internal\").on(\"_1XX\", |ch| ch.dial(user(ch.dialed)));";
    LETTER = Code::warning(313), "a letter that no telephone dials", Within::TopLevel,
        "In a pattern only X, N and Z stand for digits; any other letter stands for itself.",
        "context(\"internal\").on(\"_1YY\", |ch| ch.dial(user(ch.dialed)));" => "context(\"internal\").on(\"_1XX\", |ch| ch.dial(user(ch.dialed)));";
    INCLUDE_LOOP = Code::warning(314), "contexts include each other in a circle", Within::TopLevel,
        "The search ends where it began, so nothing hangs; but each of these contexts has the numbers of all of them, which is seldom meant.",
        "let a = context(\"internal\");\na.on(\"100\", |ch| ch.echo());\nlet b = context(\"b\");\nb.on(\"101\", |ch| ch.echo());\na.include(\"b\");\nb.include(\"internal\");" => "let a = context(\"internal\");\na.on(\"100\", |ch| ch.echo());\nlet b = context(\"b\");\nb.on(\"101\", |ch| ch.echo());\na.include(\"b\");";
    UNUSED_CONTEXT = Code::warning(315), "no call ever gets into this context", Within::TopLevel,
        "No user and no trunk begins there, no context includes it, and nothing enters it. Often an `include` is missing, or the name differs from that in the configuration.",
        "context(\"internal\").on(\"100\", |ch| ch.echo());\ncontext(\"servcie\").on(\"*43\", |ch| ch.echo());" => "let i = context(\"internal\");\ni.on(\"100\", |ch| ch.echo());\ni.include(\"service\");\ncontext(\"service\").on(\"*43\", |ch| ch.echo());";
    CUT = Code::warning(316), "what goes to the trunk is not the number that was meant", Within::TopLevel,
        "The pattern and what is cut off its front do not fit: more is cut off than the fixed digits that it begins with, or so little is left that it is no telephone number. Often `.` is missing at the end of the pattern.",
        "context(\"internal\").on(\"_9X\", |ch| ch.dial(trunk(\"itsp\", ch.dialed.sub_string(1))));" => "context(\"internal\").on(\"_9X.\", |ch| ch.dial(trunk(\"itsp\", ch.dialed.sub_string(1))));";
    OUTSIDE = Code::warning(317), "who calls from outside can call out at the office's cost", Within::TopLevel,
        "Calls of a trunk are not authenticated. From the context where they begin a route can be reached which dials a number of the caller's choice by a trunk: whoever finds it calls at your cost. Let trunks' calls into a context of their own, which includes none that dials out. Where a trunk is another office of yours, say so: `// allow W0317: the Leeds office calls out by us` at the end of that line or in the line before it.",
        "let i = context(\"internal\");\ni.on(\"_9X.\", |ch| ch.dial(trunk(\"itsp\", ch.dialed.sub_string(1))));\nlet f = context(\"from-itsp\");\nf.on(\"5550100\", |ch| ch.dial(user(\"101\")));\nf.include(i);" => "let i = context(\"internal\");\ni.on(\"_9X.\", |ch| ch.dial(trunk(\"itsp\", ch.dialed.sub_string(1))));\nlet f = context(\"from-itsp\");\nf.on(\"5550100\", |ch| ch.dial(user(\"101\")));";
}
