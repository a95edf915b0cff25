-- The books as head office sees them: the same tables as on a device, with dates, instants and ids in their own types.

SET ROLE daybook_owner;

CREATE TABLE daybook.book (
    id                   uuid            NOT NULL DEFAULT gen_random_uuid(),
    name                 text            NOT NULL,
    currency             text            NOT NULL,
    time_zone            text            NOT NULL,
    prices_include_tax   bigint          NOT NULL DEFAULT 0,
    cash_step_minor      bigint          NOT NULL DEFAULT 0,
    closed_through_date  date,
    is_training          bigint          NOT NULL DEFAULT 0,
    created_at           timestamptz(3)  NOT NULL DEFAULT now(),
    CONSTRAINT book_pkey PRIMARY KEY (id),
    CONSTRAINT book_name_check CHECK (name <> ''),
    CONSTRAINT book_currency_check CHECK (length(currency) = 3),
    CONSTRAINT book_prices_check CHECK (prices_include_tax IN (0, 1)),
    CONSTRAINT book_cash_step_check CHECK (cash_step_minor BETWEEN 0 AND 1000000000),
    CONSTRAINT book_closed_through_check CHECK (closed_through_date BETWEEN '0001-01-01' AND '9999-12-31'),
    CONSTRAINT book_training_check CHECK (is_training IN (0, 1))
);
COMMENT ON TABLE daybook.book IS 'What belongs together and syncs together: a shop, a route, a branch.';
COMMENT ON COLUMN daybook.book.name IS 'What people call it.';
COMMENT ON COLUMN daybook.book.currency IS 'ISO 4217. All amounts of the book are in its minor unit.';
COMMENT ON COLUMN daybook.book.time_zone IS 'IANA name. It decides which business date a moment belongs to.';
COMMENT ON COLUMN daybook.book.prices_include_tax IS '1 where the prices of products include their tax, else 0.';
COMMENT ON COLUMN daybook.book.cash_step_minor IS
    'The smallest coin, in minor units: what is paid in cash is rounded to it. 0 where all are there.';
COMMENT ON COLUMN daybook.book.closed_through_date IS
    'Devices that know it book nothing on this day or an earlier one. Head office sets it, when a tax period is closed.';
COMMENT ON COLUMN daybook.book.is_training IS '1 where nothing in it is real: its papers say so. Else 0.';

CREATE TABLE daybook.device (
    book_id     uuid            NOT NULL,
    id          uuid            NOT NULL DEFAULT gen_random_uuid(),
    code        text            NOT NULL,
    name        text            NOT NULL,
    created_at  timestamptz(3)  NOT NULL DEFAULT now(),
    revoked_at  timestamptz(3),
    CONSTRAINT device_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT device_book_id_fkey FOREIGN KEY (book_id) REFERENCES daybook.book (id),
    CONSTRAINT device_code_check CHECK (code ~ '^[A-Z0-9]{1,5}$'),
    CONSTRAINT device_name_check CHECK (name <> '' AND length(name) <= 60)
);
COMMENT ON TABLE daybook.device IS 'A laptop, phone or edge box that keeps the book.';
COMMENT ON COLUMN daybook.device.code IS 'Stands before the numbers of its documents; one of a kind in the book.';
COMMENT ON COLUMN daybook.device.revoked_at IS
    'Since when head office has shut it out; null while it may call. The other devices learn it from here.';

CREATE TABLE daybook.person (
    book_id      uuid            NOT NULL,
    id           uuid            NOT NULL DEFAULT gen_random_uuid(),
    name         text            NOT NULL,
    role         text            NOT NULL,
    archived_at  timestamptz(3),
    created_at   timestamptz(3)  NOT NULL DEFAULT now(),
    CONSTRAINT person_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT person_book_id_fkey FOREIGN KEY (book_id) REFERENCES daybook.book (id),
    CONSTRAINT person_name_check CHECK (name <> ''),
    CONSTRAINT person_role_check CHECK (role IN ('owner', 'clerk'))
);
COMMENT ON TABLE daybook.person IS 'Who acts in a book.';
COMMENT ON COLUMN daybook.person.role IS 'owner or clerk.';

