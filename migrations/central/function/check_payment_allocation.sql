-- What a device may say of a claim: it is its own, between a payment or credit and a bill or payout of one customer, no more than
-- either comes to, not before either; and it undoes another one exactly and once. Whether the source has so much left is no
-- matter: claims count in their order, up to that.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.check_payment_allocation(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                                 p_documents jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    -- Who undoes the same claim at the same moment waits here, and then sees that it was undone.
    PERFORM FROM (SELECT DISTINCT (r.new ->> 'reverses_allocation_id')::uuid AS id FROM unnest(p_rows) AS r(new)
                  WHERE r.new ? 'reverses_allocation_id' ORDER BY 1) m
    CROSS JOIN LATERAL (SELECT FROM daybook.payment_allocation o WHERE o.book_id = p_book AND o.id = m.id FOR NO KEY UPDATE) o;
    IF EXISTS (
        SELECT FROM unnest(p_keys) AS r(key)
        CROSS JOIN LATERAL (SELECT x.* FROM daybook.payment_allocation x WHERE x.book_id = p_book AND x.id = r.key LIMIT 1) t
        LEFT JOIN LATERAL (
            SELECT p.business_date, p.amount_minor - p.rounding_minor AS worth,
                   p.purpose = 'settlement' AND p.reverses_payment_id IS NULL AS is_source
            FROM daybook.payment p WHERE p.book_id = p_book AND p.id = t.payment_id
            UNION ALL
            SELECT c.business_date, c.total_minor, c.kind IN ('credit', 'write_off') AND c.reverses_bill_id IS NULL
            FROM daybook.payment_bill c WHERE c.book_id = p_book AND c.id = t.credit_id) s ON true
        LEFT JOIN LATERAL (
            SELECT p.business_date, p.amount_minor - p.rounding_minor AS total,
                   p.purpose <> 'settlement' AND p.reverses_payment_id IS NULL AS is_target
            FROM daybook.payment p WHERE p.book_id = p_book AND p.id = t.payout_id
            UNION ALL
            SELECT b.business_date, b.total_minor, b.kind IN ('bill', 'debt') AND b.reverses_bill_id IS NULL
            FROM daybook.payment_bill b WHERE b.book_id = p_book AND b.id = t.bill_id) g ON true
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.payment_allocation x
                           WHERE x.book_id = p_book AND x.id = t.reverses_allocation_id LIMIT 1) o ON true
        WHERE t.device_id <> p_device OR s.is_source IS NOT TRUE OR g.is_target IS NOT TRUE
           OR t.amount_minor > s.worth OR t.amount_minor > g.total
           OR t.business_date < s.business_date OR t.business_date < g.business_date
           OR (t.reverses_allocation_id IS NOT NULL
               AND ((o.payment_id, o.credit_id, o.bill_id, o.payout_id, o.customer_id, o.amount_minor) IS DISTINCT FROM
                        (t.payment_id, t.credit_id, t.bill_id, t.payout_id, t.customer_id, t.amount_minor)
                    OR o.reverses_allocation_id IS NOT NULL
                    OR EXISTS (SELECT FROM daybook.payment_allocation x
                               WHERE x.book_id = p_book AND x.reverses_allocation_id = t.reverses_allocation_id
                                 AND x.id <> t.id)))
    ) THEN
        PERFORM refuse('DQ002', 'A claim is between a payment and a bill of one customer, and no more than either.');
    END IF;
END
$$;

RESET ROLE;
