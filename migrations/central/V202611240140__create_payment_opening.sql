-- An opening balance is a document as a transfer is: what an account held when its book, or the account, began.

SET ROLE daybook_owner;

CREATE TABLE daybook.payment_opening (
    book_id              uuid            NOT NULL,
    id                   uuid            NOT NULL,
    device_id            uuid            NOT NULL,
    series               text            NOT NULL,
    serial               bigint          NOT NULL,
    number               text            NOT NULL,
    business_date        date            NOT NULL,
    account_id           uuid            NOT NULL,
    amount_minor         bigint          NOT NULL,
    memo                 text,
    person_id            uuid            NOT NULL,
    reverses_opening_id  uuid,
    created_at           timestamptz(3)  NOT NULL,
    CONSTRAINT payment_opening_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT payment_opening_device_id_fkey
        FOREIGN KEY (book_id, device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT payment_opening_account_id_fkey
        FOREIGN KEY (book_id, account_id) REFERENCES daybook.payment_account (book_id, id),
    CONSTRAINT payment_opening_person_id_fkey
        FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT payment_opening_reverses_opening_id_fkey
        FOREIGN KEY (book_id, reverses_opening_id) REFERENCES daybook.payment_opening (book_id, id),
    CONSTRAINT payment_opening_date_check CHECK (business_date BETWEEN '0001-01-01' AND '9999-12-31'),
    CONSTRAINT payment_opening_serial_check CHECK (serial > 0),
    CONSTRAINT payment_opening_amount_check CHECK (amount_minor <> 0 AND abs(amount_minor) <= 9007199254740991)
);
COMMENT ON TABLE daybook.payment_opening IS
    'What an account held when it was opened, by a device. Reversed by another opening balance, never changed.';
COMMENT ON COLUMN daybook.payment_opening.book_id IS 'The book that it belongs to.';
COMMENT ON COLUMN daybook.payment_opening.id IS 'Its id, the same on every device.';
COMMENT ON COLUMN daybook.payment_opening.device_id IS 'The device that made it.';
COMMENT ON COLUMN daybook.payment_opening.series IS
    'What it is numbered in: A, with a number from its store''s second life on.';
COMMENT ON COLUMN daybook.payment_opening.serial IS 'The number''s running part.';
COMMENT ON COLUMN daybook.payment_opening.number IS '{device code}-{series}-{000001}: without a gap in each series.';
COMMENT ON COLUMN daybook.payment_opening.business_date IS 'The day that it counts for.';
COMMENT ON COLUMN daybook.payment_opening.account_id IS 'The account.';
COMMENT ON COLUMN daybook.payment_opening.amount_minor IS
    'What it held, in minor units of the book''s currency; less than zero where it owed.';
COMMENT ON COLUMN daybook.payment_opening.memo IS 'What it says.';
COMMENT ON COLUMN daybook.payment_opening.person_id IS 'Who did it.';
COMMENT ON COLUMN daybook.payment_opening.reverses_opening_id IS 'The opening balance that this one takes back.';
COMMENT ON COLUMN daybook.payment_opening.created_at IS 'When it was made.';
CREATE INDEX payment_opening_account_id_idx ON daybook.payment_opening (book_id, account_id);
CREATE INDEX payment_opening_reverses_opening_id_idx
    ON daybook.payment_opening (book_id, reverses_opening_id) WHERE reverses_opening_id IS NOT NULL;

RESET ROLE;
