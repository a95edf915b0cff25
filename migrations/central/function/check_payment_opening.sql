-- What a device may say of an opening balance: it is its own, numbered as it numbers, its one posting is between the account
-- and the book's opening account, and it reverses another one exactly and once. The rows and their postings are in their
-- tables by now.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.check_payment_opening(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                              p_documents jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_letter  text := (SELECT s.letter FROM synced_table s WHERE s.table_name = 'payment_opening');
BEGIN
    -- Who reverses the same one at the same moment waits here, and then sees that it was reversed.
    PERFORM FROM (SELECT DISTINCT (r.new ->> 'reverses_opening_id')::uuid AS id FROM unnest(p_rows) AS r(new)
                  WHERE r.new ? 'reverses_opening_id' ORDER BY 1) m
    CROSS JOIN LATERAL (SELECT FROM daybook.payment_opening o WHERE o.book_id = p_book AND o.id = m.id FOR NO KEY UPDATE) o;
    IF EXISTS (
        SELECT FROM unnest(p_keys, p_rows) AS r(key, new)
        CROSS JOIN LATERAL (SELECT x.* FROM daybook.payment_opening x WHERE x.book_id = p_book AND x.id = r.key LIMIT 1) t
        LEFT JOIN daybook.device me ON me.book_id = p_book AND me.id = p_device
        -- An amount below zero is one that the account owed: the sides are the other way round.
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE p.amount_minor = abs(t.amount_minor) AND p.business_date = t.business_date
                       AND CASE WHEN t.amount_minor > 0 THEN p.debit_account_id = t.account_id AND c.kind = 'opening'
                                ELSE p.credit_account_id = t.account_id AND d.kind = 'opening' END) AS moved,
                   count(*) AS postings
            FROM daybook.ledger_posting p
            JOIN daybook.payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
            JOIN daybook.payment_account c ON c.book_id = p.book_id AND c.id = p.credit_account_id
            WHERE p.book_id = p_book AND p.document_id = t.id) s ON true
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.payment_opening x
                           WHERE x.book_id = p_book AND x.id = t.reverses_opening_id LIMIT 1) o ON true
        WHERE t.device_id <> p_device
           OR t.number IS DISTINCT FROM document_number(me.code, v_letter, t.series, t.serial)
           OR s.moved IS DISTINCT FROM 1 OR s.postings IS DISTINCT FROM 1
           OR (t.reverses_opening_id IS NOT NULL
               AND (o.account_id <> t.account_id OR o.amount_minor <> -t.amount_minor OR o.reverses_opening_id IS NOT NULL
                    OR EXISTS (SELECT FROM daybook.payment_opening x
                               WHERE x.book_id = p_book AND x.reverses_opening_id = t.reverses_opening_id AND x.id <> t.id)))
    ) THEN
        PERFORM refuse('DQ002', 'An opening balance does not say what its posting says.');
    END IF;
END
$$;

RESET ROLE;
