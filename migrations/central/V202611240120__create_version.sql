-- The machinery's own tables: each book's log, the lanes that devices push along, and what waits for a person.
-- Every key has the book in it, so the tables can be spread over a cluster by book_id.

SET ROLE daybook_machine;

CREATE TABLE daybook_sync.book_head (
    book_id    uuid    NOT NULL,
    version    bigint  NOT NULL DEFAULT 0,
    book_hash  bytea   NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    retry_from bigint,
    CONSTRAINT book_head_pkey PRIMARY KEY (book_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE daybook_sync.book_head IS 'The newest version of each book. Locked last, by whoever gives the next one.';
COMMENT ON COLUMN daybook_sync.book_head.retry_from IS
    'After which version what waits in quarantine is tried again next; null while nothing has happened by which it could be'
    ' applied.';

CREATE TABLE daybook_sync.enrolment (
    role_name       text            NOT NULL,
    book_id         uuid,
    book_name       text,
    device_id       uuid,
    device_name     text            NOT NULL,
    created_at      timestamptz(3)  NOT NULL DEFAULT now(),
    joined_at       timestamptz(3),
    revoked_at      timestamptz(3),
    seen_at         timestamptz(3),
    pulled_version  bigint          NOT NULL DEFAULT 0,
    heard_version   bigint          NOT NULL DEFAULT 0,
    device_schema   bigint,
    waiting_entries bigint,
    password_mark   bytea,
    copied_at       timestamptz(3),
    CONSTRAINT enrolment_pkey PRIMARY KEY (role_name)
) WITH (fillfactor = 50);
COMMENT ON TABLE daybook_sync.enrolment IS
    'Which role is which device of which book. book_id is null until a new book is adopted.';
COMMENT ON COLUMN daybook_sync.enrolment.pulled_version IS 'The version that the device said it has.';
COMMENT ON COLUMN daybook_sync.enrolment.heard_version IS
    'The newest version that the device had when nothing of its own waited: whatever it sends from then on was done knowing'
    ' that version.';
COMMENT ON COLUMN daybook_sync.enrolment.password_mark IS
    'What marked the role''s password when it joined: no Daybook changes it afterwards.';
COMMENT ON COLUMN daybook_sync.enrolment.copied_at IS
    'When two stores were last seen to go on as this device, in turns; null while never.';
CREATE INDEX enrolment_book_id_idx ON daybook_sync.enrolment (book_id);

CREATE TABLE daybook_sync.lane (
    book_id         uuid    NOT NULL,
    incarnation_id  uuid    NOT NULL,
    device_id       uuid    NOT NULL,
    sequence        bigint  NOT NULL DEFAULT 0,
    hash            bytea   NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    version         bigint  NOT NULL DEFAULT 0,
    CONSTRAINT lane_pkey PRIMARY KEY (book_id, incarnation_id)
) WITH (fillfactor = 50);
COMMENT ON TABLE daybook_sync.lane IS 'How far each incarnation of a device has been pushed, and the hash of its chain there.';
COMMENT ON COLUMN daybook_sync.lane.version IS 'The book''s version that its newest entry was pushed as.';

CREATE TABLE daybook_sync.book_version (
    book_id         uuid            NOT NULL,
    version         bigint          NOT NULL,
    incarnation_id  uuid,
    sequence        bigint,
    outcome         text            NOT NULL,
    body            bytea           NOT NULL,
    effect          bytea,
    previous_hash   bytea           NOT NULL,
    entry_hash      bytea           NOT NULL,
    book_hash       bytea           NOT NULL,
    created_at      timestamptz(3)  NOT NULL DEFAULT clock_timestamp(),
    CONSTRAINT book_version_pkey PRIMARY KEY (book_id, version),
    CONSTRAINT book_version_outcome_check CHECK (outcome IN ('applied', 'quarantined', 'superseded', 'dismissed'))
);
COMMENT ON TABLE daybook_sync.book_version IS
    'Each book''s log: one entry a version, its outcome, and the values that took effect where central decided otherwise.';
COMMENT ON COLUMN daybook_sync.book_version.incarnation_id IS 'The life of the device''s store; null where head office wrote.';
COMMENT ON COLUMN daybook_sync.book_version.book_hash IS 'sha256(book hash before || entry hash || outcome || effect)';
CREATE INDEX book_version_incarnation_id_idx ON daybook_sync.book_version (book_id, incarnation_id, sequence, version);

CREATE TABLE daybook_sync.record_version (
    book_id    uuid    NOT NULL,
    record_id  uuid    NOT NULL,
    version    bigint  NOT NULL,
    -- The record first: whoever asks for one needn't name its book.
    CONSTRAINT record_version_pkey PRIMARY KEY (record_id, book_id, version)
);
COMMENT ON TABLE daybook_sync.record_version IS
    'The versions that changed a record: by it the history of one record is read without the log.';

CREATE TABLE daybook_sync.entry_request (
    book_id     uuid    NOT NULL,
    request_id  uuid    NOT NULL,
    incarnation_id uuid NOT NULL,
    sequence    bigint  NOT NULL,
    CONSTRAINT entry_request_pkey PRIMARY KEY (book_id, request_id)
);
COMMENT ON TABLE daybook_sync.entry_request IS 'Requests that were done, so that a copied store does none of them twice.';

CREATE TABLE daybook_sync.column_clock (
    book_id      uuid    NOT NULL,
    table_name   text    NOT NULL,
    record_id    uuid    NOT NULL,
    column_name  text    NOT NULL,
    at           bigint  NOT NULL,
    device_id    uuid,
    person_id    uuid,
    set_at       timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
    set_by_device_id uuid,
    CONSTRAINT column_clock_pkey PRIMARY KEY (book_id, table_name, record_id, column_name)
);
COMMENT ON TABLE daybook_sync.column_clock IS 'When each edited column was last written, and by whom: the last writer wins.';
COMMENT ON COLUMN daybook_sync.column_clock.set_at IS
    'Since when the column has had a value at all; -infinity where it had one before its first edit. Before that nobody'
    ' could have heard of one.';
COMMENT ON COLUMN daybook_sync.column_clock.set_by_device_id IS 'The device that gave it a value then; null for head office.';

CREATE TABLE daybook_sync.quarantined_entry (
    book_id         uuid            NOT NULL,
    incarnation_id  uuid            NOT NULL,
    sequence        bigint          NOT NULL,
    version         bigint          NOT NULL,
    device_id       uuid            NOT NULL,
    reason          text            NOT NULL,
    detail          text            NOT NULL,
    state           text            NOT NULL DEFAULT 'waiting',
    created_at      timestamptz(3)  NOT NULL DEFAULT now(),
    settled_at      timestamptz(3),
    settled_by      text,
    settled_reason  text,
    CONSTRAINT quarantined_entry_pkey PRIMARY KEY (book_id, incarnation_id, sequence),
    CONSTRAINT quarantined_entry_state_check CHECK (state IN ('waiting', 'applied', 'dismissed'))
);
COMMENT ON TABLE daybook_sync.quarantined_entry IS
    'Entries that were kept whole and not applied, until the cause is gone or a person dismisses them.';

CREATE TABLE daybook_sync.overdraft (
    book_id     uuid            NOT NULL,
    account_id  uuid            NOT NULL,
    version     bigint          NOT NULL,
    balance_minor bigint        NOT NULL,
    created_at  timestamptz(3)  NOT NULL DEFAULT now(),
    CONSTRAINT overdraft_pkey PRIMARY KEY (book_id, account_id, version)
);
COMMENT ON TABLE daybook_sync.overdraft IS
    'Accounts that went below their minimum: money was spent in two places, by a store and its copy, or by a device that the'
    ' account was taken from.';

CREATE TABLE daybook_sync.office_touched_book (
    transaction_id  xid8    NOT NULL,
    book_id         uuid    NOT NULL,
    CONSTRAINT office_touched_book_pkey PRIMARY KEY (transaction_id, book_id)
);
COMMENT ON TABLE daybook_sync.office_touched_book IS 'Books that a transaction of head office touched; emptied at its COMMIT.';

CREATE TABLE daybook_sync.office_change (
    book_id         uuid    NOT NULL,
    transaction_id  xid8    NOT NULL,
    ordinal         bigint  GENERATED ALWAYS AS IDENTITY,
    table_name      text    NOT NULL,
    operation       text    NOT NULL,
    record_id       uuid    NOT NULL,
    old             jsonb,
    new             jsonb,
    CONSTRAINT office_change_pkey PRIMARY KEY (book_id, transaction_id, ordinal)
);
COMMENT ON TABLE daybook_sync.office_change IS 'What head office''s transactions did, row by row; emptied at their COMMIT.';

CREATE TABLE daybook_sync.synced_table (
    table_name   text     NOT NULL,
    ordinal      integer  NOT NULL,
    kind         text     NOT NULL,
    owner_table  text,
    named_by     text,
    letter       text,
    columns      text[]   NOT NULL DEFAULT '{}',
    defaults     text[]   NOT NULL DEFAULT '{}',
    rules        jsonb    NOT NULL DEFAULT '{}',
    CONSTRAINT synced_table_pkey PRIMARY KEY (table_name),
    CONSTRAINT synced_table_kind_check CHECK (kind IN ('master', 'document', 'posted', 'owned', 'work')),
    CONSTRAINT synced_table_owner_check CHECK ((kind = 'owned') = (owner_table IS NOT NULL)),
    CONSTRAINT synced_table_letter_check CHECK ((kind = 'document') = (letter IS NOT NULL))
);
COMMENT ON TABLE daybook_sync.synced_table IS
    'The registry of what devices know, parents before children. Filled by daybook central migrate from what the program'
    ' declares.';
COMMENT ON COLUMN daybook_sync.synced_table.kind IS
    'master: devices and head office write it; document, work: devices alone; posted: nobody changes it; owned: as its owner.';
COMMENT ON COLUMN daybook_sync.synced_table.owner_table IS 'Where an owned row belongs, and goes with.';
COMMENT ON COLUMN daybook_sync.synced_table.named_by IS
    'The column that names a row to a person; null where its owner alone does.';
COMMENT ON COLUMN daybook_sync.synced_table.letter IS 'What stands between device code and serial in a document''s number.';
COMMENT ON COLUMN daybook_sync.synced_table.columns IS 'The columns that devices have; others are head office''s own.';
COMMENT ON COLUMN daybook_sync.synced_table.defaults IS
    'Those of them that have a default on devices: an older one, which does not send them, means that.';
COMMENT ON COLUMN daybook_sync.synced_table.rules IS
    'What its columns may hold, by column: what a command accepts, and head office''s SQL is held to.';

CREATE TABLE daybook_sync.command_right (
    command        text    NOT NULL,
    table_name     text    NOT NULL,
    operation      text    NOT NULL,
    column_name    text    NOT NULL DEFAULT '',
    device_schema  bigint  NOT NULL,
    CONSTRAINT command_right_pkey PRIMARY KEY (command, table_name, operation, column_name),
    CONSTRAINT command_right_operation_check CHECK (operation IN ('insert', 'update', 'delete')),
    CONSTRAINT command_right_column_check CHECK ((operation = 'update') = (column_name <> ''))
);
COMMENT ON TABLE daybook_sync.command_right IS
    'What the entry of each command may do. daybook central migrate adds what its own commands may; none goes while a'
    ' device may use it.';
COMMENT ON COLUMN daybook_sync.command_right.column_name IS 'The column that an update may set; empty for the other operations.';
COMMENT ON COLUMN daybook_sync.command_right.device_schema IS
    'The newest device schema whose program had it: below device_schema_min no device has.';

CREATE TABLE daybook_sync.function_set (
    ordinal     bigint          GENERATED ALWAYS AS IDENTITY,
    number      bigint          NOT NULL,
    hash        text            NOT NULL,
    applied_at  timestamptz(3)  NOT NULL DEFAULT now(),
    CONSTRAINT function_set_pkey PRIMARY KEY (ordinal)
);
COMMENT ON TABLE daybook_sync.function_set IS
    'Which set of functions daybook central migrate put here, and when; the newest row is the one that stands.';
COMMENT ON COLUMN daybook_sync.function_set.number IS 'No Daybook puts a set of a smaller number in its place.';
COMMENT ON COLUMN daybook_sync.function_set.hash IS
    'SHA-256 over all that was applied: where it differs, all of it is applied anew.';

CREATE TABLE daybook_sync.sync_limit (
    name   text    NOT NULL,
    value  bigint  NOT NULL,
    about  text    NOT NULL,
    CONSTRAINT sync_limit_pkey PRIMARY KEY (name)
);
COMMENT ON TABLE daybook_sync.sync_limit IS 'Limits and versions, by name.';
INSERT INTO daybook_sync.sync_limit (name, value, about) VALUES
    ('batch_entries_max', 500, 'Entries in one push.'),
    ('batch_bytes_max', 8388608, 'Bytes in one push, unless it is a single entry.'),
    ('entry_bytes_max', 33554432, 'Bytes of one entry.'),
    ('entry_changes_max', 5000, 'Changed rows in one entry.'),
    ('office_rows_max', 5000, 'Rows of a book that one transaction of head office may change.'),
    ('page_entries_max', 2000, 'Versions in one page of a pull.'),
    ('page_bytes_max', 16777216, 'Bytes in one page of a pull, unless it is a single version.'),
    ('device_schema_min', 202611240210, 'The oldest device schema that can read what is in the log.'),
    ('device_schema_max', 202611240210, 'The newest device schema that this central understands.'),
    ('central_schema', 0, 'The schema of central itself, as daybook central migrate wrote it.');

RESET ROLE;
