-- The documents that postings belong to, of whatever kind: one SELECT a document.

CREATE VIEW ledger_document (book_id, id, kind, number, device_id, business_date, reverses_id) AS
SELECT book_id, id, 'transfer', number, device_id, business_date, reverses_transfer_id FROM payment_transfer
UNION ALL
SELECT book_id, id, 'opening', number, device_id, business_date, reverses_opening_id FROM payment_opening;
