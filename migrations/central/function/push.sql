-- Taking a device's entries: guard the call, answer what is known, take what is new together or one by one, give versions.
--
-- Codes: DB001 refused, DB002 fork, DB003 out of order, DB004 bad call, DB005 rewound, DB006 device too old, DB007 too new. DQ001
-- malformed, DQ002 not allowed, DQ003 unknown schema quarantine an entry and never fail a call.

SET ROLE daybook_machine;

-- Refuses a call that no Daybook makes, and locks the lane of one that it does: two calls for one lane wait for each other.
CREATE OR REPLACE FUNCTION daybook_sync.open_lane(p_book uuid, p_device uuid, p_incarnation uuid, p_first bigint,
                                                  p_previous bytea, p_bodies bytea[])
    RETURNS daybook_sync.lane LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_lane   lane;
    v_count  integer := coalesce(cardinality(p_bodies), 0);
BEGIN
    IF v_count = 0 OR v_count > limit_of('batch_entries_max') OR p_first IS NULL OR p_first < 1
       OR p_incarnation IS NULL OR p_previous IS NULL OR octet_length(p_previous) <> 32
       OR array_ndims(p_bodies) <> 1 OR array_lower(p_bodies, 1) <> 1
       OR EXISTS (SELECT FROM unnest(p_bodies) b WHERE b IS NULL) THEN
        PERFORM refuse('DB004', 'The call is not one that a Daybook makes.');
    END IF;
    -- A release waits for what is under way here, and nothing comes after it.
    PERFORM FROM enrolment e WHERE e.role_name = session_user AND e.revoked_at IS NULL FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        PERFORM refuse('DB001', 'This device is not enrolled for that book, or was revoked.');
    END IF;
    IF (SELECT max(octet_length(b)) > limit_of('entry_bytes_max')
               OR (v_count > 1 AND sum(octet_length(b)) > limit_of('batch_bytes_max')) FROM unnest(p_bodies) b) THEN
        PERFORM refuse('DB004', 'The batch is too large.');
    END IF;
    INSERT INTO lane (book_id, incarnation_id, device_id) VALUES (p_book, p_incarnation, p_device) ON CONFLICT DO NOTHING;
    SELECT l.* INTO STRICT v_lane FROM lane l WHERE l.book_id = p_book AND l.incarnation_id = p_incarnation FOR UPDATE;
    IF v_lane.device_id <> p_device THEN
        PERFORM refuse('DB001', 'That incarnation belongs to another device.');
    END IF;
    IF p_first > v_lane.sequence + 1 THEN
        RAISE EXCEPTION USING ERRCODE = 'DB003', MESSAGE = 'Entries are missing before these.', DETAIL = v_lane.sequence::text;
    END IF;
    IF p_first = v_lane.sequence + 1 AND p_previous <> v_lane.hash THEN
        PERFORM refuse('DB002', 'The chain does not go on from what came before.');
    END IF;
    RETURN v_lane;
END
$$;

-- The hash of each entry of a chain.
CREATE OR REPLACE FUNCTION daybook_sync.chain_hashes(p_previous bytea, p_bodies bytea[]) RETURNS bytea[]
    LANGUAGE plpgsql IMMUTABLE SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_hash    bytea := p_previous;
    v_hashes  bytea[] := '{}';
    v_body    bytea;
BEGIN
    FOREACH v_body IN ARRAY p_bodies LOOP
        v_hash := sha256(v_hash || v_body);
        v_hashes := v_hashes || v_hash;
    END LOOP;
    RETURN v_hashes;
END
$$;

-- What came before is answered as it was then; other bytes under the same number are a fork.
CREATE OR REPLACE FUNCTION daybook_sync.answer_known(p_book uuid, p_incarnation uuid, p_first bigint, p_hashes bytea[])
    RETURNS TABLE (sequence bigint, version bigint, outcome text, effect bytea, book_hash bytea)
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_stored  record;
BEGIN
    FOR i IN 1 .. cardinality(p_hashes) LOOP
        SELECT b.entry_hash, b.version, b.outcome, b.effect, b.book_hash INTO v_stored FROM book_version b
        WHERE b.book_id = p_book AND b.incarnation_id = p_incarnation AND b.sequence = p_first + i - 1
        ORDER BY b.version LIMIT 1;
        IF v_stored.entry_hash IS DISTINCT FROM p_hashes[i] THEN
            PERFORM refuse('DB002', 'Another entry stands under that number.');
        END IF;
        RETURN QUERY SELECT p_first + i - 1, v_stored.version, v_stored.outcome, v_stored.effect, v_stored.book_hash;
    END LOOP;
