-- What head office's administrator does about devices and quarantine. Devices can call none of it, and let a part of quarantine be tried
-- again by `retry` alone.

SET ROLE daybook_machine;

-- Applies what waits in quarantine after that version and can be applied by now, oldest first, of so many entries at most. Answers how many
-- were applied, and after which version to go on: from the start when something was, since others may have waited for it; null at the end.
CREATE FUNCTION daybook_sync.retry_quarantined(p_book uuid, p_from bigint, p_most integer, OUT applied bigint, OUT next bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_start     bigint;
    v_all       quarantined_entry[];
    v_done      quarantined_entry[] := '{}';
    v_outcomes  text[] := '{}';
    v_effects   jsonb[] := '{}';
    v_waiting   quarantined_entry;
    v_stored    book_version;
    v_entry     jsonb;
    v_effect    jsonb;
    v_outcome   text;
    v_rule      text;
    v_by        text := session_user;
    i           integer;
BEGIN
    -- No device's custody moves between the check of what it did and its COMMIT.
    PERFORM FROM enrolment e WHERE e.book_id = p_book ORDER BY e.role_name FOR NO KEY UPDATE;
    SELECT h.version INTO v_start FROM book_head h WHERE h.book_id = p_book;
    SELECT array_agg(w.q ORDER BY (w.q).version) INTO v_all FROM (
        SELECT q FROM quarantined_entry q
        WHERE q.book_id = p_book AND q.state = 'waiting' AND q.version > p_from
        ORDER BY q.version LIMIT p_most FOR UPDATE) w;
    FOREACH v_waiting IN ARRAY coalesce(v_all, '{}') LOOP
        SELECT b.* INTO STRICT v_stored FROM book_version b WHERE b.book_id = p_book AND b.version = v_waiting.version;
        BEGIN
            v_entry := (parse_entries(p_book, v_waiting.incarnation_id, v_waiting.sequence, ARRAY[v_stored.body]))[1];
            INSERT INTO entry_request (book_id, request_id, incarnation_id, sequence)
            VALUES (p_book, (v_entry ->> 'request')::uuid, v_waiting.incarnation_id, v_waiting.sequence) ON CONFLICT DO NOTHING;
            IF FOUND THEN
                v_outcome := 'applied';
                v_effect := apply_entry(p_book, v_waiting.device_id, v_entry);
            ELSE
                -- A copy of the store has done the same request meanwhile.
                v_outcome := 'superseded';
                v_effect := touched_rows(p_book, v_entry);
            END IF;
        EXCEPTION
            WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR statement_too_complex
              OR SQLSTATE 'DQ001' OR SQLSTATE 'DQ002' OR SQLSTATE 'DQ003' THEN
                GET STACKED DIAGNOSTICS v_rule = CONSTRAINT_NAME;
                UPDATE quarantined_entry q
                SET reason = quarantine_code(SQLSTATE), detail = quarantine_sentence(SQLSTATE, SQLERRM, v_rule)
                WHERE q.book_id = p_book AND q.incarnation_id = v_waiting.incarnation_id AND q.sequence = v_waiting.sequence;
                CONTINUE;
            -- What passes is for the next call.
            WHEN transaction_rollback OR insufficient_resources OR object_not_in_prerequisite_state OR operator_intervention OR system_error THEN
                RAISE;
            -- A fault of ours with one entry keeps no other one waiting.
            WHEN OTHERS THEN
                RAISE LOG 'version % of book % was not tried again: %', v_waiting.version, p_book, SQLERRM;
                CONTINUE;
        END;
        v_done := array_append(v_done, v_waiting);
        v_outcomes := v_outcomes || v_outcome;
        v_effects := array_append(v_effects, v_effect);
    END LOOP;
    -- The book's row is locked last, when all other rows are.
    IF EXISTS (SELECT FROM enrolment e WHERE e.role_name = session_user) THEN
        v_by := 'daybook';
    END IF;
    FOR i IN 1 .. cardinality(v_done) LOOP
        v_waiting := v_done[i];
        SELECT b.* INTO STRICT v_stored FROM book_version b WHERE b.book_id = p_book AND b.version = v_waiting.version;
        PERFORM append_version(p_book, v_waiting.incarnation_id, v_waiting.sequence, v_outcomes[i], v_stored.body,
            CASE WHEN v_effects[i] IS NOT NULL THEN convert_to(jsonb_build_object('changes', v_effects[i])::text, 'UTF8') END,
            v_stored.previous_hash, v_stored.entry_hash);
        UPDATE quarantined_entry q SET state = 'applied', settled_at = now(), settled_by = v_by
        WHERE q.book_id = p_book AND q.incarnation_id = v_waiting.incarnation_id AND q.sequence = v_waiting.sequence;
    END LOOP;
    applied := cardinality(v_done);
    next := CASE WHEN applied > 0 THEN 0 WHEN cardinality(v_all) = p_most THEN (v_all[p_most]).version END;
    -- Whatever others have written meanwhile may have been what was missing.
    UPDATE book_head h SET retry_from = CASE WHEN h.version = v_start + applied THEN next ELSE 0 END WHERE h.book_id = p_book;
    IF applied > 0 THEN
        PERFORM note_overdrafts(p_book, v_start + applied);
        -- The row of a device that was shut out may have come just now.
        PERFORM tell_revoked(p_book, d.device_id) FROM (SELECT DISTINCT w.device_id FROM unnest(v_done) w ORDER BY 1) d;
    END IF;
END
$$;
COMMENT ON FUNCTION daybook_sync.retry_quarantined IS 'Applies what waits in a book''s quarantine, where the cause is gone, a part at a time.';

-- The ids of the rows that an entry makes; none where it can't be read.
CREATE FUNCTION daybook_sync.inserted_keys(p_body bytea) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT c ->> 'key' FROM jsonb_array_elements(convert_from(p_body, 'UTF8')::jsonb -> 'changes') c WHERE c ->> 'op' = 'insert');
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
    RETURN '{}';
