-- What waits in quarantine: why, and how it is tried again or dismissed. Devices let a part of it be tried again by `retry`
-- alone.

SET ROLE daybook_machine;

-- Why an entry waits, for programs.
CREATE OR REPLACE FUNCTION daybook_sync.quarantine_code(p_state text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_state WHEN 'DQ002' THEN 'not_allowed' WHEN 'DQ003' THEN 'unknown_schema' WHEN '23503' THEN 'depends'
                        ELSE 'malformed' END
$$;

-- Why an entry waits, for people: our own sentences as they are, PostgreSQL's in ours.
CREATE OR REPLACE FUNCTION daybook_sync.quarantine_sentence(p_state text, p_message text, p_rule text)
    RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_state LIKE 'DQ%' THEN p_message
        WHEN p_state = '23503' THEN 'It refers to a record that head office does not have, or removes one that others refer to.'
        WHEN p_state LIKE '23%' THEN 'It breaks a rule of its table: '
            || coalesce(nullif(p_rule, ''), 'a value is missing') || '.'
        WHEN p_state LIKE '54%' THEN 'It is larger or deeper than head office can take.'
        ELSE 'It cannot be read as an entry.'
    END
$$;

-- Tries a part of what waits in quarantine again, where something has happened by which it may be applied. Any device lets it
-- be done, and none rests on it: what somebody else has locked is left for the next one.
CREATE OR REPLACE FUNCTION daybook_sync.retry(p_book uuid) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp SET lock_timeout = '200ms' AS $$
DECLARE
    v_from  bigint;
BEGIN
    PERFORM caller(p_book);
    SELECT h.retry_from INTO v_from FROM book_head h WHERE h.book_id = p_book;
    IF v_from IS NULL THEN
        RETURN 0;
    END IF;
    RETURN (SELECT r.applied FROM retry_quarantined(p_book, v_from, 50) r);
END
$$;
COMMENT ON FUNCTION daybook_sync.retry IS
    'Applies a part of what waits in a book''s quarantine, where the cause may be gone; answers how many entries.';

-- Applies what waits in quarantine after that version and can be applied by now, oldest first, of so many entries at most.
-- Answers how many were applied, and after which version to go on: from the start when something was, since others may have
-- waited for it; null at the end.
CREATE OR REPLACE FUNCTION daybook_sync.retry_quarantined(p_book uuid, p_from bigint, p_most integer,
                                                          OUT applied bigint, OUT next bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_start     bigint;
    v_all       quarantined_entry[];
    v_done      quarantined_entry[] := '{}';
    v_outcomes  text[] := '{}';
    v_effects   bytea[] := '{}';
    v_waiting   quarantined_entry;
    v_stored    book_version;
    v_taken     record;
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
            SELECT t.* INTO v_taken
            FROM take_entry(p_book, v_waiting.device_id, v_waiting.incarnation_id, v_waiting.sequence, v_stored.body,
                            '{}', '{}') t;
        EXCEPTION
            -- What passes is for the next call.
            WHEN transaction_rollback OR insufficient_resources OR object_not_in_prerequisite_state OR operator_intervention
              OR system_error THEN
                RAISE;
            -- A fault of ours with one entry keeps no other one waiting.
            WHEN OTHERS THEN
                RAISE LOG 'version % of book % was not tried again: %', v_waiting.version, p_book, SQLERRM;
                CONTINUE;
        END;
        IF v_taken.outcome = 'quarantined' THEN
            UPDATE quarantined_entry q SET reason = v_taken.code, detail = v_taken.detail
            WHERE q.book_id = p_book AND q.incarnation_id = v_waiting.incarnation_id AND q.sequence = v_waiting.sequence;
            CONTINUE;
        END IF;
        v_done := array_append(v_done, v_waiting);
        v_outcomes := v_outcomes || v_taken.outcome;
        v_effects := array_append(v_effects, v_taken.effect);
    END LOOP;
    -- The book's row is locked last, when all other rows are.
    IF EXISTS (SELECT FROM enrolment e WHERE e.role_name = session_user) THEN
        v_by := 'daybook';
    END IF;
    FOR i IN 1 .. cardinality(v_done) LOOP
        v_waiting := v_done[i];
        SELECT b.* INTO STRICT v_stored FROM book_version b WHERE b.book_id = p_book AND b.version = v_waiting.version;
        PERFORM append_version(p_book, v_waiting.incarnation_id, v_waiting.sequence, v_outcomes[i], v_stored.body,
            v_effects[i], v_stored.previous_hash, v_stored.entry_hash);
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
        PERFORM publish_revocation(p_book, d.device_id) FROM (SELECT DISTINCT w.device_id FROM unnest(v_done) w ORDER BY 1) d;
    END IF;
END
$$;
COMMENT ON FUNCTION daybook_sync.retry_quarantined IS
    'Applies what waits in a book''s quarantine, where the cause is gone, a part at a time.';

-- Dismisses an entry and what rests on rows that it made, newest first: their device takes them back.
CREATE OR REPLACE FUNCTION daybook_sync.dismiss_quarantined(p_book uuid, p_version bigint, p_reason text) RETURNS bigint
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
    SELECT q.* INTO v_first FROM quarantined_entry q
    WHERE q.book_id = p_book AND q.version = p_version AND q.state = 'waiting' FOR UPDATE;
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
        SELECT encode(b.body, 'escape') INTO v_text FROM book_version b
        WHERE b.book_id = p_book AND b.version = v_waiting.version;
        IF EXISTS (SELECT FROM unnest(v_keys) k WHERE position(k IN v_text) > 0) THEN
            v_also := v_also || v_waiting.version;
            v_keys := v_keys || inserted_keys((SELECT b.body FROM book_version b
                                               WHERE b.book_id = p_book AND b.version = v_waiting.version));
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
        UPDATE quarantined_entry q SET state = 'dismissed', settled_at = now(), settled_by = session_user,
                                       settled_reason = p_reason
        WHERE q.book_id = p_book AND q.incarnation_id = v_waiting.incarnation_id AND q.sequence = v_waiting.sequence;
    END LOOP;
    -- What waited for one of them may go on.
    PERFORM schedule_retry(p_book);
    RETURN cardinality(v_also);
END
$$;
COMMENT ON FUNCTION daybook_sync.dismiss_quarantined IS
    'Dismisses an entry in quarantine, with whatever depends on it; its device takes it back.';

RESET ROLE;
