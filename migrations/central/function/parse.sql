-- Entries as devices write them: read, and compared with the one way in which they are written.

SET ROLE daybook_machine;

-- A value of a row as its text; nothing where it is none that a row can have.
CREATE OR REPLACE FUNCTION daybook_sync.plain(p_value jsonb) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE jsonb_typeof(p_value)
        WHEN 'string' THEN p_value::text
        WHEN 'null' THEN 'null'
        -- (A regular expression would take as long as all the rest.)
        WHEN 'number' THEN CASE WHEN strpos(p_value::text, '.') = 0 AND octet_length(ltrim(p_value::text, '-')) <= 16
                           THEN p_value::text END
    END
$$;

-- An entry's changes as a device writes them.
CREATE OR REPLACE FUNCTION daybook_sync.changes_text(p_changes jsonb) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT string_agg(
        '{"key":' || (c -> 'key')::text
        || CASE WHEN c ? 'new' THEN ',"new":{' || (
               SELECT coalesce(string_agg('"' || key || '":' || plain(value), ',' ORDER BY key COLLATE "C"), '')
               FROM jsonb_each(c -> 'new')) || '}' ELSE '' END
        || CASE WHEN c ? 'old' THEN ',"old":{' || (
               SELECT coalesce(string_agg('"' || key || '":' || plain(value), ',' ORDER BY key COLLATE "C"), '')
               FROM jsonb_each(c -> 'old')) || '}' ELSE '' END
        || ',"op":' || (c -> 'op')::text || ',"table":' || (c -> 'table')::text || '}', ',' ORDER BY m)
    FROM jsonb_array_elements(p_changes) WITH ORDINALITY AS y(c, m)
$$;

-- An entry with that text of its changes.
CREATE OR REPLACE FUNCTION daybook_sync.entry_text(p_entry jsonb, p_changes text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT '{"at":' || (p_entry -> 'at')::text || ',"book":' || (p_entry -> 'book')::text || ',"changes":[' || p_changes
        || '],"command":' || (p_entry -> 'command')::text || ',"incarnation":' || (p_entry -> 'incarnation')::text
        || ',"person":' || (p_entry -> 'person')::text || ',"request":' || (p_entry -> 'request')::text
        || ',"schema":' || (p_entry -> 'schema')::text || ',"sequence":' || (p_entry -> 'sequence')::text
        || ',"v":' || (p_entry -> 'v')::text || '}'
$$;

-- A device's entries, parsed: their bytes are what the call says they are, or this fails.
--
-- All devices read these bytes with readers of their own. What can be written in two ways (a member twice, 1e2 for 100, other
-- members, an id in capitals) could be read in two ways, or stop them for good: so an entry is written in the one way, RFC
-- 8785, with these members and no others. It is written anew here and compared, all of a batch in one statement: one a call
-- costs twice as much.
CREATE OR REPLACE FUNCTION daybook_sync.parse_entries(p_book uuid, p_incarnation uuid, p_first bigint, p_bodies bytea[])
    RETURNS jsonb[]
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
        -- Most often all changes are inserts, whose text is put together faster.
        WHEN (convert_from(b, 'UTF8') IS DISTINCT FROM entry_text(e,
                 (SELECT string_agg('{"key":' || (c -> 'key')::text || ',"new":{' || row_text(c ->> 'table', c -> 'new')
                                    || '},"op":"insert","table":' || (c -> 'table')::text || '}', ',' ORDER BY m)
                  FROM jsonb_array_elements(e -> 'changes') WITH ORDINALITY AS y(c, m)))
              AND convert_from(b, 'UTF8') IS DISTINCT FROM entry_text(e, changes_text(e -> 'changes')))
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

-- The ids of the rows that an entry makes; none where it can't be read.
CREATE OR REPLACE FUNCTION daybook_sync.inserted_keys(p_body bytea) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT c ->> 'key' FROM jsonb_array_elements(convert_from(p_body, 'UTF8')::jsonb -> 'changes') c
                 WHERE c ->> 'op' = 'insert');
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
    RETURN '{}';
END
$$;

-- The accounts that an entry lowers; none where it can't be read.
CREATE OR REPLACE FUNCTION daybook_sync.lowered_accounts(p_body bytea) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    RETURN ARRAY(SELECT c -> 'new' ->> 'credit_account_id'
                 FROM jsonb_array_elements(convert_from(p_body, 'UTF8')::jsonb -> 'changes') c
                 WHERE c ->> 'table' = 'ledger_posting' AND c -> 'new' ? 'credit_account_id');
EXCEPTION WHEN data_exception OR program_limit_exceeded OR statement_too_complex THEN
    RETURN '{}';
END
$$;

RESET ROLE;
