//! Mails that are to be sent: a row each, written in the transaction that writes what the mail is about. Whoever sends takes
//! them from here.

use cordboard_app::MailOrder;
use rusqlite::{Connection, Result};

/// An order that is there already is the same one, written again.
pub(super) fn order(connection: &Connection, order: &MailOrder) -> Result<()> {
    let sql = "INSERT INTO mail_queue (mailbox, message, kind, data) VALUES (?1, ?2, ?3, ?4) \
               ON CONFLICT (message, kind) DO NOTHING";
    connection.prepare_cached(sql)?.execute([&order.mailbox, &order.message, &order.kind, &order.data])?;
    Ok(())
}
