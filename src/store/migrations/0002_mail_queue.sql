-- Mails that applications have ordered, written together with what they are about. `data` is JSON: of a `voicemail` all that its
-- text is made of.
CREATE TABLE mail_queue (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    mailbox TEXT NOT NULL,
    message TEXT NOT NULL,
    kind TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (message, kind)
) STRICT;
