//! What the two verbs say of themselves.

use crate::Folder;
use cordboard_app::{Argument, Key, Manual, Menu, Param, Schema, Takes, option};

/// `ch.voicemail`.
pub(crate) static VOICEMAIL: Manual = Manual {
    verb: "voicemail",
    summary: "Takes a message for a mailbox, or for several at once. A hang-up keeps it.",
    params: &[
        Param {
            name: "mailbox",
            takes: Argument::One(Takes::Data),
            help: "the box's number; several: a list of them, or \"101&102\"",
        },
        Param { name: "options", takes: Argument::Options(&LEAVING), help: "how" },
    ],
    required: 1,
    outcome: "#{status: \"success\"|\"userexit\"|\"failed\", key: \"0\"|\"*\"|\"\", saved: true|false}",
    menus: &[
        Menu {
            name: "while the greeting plays",
            keys: &[
                ("#", "goes on to the tone at once"),
                ("0", "leaves for the operator, where the office has one: status \"userexit\", key \"0\""),
                ("*", "leaves: status \"userexit\", key \"*\""),
                ("1-9 0", "with the option `exits`: a number of that context, which the call goes on to"),
            ],
        },
        Menu {
            name: "while the message is taken",
            keys: &[("#", "ends it"), ("0", "to the operator; the message can be kept before")],
        },
        Menu {
            name: "after the message, where `review` is set",
            keys: &[
                ("1", "keeps it"),
                ("2", "plays it"),
                ("3", "records it again"),
                ("4", "marks it as urgent, or no longer"),
                ("0", "to the operator"),
                ("*", "throws it away and takes another one"),
            ],
        },
    ],
    example: "ch.voicemail(\"101\", #{ greet: \"busy\" });",
};

static LEAVING: Schema = Schema { keys: &LEAVING_KEYS };

const LEAVING_KEYS: [Key; 9] = [
    option(
        "greet",
        Takes::Word(&["unavail", "busy", "none"]),
        "which of the owner's greetings; a temporary one comes before both; \"unavail\" without it",
    ),
    option("skip_intro", Takes::Bool, "callers are not told how to leave a message"),
    option(
        "skip_intro_if_greeted",
        Takes::Bool,
        "they are not where the owner has recorded a greeting: it says what it wants",
    ),
    option(
        "exits",
        Takes::Text,
        "a context: who dials one of its numbers during the greeting is led there instead; 0 and * stay what they are",
    ),
    option("beep", Takes::Prompts, "what is played instead of the tone before the message; []: nothing"),
    option("gain", Takes::Integer(-24, 24), "how much louder the message is kept than it was said, in dB; 0"),
    option("early", Takes::Bool, "the greeting is played before the call is answered"),
    option("urgent", Takes::Bool, "the message is urgent from the start"),
    option("category", Takes::AnyText, "VM_CATEGORY in the mail of the message; 64 characters of it"),
];

/// `ch.voicemail_main`.
pub(crate) static VOICEMAIL_MAIN: Manual = Manual {
    verb: "voicemail_main",
    summary: "Lets the owner of a mailbox hear its messages, and set it up.",
    params: &[
        Param {
            name: "mailbox",
            takes: Argument::One(Takes::AnyText),
            help: "the box's number; without it, or \"\", it is asked for",
        },
        Param { name: "options", takes: Argument::Options(&HEARING), help: "how" },
    ],
    required: 0,
    outcome: "#{status: \"success\"|\"userexit\"|\"failed\"}",
    menus: &[
        Menu {
            name: "of the mailbox",
            keys: &[
                ("1", "plays the first message"),
                ("2", "changes the folder"),
                ("3", "more: reply, call back, envelope, call, leave a message"),
                ("4", "plays the previous message"),
                ("5", "plays the message again"),
                ("6", "plays the next message"),
                ("7", "deletes the message, or keeps it after all"),
                ("8", "sends the message on"),
                ("9", "saves the message in a folder"),
                ("0", "the box's options"),
                ("*", "says the menu again"),
                ("#", "ends"),
            ],
        },
        Menu {
            name: "while a message plays",
            keys: &[
                ("#", "winds forward"),
                ("*", "winds back"),
                ("0", "pauses, and goes on"),
                ("2", "begins again"),
                ("others", "as in the mailbox's menu"),
            ],
        },
        Menu {
            name: "3: more",
            keys: &[
                ("1", "leaves a message for who left this one"),
                ("2", "calls who left this one"),
                ("3", "says date, sender and length"),
                ("4", "calls a number"),
                ("5", "leaves a message in another box"),
                ("*", "back"),
            ],
        },
        Menu {
            name: "2 and 9: the folder",
            keys: &[
                ("0", "new"),
                ("1", "old"),
                ("2", "work"),
                ("3", "family"),
                ("4", "friends"),
                ("5-9", "five more"),
                ("#", "back"),
            ],
        },
        Menu {
            name: "3-2: calling back",
            keys: &[("1", "calls who left the message"), ("2", "calls another number"), ("*", "back")],
        },
        Menu {
            name: "8: by number or by name",
            keys: &[("1", "by the number of the box"), ("2", "by the directory"), ("*", "back")],
        },
        Menu { name: "8: to whom", keys: &[("1", "one more box"), ("#", "that is all"), ("*", "back")] },
        Menu { name: "8: how", keys: &[("1", "with a comment before it"), ("2", "as it is"), ("*", "back")] },
        Menu {
            name: "0: options",
            keys: &[
                ("1", "records the greeting for when nobody answers"),
                ("2", "records the greeting for when the line is busy"),
                ("3", "records the name"),
                ("4", "the temporary greeting: 1 records it, 2 erases it"),
                ("5", "changes the PIN"),
                ("*", "back"),
            ],
        },
    ],
    example: "ch.voicemail_main(\"\", #{ own: true });",
};

