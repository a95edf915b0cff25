-- What a column may hold, whoever writes it. The program declares it with its nouns, and its commands parse what they are given
-- by it; here head office's SQL is held to the same, by a trigger function that is written for each table that it may write. What
-- is wrong is said in words that go behind the column's name.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.refuse_office(p_message text, p_hint text) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'DB010', MESSAGE = p_message, HINT = p_hint;
END
$$;
COMMENT ON FUNCTION daybook_sync.refuse_office IS 'Raises what head office may not do, and what to do instead.';

-- Letters that show nothing and take room, and those that take none (Unicode's default ignorable code points): for bracket
-- expressions.
CREATE OR REPLACE FUNCTION daybook_sync.blank_letters() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '\s\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000'
$$;

CREATE OR REPLACE FUNCTION daybook_sync.unseen_letters() RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT '\u2800\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164'
        || '\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff'
$$;

-- As `Line` and `Prose` of the program parse a text.
CREATE OR REPLACE FUNCTION daybook_sync.wrong_text(p_text text, p_chars integer, p_is_prose boolean) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT CASE
        WHEN p_text ~ ('^[' || blank_letters() || unseen_letters() || ']*$') THEN 'says nothing'
        WHEN CASE WHEN p_is_prose THEN translate(p_text, E'\n\t', '') ELSE p_text END
             ~ '[\u0001-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]'
            THEN 'holds a control character, or a mark that hides the order of its letters'
        WHEN p_text ~ ('^[' || blank_letters() || ']|[' || blank_letters() || ']$') THEN 'begins or ends with a blank'
        WHEN p_text IS NOT NFC NORMALIZED THEN 'is not composed as Unicode''s form NFC: write normalize(…)'
        WHEN length(p_text) > p_chars THEN format('is longer than %s characters', p_chars)
    END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.wrong_email(p_text text, p_chars integer) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT coalesce(wrong_text(p_text, p_chars, false), CASE
        WHEN p_text ~ ('[' || blank_letters() || ']') OR p_text !~ '^[^@]+@[^@.][^@]*$' OR p_text ~ '\.$'
             OR split_part(p_text, '@', 2) !~ '\.' THEN 'is not an e-mail address' END)
$$;

-- The expression that says what is wrong with a column of NEW; null where nothing is.
CREATE OR REPLACE FUNCTION daybook_sync.rule_expression(p_column text, p_type text, p_parent text, p_rule jsonb) RETURNS text
    LANGUAGE sql STABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT CASE
        WHEN p_parent = 'book' THEN
            'CASE WHEN NOT EXISTS (SELECT FROM daybook.book b WHERE b.id = NEW.book_id) THEN ''names no book'' END'
        WHEN p_parent IS NOT NULL THEN format(
            'CASE WHEN NOT EXISTS (SELECT FROM daybook.%1$I r WHERE r.book_id = NEW.book_id AND r.id = NEW.%2$I) THEN %3$L END',
            p_parent, p_column, 'names no ' || replace(p_parent, '_', ' ') || ' of the book')
        WHEN p_type LIKE 'timestamp%' THEN format(
            'CASE WHEN NEW.%I NOT BETWEEN ''1970-01-01 00:00+00'' AND ''9999-12-31 23:59:59.999+00'' THEN %L END',
            p_column, 'is no moment of the years 1970 to 9999')
        ELSE (
            SELECT CASE r.kind
                WHEN 'line' THEN format('daybook_sync.wrong_text(NEW.%I, %s, false)', p_column, p_rule ->> 'chars')
                WHEN 'prose' THEN format('daybook_sync.wrong_text(NEW.%I, %s, true)', p_column, p_rule ->> 'chars')
                WHEN 'email' THEN format('daybook_sync.wrong_email(NEW.%I, %s)', p_column, p_rule ->> 'chars')
                WHEN 'amount' THEN format(
                    'CASE WHEN NEW.%1$I < %2$s THEN ''is less than %2$s'' WHEN NEW.%1$I > %3$s THEN ''is more than %3$s'' END',
                    p_column, p_rule ->> 'least', p_rule ->> 'most')
                WHEN 'day' THEN format('CASE WHEN NEW.%I NOT BETWEEN %L AND %L THEN %L END',
                    p_column, p_rule ->> 'first', p_rule ->> 'last',
                    format('is outside of what can be booked: %s to %s', p_rule ->> 'first', p_rule ->> 'last'))
                WHEN 'word' THEN format('CASE WHEN NEW.%I <> ALL (%L::text[]) THEN %L END', p_column,
                    ARRAY(SELECT jsonb_array_elements_text(p_rule -> 'of')), 'is not ' || (p_rule ->> 'about'))
                ELSE 'NULL' END
            FROM (SELECT p_rule ->> 'is' AS kind) r)
    END
$$;

-- Writes rule_{table}, which holds what head office writes to the rules of its columns. An update is held to those of the columns
-- that it changes. Records are never deleted: a device that can't be asked may have referred to one a moment ago.
CREATE OR REPLACE FUNCTION daybook_sync.write_rules(p_table text) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $write$
DECLARE
    v_relation  regclass := format('daybook.%I', p_table)::regclass;
    v_rules     jsonb;
    v_kind      text;
    v_noun      text := replace(p_table, '_', ' ');
    v_delete    text := 'RETURN OLD;';
    v_checks    text;
BEGIN
    SELECT s.rules, s.kind INTO STRICT v_rules, v_kind FROM synced_table s WHERE s.table_name = p_table;
    IF v_kind = 'master' THEN
        v_delete := format('PERFORM refuse_office(%L, %L);',
            format('A %s is never deleted: a device may have referred to it already.', v_noun),
            CASE WHEN EXISTS (SELECT FROM pg_attribute WHERE attrelid = v_relation AND attname = 'archived_at')
                 THEN 'Archive it: set archived_at.' ELSE 'Leave it.' END);
    END IF;
    SELECT string_agg(format($f$
            IF NEW.%1$I IS DISTINCT FROM OLD.%1$I %2$s THEN
                v_wrong := %3$s;
                IF v_wrong IS NOT NULL THEN
                    PERFORM refuse_office(format('%%s.%%s %%s.', TG_TABLE_NAME, %1$L, v_wrong),
                        'Devices refuse it as well: daybook commands tells what each of their fields takes.');
                END IF;
            END IF;$f$,
            c.name, CASE WHEN c.needed THEN 'OR TG_OP = ''INSERT''' ELSE '' END,
            CASE WHEN c.needed THEN format('CASE WHEN NEW.%I IS NULL THEN ''is missing'' ELSE %s END', c.name, c.expression)
                 ELSE c.expression END), '' ORDER BY c.place)
    INTO v_checks
    FROM (SELECT a.attname::text AS name, a.attnotnull AS needed, a.attnum AS place,
                 rule_expression(a.attname, format_type(a.atttypid, a.atttypmod),
                     (SELECT f.relname FROM pg_constraint k JOIN pg_class f ON f.oid = k.confrelid
                      WHERE k.contype = 'f' AND k.conrelid = v_relation AND k.conkey[cardinality(k.conkey)] = a.attnum),
                     v_rules -> a.attname::text) AS expression
          FROM pg_attribute a WHERE a.attrelid = v_relation AND a.attnum > 0 AND NOT a.attisdropped) c
    WHERE c.needed OR c.expression <> 'NULL';
    EXECUTE format($f$
        CREATE OR REPLACE FUNCTION daybook_sync.rule_%1$s() RETURNS trigger
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $body$
        DECLARE
            v_wrong  text;
        BEGIN
            IF TG_OP = 'DELETE' THEN
                %2$s
            ELSIF TG_OP = 'UPDATE' AND %3$s THEN
                PERFORM refuse_office('An id or a book is never changed.', 'Archive the row and insert another one.');
            END IF;%4$s
            RETURN NEW;
        END
        $body$ $f$, p_table, v_delete,
        CASE WHEN p_table = 'book' THEN 'NEW.id <> OLD.id'
             ELSE '(NEW.id, NEW.book_id) IS DISTINCT FROM (OLD.id, OLD.book_id)' END,
        coalesce(v_checks, ''));
END
$write$;
COMMENT ON FUNCTION daybook_sync.write_rules IS
    'Writes the trigger function that holds head office to the rules of a table''s columns.';

RESET ROLE;
