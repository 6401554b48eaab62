//! What scripts keep: values by family and key, as JSON.

use super::not_json;
use cordboard_app::Value;
use rusqlite::{Connection, OptionalExtension, Result};

/// `Unit` if there is none.
pub(super) fn read(connection: &Connection, family: &str, key: &str) -> Result<Value> {
    let mut statement =
        connection.prepare_cached("SELECT value FROM value WHERE family = ?1 AND key = ?2")?;
    let json: Option<String> = statement.query_row([family, key], |row| row.get(0)).optional()?;
    json.map_or(Ok(Value::Unit), |json| serde_json::from_str(&json).map_err(not_json))
}

/// `None` and `Unit` delete.
pub(super) fn write(connection: &Connection, family: &str, key: &str, value: Option<&Value>) -> Result<()> {
    let Some(value) = value.filter(|value| **value != Value::Unit) else {
        connection
            .prepare_cached("DELETE FROM value WHERE family = ?1 AND key = ?2")?
            .execute([family, key])?;
        return Ok(());
    };
    let json = serde_json::to_string(value).map_err(not_json)?;
    let sql = "INSERT INTO value (family, key, value) VALUES (?1, ?2, ?3) \
               ON CONFLICT (family, key) DO UPDATE SET value = ?3";
    connection.prepare_cached(sql)?.execute([family, key, json.as_str()])?;
    Ok(())
}

/// The keys of a family, sorted.
pub(super) fn list(connection: &Connection, family: &str) -> Result<Value> {
    let mut statement = connection.prepare_cached("SELECT key FROM value WHERE family = ?1 ORDER BY key")?;
    let keys = statement.query_map([family], |row| row.get(0).map(Value::Text))?;
    keys.collect::<Result<_>>().map(Value::List)
}
