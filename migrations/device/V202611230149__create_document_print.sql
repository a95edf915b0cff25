-- Prints of documents, of whatever kind: written before the first byte leaves. One that certainly came to nothing is followed by
-- a row that withdraws it; no row is ever changed.

CREATE TABLE document_print (
    book_id             BLOB    NOT NULL,
    id                  BLOB    NOT NULL,
    device_id           BLOB    NOT NULL,
    document_kind       TEXT    NOT NULL,
    document_id         BLOB    NOT NULL,
    document_number     TEXT    NOT NULL,
    copy_number         INTEGER,
    medium              TEXT    NOT NULL,
    person_id           BLOB    NOT NULL,
    withdraws_print_id  BLOB,
    created_at          INTEGER NOT NULL,
    CONSTRAINT document_print_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT document_print_device_id_fkey
        FOREIGN KEY (book_id, device_id) REFERENCES device (book_id, id),
    CONSTRAINT document_print_person_id_fkey
        FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT document_print_withdraws_print_id_fkey
        FOREIGN KEY (book_id, withdraws_print_id) REFERENCES document_print (book_id, id),
    CONSTRAINT document_print_id_check CHECK (length(id) = 16),
    CONSTRAINT document_print_copy_check CHECK (copy_number >= 0),
    CONSTRAINT document_print_withdraws_check CHECK ((copy_number IS NULL) = (withdraws_print_id IS NOT NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX document_print_document_id_idx ON document_print (book_id, document_id);
CREATE INDEX document_print_withdraws_print_id_idx
    ON document_print (book_id, withdraws_print_id) WHERE withdraws_print_id IS NOT NULL;

CREATE TRIGGER document_print_update_trigger BEFORE UPDATE ON document_print
BEGIN
    SELECT raise(ABORT, 'a print is never changed');
END;

CREATE TRIGGER document_print_delete_trigger BEFORE DELETE ON document_print
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a print is never deleted');
END;
