-- What head office may not do, each refusal with a sentence and a hint. A table may have a guard of its own, guard_{table},
-- which the registry finds by its name; else its kind says which. What a column may hold is said by its rule.

SET ROLE daybook_machine;

-- A name as people tell it from others: letters of either case and any blanks are the same.
CREATE OR REPLACE FUNCTION daybook_sync.same_name(p_name text) RETURNS text
    LANGUAGE sql IMMUTABLE SET search_path = daybook_sync, pg_temp AS $$
    SELECT lower(regexp_replace(normalize(p_name), '\s+', ' ', 'g'))
$$;

CREATE OR REPLACE FUNCTION daybook_sync.refuse_taken_name(p_table text, p_book uuid, p_id uuid, p_name text) RETURNS void
    LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_is_taken  boolean;
BEGIN
    -- What an account was called is free once it is closed.
    EXECUTE format('SELECT EXISTS (SELECT FROM daybook.%I t
                                   WHERE t.book_id = $1 AND t.id <> $2 AND same_name(t.name) = same_name($3)
                                     AND to_jsonb(t) ->> ''closed_at'' IS NULL)', p_table)
    INTO v_is_taken USING p_book, p_id, p_name;
    IF v_is_taken THEN
        PERFORM refuse_office(format('Another %s of the book is called %s.', replace(p_table, '_', ' '), p_name),
                              'Choose a name that tells them apart.');
    END IF;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.guard_truncate() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM refuse_office(format('%s is never truncated: the devices would not hear of it.', TG_TABLE_NAME),
                          'Archive what is no longer wanted.');
    RETURN NULL;
END
$$;

-- Documents and work.
CREATE OR REPLACE FUNCTION daybook_sync.guard_devices_alone() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM refuse_office(format('%s is written by devices alone.', TG_TABLE_NAME),
                          CASE WHEN kind_of(TG_TABLE_NAME) IN ('document', 'posted')
                          THEN 'To move money, insert a posting of kind adjustment.'
                          ELSE 'Change the records themselves.' END);
    RETURN NULL;
END
$$;

-- Posted is posted, for everybody.
CREATE OR REPLACE FUNCTION daybook_sync.guard_posted() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM refuse_office(format('A row of %s is never changed or deleted.', TG_TABLE_NAME), 'Reverse it.');
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.guard_device() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM refuse_office('device is written by devices alone.', 'Devices come by daybook central enrol.');
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.guard_book() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse_office('A book is never deleted: its devices would go on with it.', 'Revoke its devices, and leave it.');
    ELSIF NEW.time_zone IS NOT NULL AND (NEW.time_zone !~ '^[A-Z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$'
          OR NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = NEW.time_zone)) THEN
        PERFORM refuse_office(format('There is no time zone %s: the devices could not tell what day it is.', NEW.time_zone),
                              'Write it as in Africa/Nairobi.');
    ELSIF TG_OP = 'UPDATE' AND NEW.currency IS DISTINCT FROM OLD.currency THEN
        PERFORM refuse_office('A book keeps its currency: its amounts are in it.', 'Begin another book.');
    END IF;
    RETURN NEW;
END
$$;

-- People and taxes are told apart by their names; `person_add` and `tax_add` ask the same.
CREATE OR REPLACE FUNCTION daybook_sync.guard_person() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.name IS DISTINCT FROM OLD.name THEN
        PERFORM refuse_taken_name('person', NEW.book_id, NEW.id, NEW.name);
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.guard_tax() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.name IS DISTINCT FROM OLD.name THEN
        PERFORM refuse_taken_name('tax', NEW.book_id, NEW.id, NEW.name);
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.guard_product() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF TG_OP <> 'DELETE' AND NEW.tax_id IS DISTINCT FROM OLD.tax_id AND EXISTS (
           SELECT FROM daybook.tax t WHERE t.book_id = NEW.book_id AND t.id = NEW.tax_id AND t.archived_at IS NOT NULL) THEN
        PERFORM refuse_office('The tax is archived, so no product gets it any more.',
                              'Take another one, or set archived_at of the tax to null.');
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.guard_payment_account() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        PERFORM refuse_office('An account is never deleted: its postings stay.', 'Close it: set closed_at.');
    ELSIF TG_OP = 'UPDATE' AND NEW.kind IS DISTINCT FROM OLD.kind THEN
        PERFORM refuse_office('An account keeps its kind: what was posted to it was meant for that.', 'Open another one.');
    ELSIF TG_OP = 'UPDATE' AND NEW.custodian_device_id IS DISTINCT FROM OLD.custodian_device_id THEN
        PERFORM refuse_office('Custody is never edited: the device could spend meanwhile.',
            'Let the device hand the account over, or take it from a lost device with daybook central release.');
    ELSIF TG_OP = 'UPDATE' AND NEW.minimum_minor IS DISTINCT FROM OLD.minimum_minor AND OLD.minimum_minor IS NOT NULL THEN
        PERFORM refuse_office('The minimum of an account in a device''s custody is changed on that device.',
                              'Ask whoever keeps the account.');
    ELSIF NEW.minimum_minor IS NOT NULL AND NEW.custodian_device_id IS NULL THEN
        PERFORM refuse_office('Only an account in the custody of a device has a minimum: who would keep to it?',
                              'Leave minimum_minor empty, or open the account on the device that is to keep it.');
    ELSIF NEW.minimum_minor IS NOT NULL AND NEW.kind NOT IN ('cash', 'bank', 'mobile_money', 'in_transit') THEN
        PERFORM refuse_office('Only an account that holds money can have a minimum.', 'Leave minimum_minor empty.');
    ELSIF TG_OP = 'UPDATE' AND NEW.closed_at IS NOT NULL AND OLD.closed_at IS NULL THEN
        PERFORM refuse_to_close(NEW.book_id, NEW.id, NEW.name, NEW.kind, NEW.custodian_device_id);
    END IF;
    IF NEW.closed_at IS NULL AND (NEW.name IS DISTINCT FROM OLD.name OR OLD.closed_at IS NOT NULL) THEN
        PERFORM refuse_taken_name('payment_account', NEW.book_id, NEW.id, NEW.name);
    END IF;
    RETURN NEW;
