-- Claims: which payment or credit pays which bill or payout. A claim posts nothing. It is undone by another row, never changed.

CREATE TABLE payment_allocation (
    book_id                 BLOB    NOT NULL,
    id                      BLOB    NOT NULL,
    device_id               BLOB    NOT NULL,
    business_date           TEXT    NOT NULL,
    customer_id             BLOB    NOT NULL,
    payment_id              BLOB,
    credit_id               BLOB,
    bill_id                 BLOB,
    payout_id               BLOB,
    amount_minor            INTEGER NOT NULL,
    -- The claim that this one undoes: once, for its id follows from that.
    reverses_allocation_id  BLOB,
    person_id               BLOB    NOT NULL,
    created_at              INTEGER NOT NULL,
    CONSTRAINT payment_allocation_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_allocation_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES device (book_id, id),
    CONSTRAINT payment_allocation_customer_id_fkey FOREIGN KEY (book_id, customer_id) REFERENCES customer (book_id, id),
    CONSTRAINT payment_allocation_payment_id_customer_id_fkey
        FOREIGN KEY (book_id, payment_id, customer_id) REFERENCES payment (book_id, id, customer_id),
    CONSTRAINT payment_allocation_credit_id_customer_id_fkey
        FOREIGN KEY (book_id, credit_id, customer_id) REFERENCES payment_bill (book_id, id, customer_id),
    CONSTRAINT payment_allocation_bill_id_customer_id_fkey
        FOREIGN KEY (book_id, bill_id, customer_id) REFERENCES payment_bill (book_id, id, customer_id),
    CONSTRAINT payment_allocation_payout_id_customer_id_fkey
        FOREIGN KEY (book_id, payout_id, customer_id) REFERENCES payment (book_id, id, customer_id),
    CONSTRAINT payment_allocation_reverses_allocation_id_fkey
        FOREIGN KEY (book_id, reverses_allocation_id) REFERENCES payment_allocation (book_id, id),
    CONSTRAINT payment_allocation_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT payment_allocation_id_check CHECK (length(id) = 16),
    CONSTRAINT payment_allocation_sides_check
        CHECK ((payment_id IS NULL) <> (credit_id IS NULL) AND (bill_id IS NULL) <> (payout_id IS NULL)),
    CONSTRAINT payment_allocation_amount_check CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
    CONSTRAINT payment_allocation_date_check CHECK (business_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_allocation_payment_id_idx ON payment_allocation (book_id, payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX payment_allocation_credit_id_idx ON payment_allocation (book_id, credit_id) WHERE credit_id IS NOT NULL;
CREATE INDEX payment_allocation_bill_id_idx ON payment_allocation (book_id, bill_id) WHERE bill_id IS NOT NULL;
CREATE INDEX payment_allocation_payout_id_idx ON payment_allocation (book_id, payout_id) WHERE payout_id IS NOT NULL;
CREATE INDEX payment_allocation_reverses_allocation_id_idx
    ON payment_allocation (book_id, reverses_allocation_id) WHERE reverses_allocation_id IS NOT NULL;

CREATE TRIGGER payment_allocation_update_trigger BEFORE UPDATE ON payment_allocation
BEGIN
    SELECT raise(ABORT, 'a claim is never changed; undo it');
END;

CREATE TRIGGER payment_allocation_delete_trigger BEFORE DELETE ON payment_allocation
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a claim is never deleted; undo it');
END;

-- What the documents of customers come to and how much of that was claimed: derived from the tables above, never sent. A debit
-- is a bill, a debt or money given out; a credit is money that came, a credit note or a write-off. What is reversed comes to
-- nothing, and what reverses it is neither. counted_minor is what the claims of a document count together.
CREATE TABLE payment_item (
    book_id        BLOB    NOT NULL,
    id             BLOB    NOT NULL,
    customer_id    BLOB    NOT NULL,
    is_debit       INTEGER NOT NULL,
    business_date  TEXT    NOT NULL,
    due_date       TEXT    NOT NULL,
    created_at     INTEGER NOT NULL,
    total_minor    INTEGER NOT NULL,
    counted_minor  INTEGER NOT NULL,
    CONSTRAINT payment_item_pkey PRIMARY KEY (book_id, id)
) STRICT, WITHOUT ROWID;

-- What of a customer is open, overpaid or left.
CREATE INDEX payment_item_customer_id_idx
    ON payment_item (book_id, customer_id, is_debit, due_date, business_date, created_at, id, total_minor, counted_minor)
    WHERE total_minor <> counted_minor;

-- What each claim counts: up to what its source has left after the claims before it, in the order (created_at, id). One that was
-- undone counts nothing.
CREATE TABLE payment_claim (
    book_id        BLOB    NOT NULL,
    id             BLOB    NOT NULL,
    source_id      BLOB    NOT NULL,
    target_id      BLOB    NOT NULL,
    created_at     INTEGER NOT NULL,
    amount_minor   INTEGER NOT NULL,
    is_live        INTEGER NOT NULL,
    counted_minor  INTEGER NOT NULL,
    CONSTRAINT payment_claim_pkey PRIMARY KEY (book_id, id)
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_claim_source_id_idx ON payment_claim (book_id, source_id, created_at, id);
CREATE INDEX payment_claim_target_id_idx ON payment_claim (book_id, target_id);

-- Documents become items; a reversal takes its document's worth.

CREATE TRIGGER payment_insert_trigger AFTER INSERT ON payment WHEN new.reverses_payment_id IS NULL
BEGIN
    INSERT INTO payment_item (book_id, id, customer_id, is_debit, business_date, due_date, created_at, total_minor, counted_minor)
    VALUES (new.book_id, new.id, new.customer_id, new.purpose <> 'settlement', new.business_date, new.business_date,
            new.created_at, new.amount_minor - new.rounding_minor, 0);
END;

CREATE TRIGGER payment_reverse_trigger AFTER INSERT ON payment WHEN new.reverses_payment_id IS NOT NULL
BEGIN
    UPDATE payment_item SET total_minor = 0 WHERE book_id = new.book_id AND id = new.reverses_payment_id;
END;

CREATE TRIGGER payment_bill_insert_trigger AFTER INSERT ON payment_bill WHEN new.reverses_bill_id IS NULL
BEGIN
    INSERT INTO payment_item (book_id, id, customer_id, is_debit, business_date, due_date, created_at, total_minor, counted_minor)
    VALUES (new.book_id, new.id, new.customer_id, new.kind IN ('bill', 'debt'), new.business_date,
            ifnull(new.due_date, new.business_date), new.created_at, new.total_minor, 0);
END;

CREATE TRIGGER payment_bill_reverse_trigger AFTER INSERT ON payment_bill WHEN new.reverses_bill_id IS NOT NULL
BEGIN
    UPDATE payment_item SET total_minor = 0 WHERE book_id = new.book_id AND id = new.reverses_bill_id;
END;

CREATE TRIGGER payment_allocation_insert_trigger AFTER INSERT ON payment_allocation WHEN new.reverses_allocation_id IS NULL
BEGIN
    INSERT INTO payment_claim (book_id, id, source_id, target_id, created_at, amount_minor, is_live, counted_minor)
    VALUES (new.book_id, new.id, ifnull(new.payment_id, new.credit_id), ifnull(new.bill_id, new.payout_id), new.created_at,
            new.amount_minor, 1, 0);
END;

CREATE TRIGGER payment_allocation_reverse_trigger AFTER INSERT ON payment_allocation WHEN new.reverses_allocation_id IS NOT NULL
BEGIN
    UPDATE payment_claim SET is_live = 0 WHERE book_id = new.book_id AND id = new.reverses_allocation_id;
END;

-- Sync alone takes rows back, claims before what they are about.

CREATE TRIGGER payment_undo_trigger AFTER DELETE ON payment
BEGIN
    DELETE FROM payment_item WHERE book_id = old.book_id AND id = old.id;
    UPDATE payment_item
    SET total_minor = (SELECT p.amount_minor - p.rounding_minor FROM payment p
                       WHERE p.book_id = old.book_id AND p.id = old.reverses_payment_id)
    WHERE book_id = old.book_id AND id = old.reverses_payment_id;
END;

CREATE TRIGGER payment_bill_undo_trigger AFTER DELETE ON payment_bill
BEGIN
    DELETE FROM payment_item WHERE book_id = old.book_id AND id = old.id;
    UPDATE payment_item
    SET total_minor = (SELECT b.total_minor FROM payment_bill b WHERE b.book_id = old.book_id AND b.id = old.reverses_bill_id)
    WHERE book_id = old.book_id AND id = old.reverses_bill_id;
END;

CREATE TRIGGER payment_allocation_undo_trigger AFTER DELETE ON payment_allocation
BEGIN
    UPDATE payment_claim SET is_live = 0 WHERE book_id = old.book_id AND id = old.id;
    DELETE FROM payment_claim WHERE book_id = old.book_id AND id = old.id;
    UPDATE payment_claim SET is_live = 1 WHERE book_id = old.book_id AND id = old.reverses_allocation_id;
END;

-- A document that two stores made alike says what head office's says, also where claims hold on to it: its item follows. What it
-- comes to is the same.

CREATE TRIGGER payment_change_trigger AFTER UPDATE OF business_date, created_at ON payment
BEGIN
    UPDATE payment_item SET business_date = new.business_date, due_date = new.business_date, created_at = new.created_at
    WHERE book_id = new.book_id AND id = new.id;
END;

CREATE TRIGGER payment_bill_change_trigger AFTER UPDATE OF business_date, due_date, created_at ON payment_bill
BEGIN
    UPDATE payment_item
    SET business_date = new.business_date, due_date = ifnull(new.due_date, new.business_date), created_at = new.created_at
    WHERE book_id = new.book_id AND id = new.id;
END;

-- Whatever a source is worth or claims, its claims are counted anew: they are a handful. A view with a trigger is a procedure.

CREATE VIEW payment_recount (book_id, source_id) AS SELECT book_id, source_id FROM payment_claim;

CREATE TRIGGER payment_recount_insert_trigger INSTEAD OF INSERT ON payment_recount
BEGIN
    UPDATE payment_claim
    SET counted_minor = n.counted_minor
    FROM (SELECT c.id,
                 iif(c.is_live, max(0, min(c.amount_minor, s.total_minor - sum(iif(c.is_live, c.amount_minor, 0)) OVER (
                     ORDER BY c.created_at, c.id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) + c.amount_minor)), 0)
                     AS counted_minor
          FROM payment_claim c
          CROSS JOIN payment_item s ON s.book_id = c.book_id AND s.id = c.source_id
          WHERE c.book_id = new.book_id AND c.source_id = new.source_id) n
    WHERE payment_claim.book_id = new.book_id AND payment_claim.id = n.id AND payment_claim.counted_minor <> n.counted_minor;
END;

CREATE TRIGGER payment_item_update_trigger AFTER UPDATE OF total_minor ON payment_item WHEN NOT new.is_debit
BEGIN
    INSERT INTO payment_recount (book_id, source_id) VALUES (new.book_id, new.id);
END;

CREATE TRIGGER payment_claim_insert_trigger AFTER INSERT ON payment_claim
BEGIN
    INSERT INTO payment_recount (book_id, source_id) VALUES (new.book_id, new.source_id);
END;

CREATE TRIGGER payment_claim_live_trigger AFTER UPDATE OF is_live ON payment_claim
BEGIN
    INSERT INTO payment_recount (book_id, source_id) VALUES (new.book_id, new.source_id);
END;

CREATE TRIGGER payment_claim_counted_trigger AFTER UPDATE OF counted_minor ON payment_claim
BEGIN
    UPDATE payment_item SET counted_minor = counted_minor + new.counted_minor - old.counted_minor
    WHERE book_id = new.book_id AND id IN (new.source_id, new.target_id);
END;
