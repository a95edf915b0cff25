//! Head office's functions are put there whole, whenever they are not those that it has.

use super::Office;
use daybook::kernel::Code;
use daybook::sync::{FUNCTION_SET, Migrated};

/// As another Daybook would have left it.
fn forget(office: &Office) {
    office.sql("UPDATE daybook_sync.function_set SET hash = 'another'");
}

#[test]
fn what_stands_already_is_not_applied_again() {
    let office = Office::open();
    let again = office.migrate().unwrap();
    assert_eq!(again, Migrated { applied: Vec::new(), functions_applied: false });
    forget(&office);
    let again = office.migrate().unwrap();
    assert_eq!(again, Migrated { applied: Vec::new(), functions_applied: true });
    assert_eq!(office.migrate().unwrap(), Migrated { applied: Vec::new(), functions_applied: false });
}

#[test]
fn an_older_daybook_puts_no_older_functions_back() {
    let office = Office::open();
    office.sql(&format!(
        "UPDATE daybook_sync.function_set SET number = {}, hash = 'newer';
         DELETE FROM public.refinery_schema_history WHERE version = (SELECT max(version) FROM public.refinery_schema_history)",
        FUNCTION_SET + 1
    ));
    let fault = office.migrate().unwrap_err();
    assert_eq!(fault.code, Code::TooNew, "{}", fault.chain());
    // It was refused before anything was applied: the dated migration that is missing would have failed.
    assert_eq!(office.value("SELECT hash FROM daybook_sync.function_set ORDER BY ordinal DESC LIMIT 1"), "newer");
}

#[test]
fn functions_that_fail_leave_all_as_it_was_and_come_next_time() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let dated = "SELECT count(*) FROM public.refinery_schema_history";
    let applied = office.value(dated);
    forget(&office);
    // Something of the administrator's own is in the way of a view.
    office.sql("ALTER VIEW daybook.transfer RENAME TO transfer_kept; CREATE TABLE daybook.transfer (); DROP FUNCTION daybook_sync.retry(uuid)");
    for _ in 0..2 {
        let fault = office.migrate().unwrap_err();
        assert_eq!(fault.code, Code::MigrationFailed, "{}", fault.chain());
        assert!(fault.message.contains("view.sql"), "{}", fault.chain());
        assert_eq!(office.value("SELECT to_regproc('daybook_sync.retry') IS NULL"), "t", "all or nothing");
    }
    assert_eq!(office.value(dated), applied);
    van.customer("Meanwhile");
    van.sync();
    office.sql("DROP TABLE daybook.transfer; ALTER VIEW daybook.transfer_kept RENAME TO transfer");
    assert!(office.migrate().unwrap().functions_applied);
    assert_eq!(office.value("SELECT to_regproc('daybook_sync.retry') IS NULL"), "f");
    van.assert_agrees();
}

#[test]
fn what_analysts_made_of_a_view_outlives_every_migration() {
    let office = Office::open();
    let van = office.founder();
    van.ask("demo_fill", serde_json::json!({}));
    van.sync();
    let views = office.sql("SELECT viewname FROM pg_views WHERE schemaname = 'daybook' ORDER BY 1");
    let views: Vec<&str> = views.iter().filter_map(|row| row[0].as_deref()).collect();
    assert!(views.len() > 6, "{views:?}");
    let role = format!("analyst_{}", office.database);
    office.sql(&format!(
        "CREATE ROLE {role} LOGIN PASSWORD 'analyst'; CREATE SCHEMA analysis; GRANT USAGE ON SCHEMA analysis, daybook TO {role};
         GRANT EXECUTE ON FUNCTION daybook.decimal_amount, daybook.readable_entry TO {role}; GRANT CONNECT ON DATABASE {} TO {role}",
        office.database
    ));
    for view in &views {
        office.sql(&format!(
            "CREATE VIEW analysis.{view} AS SELECT count(*) AS rows, min(t::text) AS first FROM daybook.{view} t;
             GRANT SELECT ON analysis.{view}, daybook.{view} TO {role}"
        ));
    }
    let seen = || -> Vec<_> {
        let look = |view: &&str| {
            let sql = format!("SELECT rows, first, (SELECT count(*) FROM daybook.{view}) FROM analysis.{view}");
            office
                .cluster
                .psql_as(&role, "analyst", &office.database, &sql)
                .unwrap_or_else(|said| panic!("{said}: {sql}"))
        };
        views.iter().map(look).collect()
    };
    let before = seen();
    forget(&office);
    assert!(office.migrate().unwrap().functions_applied);
    assert_eq!(seen(), before);
}

