-- Entries say the same words again and again, and a field device pays for each byte. On the way here a control character stands for each
-- of these (an entry's JSON never holds one), and U+001E parts the entries. What was hashed is the long form.

SET ROLE daybook_machine;

CREATE TABLE daybook_sync.shorthand (
    code  integer  NOT NULL,
    text  text     NOT NULL,
    CONSTRAINT shorthand_pkey PRIMARY KEY (code)
);
COMMENT ON TABLE daybook_sync.shorthand IS 'What each control character stands for in pushed entries; the device has the same list.';
INSERT INTO daybook_sync.shorthand (code, text) VALUES
    (3, '","new":{"amount_minor":'), (4, ',"business_date":"'), (5, '","created_at":'), (6, ',"credit_account_id":"'),
    (7, '","debit_account_id":"'), (8, '","document_id":"'), (9, '","document_kind":"transfer"'), (10, ',"memo":"'),
    (11, '},"op":"insert","table":"ledger_posting"},{"key":"'), (12, ',"device_id":"'), (13, '","fee_minor":'),
    (14, ',"from_account_id":"'), (15, '","number":"'), (16, '","person_id":"'), (17, ',"serial":'), (18, ',"to_account_id":"'),
    (19, '"},"op":"insert","table":"payment_transfer"}],"command":"transfer_funds","incarnation":"'), (20, '","person":"'),
    (21, '","request":"'), (22, '","schema":'), (23, ',"sequence":'), (24, ',"v":1}'), (25, '{"at":'), (26, ',"book":"'),
    (27, '","changes":[{"key":"'), (28, '},"op":"insert","table":"'), (29, '"op":"update","table":"');

DO $do$
DECLARE
    v_expression  text := 'p_text';
    v_entry       record;
BEGIN
    FOR v_entry IN SELECT code, text FROM daybook_sync.shorthand ORDER BY code LOOP
        v_expression := format('replace(%s, chr(%s), %L)', v_expression, v_entry.code, v_entry.text);
    END LOOP;
    EXECUTE format('CREATE FUNCTION daybook_sync.write_out(p_text text, p_book uuid, p_incarnation uuid) RETURNS text
                    LANGUAGE sql IMMUTABLE AS $body$ SELECT replace(replace(%s, chr(1), p_book::text), chr(2), p_incarnation::text) $body$',
                   v_expression);
END
$do$;
COMMENT ON FUNCTION daybook_sync.write_out IS 'The long form of entries in shorthand.';

CREATE FUNCTION daybook_sync.push_short(p_book uuid, p_incarnation uuid, p_first bigint, p_previous bytea, p_entries text,
                                        p_last bytea, p_waiting bigint)
    RETURNS TABLE (sequence bigint, version bigint, outcome text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_hash    bytea := p_previous;
    v_bodies  bytea[];
    v_body    bytea;
BEGIN
    PERFORM caller(p_book);
    IF octet_length(p_entries) > limit_of('entry_bytes_max') THEN
        PERFORM refuse('DB004', 'The batch is too large.');
    END IF;
    SELECT array_agg(convert_to(e, 'UTF8') ORDER BY n) INTO v_bodies
    FROM string_to_table(write_out(p_entries, p_book, p_incarnation), chr(30)) WITH ORDINALITY AS x(e, n);
    FOREACH v_body IN ARRAY v_bodies LOOP
        v_hash := sha256(v_hash || v_body);
    END LOOP;
    -- A device with another list would have its entries mangled; its own hash says what it meant.
    IF v_hash IS DISTINCT FROM p_last THEN
        PERFORM refuse('DB004', 'The entries are not what their hash says.');
    END IF;
    RETURN QUERY SELECT * FROM push(p_book, p_incarnation, p_first, p_previous, v_bodies, p_waiting);
END
$$;
COMMENT ON FUNCTION daybook_sync.push_short IS 'As push, for entries in shorthand; p_last is the hash of the last of them.';

RESET ROLE;
