-- Who calls, and how a device becomes a member of its book.

SET ROLE daybook_machine;

-- Who calls: the enrolment of session_user for that book.
CREATE OR REPLACE FUNCTION daybook_sync.caller(p_book uuid) RETURNS daybook_sync.enrolment
    LANGUAGE plpgsql STABLE SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_caller  enrolment;
BEGIN
    SELECT e.* INTO v_caller FROM enrolment e
    WHERE e.role_name = session_user AND e.revoked_at IS NULL AND e.joined_at IS NOT NULL AND e.book_id = p_book;
    IF NOT FOUND THEN
        -- One sentence for every reason: whether another book exists is nobody's business.
        PERFORM refuse('DB001', 'This device is not enrolled for that book, or was revoked.');
    END IF;
    RETURN v_caller;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.hello(p_device_schema bigint)
    RETURNS TABLE (central_schema bigint, device_schema_min bigint, device_schema_max bigint, server_time bigint,
                   book_id uuid, book_name text, device_id uuid, device_name text, joined boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM enrolment e WHERE e.role_name = session_user AND e.revoked_at IS NULL) THEN
        PERFORM refuse('DB001', 'This device is not enrolled, or was revoked.');
    END IF;
    UPDATE enrolment e SET seen_at = now(), device_schema = p_device_schema WHERE e.role_name = session_user;
    RETURN QUERY
        SELECT limit_of('central_schema'), limit_of('device_schema_min'), limit_of('device_schema_max'),
               milliseconds(clock_timestamp()), e.book_id, e.book_name, e.device_id, e.device_name, e.joined_at IS NOT NULL
        FROM enrolment e WHERE e.role_name = session_user;
END
$$;
COMMENT ON FUNCTION daybook_sync.hello IS 'What this central is, and what it knows of the device that calls.';

-- The device makes itself known. A new book gets its log here; in an existing one the device gets its row, under a code of its
-- own.
CREATE OR REPLACE FUNCTION daybook_sync.join_book(p_book uuid, p_device uuid, p_code text)
    RETURNS TABLE (book_id uuid, device_id uuid, device_name text, adopted boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_me    enrolment;
    v_code  text;
    v_try   integer := 1;
BEGIN
    SELECT e.* INTO v_me FROM enrolment e WHERE e.role_name = session_user AND e.revoked_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('DB001', 'This device is not enrolled, or was revoked.');
    END IF;
    IF p_device IS NULL THEN
        PERFORM refuse('DB004', 'Which device is it?');
    END IF;
    IF v_me.joined_at IS NOT NULL THEN
        IF v_me.device_id <> p_device THEN
            PERFORM refuse('DB001', 'The link was used by another device.');
        END IF;
        RETURN QUERY SELECT v_me.book_id, v_me.device_id, v_me.device_name, v_me.book_name IS NOT NULL;
        RETURN;
    END IF;
    -- The password was changed just now: who is still here logged in by the one in the link.
    IF EXISTS (SELECT FROM pg_stat_activity a WHERE a.usename = session_user AND a.pid <> pg_backend_pid()) THEN
        PERFORM refuse('DB001', 'Somebody else is connected by this link: let head office revoke it, and ask for a new one.');
    END IF;
    UPDATE enrolment e SET password_mark = password_mark(e.role_name) WHERE e.role_name = session_user;
    IF v_me.book_id IS NULL THEN
        -- A new book: it comes with the device's own entries, its row and the device's among them.
        IF p_book IS NULL THEN
            PERFORM refuse('DB004', 'Which book is to be adopted?');
        END IF;
        IF EXISTS (SELECT FROM book_head h WHERE h.book_id = p_book) THEN
            PERFORM refuse('DB001', 'That book is at head office already; ask for a link to it.');
        END IF;
        INSERT INTO book_head (book_id) VALUES (p_book);
        UPDATE enrolment e SET book_id = p_book, device_id = p_device, joined_at = now(), seen_at = now()
        WHERE e.role_name = session_user;
        RETURN QUERY SELECT p_book, p_device, v_me.device_name, true;
        RETURN;
    END IF;
    -- Whoever says to be a device that others are could lower what it keeps. One that lost its password is revoked first.
    IF EXISTS (SELECT FROM enrolment e WHERE e.book_id = v_me.book_id AND e.device_id = p_device AND e.revoked_at IS NULL) THEN
        PERFORM refuse('DB001', 'This device is enrolled already; let head office revoke it, then join with the new link.');
    END IF;
    IF NOT EXISTS (SELECT FROM daybook.device d WHERE d.book_id = v_me.book_id AND d.id = p_device) THEN
        -- The first of D1, D2, … that is free; whoever joins at the same moment waits here.
        PERFORM FROM book_head h WHERE h.book_id = v_me.book_id FOR UPDATE;
        v_code := upper(p_code);
        IF v_code !~ '^[A-Z0-9]{1,5}$' THEN
            v_code := 'D1';
        END IF;
        WHILE EXISTS (SELECT FROM daybook.device d WHERE d.book_id = v_me.book_id AND d.code = v_code) LOOP
            v_try := v_try + 1;
            v_code := 'D' || v_try;
        END LOOP;
        INSERT INTO daybook.device (book_id, id, code, name, created_at)
        VALUES (v_me.book_id, p_device, v_code, left(v_me.device_name, 60), now());
        PERFORM append_central(v_me.book_id, 'device_join', jsonb_build_array(jsonb_build_object(
            'key', p_device, 'op', 'insert', 'table', 'device', 'new', row_image(v_me.book_id, 'device', p_device, false))));
    END IF;
    -- One that is new knows all that it takes in; one that comes back may bring what it did before.
    UPDATE enrolment e SET device_id = p_device, joined_at = now(), seen_at = now(), heard_version = coalesce(
        (SELECT max(o.heard_version) FROM enrolment o WHERE o.book_id = v_me.book_id AND o.device_id = p_device),
        (SELECT h.version FROM book_head h WHERE h.book_id = v_me.book_id))
    WHERE e.role_name = session_user;
    PERFORM publish_revocation(v_me.book_id, p_device);
    PERFORM schedule_retry(v_me.book_id);
    RETURN QUERY SELECT v_me.book_id, p_device, v_me.device_name, false;
END
$$;
COMMENT ON FUNCTION daybook_sync.join_book IS
    'Makes the calling device a member of its book: of a new one, adopted with all its entries, or of one that is there.';

-- Tells the devices of a book that one of them was shut out, or that it is back: as soon as none of its roles may call, or one
-- may.
CREATE OR REPLACE FUNCTION daybook_sync.publish_revocation(p_book uuid, p_device uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_old  timestamptz(3);
    v_new  timestamptz(3);
BEGIN
    SELECT d.revoked_at INTO v_old FROM daybook.device d WHERE d.book_id = p_book AND d.id = p_device FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM enrolment e WHERE e.book_id = p_book AND e.device_id = p_device AND e.revoked_at IS NULL) THEN
        v_new := coalesce(v_old, now());
    END IF;
    IF v_new IS DISTINCT FROM v_old THEN
        UPDATE daybook.device d SET revoked_at = v_new WHERE d.book_id = p_book AND d.id = p_device;
        PERFORM append_central(p_book, CASE WHEN v_new IS NULL THEN 'device_join' ELSE 'device_revoke' END,
            jsonb_build_array(jsonb_build_object('key', p_device, 'op', 'update', 'table', 'device',
                'new', jsonb_build_object('revoked_at', milliseconds(v_new)),
                'old', jsonb_strip_nulls(jsonb_build_object('revoked_at', milliseconds(v_old))))));
    END IF;
END
$$;

RESET ROLE;
