-- The ledger: immutable postings of two legs each. An entry out of balance can't be written down.

CREATE TABLE ledger_posting (
    book_id              BLOB    NOT NULL,
    id                   BLOB    NOT NULL,
    debit_account_id     BLOB    NOT NULL,
    credit_account_id    BLOB    NOT NULL,
    amount_minor         INTEGER NOT NULL,
    business_date        TEXT    NOT NULL,
    document_kind        TEXT    NOT NULL,
    document_id          BLOB    NOT NULL,
    memo                 TEXT,
    created_at           INTEGER NOT NULL,
    -- Who accepted that an account is below its minimum at the end of an earlier day.
    accepting_person_id  BLOB,
    -- Whose debt changes: set where one of the accounts is what customers owe, and only there.
    customer_id          BLOB,
    CONSTRAINT ledger_posting_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT ledger_posting_debit_account_id_fkey
        FOREIGN KEY (book_id, debit_account_id) REFERENCES payment_account (book_id, id),
    CONSTRAINT ledger_posting_credit_account_id_fkey
        FOREIGN KEY (book_id, credit_account_id) REFERENCES payment_account (book_id, id),
    CONSTRAINT ledger_posting_accepting_person_id_fkey
        FOREIGN KEY (book_id, accepting_person_id) REFERENCES person (book_id, id),
    CONSTRAINT ledger_posting_customer_id_fkey FOREIGN KEY (book_id, customer_id) REFERENCES customer (book_id, id),
    CONSTRAINT ledger_posting_id_check CHECK (length(id) = 16),
    CONSTRAINT ledger_posting_amount_check CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
    CONSTRAINT ledger_posting_sides_check CHECK (debit_account_id <> credit_account_id),
    CONSTRAINT ledger_posting_date_check CHECK (business_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;

-- The two ways into an account's statement, newest first or oldest first.
CREATE INDEX ledger_posting_debit_account_id_idx
    ON ledger_posting (book_id, debit_account_id, business_date, created_at, id);
CREATE INDEX ledger_posting_credit_account_id_idx
    ON ledger_posting (book_id, credit_account_id, business_date, created_at, id);
-- A document's postings.
CREATE INDEX ledger_posting_document_id_idx ON ledger_posting (book_id, document_id);
-- A customer's statement.
CREATE INDEX ledger_posting_customer_id_idx
    ON ledger_posting (book_id, customer_id, business_date, created_at, id) WHERE customer_id IS NOT NULL;
-- What head office adjusted of it, which is hardly ever anything.
CREATE INDEX ledger_posting_customer_id_business_date_idx
    ON ledger_posting (book_id, customer_id, business_date, created_at, id)
    WHERE customer_id IS NOT NULL AND document_kind = 'adjustment';

-- What each account holds, debits less credits: derived from the postings, never sent, rebuilt at will.
CREATE TABLE ledger_balance (
    book_id        BLOB    NOT NULL,
    account_id     BLOB    NOT NULL,
    balance_minor  INTEGER NOT NULL,
    CONSTRAINT ledger_balance_pkey PRIMARY KEY (book_id, account_id),
    CONSTRAINT ledger_balance_account_id_fkey
        FOREIGN KEY (book_id, account_id) REFERENCES payment_account (book_id, id) ON DELETE CASCADE,
    CONSTRAINT ledger_balance_exact_check CHECK (abs(balance_minor) <= 9007199254740991)
) STRICT, WITHOUT ROWID;

-- What each customer owes, or is owed where it is below zero: derived likewise. All of them together are the accounts of kind
-- receivable.
CREATE TABLE ledger_customer_balance (
    book_id        BLOB    NOT NULL,
    customer_id    BLOB    NOT NULL,
    balance_minor  INTEGER NOT NULL,
    CONSTRAINT ledger_customer_balance_pkey PRIMARY KEY (book_id, customer_id),
    CONSTRAINT ledger_customer_balance_customer_id_fkey
        FOREIGN KEY (book_id, customer_id) REFERENCES customer (book_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

-- What the money accounts gained and lost each day: derived likewise, for the overview's thirty days.
CREATE TABLE ledger_day (
    book_id        BLOB    NOT NULL,
    account_id     BLOB    NOT NULL,
    business_date  TEXT    NOT NULL,
    debit_minor    INTEGER NOT NULL,
    credit_minor   INTEGER NOT NULL,
    CONSTRAINT ledger_day_pkey PRIMARY KEY (book_id, account_id, business_date),
    CONSTRAINT ledger_day_account_id_fkey
        FOREIGN KEY (book_id, account_id) REFERENCES payment_account (book_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;

CREATE TRIGGER ledger_posting_insert_trigger AFTER INSERT ON ledger_posting
BEGIN
    INSERT INTO ledger_balance (book_id, account_id, balance_minor)
    VALUES (new.book_id, new.debit_account_id, new.amount_minor),
           (new.book_id, new.credit_account_id, -new.amount_minor)
    ON CONFLICT (book_id, account_id) DO UPDATE SET balance_minor = balance_minor + excluded.balance_minor;

    INSERT INTO ledger_day (book_id, account_id, business_date, debit_minor, credit_minor)
    VALUES (new.book_id, new.debit_account_id, new.business_date, new.amount_minor, 0),
           (new.book_id, new.credit_account_id, new.business_date, 0, new.amount_minor)
    ON CONFLICT (book_id, account_id, business_date)
    DO UPDATE SET debit_minor = debit_minor + excluded.debit_minor,
                  credit_minor = credit_minor + excluded.credit_minor;
END;

CREATE TRIGGER ledger_posting_customer_trigger AFTER INSERT ON ledger_posting WHEN new.customer_id IS NOT NULL
BEGIN
    INSERT INTO ledger_customer_balance (book_id, customer_id, balance_minor)
    SELECT new.book_id, new.customer_id, iif(a.kind = 'receivable', new.amount_minor, -new.amount_minor)
    FROM payment_account a WHERE a.book_id = new.book_id AND a.id = new.debit_account_id
    ON CONFLICT (book_id, customer_id) DO UPDATE SET balance_minor = balance_minor + excluded.balance_minor;
END;

-- Posted is posted. Sync alone takes back what head office did not accept.
CREATE TRIGGER ledger_posting_update_trigger BEFORE UPDATE ON ledger_posting
BEGIN
    SELECT raise(ABORT, 'a posting is never changed; reverse it');
END;

CREATE TRIGGER ledger_posting_delete_trigger BEFORE DELETE ON ledger_posting
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a posting is never deleted; reverse it');
END;

-- Each posting as the two signed lines that accountants expect: debits positive, credits negative.
CREATE VIEW ledger_line (
    book_id, posting_id, account_id, counter_account_id, amount_minor, business_date, document_kind, document_id, memo,
    customer_id
) AS
SELECT book_id, id, debit_account_id, credit_account_id, amount_minor, business_date, document_kind, document_id, memo,
       customer_id
FROM ledger_posting
UNION ALL
SELECT book_id, id, credit_account_id, debit_account_id, -amount_minor, business_date, document_kind, document_id, memo,
       customer_id
FROM ledger_posting;
