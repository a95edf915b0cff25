-- Imports: a file that was brought in, and what became of each of its rows.

CREATE TABLE import_batch (
    book_id      BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    kind         TEXT    NOT NULL,
    state        TEXT    NOT NULL,
    file_name    TEXT    NOT NULL,
    mapping      TEXT    NOT NULL,
    rows_total   INTEGER NOT NULL,
    rows_done    INTEGER NOT NULL,
    rows_added   INTEGER NOT NULL,
    rows_known   INTEGER NOT NULL,
    rows_changed INTEGER NOT NULL,
    rows_refused INTEGER NOT NULL,
    rows_empty   INTEGER NOT NULL,
    lines_total  INTEGER NOT NULL,
    lines_done   INTEGER NOT NULL,
    byte_offset  INTEGER NOT NULL,
    person_id    BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    CONSTRAINT import_batch_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT import_batch_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT import_batch_id_check CHECK (length(id) = 16),
    CONSTRAINT import_batch_state_check CHECK (state IN ('running', 'done', 'undoing', 'undone')),
    CONSTRAINT import_batch_mapping_check CHECK (json_valid(mapping))
) STRICT, WITHOUT ROWID;

CREATE TABLE import_row (
    book_id          BLOB    NOT NULL,
    id               BLOB    NOT NULL,
    import_batch_id  BLOB    NOT NULL,
    ordinal          INTEGER NOT NULL,
    outcome          TEXT    NOT NULL,
    fingerprint      BLOB    NOT NULL,
    record_id        BLOB,
    remark           TEXT,
    CONSTRAINT import_row_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT import_row_import_batch_id_fkey
        FOREIGN KEY (book_id, import_batch_id) REFERENCES import_batch (book_id, id) ON DELETE CASCADE,
    CONSTRAINT import_row_id_check CHECK (length(id) = 16),
    CONSTRAINT import_row_outcome_check CHECK (outcome IN ('added', 'known', 'changed', 'refused')),
    CONSTRAINT import_row_record_check CHECK ((outcome = 'refused') = (record_id IS NULL)),
    CONSTRAINT import_row_remark_check
        CHECK ((outcome IN ('changed', 'refused')) = (remark IS NOT NULL) AND json_valid(ifnull(remark, '{}')))
) STRICT, WITHOUT ROWID;

-- The rows of a batch in the order of the file; and whether a row was brought in before.
CREATE INDEX import_row_import_batch_id_idx ON import_row (book_id, import_batch_id, ordinal);
CREATE INDEX import_row_fingerprint_idx ON import_row (book_id, fingerprint) WHERE outcome <> 'refused';
