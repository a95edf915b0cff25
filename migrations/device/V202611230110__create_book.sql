-- A book, what it says of itself on papers, the devices that keep it, the people who act in it, and what this device remembers
-- for itself.

CREATE TABLE book (
    id                   BLOB    NOT NULL,
    name                 TEXT    NOT NULL,
    currency             TEXT    NOT NULL,
    time_zone            TEXT    NOT NULL,
    prices_include_tax   INTEGER NOT NULL DEFAULT 0,
    cash_step_minor      INTEGER NOT NULL DEFAULT 0,
    -- Nothing is booked on this day or an earlier one any more. Head office alone writes it.
    closed_through_date  TEXT,
    is_training          INTEGER NOT NULL DEFAULT 0,
    created_at           INTEGER NOT NULL,
    row_version          INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT book_pkey PRIMARY KEY (id),
    CONSTRAINT book_id_check CHECK (length(id) = 16),
    CONSTRAINT book_name_check CHECK (name <> ''),
    CONSTRAINT book_currency_check CHECK (length(currency) = 3),
    CONSTRAINT book_prices_check CHECK (prices_include_tax IN (0, 1)),
    CONSTRAINT book_cash_step_check CHECK (cash_step_minor BETWEEN 0 AND 1000000000),
    CONSTRAINT book_training_check CHECK (is_training IN (0, 1))
) STRICT, WITHOUT ROWID;

-- Who sells, as papers say it: a change is a row more, so that a document keeps the one that it was made under.
CREATE TABLE book_profile (
    book_id      BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    legal_name   TEXT    NOT NULL,
    address      TEXT,
    tax_number   TEXT,
    branch_code  TEXT,
    phone        TEXT,
    footer       TEXT,
    person_id    BLOB    NOT NULL,
    created_at   INTEGER NOT NULL,
    CONSTRAINT book_profile_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT book_profile_book_id_fkey FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT book_profile_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id),
    CONSTRAINT book_profile_id_check CHECK (length(id) = 16),
    CONSTRAINT book_profile_legal_name_check CHECK (legal_name <> '')
) STRICT, WITHOUT ROWID;

CREATE INDEX book_profile_created_at_idx ON book_profile (book_id, created_at, id);

CREATE TRIGGER book_profile_update_trigger BEFORE UPDATE ON book_profile
BEGIN
    SELECT raise(ABORT, 'a profile is never changed; add the next one');
END;

CREATE TRIGGER book_profile_delete_trigger BEFORE DELETE ON book_profile
    WHEN NOT EXISTS (SELECT 1 FROM sync_undoing WHERE book_id = old.book_id)
BEGIN
    SELECT raise(ABORT, 'a profile is never deleted; documents name it');
END;

CREATE TABLE device (
    book_id      BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    code         TEXT    NOT NULL,
    name         TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    row_version  INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT device_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT device_book_id_fkey FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT device_id_check CHECK (length(id) = 16),
    CONSTRAINT device_code_check CHECK (length(code) BETWEEN 1 AND 5 AND code NOT GLOB '*[^A-Z0-9]*')
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
    book_id      BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL,
    archived_at  INTEGER,
    created_at   INTEGER NOT NULL,
    row_version  INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT person_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT person_book_id_fkey FOREIGN KEY (book_id) REFERENCES book (id),
    CONSTRAINT person_id_check CHECK (length(id) = 16),
    CONSTRAINT person_name_check CHECK (name <> ''),
    CONSTRAINT person_role_check CHECK (role IN ('owner', 'clerk'))
) STRICT, WITHOUT ROWID;

-- The books that this device keeps: as which device, who acts in them, and which was chosen last. Never sent.
CREATE TABLE device_book (
    book_id    BLOB    NOT NULL,
    device_id  BLOB    NOT NULL,
    person_id  BLOB,
    chosen_at  INTEGER NOT NULL,
    CONSTRAINT device_book_pkey PRIMARY KEY (book_id),
    CONSTRAINT device_book_device_id_fkey FOREIGN KEY (book_id, device_id) REFERENCES device (book_id, id),
    CONSTRAINT device_book_person_id_fkey FOREIGN KEY (book_id, person_id) REFERENCES person (book_id, id)
) STRICT, WITHOUT ROWID;

-- What is known of this machine's clock, in one row: how far head office's may be ahead of it, when it was last confirmed, and
-- the newest entry then; how far head office's was ahead, and when. Never sent.
CREATE TABLE device_clock (
    accepted_ahead_ms    INTEGER NOT NULL,
    confirmed_at         INTEGER,
    confirmed_newest_at  INTEGER,
    office_ahead_ms      INTEGER,
    office_at            INTEGER,
    CONSTRAINT device_clock_pkey PRIMARY KEY (accepted_ahead_ms),
    CONSTRAINT device_clock_confirmed_check CHECK ((confirmed_at IS NULL) = (confirmed_newest_at IS NULL)),
    CONSTRAINT device_clock_office_check CHECK ((office_ahead_ms IS NULL) = (office_at IS NULL))
) STRICT;
INSERT INTO device_clock (accepted_ahead_ms) VALUES (0);

-- What this device remembers for itself: the theme, saved mappings. Never sent.
CREATE TABLE device_setting (
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    CONSTRAINT device_setting_pkey PRIMARY KEY (key),
    CONSTRAINT device_setting_value_check CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;
