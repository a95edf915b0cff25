-- What head office's administrator does about devices. Devices can call none of it.

SET ROLE daybook_machine;

-- Lets a role call no more. What a device had enrolled by that link it may go on with by another one.
CREATE OR REPLACE FUNCTION daybook_sync.revoke_role(p_role name) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_gone  enrolment;
BEGIN
    UPDATE enrolment e SET revoked_at = coalesce(e.revoked_at, now()) WHERE e.role_name = p_role RETURNING e.* INTO v_gone;
    PERFORM publish_revocation(v_gone.book_id, v_gone.device_id);
END
$$;
COMMENT ON FUNCTION daybook_sync.revoke_role IS
    'Lets a role call no more, and tells the other devices when its device was shut out by that.';

-- Takes the accounts of a lost device over, and revokes it. Answers how many accounts changed hands.
CREATE OR REPLACE FUNCTION daybook_sync.release_device(p_book uuid, p_device uuid, p_to uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_changes  jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM daybook.device d WHERE d.book_id = p_book AND d.id = p_to) OR p_device = p_to THEN
        PERFORM refuse('DB004', 'The accounts can only go to another device of the same book.');
    END IF;
    UPDATE enrolment e SET revoked_at = coalesce(e.revoked_at, now()) WHERE e.book_id = p_book AND e.device_id = p_device;
    -- Whoever hands an account over to the lost device at this moment is waited for, or sees that it was revoked.
    PERFORM FROM daybook.payment_account a WHERE a.book_id = p_book ORDER BY a.id FOR NO KEY UPDATE;
    WITH taken AS (
        UPDATE daybook.payment_account a SET custodian_device_id = p_to
        WHERE a.book_id = p_book AND a.custodian_device_id = p_device RETURNING a.id)
    SELECT jsonb_agg(jsonb_build_object('key', t.id, 'op', 'update', 'table', 'payment_account',
        'new', jsonb_build_object('custodian_device_id', p_to),
        'old', jsonb_build_object('custodian_device_id', p_device)) ORDER BY t.id)
    INTO v_changes FROM taken t;
    PERFORM publish_revocation(p_book, p_device);
    PERFORM schedule_retry(p_book);
    IF v_changes IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM append_central(p_book, 'device_release', v_changes);
    RETURN jsonb_array_length(v_changes);
END
$$;
COMMENT ON FUNCTION daybook_sync.release_device IS 'Revokes a lost device and gives its accounts to another one.';

RESET ROLE;
