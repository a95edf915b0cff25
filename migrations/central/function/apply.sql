-- What an entry does to the books.

SET ROLE daybook_machine;

-- What many postings add up to, account by account; always in the same order, so that two devices wait for each other and don't
-- deadlock. (A trigger a row, as for head office's postings, would write each balance once a posting.) On devices the balance
-- goes through every one of them: so all that raises it must fit by itself, and all that lowers it.
CREATE OR REPLACE FUNCTION daybook_sync.add_to_balances(p_book uuid, p_postings jsonb[]) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_most  bigint := 9007199254740991;
    v_fits  boolean;
BEGIN
    WITH line AS (
        SELECT s.account_id, sum(s.amount) AS net, sum(greatest(s.amount, 0)) AS up, sum(least(s.amount, 0)) AS down
        FROM unnest(p_postings) AS r(new)
        CROSS JOIN LATERAL (VALUES ((r.new ->> 'debit_account_id')::uuid, (r.new ->> 'amount_minor')::bigint),
                                   ((r.new ->> 'credit_account_id')::uuid, -(r.new ->> 'amount_minor')::bigint))
                           AS s(account_id, amount)
        GROUP BY s.account_id
    ), kept AS (
        INSERT INTO daybook.ledger_balance AS b (book_id, account_id, balance_minor, turnover_minor)
        SELECT p_book, l.account_id, l.net, l.up - l.down FROM line l ORDER BY l.account_id
        ON CONFLICT (book_id, account_id)
        DO UPDATE SET balance_minor = b.balance_minor + excluded.balance_minor,
                      turnover_minor = b.turnover_minor + excluded.turnover_minor
        RETURNING b.account_id, b.balance_minor)
    SELECT bool_and(k.balance_minor - l.net + l.up <= v_most AND k.balance_minor - l.net + l.down >= -v_most) INTO v_fits
    FROM kept k JOIN line l ON l.account_id = k.account_id;
    IF NOT v_fits THEN
        PERFORM refuse('DQ001', 'A balance would be larger than can be kept.');
    END IF;
END
$$;

-- Inserts the rows that entries make, a statement a table, parents first; answers the keys that were there already, by table.
CREATE OR REPLACE FUNCTION daybook_sync.apply_inserts(p_book uuid, p_device uuid, p_entries jsonb[]) RETURNS jsonb
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_tables     text[];
    v_keys       uuid[];
    v_rows       jsonb[];
    v_of         text;
    v_kind       text;
    v_there      uuid[];
    v_known      jsonb;
    -- By table, each an array of its own.
    v_new        record;
    v_made       uuid[] := '{}';
    v_documents  jsonb := '{}';
BEGIN
    SELECT array_agg(c ->> 'table'), array_agg((c ->> 'key')::uuid), array_agg(c -> 'new') INTO v_tables, v_keys, v_rows
    FROM unnest(p_entries) e, jsonb_array_elements(e -> 'changes') c WHERE c ->> 'op' = 'insert';
    FOR v_of, v_kind IN
        SELECT x.t, s.kind FROM (SELECT DISTINCT t FROM unnest(v_tables) t) x LEFT JOIN synced_table s ON s.table_name = x.t
        ORDER BY s.ordinal
    LOOP
        SELECT array_agg(x.k) AS keys, array_agg(x.r) AS rows INTO v_new
        FROM unnest(v_tables, v_keys, v_rows) AS x(t, k, r) WHERE x.t = v_of;
        v_there := put_rows(p_book, v_of, v_new.keys, v_new.rows);
        IF v_there IS NOT NULL THEN
            v_known := coalesce(v_known, '{}') || jsonb_build_object(v_of, to_jsonb(v_there));
            -- What stands already was checked when it came; only the rest is new.
            SELECT array_agg(x.t), array_agg(x.k), array_agg(x.r) INTO v_tables, v_keys, v_rows
            FROM unnest(v_tables, v_keys, v_rows) AS x(t, k, r) WHERE x.t <> v_of OR x.k <> ALL (v_there);
            SELECT array_agg(x.k) AS keys, array_agg(x.r) AS rows INTO v_new
            FROM unnest(v_tables, v_keys, v_rows) AS x(t, k, r) WHERE x.t = v_of;
        END IF;
        IF v_of = 'ledger_posting' THEN
            PERFORM add_to_balances(p_book, v_new.rows);
        ELSIF v_kind = 'document' THEN
            v_made := v_made || v_new.keys;
        END IF;
    END LOOP;
    IF v_made <> '{}' THEN
        -- One by one, by their keys: a join might read all of the book's.
        SELECT coalesce(jsonb_object_agg(m.id, d.kind), '{}') INTO v_documents
        FROM unnest(v_made) AS m(id)
        CROSS JOIN LATERAL (SELECT x.kind FROM daybook.ledger_document x WHERE x.book_id = p_book AND x.id = m.id LIMIT 1) d;
    END IF;
    -- Checked when all of it is there: a document has its postings by now.
    FOR v_of IN
        SELECT x.t FROM (SELECT DISTINCT t FROM unnest(v_tables) t) x JOIN synced_table s ON s.table_name = x.t ORDER BY s.ordinal
    LOOP
        SELECT array_agg(x.k) AS keys, array_agg(x.r) AS rows INTO v_new
        FROM unnest(v_tables, v_keys, v_rows) AS x(t, k, r) WHERE x.t = v_of;
        PERFORM check_rows(p_book, p_device, v_of, v_new.keys, v_new.rows, v_documents);
    END LOOP;
    RETURN v_known;
END
$$;

-- One edit: last writer wins, column by column. Whoever saw what stands and wrote over it is the later one, however wrong the
-- clocks are; of two who did not know of each other it is the one of the later time. Answers what took effect instead, null
-- when all of it did.
CREATE OR REPLACE FUNCTION daybook_sync.apply_edit(p_book uuid, p_device uuid, p_person uuid, p_table text, p_key uuid,
                                                   p_old jsonb, p_new jsonb, p_at bigint)
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
    PERFORM check_edit(p_book, p_device, p_table, p_key, v_row, p_new);
    SELECT array_agg(c.column_name) INTO v_late FROM column_clock c
    WHERE c.book_id = p_book AND c.table_name = p_table AND c.record_id = p_key AND p_new ? c.column_name
      AND c.at > p_at AND c.column_name <> 'custodian_device_id'
      AND NOT (p_old ? c.column_name AND p_old -> c.column_name = coalesce(v_row -> c.column_name, 'null'));
    v_new := p_new - coalesce(v_late, '{}');
    IF v_new <> '{}' THEN
        PERFORM edit_row(p_book, p_table, p_key, v_new);
        INSERT INTO column_clock AS k (book_id, table_name, record_id, column_name, at, device_id, person_id,
                                       set_at, set_by_device_id)
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

-- A record that another device may know is archived in place of being deleted: that one may have referred to it already. Answers
-- the deviation; null where the record may go: it came with this very batch, or the device is the book's only one.
CREATE OR REPLACE FUNCTION daybook_sync.archive_known(p_book uuid, p_device uuid, p_person uuid, p_table text, p_key uuid,
                                                      p_at bigint)
    RETURNS jsonb LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_row  jsonb;
BEGIN
    IF NOT EXISTS (SELECT FROM synced_table s WHERE s.table_name = p_table AND 'archived_at' = ANY (s.columns))
       OR NOT EXISTS (SELECT FROM record_version r WHERE r.record_id = p_key AND r.book_id = p_book)
       OR NOT EXISTS (SELECT FROM daybook.device d WHERE d.book_id = p_book AND d.id <> p_device) THEN
        RETURN NULL;
    END IF;
    v_row := row_image(p_book, p_table, p_key, true);
    IF v_row IS NULL THEN
        RETURN NULL;
    END IF;
    IF NOT v_row ? 'archived_at' THEN
        PERFORM apply_edit(p_book, p_device, p_person, p_table, p_key, '{"archived_at": null}',
                           jsonb_build_object('archived_at', p_at), p_at);
        v_row := row_image(p_book, p_table, p_key, false);
    END IF;
    RETURN jsonb_build_object('key', p_key, 'op', 'stand', 'table', p_table, 'new', v_row);
END
$$;

-- One entry, change by change or, where no row is touched twice, a statement a table. Answers its effect, null when all of it
-- took.
CREATE OR REPLACE FUNCTION daybook_sync.apply_entry(p_book uuid, p_device uuid, p_entry jsonb) RETURNS jsonb
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_at       bigint := least((p_entry ->> 'at')::bigint, milliseconds(clock_timestamp()));
    v_person   uuid := (p_entry ->> 'person')::uuid;
    v_change   jsonb;
    v_known    jsonb;
    v_effect   jsonb := '[]';
    v_one      jsonb;
    v_table    text;
BEGIN
    PERFORM check_rights(ARRAY[p_entry]);
    v_known := apply_inserts(p_book, p_device, ARRAY[p_entry]);
    FOR v_table, v_one IN SELECT key, value FROM jsonb_each(v_known) LOOP
        v_effect := v_effect || (SELECT coalesce(jsonb_agg(jsonb_build_object('key', k, 'op', 'stand', 'table', v_table,
            'new', row_image(p_book, v_table, k::uuid, false))), '[]') FROM jsonb_array_elements_text(v_one) k);
    END LOOP;
    -- Children were deleted after their parents on the device, by a cascade; here they go first.
    FOR v_change IN
        SELECT c FROM jsonb_array_elements(p_entry -> 'changes') WITH ORDINALITY AS x(c, n)
        JOIN synced_table t ON t.table_name = c ->> 'table'
        WHERE c ->> 'op' <> 'insert'
        ORDER BY c ->> 'op' = 'delete', CASE WHEN c ->> 'op' = 'delete' THEN -t.ordinal ELSE 0 END, n
    LOOP
        IF v_change ->> 'op' = 'delete' THEN
            PERFORM check_drop(p_book, p_device, v_change ->> 'table', (v_change ->> 'key')::uuid);
            v_one := archive_known(p_book, p_device, v_person, v_change ->> 'table', (v_change ->> 'key')::uuid, v_at);
            IF v_one IS NOT NULL THEN
                v_effect := v_effect || jsonb_build_array(v_one);
            -- Owned rows that another device added meanwhile go along, as they do on devices.
            ELSIF NOT drop_row(p_book, v_change ->> 'table', (v_change ->> 'key')::uuid) THEN
                PERFORM check_made(p_book, (v_change ->> 'key')::uuid);
            END IF;
        ELSE
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
CREATE OR REPLACE FUNCTION daybook_sync.touched_rows(p_book uuid, p_entry jsonb) RETURNS jsonb
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT coalesce(jsonb_agg(jsonb_build_object('key', t.key, 'op', 'stand', 'table', t.table_name, 'new', t.image)), '[]')
    FROM (SELECT c ->> 'key' AS key, c ->> 'table' AS table_name,
                 row_image(p_book, c ->> 'table', (c ->> 'key')::uuid, false) AS image
          FROM jsonb_array_elements(p_entry -> 'changes') c GROUP BY 1, 2, 3) t
    WHERE t.image IS NOT NULL
$$;

RESET ROLE;
