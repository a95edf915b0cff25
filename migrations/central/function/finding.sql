-- What is wrong at this moment and wants an administrator, in sentences.

SET ROLE daybook_machine;

-- What is granted on the database that should not be, or not granted that should: database.sql asserts it.
CREATE OR REPLACE FUNCTION daybook_sync.wrong_rights() RETURNS text[]
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT array_agg(format('%s, as after a restore: run daybook central migrate.', w.what))
    FROM (VALUES
        (has_database_privilege('public', current_database(), 'CONNECT'),
         'Every role of the server may connect to this database'),
        (has_database_privilege('public', current_database(), 'TEMPORARY'), 'Devices may make temporary tables here'),
        (has_schema_privilege('public', 'public', 'USAGE, CREATE'), 'Devices may use the schema public here'),
        (has_language_privilege('public', 'sql', 'USAGE') OR has_language_privilege('public', 'plpgsql', 'USAGE'),
         'Devices may make functions here'),
        (has_function_privilege('public', 'pg_catalog.lo_create(oid)', 'EXECUTE')
         OR has_function_privilege('public', 'pg_catalog.pg_advisory_lock(bigint)', 'EXECUTE'),
         'Devices may fill the disk with large objects or hold locks here'),
        (EXISTS (SELECT FROM enrolment e JOIN pg_roles r ON r.rolname = e.role_name
                 WHERE e.revoked_at IS NULL AND NOT has_database_privilege(r.oid, current_database(), 'CONNECT')),
         'Devices that are enrolled may not connect to this database')) AS w(is_so, what)
    WHERE w.is_so
$$;
COMMENT ON FUNCTION daybook_sync.wrong_rights IS
    'What is granted on the database that should not be, or not granted that should; null where all is well.';

-- (Marks of passwords are for administrators alone.)
CREATE OR REPLACE FUNCTION daybook_sync.device_findings(p_role text) RETURNS text[]
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT array_remove(ARRAY[
        CASE WHEN NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = e.role_name)
             THEN 'its role is missing on this server: restore it, or revoke it and enrol it again' END,
        CASE WHEN e.password_mark <> password_mark(e.role_name)
             THEN 'its password was changed after it had joined, as no Daybook does, so somebody else may use its link: revoke it'
                  || ' and enrol it again' END,
        CASE WHEN e.copied_at IS NOT NULL
             THEN format('two stores go on as this device, last seen %s: enrol one of them anew',
                         to_char(e.copied_at, 'YYYY-MM-DD HH24:MI')) END
    ], NULL)
    FROM enrolment e WHERE e.role_name = p_role AND e.revoked_at IS NULL
$$;
COMMENT ON FUNCTION daybook_sync.device_findings IS 'What is wrong with a device that may call.';

RESET ROLE;