static HEARING: Schema = Schema { keys: &HEARING_KEYS };

const HEARING_KEYS: [Key; 6] = [
    option("own", Takes::Bool, "the caller's own box; its number is not asked for"),
    option("prefix", Takes::Bool, "the number is asked for, and the mailbox's stands before what is typed"),
    option("skip_pin", Takes::Bool, "the PIN is not asked for"),
    option("read_only", Takes::Bool, "no message is deleted in this call"),
    option(
        "gain",
        Takes::Integer(-24, 24),
        "how much louder greetings and comments are kept than they were said, in dB; 0",
    ),
    option(
        "folder",
        Takes::Text,
        "the folder that is heard first: \"INBOX\" (without it), \"Old\", \"Work\" … or its key",
    ),
];

/// Every prompt that the two can play, those of numbers and dates left out.
pub(crate) fn prompts() -> Vec<&'static str> {
    PROMPTS.iter().copied().chain(Folder::ALL.map(Folder::prompt)).collect()
}

const PROMPTS: [&str; 99] = [
    "an-error-has-occurred",
    "pbx-invalid",
    "vm-Urgent",
    "vm-advopts",
    "vm-almostfull",
    "vm-and",
    "vm-calldiffnum",
    "vm-changeto",
    "vm-delete",
    "vm-deleted",
    "vm-duration",
    "vm-enter-num-to-call",
    "vm-extension",
    "vm-first",
    "vm-folders",
    "vm-forward-multiple",
    "vm-forwardoptions",
    "vm-from",
    "vm-from-extension",
    "vm-from-phonenumber",
    "vm-goodbye",
    "vm-helpexit",
    "vm-incorrect",
    "vm-incorrect-mailbox",
    "vm-intro",
    "vm-invalid-password",
    "vm-isonphone",
    "vm-isunavail",
    "vm-last",
    "vm-leavemsg",
    "vm-locked",
    "vm-login",
    "vm-mailboxfull",
    "vm-mailboxopts",
    "vm-marked-nonurgent",
    "vm-marked-urgent",
    "vm-message",
    "vm-messages",
    "vm-mismatch",
    "vm-msgforwarded",
    "vm-msgsaved",
    "vm-newpassword",
    "vm-newuser",
    "vm-next",
    "vm-no",
    "vm-nobox",
    "vm-nomail",
    "vm-nomore",
    "vm-noreply",
    "vm-number",
    "vm-nonumber",
    "vm-num-i-have",
    "vm-onefor",
    "vm-options",
    "vm-opts",
    "vm-passchanged",
    "vm-password",
    "vm-paused",
    "vm-prependoptions",
    "vm-prev",
    "vm-reachoper",
    "vm-rec-busy",
    "vm-rec-name",
    "vm-rec-temp",
    "vm-rec-unv",
    "vm-received",
    "vm-record-prepend",
    "vm-reenterpassword",
    "vm-repeat",
    "vm-review",
    "vm-review-nonurgent",
    "vm-review-urgent",
    "vm-saved",
    "vm-savedto",
    "vm-savefolder",
    "vm-savemessage",
    "vm-saveoper",
    "vm-sorry",
    "vm-star-cancel",
    "vm-starmain",
    "vm-tempgreetactive",
    "vm-tempgreeting",
    "vm-tempgreeting2",
    "vm-tempremoved",
    "vm-then-pound",
    "vm-theperson",
    "vm-tocallback",
    "vm-tocallnum",
    "vm-tocancel",
    "vm-toforward",
    "vm-tohearenv",
    "vm-tomakecall",
    "vm-tooshort",
    "vm-toreply",
    "vm-undelete",
    "vm-undeleted",
    "vm-unknown-caller",
    "vm-whichbox",
    "vm-youhave",
];
