-- What a device calls: hello, join, push, pull, snapshot, digest. Each names its book, looks up who calls by session_user, and can be
-- repeated after any failure.
--
-- Codes: DB001 refused, DB002 fork, DB003 out of order, DB004 bad call, DB005 rewound. DQ001 malformed, DQ002 not allowed,
-- DQ003 unknown schema quarantine an entry and never fail a call.

SET ROLE daybook_machine;

CREATE FUNCTION daybook_sync.limit_of(p_name text) RETURNS bigint LANGUAGE sql STABLE
    SET search_path = daybook_sync, pg_temp
    AS $$ SELECT value FROM sync_limit WHERE name = p_name $$;

-- Who calls: the enrolment of session_user for that book.
CREATE FUNCTION daybook_sync.caller(p_book uuid) RETURNS daybook_sync.enrolment
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

CREATE FUNCTION daybook_sync.hello(p_device_schema bigint)
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

-- The device makes itself known. A new book gets its log here; in an existing one the device gets its row, under a code of its own.
CREATE FUNCTION daybook_sync.join_book(p_book uuid, p_device uuid, p_code text)
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
        IF v_code !~ '^[A-Z0-9]{1,8}$' THEN
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
    PERFORM tell_revoked(v_me.book_id, p_device);
    PERFORM expect_retry(v_me.book_id);
    RETURN QUERY SELECT v_me.book_id, p_device, v_me.device_name, false;
END
$$;
COMMENT ON FUNCTION daybook_sync.join_book IS 'Makes the calling device a member of its book: of a new one, adopted with all its entries, or of one that is there.';

-- Notes that what waits in a book's quarantine may be applied by now. Locks the book's row.
CREATE FUNCTION daybook_sync.expect_retry(p_book uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
    UPDATE book_head h SET retry_from = 0
    WHERE h.book_id = p_book AND EXISTS (SELECT FROM quarantined_entry q WHERE q.book_id = p_book AND q.state = 'waiting')
$$;

-- Gives a book's next version; the book's row is locked here, last of all.
CREATE FUNCTION daybook_sync.append_version(p_book uuid, p_incarnation uuid, p_sequence bigint, p_outcome text,
                                            p_body bytea, p_effect bytea, p_previous bytea, p_entry_hash bytea)
    RETURNS bigint LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_head  book_head;
    v_hash  bytea;
BEGIN
    SELECT h.* INTO STRICT v_head FROM book_head h WHERE h.book_id = p_book FOR UPDATE;
    v_hash := sha256(v_head.book_hash || p_entry_hash || convert_to(p_outcome, 'UTF8') || coalesce(p_effect, ''));
    INSERT INTO book_version (book_id, version, incarnation_id, sequence, outcome, body, effect, previous_hash, entry_hash, book_hash)
    VALUES (p_book, v_head.version + 1, p_incarnation, p_sequence, p_outcome, p_body, p_effect, p_previous, p_entry_hash, v_hash);
    UPDATE book_head h SET version = h.version + 1, book_hash = v_hash WHERE h.book_id = p_book;
    RETURN v_head.version + 1;
END
$$;

-- An entry that central itself makes, head office's for the most part. Its chain is the book's own.
CREATE FUNCTION daybook_sync.append_central(p_book uuid, p_command text, p_changes jsonb) RETURNS bigint
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_body   bytea := convert_to(jsonb_build_object('at', milliseconds(clock_timestamp()), 'book', p_book, 'by', session_user,
                                 'changes', p_changes, 'command', p_command, 'v', 1)::text, 'UTF8');
    v_zeros  bytea := decode(repeat('00', 32), 'hex');
BEGIN
    RETURN append_version(p_book, NULL, NULL, 'applied', v_body, NULL, v_zeros, sha256(v_zeros || v_body));
END
$$;

-- Tells the devices of a book that one of them was shut out, or that it is back: as soon as none of its roles may call, or one may.
CREATE FUNCTION daybook_sync.tell_revoked(p_book uuid, p_device uuid) RETURNS void
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

-- Whether an entry's command may do what its changes say.
CREATE FUNCTION daybook_sync.check_rights(p_entries jsonb[]) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM unnest(p_entries) e
        CROSS JOIN LATERAL (SELECT DISTINCT c ->> 'table' AS table_name, c ->> 'op' AS operation
                            FROM jsonb_array_elements(e -> 'changes') c) d
        LEFT JOIN command_right r ON r.command = e ->> 'command' AND r.table_name = d.table_name AND r.operation = d.operation
        WHERE r.command IS NULL
    ) THEN
        PERFORM refuse('DQ002', 'The command may not change those tables.');
    END IF;
END
$$;

