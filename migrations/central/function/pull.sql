-- What a device reads: versions, the newest one, snapshots, digests. Each call names its book, looks up who calls by
-- session_user, and can be repeated after any failure.

SET ROLE daybook_machine;

-- The hashes of a lane at these sequences: how a copied store finds the last entry that both have.
CREATE OR REPLACE FUNCTION daybook_sync.lane_hash(p_book uuid, p_incarnation uuid, p_sequences bigint[])
    RETURNS TABLE (sequence bigint, hash bytea)
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM caller(p_book);
    IF cardinality(p_sequences) > 100 THEN
        PERFORM refuse('DB004', 'Too many at once.');
    END IF;
    RETURN QUERY
        SELECT DISTINCT ON (b.sequence) b.sequence, b.entry_hash FROM book_version b
        WHERE b.book_id = p_book AND b.incarnation_id = p_incarnation AND b.sequence = ANY (p_sequences)
        ORDER BY b.sequence, b.version;
END
$$;

-- A central that was put back to an older day has lost versions, or has other ones: the hash of the caller's tells.
CREATE OR REPLACE FUNCTION daybook_sync.check_version(p_book uuid, p_version bigint, p_book_hash bytea) RETURNS void
    LANGUAGE plpgsql STABLE SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF p_version > 0 AND (SELECT b.book_hash FROM book_version b WHERE b.book_id = p_book AND b.version = p_version)
                         IS DISTINCT FROM p_book_hash THEN
        PERFORM refuse('DB005', 'Head office does not have the version that this device has.');
    END IF;
END
$$;

-- A book's versions after p_after, up to so many bytes, one at least. p_lanes and p_sequences say how far it holds its own
-- lanes: of those entries it gets the marker alone.
CREATE OR REPLACE FUNCTION daybook_sync.pull(p_book uuid, p_after bigint, p_book_hash bytea, p_bytes bigint, p_lanes uuid[],
                                  p_sequences bigint[])
    RETURNS TABLE (version bigint, incarnation_id uuid, sequence bigint, outcome text, effect bytea, body bytea,
                   previous_hash bytea, book_hash bytea, device_id uuid)
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_bytes  bigint := least(p_bytes, limit_of('page_bytes_max'));
BEGIN
    PERFORM caller(p_book);
    IF cardinality(p_lanes) > 1000 OR cardinality(p_sequences) > 1000 THEN
        PERFORM refuse('DB004', 'Too many at once.');
    END IF;
    PERFORM check_version(p_book, p_after, p_book_hash);
    RETURN QUERY
        WITH candidate AS (
            SELECT b.version, b.incarnation_id, b.sequence, b.outcome, b.effect, b.previous_hash, b.book_hash,
                   b.incarnation_id IS NOT NULL AND EXISTS (
                       SELECT FROM unnest(p_lanes, p_sequences) AS l(lane, most)
                       WHERE l.lane = b.incarnation_id AND b.sequence <= l.most) AS own,
                   octet_length(b.body) AS size
            FROM book_version b
            WHERE b.book_id = p_book AND b.version > p_after
            ORDER BY b.version LIMIT limit_of('page_entries_max')
        ), weighed AS (
            SELECT c.*, CASE WHEN c.own THEN 70 ELSE c.size + 200 END + coalesce(octet_length(c.effect), 0) AS weight
            FROM candidate c
        ), measured AS (
            -- What all before it weigh never becomes less, so a page has no gaps.
            SELECT w.*, sum(w.weight) OVER (ORDER BY w.version) - w.weight AS before,
                   row_number() OVER (ORDER BY w.version) AS place
            FROM weighed w
        ), page AS (
            SELECT m.*, lead(m.version) OVER (ORDER BY m.version) IS NULL AS last
            FROM measured m WHERE m.place = 1 OR m.before < v_bytes
        )
        SELECT p.version, p.incarnation_id, p.sequence, nullif(p.outcome, 'applied'), p.effect,
               CASE WHEN NOT p.own THEN (SELECT b.body FROM book_version b
                                         WHERE b.book_id = p_book AND b.version = p.version) END,
               CASE WHEN NOT p.own THEN p.previous_hash END,
               CASE WHEN p.last THEN p.book_hash END,
               CASE WHEN NOT p.own THEN l.device_id END
        FROM page p LEFT JOIN lane l ON l.book_id = p_book AND l.incarnation_id = p.incarnation_id
        ORDER BY p.version;
END
$$;
COMMENT ON FUNCTION daybook_sync.pull IS
    'The next versions of a book, in order; those of others with their device, an outcome where it isn''t applied, the last'
    ' one with the book hash.';

-- The newest version of a book. Whoever calls says what it has on disk itself, which people at head office see, and whether
-- nothing of its own waits.
CREATE OR REPLACE FUNCTION daybook_sync.head(p_book uuid, p_version bigint, p_book_hash bytea, p_settled boolean,
                                  OUT version bigint, OUT book_hash bytea, OUT server_time bigint, OUT retry_due boolean)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM caller(p_book);
    PERFORM check_version(p_book, p_version, p_book_hash);
    UPDATE enrolment e SET pulled_version = greatest(p_version, 0),
        heard_version = CASE WHEN p_settled THEN greatest(e.heard_version, p_version) ELSE e.heard_version END
    WHERE e.role_name = session_user
      AND (e.pulled_version <> greatest(p_version, 0) OR (p_settled AND e.heard_version < p_version));
    SELECT h.version, h.book_hash, milliseconds(clock_timestamp()), h.retry_from IS NOT NULL
    INTO version, book_hash, server_time, retry_due FROM book_head h WHERE h.book_id = p_book;
END
$$;
COMMENT ON FUNCTION daybook_sync.head IS
    'The newest version of a book: what a device polls, and how it notices that central was put back.';

CREATE OR REPLACE FUNCTION daybook_sync.snapshot_page(p_book uuid, p_table text, p_after uuid, p_rows integer)
    RETURNS TABLE (key uuid, image text)
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM caller(p_book);
    RETURN QUERY SELECT * FROM table_page(p_book, p_table, p_after, least(greatest(p_rows, 1), 20000));
END
$$;
COMMENT ON FUNCTION daybook_sync.snapshot_page IS 'A page of a table''s rows in the order of their ids, as a device writes them.';

-- A row that another one of a page refers to.
CREATE OR REPLACE FUNCTION daybook_sync.snapshot_row(p_book uuid, p_table text, p_key uuid) RETURNS text
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM caller(p_book);
    RETURN row_image(p_book, p_table, p_key, false)::text;
END
$$;
COMMENT ON FUNCTION daybook_sync.snapshot_row IS 'One row as a device writes it; null when it is not there.';

-- Count and digest of each table, if the book stands at that version; nothing when it has moved on. p_columns says which columns
-- the device knows, as {table: [column, …]}: the digest is of those alone.
CREATE OR REPLACE FUNCTION daybook_sync.table_digest(p_book uuid, p_version bigint, p_columns jsonb)
    RETURNS TABLE (table_name text, rows bigint, digest bigint)
    LANGUAGE plpgsql SECURITY DEFINER STABLE SET search_path = daybook_sync, pg_temp SET datestyle = 'ISO, YMD' AS $$
BEGIN
    PERFORM caller(p_book);
    IF EXISTS (SELECT FROM book_head h WHERE h.book_id = p_book AND h.version = p_version) THEN
        RETURN QUERY SELECT * FROM book_digest(p_book, p_columns);
    END IF;
END
$$;
COMMENT ON FUNCTION daybook_sync.table_digest IS 'How many rows each table of the book has, and their order-free digest.';

RESET ROLE;
