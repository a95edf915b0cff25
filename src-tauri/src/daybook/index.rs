//! The indexes of the entries, by record and by request. They lag behind: up to [`INDEX_EVERY_ENTRIES`] entries wait in the
//! tail, and are then indexed together, which changes hardly more pages than one entry would.
//!
//! Requests of the tail stand in a temporary table of the writing connection as well, for every command looks its own up; it
//! rolls back with the entry's savepoint, and is made anew whenever the connection is opened. Whoever looks for a record reads
//! the view `daybook_touch`, which reads the tail itself.

use super::hex;
use crate::kernel::{Id, RequestId, Result, kind};
use crate::store::{Unit, fault_of};
use rusqlite::{Connection, named_params};
use std::collections::BTreeSet;

/// How many entries wait to be indexed at most.
pub const INDEX_EVERY_ENTRIES: i64 = 64;
/// An entry that touched more records than this is indexed at once, with all before it: it pays for its pages by itself.
const RECORDS_IN_TAIL_MAX: usize = 8;

/// Makes the tail of a writing connection anew.
pub(super) fn install(connection: &Connection) -> Result<()> {
    connection
        .execute_batch(
            "CREATE TEMP TABLE daybook_tail (
                 request_id BLOB    NOT NULL,
                 position   INTEGER NOT NULL,
                 -- Sixteen bytes each.
                 records    BLOB    NOT NULL,
                 PRIMARY KEY (request_id, position)
             ) STRICT, WITHOUT ROWID;
             INSERT INTO temp.daybook_tail (request_id, position, records)
             SELECT unhex(replace(json_extract(e.body, '$.request'), '-', '')), e.position,
                    (SELECT unhex(replace(replace(group_concat(DISTINCT json_extract(c.value, '$.key')), '-', ''), ',', ''))
                     FROM json_each(e.body, '$.changes') c)
             FROM (SELECT position, CAST(body AS TEXT) AS body FROM main.daybook_entry
                   WHERE position > (SELECT position FROM main.daybook_indexed)) e
             -- One that can't be read is for `verify` to find.
             WHERE json_valid(e.body) AND json_type(e.body, '$.request') = 'text' AND json_type(e.body, '$.changes') = 'array';",
        )
        .map_err(fault_of)
}

/// Notes an entry that was just written, and indexes what waits when that is enough.
pub(super) fn note(
    unit: &mut Unit,
    position: i64,
    request: RequestId,
    records: &BTreeSet<Id<kind::Record>>,
) -> Result<()> {
    let few = records.len() <= RECORDS_IN_TAIL_MAX;
    let bytes: Vec<u8> = records.iter().filter(|_| few).flat_map(|record| *record.as_bytes()).collect();
    unit.execute(
        "INSERT INTO temp.daybook_tail (request_id, position, records) VALUES (:request, :position, :records)",
        named_params! { ":request": request, ":position": position, ":records": bytes },
    )?;
    if !few {
        let list: Vec<String> = records.iter().map(|record| hex(record.as_bytes())).collect();
        unit.execute(
            "INSERT INTO daybook_change (record_id, position) SELECT unhex(value), :position FROM json_each(:records)",
            named_params! { ":position": position, ":records": serde_json::json!(list).to_string() },
        )?;
    }
    if !few || position % INDEX_EVERY_ENTRIES == 0 { index_all(unit) } else { Ok(()) }
}

/// Indexes the tail: for work that looks up many records, as sync does.
///
/// # Errors
/// What SQLite says.
pub fn index_all(unit: &mut Unit) -> Result<()> {
    let newest: Option<i64> = unit.one("SELECT max(position) FROM temp.daybook_tail", [], |row| row.get(0))?;
    let Some(newest) = newest else { return Ok(()) };
    unit.execute(
        "INSERT INTO daybook_request (request_id, position) SELECT request_id, position FROM temp.daybook_tail",
        [],
    )?;
    // The order is that of the table, so each of its pages is met once.
    unit.execute(
        "INSERT INTO daybook_change (record_id, position)
         SELECT substr(t.records, 1 + 16 * n.value, 16), t.position
         FROM temp.daybook_tail t
         JOIN json_each('[0,1,2,3,4,5,6,7]') n ON length(t.records) > 16 * n.value
         ORDER BY 1, 2",
        [],
    )?;
    unit.execute("DELETE FROM temp.daybook_tail", [])?;
    unit.execute("UPDATE daybook_indexed SET position = :newest", named_params! { ":newest": newest })?;
    Ok(())
}