END
$$;

-- The accounts that an entry lowers; none where it can't be read.
CREATE FUNCTION daybook_sync.lowered_accounts(p_body bytea) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT c -> 'new' ->> 'credit_account_id' FROM jsonb_array_elements(convert_from(p_body, 'UTF8')::jsonb -> 'changes') c
                 WHERE c ->> 'table' = 'ledger_posting' AND c -> 'new' ? 'credit_account_id');
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
    RETURN '{}';
END
$$;

-- Dismisses an entry and what rests on rows that it made, newest first: their device takes them back.
CREATE FUNCTION daybook_sync.dismiss_quarantined(p_book uuid, p_version bigint, p_reason text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_first    quarantined_entry;
    v_waiting  quarantined_entry;
    v_stored   book_version;
    v_keys     text[];
    v_entry    jsonb;
    v_also     bigint[] := ARRAY[p_version];
    v_number   bigint;
    v_text     text;
BEGIN
    SELECT q.* INTO v_first FROM quarantined_entry q WHERE q.book_id = p_book AND q.version = p_version AND q.state = 'waiting' FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('DB004', 'No entry waits in quarantine under that version.');
    END IF;
    IF coalesce(p_reason, '') = '' THEN
        PERFORM refuse('DB004', 'Say why: the device''s people will read it.');
    END IF;
    v_keys := inserted_keys((SELECT b.body FROM book_version b WHERE b.book_id = p_book AND b.version = p_version));
    FOR v_waiting IN
        SELECT * FROM quarantined_entry q
        WHERE q.book_id = p_book AND q.state = 'waiting' AND q.version > p_version AND q.incarnation_id = v_first.incarnation_id
        ORDER BY q.version FOR UPDATE
    LOOP
        SELECT encode(b.body, 'escape') INTO v_text FROM book_version b WHERE b.book_id = p_book AND b.version = v_waiting.version;
        IF EXISTS (SELECT FROM unnest(v_keys) k WHERE position(k IN v_text) > 0) THEN
            v_also := v_also || v_waiting.version;
            v_keys := v_keys || inserted_keys((SELECT b.body FROM book_version b WHERE b.book_id = p_book AND b.version = v_waiting.version));
        END IF;
    END LOOP;
    FOR v_waiting IN
        SELECT * FROM quarantined_entry q WHERE q.book_id = p_book AND q.version = ANY (v_also) ORDER BY q.version DESC
    LOOP
        SELECT b.* INTO STRICT v_stored FROM book_version b WHERE b.book_id = p_book AND b.version = v_waiting.version;
        BEGIN
            v_entry := convert_from(v_stored.body, 'UTF8')::jsonb;
            v_entry := touched_rows(p_book, v_entry);
        EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex OR SQLSTATE 'DQ001' THEN
            v_entry := '[]';
        END;
        v_number := append_version(p_book, v_waiting.incarnation_id, v_waiting.sequence, 'dismissed', v_stored.body,
            convert_to(jsonb_build_object('reason', 'dismissed', 'detail', p_reason, 'changes', v_entry)::text, 'UTF8'),
            v_stored.previous_hash, v_stored.entry_hash);
        UPDATE quarantined_entry q SET state = 'dismissed', settled_at = now(), settled_by = session_user, settled_reason = p_reason
        WHERE q.book_id = p_book AND q.incarnation_id = v_waiting.incarnation_id AND q.sequence = v_waiting.sequence;
    END LOOP;
    -- What waited for one of them may go on.
    PERFORM expect_retry(p_book);
    RETURN cardinality(v_also);
END
$$;
COMMENT ON FUNCTION daybook_sync.dismiss_quarantined IS 'Dismisses an entry in quarantine, with whatever depends on it; its device takes it back.';

-- Lets a role call no more. What a device had enrolled by that link it may go on with by another one.
CREATE FUNCTION daybook_sync.revoke_role(p_role name) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_gone  enrolment;
BEGIN
    UPDATE enrolment e SET revoked_at = coalesce(e.revoked_at, now()) WHERE e.role_name = p_role RETURNING e.* INTO v_gone;
    PERFORM tell_revoked(v_gone.book_id, v_gone.device_id);
END
$$;
COMMENT ON FUNCTION daybook_sync.revoke_role IS 'Lets a role call no more, and tells the other devices when its device was shut out by that.';

-- Takes the accounts of a lost device over, and revokes it. Answers how many accounts changed hands.
CREATE FUNCTION daybook_sync.release_device(p_book uuid, p_device uuid, p_to uuid) RETURNS bigint
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
        'new', jsonb_build_object('custodian_device_id', p_to), 'old', jsonb_build_object('custodian_device_id', p_device)) ORDER BY t.id)
    INTO v_changes FROM taken t;
    PERFORM tell_revoked(p_book, p_device);
    PERFORM expect_retry(p_book);
    IF v_changes IS NULL THEN
        RETURN 0;
    END IF;
    PERFORM append_central(p_book, 'device_release', v_changes);
    RETURN jsonb_array_length(v_changes);
END
$$;
COMMENT ON FUNCTION daybook_sync.release_device IS 'Revokes a lost device and gives its accounts to another one.';

RESET ROLE;
