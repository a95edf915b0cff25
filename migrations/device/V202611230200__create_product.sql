-- Products: what is sold, at what price, under which tax.

CREATE TABLE product (
    book_id      BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    sku          TEXT,
    name         TEXT    NOT NULL,
    category     TEXT,
    unit         TEXT,
    price_minor  INTEGER NOT NULL,
    tax_id       BLOB,
    class_code   TEXT,
    barcode      TEXT,
    is_stocked   INTEGER NOT NULL DEFAULT 1,
    archived_at  INTEGER,
    created_at   INTEGER NOT NULL,
    row_version  INTEGER NOT NULL DEFAULT 1,
    name_fold    TEXT    NOT NULL,
    search_text  TEXT    NOT NULL,
    CONSTRAINT product_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT product_book_id_fkey FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT product_tax_id_fkey FOREIGN KEY (book_id, tax_id) REFERENCES tax (book_id, id),
    CONSTRAINT product_id_check CHECK (length(id) = 16),
    CONSTRAINT product_name_check CHECK (name <> ''),
    CONSTRAINT product_price_check CHECK (price_minor BETWEEN 0 AND 9007199254740991),
    CONSTRAINT product_stocked_check CHECK (is_stocked IN (0, 1))
) STRICT, WITHOUT ROWID;

-- A search walks this index alone, in the order of names, until its page is full.
CREATE INDEX product_name_fold_idx ON product (book_id, name_fold, id, archived_at, search_text);
CREATE INDEX product_sku_idx ON product (book_id, ifnull(sku, ''), id);
CREATE INDEX product_price_minor_idx ON product (book_id, price_minor, id);
CREATE INDEX product_tax_id_idx ON product (book_id, tax_id) WHERE tax_id IS NOT NULL;
