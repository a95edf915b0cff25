-- Customers: whom we sell to and collect from.

CREATE TABLE customer (
    book_id             BLOB    NOT NULL,
    id                  BLOB    NOT NULL,
    code                TEXT,
    name                TEXT    NOT NULL,
    contact             TEXT,
    phone               TEXT,
    email               TEXT,
    address             TEXT,
    city                TEXT,
    region              TEXT,
    postal_code         TEXT,
    country             TEXT,
    note                TEXT,
    tax_number          TEXT,
    credit_limit_minor  INTEGER,
    terms_days          INTEGER,
    route               TEXT,
    archived_at         INTEGER,
    created_at          INTEGER NOT NULL,
    row_version         INTEGER NOT NULL DEFAULT 1,
    name_fold           TEXT    NOT NULL,
    search_text         TEXT    NOT NULL,
    CONSTRAINT customer_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT customer_book_id_fkey FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT customer_id_check CHECK (length(id) = 16),
    CONSTRAINT customer_name_check CHECK (name <> ''),
    CONSTRAINT customer_credit_limit_check CHECK (credit_limit_minor BETWEEN 0 AND 9007199254740991),
    CONSTRAINT customer_terms_check CHECK (terms_days BETWEEN 0 AND 3650)
) STRICT, WITHOUT ROWID;

-- A search walks this index alone, in the order of names, until its page is full.
CREATE INDEX customer_name_fold_idx ON customer (book_id, name_fold, id, archived_at, search_text);
CREATE INDEX customer_code_idx ON customer (book_id, ifnull(code, ''), id);
