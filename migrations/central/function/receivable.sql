-- What customers owe, as head office reads it: claims as they count, documents with what is open of them, and each customer's
-- balance. Nothing of it is stored: it follows from documents, claims and postings.

SET ROLE daybook_owner;

-- A claim counts up to what its source has left after the claims before it, in the order (created_at, claim_id).
CREATE OR REPLACE VIEW daybook.counted_claim AS
SELECT a.book_id, a.id AS claim_id, a.customer_id, s.source_id, coalesce(a.bill_id, a.payout_id) AS target_id, a.business_date,
       a.amount_minor,
       greatest(0, least(a.amount_minor, s.worth_minor - (sum(a.amount_minor) OVER (
           PARTITION BY a.book_id, s.source_id ORDER BY a.created_at, a.id) - a.amount_minor)))::bigint AS counted_minor,
       a.created_at
FROM daybook.payment_allocation a
CROSS JOIN LATERAL (
    SELECT p.id AS source_id,
           CASE WHEN EXISTS (SELECT FROM daybook.payment r WHERE r.book_id = p.book_id AND r.reverses_payment_id = p.id)
                THEN 0 ELSE p.amount_minor - p.rounding_minor END AS worth_minor
    FROM daybook.payment p WHERE p.book_id = a.book_id AND p.id = a.payment_id
    UNION ALL
    SELECT c.id, CASE WHEN EXISTS (SELECT FROM daybook.payment_bill r WHERE r.book_id = c.book_id AND r.reverses_bill_id = c.id)
                      THEN 0 ELSE c.total_minor END
    FROM daybook.payment_bill c WHERE c.book_id = a.book_id AND c.id = a.credit_id) s
WHERE a.reverses_allocation_id IS NULL
  AND NOT EXISTS (SELECT FROM daybook.payment_allocation r WHERE r.book_id = a.book_id AND r.reverses_allocation_id = a.id);
COMMENT ON VIEW daybook.counted_claim IS
    'Which payment or credit pays which bill or payout, and how much of that counts; without claims that were undone.';
COMMENT ON COLUMN daybook.counted_claim.claim_id IS 'Its id.';
COMMENT ON COLUMN daybook.counted_claim.source_id IS 'The payment, credit note or write-off that pays.';
COMMENT ON COLUMN daybook.counted_claim.target_id IS 'The bill, debt or payout that is paid.';
COMMENT ON COLUMN daybook.counted_claim.amount_minor IS 'How much was claimed, in minor units.';
COMMENT ON COLUMN daybook.counted_claim.counted_minor IS
    'How much of that counts, in minor units: less than was claimed where the source had less left.';

CREATE OR REPLACE VIEW daybook.customer_document AS
SELECT t.book_id,
       b.name                                                               AS book_name,
       t.customer_id,
       c.name                                                               AS customer_name,
       t.document_id,
       t.kind,
       t.number,
       t.business_date,
       t.due_date,
       daybook.decimal_amount(t.total_minor, b.currency)                    AS total,
       daybook.decimal_amount(k.counted_minor, b.currency)                  AS counted,
       daybook.decimal_amount(CASE WHEN t.is_debit THEN greatest(0, t.total_minor - k.counted_minor) ELSE 0 END, b.currency)
                                                                            AS open,
       daybook.decimal_amount(CASE WHEN t.is_debit THEN greatest(0, k.counted_minor - t.total_minor) ELSE 0 END, b.currency)
                                                                            AS overpaid,
       daybook.decimal_amount(CASE WHEN t.is_debit THEN 0 ELSE t.total_minor - k.counted_minor END, b.currency)
                                                                            AS unclaimed,
       b.currency,
       d.name                                                               AS device_name,
       p.name                                                               AS person_name,
       t.created_at
