-- Transfers: money moved from one account to another, with a fee perhaps. Reversed by another transfer, never changed.

CREATE TABLE payment_transfer (
    book_id               BLOB    NOT NULL,
    id                    BLOB    NOT NULL,
    device_id             BLOB    NOT NULL,
    series                TEXT    NOT NULL,
    serial                INTEGER NOT NULL,
    number                TEXT    NOT NULL,
    business_date         TEXT    NOT NULL,
    from_account_id       BLOB    NOT NULL,
    to_account_id         BLOB    NOT NULL,
    amount_minor          INTEGER NOT NULL,
    fee_minor             INTEGER NOT NULL,
    memo                  TEXT,
    person_id             BLOB    NOT NULL,
    reverses_transfer_id  BLOB,
    created_at            INTEGER NOT NULL,
    search_text           TEXT    NOT NULL,
    CONSTRAINT payment_transfer_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_transfer_device_id_fkey
        FOREIGN KEY (book_id, device_id) REFERENCES device (book_id, id),
    CONSTRAINT payment_transfer_from_account_id_fkey
        FOREIGN KEY (book_id, from_account_id) REFERENCES payment_account (book_id, id),
    CONSTRAINT payment_transfer_to_account_id_fkey
        FOREIGN KEY (book_id, to_account_id) REFERENCES payment_account (book_id, id),
    CONSTRAINT payment_transfer_person_id_fkey
        FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT payment_transfer_reverses_transfer_id_fkey
        FOREIGN KEY (book_id, reverses_transfer_id) REFERENCES payment_transfer (book_id, id),
    CONSTRAINT payment_transfer_id_check CHECK (length(id) = 16),
    CONSTRAINT payment_transfer_serial_check CHECK (serial > 0),
    CONSTRAINT payment_transfer_amount_check CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
    CONSTRAINT payment_transfer_fee_check CHECK (fee_minor BETWEEN 0 AND 9007199254740991),
    CONSTRAINT payment_transfer_sides_check CHECK (from_account_id <> to_account_id),
    CONSTRAINT payment_transfer_date_check CHECK (business_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;

-- The next number of a series is one past its last: numbers have no gaps and no table of their own to drift.
CREATE INDEX payment_transfer_device_id_series_idx ON payment_transfer (book_id, device_id, series, serial);
CREATE INDEX payment_transfer_business_date_idx ON payment_transfer (book_id, business_date, created_at, id);
CREATE INDEX payment_transfer_amount_minor_idx ON payment_transfer (book_id, amount_minor, created_at, id);
CREATE INDEX payment_transfer_reverses_transfer_id_idx
    ON payment_transfer (book_id, reverses_transfer_id) WHERE reverses_transfer_id IS NOT NULL;

CREATE TRIGGER payment_transfer_update_trigger BEFORE UPDATE OF book_id, id, device_id, series, serial, number,
    business_date, from_account_id, to_account_id, amount_minor, fee_minor, memo, person_id, reverses_transfer_id, created_at
    ON payment_transfer
BEGIN
    SELECT raise(ABORT, 'a transfer is never changed; reverse it');
END;

CREATE TRIGGER payment_transfer_delete_trigger BEFORE DELETE ON payment_transfer
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a transfer is never deleted; reverse it');
END;
