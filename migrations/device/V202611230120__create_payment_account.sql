-- Accounts: where money is, and what it was for.
-- An account with a minimum may be lowered by its custodian device alone, so two devices that can't see each other
-- can't spend the same money. Custody is handed over, never edited.

CREATE TABLE payment_account (
    book_id              BLOB    NOT NULL,
    id                   BLOB    NOT NULL,
    name                 TEXT    NOT NULL,
    kind                 TEXT    NOT NULL,
    custodian_device_id  BLOB,
    minimum_minor        INTEGER,
    -- Whose till it is, and how people pay into it.
    person_id            BLOB,
    method               TEXT,
    closed_at            INTEGER,
    created_at           INTEGER NOT NULL,
    row_version          INTEGER NOT NULL DEFAULT 1,
    name_fold            TEXT    NOT NULL,
    CONSTRAINT payment_account_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_account_book_id_fkey FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT payment_account_custodian_device_id_fkey
        FOREIGN KEY (book_id, custodian_device_id) REFERENCES device (book_id, id),
    CONSTRAINT payment_account_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT payment_account_id_check CHECK (length(id) = 16),
    CONSTRAINT payment_account_name_check CHECK (name <> ''),
    CONSTRAINT payment_account_kind_check CHECK (kind IN (
        'cash', 'bank', 'mobile_money', 'in_transit', 'receivable', 'income', 'tax',
        'discount', 'expense', 'over_short', 'rounding', 'bad_debt', 'opening'
    )),
    CONSTRAINT payment_account_method_check CHECK (method IN ('cash', 'mobile_money', 'bank', 'card', 'cheque', 'other')),
    CONSTRAINT payment_account_custody_check CHECK (minimum_minor IS NULL OR custodian_device_id IS NOT NULL),
    CONSTRAINT payment_account_minimum_check CHECK (abs(minimum_minor) <= 9007199254740991)
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_account_name_fold_idx ON payment_account (book_id, name_fold, id);
