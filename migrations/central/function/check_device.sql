-- What a device may do to the rows of devices.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.check_device(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                     p_documents jsonb)
    RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM unnest(p_keys, p_rows) AS r(key, new) WHERE r.key <> p_device) THEN
        PERFORM refuse('DQ002', 'A device may not add another device.');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.check_edit_device(p_book uuid, p_device uuid, p_key uuid, p_row jsonb, p_new jsonb)
    RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF p_key IS DISTINCT FROM p_device THEN
        PERFORM refuse('DQ002', 'A device says itself what it is called.');
    END IF;
END
$$;

RESET ROLE;
