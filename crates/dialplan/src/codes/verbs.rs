//! 02xx: functions, verbs, what they take and what they yield.

use super::{Code, Within, codes};

codes! { [pub(crate)]
    NO_FUNCTION = Code::error(201), "there is no such function or verb", Within::Handler,
        "Nothing of this name can be called here. `cordboard help` lists all verbs; a function of another file is called by the name of its import, `office::ring(ch)`.",
        "ch.ply(\"welcome\");" => "ch.play(\"welcome\");";
    ARITY = Code::error(202), "the wrong number of arguments", Within::Handler,
        "`cordboard help <verb>` shows what it takes, in order, and what may be left out.",
        "ch.dial(trunk(\"itsp\"));" => "ch.dial(trunk(\"itsp\", \"5550100\"));";
    NO_PROPERTY = Code::error(203), "there is no such property", Within::Handler,
        "The call and its parts have a fixed set of properties: `ch.dialed`, `ch.caller.number`, `ch.cdr.billsec` … What does something is called with brackets.",
        "ch.say.digits(ch.caller.nummber);" => "ch.say.digits(ch.caller.number);";
    SLEEP = Code::error(204), "`sleep` would hold up all calls", Within::Handler,
        "A script waits by the call's own verb, which lets all other calls go on.",
        "ch.answer();\nsleep(2);" => "ch.answer();\nch.wait(2);";
    NO_OPTION = Code::error(205), "there is no such option", Within::Handler,
        "The keys of an option map are fixed for each verb; `cordboard help <verb>` lists them.",
        "ch.dial(user(\"101\"), #{ timeuot: 20 });" => "ch.dial(user(\"101\"), #{ timeout: 20 });";
    VALUE = Code::error(206), "a value that does not fit", Within::Handler,
        "The verb takes something else here: another kind of value, or one within other bounds.",
        "ch.read(#{ max: \"4\" });" => "ch.read(#{ max: 4 });";
    WORD = Code::error(207), "a word that is not known here", Within::Handler,
        "The verb takes one of a few words here; `cordboard help <verb>` lists them.",
        "ch.hangup(\"bussy\");" => "ch.hangup(\"busy\");";
    UNTRUSTED = Code::error(208), "what a caller supplies can't be used here", Within::Handler,
        "What a caller dials, types or shows may not choose a trunk, a context, a prompt's file or a program: it would be refused at the call. Take your own word for it, chosen by `if` or `switch`; where a number is meant, mind the order of the arguments.",
        "ch.dial(trunk(ch.dialed, \"itsp\"));" => "ch.dial(trunk(\"itsp\", ch.dialed));";
    DESTINATION = Code::error(209), "a destination is made by user() or trunk()", Within::Handler,
        "A number alone says nothing of where it leads. `user(\"101\")` is a user of ours, `trunk(\"itsp\", number)` a number outside; several ring together in an array.",
        "ch.dial(\"101\", #{ timeout: 20 });" => "ch.dial(user(\"101\"), #{ timeout: 20 });";
    NO_FIELD = Code::error(210), "the result has no such field", Within::Handler,
        "A verb's result is a map with fixed fields; `cordboard help <verb>` lists them. Reading any other one is an error at the call.",
        "let r = ch.dial(user(\"101\"));\nif r.staus == \"busy\" { ch.voicemail(\"101\"); }" => "let r = ch.dial(user(\"101\"));\nif r.status == \"busy\" { ch.voicemail(\"101\"); }";
    CONDITION = Code::error(211), "this is neither true nor false", Within::Handler,
        "`if`, `while`, `&&`, `||` and `!` take true or false. Each part of a condition is whole: `a == \"1\" || a == \"2\"`, or `a in [\"1\", \"2\"]`.",
        "let choice = ch.read(#{ max: 1 });\nif choice { ch.say.digits(choice); }" => "let choice = ch.read(#{ max: 1 });\nif choice != \"\" { ch.say.digits(choice); }";
    LONG = Code::warning(212), "a time that is too long to be meant", Within::Handler,
        "Times are in seconds, with fractions where need be; other systems take milliseconds. A phone that rings for more than ten minutes, or a wait of more than an hour, is hardly meant. Where it is, `// allow W0212: why` at the end of the line says so.",
        "ch.dial(user(\"101\"), #{ timeout: 20000 });" => "ch.dial(user(\"101\"), #{ timeout: 20 });";
}
