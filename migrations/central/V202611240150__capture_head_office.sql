-- What head office writes with plain SQL becomes entries of the same log: row triggers record the changes and note the book once;
-- a deferred trigger on that note gives the version at COMMIT. What it may not do fails at its statement.

SET ROLE daybook_machine;

CREATE FUNCTION daybook_sync.capture_office() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_row    record := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    v_book   uuid := CASE WHEN TG_TABLE_NAME = 'book' THEN (to_jsonb(v_row) ->> 'id') ELSE (to_jsonb(v_row) ->> 'book_id') END;
    v_key    uuid := to_jsonb(v_row) ->> 'id';
    v_count  text := 'daybook.rows_' || replace(v_book::text, '-', '_');
    v_rows   bigint := coalesce(nullif(current_setting(v_count, true), ''), '0')::bigint + 1;
    v_old    jsonb;
    v_new    jsonb;
BEGIN
    IF v_rows > limit_of('office_rows_max') THEN
        RAISE EXCEPTION USING ERRCODE = 'DB010',
            MESSAGE = format('One transaction may change %s rows of a book; this would be more.', limit_of('office_rows_max')),
            HINT = 'Do it in several transactions, for example by ranges of id.';
    END IF;
    PERFORM set_config(v_count, v_rows::text, true);
    IF TG_OP = 'UPDATE' THEN
        v_old := image_of(TG_TABLE_NAME, to_jsonb(OLD));
        v_new := image_of(TG_TABLE_NAME, to_jsonb(NEW));
        IF (to_jsonb(OLD) ->> 'id') <> (to_jsonb(NEW) ->> 'id')
           OR (to_jsonb(OLD) ->> 'book_id') IS DISTINCT FROM (to_jsonb(NEW) ->> 'book_id') THEN
            RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = 'An id or a book is never changed.',
                HINT = 'Archive the row and insert another one.';
        END IF;
        -- Only what changed is told; a column that became nothing is told as null.
        SELECT jsonb_object_agg(k, v_new -> k), jsonb_object_agg(k, v_old -> k) INTO v_new, v_old
        FROM (SELECT jsonb_object_keys(v_old || v_new) AS k) c
        WHERE (v_old -> k) IS DISTINCT FROM (v_new -> k);
        IF v_new IS NULL THEN
            RETURN NULL;
        END IF;
    ELSIF TG_OP = 'INSERT' THEN
        v_new := image_of(TG_TABLE_NAME, to_jsonb(NEW));
    ELSE
        v_old := image_of(TG_TABLE_NAME, to_jsonb(OLD));
    END IF;
    INSERT INTO office_change (book_id, transaction_id, table_name, operation, record_id, old, new)
    VALUES (v_book, pg_current_xact_id(), TG_TABLE_NAME, lower(TG_OP), v_key, v_old, v_new);
    INSERT INTO office_note (transaction_id, book_id) VALUES (pg_current_xact_id(), v_book) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION daybook_sync.capture_office IS 'Records what head office does to a row, and notes its book once a transaction.';

