-- The registry writes, for each synced table, the functions that know its columns: from the catalogue, once, here. So no name
-- from a payload ever stands in a statement, and a new table costs a line.

SET ROLE daybook_machine;

CREATE FUNCTION daybook_sync.instant(p_milliseconds bigint) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT to_timestamp(p_milliseconds::double precision / 1000) $$;
COMMENT ON FUNCTION daybook_sync.instant IS 'UTC milliseconds as an instant.';

CREATE FUNCTION daybook_sync.milliseconds(p_instant timestamptz) RETURNS bigint
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    AS $$ SELECT (extract(epoch FROM p_instant) * 1000)::bigint $$;
COMMENT ON FUNCTION daybook_sync.milliseconds IS 'An instant as UTC milliseconds.';

CREATE FUNCTION daybook_sync.refuse(p_code text, p_message text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = p_code, MESSAGE = p_message;
END
$$;
COMMENT ON FUNCTION daybook_sync.refuse IS 'Raises: DQ… quarantines an entry, DB… fails the call.';

-- How a column is read from a device's JSON, and how it is written there.
CREATE FUNCTION daybook_sync.column_in(p_type text, p_from text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_type
        WHEN 'timestamp(3) with time zone' THEN format('daybook_sync.instant((%s)::bigint)', p_from)
        WHEN 'bytea' THEN format('decode(%s, ''hex'')', p_from)
        WHEN 'text' THEN p_from
        ELSE format('(%s)::%s', p_from, p_type)
    END
$$;
CREATE FUNCTION daybook_sync.column_out(p_type text, p_column text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_type
        WHEN 'timestamp(3) with time zone' THEN format('daybook_sync.milliseconds(%s)', p_column)
        WHEN 'bytea' THEN format('encode(%s, ''hex'')', p_column)
        ELSE p_column
    END
$$;
CREATE FUNCTION daybook_sync.column_kind(p_type text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_type WHEN 'timestamp(3) with time zone' THEN 'number' WHEN 'bigint' THEN 'number' ELSE 'string' END
$$;

-- Whether a value is written in the one way that a device writes it: another way might mean something else there, or nothing.
CREATE FUNCTION daybook_sync.column_form(p_type text, p_from text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE p_type
        WHEN 'uuid' THEN format('coalesce((%1$s)::uuid::text = %1$s, true)', p_from)
        WHEN 'date' THEN format('coalesce(%1$s ~ ''^[0-9]{4}-[0-9]{2}-[0-9]{2}$'', true)', p_from)
        WHEN 'bytea' THEN format('coalesce(%1$s ~ ''^([0-9a-f]{2})*$'', true)', p_from)
        WHEN 'timestamp(3) with time zone' THEN format('coalesce((%s)::bigint BETWEEN 0 AND 253402300799999, true)', p_from)
        ELSE 'true'
    END
$$;

CREATE FUNCTION daybook_sync.register_table(p_table text, p_kind text) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $register$
DECLARE
    v_book      boolean := p_table = 'book';
    v_key       text := CASE WHEN v_book THEN 't.id = p_book AND p_key = p_book' ELSE 't.book_id = p_book AND t.id = p_key' END;
    v_names     text[];
    v_read      text;
    v_valid     text;
    v_image     text;
    v_set       text;
    v_digest    text;
BEGIN
    INSERT INTO synced_table (table_name, ordinal, kind)
    SELECT p_table, 1 + coalesce(max(ordinal), 0), p_kind FROM synced_table;

    SELECT array_agg(c.name ORDER BY c.name COLLATE "C"),
           string_agg(column_in(c.type, format('r.new ->> %L', c.name)), ', ' ORDER BY c.name COLLATE "C"),
           string_agg(format('coalesce(jsonb_typeof(r.new -> %L), ''null'') IN (''null'', %L) AND %s', c.name, column_kind(c.type),
                             column_form(c.type, format('(r.new ->> %L)', c.name))),
                      ' AND ' ORDER BY c.name COLLATE "C"),
           string_agg(format('%L, %s', c.name, column_out(c.type, 't.' || quote_ident(c.name))), ', ' ORDER BY c.name COLLATE "C"),
           string_agg(format('%1$I = CASE WHEN p_new ? %1$L THEN %2$s ELSE t.%1$I END', c.name,
                             column_in(c.type, format('p_new ->> %L', c.name))), ', '),
           string_agg(format('coalesce(%s::text, chr(30))', column_out(c.type, 't.' || quote_ident(c.name))),
                      ' || chr(31) || ' ORDER BY c.name COLLATE "C")
    INTO v_names, v_read, v_valid, v_image, v_set, v_digest
    FROM (SELECT attname::text AS name, format_type(atttypid, atttypmod) AS type
          FROM pg_attribute
          WHERE attrelid = format('daybook.%I', p_table)::regclass AND attnum > 0 AND NOT attisdropped
            AND attname NOT IN ('id', 'book_id')) c;
    UPDATE synced_table SET columns = v_names WHERE table_name = p_table;

    -- Inserts rows [{key, new}]; answers the keys of those that were there already, null when none was.
    EXECUTE format($f$
        CREATE FUNCTION daybook_sync.put_%1$s(p_book uuid, p_rows jsonb) RETURNS uuid[]
            LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $body$
        DECLARE
            v_put  uuid[];
        BEGIN
            IF EXISTS (SELECT FROM jsonb_to_recordset(p_rows) AS r(key uuid, new jsonb)
                       WHERE NOT coalesce(r.new - %2$L::text[] = '{}' AND %3$s%4$s, false)) THEN
                PERFORM refuse('DQ001', 'A row of %1$s has columns or types that %1$s does not have.');
            END IF;
            IF (SELECT count(DISTINCT r.key) FROM jsonb_to_recordset(p_rows) AS r(key uuid)) <> jsonb_array_length(p_rows) THEN
                PERFORM refuse('DQ001', 'A row of %1$s is made twice.');
            END IF;
            WITH put AS (
                INSERT INTO daybook.%1$I (%5$s)
                SELECT %6$s FROM jsonb_to_recordset(p_rows) AS r(key uuid, new jsonb)
                ON CONFLICT DO NOTHING
                RETURNING id)
            SELECT array_agg(put.id) INTO v_put FROM put;
            IF cardinality(v_put) = jsonb_array_length(p_rows) THEN
                RETURN NULL;
            END IF;
            RETURN ARRAY(SELECT r.key FROM jsonb_to_recordset(p_rows) AS r(key uuid, new jsonb)
                         WHERE v_put IS NULL OR r.key <> ALL (v_put));
        END
        $body$ $f$,
        p_table, v_names, v_valid, CASE WHEN v_book THEN ' AND r.key = p_book' ELSE '' END,
        CASE WHEN v_book THEN '' ELSE 'book_id, ' END || 'id, ' || (SELECT string_agg(quote_ident(n), ', ') FROM unnest(v_names) n),
        CASE WHEN v_book THEN '' ELSE 'p_book, ' END || 'r.key, ' || v_read);

    -- A row as a device writes it, without the columns that are null; null when it isn't there. Locks it when asked to.
    EXECUTE format($f$
        CREATE FUNCTION daybook_sync.row_%1$s(p_book uuid, p_key uuid, p_lock boolean) RETURNS jsonb
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
        CREATE FUNCTION daybook_sync.edit_%1$s(p_book uuid, p_key uuid, p_new jsonb) RETURNS void
            LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $body$
        BEGIN
            IF NOT coalesce((SELECT r.new - %2$L::text[] = '{}' AND %3$s FROM (SELECT p_new AS new) r), false) THEN
                PERFORM refuse('DQ001', 'A change of %1$s has columns or types that %1$s does not have.');
            END IF;
            UPDATE daybook.%1$I t SET %4$s WHERE %5$s;
        END
        $body$ $f$, p_table, v_names, v_valid, v_set, v_key);

    EXECUTE format($f$
        CREATE FUNCTION daybook_sync.drop_%1$s(p_book uuid, p_key uuid) RETURNS boolean
            LANGUAGE sql SET search_path = daybook_sync, pg_temp AS $body$
            WITH gone AS (DELETE FROM daybook.%1$I t WHERE %2$s RETURNING 1) SELECT EXISTS (SELECT FROM gone)
        $body$ $f$, p_table, v_key);

    -- A page of rows in the order of their ids, for a snapshot.
    EXECUTE format($f$
        CREATE FUNCTION daybook_sync.page_%1$s(p_book uuid, p_after uuid, p_rows integer) RETURNS TABLE (key uuid, image text)
            LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $body$
            SELECT t.id, jsonb_strip_nulls(jsonb_build_object(%2$s))::text FROM daybook.%1$I t
            WHERE %3$s AND t.id > coalesce(p_after, '00000000-0000-0000-0000-000000000000') ORDER BY t.id LIMIT p_rows
        $body$ $f$, p_table, v_image, CASE WHEN v_book THEN 't.id = p_book' ELSE 't.book_id = p_book' END);

    -- How many rows, and their order-free digest: sixty-four bits of SHA-256 of each row's text, exclusive-ored.
    EXECUTE format($f$
        CREATE FUNCTION daybook_sync.digest_%1$s(p_book uuid, OUT rows bigint, OUT digest bigint)
            LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $body$
            SELECT count(*), coalesce(bit_xor(('x' || encode(substr(sha256(convert_to(
                t.id::text || chr(31) || %2$s, 'UTF8')), 1, 8), 'hex'))::bit(64)::bigint), 0)
            FROM daybook.%1$I t WHERE %3$s
        $body$ $f$, p_table, v_digest, CASE WHEN v_book THEN 't.id = p_book' ELSE 't.book_id = p_book' END);
END
$register$;
COMMENT ON FUNCTION daybook_sync.register_table IS 'Makes a table of schema daybook a synced one, and writes the functions that know its columns.';

-- The functions that choose among the tables by name; written anew whenever a table is registered.
CREATE FUNCTION daybook_sync.write_dispatchers() RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $write$
DECLARE
    v_signature  text[];
    v_signatures text[] := ARRAY[
        ARRAY['put_row', 'p_book uuid, p_table text, p_rows jsonb', 'uuid[]', 'put_%s(p_book, p_rows)'],
        ARRAY['row_image', 'p_book uuid, p_table text, p_key uuid, p_lock boolean', 'jsonb', 'row_%s(p_book, p_key, p_lock)'],
        ARRAY['edit_row', 'p_book uuid, p_table text, p_key uuid, p_new jsonb', 'text', 'edit_%s(p_book, p_key, p_new)::text'],
        ARRAY['drop_row', 'p_book uuid, p_table text, p_key uuid', 'boolean', 'drop_%s(p_book, p_key)']];
BEGIN
    FOREACH v_signature SLICE 1 IN ARRAY v_signatures LOOP
        EXECUTE format('CREATE OR REPLACE FUNCTION daybook_sync.%I(%s) RETURNS %s LANGUAGE plpgsql
                        SET search_path = daybook_sync, pg_temp AS $body$
                        BEGIN CASE p_table %s ELSE PERFORM refuse(''DQ001'', ''There is no such table.''); END CASE; RETURN NULL; END $body$',
            v_signature[1], v_signature[2], v_signature[3],
            (SELECT string_agg(format('WHEN %L THEN RETURN daybook_sync.' || v_signature[4] || ';', table_name, table_name), E'\n' ORDER BY ordinal)
             FROM synced_table));
    END LOOP;
    EXECUTE format('CREATE OR REPLACE FUNCTION daybook_sync.table_page(p_book uuid, p_table text, p_after uuid, p_rows integer)
                    RETURNS TABLE (key uuid, image text) LANGUAGE plpgsql STABLE SET search_path = daybook_sync, pg_temp AS $body$
                    BEGIN CASE p_table %s ELSE PERFORM refuse(''DB004'', ''There is no such table.''); END CASE; END $body$',
        (SELECT string_agg(format('WHEN %L THEN RETURN QUERY SELECT * FROM daybook_sync.page_%s(p_book, p_after, p_rows);', table_name, table_name), E'\n')
         FROM synced_table));
    EXECUTE format('CREATE OR REPLACE FUNCTION daybook_sync.book_digest(p_book uuid)
                    RETURNS TABLE (table_name text, rows bigint, digest bigint) LANGUAGE sql STABLE
                    SET search_path = daybook_sync, pg_temp AS $body$ %s $body$',
        (SELECT string_agg(format('SELECT %L, d.* FROM daybook_sync.digest_%s(p_book) d', t.table_name, t.table_name), ' UNION ALL ' ORDER BY t.ordinal)
         FROM synced_table t));
END
$write$;
COMMENT ON FUNCTION daybook_sync.write_dispatchers IS 'Writes the functions that choose a table''s function by its name.';

SELECT daybook_sync.register_table(table_name, kind) FROM (VALUES
    ('book', 'master'), ('device', 'work'), ('person', 'master'), ('payment_account', 'master'), ('ledger_posting', 'posted'),
    ('payment_transfer', 'posted'), ('tax', 'master'), ('product', 'master'), ('customer', 'master'),
    ('import_batch', 'work'), ('import_row', 'work')) AS t(table_name, kind);
SELECT daybook_sync.write_dispatchers();

INSERT INTO daybook_sync.command_right (command, table_name, operation, columns) VALUES
    ('book_setup', 'book', 'insert', NULL), ('book_setup', 'device', 'insert', NULL), ('book_setup', 'person', 'insert', NULL),
    ('book_setup', 'payment_account', 'insert', NULL),
    ('device_rename', 'device', 'update', '{name}'),
    ('person_add', 'person', 'insert', NULL),
    ('account_open', 'payment_account', 'insert', NULL), ('account_open', 'ledger_posting', 'insert', NULL),
    ('account_edit', 'payment_account', 'update', '{name,minimum_minor}'),
    ('account_close', 'payment_account', 'update', '{closed_at}'),
    ('account_hand_over', 'payment_account', 'update', '{custodian_device_id}'),
    ('transfer_funds', 'payment_transfer', 'insert', NULL), ('transfer_funds', 'ledger_posting', 'insert', NULL),
    ('transfer_reverse', 'payment_transfer', 'insert', NULL), ('transfer_reverse', 'ledger_posting', 'insert', NULL),
    ('customer_add', 'customer', 'insert', NULL),
    ('customer_edit', 'customer', 'update', '{code,name,contact,phone,email,address,city,region,postal_code,country,note}'),
    ('customer_archive', 'customer', 'update', '{archived_at}'),
    ('product_add', 'product', 'insert', NULL),
    ('product_edit', 'product', 'update', '{sku,name,category,unit,price_minor,tax_id,archived_at}'),
    ('tax_add', 'tax', 'insert', NULL),
    ('import_start', 'import_batch', 'insert', NULL),
    ('import_step', 'import_batch', 'update', NULL), ('import_step', 'import_row', 'insert', NULL),
    ('import_step', 'customer', 'insert', NULL), ('import_step', 'product', 'insert', NULL),
    ('import_undo', 'import_batch', 'update', NULL), ('import_undo', 'import_batch', 'delete', NULL), ('import_undo', 'import_row', 'delete', NULL), ('import_undo', 'import_row', 'update', NULL),
    ('import_undo', 'customer', 'delete', NULL), ('import_undo', 'product', 'delete', NULL),
    ('import_discard', 'import_batch', 'delete', NULL), ('import_discard', 'import_row', 'delete', NULL),
    ('conflict_settle', 'customer', 'update',
     '{code,name,contact,phone,email,address,city,region,postal_code,country,note,archived_at}'),
    ('conflict_settle', 'product', 'update', '{sku,name,category,unit,price_minor,tax_id,archived_at}'),
    ('conflict_settle', 'payment_account', 'update', '{name,minimum_minor,closed_at}');

RESET ROLE;
