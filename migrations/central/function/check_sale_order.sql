-- What a device may do to an order: draft it in its own custody, change a draft that it keeps, confirm it under a number of its
-- own, and then cancel it or hand it over. What was confirmed is never changed or deleted.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.check_sale_order(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                         p_documents jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(p_rows) AS r(new) WHERE (r.new ->> 'custodian_device_id')::uuid IS DISTINCT FROM p_device
    ) THEN
        PERFORM refuse('DQ002', 'A device may not make an order in another''s custody.');
    END IF;
    -- (A device drafts and confirms in entries of their own, which come together perhaps.)
    IF EXISTS (SELECT FROM unnest(p_rows) AS r(new) WHERE r.new ? 'confirmed_at') THEN
        PERFORM refuse('DQ002', 'An order begins as a draft.');
    END IF;
END
$$;

-- Lines come to a draft that the device keeps, and add up.
CREATE OR REPLACE FUNCTION daybook_sync.check_sale_order_line(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                              p_documents jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(p_keys) AS r(key)
        CROSS JOIN LATERAL (SELECT x.* FROM daybook.sale_order_line x WHERE x.book_id = p_book AND x.id = r.key LIMIT 1) l
        CROSS JOIN LATERAL (SELECT x.* FROM daybook.sale_order x WHERE x.book_id = p_book AND x.id = l.sale_order_id LIMIT 1) o
        WHERE o.custodian_device_id <> p_device OR o.confirmed_at IS NOT NULL
           OR l.gross_minor <> div(2 * l.price_minor::numeric * l.quantity_milli + 1000, 2000)
           OR l.gross_minor - l.discount_minor <> l.net_minor + o.tax_included * l.tax_minor
    ) THEN
        PERFORM refuse('DQ002', 'A line belongs to a draft that the device keeps, and adds up.');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.check_edit_sale_order(p_book uuid, p_device uuid, p_key uuid, p_row jsonb, p_new jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF (p_row ->> 'custodian_device_id')::uuid IS DISTINCT FROM p_device THEN
        PERFORM refuse('DQ002', 'Only the device that keeps an order may change it.');
    END IF;
    IF p_row ? 'confirmed_at' AND p_new - '{custodian_device_id,cancelled_at,cancel_reason}'::text[] <> '{}' THEN
        PERFORM refuse('DQ002', 'An order that is confirmed is never changed.');
    END IF;
    IF p_row ? 'cancelled_at' AND p_new - '{custodian_device_id}'::text[] <> '{}' THEN
        PERFORM refuse('DQ002', 'An order that is cancelled stays so.');
    END IF;
    IF p_new ?| '{device_id,series,serial,number,confirmed_at}' AND (
        (p_new ->> 'device_id')::uuid IS DISTINCT FROM p_device
        OR p_new ->> 'number' IS DISTINCT FROM document_number(
               (SELECT d.code FROM daybook.device d WHERE d.book_id = p_book AND d.id = p_device), 'O', p_new ->> 'series',
               (p_new ->> 'serial')::bigint)
        OR p_new ->> 'number' IS NULL
    ) THEN
        PERFORM refuse('DQ002', 'An order is numbered as its device numbers.');
    END IF;
    IF p_new ? 'custodian_device_id' AND NOT EXISTS (
        SELECT FROM enrolment e
        WHERE e.book_id = p_book AND e.device_id::text = p_new ->> 'custodian_device_id' AND e.revoked_at IS NULL
    ) THEN
        PERFORM refuse('DQ002', 'An order is handed over to a device of its book that was not revoked.');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.check_drop_sale_order(p_book uuid, p_device uuid, p_key uuid)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM FROM daybook.sale_order o WHERE o.book_id = p_book AND o.id = p_key FOR UPDATE;
    IF EXISTS (SELECT FROM daybook.sale_order o
               WHERE o.book_id = p_book AND o.id = p_key
                 AND (o.custodian_device_id <> p_device OR o.confirmed_at IS NOT NULL)) THEN
        PERFORM refuse('DQ002', 'Only a draft is deleted, by the device that keeps it.');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.check_drop_sale_order_line(p_book uuid, p_device uuid, p_key uuid)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM check_drop_sale_order(p_book, p_device, l.sale_order_id)
    FROM daybook.sale_order_line l WHERE l.book_id = p_book AND l.id = p_key;
END
$$;

RESET ROLE;
