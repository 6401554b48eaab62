//! Rows of the exchange's: bindings, subscriptions and their like, opaque but for their expiry.

use cordboard_exchange::StoreRow;
use rusqlite::{Connection, Result, params};

pub(super) fn keep(
    connection: &Connection,
    kind: &str,
    key: &str,
    row: &str,
    expires_unix_s: i64,
) -> Result<()> {
    let sql = "INSERT INTO kept (kind, key, row, expires_unix_s) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (kind, key) DO UPDATE SET row = ?3, expires_unix_s = ?4";
    connection.prepare_cached(sql)?.execute(params![kind, key, row, expires_unix_s])?;
    Ok(())
}

pub(super) fn forget(connection: &Connection, kind: &str, key: &str) -> Result<()> {
    connection.prepare_cached("DELETE FROM kept WHERE kind = ?1 AND key = ?2")?.execute([kind, key])?;
    Ok(())
}

/// Drops what has expired, and reads the rest in order.
pub(super) fn load(connection: &Connection, now_unix_s: i64) -> Result<Vec<StoreRow>> {
    connection.execute("DELETE FROM kept WHERE expires_unix_s <= ?1", [now_unix_s])?;
    let mut statement =
        connection.prepare("SELECT kind, key, row, expires_unix_s FROM kept ORDER BY kind, key")?;
    let rows = statement.query_map([], |row| {
        Ok(StoreRow { kind: row.get(0)?, key: row.get(1)?, row: row.get(2)?, expires_unix_s: row.get(3)? })
    })?;
    rows.collect()
}