-- A row, as to_jsonb gives it, as a device writes it; without columns that head office added for itself.
CREATE FUNCTION daybook_sync.image_of(p_table text, p_row jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE WHEN key LIKE '%\_at' THEN to_jsonb(milliseconds((value #>> '{}')::timestamptz)) ELSE value END), '{}')
    FROM jsonb_each(p_row)
    WHERE value <> 'null' AND key = ANY (ARRAY(SELECT unnest(t.columns) FROM synced_table t WHERE t.table_name = p_table))
$$;

CREATE FUNCTION daybook_sync.publish_office() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_book     uuid;
    v_now      bigint := milliseconds(clock_timestamp());
    v_changes  jsonb;
BEGIN
    -- The first of the transaction's notes to fire does all of them, in the order of their ids: nobody can deadlock on books.
    FOR v_book IN SELECT n.book_id FROM office_note n WHERE n.transaction_id = pg_current_xact_id() ORDER BY n.book_id LOOP
        INSERT INTO book_head (book_id) VALUES (v_book) ON CONFLICT DO NOTHING;
        PERFORM FROM book_head h WHERE h.book_id = v_book FOR UPDATE;
        WITH gone AS (
            DELETE FROM office_change c WHERE c.book_id = v_book AND c.transaction_id = pg_current_xact_id() RETURNING c.*)
        SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('key', g.record_id, 'op', g.operation, 'table', g.table_name))
                         || CASE WHEN g.new IS NULL THEN '{}' ELSE jsonb_build_object('new', g.new) END
                         || CASE WHEN g.old IS NULL THEN '{}' ELSE jsonb_build_object('old', g.old) END ORDER BY g.ordinal)
        INTO v_changes FROM gone g;
        DELETE FROM office_note n WHERE n.transaction_id = pg_current_xact_id() AND n.book_id = v_book;
        CONTINUE WHEN v_changes IS NULL;
        INSERT INTO column_clock AS k (book_id, table_name, record_id, column_name, at)
        SELECT DISTINCT v_book, c ->> 'table', (c ->> 'key')::uuid, n, v_now
        FROM jsonb_array_elements(v_changes) c, jsonb_object_keys(c -> 'new') n WHERE c ->> 'op' = 'update'
        ON CONFLICT (book_id, table_name, record_id, column_name)
        DO UPDATE SET at = excluded.at, device_id = NULL, person_id = NULL, set_at = clock_timestamp(), set_by_device_id = NULL;
        PERFORM append_central(v_book, 'head_office', v_changes);
        PERFORM expect_retry(v_book);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION daybook_sync.publish_office IS 'At COMMIT: gives the version of each book that head office''s transaction touched.';

CREATE CONSTRAINT TRIGGER office_note_publish_trigger AFTER INSERT ON daybook_sync.office_note
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION daybook_sync.publish_office();

-- What nobody but a device's own entry may do.
CREATE FUNCTION daybook_sync.guard_office() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = format('%s is never truncated: the devices would not hear of it.', TG_TABLE_NAME),
            HINT = 'Archive what is no longer wanted.';
    END IF;
    IF TG_TABLE_NAME IN ('device', 'import_batch', 'import_row', 'payment_transfer') THEN
        RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = format('%s is written by devices alone.', TG_TABLE_NAME),
            HINT = CASE TG_TABLE_NAME WHEN 'payment_transfer' THEN 'To move money, insert a posting of kind adjustment.'
                   WHEN 'device' THEN 'Devices come by daybook central enrol.' ELSE 'Change the customers or products themselves.' END;
    END IF;
    IF TG_TABLE_NAME = 'payment_account' THEN
        IF TG_OP = 'DELETE' THEN
            RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = 'An account is never deleted.', HINT = 'Set closed_at.';
        ELSIF TG_OP = 'UPDATE' AND NEW.custodian_device_id IS DISTINCT FROM OLD.custodian_device_id THEN
            RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = 'Custody is never edited: the device could spend meanwhile.',
                HINT = 'Let the device hand the account over, or take it from a lost device with daybook central release.';
        ELSIF TG_OP = 'UPDATE' AND NEW.minimum_minor IS DISTINCT FROM OLD.minimum_minor AND OLD.minimum_minor IS NOT NULL THEN
            RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = 'The minimum of an account in a device''s custody is changed on that device.',
                HINT = 'Ask whoever keeps the account.';
        END IF;
    END IF;
    IF TG_TABLE_NAME = 'book' THEN
        IF NEW.time_zone !~ '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$'
           OR NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = NEW.time_zone) THEN
            RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = format('There is no time zone %s: the devices could not tell what day it is.', NEW.time_zone),
                HINT = 'Write it as in Africa/Nairobi.';
        ELSIF TG_OP = 'UPDATE' AND NEW.currency IS DISTINCT FROM OLD.currency THEN
            RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = 'A book keeps its currency: its amounts are in it.',
                HINT = 'Begin another book.';
        END IF;
    END IF;
    IF TG_TABLE_NAME = 'ledger_posting' THEN
        IF NEW.document_kind <> 'adjustment' THEN
            RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = 'Head office posts adjustments alone.',
                HINT = 'Leave document_kind and document_id to their defaults.';
        END IF;
        IF EXISTS (SELECT FROM daybook.payment_account a
                   WHERE a.book_id = NEW.book_id AND a.id = NEW.credit_account_id AND a.minimum_minor IS NOT NULL) THEN
            RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = 'Only the device that keeps this account may lower it: it may have spent the money already.',
                HINT = 'Let that device make the transfer, or take the account over with daybook central release.';
        END IF;
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;
COMMENT ON FUNCTION daybook_sync.guard_office IS 'Refuses, with a sentence, what head office may not do.';

-- Posted is posted, for everybody.
CREATE FUNCTION daybook_sync.guard_posted() RETURNS trigger
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = format('A row of %s is never changed or deleted.', TG_TABLE_NAME),
        HINT = 'Reverse it.';
END
$$;

-- Balances follow from postings, whoever makes them; those of devices are added up batch by batch.
CREATE FUNCTION daybook_sync.keep_balance() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    INSERT INTO daybook.ledger_balance AS b (book_id, account_id, balance_minor, turnover_minor)
    SELECT NEW.book_id, s.account_id, s.amount, abs(s.amount)
    FROM (VALUES (NEW.debit_account_id, NEW.amount_minor), (NEW.credit_account_id, -NEW.amount_minor)) AS s(account_id, amount)
    -- Always in the same order, so that two transactions between the same two accounts wait instead of deadlocking.
    ORDER BY s.account_id
    ON CONFLICT (book_id, account_id)
    DO UPDATE SET balance_minor = b.balance_minor + excluded.balance_minor, turnover_minor = b.turnover_minor + excluded.turnover_minor;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION daybook_sync.keep_balance IS 'Keeps ledger_balance.';

GRANT EXECUTE ON FUNCTION daybook_sync.capture_office, daybook_sync.guard_office, daybook_sync.guard_posted, daybook_sync.keep_balance
    TO daybook_owner;
RESET ROLE;

SET ROLE daybook_owner;
DO $$
DECLARE
    v_table  text;
BEGIN
    FOR v_table IN SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'daybook'::regnamespace AND c.relkind = 'r'
                   AND c.relname <> 'ledger_balance' ORDER BY 1
    LOOP
        EXECUTE format('CREATE TRIGGER %1$s_capture_trigger AFTER INSERT OR UPDATE OR DELETE ON daybook.%1$I FOR EACH ROW
                        WHEN (current_user <> ''daybook_machine'') EXECUTE FUNCTION daybook_sync.capture_office()', v_table);
        EXECUTE format('CREATE TRIGGER %1$s_truncate_trigger BEFORE TRUNCATE ON daybook.%1$I
                        EXECUTE FUNCTION daybook_sync.guard_office()', v_table);
    END LOOP;
    FOREACH v_table IN ARRAY ARRAY['device', 'import_batch', 'import_row', 'payment_transfer', 'payment_account'] LOOP
        EXECUTE format('CREATE TRIGGER %1$s_guard_trigger BEFORE INSERT OR UPDATE OR DELETE ON daybook.%1$I FOR EACH ROW
                        WHEN (current_user <> ''daybook_machine'') EXECUTE FUNCTION daybook_sync.guard_office()', v_table);
    END LOOP;
END
$$;
CREATE TRIGGER book_guard_trigger BEFORE INSERT OR UPDATE ON daybook.book FOR EACH ROW
    WHEN (current_user <> 'daybook_machine') EXECUTE FUNCTION daybook_sync.guard_office();
CREATE TRIGGER ledger_posting_guard_trigger BEFORE INSERT ON daybook.ledger_posting FOR EACH ROW
    WHEN (current_user <> 'daybook_machine') EXECUTE FUNCTION daybook_sync.guard_office();
CREATE TRIGGER ledger_posting_posted_trigger BEFORE UPDATE OR DELETE ON daybook.ledger_posting FOR EACH ROW
    EXECUTE FUNCTION daybook_sync.guard_posted();
CREATE TRIGGER payment_transfer_posted_trigger BEFORE UPDATE OR DELETE ON daybook.payment_transfer FOR EACH ROW
    EXECUTE FUNCTION daybook_sync.guard_posted();
CREATE TRIGGER ledger_posting_balance_trigger AFTER INSERT ON daybook.ledger_posting FOR EACH ROW
    WHEN (current_user <> 'daybook_machine') EXECUTE FUNCTION daybook_sync.keep_balance();
CREATE TRIGGER ledger_balance_truncate_trigger BEFORE TRUNCATE ON daybook.ledger_balance
    EXECUTE FUNCTION daybook_sync.guard_office();
RESET ROLE;

-- A device may call these, and nothing else of this database.
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA daybook_sync FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybook_sync.hello, daybook_sync.join_book, daybook_sync.push, daybook_sync.push_short, daybook_sync.pull,
    daybook_sync.head, daybook_sync.retry, daybook_sync.lane_hash, daybook_sync.snapshot_page, daybook_sync.snapshot_row, daybook_sync.table_digest TO daybook_device;
