-- Sync with head office: which books are synced, how far, and what waits for a person. Never sent.

-- A book that is synced: with which central, as which device of it, how far it has come, and what is in the way. `copy_version`
-- is the newest version that another store made as this device, `copied_at` when one was last seen to go on beside this store.
CREATE TABLE sync_book (
    book_id           BLOB    NOT NULL,
    device_id         BLOB    NOT NULL,
    host              TEXT    NOT NULL,
    port              INTEGER NOT NULL,
    database_name     TEXT    NOT NULL,
    role_name         TEXT    NOT NULL,
    authority         TEXT,
    stage             TEXT    NOT NULL,
    version           INTEGER NOT NULL DEFAULT 0,
    book_hash         BLOB    NOT NULL,
    snapshot_version  INTEGER,
    snapshot_table    TEXT,
    snapshot_after    BLOB,
    central_version   INTEGER NOT NULL DEFAULT 0,
    paused            INTEGER NOT NULL DEFAULT 0,
    trouble_code      TEXT,
    trouble_message   TEXT,
    trouble_at        INTEGER,
    synced_at         INTEGER,
    checked_at        INTEGER,
    checked_version   INTEGER,
    checked_finding   TEXT,
    copy_version      INTEGER,
    copied_at         INTEGER,
    joined_at         INTEGER NOT NULL,
    CONSTRAINT sync_book_pkey PRIMARY KEY (book_id),
    CONSTRAINT sync_book_stage_check CHECK (stage IN ('snapshot', 'following')),
    CONSTRAINT sync_book_book_hash_check CHECK (length(book_hash) = 32)
) STRICT, WITHOUT ROWID;

-- How far each incarnation's entries have gone: central has them up to `sent`, their outcome has come back up to
-- `settled`. Where another copy of this store went on under the same numbers, `ends_at` is the last entry that both
-- have.
CREATE TABLE sync_lane (
    book_id           BLOB    NOT NULL,
    incarnation_id    BLOB    NOT NULL,
    sent_sequence     INTEGER NOT NULL DEFAULT 0,
    settled_sequence  INTEGER NOT NULL DEFAULT 0,
    ends_at           INTEGER,
    CONSTRAINT sync_lane_pkey PRIMARY KEY (book_id, incarnation_id)
) STRICT, WITHOUT ROWID;

