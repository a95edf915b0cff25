-- What a forger would break, where it is no matter of one table. What is one is in check_{table}.sql: check_{table} looks at
-- the rows that a batch made, p_documents being the documents among them, each one's kind by its id; check_edit_{table} looks at
-- a change of one, check_drop_{table} at one that goes. The registry finds them by their names.

SET ROLE daybook_machine;

-- {device code}-{series}-{000001}. A series is a letter for the kind of document and, from the store's second life on, which life
-- it is; null where it is none of that letter.
CREATE OR REPLACE FUNCTION daybook_sync.document_number(p_code text, p_letter text, p_series text, p_serial bigint)
    RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT p_code || '-' || CASE WHEN p_series ~ ('^' || p_letter || '([2-9]|[1-9][0-9]{1,8})?$') THEN p_series END || '-'
        || CASE WHEN p_serial < 1000000 THEN lpad(p_serial::text, 6, '0') ELSE p_serial::text END
$$;

-- Whether a record is on its way in an entry that waits in quarantine: then what is done to it waits as well.
CREATE OR REPLACE FUNCTION daybook_sync.check_made(p_book uuid, p_key uuid) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF EXISTS (
        SELECT FROM quarantined_entry q JOIN book_version b ON b.book_id = q.book_id AND b.version = q.version
        WHERE q.book_id = p_book AND q.state = 'waiting' AND p_key::text = ANY (inserted_keys(b.body))
    ) THEN
        PERFORM refuse('23503', 'The record waits in quarantine.');
    END IF;
END
$$;

RESET ROLE;
