-- What a device may say of a bill, a debt, a credit note or a write-off: it is its own, numbered as it numbers, and equals its
-- lines and what it posted, to the customer that it names. The rows, their lines and postings are in their tables by now; each is
-- looked up by its key.

SET ROLE daybook_machine;

-- The id that follows from another one and a purpose, as devices derive it.
CREATE OR REPLACE FUNCTION daybook_sync.derived_id(p_id uuid, p_purpose text) RETURNS uuid
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT encode(set_byte(set_byte(b.raw, 6, (get_byte(b.raw, 6) & 15) | 128), 8, (get_byte(b.raw, 8) & 63) | 128), 'hex')::uuid
    FROM (SELECT substr(uuid_send(p_id), 1, 6)
                 || substr(sha256(uuid_send(p_id) || convert_to(p_purpose, 'UTF8')), 1, 10) AS raw) b
$$;

CREATE OR REPLACE FUNCTION daybook_sync.check_payment_bill(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                           p_documents jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    -- Who reverses the same one at the same moment waits here, and then sees that it was reversed.
    PERFORM FROM (SELECT DISTINCT (r.new ->> 'reverses_bill_id')::uuid AS id FROM unnest(p_rows) AS r(new)
                  WHERE r.new ? 'reverses_bill_id' ORDER BY 1) m
    CROSS JOIN LATERAL (SELECT FROM daybook.payment_bill o WHERE o.book_id = p_book AND o.id = m.id FOR NO KEY UPDATE) o;
    IF EXISTS (
        SELECT FROM unnest(p_keys) AS r(key)
        CROSS JOIN LATERAL (SELECT x.* FROM daybook.payment_bill x WHERE x.book_id = p_book AND x.id = r.key LIMIT 1) t
        LEFT JOIN daybook.device me ON me.book_id = p_book AND me.id = p_device
        CROSS JOIN LATERAL (
            SELECT count(*) AS lines, coalesce(sum(l.net_minor), 0) AS net, coalesce(sum(l.tax_minor), 0) AS tax,
                   bool_and(l.gross_minor - l.discount_minor = l.net_minor + t.tax_included * l.tax_minor) AS add_up,
                   -- A line is of its price, unless it is a part of another one.
                   bool_and(l.credits_line_id IS NOT NULL
                            OR l.gross_minor = div(2 * l.price_minor::numeric * l.quantity_milli + 1000, 2000)) AS are_priced
            FROM daybook.payment_bill_line l WHERE l.book_id = p_book AND l.bill_id = t.id) l
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(CASE WHEN d.kind = 'receivable' THEN p.amount_minor ELSE -p.amount_minor END), 0) AS owed,
                   coalesce(sum(p.amount_minor) FILTER (WHERE 'tax' IN (d.kind, c.kind)), 0) AS tax,
                   coalesce(bool_and(p.customer_id = t.customer_id AND p.business_date = t.business_date
                       AND CASE t.kind WHEN 'debt' THEN 'opening' IN (d.kind, c.kind)
                                       WHEN 'write_off' THEN 'bad_debt' IN (d.kind, c.kind)
                                       ELSE 'tax' IN (d.kind, c.kind) OR 'income' IN (d.kind, c.kind) END), true) AS are_its_own
            FROM daybook.ledger_posting p
            JOIN daybook.payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
            JOIN daybook.payment_account c ON c.book_id = p.book_id AND c.id = p.credit_account_id
            WHERE p.book_id = p_book AND p.document_id = t.id) s
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.payment_bill x
                           WHERE x.book_id = p_book AND x.id = t.reverses_bill_id LIMIT 1) o ON true
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.payment_bill x
                           WHERE x.book_id = p_book AND x.id = t.credits_bill_id LIMIT 1) b ON true
        WHERE t.device_id <> p_device
           OR t.number IS DISTINCT FROM document_number(me.code, CASE t.kind WHEN 'bill' THEN 'B' WHEN 'debt' THEN 'X'
                                                                 WHEN 'credit' THEN 'C' ELSE 'W' END, t.series, t.serial)
           OR CASE WHEN t.kind IN ('bill', 'credit')
                   THEN l.lines = 0 OR (l.net, l.tax) <> (t.net_minor, t.tax_minor) OR NOT l.add_up OR NOT l.are_priced
                        OR s.tax <> t.tax_minor
                   ELSE l.lines > 0 OR t.tax_minor <> 0 OR s.tax <> 0 END
           OR NOT s.are_its_own
           OR s.owed <> t.total_minor * CASE WHEN (t.kind IN ('bill', 'debt')) = (t.reverses_bill_id IS NULL) THEN 1 ELSE -1 END
           OR (t.reverses_bill_id IS NOT NULL
               AND ((o.kind, o.total_minor) <> (t.kind, t.total_minor) OR o.reverses_bill_id IS NOT NULL
                    OR EXISTS (SELECT FROM daybook.payment_bill x
                               WHERE x.book_id = p_book AND x.reverses_bill_id = t.reverses_bill_id AND x.id <> t.id)))
           OR (t.credits_bill_id IS NOT NULL AND (b.kind NOT IN ('bill', 'debt') OR b.reverses_bill_id IS NOT NULL))
           -- A bill is voided whole, once, by whoever made it: the id follows from the bill's.
           OR (t.reason IS NOT DISTINCT FROM 'void') <> coalesce(t.id = derived_id(t.credits_bill_id, 'void'), false)
           OR (t.reason = 'void' AND (b.device_id <> p_device OR (b.net_minor, b.tax_minor) <> (t.net_minor, t.tax_minor)))
    ) THEN
        PERFORM refuse('DQ002', 'A bill does not say what its lines and postings say.');
    END IF;
