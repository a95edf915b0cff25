-- The roles that central knows. A device's own role is made when it is enrolled, and is a member of daybook_device. It may
-- connect to its own head office alone: the group is the whole server's. Roles belong to the whole server, so another database
-- may have made them already. What they may do to the database itself: function/database.sql.

DO $$
DECLARE
    v_role  text;
BEGIN
    FOREACH v_role IN ARRAY ARRAY['daybook_owner', 'daybook_machine', 'daybook_head_office', 'daybook_device'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = v_role) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', v_role);
        END IF;
    END LOOP;
END
$$;

COMMENT ON ROLE daybook_owner IS 'Owns the tables of Daybook; nobody logs in as it.';
COMMENT ON ROLE daybook_machine IS 'Owns the functions that devices call; what it writes is not captured as head office''s.';
COMMENT ON ROLE daybook_head_office IS 'May read all books and write master data with plain SQL. Grant it to people.';
COMMENT ON ROLE daybook_device IS 'May execute the sync functions and nothing else. Each enrolled device is a member.';

CREATE SCHEMA daybook AUTHORIZATION daybook_owner;
COMMENT ON SCHEMA daybook IS 'The books: tables that head office reads and writes with plain SQL, and views for people.';
CREATE SCHEMA daybook_sync AUTHORIZATION daybook_machine;
COMMENT ON SCHEMA daybook_sync IS 'The machinery of sync. Only its functions touch it.';
GRANT USAGE ON SCHEMA daybook TO daybook_head_office, daybook_machine;
GRANT USAGE ON SCHEMA daybook_sync TO daybook_device, daybook_head_office, daybook_owner;

-- A function is for nobody until it is granted.
ALTER DEFAULT PRIVILEGES FOR ROLE daybook_machine REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
