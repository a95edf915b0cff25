-- Opening balances: what an account held when it was opened here. Reversed by another opening, never changed.

CREATE TABLE payment_opening (
    book_id              BLOB    NOT NULL,
    id                   BLOB    NOT NULL,
    device_id            BLOB    NOT NULL,
    series               TEXT    NOT NULL,
    serial               INTEGER NOT NULL,
    number               TEXT    NOT NULL,
    business_date        TEXT    NOT NULL,
    account_id           BLOB    NOT NULL,
    amount_minor         INTEGER NOT NULL,
    memo                 TEXT,
    person_id            BLOB    NOT NULL,
    reverses_opening_id  BLOB,
    created_at           INTEGER NOT NULL,
    CONSTRAINT payment_opening_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_opening_device_id_fkey
        FOREIGN KEY (book_id, device_id) REFERENCES device (book_id, id),
    CONSTRAINT payment_opening_account_id_fkey
        FOREIGN KEY (book_id, account_id) REFERENCES payment_account (book_id, id),
    CONSTRAINT payment_opening_person_id_fkey
        FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT payment_opening_reverses_opening_id_fkey
        FOREIGN KEY (book_id, reverses_opening_id) REFERENCES payment_opening (book_id, id),
    CONSTRAINT payment_opening_id_check CHECK (length(id) = 16),
    CONSTRAINT payment_opening_serial_check CHECK (serial > 0),
    CONSTRAINT payment_opening_amount_check CHECK (amount_minor <> 0 AND abs(amount_minor) <= 9007199254740991),
    CONSTRAINT payment_opening_date_check CHECK (business_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;

-- The next number of a series is one past its last.
CREATE INDEX payment_opening_device_id_series_idx ON payment_opening (book_id, device_id, series, serial);
CREATE INDEX payment_opening_reverses_opening_id_idx
    ON payment_opening (book_id, reverses_opening_id) WHERE reverses_opening_id IS NOT NULL;

CREATE TRIGGER payment_opening_update_trigger BEFORE UPDATE ON payment_opening
BEGIN
    SELECT raise(ABORT, 'an opening balance is never changed; reverse it');
END;

CREATE TRIGGER payment_opening_delete_trigger BEFORE DELETE ON payment_opening
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'an opening balance is never deleted; reverse it');
END;
