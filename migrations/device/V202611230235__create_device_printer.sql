-- The receipt printers of this device: behind a device's file, or in the network. Never sent.

CREATE TABLE device_printer (
    name          TEXT    NOT NULL,
    device_path   TEXT,
    host          TEXT,
    port          INTEGER,
    roll_mm       INTEGER NOT NULL,
    opens_drawer  INTEGER NOT NULL,
    CONSTRAINT device_printer_pkey PRIMARY KEY (name),
    CONSTRAINT device_printer_target_check
        CHECK ((device_path IS NULL) = (host IS NOT NULL) AND (host IS NULL) = (port IS NULL)),
    CONSTRAINT device_printer_roll_check CHECK (roll_mm IN (58, 80)),
    CONSTRAINT device_printer_opens_drawer_check CHECK (opens_drawer IN (0, 1))
) STRICT, WITHOUT ROWID;
