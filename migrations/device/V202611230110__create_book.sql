-- A book, the devices that keep it, the people who act in it, and what this device remembers for itself.

CREATE TABLE book (
    id           BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    currency     TEXT    NOT NULL,
    time_zone    TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    row_version  INTEGER NOT NULL DEFAULT 1,
    CONSTRAINT book_pkey PRIMARY KEY (id),
    CONSTRAINT book_id_check CHECK (length(id) = 16),
    CONSTRAINT book_name_check CHECK (name <> ''),
    CONSTRAINT book_currency_check CHECK (length(currency) = 3)
) STRICT, WITHOUT ROWID;

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
    CONSTRAINT device_code_check CHECK (code <> '')
) STRICT, WITHOUT ROWID;

CREATE TABLE person (
    book_id      BLOB    NOT NULL,
    id           BLOB    NOT NULL,
    name         TEXT    NOT NULL,
    role         TEXT    NOT NULL,
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

-- What this device remembers for itself: the theme, saved mappings. Never sent.
CREATE TABLE device_setting (
    key    TEXT NOT NULL,
    value  TEXT NOT NULL,
    CONSTRAINT device_setting_pkey PRIMARY KEY (key),
    CONSTRAINT device_setting_value_check CHECK (json_valid(value))
) STRICT, WITHOUT ROWID;