-- What a forger would break, of the rows that a device inserts: custody, documents that say what their postings say, and whose they are.
-- The rows are in their tables by now.
CREATE FUNCTION daybook_sync.check_inserts(p_book uuid, p_device uuid, p_accounts jsonb, p_postings jsonb, p_transfers jsonb,
                                           p_devices jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF p_devices IS NOT NULL AND EXISTS (SELECT FROM jsonb_to_recordset(p_devices) AS r(key uuid) WHERE r.key <> p_device) THEN
        PERFORM refuse('DQ002', 'A device may not add another device.');
    END IF;
    IF p_accounts IS NOT NULL AND EXISTS (
        SELECT FROM jsonb_to_recordset(p_accounts) AS r(new jsonb)
        WHERE (r.new ->> 'custodian_device_id')::uuid <> p_device
    ) THEN
        PERFORM refuse('DQ002', 'A device may not open an account in another''s custody.');
    END IF;
    IF p_postings IS NOT NULL THEN
        IF EXISTS (
            SELECT FROM jsonb_to_recordset(p_postings) AS r(key uuid, new jsonb)
            JOIN daybook.payment_account a
              ON a.book_id = p_book AND a.id = (r.new ->> 'credit_account_id')::uuid AND a.minimum_minor IS NOT NULL
            WHERE a.custodian_device_id IS DISTINCT FROM p_device
              -- Before it had a minimum anybody could lower it, and whoever has not heard of the minimum still does. Nobody can say
              -- not to have heard of one that was there all along, or that it set itself before it handed the account over.
              AND NOT EXISTS (
                  SELECT FROM column_clock k
                  WHERE k.book_id = p_book AND k.table_name = 'payment_account' AND k.record_id = a.id AND k.column_name = 'minimum_minor'
                    AND k.set_by_device_id IS DISTINCT FROM p_device
                    AND k.set_at > (SELECT b.created_at FROM enrolment e
                                        JOIN book_version b ON b.book_id = e.book_id AND b.version = e.heard_version
                                        WHERE e.book_id = p_book AND e.device_id = p_device AND e.revoked_at IS NULL))
        ) THEN
            PERFORM refuse('DQ002', 'Only the device that keeps an account may lower it.');
        END IF;
        -- Each posting belongs to a document that came with it: a transfer, or the account that it opens.
        IF EXISTS (
            SELECT FROM jsonb_to_recordset(p_postings) AS r(key uuid, new jsonb)
            WHERE NOT CASE r.new ->> 'document_kind'
                WHEN 'transfer' THEN EXISTS (
                    SELECT FROM jsonb_to_recordset(coalesce(p_transfers, '[]')) AS t(key uuid)
                    WHERE t.key = (r.new ->> 'document_id')::uuid)
                WHEN 'opening' THEN EXISTS (
                    SELECT FROM jsonb_to_recordset(coalesce(p_accounts, '[]')) AS t(key uuid)
                    WHERE t.key = (r.new ->> 'document_id')::uuid
                      AND t.key IN ((r.new ->> 'debit_account_id')::uuid, (r.new ->> 'credit_account_id')::uuid))
                ELSE false END
        ) THEN
            PERFORM refuse('DQ002', 'A posting belongs to no document of its entry.');
        END IF;
    END IF;
    IF p_transfers IS NOT NULL THEN
        -- Who reverses the same transfer at the same moment waits here, and then sees that it was reversed.
        PERFORM FROM daybook.payment_transfer o
        WHERE o.book_id = p_book
          AND o.id IN (SELECT (r.new ->> 'reverses_transfer_id')::uuid FROM jsonb_to_recordset(p_transfers) AS r(new jsonb))
        ORDER BY o.id FOR NO KEY UPDATE;
    END IF;
    IF p_transfers IS NOT NULL AND EXISTS (
        SELECT FROM jsonb_to_recordset(p_transfers) AS r(key uuid, new jsonb)
        LEFT JOIN daybook.device me ON me.book_id = p_book AND me.id = p_device
        CROSS JOIN LATERAL (
            SELECT (r.new ->> 'from_account_id')::uuid AS from_id, (r.new ->> 'to_account_id')::uuid AS to_id,
                   (r.new ->> 'amount_minor')::bigint AS amount, (r.new ->> 'fee_minor')::bigint AS fee,
                   (r.new ->> 'reverses_transfer_id')::uuid AS reverses) t
        LEFT JOIN LATERAL (
            SELECT count(*) FILTER (WHERE p.debit_account_id = t.to_id AND p.credit_account_id = t.from_id
                                      AND p.amount_minor = t.amount) AS moved,
                   count(*) FILTER (WHERE t.fee > 0 AND p.amount_minor = t.fee AND CASE WHEN t.reverses IS NULL
                       THEN p.credit_account_id = t.from_id AND p.debit_account_id <> t.to_id
                            AND d.kind = 'expense'
                       ELSE p.debit_account_id = t.to_id AND p.credit_account_id <> t.from_id AND c.kind = 'expense' END) AS paid,
                   count(*) AS postings,
                   bool_and(p.business_date = (r.new ->> 'business_date')::date) AS same_day
            FROM daybook.ledger_posting p
            JOIN daybook.payment_account d ON d.book_id = p.book_id AND d.id = p.debit_account_id
            JOIN daybook.payment_account c ON c.book_id = p.book_id AND c.id = p.credit_account_id
            WHERE p.book_id = p_book AND p.document_id = r.key) s ON true
        LEFT JOIN daybook.payment_transfer o ON o.book_id = p_book AND o.id = t.reverses
        WHERE (r.new ->> 'device_id')::uuid <> p_device
           OR (r.new ->> 'number') IS DISTINCT FROM me.code || '-T-' || CASE WHEN (r.new ->> 'serial')::bigint < 1000000
                  THEN lpad(r.new ->> 'serial', 6, '0') ELSE r.new ->> 'serial' END
           OR s.moved IS DISTINCT FROM 1
           OR s.postings <> s.moved + (t.fee > 0)::integer OR s.paid <> (t.fee > 0)::integer OR NOT s.same_day
           OR (t.reverses IS NOT NULL AND (o.id IS NULL OR o.amount_minor <> t.amount OR o.fee_minor <> t.fee
               OR o.from_account_id <> t.to_id OR o.to_account_id <> t.from_id OR o.reverses_transfer_id IS NOT NULL
               OR EXISTS (SELECT FROM daybook.payment_transfer x
                          WHERE x.book_id = p_book AND x.reverses_transfer_id = t.reverses AND x.id <> r.key)))
    ) THEN
        PERFORM refuse('DQ002', 'A transfer does not say what its postings say.');
    END IF;
END
$$;

-- What many postings add up to, account by account; always in the same order, so that two devices wait for each other and don't
-- deadlock. (A trigger a row, as for head office's postings, would write each balance once a posting.) On devices the balance goes through
-- every one of them: so all that raises it must fit by itself, and all that lowers it.
CREATE FUNCTION daybook_sync.add_to_balances(p_book uuid, p_postings jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_most  bigint := 9007199254740991;
    v_fits  boolean;
BEGIN
    WITH line AS (
        SELECT s.account_id, sum(s.amount) AS net, sum(greatest(s.amount, 0)) AS up, sum(least(s.amount, 0)) AS down
        FROM jsonb_to_recordset(coalesce(p_postings, '[]')) AS r(new jsonb)
        CROSS JOIN LATERAL (VALUES ((r.new ->> 'debit_account_id')::uuid, (r.new ->> 'amount_minor')::bigint),
                                   ((r.new ->> 'credit_account_id')::uuid, -(r.new ->> 'amount_minor')::bigint)) AS s(account_id, amount)
        GROUP BY s.account_id
    ), kept AS (
        INSERT INTO daybook.ledger_balance AS b (book_id, account_id, balance_minor, turnover_minor)
        SELECT p_book, l.account_id, l.net, l.up - l.down FROM line l ORDER BY l.account_id
        ON CONFLICT (book_id, account_id)
        DO UPDATE SET balance_minor = b.balance_minor + excluded.balance_minor, turnover_minor = b.turnover_minor + excluded.turnover_minor
        RETURNING b.account_id, b.balance_minor)
    SELECT bool_and(k.balance_minor - l.net + l.up <= v_most AND k.balance_minor - l.net + l.down >= -v_most) INTO v_fits
    FROM kept k JOIN line l ON l.account_id = k.account_id;
    IF NOT v_fits THEN
        PERFORM refuse('DQ001', 'A balance would be larger than can be kept.');
    END IF;
END
$$;

-- Inserts the rows of many entries, a statement a table, parents first; answers the keys that were there already, by table.
CREATE FUNCTION daybook_sync.apply_inserts(p_book uuid, p_device uuid, p_changes jsonb[]) RETURNS jsonb
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_group    record;
    v_there    uuid[];
    v_known    jsonb;
    v_groups   jsonb := '{}';
BEGIN
    FOR v_group IN
        SELECT c ->> 'table' AS table_name, jsonb_agg(c) AS rows, t.ordinal
        FROM unnest(p_changes) c LEFT JOIN synced_table t ON t.table_name = c ->> 'table'
        GROUP BY 1, 3 ORDER BY 3
    LOOP
        v_there := put_row(p_book, v_group.table_name, v_group.rows);
        IF v_there IS NOT NULL THEN
            v_known := coalesce(v_known, '{}') || jsonb_build_object(v_group.table_name, to_jsonb(v_there));
            -- What stands already was checked when it came; only the rest is new.
            v_group.rows := (SELECT jsonb_agg(r) FROM jsonb_array_elements(v_group.rows) r
                             WHERE NOT (r ->> 'key')::uuid = ANY (v_there));
        END IF;
        IF v_group.table_name = 'ledger_posting' THEN
            PERFORM add_to_balances(p_book, v_group.rows);
        END IF;
        IF v_group.table_name IN ('payment_account', 'ledger_posting', 'payment_transfer', 'device') AND v_group.rows IS NOT NULL THEN
            v_groups := v_groups || jsonb_build_object(v_group.table_name, v_group.rows);
        END IF;
    END LOOP;
    PERFORM check_inserts(p_book, p_device, v_groups -> 'payment_account', v_groups -> 'ledger_posting',
                          v_groups -> 'payment_transfer', v_groups -> 'device');
    RETURN v_known;
END
$$;

-- Whether a record is on its way in an entry that waits in quarantine: then what is done to it waits as well.
CREATE FUNCTION daybook_sync.check_made(p_book uuid, p_key uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM quarantined_entry q JOIN book_version b ON b.book_id = q.book_id AND b.version = q.version
        WHERE q.book_id = p_book AND q.state = 'waiting' AND p_key::text = ANY (inserted_keys(b.body))
    ) THEN
        PERFORM refuse('23503', 'The record waits in quarantine.');
    END IF;
END
$$;

-- What a device may do to the custody of an account, whose row is locked: hand over what it keeps itself, to a device that can take it.
CREATE FUNCTION daybook_sync.check_hand_over(p_book uuid, p_device uuid, p_account uuid, p_keeper text, p_to text) RETURNS void
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
        WHERE q.book_id = p_book AND q.device_id = p_device AND q.state = 'waiting' AND p_account::text = ANY (lowered_accounts(b.body))
    ) THEN
        PERFORM refuse('DQ002', 'What the device took out of the account before waits in quarantine.');
    END IF;
END
$$;

-- One edit: last writer wins, column by column. Whoever saw what stands and wrote over it is the later one, however wrong the clocks
-- are; of two who did not know of each other it is the one of the later time. Answers what took effect instead, null when all of it did.
CREATE FUNCTION daybook_sync.apply_edit(p_book uuid, p_device uuid, p_person uuid, p_table text, p_key uuid, p_old jsonb, p_new jsonb,
                                        p_at bigint)
    RETURNS jsonb LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_row    jsonb := row_image(p_book, p_table, p_key, true);
    v_late   text[];
    v_new    jsonb;
BEGIN
    IF v_row IS NULL THEN
        PERFORM check_made(p_book, p_key);
        RETURN jsonb_build_object('key', p_key, 'op', 'gone', 'table', p_table);
    END IF;
    IF p_table = 'device' AND p_key IS DISTINCT FROM p_device THEN
        PERFORM refuse('DQ002', 'A device says itself what it is called.');
    END IF;
    IF p_table = 'payment_account' AND p_new ? 'custodian_device_id' THEN
        PERFORM check_hand_over(p_book, p_device, p_key, v_row ->> 'custodian_device_id', p_new ->> 'custodian_device_id');
    END IF;
    IF p_table = 'payment_account' AND p_new ? 'minimum_minor'
       AND (v_row ->> 'custodian_device_id')::uuid IS DISTINCT FROM p_device THEN
        PERFORM refuse('DQ002', 'Only the device that keeps an account may change its minimum.');
    END IF;
    SELECT array_agg(c.column_name) INTO v_late FROM column_clock c
    WHERE c.book_id = p_book AND c.table_name = p_table AND c.record_id = p_key AND p_new ? c.column_name
      AND c.at > p_at AND c.column_name <> 'custodian_device_id'
      AND NOT (p_old ? c.column_name AND p_old -> c.column_name = coalesce(v_row -> c.column_name, 'null'));
    v_new := p_new - coalesce(v_late, '{}');
    IF v_new <> '{}' THEN
        PERFORM edit_row(p_book, p_table, p_key, v_new);
        INSERT INTO column_clock AS k (book_id, table_name, record_id, column_name, at, device_id, person_id, set_at, set_by_device_id)
        SELECT p_book, p_table, p_key, c, p_at, p_device, p_person,
               CASE WHEN v_row ? c THEN '-infinity' ELSE clock_timestamp() END, p_device
        FROM jsonb_object_keys(v_new) c
        ON CONFLICT (book_id, table_name, record_id, column_name)
        DO UPDATE SET at = greatest(k.at, excluded.at), device_id = excluded.device_id, person_id = excluded.person_id,
                      set_at = greatest(k.set_at, excluded.set_at),
                      set_by_device_id = CASE WHEN v_row ? k.column_name THEN k.set_by_device_id ELSE p_device END;
    END IF;
    IF v_late IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN (SELECT jsonb_build_object('key', p_key, 'op', 'update', 'table', p_table,
                       'new', jsonb_object_agg(c, v_row -> c),
                       'by', jsonb_object_agg(c, jsonb_build_object('at', k.at, 'device', k.device_id, 'person', k.person_id)))
            FROM unnest(v_late) c
            JOIN column_clock k ON k.book_id = p_book AND k.table_name = p_table AND k.record_id = p_key AND k.column_name = c);
END
$$;

-- One entry, change by change or, where no row is touched twice, a statement a table. Answers its effect, null when all of it took.
CREATE FUNCTION daybook_sync.apply_entry(p_book uuid, p_device uuid, p_entry jsonb) RETURNS jsonb
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_at       bigint := least((p_entry ->> 'at')::bigint, milliseconds(clock_timestamp()));
    v_person   uuid := (p_entry ->> 'person')::uuid;
    v_change   jsonb;
    v_known    jsonb;
    v_effect   jsonb := '[]';
    v_one      jsonb;
    v_rights   text[];
    v_inserts  jsonb[];
    v_table    text;
BEGIN
    PERFORM check_rights(ARRAY[p_entry]);
    v_inserts := ARRAY(SELECT c FROM jsonb_array_elements(p_entry -> 'changes') WITH ORDINALITY AS x(c, n)
                       WHERE c ->> 'op' = 'insert' ORDER BY n);
    IF v_inserts <> '{}' THEN
        v_known := apply_inserts(p_book, p_device, v_inserts);
        FOR v_table, v_one IN SELECT key, value FROM jsonb_each(v_known) LOOP
            v_effect := v_effect || (SELECT coalesce(jsonb_agg(jsonb_build_object('key', k, 'op', 'stand', 'table', v_table,
                'new', row_image(p_book, v_table, k::uuid, false))), '[]') FROM jsonb_array_elements_text(v_one) k);
        END LOOP;
    END IF;
    -- Children were deleted after their parents on the device, by a cascade; here they go first.
    FOR v_change IN
        SELECT c FROM jsonb_array_elements(p_entry -> 'changes') WITH ORDINALITY AS x(c, n)
        JOIN synced_table t ON t.table_name = c ->> 'table'
        WHERE c ->> 'op' <> 'insert'
        ORDER BY c ->> 'op' = 'delete', CASE WHEN c ->> 'op' = 'delete' THEN -t.ordinal ELSE 0 END, n
    LOOP
        IF v_change ->> 'op' = 'delete' THEN
            -- Rows that another device added meanwhile go with their import, as they do on devices. The cascade would run as head office's.
            IF v_change ->> 'table' = 'import_batch' THEN
                DELETE FROM daybook.import_row r WHERE r.book_id = p_book AND r.import_batch_id = (v_change ->> 'key')::uuid;
            END IF;
            IF NOT drop_row(p_book, v_change ->> 'table', (v_change ->> 'key')::uuid) THEN
                PERFORM check_made(p_book, (v_change ->> 'key')::uuid);
            END IF;
        ELSE
            SELECT r.columns INTO v_rights FROM command_right r
            WHERE r.command = p_entry ->> 'command' AND r.table_name = v_change ->> 'table' AND r.operation = 'update';
            IF v_rights IS NOT NULL AND (v_change -> 'new') - v_rights <> '{}' THEN
                PERFORM refuse('DQ002', 'The command may not change those columns.');
            END IF;
            v_one := apply_edit(p_book, p_device, v_person, v_change ->> 'table', (v_change ->> 'key')::uuid,
                                coalesce(v_change -> 'old', '{}'), v_change -> 'new', v_at);
            IF v_one IS NOT NULL THEN
                v_effect := v_effect || jsonb_build_array(v_one);
            END IF;
        END IF;
    END LOOP;
    RETURN nullif(v_effect, '[]');
END
$$;

-- The rows that an entry touched as they stand here: what its device makes of them when the entry is taken back.
CREATE FUNCTION daybook_sync.touched_rows(p_book uuid, p_entry jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('key', t.key, 'op', 'stand', 'table', t.table_name, 'new', t.image)), '[]')
    FROM (SELECT c ->> 'key' AS key, c ->> 'table' AS table_name, row_image(p_book, c ->> 'table', (c ->> 'key')::uuid, false) AS image
          FROM jsonb_array_elements(p_entry -> 'changes') c GROUP BY 1, 2, 3) t
    WHERE t.image IS NOT NULL
$$;

-- A value of a row as its text; nothing where it is none that a row can have.
CREATE FUNCTION daybook_sync.plain(p_value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN jsonb_typeof(p_value) IN ('string', 'null') OR p_value::text ~ '^-?[0-9]{1,16}$' THEN p_value::text END
$$;

-- A device's entries, parsed: their bytes are what the call says they are, or this fails.
--
-- All devices read these bytes with readers of their own. What can be written in two ways (a member twice, 1e2 for 100, other members,
-- an id in capitals) could be read in two ways, or stop them for good: so an entry is written in the one way, RFC 8785, with these
-- members and no others. It is written anew here and compared, all of a batch in one statement: one a call costs twice as much.
CREATE FUNCTION daybook_sync.parse_entries(p_book uuid, p_incarnation uuid, p_first bigint, p_bodies bytea[]) RETURNS jsonb[]
    LANGUAGE plpgsql STABLE SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_entries      jsonb[];
    v_schema_max   bigint := limit_of('device_schema_max');
    v_changes_max  bigint := limit_of('entry_changes_max');
    v_fault        integer;
BEGIN
    SELECT array_agg(convert_from(b, 'UTF8')::jsonb ORDER BY n) INTO v_entries FROM unnest(p_bodies) WITH ORDINALITY AS x(b, n);
    SELECT min(CASE
        WHEN jsonb_typeof(e) <> 'object' OR e -> 'v' IS DISTINCT FROM '1'
             OR jsonb_typeof(e -> 'changes') IS DISTINCT FROM 'array'
             OR jsonb_typeof(e -> 'at') IS DISTINCT FROM 'number'
             OR jsonb_typeof(e -> 'schema') IS DISTINCT FROM 'number'
             OR e ->> 'book' IS DISTINCT FROM p_book::text
             OR e ->> 'incarnation' IS DISTINCT FROM p_incarnation::text
             OR (e ->> 'sequence')::bigint IS DISTINCT FROM p_first + n - 1
             OR (e ->> 'request')::uuid::text IS DISTINCT FROM e ->> 'request' OR e ->> 'request' IS NULL
             OR (e ->> 'person')::uuid::text IS DISTINCT FROM e ->> 'person' OR e ->> 'person' IS NULL
             OR (e ->> 'at')::bigint NOT BETWEEN 0 AND 253402300799999 THEN 1
        WHEN (e ->> 'schema')::bigint > v_schema_max THEN 2
        WHEN jsonb_array_length(e -> 'changes') > v_changes_max THEN 3
        WHEN convert_from(b, 'UTF8') IS DISTINCT FROM
             '{"at":' || (e -> 'at')::text || ',"book":' || (e -> 'book')::text || ',"changes":[' || (
                 SELECT string_agg(
                     '{"key":' || (c -> 'key')::text
                     || CASE WHEN c ? 'new' THEN ',"new":{' || (
                            SELECT coalesce(string_agg('"' || key || '":' || plain(value), ',' ORDER BY key COLLATE "C"), '')
                            FROM jsonb_each(c -> 'new')) || '}' ELSE '' END
                     || CASE WHEN c ? 'old' THEN ',"old":{' || (
                            SELECT coalesce(string_agg('"' || key || '":' || plain(value), ',' ORDER BY key COLLATE "C"), '')
                            FROM jsonb_each(c -> 'old')) || '}' ELSE '' END
                     || ',"op":' || (c -> 'op')::text || ',"table":' || (c -> 'table')::text || '}', ',' ORDER BY m)
                 FROM jsonb_array_elements(e -> 'changes') WITH ORDINALITY AS y(c, m))
             || '],"command":' || (e -> 'command')::text || ',"incarnation":' || (e -> 'incarnation')::text
             || ',"person":' || (e -> 'person')::text || ',"request":' || (e -> 'request')::text
             || ',"schema":' || (e -> 'schema')::text || ',"sequence":' || (e -> 'sequence')::text
             || ',"v":' || (e -> 'v')::text || '}'
             OR EXISTS (SELECT FROM jsonb_array_elements(e -> 'changes') c
                        WHERE (c ->> 'key')::uuid::text IS DISTINCT FROM c ->> 'key') THEN 4
        END)
    INTO v_fault FROM unnest(p_bodies, v_entries) WITH ORDINALITY AS x(b, e, n);
    CASE v_fault
        WHEN 1 THEN PERFORM refuse('DQ001', 'The entry is not what its envelope says.');
        WHEN 2 THEN PERFORM refuse('DQ003', 'The entry was made by a newer Daybook than this head office knows.');
        WHEN 3 THEN PERFORM refuse('DQ001', 'The entry changes too many rows.');
        WHEN 4 THEN PERFORM refuse('DQ001', 'The entry is not written as a Daybook writes it.');
        ELSE RETURN v_entries;
    END CASE;
END
$$;

-- Why an entry waits, for programs.
CREATE FUNCTION daybook_sync.quarantine_code(p_state text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_state WHEN 'DQ002' THEN 'not_allowed' WHEN 'DQ003' THEN 'unknown_schema' WHEN '23503' THEN 'depends' ELSE 'malformed' END
$$;

-- Why an entry waits, for people: our own sentences as they are, PostgreSQL's in ours.
CREATE FUNCTION daybook_sync.quarantine_sentence(p_state text, p_message text, p_rule text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE
        WHEN p_state LIKE 'DQ%' THEN p_message
        WHEN p_state = '23503' THEN 'It refers to a record that head office does not have, or removes one that others refer to.'
        WHEN p_state LIKE '23%' THEN 'It breaks a rule of its table: ' || coalesce(nullif(p_rule, ''), 'a value is missing') || '.'
        WHEN p_state LIKE '54%' THEN 'It is larger or deeper than head office can take.'
        ELSE 'It cannot be read as an entry.'
    END
$$;

-- Custody keeps accounts above their minimum; below it something was spent twice, by a store and its copy, or before a device heard of the
-- minimum.
CREATE FUNCTION daybook_sync.note_overdrafts(p_book uuid, p_version bigint) RETURNS void
    LANGUAGE sql SET search_path = daybook_sync, pg_temp AS $$
    INSERT INTO overdraft (book_id, account_id, version, balance_minor)
    SELECT p_book, b.account_id, p_version, b.balance_minor
    FROM daybook.ledger_balance b JOIN daybook.payment_account a ON a.book_id = b.book_id AND a.id = b.account_id
    WHERE b.book_id = p_book AND b.balance_minor < a.minimum_minor
      AND NOT EXISTS (SELECT FROM overdraft o WHERE o.book_id = p_book AND o.account_id = b.account_id AND o.balance_minor = b.balance_minor)
    ON CONFLICT DO NOTHING
$$;

-- (Compiling its statements takes longer than running them on any batch.)
CREATE FUNCTION daybook_sync.push(p_book uuid, p_incarnation uuid, p_first bigint, p_previous bytea, p_bodies bytea[], p_waiting bigint)
    RETURNS TABLE (sequence bigint, version bigint, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
    v_me       enrolment := caller(p_book);
    v_lane     lane;
    v_count    integer := coalesce(cardinality(p_bodies), 0);
    v_known    integer;
    v_hash     bytea;
    v_hashes   bytea[] := '{}';
    v_heads    bytea[] := '{}';
    v_entries  jsonb[] := '{}';
    v_entry    jsonb;
    v_outcomes text[];
    v_effects  bytea[];
    v_details  text[];
    v_codes    text[];
    v_fast     boolean := true;
    v_handed   boolean := false;
    v_seen     bigint;
    v_missing  text[] := '{}';
    v_lowered  text[] := '{}';
    v_rule     text;
    v_number   bigint;
    v_head     book_head;
    v_stored   record;
    v_effect   jsonb;
    i          integer;
BEGIN
    IF v_count = 0 OR v_count > limit_of('batch_entries_max') OR p_first IS NULL OR p_first < 1
       OR p_incarnation IS NULL OR p_previous IS NULL OR octet_length(p_previous) <> 32
       OR array_ndims(p_bodies) <> 1 OR array_lower(p_bodies, 1) <> 1 OR EXISTS (SELECT FROM unnest(p_bodies) b WHERE b IS NULL) THEN
        PERFORM refuse('DB004', 'The call is not one that a Daybook makes.');
    END IF;
    -- A release waits for what is under way here, and nothing comes after it.
    PERFORM FROM enrolment e WHERE e.role_name = session_user AND e.revoked_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('DB001', 'This device is not enrolled for that book, or was revoked.');
    END IF;
    IF (SELECT max(octet_length(b)) > limit_of('entry_bytes_max')
               OR (v_count > 1 AND sum(octet_length(b)) > limit_of('batch_bytes_max')) FROM unnest(p_bodies) b) THEN
        PERFORM refuse('DB004', 'The batch is too large.');
    END IF;
    INSERT INTO lane (book_id, incarnation_id, device_id) VALUES (p_book, p_incarnation, v_me.device_id) ON CONFLICT DO NOTHING;
    SELECT l.* INTO STRICT v_lane FROM lane l WHERE l.book_id = p_book AND l.incarnation_id = p_incarnation FOR UPDATE;
    IF v_lane.device_id <> v_me.device_id THEN
        PERFORM refuse('DB001', 'That incarnation belongs to another device.');
    END IF;
    IF p_first > v_lane.sequence + 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'DB003', MESSAGE = 'Entries are missing before these.', DETAIL = v_lane.sequence::text;
    END IF;

    -- What came before is answered as it was then; other bytes under the same number are a fork.
    v_hash := p_previous;
    v_known := least(v_lane.sequence - p_first + 1, v_count);
    IF p_first = v_lane.sequence + 1 AND p_previous <> v_lane.hash THEN
        PERFORM refuse('DB002', 'The chain does not go on from what came before.');
    END IF;
    FOR i IN 1 .. v_count LOOP
        v_hash := sha256(v_hash || p_bodies[i]);
        v_hashes := v_hashes || v_hash;
        IF i <= v_known THEN
            SELECT b.entry_hash, b.version, b.outcome INTO v_stored FROM book_version b
            WHERE b.book_id = p_book AND b.incarnation_id = p_incarnation AND b.sequence = p_first + i - 1
            ORDER BY b.version LIMIT 1;
            IF v_stored.entry_hash IS DISTINCT FROM v_hash THEN
                PERFORM refuse('DB002', 'Another entry stands under that number.');
            END IF;
            RETURN QUERY SELECT p_first + i - 1, v_stored.version, v_stored.outcome;
        END IF;
    END LOOP;
    IF v_known = v_count THEN
        RETURN;
    END IF;

    SELECT h.version INTO v_seen FROM book_head h WHERE h.book_id = p_book;
    -- Most often all entries only insert, and go in together.
    v_outcomes := array_fill('applied'::text, ARRAY[v_count]);
    v_effects := array_fill(NULL::bytea, ARRAY[v_count]);
    v_details := array_fill(NULL::text, ARRAY[v_count]);
    v_codes := array_fill(NULL::text, ARRAY[v_count]);
    BEGIN
        v_entries := parse_entries(p_book, p_incarnation, p_first + v_known, p_bodies[v_known + 1 :]);
        v_fast := NOT EXISTS (SELECT FROM unnest(v_entries) e, jsonb_array_elements(e -> 'changes') c WHERE c ->> 'op' <> 'insert');
        IF v_fast THEN
            PERFORM check_rights(v_entries);
            INSERT INTO entry_request (book_id, request_id, incarnation_id, sequence)
            SELECT p_book, (e ->> 'request')::uuid, p_incarnation, (e ->> 'sequence')::bigint FROM unnest(v_entries) e;
            IF apply_inserts(p_book, v_me.device_id, ARRAY(
                   SELECT c FROM unnest(v_entries) WITH ORDINALITY AS x(e, n), jsonb_array_elements(e -> 'changes') c ORDER BY n)) IS NOT NULL THEN
                PERFORM refuse('DQ001', 'A row was there already.');
            END IF;
        END IF;
    EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR statement_too_complex
                OR SQLSTATE 'DQ001' OR SQLSTATE 'DQ002' OR SQLSTATE 'DQ003' THEN
        v_fast := false;
    END;
    IF NOT v_fast THEN
        FOR i IN v_known + 1 .. v_count LOOP
            BEGIN
                v_entry := (parse_entries(p_book, p_incarnation, p_first + i - 1, p_bodies[i : i]))[1];
                IF v_missing <> '{}' AND EXISTS (SELECT FROM jsonb_array_elements(v_entry -> 'changes') c
                                                 WHERE c ->> 'op' <> 'insert' AND c ->> 'key' = ANY (v_missing)) THEN
                    PERFORM refuse('23503', 'The record waits in quarantine.');
                END IF;
                IF v_lowered <> '{}' AND EXISTS (SELECT FROM jsonb_array_elements(v_entry -> 'changes') c
                                                 WHERE c -> 'new' ? 'custodian_device_id' AND c ->> 'key' = ANY (v_lowered)) THEN
                    PERFORM refuse('DQ002', 'What the device took out of the account before waits in quarantine.');
                END IF;
                INSERT INTO entry_request (book_id, request_id, incarnation_id, sequence)
                VALUES (p_book, (v_entry ->> 'request')::uuid, p_incarnation, p_first + i - 1) ON CONFLICT DO NOTHING;
                IF FOUND THEN
                    v_effect := apply_entry(p_book, v_me.device_id, v_entry);
                    v_handed := v_handed OR v_entry ->> 'command' = 'account_hand_over';
                    IF v_effect IS NOT NULL THEN
                        v_effects[i] := convert_to(jsonb_build_object('changes', v_effect)::text, 'UTF8');
                    END IF;
                ELSE
                    v_outcomes[i] := 'superseded';
                    v_effects[i] := convert_to(jsonb_build_object('changes', touched_rows(p_book, v_entry))::text, 'UTF8');
                END IF;
            EXCEPTION
                WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR statement_too_complex
                  OR SQLSTATE 'DQ001' OR SQLSTATE 'DQ002' OR SQLSTATE 'DQ003' THEN
                    v_outcomes[i] := 'quarantined';
                    GET STACKED DIAGNOSTICS v_rule = CONSTRAINT_NAME;
                    v_details[i] := quarantine_sentence(SQLSTATE, SQLERRM, v_rule);
                    v_codes[i] := quarantine_code(SQLSTATE);
                    v_missing := v_missing || inserted_keys(p_bodies[i]);
                    v_lowered := v_lowered || lowered_accounts(p_bodies[i]);
                    v_effects[i] := convert_to(jsonb_build_object('reason', v_codes[i], 'detail', v_details[i])::text, 'UTF8');
            END;
        END LOOP;
    END IF;

    SELECT h.* INTO STRICT v_head FROM book_head h WHERE h.book_id = p_book FOR UPDATE;
    v_number := v_head.version + v_count - v_known;
    FOR i IN 1 .. v_count LOOP
        IF i > v_known THEN
            v_head.book_hash := sha256(v_head.book_hash || v_hashes[i] || convert_to(v_outcomes[i], 'UTF8') || coalesce(v_effects[i], ''));
        END IF;
        v_heads := v_heads || v_head.book_hash;
    END LOOP;
    RETURN QUERY
        WITH placed AS (
            INSERT INTO book_version AS b (book_id, version, incarnation_id, sequence, outcome, body, effect, previous_hash, entry_hash, book_hash)
            SELECT p_book, v_head.version + x.n - v_known, p_incarnation, p_first + x.n - 1, x.outcome, x.body, x.effect, x.previous, x.hash,
                   x.book_hash
            FROM unnest(p_bodies, v_hashes, p_previous || v_hashes[: v_count - 1], v_outcomes, v_effects, v_heads)
                 WITH ORDINALITY AS x(body, hash, previous, outcome, effect, book_hash, n)
            WHERE x.n > v_known ORDER BY x.n
            RETURNING b.sequence, b.version, b.outcome)
        SELECT p.sequence, p.version, p.outcome FROM placed p ORDER BY p.version;
    INSERT INTO quarantined_entry (book_id, incarnation_id, sequence, version, device_id, reason, detail)
    SELECT p_book, p_incarnation, p_first + x.n - 1, v_head.version + x.n - v_known, v_me.device_id, x.code, x.detail
    FROM unnest(v_outcomes, v_codes, v_details) WITH ORDINALITY AS x(outcome, code, detail, n)
    WHERE x.n > v_known AND x.outcome = 'quarantined';
    UPDATE book_head h SET version = v_number, book_hash = v_head.book_hash WHERE h.book_id = p_book;
    -- By a hand-over, or by what others wrote meanwhile, the cause of what waits may be gone.
    IF v_handed OR (v_head.version <> v_seen AND 'quarantined' = ANY (v_outcomes)) THEN
        PERFORM expect_retry(p_book);
    END IF;
    UPDATE lane l SET sequence = p_first + v_count - 1, hash = v_hashes[v_count]
    WHERE l.book_id = p_book AND l.incarnation_id = p_incarnation;
    PERFORM note_overdrafts(p_book, v_number);
    UPDATE enrolment e SET seen_at = now(), waiting_entries = greatest(p_waiting - v_count, 0) WHERE e.role_name = session_user;
END
$$;
COMMENT ON FUNCTION daybook_sync.push IS
    'Takes a batch of a device''s entries, in order, in one transaction; answers each one''s version and outcome. Safe to repeat.';

-- The hashes of a lane at these sequences: how a copied store finds the last entry that both have.
CREATE FUNCTION daybook_sync.lane_hash(p_book uuid, p_incarnation uuid, p_sequences bigint[])
    RETURNS TABLE (sequence bigint, hash bytea)
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM caller(p_book);
    IF cardinality(p_sequences) > 100 THEN
        PERFORM refuse('DB004', 'Too many at once.');
    END IF;
    RETURN QUERY
        SELECT DISTINCT ON (b.sequence) b.sequence, b.entry_hash FROM book_version b
        WHERE b.book_id = p_book AND b.incarnation_id = p_incarnation AND b.sequence = ANY (p_sequences)
        ORDER BY b.sequence, b.version;
END
$$;

-- A book's versions after p_after, up to so many bytes, one at least. p_lanes and p_sequences say how far it holds its own lanes: of those entries it gets the
-- marker alone.
CREATE FUNCTION daybook_sync.pull(p_book uuid, p_after bigint, p_book_hash bytea, p_bytes bigint, p_lanes uuid[],
                                  p_sequences bigint[])
    RETURNS TABLE (version bigint, incarnation_id uuid, sequence bigint, outcome text, effect bytea, body bytea, previous_hash bytea,
                   book_hash bytea, device_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM caller(p_book);
    IF cardinality(p_lanes) > 1000 OR cardinality(p_sequences) > 1000 THEN
        PERFORM refuse('DB004', 'Too many at once.');
    END IF;
    -- A central that was put back to an older day has lost versions, or has other ones: the hash tells.
    IF p_after > 0 AND (SELECT b.book_hash FROM book_version b WHERE b.book_id = p_book AND b.version = p_after)
                       IS DISTINCT FROM p_book_hash THEN
        PERFORM refuse('DB005', 'Head office does not have the version that this device has.');
    END IF;
    RETURN QUERY
        WITH candidate AS (
            SELECT b.version, b.incarnation_id, b.sequence, b.outcome, b.effect, b.previous_hash, b.book_hash,
                   b.incarnation_id IS NOT NULL AND EXISTS (
                       SELECT FROM unnest(p_lanes, p_sequences) AS l(lane, most)
                       WHERE l.lane = b.incarnation_id AND b.sequence <= l.most) AS own,
                   octet_length(b.body) AS size
            FROM book_version b
            WHERE b.book_id = p_book AND b.version > p_after
            ORDER BY b.version LIMIT limit_of('page_entries_max')
        ), weighed AS (
            SELECT c.*, CASE WHEN c.own THEN 70 ELSE c.size + 200 END + coalesce(octet_length(c.effect), 0) AS weight FROM candidate c
        ), measured AS (
            -- What all before it weigh never becomes less, so a page has no gaps.
            SELECT w.*, sum(w.weight) OVER (ORDER BY w.version) - w.weight AS before,
                   row_number() OVER (ORDER BY w.version) AS place
            FROM weighed w
        ), page AS (
            SELECT m.*, lead(m.version) OVER (ORDER BY m.version) IS NULL AS last
            FROM measured m WHERE m.place = 1 OR m.before < least(p_bytes, limit_of('page_bytes_max'))
        )
        SELECT p.version, p.incarnation_id, p.sequence, nullif(p.outcome, 'applied'), p.effect,
               CASE WHEN NOT p.own THEN (SELECT b.body FROM book_version b WHERE b.book_id = p_book AND b.version = p.version) END,
               CASE WHEN NOT p.own THEN p.previous_hash END,
               CASE WHEN p.last THEN p.book_hash END,
               CASE WHEN NOT p.own THEN l.device_id END
        FROM page p LEFT JOIN lane l ON l.book_id = p_book AND l.incarnation_id = p.incarnation_id
        ORDER BY p.version;
END
$$;
COMMENT ON FUNCTION daybook_sync.pull IS 'The next versions of a book, in order; those of others with their device, an outcome where it isn''t applied, the last one with the book hash.';

-- The newest version of a book. Whoever calls says what it has on disk itself, which people at head office see, and whether nothing of its
-- own waits. A central that was put back to an older day has lost that version, or has another one there.
CREATE FUNCTION daybook_sync.head(p_book uuid, p_version bigint, p_book_hash bytea, p_settled boolean,
                                  OUT version bigint, OUT book_hash bytea, OUT server_time bigint, OUT retry_due boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM caller(p_book);
    IF p_version > 0 AND (SELECT b.book_hash FROM book_version b WHERE b.book_id = p_book AND b.version = p_version)
                         IS DISTINCT FROM p_book_hash THEN
        PERFORM refuse('DB005', 'Head office does not have the version that this device has.');
    END IF;
    UPDATE enrolment e SET pulled_version = greatest(p_version, 0),
        heard_version = CASE WHEN p_settled THEN greatest(e.heard_version, p_version) ELSE e.heard_version END
    WHERE e.role_name = session_user
      AND (e.pulled_version <> greatest(p_version, 0) OR (p_settled AND e.heard_version < p_version));
    SELECT h.version, h.book_hash, milliseconds(clock_timestamp()), h.retry_from IS NOT NULL
    INTO version, book_hash, server_time, retry_due FROM book_head h WHERE h.book_id = p_book;
END
$$;
COMMENT ON FUNCTION daybook_sync.head IS 'The newest version of a book: what a device polls, and how it notices that central was put back.';

-- Tries a part of what waits in quarantine again, where something has happened by which it may be applied. Any device lets it be done, and
-- none rests on it: what somebody else has locked is left for the next one.
CREATE FUNCTION daybook_sync.retry(p_book uuid) RETURNS bigint
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
COMMENT ON FUNCTION daybook_sync.retry IS 'Applies a part of what waits in a book''s quarantine, where the cause may be gone; answers how many entries.';

CREATE FUNCTION daybook_sync.snapshot_page(p_book uuid, p_table text, p_after uuid, p_rows integer)
    RETURNS TABLE (key uuid, image text)
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM caller(p_book);
    RETURN QUERY SELECT * FROM table_page(p_book, p_table, p_after, least(greatest(p_rows, 1), 20000));
END
$$;
COMMENT ON FUNCTION daybook_sync.snapshot_page IS 'A page of a table''s rows in the order of their ids, as a device writes them.';

-- A row that another one of a page refers to.
CREATE FUNCTION daybook_sync.snapshot_row(p_book uuid, p_table text, p_key uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM caller(p_book);
    RETURN row_image(p_book, p_table, p_key, false)::text;
END
$$;
COMMENT ON FUNCTION daybook_sync.snapshot_row IS 'One row as a device writes it; null when it is not there.';

-- Count and digest of each table, if the book stands at that version; nothing when it has moved on.
CREATE FUNCTION daybook_sync.table_digest(p_book uuid, p_version bigint)
    RETURNS TABLE (table_name text, rows bigint, digest bigint)
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp SET datestyle = 'ISO, YMD' AS $$
BEGIN
    PERFORM caller(p_book);
    IF EXISTS (SELECT FROM book_head h WHERE h.book_id = p_book AND h.version = p_version) THEN
        RETURN QUERY SELECT * FROM book_digest(p_book);
    END IF;
END
$$;
COMMENT ON FUNCTION daybook_sync.table_digest IS 'How many rows each table of the book has, and their order-free digest.';

RESET ROLE;
