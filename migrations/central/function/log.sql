-- The log of a book: its next version, and what follows from one.

SET ROLE daybook_machine;

-- Notes that what waits in a book's quarantine may be applied by now. Locks the book's row.
CREATE OR REPLACE FUNCTION daybook_sync.schedule_retry(p_book uuid) RETURNS void
    LANGUAGE sql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
    UPDATE book_head h SET retry_from = 0
    WHERE h.book_id = p_book AND EXISTS (SELECT FROM quarantined_entry q WHERE q.book_id = p_book AND q.state = 'waiting')
$$;

-- Notes which records the versions after p_version changed, so that the history of one is read without the others: of each entry
-- that was applied, null in place of any other.
CREATE OR REPLACE FUNCTION daybook_sync.note_records(p_book uuid, p_version bigint, p_entries jsonb[])
    RETURNS void LANGUAGE sql SET search_path = daybook_sync, pg_temp AS $$
    INSERT INTO record_version (book_id, record_id, version)
    SELECT DISTINCT p_book, (c ->> 'key')::uuid, p_version + x.n
    FROM unnest(p_entries) WITH ORDINALITY AS x(entry, n), jsonb_array_elements(x.entry -> 'changes') c
$$;

-- Gives a book's next version; the book's row is locked here, last of all.
CREATE OR REPLACE FUNCTION daybook_sync.append_version(p_book uuid, p_incarnation uuid, p_sequence bigint, p_outcome text,
                                            p_body bytea, p_effect bytea, p_previous bytea, p_entry_hash bytea)
    RETURNS bigint LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_head  book_head;
    v_hash  bytea;
BEGIN
    SELECT h.* INTO STRICT v_head FROM book_head h WHERE h.book_id = p_book FOR UPDATE;
    v_hash := sha256(v_head.book_hash || p_entry_hash || convert_to(p_outcome, 'UTF8') || coalesce(p_effect, ''));
    INSERT INTO book_version (book_id, version, incarnation_id, sequence, outcome, body, effect,
                              previous_hash, entry_hash, book_hash)
    VALUES (p_book, v_head.version + 1, p_incarnation, p_sequence, p_outcome, p_body, p_effect, p_previous, p_entry_hash, v_hash);
    IF p_outcome = 'applied' THEN
        PERFORM note_records(p_book, v_head.version, ARRAY[convert_from(p_body, 'UTF8')::jsonb]);
    END IF;
    UPDATE book_head h SET version = h.version + 1, book_hash = v_hash WHERE h.book_id = p_book;
    RETURN v_head.version + 1;
END
$$;

-- An entry that central itself makes, head office's for the most part. Its chain is the book's own.
CREATE OR REPLACE FUNCTION daybook_sync.append_central(p_book uuid, p_command text, p_changes jsonb) RETURNS bigint
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_body   bytea := convert_to(jsonb_build_object('at', milliseconds(clock_timestamp()), 'book', p_book, 'by', session_user,
                                 'changes', p_changes, 'command', p_command, 'v', 1)::text, 'UTF8');
    v_zeros  bytea := decode(repeat('00', 32), 'hex');
BEGIN
    RETURN append_version(p_book, NULL, NULL, 'applied', v_body, NULL, v_zeros, sha256(v_zeros || v_body));
END
$$;

-- Custody keeps accounts above their minimum; below it something was spent twice, by a store and its copy, or before a device
-- heard of the minimum.
CREATE OR REPLACE FUNCTION daybook_sync.note_overdrafts(p_book uuid, p_version bigint) RETURNS void
    LANGUAGE sql SET search_path = daybook_sync, pg_temp AS $$
    INSERT INTO overdraft (book_id, account_id, version, balance_minor)
    SELECT p_book, b.account_id, p_version, b.balance_minor
    FROM daybook.ledger_balance b JOIN daybook.payment_account a ON a.book_id = b.book_id AND a.id = b.account_id
    WHERE b.book_id = p_book AND b.balance_minor < a.minimum_minor
      AND NOT EXISTS (SELECT FROM overdraft o
                      WHERE o.book_id = p_book AND o.account_id = b.account_id AND o.balance_minor = b.balance_minor)
    ON CONFLICT DO NOTHING
$$;

RESET ROLE;
