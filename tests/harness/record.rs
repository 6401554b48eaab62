//! Call records, read from the exchange's SQLite file while it runs.

use rusqlite::{Connection, OpenFlags};
use std::path::Path;
use std::time::Duration;

/// What a test looks at of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Record {
    pub(crate) caller: String,
    pub(crate) dialed: String,
    pub(crate) disposition: String,
    pub(crate) cause: i64,
    pub(crate) hangup_by: String,
    pub(crate) answered_by: Option<String>,
    pub(crate) was_answered: bool,
    pub(crate) error: Option<String>,
}

impl Record {
    /// All of them, in order.
    pub(crate) fn all(path: &Path) -> Vec<Self> {
        let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        let sql = "SELECT caller_number, dialed, disposition, cause, hangup_by, answered_by, answered_us, error \
                   FROM call_record ORDER BY began_us";
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| {
            Ok(Self {
                caller: row.get(0)?,
                dialed: row.get(1)?,
                disposition: row.get(2)?,
                cause: row.get(3)?,
                hangup_by: row.get(4)?,
                answered_by: row.get(5)?,
                was_answered: row.get::<_, Option<i64>>(6)?.is_some(),
                error: row.get(7)?,
            })
        });
        rows.unwrap().map(Result::unwrap).collect()
    }
}
