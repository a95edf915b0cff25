-- Prints of documents: what was put on paper, which copy it was, and where.

SET ROLE daybook_owner;

CREATE TABLE daybook.document_print (
    book_id             uuid        NOT NULL,
    id                  uuid        NOT NULL,
    device_id           uuid        NOT NULL,
    document_kind       text        NOT NULL,
    document_id         uuid        NOT NULL,
    document_number     text        NOT NULL,
    copy_number         bigint,
    medium              text        NOT NULL,
    person_id           uuid        NOT NULL,
    withdraws_print_id  uuid,
    created_at          timestamptz(3) NOT NULL,
    CONSTRAINT document_print_pkey PRIMARY KEY (book_id, id),
    CONSTRAINT document_print_device_id_fkey
        FOREIGN KEY (book_id, device_id) REFERENCES daybook.device (book_id, id),
    CONSTRAINT document_print_person_id_fkey
        FOREIGN KEY (book_id, person_id) REFERENCES daybook.person (book_id, id),
    CONSTRAINT document_print_withdraws_print_id_fkey
        FOREIGN KEY (book_id, withdraws_print_id) REFERENCES daybook.document_print (book_id, id),
    CONSTRAINT document_print_copy_check CHECK (copy_number >= 0),
    CONSTRAINT document_print_withdraws_check CHECK ((copy_number IS NULL) = (withdraws_print_id IS NOT NULL))
);
COMMENT ON TABLE daybook.document_print IS
    'A print of a document, written before it was printed. Never changed; one that came to nothing is withdrawn by another row.';
COMMENT ON COLUMN daybook.document_print.book_id IS 'The book that it belongs to.';
COMMENT ON COLUMN daybook.document_print.id IS 'Its id, the same on every device.';
COMMENT ON COLUMN daybook.document_print.device_id IS 'The device that printed.';
COMMENT ON COLUMN daybook.document_print.document_kind IS 'The document''s kind, as in ledger_document; or statement.';
COMMENT ON COLUMN daybook.document_print.document_id IS 'The document; of a statement, the customer.';
COMMENT ON COLUMN daybook.document_print.document_number IS 'The document''s number; of a statement, its day.';
COMMENT ON COLUMN daybook.document_print.copy_number IS
    'Which copy it is: 0 for the original, which the device that made the document prints. Null where it withdraws another.';
COMMENT ON COLUMN daybook.document_print.medium IS 'Where it went: a printer''s name, or a file''s.';
COMMENT ON COLUMN daybook.document_print.person_id IS 'Who printed.';
COMMENT ON COLUMN daybook.document_print.withdraws_print_id IS 'The print that came to nothing.';
COMMENT ON COLUMN daybook.document_print.created_at IS 'When it was printed, or withdrawn.';
CREATE INDEX document_print_document_id_idx ON daybook.document_print (book_id, document_id);
CREATE INDEX document_print_withdraws_print_id_idx
    ON daybook.document_print (book_id, withdraws_print_id) WHERE withdraws_print_id IS NOT NULL;

RESET ROLE;
