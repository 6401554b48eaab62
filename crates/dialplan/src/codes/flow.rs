//! 06xx: what a script does, and never does. 07xx: what nothing uses.

use super::{Code, Within, codes};

codes! { [pub(crate)]
    SILENT = Code::warning(601), "the call may end without answer and without a reason", Within::Handler,
        "There is a way through this handler on which it does nothing for the caller: no answer, no call to anybody, no `ch.hangup`. The caller then hears the line go dead. Give the other case an `else`, or end with `ch.hangup(\"…\")`.",
        "if hours(\"office\").open { ch.dial(user(\"101\")); }" => "if hours(\"office\").open { ch.dial(user(\"101\")); }\nelse { ch.voicemail(\"101\"); }";
    DEAD = Code::warning(602), "this is never run", Within::Handler,
        "What stands before it always leaves: `return`, `ch.hangup`, `ch.enter`, `throw`, `break`.",
        "ch.hangup(\"busy\");\nch.play(\"goodbye\");" => "ch.play(\"goodbye\");\nch.hangup(\"busy\");";
    NOT_LOOKED_AT = Code::warning(603), "what follows `ch.dial` also runs after the talk", Within::Handler,
        "A script goes on when the talk is over and the callee has hung up first, not only when nobody answered: the caller would then be led to what follows. Look at the result: `if r.status != \"answered\" { … }`.",
        "ch.dial(user(\"101\"), #{ timeout: 20 });\nch.voicemail(\"101\");" => "let r = ch.dial(user(\"101\"), #{ timeout: 20 });\nif r.status != \"answered\" { ch.voicemail(\"101\"); }";
    NOT_ALL = Code::warning(604), "a `switch` that leaves results out", Within::Handler,
        "The verb has more outcomes than there are arms, and there is no `_ =>` for the others: nothing is done then.",
        "let r = ch.dial(user(\"101\"));\nswitch r.status { \"busy\" => ch.voicemail(\"101\"), \"no-answer\" => ch.voicemail(\"101\") }" => "let r = ch.dial(user(\"101\"));\nswitch r.status { \"answered\" => (), _ => ch.voicemail(\"101\") }";
    NEVER = Code::warning(605), "the verb never yields this", Within::Handler,
        "The word that stands here is none of those that the verb can yield: this case never happens. `cordboard help <verb>` lists them.",
        "let r = ch.dial(user(\"101\"));\nif r.status == \"noanswer\" { ch.voicemail(\"101\"); }" => "let r = ch.dial(user(\"101\"));\nif r.status == \"no-answer\" { ch.voicemail(\"101\"); }";
    NOT_PASSED = Code::warning(606), "no caller of this function gives this value", Within::TopLevel,
        "Every call of the function is known, and none hands over this word: the case never happens.",
        "fn tell(ch, why) { switch why { \"closd\" => ch.play(\"office-closed\"), _ => ch.play(\"goodbye\") } }\ncontext(\"internal\").on(\"100\", |ch| tell(ch, \"closed\"));" => "fn tell(ch, why) { switch why { \"closed\" => ch.play(\"office-closed\"), _ => ch.play(\"goodbye\") } }\ncontext(\"internal\").on(\"100\", |ch| tell(ch, if hours(\"office\").open { \"later\" } else { \"closed\" }));";
    CONSTANT = Code::warning(607), "a condition that is always the same", Within::Handler,
        "Both sides are known beforehand, or are the same thing.",
        "if \"a\" == \"a\" { ch.echo(); } else { ch.hangup(); }" => "if ch.dialed == \"a\" { ch.echo(); } else { ch.hangup(); }";
    KINDS = Code::warning(608), "a text is never equal to a number", Within::Handler,
        "Numbers that are dialled, typed or shown are texts: \"100\", not 100. What `==` compares must be of one kind, and so must the arms of a `switch`.",
        "if ch.caller.number == 5550100 { ch.echo(); } else { ch.hangup(); }" => "if ch.caller.number == \"5550100\" { ch.echo(); } else { ch.hangup(); }";
    ARM_TWICE = Code::warning(609), "a `switch` has this case twice", Within::Handler,
        "Only the first of the arms is taken.",
        "switch ch.menu(#{ prompt: \"demo-menu\" }) { \"1\" => ch.echo(), \"1\" => ch.answer(), _ => ch.hangup() }" => "switch ch.menu(#{ prompt: \"demo-menu\" }) { \"1\" => ch.echo(), \"2\" => ch.answer(), _ => ch.hangup() }";
    NO_EFFECT = Code::warning(610), "this does nothing", Within::Handler,
        "A comparison or a value stands alone as a statement: `==` compares, `=` sets.",
        "let tries = 0;\ntries == 1;\nif tries < 3 { ch.echo(); } else { ch.hangup(); }" => "let tries = 0;\ntries = 1;\nif tries < 3 { ch.echo(); } else { ch.hangup(); }";
    MAY_BE_NOTHING = Code::warning(611), "there may be nothing here", Within::Handler,
        "The script asks whether this is `()` (nothing was stored, nobody is there), and goes on with it all the same: it would fail here. Often a `return` is missing.",
        "let last = db::get(\"last\", \"101\");\nif last == () { ch.play(\"no-last-call\"); }\nch.say.digits(last.number);" => "let last = db::get(\"last\", \"101\");\nif last == () { return ch.play(\"no-last-call\"); }\nch.say.digits(last.number);";
    ENDLESS = Code::warning(612), "a loop without an end", Within::Handler,
        "Nothing in it leaves it, and nothing in it waits for the caller: it would be stopped by force.",
        "let n = 0;\nwhile n < 3 { log::info(\"again\"); }\nch.answer();" => "let n = 0;\nwhile n < 3 { log::info(\"again\"); n += 1; }\nch.answer();";
    RECURSION = Code::warning(613), "a function that calls itself without end", Within::TopLevel,
        "Every way through it calls it again: after 32 levels the script is stopped. A menu is repeated by `loop` and `break`, or by its option `retries`.",
        "fn choose(ch) { ch.play(\"demo-menu\"); choose(ch); }\ncontext(\"internal\").on(\"100\", |ch| choose(ch));" => "fn choose(ch) { for n in 0..3 { ch.play(\"demo-menu\"); } }\ncontext(\"internal\").on(\"100\", |ch| choose(ch));";
    UNUSED_FUNCTION = Code::warning(701), "a function that nothing calls", Within::TopLevel,
        "Neither a route nor another function leads to it.",
        "fn forgotten(ch) { ch.echo(); }\ncontext(\"internal\").on(\"100\", |ch| ch.answer());" => "fn remembered(ch) { ch.echo(); }\ncontext(\"internal\").on(\"100\", |ch| remembered(ch));";
    UNUSED_VARIABLE = Code::warning(702), "a variable that nothing reads", Within::Handler,
        "It is set and never asked for: perhaps another one was meant. A name that begins with `_` is left alone.",
        "let who = ch.read(#{ max: 3 });\nch.dial(user(\"101\"));" => "let who = ch.read(#{ max: 3 });\nch.dial(user(who));";
    UNUSED_IMPORT = Code::warning(703), "an import that nothing uses", Within::TopLevel,
        "None of its functions is called in this file.",
        "import \"office\" as office;\ncontext(\"internal\").on(\"100\", |ch| ch.dial(user(\"101\")));" => "import \"office\" as office;\ncontext(\"internal\").on(\"100\", |ch| office::ring(ch, \"101\"));";
}