FROM (
    SELECT p.book_id, p.customer_id, p.id AS document_id, p.purpose AS kind, p.number, p.business_date,
           CASE WHEN p.purpose = 'settlement' THEN NULL ELSE p.business_date END AS due_date,
           p.purpose <> 'settlement' AS is_debit, p.device_id, p.person_id, p.created_at,
           CASE WHEN EXISTS (SELECT FROM daybook.payment r WHERE r.book_id = p.book_id AND r.reverses_payment_id = p.id)
                THEN 0 ELSE p.amount_minor - p.rounding_minor END AS total_minor
    FROM daybook.payment p WHERE p.reverses_payment_id IS NULL
    UNION ALL
    SELECT i.book_id, i.customer_id, i.id, i.kind, i.number, i.business_date, i.due_date, i.kind IN ('bill', 'debt'),
           i.device_id, i.person_id, i.created_at,
           CASE WHEN EXISTS (SELECT FROM daybook.payment_bill r WHERE r.book_id = i.book_id AND r.reverses_bill_id = i.id)
                THEN 0 ELSE i.total_minor END
    FROM daybook.payment_bill i WHERE i.reverses_bill_id IS NULL) t
JOIN daybook.book b ON b.id = t.book_id
JOIN daybook.customer c ON c.book_id = t.book_id AND c.id = t.customer_id
JOIN daybook.device d ON d.book_id = t.book_id AND d.id = t.device_id
JOIN daybook.person p ON p.book_id = t.book_id AND p.id = t.person_id
LEFT JOIN (
    SELECT book_id, document_id, sum(counted_minor)::bigint AS counted_minor
    FROM (SELECT book_id, source_id AS document_id, counted_minor FROM daybook.counted_claim
          UNION ALL SELECT book_id, target_id, counted_minor FROM daybook.counted_claim) s
    GROUP BY book_id, document_id) n ON n.book_id = t.book_id AND n.document_id = t.document_id
CROSS JOIN LATERAL (SELECT coalesce(n.counted_minor, 0) AS counted_minor) k;
COMMENT ON VIEW daybook.customer_document IS
    'What stands against customers and for them: bills, debts and payouts with what is open of them, payments and credits with'
    ' what is left of them. What was reversed comes to nothing; what reverses it is left out.';
COMMENT ON COLUMN daybook.customer_document.document_id IS 'Its id; ledger_line has it as document_id.';
COMMENT ON COLUMN daybook.customer_document.kind IS
    'bill, debt, payout or refund: the customer owes it; settlement (a payment), credit or write_off: it pays.';
COMMENT ON COLUMN daybook.customer_document.number IS 'The number that its device gave it.';
COMMENT ON COLUMN daybook.customer_document.due_date IS 'The day that it is to be paid by; null where none was agreed.';
COMMENT ON COLUMN daybook.customer_document.total IS 'What it comes to.';
COMMENT ON COLUMN daybook.customer_document.counted IS 'What of that was paid, or of a payment or credit was used.';
COMMENT ON COLUMN daybook.customer_document.open IS 'What is still to be paid.';
COMMENT ON COLUMN daybook.customer_document.overpaid IS 'What was paid beyond it, by devices that did not know of each other.';
COMMENT ON COLUMN daybook.customer_document.unclaimed IS 'What of a payment or credit is left to use.';

CREATE OR REPLACE VIEW daybook.customer_balance AS
SELECT c.book_id,
       b.name                                                             AS book_name,
       c.id                                                               AS customer_id,
       c.name                                                             AS customer_name,
       daybook.decimal_amount(coalesce(l.balance_minor, 0), b.currency)   AS balance,
       daybook.decimal_amount(c.credit_limit_minor, b.currency)           AS credit_limit,
       b.currency
FROM daybook.customer c
JOIN daybook.book b ON b.id = c.book_id
LEFT JOIN (
    SELECT p.book_id, p.customer_id,
           sum(CASE WHEN a.kind = 'receivable' THEN p.amount_minor ELSE -p.amount_minor END)::bigint AS balance_minor
    FROM daybook.ledger_posting p
    JOIN daybook.payment_account a ON a.book_id = p.book_id AND a.id = p.debit_account_id
    WHERE p.customer_id IS NOT NULL
    GROUP BY p.book_id, p.customer_id) l ON l.book_id = c.book_id AND l.customer_id = c.id;
COMMENT ON VIEW daybook.customer_balance IS 'What each customer owes, by the ledger.';
COMMENT ON COLUMN daybook.customer_balance.balance IS 'What it owes; less than 0 where it has credit.';
COMMENT ON COLUMN daybook.customer_balance.credit_limit IS
    'What it may owe before a device asks an owner; null where it may owe anything.';

RESET ROLE;
