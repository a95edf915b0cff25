-- What a device may say of a payment: it is its own, numbered as it numbers, says what its postings say, to the customer that it
-- names, and takes another one back exactly and once. (That money is lowered by its custodian alone is said of postings.)

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.check_payment(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                      p_documents jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    -- Who reverses the same payment at the same moment waits here, and then sees that it was reversed.
    PERFORM FROM (SELECT DISTINCT (r.new ->> 'reverses_payment_id')::uuid AS id FROM unnest(p_rows) AS r(new)
                  WHERE r.new ? 'reverses_payment_id' ORDER BY 1) m
    CROSS JOIN LATERAL (SELECT FROM daybook.payment o WHERE o.book_id = p_book AND o.id = m.id FOR NO KEY UPDATE) o;
    IF EXISTS (
        SELECT FROM unnest(p_keys) AS r(key)
        CROSS JOIN LATERAL (
            SELECT x.*, CASE WHEN (x.purpose = 'settlement') = (x.reverses_payment_id IS NULL) THEN 1 ELSE -1 END AS sign
            FROM daybook.payment x WHERE x.book_id = p_book AND x.id = r.key LIMIT 1) t
        LEFT JOIN daybook.device me ON me.book_id = p_book AND me.id = p_device
        LEFT JOIN daybook.payment_account a ON a.book_id = p_book AND a.id = t.account_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(CASE t.account_id WHEN d.id THEN p.amount_minor WHEN c.id THEN -p.amount_minor END), 0)
                       AS moved,
                   coalesce(sum(CASE 'receivable' WHEN d.kind THEN p.amount_minor WHEN c.kind THEN -p.amount_minor END), 0)
                       AS owed,
                   bool_and(p.business_date = t.business_date AND coalesce(p.customer_id = t.customer_id, true)
                            AND (d.kind IN ('receivable', 'rounding') OR d.id = t.account_id)
                            AND (c.kind IN ('receivable', 'rounding') OR c.id = t.account_id)) AS are_its_own
            FROM daybook.ledger_posting p
            JOIN daybook.payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
            JOIN daybook.payment_account c ON c.book_id = p.book_id AND c.id = p.credit_account_id
            WHERE p.book_id = p_book AND p.document_id = t.id) s
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.payment x
                           WHERE x.book_id = p_book AND x.id = t.reverses_payment_id LIMIT 1) o ON true
        WHERE t.device_id <> p_device
           OR t.number IS DISTINCT FROM
               document_number(me.code, CASE t.purpose WHEN 'settlement' THEN 'P' ELSE 'R' END, t.series, t.serial)
           OR NOT (a.kind IN ('cash', 'bank', 'mobile_money', 'in_transit') OR (a.kind = 'opening' AND t.purpose = 'settlement'))
           OR (t.rounding_minor <> 0 AND a.kind <> 'cash')
           OR s.are_its_own IS NOT TRUE OR s.moved <> t.sign * t.amount_minor
           OR s.owed <> t.sign * (t.rounding_minor - t.amount_minor)
           OR (t.reverses_payment_id IS NOT NULL
               AND ((o.purpose, o.account_id, o.amount_minor, o.rounding_minor)
                        <> (t.purpose, t.account_id, t.amount_minor, t.rounding_minor) OR o.reverses_payment_id IS NOT NULL
                    OR EXISTS (SELECT FROM daybook.payment x
                               WHERE x.book_id = p_book AND x.reverses_payment_id = t.reverses_payment_id AND x.id <> t.id)))
    ) THEN
        PERFORM refuse('DQ002', 'A payment does not say what its postings say.');
    END IF;
END
$$;

RESET ROLE;