#[test]
fn the_registry_is_made_anew_as_often_as_it_is_asked_for() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.sync();
    let made = "SELECT format('%s %s', oid::regprocedure, md5(prosrc)) FROM pg_proc WHERE pronamespace = 'daybook_sync'::regnamespace
                UNION ALL SELECT format('%s %s', oid, pg_get_triggerdef(oid)) FROM pg_trigger WHERE NOT tgisinternal
                UNION ALL SELECT format('%s', t) FROM daybook_sync.synced_table t ORDER BY 1";
    let before = office.sql(made);
    for _ in 0..2 {
        office.sql("SELECT daybook_sync.refresh_registry('[]')");
        assert_eq!(office.sql(made), before, "not even a trigger was made anew");
    }
    forget(&office);
    assert!(office.migrate().unwrap().functions_applied);
    assert_eq!(office.sql(made), before);
    van.assert_agrees();
}

/// A synced table gets a column: both sides know it from the next migration on, and head office's own column stays its own.
#[test]
fn a_new_column_is_registered_once_the_program_has_it() {
    let office = Office::open();
    let van = office.founder();
    let ana = van.customer("Ana");
    van.sync();
    office.sql(
        "ALTER TABLE daybook.customer ADD COLUMN rating integer, ADD COLUMN loyalty text;
         SELECT daybook_sync.refresh_registry(jsonb_agg(jsonb_build_object('table', table_name, 'kind', kind, 'owner', owner_table,
             'named_by', named_by, 'letter', letter, 'columns', columns || CASE table_name WHEN 'customer' THEN '{loyalty}' ELSE '{}' END::text[])
             ORDER BY ordinal)) FROM daybook_sync.synced_table",
    );
    office.sql(&format!(
        "UPDATE daybook.customer SET loyalty = 'gold', rating = 5 WHERE id = '{}'",
        ana["id"].as_str().unwrap()
    ));
    let row = office.value("SELECT daybook_sync.row_image(book_id, 'customer', id, false) FROM daybook.customer");
    assert!(row.contains("gold") && !row.contains("rating"), "{row}");
    let told =
        office.value("SELECT convert_from(body, 'UTF8') FROM daybook_sync.book_version ORDER BY version DESC LIMIT 1");
    assert!(told.contains("loyalty") && !told.contains("rating"), "{told}");
    // A column that is declared and not there is said.
    let said = office.cluster.sql_fails(
        &office.database,
        r#"SELECT daybook_sync.refresh_registry('[{"table": "tax", "kind": "master", "columns": ["rate_ppb"]}]')"#,
    );
    assert!(said.contains("tax.rate_ppb"), "{said}");
}

#[test]
fn a_right_goes_only_when_no_device_that_had_it_may_come_in() {
    let office = Office::open();
    let of_old = |schema: i64| {
        let sql = format!(
            r#"SELECT daybook_sync.add_rights('[{{"command": "old_edit", "table": "customer", "operation": "update", "columns": ["name", "city"]}},
                 {{"command": "old_add", "table": "customer", "operation": "insert", "columns": []}}]', {schema})"#
        );
        office.sql(&sql);
    };
    let kept = || -> Vec<String> {
        let sql =
            "SELECT command || ' ' || column_name FROM daybook_sync.command_right WHERE command LIKE 'old%' ORDER BY 1";
        office.sql(sql).into_iter().filter_map(|row| row[0].clone()).collect()
    };
    let oldest: i64 = office.value("SELECT daybook_sync.limit_of('device_schema_min')").parse().unwrap();
    of_old(oldest);
    assert_eq!(kept(), ["old_add ", "old_edit city", "old_edit name"]);
    // A newer program that lacks them takes nothing away, as long as the older one may come in.
    forget(&office);
    office.migrate().unwrap();
    assert_eq!(kept().len(), 3);
    office.sql("UPDATE daybook_sync.sync_limit SET value = value + 1 WHERE name = 'device_schema_min'");
    forget(&office);
    office.sql("UPDATE daybook_sync.command_right SET device_schema = device_schema + 1 WHERE command NOT LIKE 'old%'");
    office.migrate().unwrap();
    assert!(kept().is_empty(), "{:?}", kept());
    assert!(office.value("SELECT count(*) FROM daybook_sync.command_right").parse::<i64>().unwrap() > 50);
}

