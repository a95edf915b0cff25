-- The daybook: what was done, entry by entry, and what each request was answered.
-- These tables are the machinery's own: they are written by the sealing of an entry and by nothing else.

-- One unbroken life of this store. A restored or rolled-back store begins a new one.
CREATE TABLE daybook_incarnation (
    id          BLOB    NOT NULL,
    ordinal     INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    created_at  INTEGER NOT NULL,
    CONSTRAINT daybook_incarnation_pkey PRIMARY KEY (id),
    CONSTRAINT daybook_incarnation_ordinal_key UNIQUE (ordinal),
    CONSTRAINT daybook_incarnation_id_check CHECK (length(id) = 16),
    CONSTRAINT daybook_incarnation_reason_check CHECK (reason IN ('new', 'restored', 'rolled_back', 'replaced'))
) STRICT, WITHOUT ROWID;

-- What one command did. `body` holds the very bytes that were hashed; the columns repeat what is looked for.
CREATE TABLE daybook_entry (
    position        INTEGER NOT NULL,
    book_id         BLOB    NOT NULL,
    incarnation_id  BLOB    NOT NULL,
    sequence        INTEGER NOT NULL,
    created_at      INTEGER NOT NULL,
    hash            BLOB    NOT NULL,
    body            BLOB    NOT NULL,
    CONSTRAINT daybook_entry_pkey PRIMARY KEY (position),
    CONSTRAINT daybook_entry_incarnation_id_sequence_key UNIQUE (book_id, incarnation_id, sequence),
    CONSTRAINT daybook_entry_incarnation_id_fkey
        FOREIGN KEY (incarnation_id) REFERENCES daybook_incarnation (id),
    CONSTRAINT daybook_entry_sequence_check CHECK (sequence > 0),
    CONSTRAINT daybook_entry_hash_check CHECK (length(hash) = 32)
) STRICT;

-- Which entries touched a record: the way to its history.
CREATE TABLE daybook_change (
    record_id  BLOB    NOT NULL,
    position   INTEGER NOT NULL,
    CONSTRAINT daybook_change_pkey PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;

-- What a request was answered, so that the same request again is the same answer and nothing more.
CREATE TABLE daybook_answer (
    position    INTEGER NOT NULL,
    request_id  BLOB    NOT NULL,
    input_hash  BLOB    NOT NULL,
    answer      BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    CONSTRAINT daybook_answer_pkey PRIMARY KEY (position),
    CONSTRAINT daybook_answer_request_id_key UNIQUE (request_id)
) STRICT;

CREATE TRIGGER daybook_entry_update_trigger BEFORE UPDATE ON daybook_entry
BEGIN
    SELECT raise(ABORT, 'an entry is never changed');
END;
