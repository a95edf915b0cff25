-- Bills and what else stands against a customer: debts from before, credit notes, write-offs. Never changed: what is wrong is
-- credited.

CREATE TABLE payment_bill (
    book_id              BLOB    NOT NULL,
    id                   BLOB    NOT NULL,
    device_id            BLOB    NOT NULL,
    kind                 TEXT    NOT NULL,
    series               TEXT    NOT NULL,
    serial               INTEGER NOT NULL,
    number               TEXT    NOT NULL,
    business_date        TEXT    NOT NULL,
    due_date             TEXT,
    customer_id          BLOB    NOT NULL,
    -- Seller and buyer as they were then.
    profile_id           BLOB,
    customer_name        TEXT    NOT NULL,
    customer_tax_number  TEXT,
    customer_address     TEXT,
    tax_included         INTEGER NOT NULL,
    net_minor            INTEGER NOT NULL,
    tax_minor            INTEGER NOT NULL,
    total_minor          INTEGER NOT NULL,
    -- What a credit note or a write-off is about.
    credits_bill_id      BLOB,
    -- What a debt's or a write-off's reversal takes back: once, for its id follows from that.
    reverses_bill_id     BLOB,
    reason               TEXT,
    sale_order_id        BLOB,
    reference            TEXT,
    note                 TEXT,
    person_id            BLOB    NOT NULL,
    -- Who accepted that the customer then owed more than its limit.
    accepting_person_id  BLOB,
    created_at           INTEGER NOT NULL,
    search_text          TEXT    NOT NULL,
    CONSTRAINT payment_bill_pkey PRIMARY KEY (book_id, id),
    -- What claims hold on to: they are of one customer.
    CONSTRAINT payment_bill_id_customer_id_key UNIQUE (book_id, id, customer_id),
    CONSTRAINT payment_bill_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES device (book_id, id),
    CONSTRAINT payment_bill_customer_id_fkey FOREIGN KEY (book_id, customer_id) REFERENCES customer (book_id, id),
    CONSTRAINT payment_bill_profile_id_fkey FOREIGN KEY (book_id, profile_id) REFERENCES book_profile (book_id, id),
    CONSTRAINT payment_bill_credits_bill_id_customer_id_fkey
        FOREIGN KEY (book_id, credits_bill_id, customer_id) REFERENCES payment_bill (book_id, id, customer_id),
    CONSTRAINT payment_bill_reverses_bill_id_customer_id_fkey
        FOREIGN KEY (book_id, reverses_bill_id, customer_id) REFERENCES payment_bill (book_id, id, customer_id),
    CONSTRAINT payment_bill_sale_order_id_fkey FOREIGN KEY (book_id, sale_order_id) REFERENCES sale_order (book_id, id),
    CONSTRAINT payment_bill_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT payment_bill_accepting_person_id_fkey
        FOREIGN KEY (book_id, accepting_person_id) REFERENCES person (book_id, id),
    CONSTRAINT payment_bill_id_check CHECK (length(id) = 16),
    CONSTRAINT payment_bill_serial_check CHECK (serial > 0),
    CONSTRAINT payment_bill_kind_check CHECK (kind IN ('bill', 'debt', 'credit', 'write_off')),
    CONSTRAINT payment_bill_tax_included_check CHECK (tax_included IN (0, 1)),
    -- A free sample is a bill, and may be voided; everything else is about money.
    CONSTRAINT payment_bill_total_check
        CHECK (net_minor >= 0 AND tax_minor >= 0 AND total_minor = net_minor + tax_minor
               AND total_minor BETWEEN iif(kind = 'bill' OR reason IS 'void', 0, 1) AND 9007199254740991),
    CONSTRAINT payment_bill_due_check CHECK (due_date IS NULL OR kind IN ('bill', 'debt')),
    CONSTRAINT payment_bill_reason_check CHECK (reason IN (
        'void', 'return', 'price', 'goodwill', 'moved', 'bad_debt', 'rounding', 'other'
    )),
    CONSTRAINT payment_bill_credits_check CHECK (CASE kind
        WHEN 'credit' THEN reason IS NOT NULL
        WHEN 'write_off' THEN reason IS NOT NULL AND (credits_bill_id IS NOT NULL) <> (reverses_bill_id IS NOT NULL)
        ELSE credits_bill_id IS NULL AND (reason IS NULL OR reverses_bill_id IS NOT NULL) END),
    CONSTRAINT payment_bill_reverses_check CHECK (reverses_bill_id IS NULL OR kind IN ('debt', 'write_off')),
    CONSTRAINT payment_bill_date_check CHECK (business_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'
        AND (due_date IS NULL OR due_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]'))
) STRICT, WITHOUT ROWID;

-- The next number of a series is one past its last.
CREATE INDEX payment_bill_device_id_series_idx ON payment_bill (book_id, device_id, series, serial);
CREATE INDEX payment_bill_business_date_idx ON payment_bill (book_id, business_date, created_at, id);
CREATE INDEX payment_bill_customer_id_idx ON payment_bill (book_id, customer_id, business_date, created_at, id);
CREATE INDEX payment_bill_credits_bill_id_idx ON payment_bill (book_id, credits_bill_id) WHERE credits_bill_id IS NOT NULL;
CREATE INDEX payment_bill_reverses_bill_id_idx ON payment_bill (book_id, reverses_bill_id) WHERE reverses_bill_id IS NOT NULL;
CREATE INDEX payment_bill_sale_order_id_idx ON payment_bill (book_id, sale_order_id) WHERE sale_order_id IS NOT NULL;

CREATE TRIGGER payment_bill_update_trigger BEFORE UPDATE OF book_id, id, device_id, kind, series, serial, number, business_date,
    due_date, customer_id, profile_id, customer_name, customer_tax_number, customer_address, tax_included, net_minor, tax_minor,
    total_minor, credits_bill_id, reverses_bill_id, reason, sale_order_id, reference, note, person_id, accepting_person_id,
    created_at ON payment_bill
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a bill is never changed; credit it');
END;

CREATE TRIGGER payment_bill_delete_trigger BEFORE DELETE ON payment_bill
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a bill is never deleted; credit it');
END;

CREATE TABLE payment_bill_line (
    book_id                BLOB    NOT NULL,
    id                     BLOB    NOT NULL,
    bill_id                BLOB    NOT NULL,
    line_no                INTEGER NOT NULL,
    product_id             BLOB,
    sku                    TEXT,
    class_code             TEXT,
    description            TEXT    NOT NULL,
    unit                   TEXT,
    -- Nothing in a line that credits an amount alone.
    quantity_milli         INTEGER NOT NULL,
    price_minor            INTEGER NOT NULL,
    list_price_minor       INTEGER,
    gross_minor            INTEGER NOT NULL,
    discount_ppm           INTEGER,
    discount_minor         INTEGER NOT NULL,
    net_minor              INTEGER NOT NULL,
    tax_id                 BLOB,
    tax_code               TEXT,
    tax_ppm                INTEGER NOT NULL,
    tax_minor              INTEGER NOT NULL,
    account_id             BLOB    NOT NULL,
    -- The line that is credited, and how much of it was before.
    credits_line_id        BLOB,
    credited_before_milli  INTEGER,
    order_line_id          BLOB,
    CONSTRAINT payment_bill_line_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_bill_line_bill_id_fkey
        FOREIGN KEY (book_id, bill_id) REFERENCES payment_bill (book_id, id) ON DELETE CASCADE,
    CONSTRAINT payment_bill_line_product_id_fkey FOREIGN KEY (book_id, product_id) REFERENCES product (book_id, id),
    CONSTRAINT payment_bill_line_tax_id_fkey FOREIGN KEY (book_id, tax_id) REFERENCES tax (book_id, id),
    CONSTRAINT payment_bill_line_account_id_fkey FOREIGN KEY (book_id, account_id) REFERENCES payment_account (book_id, id),
    CONSTRAINT payment_bill_line_credits_line_id_fkey
        FOREIGN KEY (book_id, credits_line_id) REFERENCES payment_bill_line (book_id, id),
    CONSTRAINT payment_bill_line_order_line_id_fkey
        FOREIGN KEY (book_id, order_line_id) REFERENCES sale_order_line (book_id, id),
    CONSTRAINT payment_bill_line_id_check CHECK (length(id) = 16),
    CONSTRAINT payment_bill_line_line_no_check CHECK (line_no > 0),
    CONSTRAINT payment_bill_line_quantity_check
        CHECK (quantity_milli BETWEEN iif(credits_line_id IS NULL, 1, 0) AND 1000000000000),
    CONSTRAINT payment_bill_line_amounts_check
        CHECK (price_minor >= 0 AND gross_minor >= 0 AND net_minor >= 0 AND tax_minor >= 0 AND tax_ppm BETWEEN 0 AND 1000000),
    -- Of a part that is credited each amount is rounded by itself, so the discount may be a little off.
    CONSTRAINT payment_bill_line_discount_check
        CHECK (discount_minor BETWEEN iif(credits_line_id IS NULL, 0, -2) AND gross_minor),
    CONSTRAINT payment_bill_line_credited_check CHECK ((credits_line_id IS NULL) = (credited_before_milli IS NULL))
) STRICT, WITHOUT ROWID;

CREATE INDEX payment_bill_line_bill_id_idx ON payment_bill_line (book_id, bill_id, line_no);
CREATE INDEX payment_bill_line_product_id_idx ON payment_bill_line (book_id, product_id) WHERE product_id IS NOT NULL;
CREATE INDEX payment_bill_line_tax_id_idx ON payment_bill_line (book_id, tax_id) WHERE tax_id IS NOT NULL;
CREATE INDEX payment_bill_line_credits_line_id_idx
    ON payment_bill_line (book_id, credits_line_id) WHERE credits_line_id IS NOT NULL;
CREATE INDEX payment_bill_line_order_line_id_idx
    ON payment_bill_line (book_id, order_line_id) WHERE order_line_id IS NOT NULL;

CREATE TRIGGER payment_bill_line_update_trigger BEFORE UPDATE ON payment_bill_line
BEGIN
    SELECT raise(ABORT, 'a line of a bill is never changed; credit it');
END;

CREATE TRIGGER payment_bill_line_delete_trigger BEFORE DELETE ON payment_bill_line
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a line of a bill is never deleted; credit it');
END;

-- How much of each line of an order is billed. A bill that was voided bills nothing; what came back was billed.
CREATE VIEW sale_order_line_state (book_id, id, sale_order_id, quantity_milli, billed_milli) AS
SELECT l.book_id, l.id, l.sale_order_id, l.quantity_milli,
       (SELECT ifnull(sum(b.quantity_milli), 0) FROM payment_bill_line b
        WHERE b.book_id = l.book_id AND b.order_line_id = l.id
          AND NOT EXISTS (SELECT 1 FROM payment_bill v
                          WHERE v.book_id = b.book_id AND v.credits_bill_id = b.bill_id AND v.reason = 'void'))
FROM sale_order_line l;

-- What has become of each order.
CREATE VIEW sale_order_state (book_id, id, state) AS
SELECT o.book_id, o.id,
       CASE WHEN o.cancelled_at IS NOT NULL THEN 'cancelled'
            WHEN o.confirmed_at IS NULL THEN 'draft'
            WHEN NOT EXISTS (SELECT 1 FROM sale_order_line_state l
                             WHERE l.book_id = o.book_id AND l.sale_order_id = o.id AND l.billed_milli < l.quantity_milli)
            THEN 'billed'
            WHEN EXISTS (SELECT 1 FROM sale_order_line_state l
                         WHERE l.book_id = o.book_id AND l.sale_order_id = o.id AND l.billed_milli > 0)
            THEN 'part_billed'
            ELSE 'confirmed' END
FROM sale_order o;
