-- What head office reads: names instead of ids, amounts as people write them, and the state of the sync in plain words. The
-- views belong to daybook_owner, who may therefore read what they show of the machinery; head office may read the views alone.
--
-- A server that is young, or was restored, has no statistics, and the planner guesses. So a view joins what its rows are chosen
-- by, the book for the most part, and looks up what is only shown row by row, by a key: no order of joins can be guessed wrongly.

SET ROLE daybook_owner;

-- An entry in quarantine may be anything at all: what can't be read is shown as null, and hides nothing else.
CREATE OR REPLACE FUNCTION daybook.readable_entry(p_body bytea) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE STRICT AS $$
BEGIN
    RETURN convert_from(p_body, 'UTF8')::jsonb;
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION daybook.readable_entry IS 'An entry''s bytes as JSON; null where they are none.';

CREATE OR REPLACE VIEW daybook.ledger_line AS
SELECT l.book_id,
       b.name                                           AS book_name,
       l.posting_id,
       l.business_date,
       l.account_id,
       a.name                                           AS account_name,
       a.kind                                           AS account_kind,
       l.other_account_id,
       (SELECT o.name FROM daybook.payment_account o
        WHERE o.book_id = l.book_id AND o.id = l.other_account_id)  AS other_account_name,
       daybook.decimal_amount(l.amount_minor, b.currency) AS amount,
       b.currency,
       l.document_kind,
       l.document_id,
       (SELECT t.number FROM daybook.ledger_document t
        WHERE t.book_id = l.book_id AND t.id = l.document_id AND t.kind = l.document_kind)  AS document_number,
       (SELECT d.name FROM daybook.device d
        WHERE d.book_id = l.book_id
          AND d.id = (SELECT t.device_id FROM daybook.ledger_document t
                      WHERE t.book_id = l.book_id AND t.id = l.document_id AND t.kind = l.document_kind))  AS device_name,
       l.memo,
       l.created_at
FROM (
    SELECT book_id, id AS posting_id, debit_account_id AS account_id, credit_account_id AS other_account_id, amount_minor,
           business_date, document_kind, document_id, memo, created_at
    FROM daybook.ledger_posting
    UNION ALL
    SELECT book_id, id, credit_account_id, debit_account_id, -amount_minor,
           business_date, document_kind, document_id, memo, created_at
    FROM daybook.ledger_posting
) l
JOIN daybook.book b ON b.id = l.book_id
JOIN daybook.payment_account a ON a.book_id = l.book_id AND a.id = l.account_id;
COMMENT ON VIEW daybook.ledger_line IS
    'The ledger as accountants expect it: each posting as two lines, one for each account, that add up to nothing.';
COMMENT ON COLUMN daybook.ledger_line.posting_id IS 'The posting; it stands in two lines.';
COMMENT ON COLUMN daybook.ledger_line.account_name IS 'The account that the line is of.';
COMMENT ON COLUMN daybook.ledger_line.account_id IS 'The id of the account that the line is of.';
COMMENT ON COLUMN daybook.ledger_line.other_account_id IS 'The id of the account at the other end.';
COMMENT ON COLUMN daybook.ledger_line.other_account_name IS 'The account at the other end: where the money came from, or went.';
COMMENT ON COLUMN daybook.ledger_line.amount IS
    'What the account gained; less than zero where it lost. Debits are gains, credits losses.';
COMMENT ON COLUMN daybook.ledger_line.document_kind IS 'transfer, opening, or adjustment: what head office posted by itself.';
COMMENT ON COLUMN daybook.ledger_line.document_id IS
    'The id of the document that made it; see ledger_document.';
COMMENT ON COLUMN daybook.ledger_line.document_number IS 'The number of the document that made it; null where it has none.';
COMMENT ON COLUMN daybook.ledger_line.device_name IS 'The device that made the document; null where it is not known.';

CREATE OR REPLACE VIEW daybook.account_balance AS
SELECT a.book_id,
       b.name                                                           AS book_name,
       a.id                                                             AS account_id,
       a.name                                                           AS account_name,
       a.kind                                                           AS account_kind,
       d.name                                                           AS custodian_device_name,
       daybook.decimal_amount(coalesce(l.balance_minor, 0), b.currency) AS balance,
       daybook.decimal_amount(a.minimum_minor, b.currency)              AS minimum,
       coalesce(coalesce(l.balance_minor, 0) < a.minimum_minor, false)  AS is_overdrawn,
       b.currency,
       a.closed_at