END
$$;

-- Most often all entries of a batch only insert, and go in together. Answers them, parsed; null when nothing was done.
CREATE OR REPLACE FUNCTION daybook_sync.take_together(p_book uuid, p_device uuid, p_incarnation uuid, p_first bigint,
                                                      p_bodies bytea[])
    RETURNS jsonb[] LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_entries  jsonb[];
BEGIN
    v_entries := parse_entries(p_book, p_incarnation, p_first, p_bodies);
    IF EXISTS (SELECT FROM unnest(v_entries) e, jsonb_array_elements(e -> 'changes') c WHERE c ->> 'op' <> 'insert') THEN
        RETURN NULL;
    END IF;
    PERFORM check_rights(v_entries);
    INSERT INTO entry_request (book_id, request_id, incarnation_id, sequence)
    SELECT p_book, (e ->> 'request')::uuid, p_incarnation, (e ->> 'sequence')::bigint FROM unnest(v_entries) e;
    IF apply_inserts(p_book, p_device, v_entries) IS NOT NULL THEN
        PERFORM refuse('DQ001', 'A row was there already.');
    END IF;
    RETURN v_entries;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR statement_too_complex
            OR SQLSTATE 'DQ001' OR SQLSTATE 'DQ002' OR SQLSTATE 'DQ003' THEN
    RETURN NULL;
END
$$;

-- One entry: applied; superseded, where a copy of the store has done the same request; or quarantined, and then nothing of it
-- was done. `effect` is what its device is told; `code` and `detail` say why it is quarantined; `entry` is what was applied,
-- parsed. p_missing are records that wait in quarantine with entries of the same batch, p_lowered accounts that these lower.
CREATE OR REPLACE FUNCTION daybook_sync.take_entry(
    p_book uuid, p_device uuid, p_incarnation uuid, p_sequence bigint, p_body bytea, p_missing text[], p_lowered text[],
    OUT outcome text, OUT effect bytea, OUT code text, OUT detail text, OUT hands_over boolean, OUT entry jsonb)
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_entry    jsonb;
    v_changes  jsonb;
    v_rule     text;
BEGIN
    v_entry := (parse_entries(p_book, p_incarnation, p_sequence, ARRAY[p_body]))[1];
    IF p_missing <> '{}' AND EXISTS (SELECT FROM jsonb_array_elements(v_entry -> 'changes') c
                                     WHERE c ->> 'op' <> 'insert' AND c ->> 'key' = ANY (p_missing)) THEN
        PERFORM refuse('23503', 'The record waits in quarantine.');
    END IF;
    hands_over := EXISTS (SELECT FROM jsonb_array_elements(v_entry -> 'changes') c
                          WHERE c ->> 'op' = 'update' AND c -> 'new' ? 'custodian_device_id');
    IF p_lowered <> '{}' AND EXISTS (SELECT FROM jsonb_array_elements(v_entry -> 'changes') c
                                     WHERE c -> 'new' ? 'custodian_device_id' AND c ->> 'key' = ANY (p_lowered)) THEN
        PERFORM refuse('DQ002', 'What the device took out of the account before waits in quarantine.');
    END IF;
    INSERT INTO entry_request (book_id, request_id, incarnation_id, sequence)
    VALUES (p_book, (v_entry ->> 'request')::uuid, p_incarnation, p_sequence) ON CONFLICT DO NOTHING;
    IF FOUND THEN
        outcome := 'applied';
        entry := v_entry;
        v_changes := apply_entry(p_book, p_device, v_entry);
    ELSE
        outcome := 'superseded';
        v_changes := touched_rows(p_book, v_entry);
    END IF;
    IF v_changes IS NOT NULL THEN
        effect := convert_to(jsonb_build_object('changes', v_changes)::text, 'UTF8');
    END IF;
EXCEPTION WHEN data_exception OR integrity_constraint_violation OR program_limit_exceeded OR statement_too_complex
            OR SQLSTATE 'DQ001' OR SQLSTATE 'DQ002' OR SQLSTATE 'DQ003' THEN
    GET STACKED DIAGNOSTICS v_rule = CONSTRAINT_NAME;
    outcome := 'quarantined';
    code := quarantine_code(SQLSTATE);
    detail := quarantine_sentence(SQLSTATE, SQLERRM, v_rule);
    effect := convert_to(jsonb_build_object('reason', code, 'detail', detail)::text, 'UTF8');
    hands_over := false;
    entry := NULL;
