-- Orders: what a customer wants, until it is confirmed a draft. What of it was billed, the bills say.

CREATE TABLE sale_order (
    book_id              BLOB    NOT NULL,
    id                   BLOB    NOT NULL,
    -- The one device that may change it: so two devices can't bill the same order twice without knowing.
    custodian_device_id  BLOB    NOT NULL,
    -- Of a confirmed order, by the device that confirmed it: a draft that is discarded leaves no gap.
    device_id            BLOB,
    series               TEXT,
    serial               INTEGER,
    number               TEXT,
    business_date        TEXT    NOT NULL,
    customer_id          BLOB    NOT NULL,
    tax_included         INTEGER NOT NULL,
    note                 TEXT,
    confirmed_at         INTEGER,
    cancelled_at         INTEGER,
    cancel_reason        TEXT,
    person_id            BLOB    NOT NULL,
    created_at           INTEGER NOT NULL,
    row_version          INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT sale_order_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT sale_order_custodian_device_id_fkey
        FOREIGN KEY (book_id, custodian_device_id) REFERENCES device (book_id, id),
    CONSTRAINT sale_order_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES device (book_id, id),
    CONSTRAINT sale_order_customer_id_fkey FOREIGN KEY (book_id, customer_id) REFERENCES customer (book_id, id),
    CONSTRAINT sale_order_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT sale_order_id_check CHECK (length(id) = 16),
    CONSTRAINT sale_order_number_check
        CHECK ((confirmed_at IS NULL) = (number IS NULL) AND (number IS NULL) = (serial IS NULL)
               AND (serial IS NULL) = (series IS NULL) AND (series IS NULL) = (device_id IS NULL)),
    CONSTRAINT sale_order_serial_check CHECK (serial > 0),
    CONSTRAINT sale_order_cancelled_check
        CHECK ((cancelled_at IS NULL OR confirmed_at IS NOT NULL) AND (cancelled_at IS NULL) = (cancel_reason IS NULL)),
    CONSTRAINT sale_order_tax_included_check CHECK (tax_included IN (0, 1)),
    CONSTRAINT sale_order_date_check CHECK (business_date GLOB '[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]')
) STRICT, WITHOUT ROWID;

-- The next number of a series is one past its last, whoever keeps those orders by now.
CREATE INDEX sale_order_device_id_series_idx ON sale_order (book_id, device_id, series, serial) WHERE serial IS NOT NULL;
CREATE INDEX sale_order_business_date_idx ON sale_order (book_id, business_date, created_at, id);
CREATE INDEX sale_order_customer_id_idx ON sale_order (book_id, customer_id);

CREATE TABLE sale_order_line (
    book_id           BLOB    NOT NULL,
    id                BLOB    NOT NULL,
    sale_order_id     BLOB    NOT NULL,
    line_no           INTEGER NOT NULL,
    product_id        BLOB,
    sku               TEXT,
    class_code        TEXT,
    description       TEXT    NOT NULL,
    unit              TEXT,
    quantity_milli    INTEGER NOT NULL,
    price_minor       INTEGER NOT NULL,
    list_price_minor  INTEGER,
    gross_minor       INTEGER NOT NULL,
    discount_ppm      INTEGER,
    discount_minor    INTEGER NOT NULL,
    net_minor         INTEGER NOT NULL,
    tax_id            BLOB,
    tax_code          TEXT,
    tax_ppm           INTEGER NOT NULL,
    tax_minor         INTEGER NOT NULL,
    CONSTRAINT sale_order_line_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT sale_order_line_sale_order_id_fkey
        FOREIGN KEY (book_id, sale_order_id) REFERENCES sale_order (book_id, id) ON DELETE CASCADE,
    CONSTRAINT sale_order_line_product_id_fkey FOREIGN KEY (book_id, product_id) REFERENCES product (book_id, id),
    CONSTRAINT sale_order_line_tax_id_fkey FOREIGN KEY (book_id, tax_id) REFERENCES tax (book_id, id),
    CONSTRAINT sale_order_line_id_check CHECK (length(id) = 16),
    CONSTRAINT sale_order_line_line_no_check CHECK (line_no > 0),
    CONSTRAINT sale_order_line_quantity_check CHECK (quantity_milli BETWEEN 1 AND 1000000000000),
    CONSTRAINT sale_order_line_amounts_check
        CHECK (price_minor >= 0 AND discount_minor BETWEEN 0 AND gross_minor AND net_minor >= 0 AND tax_minor >= 0
               AND tax_ppm BETWEEN 0 AND 1000000)
) STRICT, WITHOUT ROWID;

CREATE INDEX sale_order_line_sale_order_id_idx ON sale_order_line (book_id, sale_order_id, line_no);
CREATE INDEX sale_order_line_product_id_idx ON sale_order_line (book_id, product_id) WHERE product_id IS NOT NULL;
CREATE INDEX sale_order_line_tax_id_idx ON sale_order_line (book_id, tax_id) WHERE tax_id IS NOT NULL;