FROM daybook.payment_account a
JOIN daybook.book b ON b.id = a.book_id
LEFT JOIN daybook.ledger_balance l ON l.book_id = a.book_id AND l.account_id = a.id
LEFT JOIN daybook.device d ON d.book_id = a.book_id AND d.id = a.custodian_device_id;
COMMENT ON VIEW daybook.account_balance IS 'What each account of each book holds, and who keeps it.';
COMMENT ON COLUMN daybook.account_balance.balance IS
    'What it holds, as head office knows it. Where money comes from, such as income, it is less than zero.';
COMMENT ON COLUMN daybook.account_balance.is_overdrawn IS 'Whether it holds less than its minimum.';
COMMENT ON COLUMN daybook.account_balance.closed_at IS 'Since when nothing more is posted to it; null while it is open.';

CREATE OR REPLACE VIEW daybook.transfer AS
SELECT t.book_id,
       b.name                                              AS book_name,
       t.id                                                AS transfer_id,
       t.number,
       t.business_date,
       (SELECT f.name FROM daybook.payment_account f
        WHERE f.book_id = t.book_id AND f.id = t.from_account_id)  AS from_account_name,
       (SELECT o.name FROM daybook.payment_account o
        WHERE o.book_id = t.book_id AND o.id = t.to_account_id)    AS to_account_name,
       daybook.decimal_amount(t.amount_minor, b.currency)  AS amount,
       daybook.decimal_amount(t.fee_minor, b.currency)     AS fee,
       b.currency,
       t.memo,
       (SELECT d.name FROM daybook.device d WHERE d.book_id = t.book_id AND d.id = t.device_id)  AS device_name,
       (SELECT p.name FROM daybook.person p WHERE p.book_id = t.book_id AND p.id = t.person_id)  AS person_name,
       CASE WHEN t.reverses_transfer_id IS NOT NULL THEN
            (SELECT v.number FROM daybook.payment_transfer v
             WHERE v.book_id = t.book_id AND v.id = t.reverses_transfer_id) END  AS reverses_number,
       -- The least, so that a transfer stays one row, whatever takes it back.
       (SELECT min(r.number) FROM daybook.payment_transfer r
        WHERE r.book_id = t.book_id AND r.reverses_transfer_id = t.id)  AS reversed_by_number,
       t.created_at
FROM daybook.payment_transfer t
JOIN daybook.book b ON b.id = t.book_id;
COMMENT ON VIEW daybook.transfer IS 'Money moved from one account to another, with names instead of ids.';
COMMENT ON COLUMN daybook.transfer.transfer_id IS 'Its id; ledger_line has it as document_id.';
COMMENT ON COLUMN daybook.transfer.number IS 'Its number: the device''s code, T, and a running number without a gap.';
COMMENT ON COLUMN daybook.transfer.amount IS 'How much arrived.';
COMMENT ON COLUMN daybook.transfer.fee IS 'What it cost besides.';
COMMENT ON COLUMN daybook.transfer.device_name IS 'The device that made it.';
COMMENT ON COLUMN daybook.transfer.person_name IS 'Who made it.';
COMMENT ON COLUMN daybook.transfer.reverses_number IS 'The transfer that this one takes back; null where it takes none back.';
COMMENT ON COLUMN daybook.transfer.reversed_by_number IS 'The transfer that takes this one back; null while it stands.';

CREATE OR REPLACE VIEW daybook.device_state AS
SELECT e.book_id,
       coalesce(b.name, e.book_name)    AS book_name,
       e.role_name,
       e.device_id,
       d.code                           AS device_code,
       coalesce(d.name, e.device_name)  AS device_name,
       e.seen_at,
       h.version                        AS book_version,
       e.pulled_version,
       h.version - e.pulled_version     AS versions_behind,
       e.waiting_entries,
       e.device_schema,
       e.created_at                     AS enrolled_at,
       e.joined_at,
       e.revoked_at,
       e.copied_at
