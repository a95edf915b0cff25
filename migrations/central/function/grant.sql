-- Who may call and read what.

SET ROLE daybook_machine;

-- A device may call these, and nothing else of this database.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA daybook_sync FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybook_sync.hello, daybook_sync.join_book, daybook_sync.push, daybook_sync.push_short,
    daybook_sync.push_at, daybook_sync.pull, daybook_sync.head, daybook_sync.retry, daybook_sync.lane_hash,
    daybook_sync.snapshot_page, daybook_sync.snapshot_row, daybook_sync.table_digest TO daybook_device;

GRANT SELECT ON daybook_sync.enrolment, daybook_sync.book_head, daybook_sync.lane, daybook_sync.book_version,
    daybook_sync.record_version, daybook_sync.quarantined_entry, daybook_sync.overdraft TO daybook_owner;

RESET ROLE;
SET ROLE daybook_owner;

-- The synced tables themselves: see refresh_registry.
GRANT SELECT, INSERT, UPDATE, DELETE ON daybook.ledger_balance TO daybook_machine;
-- What it may not do its guard says better than PostgreSQL.
GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON daybook.ledger_balance TO daybook_head_office;

REVOKE ALL ON FUNCTION daybook.decimal_amount, daybook.readable_entry FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybook.decimal_amount, daybook.readable_entry TO daybook_head_office;

GRANT SELECT ON daybook.ledger_document TO daybook_machine;
GRANT SELECT ON daybook.ledger_document, daybook.ledger_line, daybook.account_balance, daybook.transfer, daybook.device_state,
    daybook.quarantine, daybook.overdraft_state, daybook.book_history, daybook.counted_claim, daybook.customer_document,
    daybook.customer_balance TO daybook_head_office;

RESET ROLE;

-- By default a table is analysed only after some fifty rows changed, and a book, its people and its devices are fewer for ever.
-- Of a large table the tenth that has to change is what counts.
DO $$
DECLARE
    v_table  regclass;
BEGIN
    FOR v_table IN
        SELECT c.oid FROM pg_class c
        WHERE c.relnamespace IN ('daybook'::regnamespace, 'daybook_sync'::regnamespace) AND c.relkind = 'r'
          AND NOT coalesce('autovacuum_analyze_threshold=1' = ANY (c.reloptions), false)
        ORDER BY c.oid
    LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_analyze_threshold = 1)', v_table);
    END LOOP;
END
$$;
