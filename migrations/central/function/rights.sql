-- What the entry of a command may do: rows that come from the program's table of commands.

SET ROLE daybook_machine;

-- Adds the rights of a program: [{command, table, operation, columns}]. One goes only when no device that had it may come in
-- any more.
CREATE OR REPLACE FUNCTION daybook_sync.add_rights(p_rights jsonb, p_device_schema bigint) RETURNS void
    LANGUAGE sql SET search_path = daybook_sync, pg_temp AS $$
    INSERT INTO command_right AS r (command, table_name, operation, column_name, device_schema)
    SELECT DISTINCT x ->> 'command', x ->> 'table', x ->> 'operation', coalesce(c, ''), p_device_schema
    FROM jsonb_array_elements(p_rights) x
    LEFT JOIN LATERAL jsonb_array_elements_text(x -> 'columns') c ON true
    ON CONFLICT (command, table_name, operation, column_name)
    DO UPDATE SET device_schema = greatest(r.device_schema, excluded.device_schema);
    DELETE FROM command_right r WHERE r.device_schema < limit_of('device_schema_min');
$$;
COMMENT ON FUNCTION daybook_sync.add_rights IS
    'Adds what the commands of a program may do, and forgets what no device that may come in can do.';

-- Whether the entries' commands may do what their changes say; columns are rights one by one.
CREATE OR REPLACE FUNCTION daybook_sync.check_rights(p_entries jsonb[]) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_known  boolean;
BEGIN
    SELECT bool_and(EXISTS (SELECT FROM command_right t WHERE t.command = d.command AND t.table_name = d.table_name
                                                          AND t.operation = d.operation))
    INTO v_known
    FROM (SELECT DISTINCT e ->> 'command' AS command, c ->> 'table' AS table_name, c ->> 'op' AS operation,
                          coalesce(k, '') AS column_name
          FROM unnest(p_entries) e
          CROSS JOIN LATERAL jsonb_array_elements(e -> 'changes') c
          LEFT JOIN LATERAL jsonb_object_keys(CASE c ->> 'op' WHEN 'update' THEN c -> 'new' END) k ON true) d
    LEFT JOIN command_right r ON r.command = d.command AND r.table_name = d.table_name AND r.operation = d.operation
                             AND r.column_name = d.column_name
    WHERE r.command IS NULL;
    IF v_known THEN
        PERFORM refuse('DQ002', 'The command may not change those columns.');
    ELSIF NOT v_known THEN
        PERFORM refuse('DQ002', 'The command may not change those tables.');
    END IF;
END
$$;

RESET ROLE;