FROM daybook_sync.enrolment e
LEFT JOIN daybook.book b ON b.id = e.book_id
LEFT JOIN daybook.device d ON d.book_id = e.book_id AND d.id = e.device_id
LEFT JOIN daybook_sync.book_head h ON h.book_id = e.book_id;
COMMENT ON VIEW daybook.device_state IS
    'Where each device stands, one row for each enrolment: a device that was enrolled anew has one for each time.';
COMMENT ON COLUMN daybook.device_state.book_id IS 'The book that it belongs to; null until a new book has come with it.';
COMMENT ON COLUMN daybook.device_state.role_name IS 'The role that it logs in as.';
COMMENT ON COLUMN daybook.device_state.device_id IS 'The device''s id; null until it has joined.';
COMMENT ON COLUMN daybook.device_state.device_code IS
    'What stands before the numbers of its documents; null until it has joined.';
COMMENT ON COLUMN daybook.device_state.device_name IS 'What people call the device.';
COMMENT ON COLUMN daybook.device_state.seen_at IS 'When it last said something; null while it never has.';
COMMENT ON COLUMN daybook.device_state.book_version IS 'The newest version of the book.';
COMMENT ON COLUMN daybook.device_state.pulled_version IS 'The version that the device said it has.';
COMMENT ON COLUMN daybook.device_state.versions_behind IS 'How many versions the device has not said it has.';
COMMENT ON COLUMN daybook.device_state.waiting_entries IS
    'How many entries it said were still waiting to be sent, when it last sent some; null while it never has.';
COMMENT ON COLUMN daybook.device_state.device_schema IS
    'The newest migration of the Daybook that it runs; null while it never said so.';
COMMENT ON COLUMN daybook.device_state.enrolled_at IS 'When its link was made.';
COMMENT ON COLUMN daybook.device_state.joined_at IS 'When it used its link; null while it has not.';
COMMENT ON COLUMN daybook.device_state.revoked_at IS 'Since when it may no longer call; null while it may.';
COMMENT ON COLUMN daybook.device_state.copied_at IS
    'When two stores were last seen to go on as this device: one of them has to be enrolled anew. Null while none were.';

CREATE OR REPLACE VIEW daybook.quarantine AS
SELECT q.book_id,
       b.name                                          AS book_name,
       q.device_id,
       coalesce(d.name, e.device_name)                 AS device_name,
       q.incarnation_id,
       q.sequence,
       q.version,
       daybook.readable_entry(v.body) ->> 'command'    AS command,
       q.reason,
       q.detail,
       q.created_at                                    AS waiting_since_at
FROM daybook_sync.quarantined_entry q
JOIN daybook_sync.book_version v ON v.book_id = q.book_id AND v.version = q.version
LEFT JOIN daybook.book b ON b.id = q.book_id
LEFT JOIN daybook.device d ON d.book_id = q.book_id AND d.id = q.device_id
-- The entry that brings the device's own row may be the very one that waits.
LEFT JOIN LATERAL (SELECT n.device_name FROM daybook_sync.enrolment n
                   WHERE n.book_id = q.book_id AND n.device_id = q.device_id
                   ORDER BY n.created_at DESC LIMIT 1) e ON true
WHERE q.state = 'waiting';
COMMENT ON VIEW daybook.quarantine IS
    'Entries of devices that were kept whole and not applied, and wait for the cause to go or for a person to dismiss them.';
COMMENT ON COLUMN daybook.quarantine.device_id IS 'The id of the device that sent it.';
COMMENT ON COLUMN daybook.quarantine.device_name IS 'The device that sent it.';
COMMENT ON COLUMN daybook.quarantine.incarnation_id IS 'The life of the device''s store that it comes from.';
COMMENT ON COLUMN daybook.quarantine.sequence IS 'Its running number on the device, in that life of its store.';
COMMENT ON COLUMN daybook.quarantine.version IS 'The book''s version that it was kept under: what dismissing it asks for.';
COMMENT ON COLUMN daybook.quarantine.command IS 'What was done on the device; null where the entry can''t be read.';
COMMENT ON COLUMN daybook.quarantine.reason IS
    'malformed, not_allowed, unknown_schema (made by a newer Daybook), or depends (it needs a row that is not there).';