END
$$;

-- As `account_close` asks: nobody may be left with money that nothing can be posted to.
CREATE OR REPLACE FUNCTION daybook_sync.refuse_to_close(p_book uuid, p_account uuid, p_name text, p_kind text, p_custodian uuid)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    IF p_account = derive_id(p_book, 'account:' || p_kind) THEN
        PERFORM refuse_office(format('Every book has the account %s; it can''t be closed.', p_name),
                              'Rename it, if it is in the way.');
    ELSIF p_custodian IS NOT NULL THEN
        PERFORM refuse_office(format('%s is closed on the device that keeps it, which may have posted to it meanwhile.', p_name),
            'Close it there; take it from a lost device with daybook central release.');
    ELSIF EXISTS (SELECT FROM daybook.ledger_balance b
                  WHERE b.book_id = p_book AND b.account_id = p_account AND b.balance_minor <> 0) THEN
        PERFORM refuse_office(format('%s still holds a balance.', p_name), 'Move it elsewhere first.');
    END IF;
END
$$;

-- (That a posting is never changed or deleted is said by guard_posted.)
CREATE OR REPLACE FUNCTION daybook_sync.guard_ledger_posting() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
DECLARE
    v_closed  text;
BEGIN
    IF TG_OP <> 'INSERT' THEN
        RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    IF NEW.document_kind <> 'adjustment' THEN
        PERFORM refuse_office('Head office posts adjustments alone.',
                              'Leave document_kind and document_id to their defaults.');
    ELSIF NEW.accepting_person_id IS NOT NULL THEN
        PERFORM refuse_office('That an account is below its minimum is accepted by an owner, on a device.',
                              'Leave accepting_person_id empty.');
    ELSIF NEW.debit_account_id = NEW.credit_account_id THEN
        PERFORM refuse_office('A posting moves an amount from one account to another one.',
                              'Debit the account that gains, credit the one that loses.');
    END IF;
    IF EXISTS (SELECT FROM daybook.book b WHERE b.id = NEW.book_id AND b.closed_through_date >= NEW.business_date) THEN
        PERFORM refuse_office('The book is closed through that day.', 'Book it on a later day.');
    END IF;
    SELECT a.name INTO v_closed FROM daybook.payment_account a
    WHERE a.book_id = NEW.book_id AND a.id IN (NEW.debit_account_id, NEW.credit_account_id) AND a.closed_at IS NOT NULL LIMIT 1;
    IF FOUND THEN
        PERFORM refuse_office(format('%s is closed, so nothing more is posted to it.', v_closed),
                              'Open it again first: set its closed_at to null.');
    END IF;
    IF EXISTS (SELECT FROM daybook.payment_account a
               WHERE a.book_id = NEW.book_id AND a.id = NEW.credit_account_id AND a.minimum_minor IS NOT NULL) THEN
        PERFORM refuse_office(
            'Only the device that keeps this account may lower it: it may have spent the money already.',
            'Let that device make the transfer, or take the account over with daybook central release.');
    END IF;
    IF (NEW.customer_id IS NOT NULL)
       IS DISTINCT FROM is_of_customer(NEW.book_id, NEW.debit_account_id, NEW.credit_account_id) THEN
        PERFORM refuse_office('A posting names a customer where one of its accounts is of kind receivable, and only there.',
                              'Say in customer_id whose debt changes.');
    END IF;
    RETURN NEW;
END
$$;

CREATE OR REPLACE FUNCTION daybook_sync.guard_ledger_balance() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    PERFORM refuse_office('A balance follows from the postings, and is never written.',
                          'To move money, insert a posting of kind adjustment.');
    RETURN NULL;
END
$$;

RESET ROLE;
