//! 04xx: names that the office's configuration does not have.

use super::{Code, Within, codes};

codes! { [pub(crate)]
    NO_USER = Code::error(401), "there is no such user", Within::Handler,
        "etc/users.toml has no section for it.",
        "ch.dial(user(\"110\"));" => "ch.dial(user(\"101\"));";
    NO_TRUNK = Code::error(402), "there is no such trunk", Within::Handler,
        "etc/trunks.toml has no section for it: the call would fail.",
        "ch.dial(trunk(\"istp\", \"5550100\"));" => "ch.dial(trunk(\"itsp\", \"5550100\"));";
    NO_QUEUE = Code::error(403), "there is no such queue", Within::Handler,
        "etc/queues.toml has no section for it.",
        "ch.queue(\"slaes\");" => "ch.queue(\"sales\");";
    NO_MAILBOX = Code::error(404), "there is no such mailbox", Within::Handler,
        "Every user has a mailbox of its own number, unless etc/voicemail.toml says otherwise; others have a section there.",
        "ch.voicemail(\"110\");" => "ch.voicemail(\"101\");";
    NO_LOT = Code::error(405), "there is no such parking lot", Within::Handler,
        "etc/parking.toml has no section for it.",
        "ch.park(#{ lot: \"upstairs\" });" => "ch.park(#{ lot: \"default\" });";
    NO_HOURS = Code::error(406), "there are no such opening hours", Within::Handler,
        "etc/hours.toml has no section for it: the script would fail here.",
        "if hours(\"ofice\").open { ch.echo(); } else { ch.hangup(); }" => "if hours(\"office\").open { ch.echo(); } else { ch.hangup(); }";
    NO_LINE = Code::error(407), "there is no such line for access from outside", Within::Handler,
        "etc/disa.toml has no section for it.",
        "ch.disa(\"mian\");" => "ch.disa(\"main\");";
    NO_ROOM = Code::warning(408), "no room of this name is configured", Within::Handler,
        "etc/conference.toml has no section for it. The conference opens all the same, with the defaults: without the PIN and the rules that another room has.",
        "ch.conference(\"mian\");" => "ch.conference(\"main\");";
    NO_MUSIC = Code::warning(409), "there is no such class of music", Within::Handler,
        "Neither etc/music.toml nor a folder of the sounds has it: the default is played.",
        "ch.music(\"defautl\");\nch.answer();" => "ch.music(\"default\");\nch.answer();";
    NO_PROMPT = Code::warning(410), "there is no such prompt", Within::Handler,
        "No file of the sounds has this name: the caller hears nothing.",
        "ch.play(\"wellcome\");" => "ch.play(\"welcome\");";
    NO_GROUP = Code::warning(411), "there is no such group", Within::Handler,
        "No user is in this pickup group, or etc/paging.toml has no such group.",
        "ch.pickup(\"ofice\");\nch.play(\"pbx-invalid\");" => "ch.pickup(\"office\");\nch.play(\"pbx-invalid\");";
    NO_LANGUAGE = Code::warning(412), "there are no prompts of this language", Within::Handler,
        "The folder of sounds has no folder of this name: the caller hears the prompts of the office's own language, in the order of words of the other one. A language is written as its folder is, `de` or `de-AT`.",
        "ch.lang = \"fr\";\nch.play(\"welcome\");" => "ch.lang = \"de\";\nch.play(\"welcome\");";
}