END
$$;

-- Each entry of a batch, in order.
CREATE OR REPLACE FUNCTION daybook_sync.take_one_by_one(
    p_book uuid, p_device uuid, p_incarnation uuid, p_first bigint, p_bodies bytea[],
    OUT outcomes text[], OUT effects bytea[], OUT codes text[], OUT details text[], OUT hands_over boolean,
    OUT entries jsonb[])
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_taken    record;
    v_missing  text[] := '{}';
    v_lowered  text[] := '{}';
BEGIN
    hands_over := false;
    FOR i IN 1 .. cardinality(p_bodies) LOOP
        SELECT t.* INTO v_taken
        FROM take_entry(p_book, p_device, p_incarnation, p_first + i - 1, p_bodies[i], v_missing, v_lowered) t;
        outcomes[i] := v_taken.outcome;
        effects[i] := v_taken.effect;
        codes[i] := v_taken.code;
        details[i] := v_taken.detail;
        entries[i] := v_taken.entry;
        hands_over := hands_over OR v_taken.hands_over;
        IF v_taken.outcome = 'quarantined' THEN
            v_missing := v_missing || inserted_keys(p_bodies[i]);
            v_lowered := v_lowered || lowered_accounts(p_bodies[i]);
        END IF;
    END LOOP;
END
$$;

-- A store that was put back or copied goes on in a lane of its own, and not in the one before. Where that goes on as well, after
-- the new one has, two stores are in use as one device.
CREATE OR REPLACE FUNCTION daybook_sync.note_copy(p_book uuid, p_device uuid, p_incarnation uuid) RETURNS void
    LANGUAGE sql SET search_path = daybook_sync, pg_temp AS $$
    UPDATE enrolment e SET copied_at = clock_timestamp()
    WHERE e.role_name = session_user AND EXISTS (
        SELECT FROM lane mine JOIN lane other ON other.book_id = mine.book_id AND other.device_id = mine.device_id
        WHERE mine.book_id = p_book AND mine.incarnation_id = p_incarnation AND mine.device_id = p_device
          AND mine.version > 0 AND other.version > mine.version)
$$;

-- Gives each entry of a batch its version; the book's row is locked here, last of all. p_previous is the hash before the first
-- of them, p_entries those that were applied, parsed, p_seen the book's version when the batch began.
CREATE OR REPLACE FUNCTION daybook_sync.give_versions(
    p_book uuid, p_device uuid, p_incarnation uuid, p_first bigint, p_previous bytea, p_bodies bytea[], p_hashes bytea[],
    p_outcomes text[], p_effects bytea[], p_codes text[], p_details text[], p_hands_over boolean, p_entries jsonb[],
    p_seen bigint)
    RETURNS TABLE (sequence bigint, version bigint, outcome text, effect bytea, book_hash bytea)
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
DECLARE
    v_head   book_head;
    v_count  integer := cardinality(p_bodies);
    v_hash   bytea;
    v_heads  bytea[] := '{}';
BEGIN
    SELECT h.* INTO STRICT v_head FROM book_head h WHERE h.book_id = p_book FOR UPDATE;
    v_hash := v_head.book_hash;
    FOR i IN 1 .. v_count LOOP
        v_hash := sha256(v_hash || p_hashes[i] || convert_to(p_outcomes[i], 'UTF8') || coalesce(p_effects[i], ''));
        v_heads := v_heads || v_hash;
    END LOOP;
    RETURN QUERY
        WITH placed AS (
            INSERT INTO book_version AS b (book_id, version, incarnation_id, sequence, outcome, body, effect,
                                           previous_hash, entry_hash, book_hash)
            SELECT p_book, v_head.version + x.n, p_incarnation, p_first + x.n - 1, x.outcome, x.body, x.effect,
                   x.previous, x.hash, x.book_hash
            FROM unnest(p_bodies, p_hashes, p_previous || p_hashes[: v_count - 1], p_outcomes, p_effects, v_heads)
                 WITH ORDINALITY AS x(body, hash, previous, outcome, effect, book_hash, n)
            ORDER BY x.n
            RETURNING b.sequence, b.version, b.outcome, b.effect, b.book_hash)
        SELECT p.sequence, p.version, p.outcome, p.effect, p.book_hash FROM placed p ORDER BY p.version;
    PERFORM note_records(p_book, v_head.version, p_entries);
    INSERT INTO quarantined_entry (book_id, incarnation_id, sequence, version, device_id, reason, detail)
    SELECT p_book, p_incarnation, p_first + x.n - 1, v_head.version + x.n, p_device, x.code, x.detail
    FROM unnest(p_outcomes, p_codes, p_details) WITH ORDINALITY AS x(outcome, code, detail, n)
    WHERE x.outcome = 'quarantined';
    UPDATE book_head h SET version = v_head.version + v_count, book_hash = v_hash WHERE h.book_id = p_book;
    PERFORM note_copy(p_book, p_device, p_incarnation);
    UPDATE lane l SET sequence = p_first + v_count - 1, hash = p_hashes[v_count], version = v_head.version + v_count
    WHERE l.book_id = p_book AND l.incarnation_id = p_incarnation;
    -- By a hand-over, or by what others wrote meanwhile, the cause of what waits may be gone.
    IF p_hands_over OR (v_head.version <> p_seen AND 'quarantined' = ANY (p_outcomes)) THEN
        PERFORM schedule_retry(p_book);
    END IF;
    PERFORM note_overdrafts(p_book, v_head.version + v_count);