COMMENT ON COLUMN daybook.quarantine.detail IS 'The reason in a sentence.';
COMMENT ON COLUMN daybook.quarantine.waiting_since_at IS 'Since when it waits.';

CREATE OR REPLACE VIEW daybook.overdraft_state AS
SELECT s.book_id,
       b.name                                               AS book_name,
       s.account_id,
       a.name                                               AS account_name,
       d.name                                               AS custodian_device_name,
       s.first_version,
       s.first_at,
       s.last_at,
       daybook.decimal_amount(s.lowest_minor, b.currency)   AS lowest_balance,
       daybook.decimal_amount(coalesce(l.balance_minor, 0), b.currency)  AS balance,
       daybook.decimal_amount(a.minimum_minor, b.currency)  AS minimum,
       coalesce(coalesce(l.balance_minor, 0) < a.minimum_minor, false)   AS is_overdrawn,
       b.currency
FROM (SELECT book_id, account_id, min(version) AS first_version, min(created_at) AS first_at, max(created_at) AS last_at,
             min(balance_minor) AS lowest_minor
      FROM daybook_sync.overdraft GROUP BY book_id, account_id) s
JOIN daybook.book b ON b.id = s.book_id
JOIN daybook.payment_account a ON a.book_id = s.book_id AND a.id = s.account_id
LEFT JOIN daybook.ledger_balance l ON l.book_id = s.book_id AND l.account_id = s.account_id
LEFT JOIN daybook.device d ON d.book_id = a.book_id AND d.id = a.custodian_device_id;
COMMENT ON VIEW daybook.overdraft_state IS
    'Accounts that were once found below their minimum: money was spent in two places, by a store and its copy, or by a device'
    ' that the account was taken from.';
COMMENT ON COLUMN daybook.overdraft_state.first_version IS 'The book''s version at which it was found first.';
COMMENT ON COLUMN daybook.overdraft_state.first_at IS 'When it was found first.';
COMMENT ON COLUMN daybook.overdraft_state.last_at IS 'When it was found last.';
COMMENT ON COLUMN daybook.overdraft_state.lowest_balance IS 'The least that it was found to hold.';
COMMENT ON COLUMN daybook.overdraft_state.balance IS 'What it holds now.';
COMMENT ON COLUMN daybook.overdraft_state.is_overdrawn IS 'Whether it still holds less than its minimum.';

-- Read by a record or by a few versions, and neither reads the log: a record is looked up in record_version, which therefore
-- gives record_id. It is a left join so that the planner knows how many rows there are: without a record they are those of the
-- log. What is only shown is asked for row by row, and no join: more than eight would be planned in the order of their writing.
CREATE OR REPLACE VIEW daybook.book_history AS
SELECT v.book_id,
       b.name                                                    AS book_name,
       v.version,
       c.ordinal,
       'epoch'::timestamptz + (e.entry ->> 'at')::bigint * interval '1 millisecond'  AS changed_at,
       v.created_at                                              AS arrived_at,
       CASE WHEN v.incarnation_id IS NULL THEN 'head office' ELSE
            (SELECT coalesce(d.name, n.device_id::text)
             FROM daybook_sync.lane n LEFT JOIN daybook.device d ON d.book_id = n.book_id AND d.id = n.device_id
             WHERE n.book_id = v.book_id AND n.incarnation_id = v.incarnation_id) END  AS device_name,
       coalesce((SELECT p.name FROM daybook.person p WHERE p.book_id = v.book_id AND p.id = (e.entry ->> 'person')::uuid),
                e.entry ->> 'by', e.entry ->> 'person')          AS person_name,
       e.entry ->> 'command'                                     AS command,
       c."table"                                                 AS table_name,
       r.record_id,
       c.op                                                      AS operation,
       c.old,
       c.new,
       CASE f.op WHEN 'update' THEN 'late' WHEN 'stand' THEN 'known' WHEN 'gone' THEN 'gone' ELSE 'applied' END  AS outcome,
       f.new                                                     AS kept
