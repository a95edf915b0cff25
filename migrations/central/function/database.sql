-- What is granted on the database itself, on its languages and on PostgreSQL's own functions. A dump does not hold all of that,
-- or not unless the database is restored with it, so `daybook central migrate` asserts it each time, and `daybook central status`
-- tells what is amiss: see wrong_rights. What stands already is not written again.

-- What marks a role's password: not the verifier itself, for whoever has that can try passwords against it. It is the
-- administrator's own function, because nobody else reads pg_authid.
CREATE OR REPLACE FUNCTION daybook_sync.password_mark(p_role text) RETURNS bytea
    LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(convert_to(a.rolpassword, 'UTF8')) FROM pg_authid a WHERE a.rolname = p_role
$$;
REVOKE ALL ON FUNCTION daybook_sync.password_mark FROM PUBLIC;
GRANT EXECUTE ON FUNCTION daybook_sync.password_mark TO daybook_machine;

DO $$
DECLARE
    v_role      text;
    v_function  regprocedure;
    v_database  text := quote_ident(current_database());
BEGIN
    IF has_database_privilege('public', current_database(), 'CONNECT, TEMPORARY, CREATE') THEN
        EXECUTE format('REVOKE ALL ON DATABASE %s FROM PUBLIC', v_database);
    END IF;
    IF NOT has_database_privilege('daybook_head_office', current_database(), 'CONNECT') THEN
        EXECUTE format('GRANT CONNECT ON DATABASE %s TO daybook_head_office', v_database);
    END IF;
    -- A device's own role is let in where it is enrolled: a server may hold several head offices.
    FOR v_role IN
        SELECT e.role_name FROM daybook_sync.enrolment e JOIN pg_roles r ON r.rolname = e.role_name
        WHERE e.revoked_at IS NULL AND NOT has_database_privilege(r.oid, current_database(), 'CONNECT')
    LOOP
        EXECUTE format('GRANT CONNECT ON DATABASE %s TO %I', v_database, v_role);
    END LOOP;
    -- A device keeps to the functions: nothing that every role can do by default is left to it in this database.
    IF has_schema_privilege('public', 'public', 'USAGE, CREATE') THEN
        REVOKE ALL ON SCHEMA public FROM PUBLIC;
    END IF;
    -- Nor may it run programs of its own.
    IF has_language_privilege('public', 'plpgsql', 'USAGE') OR has_language_privilege('public', 'sql', 'USAGE') THEN
        REVOKE USAGE ON LANGUAGE plpgsql, sql FROM PUBLIC;
    END IF;
    GRANT USAGE ON LANGUAGE plpgsql, sql TO daybook_owner, daybook_machine, daybook_head_office;
    -- Large objects, advisory locks and messages in the log are open to everybody by default: they fill the disk, or block.
    FOR v_function IN
        SELECT p.oid::regprocedure FROM pg_proc p
        WHERE p.pronamespace = 'pg_catalog'::regnamespace
          AND (p.proname LIKE 'lo\_%' OR p.proname IN ('loread', 'lowrite')
               OR p.proname LIKE 'pg\_%advisory%' OR p.proname = 'pg_logical_emit_message'
               OR p.proname IN ('pg_sleep', 'pg_sleep_for', 'pg_sleep_until', 'pg_notify'))
          AND has_function_privilege('public', p.oid, 'EXECUTE')
    LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', v_function);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO daybook_head_office', v_function);
    END LOOP;
    -- To compile the queries of people takes longer than to run them.
    IF current_setting('jit')::boolean THEN
        EXECUTE format('ALTER DATABASE %s SET jit = off', v_database);
    END IF;
END
$$;
