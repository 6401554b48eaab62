-- How far the delivery of each mail is. A row stays for a while when its mail has been sent: an order that is written again is known,
-- and `cordboard mail list` shows what became of it.
ALTER TABLE mail_queue ADD COLUMN state TEXT NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed'));
-- A bit for each recipient that the server has taken it for.
ALTER TABLE mail_queue ADD COLUMN done INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mail_queue ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;
-- Not tried before.
ALTER TABLE mail_queue ADD COLUMN next_unix_s INTEGER NOT NULL DEFAULT 0;
-- When it was tried first, and when something happened last.
ALTER TABLE mail_queue ADD COLUMN begun_unix_s INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mail_queue ADD COLUMN changed_unix_s INTEGER NOT NULL DEFAULT 0;
-- What the server said last.
ALTER TABLE mail_queue ADD COLUMN detail TEXT NOT NULL DEFAULT '';
CREATE INDEX mail_waiting ON mail_queue (next_unix_s) WHERE state = 'waiting';
