-- What a search looks through: the searched texts of many records packed together, for a text among a hundred thousand is found
-- sooner in a few hundred long ones. All of it follows from the records and is kept by the device for itself.

-- The records of a table whose ids begin with `first_id`, up to the next block. `records` says of each its id, whether it is
-- archived (a byte), and where its text ends (four bytes, the lowest first); `texts` are the texts.
CREATE TABLE search_block (
    table_name  TEXT NOT NULL,
    book_id     BLOB NOT NULL,
    first_id    BLOB NOT NULL,
    records     BLOB NOT NULL,
    texts       TEXT NOT NULL,
    CONSTRAINT search_block_pkey PRIMARY KEY (table_name, book_id, first_id),
    CONSTRAINT search_block_table_name_check CHECK (table_name IN ('customer', 'product'))
) STRICT;

-- Records that changed since they were packed, or were not packed yet: a search reads these themselves.
CREATE TABLE search_tail (
    table_name  TEXT NOT NULL,
    book_id     BLOB NOT NULL,
    record_id   BLOB NOT NULL,
    CONSTRAINT search_tail_pkey PRIMARY KEY (table_name, book_id, record_id),
    CONSTRAINT search_tail_table_name_check CHECK (table_name IN ('customer', 'product'))
) STRICT, WITHOUT ROWID;

-- The number of the folds by which `name_fold` and `search_text` were made. While another is put in its place, `next_number` is
-- that, and everything up to a record of a table is made by it already.
CREATE TABLE search_fold (
    number            INTEGER NOT NULL,
    next_number       INTEGER,
    done_table        TEXT,
    done_book_id      BLOB,
    done_record_id    BLOB,
    CONSTRAINT search_fold_pkey PRIMARY KEY (number)
) STRICT;

INSERT INTO search_fold (number) VALUES (1);

CREATE TRIGGER customer_insert_trigger AFTER INSERT ON customer
BEGIN
    INSERT INTO search_tail (table_name, book_id, record_id) VALUES ('customer', new.book_id, new.id) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER customer_update_trigger AFTER UPDATE OF search_text, archived_at ON customer
BEGIN
    INSERT INTO search_tail (table_name, book_id, record_id) VALUES ('customer', new.book_id, new.id) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER customer_delete_trigger AFTER DELETE ON customer
BEGIN
    INSERT INTO search_tail (table_name, book_id, record_id) VALUES ('customer', old.book_id, old.id) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER product_insert_trigger AFTER INSERT ON product
BEGIN
    INSERT INTO search_tail (table_name, book_id, record_id) VALUES ('product', new.book_id, new.id) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER product_update_trigger AFTER UPDATE OF search_text, archived_at ON product
BEGIN
    INSERT INTO search_tail (table_name, book_id, record_id) VALUES ('product', new.book_id, new.id) ON CONFLICT DO NOTHING;
END;

CREATE TRIGGER product_delete_trigger AFTER DELETE ON product
BEGIN
    INSERT INTO search_tail (table_name, book_id, record_id) VALUES ('product', old.book_id, old.id) ON CONFLICT DO NOTHING;
END;