CREATE TABLE daybook.book_profile (
    book_id      uuid            NOT NULL,
    id           uuid            NOT NULL,
    legal_name   text            NOT NULL,
    address      text,
    tax_number   text,
    branch_code  text,
    phone        text,
    footer       text,
    person_id    uuid            NOT NULL,
    created_at   timestamptz(3)  NOT NULL,
    CONSTRAINT book_profile_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT book_profile_book_id_fkey FOREIGN KEY (book_id) REFERENCES daybook.book (id),
    CONSTRAINT book_profile_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT book_profile_legal_name_check CHECK (legal_name <> '')
);
COMMENT ON TABLE daybook.book_profile IS
    'Who sells, as papers say it. The newest is in use; a document keeps the one that it was made under.';
COMMENT ON COLUMN daybook.book_profile.legal_name IS 'The name that the business is registered under.';
COMMENT ON COLUMN daybook.book_profile.address IS 'Where it is, in lines.';
COMMENT ON COLUMN daybook.book_profile.tax_number IS 'Its number with the tax authority.';
COMMENT ON COLUMN daybook.book_profile.branch_code IS 'Which of its branches, as the tax authority numbers them.';
COMMENT ON COLUMN daybook.book_profile.footer IS 'What stands at the end of each paper.';

CREATE TABLE daybook.customer (
    book_id             uuid            NOT NULL,
    id                  uuid            NOT NULL DEFAULT gen_random_uuid(),
    code                text,
    name                text            NOT NULL,
    contact             text,
    phone               text,
    email               text,
    address             text,
    city                text,
    region              text,
    postal_code         text,
    country             text,
    note                text,
    tax_number          text,
    credit_limit_minor  bigint,
    terms_days          bigint,
    route               text,
    archived_at         timestamptz(3),
    created_at          timestamptz(3)  NOT NULL DEFAULT now(),
    CONSTRAINT customer_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT customer_book_id_fkey FOREIGN KEY (book_id) REFERENCES daybook.book (id),
    CONSTRAINT customer_name_check CHECK (name <> ''),
    CONSTRAINT customer_credit_limit_check CHECK (credit_limit_minor BETWEEN 0 AND 9007199254740991),
    CONSTRAINT customer_terms_check CHECK (terms_days BETWEEN 0 AND 3650)
);
COMMENT ON TABLE daybook.customer IS 'Whom we sell to and collect from.';
COMMENT ON COLUMN daybook.customer.code IS 'The customer''s number, where it has one.';
COMMENT ON COLUMN daybook.customer.tax_number IS 'Its number with the tax authority.';
COMMENT ON COLUMN daybook.customer.credit_limit_minor IS
    'What it may owe before a device asks an owner, in minor units; null where it may owe anything.';
COMMENT ON COLUMN daybook.customer.terms_days IS 'In how many days its bills are due; null where nothing was agreed.';
COMMENT ON COLUMN daybook.customer.route IS 'The round that it is visited on.';
COMMENT ON COLUMN daybook.customer.archived_at IS 'Since when it is out of sight.';
CREATE INDEX customer_code_idx ON daybook.customer (book_id, code);

