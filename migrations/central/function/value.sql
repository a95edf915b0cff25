-- What all others use: values as devices write them, limits by name, and refusing.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.instant(p_milliseconds bigint) RETURNS timestamptz
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$ SELECT to_timestamp(p_milliseconds::double precision / 1000) $$;
COMMENT ON FUNCTION daybook_sync.instant IS 'UTC milliseconds as an instant.';

CREATE OR REPLACE FUNCTION daybook_sync.milliseconds(p_instant timestamptz) RETURNS bigint
    LANGUAGE sql STABLE STRICT PARALLEL SAFE
    AS $$ SELECT (extract(epoch FROM p_instant) * 1000)::bigint $$;
COMMENT ON FUNCTION daybook_sync.milliseconds IS 'An instant as UTC milliseconds.';

-- As `Id::derive` of the program: version 8 (RFC 9562), the first six bytes of the id, and 74 bits of SHA-256 over both.
CREATE OR REPLACE FUNCTION daybook_sync.derive_id(p_id uuid, p_purpose text) RETURNS uuid
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    v_bytes  bytea := substr(uuid_send(p_id), 1, 6) || substr(sha256(uuid_send(p_id) || convert_to(p_purpose, 'UTF8')), 1, 10);
BEGIN
    v_bytes := set_byte(v_bytes, 6, (get_byte(v_bytes, 6) & 15) | 128);
    v_bytes := set_byte(v_bytes, 8, (get_byte(v_bytes, 8) & 63) | 128);
    RETURN encode(v_bytes, 'hex')::uuid;
END
$$;
COMMENT ON FUNCTION daybook_sync.derive_id IS 'The id that follows from another one and a purpose, the same everywhere.';

CREATE OR REPLACE FUNCTION daybook_sync.refuse(p_code text, p_message text) RETURNS void
    LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = p_code, MESSAGE = p_message;
END
$$;
COMMENT ON FUNCTION daybook_sync.refuse IS 'Raises: DQ… quarantines an entry, DB… fails the call.';

CREATE OR REPLACE FUNCTION daybook_sync.limit_of(p_name text) RETURNS bigint LANGUAGE sql STABLE
    SET search_path = daybook_sync, pg_temp
    AS $$ SELECT value FROM sync_limit WHERE name = p_name $$;

RESET ROLE;
SET ROLE daybook_owner;

-- ISO 4217, List One: how many decimals a currency's minor unit has, where it isn't two.
CREATE OR REPLACE FUNCTION daybook.decimal_amount(p_minor bigint, p_currency text) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT p_minor * CASE
        WHEN p_currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX', 'UYI', 'VND', 'VUV',
                            'XAF', 'XOF', 'XPF') THEN 1::numeric
        WHEN p_currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 0.001
        WHEN p_currency IN ('CLF', 'UYW') THEN 0.0001
        ELSE 0.01
    END
$$;
COMMENT ON FUNCTION daybook.decimal_amount IS
    'Minor units as an amount in the currency: 1250 of EUR is 12.50, of JPY 1250, of TND 1.250.';

RESET ROLE;