END
$$;

-- A batch of entries; one by one what became of them, and the book's hash then. p_hashes are their hashes, null where nobody has
-- computed them. What was taken before is answered as it was. (Compiling its statements takes longer than running them on any
-- batch. Their plans are made once a connection, perhaps while the tables are empty, and have to be good when they are full.)
CREATE OR REPLACE FUNCTION daybook_sync.take_batch(p_book uuid, p_incarnation uuid, p_first bigint, p_previous bytea,
                                                   p_bodies bytea[], p_hashes bytea[], p_waiting bigint)
    RETURNS TABLE (sequence bigint, version bigint, outcome text, effect bytea, book_hash bytea)
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp SET jit = off SET enable_seqscan = off AS $$
#variable_conflict use_column
DECLARE
    v_me        enrolment := caller(p_book);
    v_lane      lane := open_lane(p_book, v_me.device_id, p_incarnation, p_first, p_previous, p_bodies);
    v_count     integer := cardinality(p_bodies);
    v_hashes    bytea[] := coalesce(p_hashes, chain_hashes(p_previous, p_bodies));
    v_known     integer;
    v_first     bigint;
    v_bodies    bytea[];
    v_seen      bigint;
    v_taken     record;
    v_together  jsonb[];
BEGIN
    v_known := least(v_lane.sequence - p_first + 1, v_count);
    RETURN QUERY SELECT k.* FROM answer_known(p_book, p_incarnation, p_first, v_hashes[: v_known]) k;
    IF v_known = v_count THEN
        RETURN;
    END IF;

    v_first := p_first + v_known;
    v_bodies := p_bodies[v_known + 1 :];
    SELECT h.version INTO v_seen FROM book_head h WHERE h.book_id = p_book;
    v_together := take_together(p_book, v_me.device_id, p_incarnation, v_first, v_bodies);
    IF v_together IS NOT NULL THEN
        SELECT array_fill('applied'::text, ARRAY[cardinality(v_bodies)]) AS outcomes, NULL::bytea[] AS effects,
               NULL::text[] AS codes, NULL::text[] AS details, false AS hands_over, v_together AS entries
        INTO v_taken;
    ELSE
        SELECT t.* INTO v_taken FROM take_one_by_one(p_book, v_me.device_id, p_incarnation, v_first, v_bodies) t;
    END IF;

    RETURN QUERY
        SELECT g.*
        FROM give_versions(p_book, v_me.device_id, p_incarnation, v_first, coalesce(v_hashes[v_known], p_previous), v_bodies,
                           v_hashes[v_known + 1 :], v_taken.outcomes, v_taken.effects, v_taken.codes, v_taken.details,
                           v_taken.hands_over, v_taken.entries, v_seen) g;
    UPDATE enrolment e SET seen_at = now(), waiting_entries = greatest(p_waiting - v_count, 0) WHERE e.role_name = session_user;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.push(p_book uuid, p_incarnation uuid, p_first bigint, p_previous bytea, p_bodies bytea[],
                                             p_waiting bigint)
    RETURNS TABLE (sequence bigint, version bigint, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    RETURN QUERY
        SELECT t.sequence, t.version, t.outcome
        FROM take_batch(p_book, p_incarnation, p_first, p_previous, p_bodies, NULL, p_waiting) t;
END
$$;
COMMENT ON FUNCTION daybook_sync.push IS
    'Takes a batch of a device''s entries, in order, in one transaction; answers each one''s version and outcome. Safe to'
    ' repeat.';

RESET ROLE;
