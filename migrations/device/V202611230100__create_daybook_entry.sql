-- The daybook: what was done, entry by entry, and what each request was answered.
-- These tables are the machinery's own: they are written by the sealing of an entry and by nothing else.

-- One unbroken life of this store. A restored or rolled-back store begins a new one. `position` is the newest entry that was here
-- then, and `mark_incarnation_id` the life that the mark beside the store named. Where that named an entry that was not here,
-- `lost_position` is it, and `evidence` the folder that keeps the store as it was found: that is told until a person has seen it.
CREATE TABLE daybook_incarnation (
    id                   BLOB    NOT NULL,
    ordinal              INTEGER NOT NULL,
    reason               TEXT    NOT NULL,
    created_at           INTEGER NOT NULL,
    position             INTEGER NOT NULL,
    mark_incarnation_id  BLOB,
    lost_position        INTEGER,
    evidence             TEXT,
    seen_at              INTEGER,
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

-- Which entries touched a record: the way to its history; and the entry of a request. Both follow from the entries and lag behind
-- them: a few entries at once cost hardly more pages than one. What comes after the last entry indexed is found by reading on.
CREATE TABLE daybook_change (
    record_id  BLOB    NOT NULL,
    position   INTEGER NOT NULL,
    CONSTRAINT daybook_change_pkey PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE daybook_request (
    request_id  BLOB    NOT NULL,
    position    INTEGER NOT NULL,
    CONSTRAINT daybook_request_pkey PRIMARY KEY (request_id, position)
) STRICT, WITHOUT ROWID;

-- The last entry indexed: one row.
CREATE TABLE daybook_indexed (
    position  INTEGER NOT NULL,
    CONSTRAINT daybook_indexed_pkey PRIMARY KEY (position)
) STRICT;
INSERT INTO daybook_indexed (position) VALUES (0);

-- Which entries touched a record, all of them. An entry that can't be read touched none.
CREATE VIEW daybook_touch (record_id, position) AS
SELECT record_id, position FROM daybook_change
UNION
SELECT unhex(replace(json_extract(c.value, '$.key'), '-', '')), e.position
FROM daybook_indexed i
CROSS JOIN daybook_entry e ON e.position > i.position
CROSS JOIN json_each(iif(json_valid(CAST(e.body AS TEXT)), CAST(e.body AS TEXT), '{}'), '$.changes') c;

-- What the request of an entry was answered, so that the same request again is the same answer and nothing more. The
-- answer is kept as LZ4 with the entry's body for its dictionary, for it mostly repeats that.
CREATE TABLE daybook_answer (
    position    INTEGER NOT NULL,
    input_hash  BLOB    NOT NULL,
    answer      BLOB    NOT NULL,
    CONSTRAINT daybook_answer_pkey PRIMARY KEY (position)
) STRICT;

-- The same of requests that changed nothing an entry holds.
CREATE TABLE daybook_local_answer (
    position    INTEGER NOT NULL,
    request_id  BLOB    NOT NULL,
    input_hash  BLOB    NOT NULL,
    answer      BLOB    NOT NULL,
    created_at  INTEGER NOT NULL,
    CONSTRAINT daybook_local_answer_pkey PRIMARY KEY (position),
    CONSTRAINT daybook_local_answer_request_id_key UNIQUE (request_id)
) STRICT;

CREATE TRIGGER daybook_entry_update_trigger BEFORE UPDATE ON daybook_entry
BEGIN
    SELECT raise(ABORT, 'an entry is never changed');
END;
