//! The node's seed, made once, and its epoch, which grows at every start: no identifier is drawn twice.

use cordboard_base::SourceKey;
use rusqlite::{Connection, Result};

/// Counts this start. `seed` is kept if there is none yet.
pub(super) fn start(connection: &Connection, seed: [u8; 16]) -> Result<SourceKey> {
    let sql = "INSERT INTO node (id, seed, epoch) VALUES (1, ?1, 1) \
               ON CONFLICT (id) DO UPDATE SET epoch = epoch + 1 RETURNING seed, epoch";
    connection.query_row(sql, [seed], |row| Ok(SourceKey { seed: row.get(0)?, node: 0, epoch: row.get(1)? }))
}
