-- What is sold and collected: orders, bills with their lines, payments, and the claims that say which pays which.

SET ROLE daybook_owner;

CREATE TABLE daybook.sale_order (
    book_id              uuid            NOT NULL,
    id                   uuid            NOT NULL,
    custodian_device_id  uuid            NOT NULL,
    device_id            uuid,
    series               text,
    serial               bigint,
    number               text,
    business_date        date            NOT NULL,
    customer_id          uuid            NOT NULL,
    tax_included         bigint          NOT NULL,
    note                 text,
    confirmed_at         timestamptz(3),
    cancelled_at         timestamptz(3),
    cancel_reason        text,
    person_id            uuid            NOT NULL,
    created_at           timestamptz(3)  NOT NULL,
    CONSTRAINT sale_order_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT sale_order_custodian_device_id_fkey
        FOREIGN KEY (book_id, custodian_device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT sale_order_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT sale_order_customer_id_fkey FOREIGN KEY (book_id, customer_id) REFERENCES daybook.customer (book_id, id),
    CONSTRAINT sale_order_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT sale_order_number_check
        CHECK ((confirmed_at IS NULL) = (number IS NULL) AND (number IS NULL) = (serial IS NULL)
               AND (serial IS NULL) = (series IS NULL) AND (series IS NULL) = (device_id IS NULL)),
    CONSTRAINT sale_order_serial_check CHECK (serial > 0),
    CONSTRAINT sale_order_cancelled_check
        CHECK ((cancelled_at IS NULL OR confirmed_at IS NOT NULL) AND (cancelled_at IS NULL) = (cancel_reason IS NULL)),
    CONSTRAINT sale_order_tax_included_check CHECK (tax_included IN (0, 1)),
    CONSTRAINT sale_order_date_check CHECK (business_date BETWEEN '0001-01-01' AND '9999-12-31')
);
COMMENT ON TABLE daybook.sale_order IS
    'What a customer wants. A draft until it is confirmed; the device that keeps it alone changes it.';
COMMENT ON COLUMN daybook.sale_order.device_id IS 'The device that confirmed it, which gave it its number; null of a draft.';
CREATE INDEX sale_order_customer_id_idx ON daybook.sale_order (book_id, customer_id);
CREATE INDEX sale_order_custodian_device_id_idx ON daybook.sale_order (book_id, custodian_device_id);

CREATE TABLE daybook.sale_order_line (
    book_id           uuid    NOT NULL,
    id                uuid    NOT NULL,
    sale_order_id     uuid    NOT NULL,
    line_no           bigint  NOT NULL,
    product_id        uuid,
    sku               text,
    class_code        text,
    description       text    NOT NULL,
    unit              text,
    quantity_milli    bigint  NOT NULL,
    price_minor       bigint  NOT NULL,
    list_price_minor  bigint,
    gross_minor       bigint  NOT NULL,
    discount_ppm      bigint,
    discount_minor    bigint  NOT NULL,
    net_minor         bigint  NOT NULL,
    tax_id            uuid,
    tax_code          text,
    tax_ppm           bigint  NOT NULL,
    tax_minor         bigint  NOT NULL,
    CONSTRAINT sale_order_line_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT sale_order_line_sale_order_id_fkey
        FOREIGN KEY (book_id, sale_order_id) REFERENCES daybook.sale_order (book_id, id) ON DELETE CASCADE,
    CONSTRAINT sale_order_line_product_id_fkey FOREIGN KEY (book_id, product_id) REFERENCES daybook.product (book_id, id),
    CONSTRAINT sale_order_line_tax_id_fkey FOREIGN KEY (book_id, tax_id) REFERENCES daybook.tax (book_id, id),
    CONSTRAINT sale_order_line_line_no_check CHECK (line_no > 0),
    CONSTRAINT sale_order_line_quantity_check CHECK (quantity_milli BETWEEN 1 AND 1000000000000),
    CONSTRAINT sale_order_line_amounts_check
        CHECK (price_minor >= 0 AND discount_minor BETWEEN 0 AND gross_minor AND net_minor >= 0 AND tax_minor >= 0
               AND tax_ppm BETWEEN 0 AND 1000000)
);
COMMENT ON TABLE daybook.sale_order_line IS 'What of what is wanted in an order.';
CREATE INDEX sale_order_line_sale_order_id_idx ON daybook.sale_order_line (book_id, sale_order_id, line_no);
CREATE INDEX sale_order_line_product_id_idx ON daybook.sale_order_line (book_id, product_id) WHERE product_id IS NOT NULL;
CREATE INDEX sale_order_line_tax_id_idx ON daybook.sale_order_line (book_id, tax_id) WHERE tax_id IS NOT NULL;

CREATE TABLE daybook.payment_bill (
    book_id              uuid            NOT NULL,
    id                   uuid            NOT NULL,
    device_id            uuid            NOT NULL,
    kind                 text            NOT NULL,
    series               text            NOT NULL,
    serial               bigint          NOT NULL,
    number               text            NOT NULL,
    business_date        date            NOT NULL,
    due_date             date,
    customer_id          uuid            NOT NULL,
    profile_id           uuid,
    customer_name        text            NOT NULL,
    customer_tax_number  text,
    customer_address     text,
    tax_included         bigint          NOT NULL,
    net_minor            bigint          NOT NULL,
    tax_minor            bigint          NOT NULL,
    total_minor          bigint          NOT NULL,
    credits_bill_id      uuid,
    reverses_bill_id     uuid,
    reason               text,
    sale_order_id        uuid,
    reference            text,
    note                 text,
    person_id            uuid            NOT NULL,
    accepting_person_id  uuid,
    created_at           timestamptz(3)  NOT NULL,
    CONSTRAINT payment_bill_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_bill_id_customer_id_key UNIQUE (book_id, id, customer_id),
    CONSTRAINT payment_bill_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT payment_bill_customer_id_fkey FOREIGN KEY (book_id, customer_id) REFERENCES daybook.customer (book_id, id),
    CONSTRAINT payment_bill_profile_id_fkey FOREIGN KEY (book_id, profile_id) REFERENCES daybook.book_profile (book_id, id),
    CONSTRAINT payment_bill_credits_bill_id_customer_id_fkey
        FOREIGN KEY (book_id, credits_bill_id, customer_id) REFERENCES daybook.payment_bill (book_id, id, customer_id),
    CONSTRAINT payment_bill_reverses_bill_id_customer_id_fkey
        FOREIGN KEY (book_id, reverses_bill_id, customer_id) REFERENCES daybook.payment_bill (book_id, id, customer_id),
    CONSTRAINT payment_bill_sale_order_id_fkey FOREIGN KEY (book_id, sale_order_id) REFERENCES daybook.sale_order (book_id, id),
    CONSTRAINT payment_bill_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT payment_bill_accepting_person_id_fkey
        FOREIGN KEY (book_id, accepting_person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT payment_bill_serial_check CHECK (serial > 0),
    CONSTRAINT payment_bill_kind_check CHECK (kind IN ('bill', 'debt', 'credit', 'write_off')),
    CONSTRAINT payment_bill_tax_included_check CHECK (tax_included IN (0, 1)),
    CONSTRAINT payment_bill_total_check
        CHECK (net_minor >= 0 AND tax_minor >= 0 AND total_minor = net_minor + tax_minor
               AND total_minor BETWEEN CASE WHEN kind = 'bill' OR reason = 'void' THEN 0 ELSE 1 END AND 9007199254740991),
    CONSTRAINT payment_bill_due_check CHECK (due_date IS NULL OR kind IN ('bill', 'debt')),
    CONSTRAINT payment_bill_reason_check CHECK (reason IN (
        'void', 'return', 'price', 'goodwill', 'moved', 'bad_debt', 'rounding', 'other'
    )),
    CONSTRAINT payment_bill_credits_check CHECK (CASE kind
        WHEN 'credit' THEN reason IS NOT NULL
        WHEN 'write_off' THEN reason IS NOT NULL AND (credits_bill_id IS NOT NULL) <> (reverses_bill_id IS NOT NULL)
        ELSE credits_bill_id IS NULL AND (reason IS NULL OR reverses_bill_id IS NOT NULL) END),
    CONSTRAINT payment_bill_reverses_check CHECK (reverses_bill_id IS NULL OR kind IN ('debt', 'write_off')),
    CONSTRAINT payment_bill_date_check CHECK (business_date BETWEEN '0001-01-01' AND '9999-12-31'
        AND (due_date BETWEEN '0001-01-01' AND '9999-12-31') IS NOT FALSE)
);
COMMENT ON TABLE daybook.payment_bill IS
    'Bills, debts from before the book, credit notes and write-offs. Never changed: what is wrong is credited.';
CREATE INDEX payment_bill_business_date_idx ON daybook.payment_bill (book_id, business_date);
CREATE INDEX payment_bill_customer_id_idx ON daybook.payment_bill (book_id, customer_id, business_date);
CREATE INDEX payment_bill_sale_order_id_idx ON daybook.payment_bill (book_id, sale_order_id) WHERE sale_order_id IS NOT NULL;
CREATE INDEX payment_bill_credits_bill_id_idx
    ON daybook.payment_bill (book_id, credits_bill_id) WHERE credits_bill_id IS NOT NULL;
CREATE INDEX payment_bill_reverses_bill_id_idx
    ON daybook.payment_bill (book_id, reverses_bill_id) WHERE reverses_bill_id IS NOT NULL;

CREATE TABLE daybook.payment_bill_line (
    book_id                uuid    NOT NULL,
    id                     uuid    NOT NULL,
    bill_id                uuid    NOT NULL,
    line_no                bigint  NOT NULL,
    product_id             uuid,
    sku                    text,
    class_code             text,
    description            text    NOT NULL,
    unit                   text,
    quantity_milli         bigint  NOT NULL,
    price_minor            bigint  NOT NULL,
    list_price_minor       bigint,
    gross_minor            bigint  NOT NULL,
    discount_ppm           bigint,
    discount_minor         bigint  NOT NULL,
    net_minor              bigint  NOT NULL,
    tax_id                 uuid,
    tax_code               text,
    tax_ppm                bigint  NOT NULL,
    tax_minor              bigint  NOT NULL,
    account_id             uuid    NOT NULL,
    credits_line_id        uuid,
    credited_before_milli  bigint,
    order_line_id          uuid,
    CONSTRAINT payment_bill_line_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_bill_line_bill_id_fkey
        FOREIGN KEY (book_id, bill_id) REFERENCES daybook.payment_bill (book_id, id) ON DELETE CASCADE,
    CONSTRAINT payment_bill_line_product_id_fkey FOREIGN KEY (book_id, product_id) REFERENCES daybook.product (book_id, id),
    CONSTRAINT payment_bill_line_tax_id_fkey FOREIGN KEY (book_id, tax_id) REFERENCES daybook.tax (book_id, id),
    CONSTRAINT payment_bill_line_account_id_fkey
        FOREIGN KEY (book_id, account_id) REFERENCES daybook.payment_account (book_id, id),
    CONSTRAINT payment_bill_line_credits_line_id_fkey
        FOREIGN KEY (book_id, credits_line_id) REFERENCES daybook.payment_bill_line (book_id, id),
    CONSTRAINT payment_bill_line_order_line_id_fkey
        FOREIGN KEY (book_id, order_line_id) REFERENCES daybook.sale_order_line (book_id, id),
    CONSTRAINT payment_bill_line_line_no_check CHECK (line_no > 0),
    CONSTRAINT payment_bill_line_quantity_check
        CHECK (quantity_milli BETWEEN CASE WHEN credits_line_id IS NULL THEN 1 ELSE 0 END AND 1000000000000),
    CONSTRAINT payment_bill_line_amounts_check
        CHECK (price_minor >= 0 AND gross_minor >= 0 AND net_minor >= 0 AND tax_minor >= 0 AND tax_ppm BETWEEN 0 AND 1000000),
    CONSTRAINT payment_bill_line_discount_check
        CHECK (discount_minor BETWEEN CASE WHEN credits_line_id IS NULL THEN 0 ELSE -2 END AND gross_minor),
    CONSTRAINT payment_bill_line_credited_check CHECK ((credits_line_id IS NULL) = (credited_before_milli IS NULL))
);
COMMENT ON TABLE daybook.payment_bill_line IS
    'What was sold or credited, as it was called, priced and taxed then.';
CREATE INDEX payment_bill_line_bill_id_idx ON daybook.payment_bill_line (book_id, bill_id, line_no);
CREATE INDEX payment_bill_line_product_id_idx
    ON daybook.payment_bill_line (book_id, product_id) WHERE product_id IS NOT NULL;
CREATE INDEX payment_bill_line_tax_id_idx ON daybook.payment_bill_line (book_id, tax_id) WHERE tax_id IS NOT NULL;
CREATE INDEX payment_bill_line_credits_line_id_idx
    ON daybook.payment_bill_line (book_id, credits_line_id) WHERE credits_line_id IS NOT NULL;
CREATE INDEX payment_bill_line_order_line_id_idx
    ON daybook.payment_bill_line (book_id, order_line_id) WHERE order_line_id IS NOT NULL;

CREATE TABLE daybook.payment (
    book_id              uuid            NOT NULL,
    id                   uuid            NOT NULL,
    device_id            uuid            NOT NULL,
    purpose              text            NOT NULL,
    series               text            NOT NULL,
    serial               bigint          NOT NULL,
    number               text            NOT NULL,
    business_date        date            NOT NULL,
    customer_id          uuid            NOT NULL,
    account_id           uuid            NOT NULL,
    amount_minor         bigint          NOT NULL,
    rounding_minor       bigint          NOT NULL,
    tendered_minor       bigint,
    reference            text,
    sale_order_id        uuid,
    reverses_payment_id  uuid,
    reason               text,
    memo                 text,
    person_id            uuid            NOT NULL,
    created_at           timestamptz(3)  NOT NULL,
    CONSTRAINT payment_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_id_customer_id_key UNIQUE (book_id, id, customer_id),
    CONSTRAINT payment_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT payment_customer_id_fkey FOREIGN KEY (book_id, customer_id) REFERENCES daybook.customer (book_id, id),
    CONSTRAINT payment_account_id_fkey FOREIGN KEY (book_id, account_id) REFERENCES daybook.payment_account (book_id, id),
    CONSTRAINT payment_sale_order_id_fkey FOREIGN KEY (book_id, sale_order_id) REFERENCES daybook.sale_order (book_id, id),
    CONSTRAINT payment_reverses_payment_id_customer_id_fkey
        FOREIGN KEY (book_id, reverses_payment_id, customer_id) REFERENCES daybook.payment (book_id, id, customer_id),
    CONSTRAINT payment_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT payment_serial_check CHECK (serial > 0),
    CONSTRAINT payment_purpose_check CHECK (purpose IN ('settlement', 'refund', 'payout')),
    CONSTRAINT payment_amount_check
        CHECK (amount_minor BETWEEN 0 AND 9007199254740991 AND abs(rounding_minor) <= 1000000000
               AND amount_minor - rounding_minor BETWEEN 1 AND 9007199254740991),
    CONSTRAINT payment_tendered_check CHECK (tendered_minor >= amount_minor),
    CONSTRAINT payment_reason_check
        CHECK ((reverses_payment_id IS NOT NULL) = (reason IS NOT NULL) AND reason IN ('mistake', 'returned')),
    CONSTRAINT payment_date_check CHECK (business_date BETWEEN '0001-01-01' AND '9999-12-31')
);
COMMENT ON TABLE daybook.payment IS
    'Money that a customer gave, or was given back or lent. Reversed by another payment, never changed.';
CREATE INDEX payment_business_date_idx ON daybook.payment (book_id, business_date);
CREATE INDEX payment_customer_id_idx ON daybook.payment (book_id, customer_id, business_date);
CREATE INDEX payment_reverses_payment_id_idx
    ON daybook.payment (book_id, reverses_payment_id) WHERE reverses_payment_id IS NOT NULL;

CREATE TABLE daybook.payment_allocation (
    book_id                 uuid            NOT NULL,
    id                      uuid            NOT NULL,
    device_id               uuid            NOT NULL,
    business_date           date            NOT NULL,
    customer_id             uuid            NOT NULL,
    payment_id              uuid,
    credit_id               uuid,
    bill_id                 uuid,
    payout_id               uuid,
    amount_minor            bigint          NOT NULL,
    reverses_allocation_id  uuid,
    person_id               uuid            NOT NULL,
    created_at              timestamptz(3)  NOT NULL,
    CONSTRAINT payment_allocation_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_allocation_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT payment_allocation_customer_id_fkey FOREIGN KEY (book_id, customer_id) REFERENCES daybook.customer (book_id, id),
    CONSTRAINT payment_allocation_payment_id_customer_id_fkey
        FOREIGN KEY (book_id, payment_id, customer_id) REFERENCES daybook.payment (book_id, id, customer_id),
    CONSTRAINT payment_allocation_credit_id_customer_id_fkey
        FOREIGN KEY (book_id, credit_id, customer_id) REFERENCES daybook.payment_bill (book_id, id, customer_id),
    CONSTRAINT payment_allocation_bill_id_customer_id_fkey
        FOREIGN KEY (book_id, bill_id, customer_id) REFERENCES daybook.payment_bill (book_id, id, customer_id),
    CONSTRAINT payment_allocation_payout_id_customer_id_fkey
        FOREIGN KEY (book_id, payout_id, customer_id) REFERENCES daybook.payment (book_id, id, customer_id),
    CONSTRAINT payment_allocation_reverses_allocation_id_fkey
        FOREIGN KEY (book_id, reverses_allocation_id) REFERENCES daybook.payment_allocation (book_id, id),
    CONSTRAINT payment_allocation_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT payment_allocation_sides_check
        CHECK ((payment_id IS NULL) <> (credit_id IS NULL) AND (bill_id IS NULL) <> (payout_id IS NULL)),
    CONSTRAINT payment_allocation_amount_check CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
    CONSTRAINT payment_allocation_date_check CHECK (business_date BETWEEN '0001-01-01' AND '9999-12-31')
);
COMMENT ON TABLE daybook.payment_allocation IS
    'A claim: which payment or credit pays which bill or payout. It posts nothing. Undone by another row, never changed.';
CREATE INDEX payment_allocation_customer_id_idx ON daybook.payment_allocation (book_id, customer_id);
CREATE INDEX payment_allocation_payment_id_idx
    ON daybook.payment_allocation (book_id, payment_id) WHERE payment_id IS NOT NULL;
CREATE INDEX payment_allocation_credit_id_idx
    ON daybook.payment_allocation (book_id, credit_id) WHERE credit_id IS NOT NULL;
CREATE INDEX payment_allocation_reverses_allocation_id_idx
    ON daybook.payment_allocation (book_id, reverses_allocation_id) WHERE reverses_allocation_id IS NOT NULL;

CREATE TABLE daybook.payment_expense (
    book_id              uuid            NOT NULL,
    id                   uuid            NOT NULL,
    device_id            uuid            NOT NULL,
    series               text            NOT NULL,
    serial               bigint          NOT NULL,
    number               text            NOT NULL,
    business_date        date            NOT NULL,
    account_id           uuid            NOT NULL,
    expense_account_id   uuid            NOT NULL,
    amount_minor         bigint          NOT NULL,
    tax_minor            bigint          NOT NULL,
    payee                text,
    reference            text,
    memo                 text,
    reverses_expense_id  uuid,
    person_id            uuid            NOT NULL,
    created_at           timestamptz(3)  NOT NULL,
    CONSTRAINT payment_expense_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_expense_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT payment_expense_account_id_fkey
        FOREIGN KEY (book_id, account_id) REFERENCES daybook.payment_account (book_id, id),
    CONSTRAINT payment_expense_expense_account_id_fkey
        FOREIGN KEY (book_id, expense_account_id) REFERENCES daybook.payment_account (book_id, id),
    CONSTRAINT payment_expense_reverses_expense_id_fkey
        FOREIGN KEY (book_id, reverses_expense_id) REFERENCES daybook.payment_expense (book_id, id),
    CONSTRAINT payment_expense_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT payment_expense_serial_check CHECK (serial > 0),
    CONSTRAINT payment_expense_amount_check
        CHECK (amount_minor BETWEEN 1 AND 9007199254740991 AND tax_minor BETWEEN 0 AND amount_minor),
    CONSTRAINT payment_expense_date_check CHECK (business_date BETWEEN '0001-01-01' AND '9999-12-31')
);
COMMENT ON TABLE daybook.payment_expense IS
    'Money that was paid for something, not to a customer. Reversed by another expense, never changed.';
COMMENT ON COLUMN daybook.payment_expense.account_id IS 'Where the money came from.';
COMMENT ON COLUMN daybook.payment_expense.expense_account_id IS 'What it was for.';
COMMENT ON COLUMN daybook.payment_expense.amount_minor IS 'How much was paid, tax and all, in minor units.';
COMMENT ON COLUMN daybook.payment_expense.tax_minor IS 'What of that is tax that the authority gives back, in minor units.';
COMMENT ON COLUMN daybook.payment_expense.payee IS 'Who was paid.';
COMMENT ON COLUMN daybook.payment_expense.reverses_expense_id IS 'The expense that it takes back.';
CREATE INDEX payment_expense_business_date_idx ON daybook.payment_expense (book_id, business_date);
CREATE INDEX payment_expense_reverses_expense_id_idx
    ON daybook.payment_expense (book_id, reverses_expense_id) WHERE reverses_expense_id IS NOT NULL;

-- What each column is: it is the same in every table.
DO $$
DECLARE
    v_column  record;
    v_about   jsonb := '{
        "book_id": "The book that it belongs to.", "id": "Its id, the same on every device.",
        "device_id": "The device that made it.", "custodian_device_id": "The one device that may change it.",
        "series": "What it is numbered in: a letter for its kind, with a number from its store''s second life on.",
        "serial": "The number''s running part, 1, 2, 3 in each series.",
        "number": "{device code}-{series}-{000001}: without a gap in each series.",
        "business_date": "The day that it counts for.",
        "due_date": "The day that it is to be paid by; null where none was agreed.", "customer_id": "The customer.",
        "tax_included": "1 where its prices include their tax, else 0.", "note": "What else there is to know.",
        "confirmed_at": "Since when it is confirmed; null while it is a draft.", "cancelled_at": "Since when it is cancelled.",
        "cancel_reason": "Why it was cancelled.", "person_id": "Who did it.", "created_at": "When it was made.",
        "sale_order_id": "The order.", "line_no": "Its place among the lines: 1, 2, 3.",
        "product_id": "The product, where it is one of the book.", "sku": "The product''s number then.",
        "class_code": "What the tax authority classes it as.", "description": "What papers call it.",
        "unit": "What it is sold by.",
        "quantity_milli": "How much of it, in thousandths; 0 where an amount alone is credited.",
        "price_minor": "What one cost, in minor units.", "list_price_minor": "What the product cost then, in minor units.",
        "gross_minor": "Quantity times price, in minor units; with tax where prices include it.",
        "discount_ppm": "The part that was taken off, in parts per million; null where it was an amount.",
        "discount_minor": "What was taken off, in minor units.", "net_minor": "What is left without tax, in minor units.",
        "tax_id": "The tax on it.", "tax_code": "What papers call the tax.",
        "tax_ppm": "The rate that it was reckoned with, in parts per million.", "tax_minor": "The tax, in minor units.",
        "kind": "bill, debt, credit or write_off.", "profile_id": "Who sold, as papers said it then.",
        "customer_name": "What the customer was called then.",
        "customer_tax_number": "The customer''s number with the tax authority then.",
        "customer_address": "Where the customer was then, in lines.",
        "total_minor": "What is to be paid, or is credited: net and tax, in minor units.",
        "credits_bill_id": "The bill that it credits or writes off.", "reverses_bill_id": "The document that it takes back.",
        "reason": "Why it credits, writes off or reverses.",
        "reference": "What the customer, a wallet or the old books call it.",
        "accepting_person_id": "The owner who accepted that the customer then owed more than its limit; else null.",
        "bill_id": "The bill.", "account_id": "The account.", "credits_line_id": "The line that it credits.",
        "credited_before_milli": "How much of that line was credited before, in thousandths.",
        "order_line_id": "The line of an order that it bills.",
        "purpose": "settlement: the customer gave it; refund or payout: the customer was given it.",
        "amount_minor": "How much, in minor units.",
        "rounding_minor": "What of that is rounding to coins, in minor units; less than 0 where it took off.",
        "tendered_minor": "What the customer gave, where there was change, in minor units.",
        "reverses_payment_id": "The payment that it takes back.", "memo": "What it says.",
        "payment_id": "The payment that pays, where one does.",
        "credit_id": "The credit note or write-off that pays, where one does.",
        "payout_id": "The payout that is paid back, where it is one.", "reverses_allocation_id": "The claim that it undoes."
    }';
BEGIN
    FOR v_column IN
        SELECT c.oid::regclass AS relation, a.attname AS name
        FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
        WHERE c.relnamespace = 'daybook'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
          AND col_description(c.oid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', v_column.relation, v_column.name, v_about ->> v_column.name);
    END LOOP;
END
$$;

RESET ROLE;
