-- The call that a record is a part of: of one that a queue or a group has made to find somebody by a route of the dialplan.
ALTER TABLE call_record ADD COLUMN part_of TEXT;
