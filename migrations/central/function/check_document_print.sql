-- What a device may say of a print: it is its own, of a document that is there, and the original only where the device made the
-- document; it withdraws a print of its own, once.

SET ROLE daybook_machine;

CREATE OR REPLACE FUNCTION daybook_sync.check_document_print(p_book uuid, p_device uuid, p_keys uuid[], p_rows jsonb[],
                                                             p_documents jsonb)
    RETURNS void LANGUAGE plpgsql SET search_path = daybook_sync, pg_temp AS $$
BEGIN
    -- A document that waits in quarantine is not there yet, and its prints wait with it.
    IF EXISTS (
        SELECT FROM unnest(p_rows) AS r(new)
        LEFT JOIN LATERAL (SELECT x.id FROM daybook.ledger_document x
                           WHERE x.book_id = p_book AND x.id = (r.new ->> 'document_id')::uuid LIMIT 1) d ON true
        LEFT JOIN LATERAL (SELECT x.id FROM daybook.customer x
                           WHERE x.book_id = p_book AND x.id = (r.new ->> 'document_id')::uuid LIMIT 1) c ON true
        WHERE coalesce(d.id, c.id) IS NULL
    ) THEN
        PERFORM refuse('23503', 'The document that was printed is not there.');
    END IF;
    IF EXISTS (
        SELECT FROM unnest(p_keys) AS r(key)
        CROSS JOIN LATERAL (SELECT x.* FROM daybook.document_print x WHERE x.book_id = p_book AND x.id = r.key LIMIT 1) t
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.ledger_document x
                           WHERE x.book_id = p_book AND x.id = t.document_id LIMIT 1) d ON true
        LEFT JOIN LATERAL (SELECT x.* FROM daybook.document_print x
                           WHERE x.book_id = p_book AND x.id = t.withdraws_print_id LIMIT 1) w ON true
        WHERE t.device_id <> p_device
           OR CASE WHEN d.id IS NULL THEN t.document_kind <> 'statement' OR t.copy_number > 0
                   ELSE (d.kind, d.number) IS DISTINCT FROM (t.document_kind, t.document_number) END
           OR (t.copy_number = 0 AND d.device_id <> p_device)
           OR (t.withdraws_print_id IS NOT NULL
               AND (w.device_id <> p_device OR w.document_id <> t.document_id OR w.withdraws_print_id IS NOT NULL
                    OR EXISTS (SELECT FROM daybook.document_print x
                               WHERE x.book_id = p_book AND x.withdraws_print_id = t.withdraws_print_id AND x.id <> t.id)))
    ) THEN
        PERFORM refuse('DQ002', 'A print does not say what was printed.');
    END IF;
END
$$;

RESET ROLE;
