-- Entries say the same words again and again, and a field device pays for each byte. In a push_short a control character stands
-- for each word of its batch (an entry's JSON never holds one), and U+001E parts the entries. What was hashed is the long form.

SET ROLE daybook_machine;

-- Puts the words back: the first for U+0001, the second for U+0002, and so on. What would be larger than an entry may be is
-- refused before it is made. The last word comes first: it stands the least often, so the text stays short for longest.
CREATE OR REPLACE FUNCTION daybook_sync.expand_shorthand(p_words text[], p_text text) RETURNS text
    LANGUAGE plpgsql STABLE SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_most   bigint := limit_of('entry_bytes_max');
    v_count  integer := coalesce(cardinality(p_words), 0);
    v_bytes  bigint := octet_length(p_text);
    v_text   text := p_text;
BEGIN
    IF v_count > 29 OR v_bytes > v_most THEN
        PERFORM refuse('DB004', 'The batch is too large.');
    END IF;
    -- A word that stands for others, as no Daybook has one, could grow with each of them.
    IF array_to_string(p_words, '') ~ '[\x01-\x1f]' THEN
        PERFORM refuse('DB004', 'The batch is too large: a word of it stands for words.');
    END IF;
    -- Counting is only worth it where the longest word in every place would be too much.
    IF v_bytes * (SELECT coalesce(max(octet_length(w)), 0) FROM unnest(p_words) w) > v_most
       AND v_bytes + (SELECT sum((v_bytes - octet_length(replace(p_text, chr(n::integer), ''))) * octet_length(w))
                      FROM unnest(p_words) WITH ORDINALITY AS x(w, n)) > v_most THEN
        PERFORM refuse('DB004', 'The batch is too large.');
    END IF;
    FOR i IN REVERSE v_count .. 1 LOOP
        v_text := replace(v_text, chr(i), coalesce(p_words[i], ''));
    END LOOP;
    RETURN v_text;
END
$$;
COMMENT ON FUNCTION daybook_sync.expand_shorthand IS 'The long form of entries in shorthand.';

-- A batch in shorthand, as take_batch takes it.
CREATE OR REPLACE FUNCTION daybook_sync.take_short(p_book uuid, p_incarnation uuid, p_first bigint, p_previous bytea,
                                                   p_words text[], p_entries text, p_last bytea, p_waiting bigint)
    RETURNS TABLE (sequence bigint, version bigint, outcome text, effect bytea, book_hash bytea)
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_bodies  bytea[];
    v_hashes  bytea[];
BEGIN
    SELECT array_agg(convert_to(e, 'UTF8') ORDER BY n) INTO v_bodies
    FROM string_to_table(expand_shorthand(p_words, p_entries), chr(30)) WITH ORDINALITY AS x(e, n);
    IF v_bodies IS NULL THEN
        PERFORM refuse('DB004', 'The call is not one that a Daybook makes.');
    END IF;
    v_hashes := chain_hashes(p_previous, v_bodies);
    -- Words that are not those of the batch would mangle its entries; its own hash says what the device meant.
    IF v_hashes[cardinality(v_hashes)] IS DISTINCT FROM p_last THEN
        PERFORM refuse('DB004', 'The entries are not what their hash says.');
    END IF;
    RETURN QUERY SELECT * FROM take_batch(p_book, p_incarnation, p_first, p_previous, v_bodies, v_hashes, p_waiting);
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.push_short(p_book uuid, p_incarnation uuid, p_first bigint, p_previous bytea,
                                                   p_words text[], p_entries text, p_last bytea, p_waiting bigint)
    RETURNS TABLE (sequence bigint, version bigint, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM caller(p_book);
    RETURN QUERY
        SELECT t.sequence, t.version, t.outcome
        FROM take_short(p_book, p_incarnation, p_first, p_previous, p_words, p_entries, p_last, p_waiting) t;
END
$$;
COMMENT ON FUNCTION daybook_sync.push_short IS
    'As push, for entries in shorthand: their words, the text, and the hash of the last of them.';

-- With this a device that has heard of everything needs no other call to send entries and to know what became of them: it says
-- what hello and head ask for, and is answered what pull would.
CREATE OR REPLACE FUNCTION daybook_sync.push_at(p_book uuid, p_device_schema bigint, p_version bigint, p_book_hash bytea,
                                                p_incarnation uuid, p_first bigint, p_previous bytea, p_words text[],
                                                p_entries text, p_last bytea, p_waiting bigint)
    RETURNS TABLE (sequence bigint, version bigint, outcome text, effect bytea, book_hash bytea)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM caller(p_book);
    IF p_device_schema IS NULL OR p_version IS NULL THEN
        PERFORM refuse('DB004', 'The call is not one that a Daybook makes.');
    ELSIF p_device_schema < limit_of('device_schema_min') THEN
        PERFORM refuse('DB006', 'The device needs an update.');
    ELSIF p_device_schema > limit_of('device_schema_max') THEN
        PERFORM refuse('DB007', 'Head office needs an update.');
    END IF;
    PERFORM check_version(p_book, p_version, p_book_hash);
    RETURN QUERY
        SELECT t.sequence, t.version, nullif(t.outcome, 'applied'), t.effect,
               CASE WHEN lead(t.sequence) OVER (ORDER BY t.sequence) IS NULL THEN t.book_hash END
        FROM take_short(p_book, p_incarnation, p_first, p_previous, p_words, p_entries, p_last, p_waiting) t
        ORDER BY t.sequence;
END
$$;
COMMENT ON FUNCTION daybook_sync.push_at IS
    'As push_short, from a device that stands at that version; answers what became of each entry, as pull does.';

RESET ROLE;
