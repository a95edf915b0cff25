-- What makes postings, whatever its kind: one SELECT a document. A posting names its document by kind and id.

SET ROLE daybook_owner;

CREATE OR REPLACE VIEW daybook.ledger_document AS
SELECT t.book_id, t.id, 'transfer' AS kind, t.number, t.device_id, t.person_id, t.business_date,
       t.reverses_transfer_id AS reverses_id, t.memo, t.created_at
FROM daybook.payment_transfer t
UNION ALL
SELECT o.book_id, o.id, 'opening', o.number, o.device_id, o.person_id, o.business_date, o.reverses_opening_id, o.memo,
       o.created_at
FROM daybook.payment_opening o
UNION ALL
SELECT b.book_id, b.id, 'bill', b.number, b.device_id, b.person_id, b.business_date, b.reverses_bill_id, b.note, b.created_at
FROM daybook.payment_bill b
UNION ALL
SELECT p.book_id, p.id, 'payment', p.number, p.device_id, p.person_id, p.business_date, p.reverses_payment_id, p.memo,
       p.created_at
FROM daybook.payment p
UNION ALL
SELECT e.book_id, e.id, 'expense', e.number, e.device_id, e.person_id, e.business_date, e.reverses_expense_id, e.memo,
       e.created_at
FROM daybook.payment_expense e;
COMMENT ON VIEW daybook.ledger_document IS
    'What postings were made by, of all kinds; ledger_posting has its kind and id as document_kind and document_id.';
COMMENT ON COLUMN daybook.ledger_document.id IS 'The id of the document.';
COMMENT ON COLUMN daybook.ledger_document.kind IS
    'transfer; opening: what an account held when it was opened; bill: a bill, debt, credit note or write-off; payment; expense.';
COMMENT ON COLUMN daybook.ledger_document.number IS 'The number that its device gave it.';
COMMENT ON COLUMN daybook.ledger_document.device_id IS 'The device that made it.';
COMMENT ON COLUMN daybook.ledger_document.person_id IS 'Who made it.';
COMMENT ON COLUMN daybook.ledger_document.reverses_id IS
    'The document of its kind that it reverses; null where it reverses none.';

RESET ROLE;