FROM daybook_sync.book_version v
-- Only what was applied is sure to be JSON, so nothing else is read, in whatever order the conditions are looked at.
CROSS JOIN LATERAL (SELECT CASE WHEN v.outcome = 'applied' THEN convert_from(v.body, 'UTF8')::jsonb END AS entry OFFSET 0) e
CROSS JOIN LATERAL ROWS FROM (
    jsonb_to_recordset(e.entry -> 'changes') AS (key uuid, op text, "table" text, old jsonb, new jsonb))
    WITH ORDINALITY AS c(key, op, "table", old, new, ordinal)
LEFT JOIN daybook_sync.record_version r ON r.book_id = v.book_id AND r.version = v.version AND r.record_id = c.key
LEFT JOIN daybook.book b ON b.id = v.book_id
LEFT JOIN LATERAL (SELECT x.op, x.new
                   FROM jsonb_to_recordset(convert_from(v.effect, 'UTF8')::jsonb -> 'changes')
                       AS x(key uuid, op text, "table" text, new jsonb)
                   WHERE x.key = c.key AND x."table" = c."table" LIMIT 1) f ON true
WHERE v.outcome = 'applied';
COMMENT ON VIEW daybook.book_history IS
    'Who changed which record, when, and from what to what. Name a record, a few versions, or the newest of a book_id: each'
    ' entry that is looked at has to be unpacked.';
COMMENT ON COLUMN daybook.book_history.version IS 'The book''s version that brought it: the order in which changes took effect.';
COMMENT ON COLUMN daybook.book_history.ordinal IS 'Which change of that version it is: 1, 2, 3.';
COMMENT ON COLUMN daybook.book_history.changed_at IS 'When it was done, by the clock of the device.';
COMMENT ON COLUMN daybook.book_history.arrived_at IS 'When head office had it, by its own clock.';
COMMENT ON COLUMN daybook.book_history.device_name IS 'The device that it was done on, or head office.';
COMMENT ON COLUMN daybook.book_history.person_name IS 'Who did it; at head office the role that was logged in.';
COMMENT ON COLUMN daybook.book_history.command IS 'What was done, such as customer_edit; head_office where it was done with SQL.';
COMMENT ON COLUMN daybook.book_history.table_name IS 'The table that was changed.';
COMMENT ON COLUMN daybook.book_history.record_id IS 'The id of the record that was changed.';
COMMENT ON COLUMN daybook.book_history.operation IS 'insert, update or delete.';
COMMENT ON COLUMN daybook.book_history.old IS
    'An update: what the changed columns were before, where it was done. A delete: the record.';
COMMENT ON COLUMN daybook.book_history.new IS 'An update: what the changed columns became. An insert: the record.';
COMMENT ON COLUMN daybook.book_history.outcome IS
    'applied; late: some columns had been changed later by somebody else, and stayed; known: the record was there already;'
    ' gone: it was gone.';
COMMENT ON COLUMN daybook.book_history.kept IS
    'What stayed instead: columns of a late update, or the record that was there already.';

-- These say the same in every view.
DO $$
DECLARE
    v_column  record;
    v_about   jsonb := '{
        "book_id": "The id of the book that it belongs to.", "book_name": "The book that it belongs to.",
        "account_id": "The id of the account.", "account_name": "The account.", "account_kind": "What kind of account it is.",
        "custodian_device_name": "The device that keeps it: where it has a minimum, no other may lower it.",
        "minimum": "What must stay in it; null where it may be overdrawn.", "currency": "ISO 4217: what the amounts are in.",
        "business_date": "The day that it counts for.", "memo": "What it says.", "created_at": "When it was made.",
        "from_account_name": "Where the money came from.", "to_account_name": "Where it went.",
        "customer_id": "The id of the customer.", "customer_name": "The customer.", "device_name": "The device that made it.",
        "person_name": "Who made it."
    }';
BEGIN
    FOR v_column IN
        SELECT c.oid::regclass AS relation, a.attname AS name
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'daybook'::regnamespace AND c.relkind = 'v' AND a.attnum > 0
          AND col_description(c.oid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', v_column.relation, v_column.name, v_about ->> v_column.name);
    END LOOP;
END
$$;

RESET ROLE;
