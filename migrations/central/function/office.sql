-- What head office writes with plain SQL becomes entries of the same log: row triggers record the changes and note the book once;
-- a deferred trigger on that note gives the version at COMMIT. What it may not do fails at its statement.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.capture_office() RETURNS trigger
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
    IF TG_TABLE_NAME = 'book' AND TG_OP = 'INSERT' THEN
        PERFORM open_system_accounts(v_book);
    END IF;
    INSERT INTO office_touched_book (transaction_id, book_id) VALUES (pg_current_xact_id(), v_book) ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION daybook_sync.capture_office IS
    'Records what head office does to a row, and notes its book once a transaction.';

-- The accounts that every book has, under the ids that every device knows them by: `book_setup` makes the same.
CREATE OR REPLACE FUNCTION daybook_sync.open_system_accounts(p_book uuid) RETURNS void
    LANGUAGE sql SET search_path = daybook_sync, pg_temp AS $$
    WITH opened AS (
        INSERT INTO daybook.payment_account AS a (book_id, id, name, kind)
        SELECT p_book, derive_id(p_book, 'account:' || s.kind), s.name, s.kind
        FROM (VALUES ('in_transit', 'Money in transit'), ('receivable', 'Customers owe us'), ('income', 'Sales'),
                     ('tax', 'Tax collected'), ('discount', 'Discounts given'), ('expense', 'Fees and expenses'),
                     ('over_short', 'Cash over and short'), ('rounding', 'Rounding'),
                     ('bad_debt', 'Bad debts'), ('opening', 'Opening balances'))
             AS s(kind, name)
        RETURNING a.*)
    INSERT INTO office_change (book_id, transaction_id, table_name, operation, record_id, new)
    SELECT p_book, pg_current_xact_id(), 'payment_account', 'insert', o.id, image_of('payment_account', to_jsonb(o)) FROM opened o
$$;
COMMENT ON FUNCTION daybook_sync.open_system_accounts IS 'Opens the accounts that every book has, as head office''s.';

-- A row, as to_jsonb gives it, as a device writes it; without columns that head office added for itself.
CREATE OR REPLACE FUNCTION daybook_sync.image_of(p_table text, p_row jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT coalesce(jsonb_object_agg(key, CASE WHEN key LIKE '%\_at' THEN to_jsonb(milliseconds((value #>> '{}')::timestamptz))
                                      ELSE value END), '{}')
    FROM jsonb_each(p_row)
    WHERE value <> 'null' AND key = ANY (ARRAY(SELECT unnest(t.columns) FROM synced_table t WHERE t.table_name = p_table))
$$;

CREATE OR REPLACE FUNCTION daybook_sync.publish_office() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_book     uuid;
    v_now      bigint := milliseconds(clock_timestamp());
    v_changes  jsonb;
BEGIN
    -- The first of the transaction's notes to fire does all of them, in the order of their ids: nobody can deadlock on books.
    FOR v_book IN
        SELECT n.book_id FROM office_touched_book n WHERE n.transaction_id = pg_current_xact_id() ORDER BY n.book_id
    LOOP
        INSERT INTO book_head (book_id) VALUES (v_book) ON CONFLICT DO NOTHING;
        PERFORM FROM book_head h WHERE h.book_id = v_book FOR UPDATE;
        WITH gone AS (
            DELETE FROM office_change c WHERE c.book_id = v_book AND c.transaction_id = pg_current_xact_id() RETURNING c.*)
        SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object('key', g.record_id, 'op', g.operation, 'table', g.table_name))
                         || CASE WHEN g.new IS NULL THEN '{}' ELSE jsonb_build_object('new', g.new) END
                         || CASE WHEN g.old IS NULL THEN '{}' ELSE jsonb_build_object('old', g.old) END ORDER BY g.ordinal)
        INTO v_changes FROM gone g;
        DELETE FROM office_touched_book n WHERE n.transaction_id = pg_current_xact_id() AND n.book_id = v_book;
        CONTINUE WHEN v_changes IS NULL;
        INSERT INTO column_clock AS k (book_id, table_name, record_id, column_name, at)
        SELECT DISTINCT v_book, c ->> 'table', (c ->> 'key')::uuid, n, v_now
        FROM jsonb_array_elements(v_changes) c, jsonb_object_keys(c -> 'new') n WHERE c ->> 'op' = 'update'
        ON CONFLICT (book_id, table_name, record_id, column_name)
        DO UPDATE SET at = excluded.at, device_id = NULL, person_id = NULL, set_at = clock_timestamp(), set_by_device_id = NULL;
        PERFORM append_central(v_book, 'head_office', v_changes);
        PERFORM schedule_retry(v_book);
    END LOOP;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION daybook_sync.publish_office IS
    'At COMMIT: gives the version of each book that head office''s transaction touched.';

-- Balances follow from postings, whoever makes them; those of devices are added up batch by batch.
CREATE OR REPLACE FUNCTION daybook_sync.keep_balance() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    INSERT INTO daybook.ledger_balance AS b (book_id, account_id, balance_minor, turnover_minor)
    SELECT NEW.book_id, s.account_id, s.amount, abs(s.amount)
    FROM (VALUES (NEW.debit_account_id, NEW.amount_minor), (NEW.credit_account_id, -NEW.amount_minor)) AS s(account_id, amount)
    -- Always in the same order, so that two transactions between the same two accounts wait instead of deadlocking.
    ORDER BY s.account_id
    ON CONFLICT (book_id, account_id)
    DO UPDATE SET balance_minor = b.balance_minor + excluded.balance_minor,
                  turnover_minor = b.turnover_minor + excluded.turnover_minor;
    RETURN NULL;
EXCEPTION WHEN check_violation THEN
    PERFORM refuse_office('A balance would be larger than can be kept.', 'Post less, or to another account.');
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION daybook_sync.keep_balance IS 'Keeps ledger_balance.';

RESET ROLE;
