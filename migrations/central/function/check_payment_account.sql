-- What a device may do to accounts: open them in its own custody, and change what only their custodian may.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.check_payment_account(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                              p_documents jsonb)
    RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(p_keys, p_rows) AS r(key, new)
        WHERE (r.new ->> 'custodian_device_id')::uuid <> p_device
    ) THEN
        PERFORM refuse('DQ002', 'A device may not open an account in another''s custody.');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.check_edit_payment_account(p_book uuid, p_device uuid, p_key uuid, p_row jsonb,
                                                                   p_new jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF p_new ? 'custodian_device_id' THEN
        PERFORM check_hand_over(p_book, p_device, p_key, p_row ->> 'custodian_device_id', p_new ->> 'custodian_device_id');
    END IF;
    IF p_new ? 'minimum_minor' AND (p_row ->> 'custodian_device_id')::uuid IS DISTINCT FROM p_device THEN
        PERFORM refuse('DQ002', 'Only the device that keeps an account may change its minimum.');
    END IF;
END
$$;

-- What a device may do to the custody of an account, whose row is locked: hand over what it keeps itself, to a device that can
-- take it.
CREATE OR REPLACE FUNCTION daybook_sync.check_hand_over(p_book uuid, p_device uuid, p_account uuid, p_keeper text, p_to text)
    RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF p_keeper IS DISTINCT FROM p_device::text THEN
        PERFORM refuse('DQ002', 'Only the device that keeps an account may hand it over.');
    END IF;
    IF NOT EXISTS (SELECT FROM enrolment e WHERE e.book_id = p_book AND e.device_id::text = p_to AND e.revoked_at IS NULL) THEN
        PERFORM refuse('DQ002', 'An account is handed over to a device of its book that was not revoked.');
    END IF;
    -- Whoever gets the account may take out what it shows: so all that its keeper took out comes first.
    IF EXISTS (
        SELECT FROM quarantined_entry q JOIN book_version b ON b.book_id = q.book_id AND b.version = q.version
        WHERE q.book_id = p_book AND q.device_id = p_device AND q.state = 'waiting'
          AND p_account::text = ANY (lowered_accounts(b.body))
    ) THEN
        PERFORM refuse('DQ002', 'What the device took out of the account before waits in quarantine.');
    END IF;
END
$$;

RESET ROLE;
