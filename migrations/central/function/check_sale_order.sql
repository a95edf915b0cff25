-- What a device may do to an order: make it in its own custody, and change what it keeps.

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
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.check_edit_sale_order(p_book uuid, p_device uuid, p_key uuid, p_row jsonb, p_new jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF (p_row ->> 'custodian_device_id')::uuid IS DISTINCT FROM p_device THEN
        PERFORM refuse('DQ002', 'Only the device that keeps an order may change it.');
    END IF;
END
$$;

RESET ROLE;
