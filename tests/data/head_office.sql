-- Customers of a book, by city.
SELECT c.city, c.code, c.name, c.phone
FROM daybook.customer c
JOIN daybook.book b ON b.id = c.book_id
WHERE b.name = 'North route' AND c.archived_at IS NULL
ORDER BY c.city, c.name;

-- What every account of every book holds.
SELECT book_name, account_name, account_kind, balance, currency, custodian_device_name, is_overdrawn
FROM daybook.account_balance
WHERE closed_at IS NULL
ORDER BY book_name, account_kind, account_name;

-- The statement of an account, with what it held after each line.
SELECT business_date, document_number, other_account_name, memo, amount,
       sum(amount) OVER (ORDER BY business_date, created_at, posting_id) AS balance
FROM daybook.ledger_line
WHERE book_name = 'North route' AND account_name = 'Till'
ORDER BY business_date, created_at, posting_id;

-- Money that arrived in cash accounts, per day and device, without what was taken back.
SELECT l.book_name, l.business_date, t.device_name, sum(l.amount) AS arrived, l.currency
FROM daybook.ledger_line l
JOIN daybook.transfer t ON t.book_id = l.book_id AND t.transfer_id = l.document_id
WHERE l.account_kind = 'cash' AND l.amount > 0 AND t.reverses_number IS NULL AND t.reversed_by_number IS NULL
GROUP BY l.book_name, l.business_date, t.device_name, l.currency
ORDER BY l.book_name, l.business_date, t.device_name;

-- Transfers that were reversed, and by whom.
SELECT book_name, reverses_number AS reversed_number, amount, currency, number AS by_number, business_date, person_name, device_name, memo
FROM daybook.transfer
WHERE reverses_number IS NOT NULL
ORDER BY created_at DESC;

-- Devices that lack versions, or have said nothing for three days.
SELECT book_name, device_code, device_name, seen_at, versions_behind, waiting_entries
FROM daybook.device_state
WHERE revoked_at IS NULL AND (versions_behind > 0 OR seen_at IS NULL OR seen_at < now() - interval '3 days')
ORDER BY seen_at NULLS FIRST;

-- What waits in quarantine, longest first.
SELECT book_name, device_name, sequence, command, reason, detail, waiting_since_at
FROM daybook.quarantine
ORDER BY waiting_since_at;

-- Who changed a customer's phone number, when, and from what to what.
SELECT c.name, h.changed_at, h.person_name, h.device_name,
       h.old ->> 'phone' AS old_phone, h.new ->> 'phone' AS new_phone, h.kept ->> 'phone' AS kept_phone
FROM daybook.book_history h
JOIN daybook.customer c ON c.book_id = h.book_id AND c.id = h.record_id
WHERE h.book_name = 'North route' AND h.table_name = 'customer' AND h.operation = 'update' AND c.code = 'ALFKI'
  AND h.new ->> 'phone' IS DISTINCT FROM h.old ->> 'phone'
ORDER BY h.version;

-- Customer codes that stand more than once in a book.
SELECT b.name AS book_name, c.code, count(*) AS customers, string_agg(c.name, ', ' ORDER BY c.created_at) AS names
FROM daybook.customer c
JOIN daybook.book b ON b.id = c.book_id
WHERE c.code IS NOT NULL AND c.archived_at IS NULL
GROUP BY b.id, c.code
HAVING count(*) > 1
ORDER BY b.name, c.code;

-- A new product and a corrected country, in two books at once: both books get them, or neither.
BEGIN;
INSERT INTO daybook.product (book_id, sku, name, unit, price_minor)
SELECT b.id, 'GIFT-25', 'Gift voucher', 'piece', 2500
FROM daybook.book b
WHERE b.name IN ('North route', 'South route');
UPDATE daybook.customer c
SET country = 'United Kingdom'
FROM daybook.book b
WHERE b.id = c.book_id AND b.name IN ('North route', 'South route') AND c.country = 'UK';
COMMIT;
