-- The documents that postings belong to, of whatever kind: one SELECT a document.

CREATE VIEW ledger_document (book_id, id, kind, number, device_id, business_date, reverses_id) AS
SELECT book_id, id, 'transfer', number, device_id, business_date, reverses_transfer_id FROM payment_transfer
UNION ALL
SELECT book_id, id, 'opening', number, device_id, business_date, reverses_opening_id FROM payment_opening
UNION ALL
SELECT book_id, id, 'bill', number, device_id, business_date, reverses_bill_id FROM payment_bill
UNION ALL
SELECT book_id, id, 'payment', number, device_id, business_date, reverses_payment_id FROM payment
UNION ALL
SELECT book_id, id, 'expense', number, device_id, business_date, reverses_expense_id FROM payment_expense;
