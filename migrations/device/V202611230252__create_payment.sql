-- Payments: money that a customer gives, or is given back or lent. Reversed by another payment, never changed.

CREATE TABLE payment (
    book_id              BLOB    NOT NULL,
    id                   BLOB    NOT NULL,
    device_id            BLOB    NOT NULL,
    purpose              TEXT    NOT NULL,
    series               TEXT    NOT NULL,
    serial               INTEGER NOT NULL,
    number               TEXT    NOT NULL,
    business_date        TEXT    NOT NULL,
    customer_id          BLOB    NOT NULL,
    account_id           BLOB    NOT NULL,
    -- What moved. What it is worth to the customer is that less what rounding to coins added.
    amount_minor         INTEGER NOT NULL,
    rounding_minor       INTEGER NOT NULL,
    tendered_minor       INTEGER,
    reference            TEXT,
    sale_order_id        BLOB,
    reverses_payment_id  BLOB,
    reason               TEXT,
    memo                 TEXT,
    person_id            BLOB    NOT NULL,
    created_at           INTEGER NOT NULL,
    search_text          TEXT    NOT NULL,
    CONSTRAINT payment_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_id_customer_id_key UNIQUE (book_id, id, customer_id),
    CONSTRAINT payment_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES device (book_id, id),
    CONSTRAINT payment_customer_id_fkey FOREIGN KEY (book_id, customer_id) REFERENCES customer (book_id, id),
    CONSTRAINT payment_account_id_fkey FOREIGN KEY (book_id, account_id) REFERENCES payment_account (book_id, id),
    CONSTRAINT payment_sale_order_id_fkey FOREIGN KEY (book_id, sale_order_id) REFERENCES sale_order (book_id, id),
    CONSTRAINT payment_reverses_payment_id_customer_id_fkey
        FOREIGN KEY (book_id, reverses_payment_id, customer_id) REFERENCES payment (book_id, id, customer_id),
    CONSTRAINT payment_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT payment_id_check CHECK (length(id) = 16),
    CONSTRAINT payment_serial_check CHECK (serial > 0),
    CONSTRAINT payment_purpose_check CHECK (purpose IN ('settlement', 'refund', 'payout')),
    -- Nothing moves where rounding is all.
    CONSTRAINT payment_amount_check
        CHECK (amount_minor BETWEEN 0 AND 9007199254740991 AND abs(rounding_minor) <= 1000000000
               AND amount_minor - rounding_minor BETWEEN 1 AND 9007199254740991),
    CONSTRAINT payment_tendered_check CHECK (tendered_minor >= amount_minor),
    CONSTRAINT payment_reason_check
        CHECK ((reverses_payment_id IS NOT NULL) = (reason IS NOT NULL) AND reason IN ('mistake', 'returned')),
    CONSTRAINT payment_date_check CHECK (business_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;

-- The next number of a series is one past its last.
CREATE INDEX payment_device_id_series_idx ON payment (book_id, device_id, series, serial);
CREATE INDEX payment_business_date_idx ON payment (book_id, business_date, created_at, id);
CREATE INDEX payment_customer_id_idx ON payment (book_id, customer_id, business_date, created_at, id);
CREATE INDEX payment_account_id_reference_idx ON payment (book_id, account_id, reference) WHERE reference IS NOT NULL;
CREATE INDEX payment_sale_order_id_idx ON payment (book_id, sale_order_id) WHERE sale_order_id IS NOT NULL;
CREATE INDEX payment_reverses_payment_id_idx ON payment (book_id, reverses_payment_id) WHERE reverses_payment_id IS NOT NULL;

CREATE TRIGGER payment_update_trigger BEFORE UPDATE OF book_id, id, device_id, purpose, series, serial, number, business_date,
    customer_id, account_id, amount_minor, rounding_minor, tendered_minor, reference, sale_order_id, reverses_payment_id, reason,
    memo, person_id, created_at ON payment
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a payment is never changed; reverse it');
END;

CREATE TRIGGER payment_delete_trigger BEFORE DELETE ON payment
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a payment is never deleted; reverse it');
END;
