-- Taxes that products can carry, as a rate in parts per million.

CREATE TABLE tax (
    book_id      BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    rate_ppm     INTEGER NOT NULL,
    -- What papers call it: a letter, or why nothing is taxed. Two taxes of 0 % aren't the same.
    code         TEXT,
    note         TEXT,
    archived_at  INTEGER,
    created_at   INTEGER NOT NULL,
    row_version  INTEGER NOT NULL DEFAULT 1,
    name_fold    TEXT    NOT NULL,
    CONSTRAINT tax_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT tax_book_id_fkey FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT tax_id_check CHECK (length(id) = 16),
    CONSTRAINT tax_name_check CHECK (name <> ''),
    CONSTRAINT tax_rate_check CHECK (rate_ppm BETWEEN 0 AND 1000000)
) STRICT, WITHOUT ROWID;

CREATE INDEX tax_name_fold_idx ON tax (book_id, name_fold, id);
