-- What a device may say of a transfer: it is its own, numbered as it numbers, says what its postings say, and takes another one
-- back exactly and once. The rows and their postings are in their tables by now. Each row is looked up by its key: the plans are
-- made once a connection, perhaps while the tables are empty, and a join, or an order, would read all of the book's.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.check_payment_transfer(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                               p_documents jsonb)
    RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_letter  text := (SELECT s.letter FROM synced_table s WHERE s.table_name = 'payment_transfer');
BEGIN
    -- Who reverses the same transfer at the same moment waits here, and then sees that it was reversed.
    PERFORM FROM (SELECT DISTINCT (r.new ->> 'reverses_transfer_id')::uuid AS id FROM unnest(p_rows) AS r(new)
                  WHERE r.new ? 'reverses_transfer_id' ORDER BY 1) m
    CROSS JOIN LATERAL (SELECT FROM daybook.payment_transfer o WHERE o.book_id = p_book AND o.id = m.id FOR NO KEY UPDATE) o;
    IF EXISTS (
        SELECT FROM unnest(p_keys, p_rows) AS r(key, new)
        LEFT JOIN daybook.device me ON me.book_id = p_book AND me.id = p_device
        CROSS JOIN LATERAL (
            SELECT (r.new ->> 'from_account_id')::uuid AS from_id, (r.new ->> 'to_account_id')::uuid AS to_id,
                   (r.new ->> 'amount_minor')::bigint AS amount, (r.new ->> 'fee_minor')::bigint AS fee,
                   (r.new ->> 'reverses_transfer_id')::uuid AS reverses) t
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE p.debit_account_id = t.to_id AND p.credit_account_id = t.from_id
                                      AND p.amount_minor = t.amount) AS moved,
                   -- (Accounts are looked up only where there is a fee.)
                   count(*) FILTER (WHERE t.fee > 0 AND p.amount_minor = t.fee AND CASE WHEN t.reverses IS NULL
                       THEN p.credit_account_id = t.from_id AND p.debit_account_id <> t.to_id
                            AND (SELECT d.kind FROM daybook.payment_account d
                                 WHERE d.book_id = p_book AND d.id = p.debit_account_id) = 'expense'
                       ELSE p.debit_account_id = t.to_id AND p.credit_account_id <> t.from_id
                            AND (SELECT c.kind FROM daybook.payment_account c
                                 WHERE c.book_id = p_book AND c.id = p.credit_account_id) = 'expense' END) AS paid,
                   count(*) AS postings,
                   bool_and(p.business_date = (r.new ->> 'business_date')::date) AS same_day
            FROM daybook.ledger_posting p
            WHERE p.book_id = p_book AND p.document_id = r.key) s ON true
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.payment_transfer x WHERE x.book_id = p_book AND x.id = t.reverses LIMIT 1) o
                  ON true
        WHERE (r.new ->> 'device_id')::uuid <> p_device
           OR r.new ->> 'number' IS DISTINCT FROM document_number(me.code, v_letter, r.new ->> 'series',
                                                                       (r.new ->> 'serial')::bigint)
           OR s.moved IS DISTINCT FROM 1
           OR s.postings <> s.moved + (t.fee > 0)::integer OR s.paid <> (t.fee > 0)::integer OR NOT s.same_day
           OR (t.reverses IS NOT NULL AND (o.id IS NULL OR o.amount_minor <> t.amount OR o.fee_minor <> t.fee
               OR o.from_account_id <> t.to_id OR o.to_account_id <> t.from_id OR o.reverses_transfer_id IS NOT NULL
               OR EXISTS (SELECT FROM daybook.payment_transfer x
                          WHERE x.book_id = p_book AND x.reverses_transfer_id = t.reverses AND x.id <> r.key)))
    ) THEN
        PERFORM refuse('DQ002', 'A transfer does not say what its postings say.');
    END IF;
END
$$;

RESET ROLE;
