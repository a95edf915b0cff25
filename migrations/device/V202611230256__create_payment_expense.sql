-- Expenses: money that was paid for something, not to a customer. Reversed by another expense, never changed.

CREATE TABLE payment_expense (
    book_id              BLOB    NOT NULL,
    id                   BLOB    NOT NULL,
    device_id            BLOB    NOT NULL,
    series               TEXT    NOT NULL,
    serial               INTEGER NOT NULL,
    number               TEXT    NOT NULL,
    business_date        TEXT    NOT NULL,
    account_id           BLOB    NOT NULL,
    expense_account_id   BLOB    NOT NULL,
    amount_minor         INTEGER NOT NULL,
    -- What of that is tax that the authority gives back.
    tax_minor            INTEGER NOT NULL,
    payee                TEXT,
    reference            TEXT,
    memo                 TEXT,
    reverses_expense_id  BLOB,
    person_id            BLOB    NOT NULL,
    created_at           INTEGER NOT NULL,
    search_text          TEXT    NOT NULL,
    CONSTRAINT payment_expense_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_expense_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES device (book_id, id),
    CONSTRAINT payment_expense_account_id_fkey FOREIGN KEY (book_id, account_id) REFERENCES payment_account (book_id, id),
    CONSTRAINT payment_expense_expense_account_id_fkey
        FOREIGN KEY (book_id, expense_account_id) REFERENCES payment_account (book_id, id),
    CONSTRAINT payment_expense_reverses_expense_id_fkey
        FOREIGN KEY (book_id, reverses_expense_id) REFERENCES payment_expense (book_id, id),
    CONSTRAINT payment_expense_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT payment_expense_id_check CHECK (length(id) = 16),
    CONSTRAINT payment_expense_serial_check CHECK (serial > 0),
    CONSTRAINT payment_expense_amount_check
        CHECK (amount_minor BETWEEN 1 AND 9007199254740991 AND tax_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT payment_expense_date_check CHECK (business_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;

-- The next number of a series is one past its last.
CREATE INDEX payment_expense_device_id_series_idx ON payment_expense (book_id, device_id, series, serial);
CREATE INDEX payment_expense_business_date_idx ON payment_expense (book_id, business_date, created_at, id);
CREATE INDEX payment_expense_reverses_expense_id_idx
    ON payment_expense (book_id, reverses_expense_id) WHERE reverses_expense_id IS NOT NULL;

CREATE TRIGGER payment_expense_update_trigger BEFORE UPDATE OF book_id, id, device_id, series, serial, number, business_date,
    account_id, expense_account_id, amount_minor, tax_minor, payee, reference, memo, reverses_expense_id, person_id, created_at
    ON payment_expense
BEGIN
    SELECT raise(ABORT, 'an expense is never changed; reverse it');
END;

CREATE TRIGGER payment_expense_delete_trigger BEFORE DELETE ON payment_expense
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'an expense is never deleted; reverse it');
END;