CREATE TABLE daybook.payment_account (
    book_id              uuid            NOT NULL,
    id                   uuid            NOT NULL DEFAULT gen_random_uuid(),
    name                 text            NOT NULL,
    kind                 text            NOT NULL,
    custodian_device_id  uuid,
    minimum_minor        bigint,
    person_id            uuid,
    method               text,
    closed_at            timestamptz(3),
    created_at           timestamptz(3)  NOT NULL DEFAULT now(),
    CONSTRAINT payment_account_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_account_book_id_fkey FOREIGN KEY (book_id) REFERENCES daybook.book (id),
    CONSTRAINT payment_account_custodian_device_id_fkey
        FOREIGN KEY (book_id, custodian_device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT payment_account_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT payment_account_name_check CHECK (name <> ''),
    CONSTRAINT payment_account_kind_check CHECK (kind IN (
        'cash', 'bank', 'mobile_money', 'in_transit', 'receivable', 'income', 'tax',
        'discount', 'expense', 'over_short', 'rounding', 'bad_debt', 'opening'
    )),
    CONSTRAINT payment_account_method_check CHECK (method IN ('cash', 'mobile_money', 'bank', 'card', 'cheque', 'other')),
    CONSTRAINT payment_account_custody_check CHECK (minimum_minor IS NULL OR custodian_device_id IS NOT NULL),
    CONSTRAINT payment_account_minimum_check CHECK (abs(minimum_minor) <= 9007199254740991)
);
COMMENT ON TABLE daybook.payment_account IS 'Where money is, and what it was for.';
COMMENT ON COLUMN daybook.payment_account.custodian_device_id IS
    'The one device that may lower the account. It hands it over itself, or loses it by daybook central release; never by'
    ' UPDATE.';
COMMENT ON COLUMN daybook.payment_account.minimum_minor IS
    'What must stay in it, in minor units; null where it may be overdrawn.';
COMMENT ON COLUMN daybook.payment_account.person_id IS 'Whose till it is; null where it is nobody''s own.';
COMMENT ON COLUMN daybook.payment_account.method IS
    'How people pay into it: cash, mobile_money, bank, card, cheque or other; null where its kind says it.';
COMMENT ON COLUMN daybook.payment_account.closed_at IS 'Since when nothing more is posted to it.';
CREATE INDEX payment_account_custodian_device_id_idx ON daybook.payment_account (book_id, custodian_device_id);

CREATE TABLE daybook.ledger_posting (
    book_id              uuid            NOT NULL,
    id                   uuid            NOT NULL DEFAULT gen_random_uuid(),
    debit_account_id     uuid            NOT NULL,
    credit_account_id    uuid            NOT NULL,
    amount_minor         bigint          NOT NULL,
    business_date        date            NOT NULL DEFAULT current_date,
    document_kind        text            NOT NULL DEFAULT 'adjustment',
    document_id          uuid            NOT NULL DEFAULT gen_random_uuid(),
    memo                 text,
    created_at           timestamptz(3)  NOT NULL DEFAULT now(),
    accepting_person_id  uuid,
    customer_id          uuid,
    CONSTRAINT ledger_posting_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT ledger_posting_accepting_person_id_fkey
        FOREIGN KEY (book_id, accepting_person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT ledger_posting_customer_id_fkey
        FOREIGN KEY (book_id, customer_id) REFERENCES daybook.customer (book_id, id),
    CONSTRAINT ledger_posting_debit_account_id_fkey
        FOREIGN KEY (book_id, debit_account_id) REFERENCES daybook.payment_account (book_id, id),
    CONSTRAINT ledger_posting_credit_account_id_fkey
        FOREIGN KEY (book_id, credit_account_id) REFERENCES daybook.payment_account (book_id, id),
    CONSTRAINT ledger_posting_date_check CHECK (business_date BETWEEN '0001-01-01' AND '9999-12-31'),
    CONSTRAINT ledger_posting_amount_check CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
    CONSTRAINT ledger_posting_sides_check CHECK (debit_account_id <> credit_account_id)
);
COMMENT ON TABLE daybook.ledger_posting IS
    'The ledger: each row moves an amount from the credited to the debited account. Never changed, never deleted.';
COMMENT ON COLUMN daybook.ledger_posting.amount_minor IS 'More than zero, in minor units of the book''s currency.';
COMMENT ON COLUMN daybook.ledger_posting.accepting_person_id IS
    'The owner who accepted that the credited account is below its minimum at the end of an earlier day; else null.';
COMMENT ON COLUMN daybook.ledger_posting.customer_id IS
    'Whose debt changes: set where one of the accounts is of kind receivable, and only there.';
COMMENT ON COLUMN daybook.ledger_posting.document_kind IS
    'transfer, opening, or adjustment: what head office posts by itself.';
CREATE INDEX ledger_posting_debit_account_id_idx ON daybook.ledger_posting (book_id, debit_account_id, business_date);
CREATE INDEX ledger_posting_credit_account_id_idx ON daybook.ledger_posting (book_id, credit_account_id, business_date);
CREATE INDEX ledger_posting_document_id_idx ON daybook.ledger_posting (book_id, document_id);
CREATE INDEX ledger_posting_customer_id_idx
    ON daybook.ledger_posting (book_id, customer_id, business_date) WHERE customer_id IS NOT NULL;

CREATE TABLE daybook.ledger_balance (
    book_id        uuid    NOT NULL,
    account_id     uuid    NOT NULL,
    balance_minor  bigint  NOT NULL,
    turnover_minor bigint  NOT NULL,
    CONSTRAINT ledger_balance_pkey PRIMARY KEY (book_id, account_id),
    CONSTRAINT ledger_balance_exact_check CHECK (abs(balance_minor) <= 9007199254740991),
    CONSTRAINT ledger_balance_turnover_check CHECK (turnover_minor <= 4611686018427387904),
    CONSTRAINT ledger_balance_account_id_fkey
        FOREIGN KEY (book_id, account_id) REFERENCES daybook.payment_account (book_id, id) ON DELETE CASCADE
) WITH (fillfactor = 50);
COMMENT ON TABLE daybook.ledger_balance IS 'What each account holds, debits less credits: kept by a trigger on ledger_posting.';
COMMENT ON COLUMN daybook.ledger_balance.turnover_minor IS
    'All debits and credits added up. What of them a device adds up, in whatever order, fits into 63 bits as long as they do.';

CREATE TABLE daybook.payment_transfer (
    book_id               uuid            NOT NULL,
    id                    uuid            NOT NULL,
    device_id             uuid            NOT NULL,
    series                text            NOT NULL,
    serial                bigint          NOT NULL,
    number                text            NOT NULL,
    business_date         date            NOT NULL,
    from_account_id       uuid            NOT NULL,
    to_account_id         uuid            NOT NULL,
    amount_minor          bigint          NOT NULL,
    fee_minor             bigint          NOT NULL,
    memo                  text,
    person_id             uuid            NOT NULL,
    reverses_transfer_id  uuid,
    created_at            timestamptz(3)  NOT NULL,
    CONSTRAINT payment_transfer_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_transfer_device_id_fkey
        FOREIGN KEY (book_id, device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT payment_transfer_from_account_id_fkey
        FOREIGN KEY (book_id, from_account_id) REFERENCES daybook.payment_account (book_id, id),
    CONSTRAINT payment_transfer_to_account_id_fkey
        FOREIGN KEY (book_id, to_account_id) REFERENCES daybook.payment_account (book_id, id),
    CONSTRAINT payment_transfer_person_id_fkey
        FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT payment_transfer_reverses_transfer_id_fkey
        FOREIGN KEY (book_id, reverses_transfer_id) REFERENCES daybook.payment_transfer (book_id, id),
    CONSTRAINT payment_transfer_date_check CHECK (business_date BETWEEN '0001-01-01' AND '9999-12-31'),
    CONSTRAINT payment_transfer_serial_check CHECK (serial > 0),
    CONSTRAINT payment_transfer_amount_check CHECK (amount_minor BETWEEN 1 AND 9007199254740991),
    CONSTRAINT payment_transfer_fee_check CHECK (fee_minor BETWEEN 0 AND 9007199254740991),
    CONSTRAINT payment_transfer_sides_check CHECK (from_account_id <> to_account_id)
);
COMMENT ON TABLE daybook.payment_transfer IS
    'Money moved from one account to another, on a device. Reversed by another transfer, never changed.';
COMMENT ON COLUMN daybook.payment_transfer.number IS '{device code}-{series}-{000001}: without a gap in each series.';
COMMENT ON COLUMN daybook.payment_transfer.reverses_transfer_id IS 'The transfer that this one takes back.';
CREATE INDEX payment_transfer_business_date_idx ON daybook.payment_transfer (book_id, business_date);
CREATE INDEX payment_transfer_reverses_transfer_id_idx
    ON daybook.payment_transfer (book_id, reverses_transfer_id) WHERE reverses_transfer_id IS NOT NULL;

CREATE TABLE daybook.tax (
    book_id      uuid            NOT NULL,
    id           uuid            NOT NULL DEFAULT gen_random_uuid(),
    name         text            NOT NULL,
    rate_ppm     bigint          NOT NULL,
    code         text,
    note         text,
    archived_at  timestamptz(3),
    created_at   timestamptz(3)  NOT NULL DEFAULT now(),
    CONSTRAINT tax_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT tax_book_id_fkey FOREIGN KEY (book_id) REFERENCES daybook.book (id),
    CONSTRAINT tax_name_check CHECK (name <> ''),
    CONSTRAINT tax_rate_check CHECK (rate_ppm BETWEEN 0 AND 1000000)
);
COMMENT ON TABLE daybook.tax IS 'Taxes that products can carry.';
COMMENT ON COLUMN daybook.tax.rate_ppm IS 'The rate in parts per million: 190000 is 19 %.';
COMMENT ON COLUMN daybook.tax.code IS 'What papers call it: a letter, or exempt.';
COMMENT ON COLUMN daybook.tax.note IS 'Why nothing is taxed, where the rate is 0 %.';

CREATE TABLE daybook.product (
    book_id      uuid            NOT NULL,
    id           uuid            NOT NULL DEFAULT gen_random_uuid(),
    sku          text,
    name         text            NOT NULL,
    category     text,
    unit         text,
    price_minor  bigint          NOT NULL,
    tax_id       uuid,
    class_code   text,
    barcode      text,
    is_stocked   bigint          NOT NULL DEFAULT 1,
    archived_at  timestamptz(3),
    created_at   timestamptz(3)  NOT NULL DEFAULT now(),
    CONSTRAINT product_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT product_book_id_fkey FOREIGN KEY (book_id) REFERENCES daybook.book (id),
    CONSTRAINT product_tax_id_fkey FOREIGN KEY (book_id, tax_id) REFERENCES daybook.tax (book_id, id),
    CONSTRAINT product_name_check CHECK (name <> ''),
    CONSTRAINT product_price_check CHECK (price_minor BETWEEN 0 AND 9007199254740991),
    CONSTRAINT product_stocked_check CHECK (is_stocked IN (0, 1))
);
COMMENT ON TABLE daybook.product IS 'What is sold, at what price, under which tax.';
COMMENT ON COLUMN daybook.product.sku IS 'The article''s number, where it has one.';
COMMENT ON COLUMN daybook.product.class_code IS 'What the tax authority classes it as: an HSN, GPC or eTIMS code.';
COMMENT ON COLUMN daybook.product.barcode IS 'What a scanner reads on it.';
COMMENT ON COLUMN daybook.product.is_stocked IS '1 where it can be counted, 0 for a service.';
CREATE INDEX product_sku_idx ON daybook.product (book_id, sku);

CREATE TABLE daybook.import_batch (
    book_id       uuid            NOT NULL,
    id            uuid            NOT NULL DEFAULT gen_random_uuid(),
    kind          text            NOT NULL,
    state         text            NOT NULL,
    file_name     text            NOT NULL,
    mapping       text            NOT NULL,
    rows_total    bigint          NOT NULL,
    rows_done     bigint          NOT NULL,
    rows_added    bigint          NOT NULL,
    rows_known    bigint          NOT NULL,
    rows_changed  bigint          NOT NULL,
    rows_refused  bigint          NOT NULL,
    rows_empty    bigint          NOT NULL,
    lines_total   bigint          NOT NULL,
    lines_done    bigint          NOT NULL,
    byte_offset   bigint          NOT NULL,
    person_id     uuid            NOT NULL,
    created_at    timestamptz(3)  NOT NULL DEFAULT now(),
    CONSTRAINT import_batch_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT import_batch_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT import_batch_state_check CHECK (state IN ('running', 'done', 'undoing', 'undone')),
    -- JSON, and no deeper than every SQLite takes it.
    CONSTRAINT import_batch_mapping_check CHECK (mapping::json IS NOT NULL
        AND length(translate(mapping, '[{', '')) > length(mapping) - 900)
);
COMMENT ON TABLE daybook.import_batch IS 'A file that was brought in on a device.';

CREATE TABLE daybook.import_row (
    book_id          uuid    NOT NULL,
    id               uuid    NOT NULL DEFAULT gen_random_uuid(),
    import_batch_id  uuid    NOT NULL,
    ordinal          bigint  NOT NULL,
    outcome          text    NOT NULL,
    fingerprint      bytea   NOT NULL,
    record_id        uuid,
    remark           text,
    CONSTRAINT import_row_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT import_row_import_batch_id_fkey
        FOREIGN KEY (book_id, import_batch_id) REFERENCES daybook.import_batch (book_id, id) ON DELETE CASCADE,
    CONSTRAINT import_row_outcome_check CHECK (outcome IN ('added', 'known', 'changed', 'refused')),
    CONSTRAINT import_row_record_check CHECK ((outcome = 'refused') = (record_id IS NULL)),
    CONSTRAINT import_row_remark_check CHECK ((outcome IN ('changed', 'refused')) = (remark IS NOT NULL)
        AND coalesce(remark, '{}')::json IS NOT NULL AND length(translate(remark, '[{', '')) > length(remark) - 900)
);
COMMENT ON TABLE daybook.import_row IS 'What became of a row of an imported file.';
CREATE INDEX import_row_import_batch_id_idx ON daybook.import_row (book_id, import_batch_id, ordinal);

-- What each column is, where its name alone does not say it, is said above; these say the same in every table.
DO $$
DECLARE
    v_column  record;
    v_about   jsonb := '{
        "book_id": "The book that it belongs to.", "id": "Its id, the same on every device.",
        "name": "What people call it.", "created_at": "When it was made.", "archived_at": "Since when it is out of sight.",
        "business_date": "The day that it counts for.", "person_id": "Who did it.", "device_id": "The device that made it.",
        "memo": "What it says.", "kind": "What kind it is.", "document_id": "The document that made it.",
        "debit_account_id": "The account that gained.", "credit_account_id": "The account that lost.",
        "from_account_id": "Where the money came from.", "to_account_id": "Where it went.",
        "amount_minor": "How much arrived, in minor units.", "fee_minor": "What it cost besides, in minor units.",
        "series": "What it is numbered in: a letter for its kind, with a number from its store''s second life on.",
        "serial": "The number''s running part, 1, 2, 3 in each series.",
        "account_id": "The account.", "balance_minor": "In minor units.",
        "category": "What it is listed under.", "unit": "What it is sold by.", "price_minor": "In minor units.",
        "tax_id": "The tax on it.", "contact": "Whom to ask for.", "phone": "Telephone.", "email": "E-mail address.",
        "address": "Street and house.", "city": "City or village.", "region": "Region or state.",
        "postal_code": "Postal code, as text.", "country": "Country.", "note": "What else there is to know.",
        "state": "running, done, undoing or undone.", "file_name": "The file''s name.",
        "mapping": "Which column was taken as what, as JSON.", "rows_total": "Rows in the file.",
        "rows_done": "Rows gone through.", "rows_added": "Rows that were added.", "rows_known": "Rows that were there already.",
        "rows_changed": "Rows that were there and say something else.", "rows_refused": "Rows that were refused.",
        "rows_empty": "Rows without any text.",
        "lines_total": "Lines of the file.", "lines_done": "Lines gone through.", "byte_offset": "How far into the file.",
        "import_batch_id": "The import.", "ordinal": "Which row of the file.", "outcome": "added, known, changed or refused.",
        "fingerprint": "What tells the same row again.", "record_id": "The record that it became.",
        "remark": "Why it was refused, or what it says else, as JSON."
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
