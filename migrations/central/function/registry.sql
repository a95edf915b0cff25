-- The registry writes, for each synced table, the functions that know its columns: from the catalogue. So no name from a
-- payload ever stands in a statement, and a new table costs its declaration in the program.

SET ROLE daybook_machine;

-- How a column is read from a device's JSON, and how it is written there.
CREATE OR REPLACE FUNCTION daybook_sync.column_in(p_type text, p_from text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_type
        WHEN 'timestamp(3) with time zone' THEN format('daybook_sync.instant((%s)::bigint)', p_from)
        WHEN 'bytea' THEN format('decode(%s, ''hex'')', p_from)
        WHEN 'text' THEN p_from
        ELSE format('(%s)::%s', p_from, p_type)
    END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.column_out(p_type text, p_column text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_type
        WHEN 'timestamp(3) with time zone' THEN format('daybook_sync.milliseconds(%s)', p_column)
        WHEN 'bytea' THEN format('encode(%s, ''hex'')', p_column)
        ELSE p_column
    END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.column_kind(p_type text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_type WHEN 'timestamp(3) with time zone' THEN 'number' WHEN 'bigint' THEN 'number' ELSE 'string' END
$$;

-- Whether a value is written in the one way that a device writes it: another way might mean something else there, or nothing.
CREATE OR REPLACE FUNCTION daybook_sync.column_form(p_type text, p_from text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_type
        WHEN 'uuid' THEN format('coalesce((%1$s)::uuid::text = %1$s, true)', p_from)
        WHEN 'date' THEN format('coalesce(%1$s ~ ''^[0-9]{4}-[0-9]{2}-[0-9]{2}$'', true)', p_from)
        WHEN 'bytea' THEN format('coalesce(%1$s ~ ''^([0-9a-f]{2})*$'', true)', p_from)
        WHEN 'timestamp(3) with time zone' THEN format('coalesce((%s)::bigint BETWEEN 0 AND 253402300799999, true)', p_from)
        ELSE 'true'
    END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.write_table_functions(p_table text) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $register$
DECLARE
    v_book      boolean := p_table = 'book';
    v_key       text := CASE WHEN v_book THEN 't.id = p_book AND p_key = p_book' ELSE 't.book_id = p_book AND t.id = p_key' END;
    v_rows      text := CASE WHEN v_book THEN 't.id = p_book' ELSE 't.book_id = p_book' END;
    v_names     text[];
    v_read      text;
    v_valid     text;
    v_image     text;
    v_set       text;
    v_digest    text;
    v_known     text;
BEGIN
    SELECT array_agg(c.name ORDER BY c.name COLLATE "C"),
           -- An older device knows nothing of a column that has a default.
           string_agg(format(CASE WHEN c.standard IS NULL THEN '%s' ELSE 'coalesce(%s, %s)' END,
                             column_in(c.type, format('r.new ->> %L', c.name)), c.standard), ', ' ORDER BY c.name COLLATE "C"),
           string_agg(format('coalesce(jsonb_typeof(r.new -> %L), ''null'') IN (''null'', %L) AND %s', c.name,
                             column_kind(c.type), column_form(c.type, format('(r.new ->> %L)', c.name))),
                      ' AND ' ORDER BY c.name COLLATE "C"),
           string_agg(format('%L, %s', c.name, column_out(c.type, 't.' || quote_ident(c.name))), ', '
                      ORDER BY c.name COLLATE "C"),
           string_agg(format('%1$I = CASE WHEN p_new ? %1$L THEN %2$s ELSE t.%1$I END', c.name,
                             column_in(c.type, format('p_new ->> %L', c.name))), ', '),
           string_agg(format('CASE WHEN k.%1$I AND t.%1$I IS NOT NULL '
                             || 'THEN ''%1$s='' || octet_length(%2$s::text) || '':'' || %2$s::text ELSE '''' END',
                             c.name, column_out(c.type, 't.' || quote_ident(c.name))), ' || ' ORDER BY c.name COLLATE "C"),
           string_agg(format('p_columns IS NULL OR %1$L = ANY (p_columns) AS %1$I', c.name), ', ' ORDER BY c.name COLLATE "C")
    INTO v_names, v_read, v_valid, v_image, v_set, v_digest, v_known
    FROM (SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type,
                 -- Of head office's defaults only those that a device has, too.
                 CASE WHEN EXISTS (SELECT FROM synced_table s WHERE s.table_name = p_table AND attname = ANY (s.defaults))
                      THEN pg_get_expr(f.adbin, f.adrelid) END AS standard
          FROM pg_attribute LEFT JOIN pg_attrdef f ON f.adrelid = attrelid AND f.adnum = attnum
          WHERE attrelid = format('daybook.%I', p_table)::regclass AND attnum > 0 AND NOT attisdropped
            AND attname = ANY (ARRAY(SELECT unnest(s.columns) FROM synced_table s WHERE s.table_name = p_table))) c;

    -- Inserts rows; answers the keys of those that were there already, null when none was.
    EXECUTE format($f$
        CREATE OR REPLACE FUNCTION daybook_sync.put_%1$s(p_book uuid, p_keys uuid[], p_rows jsonb[]) RETURNS uuid[]
            LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $body$
        DECLARE
            v_put  uuid[];
        BEGIN
            IF EXISTS (SELECT FROM unnest(p_keys, p_rows) AS r(key, new)
                       WHERE NOT coalesce(r.new - %2$L::text[] = '{}' AND %3$s%4$s, false)) THEN
                PERFORM refuse('DQ001', 'A row of %1$s has columns or types that %1$s does not have.');
            END IF;
            IF (SELECT count(DISTINCT k) FROM unnest(p_keys) k) <> cardinality(p_keys) THEN
                PERFORM refuse('DQ001', 'A row of %1$s is made twice.');
            END IF;
            WITH put AS (
                INSERT INTO daybook.%1$I (%5$s)
                SELECT %6$s FROM unnest(p_keys, p_rows) AS r(key, new)
                ON CONFLICT DO NOTHING
                RETURNING id)
            SELECT array_agg(put.id) INTO v_put FROM put;
            IF cardinality(v_put) = cardinality(p_keys) THEN
                RETURN NULL;
            END IF;
            RETURN ARRAY(SELECT k FROM unnest(p_keys) k WHERE v_put IS NULL OR k <> ALL (v_put));
        END
        $body$ $f$,
        p_table, v_names, v_valid, CASE WHEN v_book THEN ' AND r.key = p_book' ELSE '' END,
        CASE WHEN v_book THEN '' ELSE 'book_id, ' END || 'id, '
            || (SELECT string_agg(quote_ident(n), ', ') FROM unnest(v_names) n),
        CASE WHEN v_book THEN '' ELSE 'p_book, ' END || 'r.key, ' || v_read);

    -- A row as a device writes it, without the columns that are null; null when it isn't there. Locks it when asked to.
    EXECUTE format($f$
        CREATE OR REPLACE FUNCTION daybook_sync.row_%1$s(p_book uuid, p_key uuid, p_lock boolean) RETURNS jsonb
            LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $body$
        BEGIN
            IF p_lock THEN
                RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(%2$s)) FROM daybook.%1$I t WHERE %3$s FOR NO KEY UPDATE);
            END IF;
            RETURN (SELECT jsonb_strip_nulls(jsonb_build_object(%2$s)) FROM daybook.%1$I t WHERE %3$s);
        END
        $body$ $f$, p_table, v_image, v_key);

    -- Sets columns of a row that is there.
    EXECUTE format($f$
        CREATE OR REPLACE FUNCTION daybook_sync.edit_%1$s(p_book uuid, p_key uuid, p_new jsonb) RETURNS void
            LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $body$
        BEGIN
            IF NOT coalesce((SELECT r.new - %2$L::text[] = '{}' AND %3$s FROM (SELECT p_new AS new) r), false) THEN
                PERFORM refuse('DQ001', 'A change of %1$s has columns or types that %1$s does not have.');
            END IF;
            UPDATE daybook.%1$I t SET %4$s WHERE %5$s;
        END
        $body$ $f$, p_table, v_names, v_valid, v_set, v_key);

    -- Deletes rows, and before them what they own: the cascade would do it as head office. Answers how many of them were there.
    EXECUTE format($f$
        CREATE OR REPLACE FUNCTION daybook_sync.drop_%1$s(p_book uuid, p_keys uuid[]) RETURNS bigint
            LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $body$
        DECLARE
            v_gone  bigint;
        BEGIN
            %3$s
            DELETE FROM daybook.%1$I t WHERE %2$s AND t.id = ANY (p_keys);
            GET DIAGNOSTICS v_gone = ROW_COUNT;
            RETURN v_gone;
        END
        $body$ $f$, p_table, v_rows,
        (SELECT coalesce(string_agg(format(
             'PERFORM drop_%1$s(p_book, ARRAY(
                SELECT o.id FROM daybook.%1$I o WHERE o.book_id = p_book AND o.%2$I = ANY (p_keys)));',
             s.table_name, a.attname), E'\n            '), '')
         FROM synced_table s
         JOIN pg_constraint k ON k.contype = 'f' AND k.conrelid = format('daybook.%I', s.table_name)::regclass
                             AND k.confrelid = format('daybook.%I', p_table)::regclass
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey) AND a.attname <> 'book_id'
         WHERE s.owner_table = p_table));

    -- A page of rows in the order of their ids, for a snapshot.
    EXECUTE format($f$
        CREATE OR REPLACE FUNCTION daybook_sync.page_%1$s(p_book uuid, p_after uuid, p_rows integer)
            RETURNS TABLE (key uuid, image text) LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $body$
            SELECT t.id, jsonb_strip_nulls(jsonb_build_object(%2$s))::text FROM daybook.%1$I t
            WHERE %3$s AND t.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000') ORDER BY t.id LIMIT p_rows
        $body$ $f$, p_table, v_image, v_rows);

    -- How many rows, and their order-free digest: sixty-four bits of SHA-256 of each row's text, exclusive-ored. The text is the
    -- id and, of each column that the device says it knows and that is not null, name=bytes:value; so a column more changes
    -- nothing for it.
    EXECUTE format($f$
        CREATE OR REPLACE FUNCTION daybook_sync.digest_%1$s(p_book uuid, p_columns text[], OUT rows bigint, OUT digest bigint)
            LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $body$
            SELECT count(*), coalesce(bit_xor(('x' || encode(substr(sha256(convert_to(
                t.id::text || %2$s, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint), 0)
            FROM daybook.%1$I t, (SELECT %4$s OFFSET 0) k WHERE %3$s
        $body$ $f$, p_table, v_digest, v_rows, v_known);
END
$register$;
COMMENT ON FUNCTION daybook_sync.write_table_functions IS 'Writes the functions that know the columns of a table.';

-- A function that chooses a table's function by its name: of all tables, or of those alone that have the optional one.
CREATE OR REPLACE FUNCTION daybook_sync.write_dispatcher(p_name text, p_arguments text, p_returns text, p_statement text,
                                                         p_optional text DEFAULT NULL) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $write$
BEGIN
    EXECUTE format('CREATE OR REPLACE FUNCTION daybook_sync.%I(%s) RETURNS %s LANGUAGE plpgsql
                    SET search_path = daybook_sync, pg_temp AS $body$
                    BEGIN CASE p_table %s ELSE %s END CASE; RETURN NULL; END $body$',
        p_name, p_arguments, p_returns,
        (SELECT string_agg(format('WHEN %L THEN ' || p_statement || ';', s.table_name, s.table_name), E'\n' ORDER BY s.ordinal)
         FROM synced_table s
         WHERE p_optional IS NULL OR to_regprocedure('daybook_sync.' || format(p_optional, s.table_name)) IS NOT NULL),
        CASE WHEN p_optional IS NULL THEN 'PERFORM refuse(''DQ001'', ''There is no such table.'');' ELSE 'NULL;' END);
END
$write$;

-- The functions that choose among the tables by name; written anew with every refresh.
CREATE OR REPLACE FUNCTION daybook_sync.write_dispatchers() RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $write$
BEGIN
    PERFORM write_dispatcher('put_rows', 'p_book uuid, p_table text, p_keys uuid[], p_rows jsonb[]', 'uuid[]',
                             'RETURN put_%s(p_book, p_keys, p_rows)');
    PERFORM write_dispatcher('row_image', 'p_book uuid, p_table text, p_key uuid, p_lock boolean', 'jsonb',
                             'RETURN row_%s(p_book, p_key, p_lock)');
    PERFORM write_dispatcher('edit_row', 'p_book uuid, p_table text, p_key uuid, p_new jsonb', 'text',
                             'RETURN edit_%s(p_book, p_key, p_new)::text');
    PERFORM write_dispatcher('drop_row', 'p_book uuid, p_table text, p_key uuid', 'boolean',
                             'RETURN drop_%s(p_book, ARRAY[p_key]) > 0');
    -- These go to the tables that have a function of that name; the others need none.
    PERFORM write_dispatcher('check_rows',
                             'p_book uuid, p_device uuid, p_table text, p_keys uuid[], p_rows jsonb[], p_documents jsonb', 'text',
                             'RETURN check_%s(p_book, p_device, p_keys, p_rows, p_documents)::text',
                             'check_%s(uuid,uuid,uuid[],jsonb[],jsonb)');
    PERFORM write_dispatcher('check_edit',
                             'p_book uuid, p_device uuid, p_table text, p_key uuid, p_row jsonb, p_new jsonb', 'text',
                             'RETURN check_edit_%s(p_book, p_device, p_key, p_row, p_new)::text',
                             'check_edit_%s(uuid,uuid,uuid,jsonb,jsonb)');
    PERFORM write_dispatcher('check_drop', 'p_book uuid, p_device uuid, p_table text, p_key uuid', 'text',
                             'RETURN check_drop_%s(p_book, p_device, p_key)::text', 'check_drop_%s(uuid,uuid,uuid)');
    -- The columns of a row that is inserted, as a device writes them; what put_rows refuses may come out as it is. Instants and
    -- amounts have 16 digits at most: what has more, or a fraction, comes out as another text.
    EXECUTE format('CREATE OR REPLACE FUNCTION daybook_sync.row_text(p_table text, p_row jsonb) RETURNS text LANGUAGE plpgsql
                    IMMUTABLE AS $body$ BEGIN CASE p_table %s ELSE RETURN NULL; END CASE; END $body$',
        (SELECT string_agg(format('WHEN %L THEN RETURN substr(concat(%s), 2);', s.table_name,
            (SELECT string_agg(format(CASE column_kind(format_type(a.atttypid, a.atttypmod))
                                      WHEN 'number' THEN $$',"%1$s":' || split_part(left(p_row ->> %1$L, 16), '.', 1)$$
                                      ELSE $$',"%1$s":' || (p_row -> %1$L)::text$$ END, a.attname),
                               ', ' ORDER BY a.attname COLLATE "C")
             FROM pg_attribute a
             WHERE a.attrelid = format('daybook.%I', s.table_name)::regclass AND a.attname = ANY (s.columns))), E'\n'
            ORDER BY s.ordinal)
         FROM synced_table s));
    EXECUTE format('CREATE OR REPLACE FUNCTION daybook_sync.table_page(p_book uuid, p_table text, p_after uuid, p_rows integer)
                    RETURNS TABLE (key uuid, image text) LANGUAGE plpgsql STABLE SET search_path = daybook_sync, pg_temp AS $body$
                    BEGIN CASE p_table %s ELSE PERFORM refuse(''DB004'', ''There is no such table.''); END CASE; END $body$',
        (SELECT string_agg(format('WHEN %L THEN RETURN QUERY SELECT * FROM daybook_sync.page_%s(p_book, p_after, p_rows);',
                                  table_name, table_name), E'\n' ORDER BY ordinal)
         FROM synced_table));
    EXECUTE format('CREATE OR REPLACE FUNCTION daybook_sync.book_digest(p_book uuid, p_columns jsonb)
                    RETURNS TABLE (table_name text, rows bigint, digest bigint) LANGUAGE sql STABLE
                    SET search_path = daybook_sync, pg_temp AS $body$ %s $body$',
        (SELECT string_agg(format('SELECT %1$L, d.* FROM daybook_sync.digest_%1$s(p_book, '
                                  || 'ARRAY(SELECT jsonb_array_elements_text(p_columns -> %1$L))) d', t.table_name),
                           E' UNION ALL\n' ORDER BY t.ordinal)
         FROM synced_table t));
END
$write$;
COMMENT ON FUNCTION daybook_sync.write_dispatchers IS 'Writes the functions that choose a table''s function by its name.';

-- What head office may do to a table, and what is captured of it, follows from its kind: that of the owner where it is owned.
CREATE OR REPLACE FUNCTION daybook_sync.kind_of(p_table text) RETURNS text
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    WITH RECURSIVE line AS (
        SELECT s.kind, s.owner_table FROM synced_table s WHERE s.table_name = p_table
        UNION ALL
        SELECT s.kind, s.owner_table FROM line l JOIN synced_table s ON s.table_name = l.owner_table)
    SELECT l.kind FROM line l WHERE l.owner_table IS NULL
$$;

-- Makes a trigger as it is wanted, or lets it go where it isn't. What stands already is not touched: no table is locked for it.
CREATE OR REPLACE FUNCTION daybook_sync.write_trigger(p_relation regclass, p_name text, p_definition text) RETURNS void
    LANGUAGE plpgsql SET search_path = pg_temp AS $$
DECLARE
    v_name  text := (SELECT c.relname FROM pg_class c WHERE c.oid = p_relation) || '_' || p_name || '_trigger';
    v_old   text := (SELECT pg_get_triggerdef(t.oid) FROM pg_trigger t WHERE t.tgrelid = p_relation AND t.tgname = v_name);
    v_new   text := format(p_definition, v_name, p_relation);
BEGIN
    IF v_old IS NOT DISTINCT FROM v_new THEN
        RETURN;
    END IF;
    IF v_old IS NOT NULL THEN
        EXECUTE format('DROP TRIGGER %I ON %s', v_name, p_relation);
    END IF;
    IF v_new IS NOT NULL THEN
        EXECUTE v_new;
    END IF;
END
$$;

-- Whether head office may write a table, and so is held to the rules of its columns.
CREATE OR REPLACE FUNCTION daybook_sync.is_ruled(p_table text) RETURNS boolean
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT kind_of(p_table) = 'master' OR EXISTS (SELECT FROM synced_table s WHERE s.table_name = p_table AND s.rules <> '{}')
$$;

-- Capture for all; the truncate guard for all; a guard of its own where it has one by name, or that of its kind, and behind it
-- the rules of its columns; posted is posted. (Triggers of one moment fire in the order of their names. The definitions
-- are written as pg_get_triggerdef gives them.)
CREATE OR REPLACE FUNCTION daybook_sync.write_table_triggers(p_table text) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_relation  regclass := format('daybook.%I', p_table)::regclass;
    v_kind      text := kind_of(p_table);
    v_guard     text := coalesce(to_regproc('daybook_sync.guard_' || p_table)::regproc::text,
                                 CASE WHEN v_kind <> 'master' THEN 'guard_devices_alone' END);
    v_office    text := 'WHEN ((CURRENT_USER <> ''daybook_machine''::name)) ';
BEGIN
    PERFORM write_trigger(v_relation, 'capture', 'CREATE TRIGGER %I AFTER INSERT OR DELETE OR UPDATE ON %s FOR EACH ROW '
        || v_office || 'EXECUTE FUNCTION daybook_sync.capture_office()');
    PERFORM write_trigger(v_relation, 'truncate', 'CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
        || 'EXECUTE FUNCTION daybook_sync.guard_truncate()');
    PERFORM write_trigger(v_relation, 'guard', 'CREATE TRIGGER %I BEFORE INSERT OR DELETE OR UPDATE ON %s FOR EACH ROW '
        || v_office || 'EXECUTE FUNCTION daybook_sync.' || v_guard || '()');
    PERFORM write_trigger(v_relation, 'rule', CASE WHEN is_ruled(p_table) THEN
        'CREATE TRIGGER %I BEFORE INSERT OR DELETE OR UPDATE ON %s FOR EACH ROW '
        || v_office || 'EXECUTE FUNCTION daybook_sync.rule_' || p_table || '()' END);
    PERFORM write_trigger(v_relation, 'posted', CASE WHEN v_kind IN ('document', 'posted') THEN
        'CREATE TRIGGER %I BEFORE DELETE OR UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION daybook_sync.guard_posted()' END);
END
$$;

-- Takes in what the program declares, parents first: [{table, kind, owner, named_by, letter, columns, defaults, rules}]. Then all
-- that follows from the registry is made anew: functions, triggers, and who may do what. It can run any number of times.
CREATE OR REPLACE FUNCTION daybook_sync.refresh_registry(p_nouns jsonb) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_role   text := current_setting('role');
    v_table  text;
BEGIN
    INSERT INTO synced_table AS s (table_name, ordinal, kind, owner_table, named_by, letter, columns, defaults, rules)
    SELECT n ->> 'table', place, n ->> 'kind', n ->> 'owner', n ->> 'named_by', n ->> 'letter',
           ARRAY(SELECT c FROM jsonb_array_elements_text(n -> 'columns') c ORDER BY c COLLATE "C"),
           ARRAY(SELECT jsonb_array_elements_text(n -> 'defaults')), coalesce(n -> 'rules', '{}')
    FROM jsonb_array_elements(p_nouns) WITH ORDINALITY AS x(n, place)
    ON CONFLICT (table_name)
    DO UPDATE SET ordinal = excluded.ordinal, kind = excluded.kind, owner_table = excluded.owner_table,
                  named_by = excluded.named_by, letter = excluded.letter, columns = excluded.columns,
                  defaults = excluded.defaults, rules = excluded.rules;
    SELECT s.table_name || '.' || c INTO v_table FROM synced_table s, unnest(s.columns) c
    WHERE NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(format('daybook.%I', s.table_name))
                                                   AND a.attname = c AND NOT a.attisdropped);
    IF FOUND THEN
        RAISE EXCEPTION 'Head office has no column % yet, which devices have.', v_table;
    END IF;
    -- What is made here belongs to the machinery, whoever migrates.
    PERFORM set_config('role', 'daybook_machine', true);
    FOR v_table IN SELECT s.table_name FROM synced_table s ORDER BY s.ordinal DESC LOOP
        PERFORM write_table_functions(v_table);
        IF is_ruled(v_table) THEN
            PERFORM write_rules(v_table);
        END IF;
    END LOOP;
    PERFORM write_dispatchers();
    PERFORM set_config('role', v_role, true);
    FOR v_table IN SELECT s.table_name FROM synced_table s ORDER BY s.ordinal LOOP
        PERFORM write_table_triggers(v_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON daybook.%I TO daybook_machine', v_table);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON daybook.%I TO daybook_head_office', v_table);
    END LOOP;
    PERFORM write_trigger('daybook.ledger_posting', 'balance', 'CREATE TRIGGER %I AFTER INSERT ON %s FOR EACH ROW '
        || 'WHEN ((CURRENT_USER <> ''daybook_machine''::name)) EXECUTE FUNCTION daybook_sync.keep_balance()');
    PERFORM write_trigger('daybook.ledger_balance', 'truncate', 'CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT '
        || 'EXECUTE FUNCTION daybook_sync.guard_truncate()');
    PERFORM write_trigger('daybook.ledger_balance', 'guard', 'CREATE TRIGGER %I BEFORE INSERT OR DELETE OR UPDATE ON %s '
        || 'FOR EACH ROW WHEN ((CURRENT_USER <> ''daybook_machine''::name)) '
        || 'EXECUTE FUNCTION daybook_sync.guard_ledger_balance()');
    PERFORM write_trigger('daybook_sync.office_touched_book', 'publish', 'CREATE CONSTRAINT TRIGGER %I AFTER INSERT ON %s '
        || 'DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION daybook_sync.publish_office()');
END
$$;
COMMENT ON FUNCTION daybook_sync.refresh_registry IS
    'Registers the tables that the program declares, and makes anew all that follows: functions, dispatchers, triggers, grants.';

RESET ROLE;