-- The book's log as this device has taken it in. Of its own entries it keeps the marker, of the others' the bytes as
-- well, and after which of its own entries they came.
CREATE TABLE sync_version (
    book_id         BLOB    NOT NULL,
    version         INTEGER NOT NULL,
    incarnation_id  BLOB,
    sequence        INTEGER,
    device_id       BLOB,
    outcome         TEXT    NOT NULL,
    effect          BLOB,
    body            BLOB,
    entry_hash      BLOB    NOT NULL,
    book_hash       BLOB    NOT NULL,
    after_position  INTEGER NOT NULL,
    CONSTRAINT sync_version_pkey PRIMARY KEY (book_id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX sync_version_after_position_idx
    ON sync_version (book_id, after_position, version) WHERE body IS NOT NULL AND outcome = 'applied';

-- Which of the others' versions touched a record: the rest of its history.
CREATE TABLE sync_change (
    record_id  BLOB    NOT NULL,
    version    INTEGER NOT NULL,
    book_id    BLOB    NOT NULL,
    CONSTRAINT sync_change_pkey PRIMARY KEY (record_id, version, book_id)
) STRICT, WITHOUT ROWID;

-- Own entries that central did not simply apply.
CREATE TABLE sync_exception (
    book_id         BLOB    NOT NULL,
    incarnation_id  BLOB    NOT NULL,
    sequence        INTEGER NOT NULL,
    state           TEXT    NOT NULL,
    reason          TEXT,
    detail          TEXT,
    created_at      INTEGER NOT NULL,
    CONSTRAINT sync_exception_pkey PRIMARY KEY (book_id, incarnation_id, sequence),
    CONSTRAINT sync_exception_state_check CHECK (state IN ('quarantined', 'dismissed', 'superseded'))
) STRICT, WITHOUT ROWID;

-- An edit that lost against another one: both values, who and when, until a person settles it.
CREATE TABLE sync_conflict (
    book_id          BLOB    NOT NULL,
    id               BLOB    NOT NULL,
    table_name       TEXT    NOT NULL,
    record_id        BLOB    NOT NULL,
    column_name      TEXT    NOT NULL,
    mine             TEXT    NOT NULL,
    mine_at          INTEGER NOT NULL,
    mine_person_id   BLOB,
    theirs           TEXT    NOT NULL,
    theirs_at        INTEGER,
    theirs_device_id BLOB,
    theirs_person_id BLOB,
    created_at       INTEGER NOT NULL,
    settled_at       INTEGER,
    CONSTRAINT sync_conflict_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT sync_conflict_id_check CHECK (length(id) = 16)
) STRICT, WITHOUT ROWID;
CREATE INDEX sync_conflict_created_at_idx ON sync_conflict (book_id, created_at, id) WHERE settled_at IS NULL;

-- What a row is to become as soon as it can: one that others deleted while own work that waits still refers to it, one
-- whose parent own work took away, one that could not be taken back yet, a posting that a balance has no room for.
-- Without an image it is to go.
CREATE TABLE sync_deferred (
    book_id     BLOB    NOT NULL,
    table_name  TEXT    NOT NULL,
    record_id   BLOB    NOT NULL,
    image       TEXT,
    CONSTRAINT sync_deferred_pkey PRIMARY KEY (book_id, table_name, record_id)
) STRICT, WITHOUT ROWID;

-- Columns that came with entries or a snapshot and that this Daybook did not know, of a whole table where the column is
-- ''. After an update that knows them they are fetched, page by page, from `fetched_after` on.
CREATE TABLE sync_passed_over (
    book_id        BLOB NOT NULL,
    table_name     TEXT NOT NULL,
    column_name    TEXT NOT NULL,
    fetched_after  BLOB,
    CONSTRAINT sync_passed_over_pkey PRIMARY KEY (book_id, table_name, column_name)
) STRICT, WITHOUT ROWID;

-- Holds a row only while sync takes back what central did not accept: then, and only then, may posted rows go.
CREATE TABLE sync_undoing (
    book_id  BLOB NOT NULL,
    CONSTRAINT sync_undoing_pkey PRIMARY KEY (book_id)
) STRICT, WITHOUT ROWID;

-- A posting that is taken back takes its amounts along.
CREATE TRIGGER ledger_posting_undo_trigger AFTER DELETE ON ledger_posting
    WHEN EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    UPDATE ledger_balance SET balance_minor = balance_minor - old.amount_minor
    WHERE book_id = old.book_id AND account_id = old.debit_account_id;
    UPDATE ledger_balance SET balance_minor = balance_minor + old.amount_minor
    WHERE book_id = old.book_id AND account_id = old.credit_account_id;
    UPDATE ledger_day SET debit_minor = debit_minor - old.amount_minor
    WHERE book_id = old.book_id AND account_id = old.debit_account_id AND business_date = old.business_date;
    UPDATE ledger_day SET credit_minor = credit_minor - old.amount_minor
    WHERE book_id = old.book_id AND account_id = old.credit_account_id AND business_date = old.business_date;
    UPDATE ledger_customer_balance
    SET balance_minor = balance_minor - iif((SELECT a.kind FROM payment_account a
                                             WHERE a.book_id = old.book_id AND a.id = old.debit_account_id) = 'receivable',
                                            old.amount_minor, -old.amount_minor)
    WHERE book_id = old.book_id AND customer_id = old.customer_id;
END;

-- A person who is deleted elsewhere is chosen here no longer.
CREATE TRIGGER person_delete_trigger BEFORE DELETE ON person
BEGIN
    UPDATE device_book SET person_id = NULL WHERE book_id = old.book_id AND person_id = old.id;
END;