/// Kinds that no noun has yet: what is made of them follows from the registry all the same.
#[test]
fn what_head_office_may_do_to_a_table_follows_from_its_kind() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let table = |name: &str, more: &str| {
        format!(
            "CREATE TABLE daybook.{name} (book_id uuid NOT NULL, id uuid NOT NULL DEFAULT gen_random_uuid(), name text{more},
                 CONSTRAINT {name}_pkey PRIMARY KEY (book_id, id)); ALTER TABLE daybook.{name} OWNER TO daybook_owner;"
        )
    };
    let owned = |by: &str| {
        format!(
            ", {by}_id uuid NOT NULL, CONSTRAINT owned_fkey FOREIGN KEY (book_id, {by}_id) REFERENCES daybook.{by} (book_id, id) ON DELETE CASCADE"
        )
    };
    office.sql(
        &[
            table("note", ""),
            table("note_line", &owned("note")),
            table("note_word", &owned("note_line")),
            table("bill", ""),
            table("bill_line", &owned("bill")),
            table("posted_fact", ""),
            table("errand", ""),
        ]
        .concat(),
    );
    office.sql(
        r#"SELECT daybook_sync.refresh_registry('[
            {"table": "note", "kind": "master", "columns": ["name"]},
            {"table": "note_line", "kind": "owned", "owner": "note", "columns": ["name", "note_id"]},
            {"table": "note_word", "kind": "owned", "owner": "note_line", "columns": ["name", "note_line_id"]},
            {"table": "bill", "kind": "document", "letter": "B", "columns": ["name"]},
            {"table": "bill_line", "kind": "owned", "owner": "bill", "columns": ["name", "bill_id"]},
            {"table": "posted_fact", "kind": "posted", "columns": ["name"]},
            {"table": "errand", "kind": "work", "columns": ["name"]}]')"#,
    );
    let book = van.book;
    let id = "01a206b9-b2ed-7f69-8b5e-69f149f0c38a";
    for (name, owner) in [
        ("note", ""),
        ("note_line", "note"),
        ("note_word", "note_line"),
        ("bill", ""),
        ("bill_line", "bill"),
        ("posted_fact", ""),
        ("errand", ""),
    ] {
        let (column, value) = if owner.is_empty() { (String::new(), "") } else { (format!(", {owner}_id"), ", id") };
        let insert = format!(
            "INSERT INTO daybook.{name} (book_id, id, name{column}) SELECT '{book}', id, 'a'{value} FROM (SELECT '{id}'::uuid AS id) i"
        );
        let is_office = name.starts_with("note");
        if is_office {
            office.sql(&format!("SET ROLE daybook_head_office; {insert}; UPDATE daybook.{name} SET name = 'b'"));
        } else {
            let said = office.cluster.sql_fails(&office.database, &format!("SET ROLE daybook_head_office; {insert}"));
            assert!(said.contains("written by devices alone") && said.contains("HINT"), "{name}: {said}");
            office.sql(&format!("SET ROLE daybook_machine; {insert}"));
            let changed = [format!("UPDATE daybook.{name} SET name = 'b'"), format!("DELETE FROM daybook.{name}")];
            for change in changed {
                office.cluster.sql_fails(&office.database, &format!("SET ROLE daybook_head_office; {change}"));
                let machine = format!("SET ROLE daybook_machine; BEGIN; {change}; ROLLBACK");
                if name == "errand" {
                    office.sql(&machine);
                } else {
                    let said = office.cluster.sql_fails(&office.database, &machine);
                    assert!(said.contains("never changed or deleted"), "{name}: {said}");
                }
            }
        }
        let said = office
            .cluster
            .sql_fails(&office.database, &format!("SET ROLE daybook_head_office; TRUNCATE daybook.{name} CASCADE"));
        assert!(said.contains("never truncated"), "{name}: {said}");
    }
    // What belongs to a row goes with it, however deep, and as the devices' doing.
    let captured = "SELECT count(*) FROM daybook_sync.office_change";
    office.sql(&format!("SET ROLE daybook_machine; SELECT daybook_sync.drop_row('{book}', 'note', '{id}')"));
    for name in ["note", "note_line", "note_word"] {
        assert_eq!(office.value(&format!("SELECT count(*) FROM daybook.{name}")), "0", "{name}");
    }
    assert_eq!(office.value(captured), "0");
    let told = "SELECT count(*) FROM daybook_sync.book_version WHERE convert_from(body, 'UTF8') LIKE '%\"delete\"%'";
    assert_eq!(office.value(told), "0");
}
