//! 05xx: the configuration, and what it and the dialplan say of each other. The shell finds these.

use super::{Code, Within, codes};

codes! { [pub]
    CONFIGURATION = Code::error(501), "the configuration can't be read", Within::Config("users.toml"),
        "A file of etc/ is not TOML, or has a key or a value that is not known; each file explains its own keys.",
        "[user.101]\ncals_max = 10" => "[user.101]\ncalls_max = 10";
    CONFIGURED_CONTEXT = Code::error(502), "a user or trunk begins in a context that there is not", Within::Config("users.toml"),
        "All its calls would fail. The dialplan makes contexts; `cordboard routes` lists them.",
        "[user.101]\ncontext = \"intern\"" => "[user.101]\ncontext = \"internal\"";
    USER_IS_CODE = Code::error(503), "a user's number is a feature code", Within::Config("users.toml"),
        "Who dials it gets the code, and never the user. Give one of them another number.",
        "[user.555]\nname = \"Ann\"" => "[user.101]\nname = \"Ann\"";
    USER_IS_PARKING = Code::error(504), "a user's number is a parking place", Within::Config("users.toml"),
        "etc/parking.toml gives this number to a lot. Give one of them another one.",
        "[user.701]\nname = \"Ann\"" => "[user.101]\nname = \"Ann\"";
    NO_EMERGENCY = Code::warning(505), "emergency calls can't go out", Within::Config("trunks.toml"),
        "Emergency numbers are dialled by any trunk there is, before the dialplan; there is none. Until there is one, no phone of this office reaches help.",
        "# no trunk" => "[trunk.itsp]\nservers = [\"192.0.2.1\"]";
    USER_IS_EMERGENCY = Code::warning(506), "a user's number is an emergency number", Within::Config("users.toml"),
        "Who dials it gets the emergency service: the user can't be called.",
        "[user.112]\nname = \"Ann\"" => "[user.101]\nname = \"Ann\"";
    ROUTE_IS_EMERGENCY = Code::warning(507), "a route for an emergency number is never taken", Within::TopLevel,
        "Emergency numbers go out before the dialplan, whatever stands there; see etc/emergency.toml. Take the route out, lest somebody relies on it.",
        "context(\"internal\").on(\"112\", |ch| ch.dial(trunk(\"itsp\", \"112\")));" => "context(\"internal\").on(\"113\", |ch| ch.dial(trunk(\"itsp\", \"113\")));";
    FALLBACKS = Code::warning(508), "trunks stand in for each other in a circle", Within::Config("trunks.toml"),
        "When all of them are down a call gives up where it began; a trunk that was meant as the last way out is never reached.",
        "[trunk.itsp]\nservers = [\"192.0.2.1\"]\nfallback = \"spare\"\n[trunk.spare]\nservers = [\"192.0.2.2\"]\ncontext = \"internal\"\nfallback = \"itsp\"" => "[trunk.itsp]\nservers = [\"192.0.2.1\"]\nfallback = \"spare\"\n[trunk.spare]\nservers = [\"192.0.2.2\"]\ncontext = \"internal\"";
    PROFILE = Code::warning(509), "two profiles of feature codes", Within::TopLevel,
        "What is typed while talking is chosen by `features.profile` of etc/cordboard.toml, what is dialled by the dialplan: phones would have to know both.",
        "let i = context(\"internal\");\nlet c = context(\"features-yeastar\");\nc.code(\"*4\", |ch| ch.echo());\ni.include(c);" => "let i = context(\"internal\");\nlet c = context(\"features-freepbx\");\nc.code(\"*4\", |ch| ch.echo());\ni.include(c);";
    MUSIC_FILES = Code::warning(510), "music that can't be played", Within::Config("music.toml"),
        "A class names a file that is missing or can't be read: callers on hold would hear nothing.",
        "[class.default]\nfiles = [\"music/none.wav\"]" => "[class.default]\nfiles = [\"music/default\"]";
    NO_MEMBER = Code::warning(511), "a queue's member is no user", Within::Config("queues.toml"),
        "The member would never be called. etc/users.toml has the users; a number of the dialplan is a member as `extension` with its `context`.",
        "[queue.sales]\n[[queue.sales.member]]\nuser = \"110\"" => "[queue.sales]\n[[queue.sales.member]]\nuser = \"101\"";
    NO_ACCOUNT = Code::warning(512), "a trunk that registers without a password", Within::Config("trunks.toml"),
        "`register = true` without `username` and `password`: whoever asks us to prove who we are refuses us, and the trunk's calls never come. A gateway that asks nobody is the exception.",
        "[trunk.itsp]\nservers = [\"192.0.2.1\"]\nregister = true" => "[trunk.itsp]\nservers = [\"192.0.2.1\"]\nregister = true\nusername = \"4420794600\"\npassword = \"as the provider says\"";
    EMPTY_PASSWORD = Code::error(513), "a trunk's password is empty", Within::Config("trunks.toml"),
        "An empty `password` is refused by every provider; an empty `inbound_password` lets everybody in who knows the user name, and calls with it at your cost. Take both keys out where there is none.",
        "[trunk.itsp]\nservers = [\"192.0.2.1\"]\ninbound_username = \"leeds\"\ninbound_password = \"\"" => "[trunk.itsp]\nservers = [\"192.0.2.1\"]\ninbound_username = \"leeds\"\ninbound_password = \"correct horse battery\"";
    NO_PROMPTS = Code::warning(514), "a language without prompts", Within::Config("users.toml"),
        "The office or a user has a language of which the folder of sounds (`sounds.path`) has none: a user hears the office's, and an office whose language it is hears nothing at all.",
        "[user.101]\nname = \"Ann\"\nlang = \"fr\"" => "[user.101]\nname = \"Ann\"\nlang = \"de\"";
    NO_SERVER = Code::warning(515), "a trunk that leads nowhere", Within::Config("trunks.toml"),
        "It has no `servers` to call, and nothing by which its own calls are known (`accept_from`, or `inbound_username` with its password): no call ever takes it.",
        "[trunk.itsp]\nusername = \"4420794600\"\npassword = \"as the provider says\"" => "[trunk.itsp]\nservers = [\"sip.itsp.example\"]\nusername = \"4420794600\"\npassword = \"as the provider says\"";
    OTHERS_NUMBER = Code::warning(516), "a user shows another user's number", Within::Config("users.toml"),
        "`number` is what others' displays show. Who calls it back reaches the user of that name, and not the one who called. One number that several show, and that is nobody's name, is a department's and no mistake.",
        "[user.101]\nname = \"Ann\"\n[user.102]\nname = \"Ben\"\nnumber = \"101\"" => "[user.101]\nname = \"Ann\"\n[user.102]\nname = \"Ben\"\nnumber = \"600\"";
    OVERLAP = Code::warning(517), "opening hours that overlap", Within::Config("hours.toml"),
        "Two spans of a set of hours have a time in common. It is open then all the same, but one of them has hardly been meant so: often a day or an hour is mistyped, or an old span stayed when a new one came.",
        "[hours.office]\nopen = [\"mon-fri 09:00-13:00\", \"wed 12:00-18:00\"]" => "[hours.office]\nopen = [\"mon-fri 09:00-13:00\", \"wed 14:00-18:00\"]";
}
