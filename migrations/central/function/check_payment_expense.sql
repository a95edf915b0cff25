-- What a device may say of an expense: it is its own, numbered as it numbers, says what its postings say, and takes another one
-- back exactly and once. (That money is lowered by its custodian alone is said of postings.)

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.check_payment_expense(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                              p_documents jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    -- Who reverses the same one at the same moment waits here, and then sees that it was reversed.
    PERFORM FROM (SELECT DISTINCT (r.new ->> 'reverses_expense_id')::uuid AS id FROM unnest(p_rows) AS r(new)
                  WHERE r.new ? 'reverses_expense_id' ORDER BY 1) m
    CROSS JOIN LATERAL (SELECT FROM daybook.payment_expense o WHERE o.book_id = p_book AND o.id = m.id FOR NO KEY UPDATE) o;
    IF EXISTS (
        SELECT FROM unnest(p_keys) AS r(key)
        CROSS JOIN LATERAL (SELECT x.*, CASE WHEN x.reverses_expense_id IS NULL THEN 1 ELSE -1 END AS sign
                            FROM daybook.payment_expense x WHERE x.book_id = p_book AND x.id = r.key LIMIT 1) t
        LEFT JOIN daybook.device me ON me.book_id = p_book AND me.id = p_device
        LEFT JOIN daybook.payment_account a ON a.book_id = p_book AND a.id = t.account_id
        LEFT JOIN daybook.payment_account e ON e.book_id = p_book AND e.id = t.expense_account_id
        CROSS JOIN LATERAL (
            SELECT sum(CASE t.expense_account_id WHEN d.id THEN p.amount_minor WHEN c.id THEN -p.amount_minor ELSE 0 END)
                       AS spent,
                   sum(CASE 'tax' WHEN d.kind THEN p.amount_minor WHEN c.kind THEN -p.amount_minor ELSE 0 END) AS taxed,
                   sum(CASE t.account_id WHEN c.id THEN p.amount_minor WHEN d.id THEN -p.amount_minor ELSE 0 END) AS paid,
                   bool_and(p.business_date = t.business_date) AS same_day
            FROM daybook.ledger_posting p
            JOIN daybook.payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
            JOIN daybook.payment_account c ON c.book_id = p.book_id AND c.id = p.credit_account_id
            WHERE p.book_id = p_book AND p.document_id = t.id) s
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.payment_expense x
                           WHERE x.book_id = p_book AND x.id = t.reverses_expense_id LIMIT 1) o ON true
        WHERE t.device_id <> p_device
           OR t.number IS DISTINCT FROM document_number(me.code, 'E', t.series, t.serial)
           OR a.kind NOT IN ('cash', 'bank', 'mobile_money', 'in_transit') OR e.kind <> 'expense'
           OR (s.spent, s.taxed, s.paid, s.same_day) IS DISTINCT FROM
              (t.sign * (t.amount_minor - t.tax_minor), t.sign * t.tax_minor, t.sign * t.amount_minor, true)
           OR (t.reverses_expense_id IS NOT NULL
               AND ((o.account_id, o.expense_account_id, o.amount_minor, o.tax_minor)
                        <> (t.account_id, t.expense_account_id, t.amount_minor, t.tax_minor) OR o.reverses_expense_id IS NOT NULL
                    OR EXISTS (SELECT FROM daybook.payment_expense x
                               WHERE x.book_id = p_book AND x.reverses_expense_id = t.reverses_expense_id AND x.id <> t.id)))
    ) THEN
        PERFORM refuse('DQ002', 'An expense does not say what its postings say.');
    END IF;
END
$$;

RESET ROLE;
