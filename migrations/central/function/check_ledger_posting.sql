-- What a device may post: nothing that lowers what another device keeps, and nothing without a document.

SET ROLE daybook_machine;

-- Whether one of a posting's two accounts is what customers owe. Both are looked up by their keys.
CREATE OR REPLACE FUNCTION daybook_sync.is_of_customer(p_book uuid, p_debit uuid, p_credit uuid) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT count(*) = 1 FROM daybook.payment_account a
    WHERE a.book_id = p_book AND a.id IN (p_debit, p_credit) AND a.kind = 'receivable'
$$;

CREATE OR REPLACE FUNCTION daybook_sync.check_ledger_posting(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                             p_documents jsonb)
    RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(p_keys, p_rows) AS r(key, new)
        JOIN daybook.payment_account a
          ON a.book_id = p_book AND a.id = (r.new ->> 'credit_account_id')::uuid AND a.minimum_minor IS NOT NULL
        WHERE a.custodian_device_id IS DISTINCT FROM p_device
          -- Before it had a minimum anybody could lower it, and whoever has not heard of the minimum still does. Nobody can say
          -- not to have heard of one that was there all along, or that it set itself before it handed the account over.
          AND NOT EXISTS (
              SELECT FROM column_clock k
              WHERE k.book_id = p_book AND k.table_name = 'payment_account' AND k.record_id = a.id
                AND k.column_name = 'minimum_minor'
                AND k.set_by_device_id IS DISTINCT FROM p_device
                AND k.set_at > (SELECT b.created_at FROM enrolment e
                                    JOIN book_version b ON b.book_id = e.book_id AND b.version = e.heard_version
                                    WHERE e.book_id = p_book AND e.device_id = p_device AND e.revoked_at IS NULL))
    ) THEN
        PERFORM refuse('DQ002', 'Only the device that keeps an account may lower it.');
    END IF;
    -- What customers owe is known by customer: each posting to it names one, and no other does.
    IF EXISTS (
        SELECT FROM unnest(p_keys, p_rows) AS r(key, new)
        WHERE (r.new ->> 'customer_id' IS NOT NULL) IS DISTINCT FROM is_of_customer(
            p_book, (r.new ->> 'debit_account_id')::uuid, (r.new ->> 'credit_account_id')::uuid)
    ) THEN
        PERFORM refuse('DQ002', 'A posting names a customer where one of its accounts is what customers owe, and only there.');
    END IF;
    -- Each posting belongs to a document of its batch, of the kind that it says.
    IF EXISTS (
        SELECT FROM unnest(p_keys, p_rows) AS r(key, new)
        WHERE p_documents ->> (r.new ->> 'document_id') IS DISTINCT FROM r.new ->> 'document_kind'
           OR r.new ->> 'document_kind' IS NULL
    ) THEN
        PERFORM refuse('DQ002', 'A posting belongs to no document of its entry.');
    END IF;
END
$$;

RESET ROLE;
