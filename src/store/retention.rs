//! How long call records are kept: those that are too old or too many are deleted, the oldest first.

use rusqlite::{Connection, Result, named_params};

/// Records written between two looks.
pub(super) const SWEEP_EVERY: usize = 256;
/// Records deleted in one look: more than come between two, so that a store that was let grow shrinks, and few enough that
/// nothing waits for it.
const SWEPT_MAX: u32 = 1_024;
const DAY_US: i64 = 86_400_000_000;

/// Bounds for the call records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Days that a record is kept; 0: no bound.
    pub days: u32,
    /// Records that are kept; 0: no bound.
    pub records: u32,
}

/// Deletes what is beyond the bounds; `now_unix_us` is when the latest call began, or the time of day. How many.
pub(super) fn sweep(connection: &Connection, keep: Retention, now_unix_us: i64) -> Result<usize> {
    let mut swept = 0;
    if keep.days > 0 {
        let oldest = now_unix_us.saturating_sub(i64::from(keep.days).saturating_mul(DAY_US));
        let sql = "DELETE FROM call_record WHERE call IN \
                   (SELECT call FROM call_record WHERE began_us < :oldest ORDER BY began_us LIMIT :most)";
        let bounds = named_params! { ":oldest": oldest, ":most": SWEPT_MAX };
        swept += connection.prepare_cached(sql)?.execute(bounds)?;
    }
    if keep.records > 0 {
        let sql = "DELETE FROM call_record WHERE call IN (SELECT call FROM call_record ORDER BY began_us \
                   LIMIT min(:most, max(0, (SELECT count(*) FROM call_record) - :records)))";
        let bounds = named_params! { ":records": keep.records, ":most": SWEPT_MAX };
        swept += connection.prepare_cached(sql)?.execute(bounds)?;
    }
    Ok(swept)
}