END
$$;

-- A line comes with its bill, and credits a line of the same customer, no more than is its share.
CREATE OR REPLACE FUNCTION daybook_sync.check_payment_bill_line(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                                p_documents jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(p_keys) AS r(key)
        CROSS JOIN LATERAL (SELECT x.* FROM daybook.payment_bill_line x WHERE x.book_id = p_book AND x.id = r.key LIMIT 1) l
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.payment_bill_line x
                           WHERE x.book_id = p_book AND x.id = l.credits_line_id LIMIT 1) o ON true
        WHERE p_documents ->> (l.bill_id)::text IS DISTINCT FROM 'bill'
           OR (l.credits_line_id IS NOT NULL AND (
               o.credits_line_id IS NOT NULL OR o.tax_ppm <> l.tax_ppm OR l.credited_before_milli < 0
               OR l.credited_before_milli + l.quantity_milli > o.quantity_milli
               OR l.net_minor > part_of(o.net_minor, o.quantity_milli, l.credited_before_milli, l.quantity_milli)
               OR l.tax_minor > part_of(o.tax_minor, o.quantity_milli, l.credited_before_milli, l.quantity_milli)
               OR NOT EXISTS (SELECT FROM daybook.payment_bill b
                              WHERE b.book_id = p_book AND b.id = l.bill_id AND b.credits_bill_id = o.bill_id)))
    ) THEN
        PERFORM refuse('DQ002', 'A line credits what was not sold, or more of it.');
    END IF;
END
$$;

-- What falls to a part of a line, after what came before: each side rounded half up, so that all parts are the line. Of an amount
-- without goods no more is known than that the line has no more.
CREATE OR REPLACE FUNCTION daybook_sync.part_of(p_whole bigint, p_sold bigint, p_before bigint, p_quantity bigint) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN p_quantity = 0 THEN p_whole
                ELSE div(2 * p_whole::numeric * (p_before + p_quantity) + p_sold, 2 * p_sold)
                     - div(2 * p_whole::numeric * p_before + p_sold, 2 * p_sold) END
$$;

RESET ROLE;
