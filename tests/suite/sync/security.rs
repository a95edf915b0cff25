//! A device's role can execute the sync functions, and nothing else.

use super::raw::{Raw, code, said, state};
use super::{Office, Van};
use crate::central::Cluster;
use crate::world::World;
use daybook::sync::ForBook;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

/// What must become of a probe: PostgreSQL's code where it is refused; or nothing, whatever it answers.
const HARMLESS: &str = "harmless";
const DENIED: &str = "42501";
const NO_SUCH: &str = "42883";

/// `{table}`, `{view}`, … are put in below.
const PROBES: &[(&str, &str)] = &[
    // The books, the machinery, and what people read.
    ("SELECT * FROM {table}", DENIED),
    ("INSERT INTO {table} DEFAULT VALUES", DENIED),
    ("UPDATE {table} SET {column} = {column}", DENIED),
    ("DELETE FROM {table}", DENIED),
    ("TRUNCATE {table}", DENIED),
    ("BEGIN; LOCK TABLE {table} IN ACCESS SHARE MODE", DENIED),
    ("COPY {table} TO STDOUT", DENIED),
    ("COPY {table} FROM STDIN", DENIED),
    ("ALTER TABLE {table} DISABLE TRIGGER ALL", DENIED),
    ("DROP TABLE {table}", DENIED),
    ("SELECT * FROM {view}", DENIED),
    ("SELECT * FROM public.refinery_schema_history", DENIED),
    // Objects of its own.
    ("CREATE TEMP TABLE enrolment (role_name text)", DENIED),
    ("SELECT * INTO TEMP t FROM generate_series(1, 2)", DENIED),
    ("CREATE TEMP VIEW v AS SELECT 1", DENIED),
    ("CREATE TABLE public.t ()", DENIED),
    ("CREATE TABLE daybook.t ()", DENIED),
    ("CREATE TABLE daybook_sync.t ()", DENIED),
    ("CREATE VIEW daybook_sync.v AS SELECT 1", DENIED),
    ("CREATE TYPE daybook_sync.t AS ENUM ()", DENIED),
    ("CREATE FUNCTION daybook_sync.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", DENIED),
    ("CREATE FUNCTION pg_temp.f() RETURNS integer LANGUAGE sql AS 'SELECT 1'", DENIED),
    (
        "CREATE OR REPLACE FUNCTION daybook_sync.refuse(p_code text, p_message text) RETURNS void LANGUAGE sql AS ''",
        DENIED,
    ),
    ("CREATE OPERATOR daybook_sync.= (FUNCTION = uuid_ne, LEFTARG = uuid, RIGHTARG = uuid)", DENIED),
    ("CREATE SCHEMA mine", DENIED),
    ("CREATE DATABASE mine", DENIED),
    ("CREATE EXTENSION dblink SCHEMA daybook_sync", DENIED),
    ("CREATE EVENT TRIGGER t ON ddl_command_end EXECUTE FUNCTION daybook_sync.guard_posted()", DENIED),
    ("CREATE PUBLICATION p FOR ALL TABLES", DENIED),
    ("DO 'BEGIN NULL; END'", DENIED),
    ("DO LANGUAGE plpgsql 'BEGIN LOOP END LOOP; END'", DENIED),
    // What fills the disk, blocks or tells.
    ("SELECT lo_create(0)", DENIED),
    ("SELECT lo_creat(-1)", DENIED),
    ("SELECT lo_from_bytea(0, 'x')", DENIED),
    ("SELECT lo_import('/etc/passwd')", DENIED),
    ("SELECT lo_put(1, 0, 'x')", DENIED),
    ("SELECT loread(0, 1)", DENIED),
    ("SELECT lowrite(0, 'x')", DENIED),
    ("SELECT pg_advisory_lock(1)", DENIED),
    ("SELECT pg_advisory_lock_shared(1)", DENIED),
    ("SELECT pg_advisory_xact_lock(1, 2)", DENIED),
    ("SELECT pg_advisory_xact_lock_shared(1)", DENIED),
    ("SELECT pg_try_advisory_lock(1)", DENIED),
    ("SELECT pg_try_advisory_lock_shared(1)", DENIED),
    ("SELECT pg_try_advisory_xact_lock(1)", DENIED),
    ("SELECT pg_advisory_unlock_all()", DENIED),
    ("SELECT pg_sleep(60)", DENIED),
    ("SELECT pg_sleep_for('1 minute')", DENIED),
    ("SELECT pg_sleep_until('infinity')", DENIED),
    ("SELECT pg_notify('daybook', 'x')", DENIED),
    ("SELECT pg_logical_emit_message(false, 'a', 'b')", DENIED),
    ("NOTIFY daybook, 'x'", HARMLESS),
    ("LISTEN daybook", HARMLESS),
    // The machine itself.
    ("COPY (SELECT 1) TO PROGRAM 'true'", DENIED),
    ("COPY (SELECT 1) TO '/tmp/daybook-probe'", DENIED),
    ("SELECT pg_read_file('postgresql.conf')", DENIED),
    ("SELECT pg_read_binary_file('postgresql.conf')", DENIED),
    ("SELECT pg_ls_dir('.')", DENIED),
    ("SELECT pg_stat_file('postgresql.conf')", DENIED),
    ("SELECT pg_current_logfile()", DENIED),
    ("SELECT pg_reload_conf()", DENIED),
    ("SELECT pg_rotate_logfile()", DENIED),
    ("SELECT pg_switch_wal()", DENIED),
    ("SELECT pg_create_physical_replication_slot('s')", DENIED),
    ("SELECT pg_stat_reset()", DENIED),
    ("ALTER SYSTEM SET work_mem = '1MB'", DENIED),
    ("LOAD 'plpgsql'", HARMLESS),
    ("LOAD '/tmp/mine.so'", DENIED),
    ("CHECKPOINT", DENIED),
    ("VACUUM daybook.book", DENIED),
    // Others.
    (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename <> session_user",
        DENIED,
    ),
    (
        "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND usename <> session_user",
        DENIED,
    ),
    ("SELECT rolpassword FROM pg_authid", DENIED),
    ("SELECT passwd FROM pg_shadow", DENIED),
    ("SELECT * FROM pg_user_mapping", DENIED),
    ("SELECT * FROM pg_statistic", DENIED),
    ("SELECT * FROM pg_hba_file_rules", DENIED),
    ("SELECT 1 / (SELECT count(*) FROM pg_stats WHERE schemaname LIKE 'daybook%')", "22012"),
    (
        "SELECT 1 / (SELECT count(*) FROM pg_stat_activity WHERE usename <> session_user AND query <> '<insufficient privilege>')",
        "22012",
    ),
    ("SET ROLE daybook_machine", DENIED),
    ("SET ROLE daybook_owner", DENIED),
    ("SET ROLE daybook_head_office", DENIED),
    ("SET ROLE postgres", DENIED),
    ("SET ROLE {other}", DENIED),
    ("SET SESSION AUTHORIZATION postgres", DENIED),
    ("SET SESSION AUTHORIZATION {other}", DENIED),
    ("ALTER ROLE {other} PASSWORD 'x'", DENIED),
    ("ALTER ROLE {other} SET search_path = public", DENIED),
    ("ALTER ROLE ALL SET search_path = public", DENIED),
    ("ALTER ROLE daybook_machine PASSWORD 'x'", DENIED),
    ("DROP ROLE {other}", DENIED),
    ("CREATE ROLE mine", DENIED),
    ("GRANT daybook_machine TO CURRENT_USER", DENIED),
    ("GRANT daybook_head_office TO CURRENT_USER", DENIED),
    ("GRANT daybook_device TO daybook_head_office", DENIED),
    ("REVOKE daybook_device FROM {other}", DENIED),
    ("GRANT ALL ON SCHEMA daybook_sync TO PUBLIC", HARMLESS),
    ("DROP OWNED BY {other}", DENIED),
    ("DROP OWNED BY daybook_device", HARMLESS),
    ("SET ROLE daybook_device; DROP OWNED BY CURRENT_USER", HARMLESS),
    ("REASSIGN OWNED BY daybook_machine TO CURRENT_USER", DENIED),
    // Itself.
    ("ALTER ROLE CURRENT_USER CONNECTION LIMIT -1", DENIED),
    ("ALTER ROLE CURRENT_USER CREATEDB", DENIED),
    ("ALTER ROLE CURRENT_USER CREATEROLE", DENIED),
    ("ALTER ROLE CURRENT_USER SUPERUSER", DENIED),
    ("ALTER ROLE CURRENT_USER VALID UNTIL 'infinity'", DENIED),
    ("ALTER ROLE CURRENT_USER LOGIN", DENIED),
    ("ALTER ROLE CURRENT_USER SET temp_file_limit = -1", DENIED),
    ("SET temp_file_limit = -1", DENIED),
    ("SET session_replication_role = replica", DENIED),
    ("SET session_preload_libraries = 'x'", DENIED),
    ("SET log_statement = 'none'", DENIED),
    ("SET plpgsql.variable_conflict = use_column", HARMLESS),
    ("SET daybook.undoing = 'on'", HARMLESS),
    ("SET daybook.rows_1 = '-1000000'", HARMLESS),
    ("ALTER ROLE CURRENT_USER RESET ALL; ALTER ROLE CURRENT_USER SET datestyle = 'SQL, DMY'", HARMLESS),
    ("ALTER ROLE CURRENT_USER RESET ALL", HARMLESS),
    ("PREPARE TRANSACTION 'mine'", HARMLESS),
    ("BEGIN; PREPARE TRANSACTION 'mine'", "55000"),
    ("SELECT 1; SELECT * FROM daybook.book; SELECT 1", DENIED),
    ("SELECT daybook_sync.no_such_function()", NO_SUCH),
];

#[test]
fn a_device_can_do_nothing_but_sync() {
    let office = Office::open();
    let van = office.founder();
    van.world.account("Till", "cash", 100);
    van.customer("Ana");
    van.sync();
    let other = office.colleague(&van);
    let (raw, beside) = (Raw::of(&office, &van), Raw::of(&office, &other));
    let (role, other_role) = (van.secret().0, other.secret().0);
    let tables = names(&office, "r");
    let views = names(&office, "v");
    assert!(tables.len() > 20 && !views.is_empty(), "{tables:?} {views:?}");
    let everything = || format!("{}\n{}", state(&office, &[]), surroundings(&office, &[&role, &other_role]));
    let before = everything();

    let (mut tried, mut otherwise) = (0, Vec::new());
    let mut try_it = |sql: &str, expected: &str| {
        tried += 1;
        let outcome = raw.run(sql).map_err(|error| said(&error));
        for after in ["ROLLBACK", "RESET ROLE", "RESET ALL", "UNLISTEN *"] {
            raw.run(after).unwrap_or_else(|error| panic!("{after} after {sql}: {}", said(&error)));
        }
        match outcome {
            _ if expected == HARMLESS => {}
            Err(said) if said.starts_with(expected) => {}
            outcome => otherwise.push(format!("{sql}: {outcome:?} instead of {expected}")),
        }
    };
    for (probe, expected) in PROBES {
        let probe = probe.replace("{other}", &other_role);
        if probe.contains("{table}") {
            for (table, column) in &tables {
                try_it(&probe.replace("{table}", table).replace("{column}", column), expected);
            }
        } else if probe.contains("{view}") {
            for (view, _) in &views {
                try_it(&probe.replace("{view}", view), expected);
            }
        } else {
            try_it(&probe, expected);
        }
    }
    assert!(otherwise.is_empty(), "of {tried} probes:\n{}", otherwise.join("\n"));
    assert!(PROBES.len() > 100 && tried > 300, "{} kinds of probes, {tried} in all", PROBES.len());
    drop(beside);
    assert_eq!(everything(), before, "nothing has changed");
    van.sync();
    other.assert_agrees();
}

#[test]
fn the_functions_within_are_for_no_device() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let raw = Raw::of(&office, &van);
    let granted = [
        "hello",
        "join_book",
        "push",
        "push_short",
        "push_at",
        "pull",
        "head",
        "retry",
        "lane_hash",
        "snapshot_page",
        "snapshot_row",
        "table_digest",
    ];
    let functions = office.sql(
        "SELECT p.proname, format('SELECT %s(%s)', p.oid::regproc,
                                  (SELECT string_agg(format('(SELECT NULL::%s)', format_type(t, NULL)), ', ' ORDER BY n)
                                   FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS a(t, n)))
         FROM pg_proc p WHERE p.pronamespace IN ('daybook'::regnamespace, 'daybook_sync'::regnamespace) ORDER BY 2",
    );
    let before = state(&office, &[]);
    let mut within = 0;
    for function in &functions {
        let (name, call) = (function[0].as_deref().unwrap(), function[1].as_deref().unwrap());
        if granted.contains(&name) {
            continue;
        }
        let error = raw.run(call).expect_err(call);
        assert_eq!(code(&error), "42501", "{call}: {}", said(&error));
        within += 1;
    }
    assert!(within > 60, "only {within} functions within were found");
    assert_eq!(functions.len() - within, granted.len(), "each granted function is there once");
    assert_eq!(state(&office, &[]), before);
}

#[test]
fn whether_another_book_is_there_is_not_told() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let south = Van::join(World::with_book(), &office.link("Van 9", &ForBook::New("South".into())));
    south.sync();
    let raw = Raw::of(&office, &van);
    let calls = [
        "head('{}', 0, '', true)",
        "pull('{}', 0, '', 1000, '{{}}', '{{}}')",
        "pull('{}', 7, '', 1000, '{{}}', '{{}}')",
        "push('{}', gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'), ARRAY['x'::bytea], 0)",
        "lane_hash('{}', gen_random_uuid(), '{{1}}')",
        "snapshot_page('{}', 'customer', NULL, 10)",
        "snapshot_page('{}', 'no_such_table', NULL, 10)",
        "snapshot_row('{}', 'customer', gen_random_uuid())",
        "snapshot_row('{}', 'no_such_table', gen_random_uuid())",
        "table_digest('{}', 1, '{{}}')",
    ];
    for call in calls {
        let told = |book: &str| {
            let sql = format!(
                "SELECT * FROM daybook_sync.{}",
                call.replacen("{}", book, 1).replace("{{", "{").replace("}}", "}")
            );
            let error = raw.run(&sql).expect_err(&sql);
            let error = error.as_db_error().unwrap().clone();
            (
                error.code().code().to_owned(),
                error.message().to_owned(),
                error.detail().map(str::to_owned),
                error.where_().map(str::to_owned),
            )
        };
        let there = told(&south.book.to_string());
        assert_eq!(there, told("00000000-0000-7000-8000-000000000001"), "{call}");
        assert_eq!(there.0, "DB001", "{call}: {there:?}");
    }
    // Nor by joining it: the device has its book.
    let book = south.book;
    let error = raw.run(&format!("SELECT * FROM daybook_sync.join_book('{book}', '{book}', 'X')")).unwrap_err();
    assert_eq!(code(&error), "DB001", "{}", said(&error));
}

#[test]
fn shorthand_that_would_grow_without_end_is_refused_before_it_is_written_out() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let raw = Raw::of(&office, &van);
    let push = |words: &str, text: &str| {
        let sql = format!(
            "SELECT * FROM daybook_sync.push_short('{}', gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'), {words}, {text}, '', 0)",
            van.book
        );
        let error = raw.run(&sql).expect_err("it is refused");
        (code(&error), said(&error))
    };
    for (words, text) in [
        ("ARRAY[repeat('x', 1000000)]", "repeat(chr(1), 1000000)"),
        // Each word names the next one twice.
        ("(SELECT array_agg(repeat(chr(i + 1), 2) ORDER BY i) FROM generate_series(1, 29) i)", "repeat(chr(1), 1000)"),
        ("array_fill('x'::text, ARRAY[30])", "'x'"),
        ("ARRAY[NULL]::text[]", "repeat('x', 40000000)"),
    ] {
        let (code, said) = push(words, text);
        assert_eq!((code.as_str(), said.contains("too large")), ("DB004", true), "{words}: {said}");
    }
    assert_eq!(push("NULL", "NULL").0, "DB004");
    van.assert_agrees();
}

#[test]
fn names_that_a_device_puts_before_ours_are_not_taken_for_ours() {
    let office = Office::open();
    let van = office.founder();
    van.customer("Ana");
    van.sync();
    // As if it could make objects somewhere.
    office.sql(
        "CREATE SCHEMA trap; CREATE TABLE trap.sprung (); GRANT ALL ON SCHEMA trap TO PUBLIC; GRANT ALL ON trap.sprung TO PUBLIC;
         CREATE TABLE trap.enrolment (LIKE daybook_sync.enrolment); CREATE TABLE trap.book_head (LIKE daybook_sync.book_head);
         CREATE TABLE trap.sync_limit (LIKE daybook_sync.sync_limit);
         GRANT ALL ON ALL TABLES IN SCHEMA trap TO PUBLIC;
         CREATE FUNCTION trap.caller(uuid) RETURNS daybook_sync.enrolment LANGUAGE sql AS 'INSERT INTO trap.sprung DEFAULT VALUES; SELECT NULL::daybook_sync.enrolment';
         CREATE FUNCTION trap.limit_of(text) RETURNS bigint LANGUAGE sql AS 'INSERT INTO trap.sprung DEFAULT VALUES; SELECT 1::bigint';
         CREATE FUNCTION trap.sha256(bytea) RETURNS bytea LANGUAGE sql AS 'INSERT INTO trap.sprung DEFAULT VALUES; SELECT $1';
         CREATE FUNCTION trap.now() RETURNS timestamptz LANGUAGE sql AS 'INSERT INTO trap.sprung DEFAULT VALUES; SELECT NULL::timestamptz';
         CREATE FUNCTION trap.same(uuid, uuid) RETURNS boolean LANGUAGE sql AS 'INSERT INTO trap.sprung DEFAULT VALUES; SELECT true';
         CREATE OPERATOR trap.= (FUNCTION = trap.same, LEFTARG = uuid, RIGHTARG = uuid);",
    );
    let raw = Raw::of(&office, &van);
    raw.run(
        "SET search_path = trap, pg_catalog; SET daybook.undoing = 'on'; SET datestyle = 'SQL, DMY'; SET timezone = 'Asia/Tokyo';
         SET plpgsql.variable_conflict = use_variable; SET transform_null_equals = on",
    )
    .unwrap();
    let book = van.book;
    let seen = |sql: &str| -> String {
        let rows = raw.rows(sql, &[]).unwrap_or_else(|error| panic!("{sql}: {}", said(&error)));
        rows[0].get(0)
    };
    let own = seen("SELECT t::text FROM daybook_sync.hello(1) t");
    assert!(own.contains(&book.to_string()), "{own}");
    seen(&format!("SELECT version::text FROM daybook_sync.pull('{book}', 0, '', 1000, '{{}}', '{{}}')"));
    seen(&format!("SELECT t::text FROM daybook_sync.snapshot_page('{book}', 'customer', NULL, 10) t"));
    let fork = format!(
        "SELECT * FROM daybook_sync.push('{book}', gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'), ARRAY['x'::bytea], 0)"
    );
    raw.run(&fork).unwrap();
    assert_eq!(office.value("SELECT count(*) FROM trap.sprung"), "0");
    assert_eq!(
        office.value("SELECT count(*) FROM daybook_sync.quarantined_entry"),
        "1",
        "what is no entry is kept as one"
    );
}

#[test]
fn a_device_gets_into_no_other_head_office_of_the_server() {
    let (office, elsewhere) = (Office::open(), Office::open());
    let van = office.founder();
    let (role, password) = van.secret();
    let error = Raw::connect(&office, &role, &password, &elsewhere.database).err().expect("it is refused");
    assert_eq!(code(&error), "42501", "{}", said(&error));
    let said = office.cluster.psql_as(&role, &password, &elsewhere.database, "SELECT 1").unwrap_err();
    assert!(said.contains("permission denied for database"), "{said}");
}

/// Databases that aren't Daybook's are open to every role of the server by default, and not Daybook's to close.
#[test]
fn two_lines_of_pg_hba_keep_devices_to_their_database() {
    let cluster = Cluster::start();
    let office = Office::on(&cluster);
    let van = office.founder();
    let (role, password) = van.secret();
    let file = office.value("SHOW hba_file");
    let lines = format!(
        "hostssl {} +daybook_device all scram-sha-256\nhost all +daybook_device all reject\n{}",
        office.database,
        std::fs::read_to_string(&file).unwrap()
    );
    std::fs::write(&file, lines).unwrap();
    let open = Raw::connect(&office, &role, &password, "postgres").expect("before, postgres is open to everybody");
    for secret in ["SELECT rolpassword FROM pg_authid", "SELECT pg_read_file('PG_VERSION')", "CREATE TABLE public.t ()"]
    {
        assert_eq!(code(&open.run(secret).unwrap_err()), "42501", "{secret}");
    }
    office.sql("SELECT pg_reload_conf()");
    let until = Instant::now() + Duration::from_secs(30);
    for database in ["postgres", "template1"] {
        while Raw::connect(&office, &role, &password, database).is_ok() {
            assert!(Instant::now() < until, "{database} is still open");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    van.sync();
}

#[test]
fn a_device_that_holds_all_it_can_is_revoked_all_the_same() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let other = office.colleague(&van);
    other.customer("Waits");
    let (role, _) = van.secret();
    let settings = office.value(&format!(
        "SELECT array_to_string(setconfig, ' ') FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole WHERE r.rolname = '{role}'"
    ));
    for setting in
        ["statement_timeout=600s", "lock_timeout=20s", "idle_in_transaction_session_timeout=30s", "temp_file_limit=1GB"]
    {
        assert!(settings.contains(setting), "{settings}");
    }
    // It takes the timeouts off, and locks its own role, who it is, and the book.
    let holder = Raw::of(&office, &van);
    holder
        .run("SET statement_timeout = 0; SET lock_timeout = 0; SET idle_in_transaction_session_timeout = 0; BEGIN")
        .unwrap();
    holder.run("ALTER ROLE CURRENT_USER PASSWORD 'mine'; SELECT * FROM daybook_sync.hello(1)").unwrap();
    let push = format!(
        "SELECT * FROM daybook_sync.push('{}', gen_random_uuid(), 1, decode(repeat('00', 32), 'hex'), ARRAY['x'::bytea], 0)",
        van.book
    );
    holder.run(&push).unwrap();
    let waiting = Raw::of(&office, &other);
    waiting.run("SET lock_timeout = '50ms'").unwrap();
    assert_eq!(code(&waiting.run(&push).unwrap_err()), "55P03", "until then, the book waits");

    let started = Instant::now();
    assert_eq!(office.admin().revoke(&role, None).unwrap(), std::slice::from_ref(&role));
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
    assert!(holder.run("COMMIT").is_err(), "it was sent away");
    assert_eq!(van.sync_fails().name(), "refused");
    other.sync();
    assert_eq!(office.value("SELECT count(*) FROM daybook.customer"), "1");
}

#[test]
fn the_watch_sends_away_who_holds_a_transaction_open() {
    let office = Office::open();
    let van = office.founder();
    van.sync();
    let (idle, holder) = (Raw::of(&office, &van), Raw::of(&office, &van));
    holder.run("SET idle_in_transaction_session_timeout = 0; BEGIN; SELECT * FROM daybook_sync.hello(1)").unwrap();
    let watch = |longest: &str| {
        let url = office.url();
        let done = crate::process::daybook()
            .args(["central", "watch", "--once", "--longest", longest])
            .env("DAYBOOK_CENTRAL_URL", url)
            .output()
            .unwrap();
        assert!(done.status.success(), "{done:?}");
        String::from_utf8(done.stdout).unwrap()
    };
    assert_eq!(watch("900"), "", "it may take its time");
    let ended: Value = serde_json::from_str(watch("0").lines().next().unwrap()).unwrap();
    assert_eq!(ended["ended"], van.secret().0, "{ended}");
    assert!(holder.run("COMMIT").is_err());
    idle.run("SELECT * FROM daybook_sync.hello(1)").unwrap();
    van.sync();
}

#[test]
fn a_device_can_be_no_other_device() {
    let office = Office::open();
    let van = office.founder();
    van.world.account("Till", "cash", 100);
    van.sync();
    let other = office.colleague(&van);
    // A link of one's own, and the id of a colleague: what the colleague keeps would be one's own.
    let link = office.link("Third", &ForBook::Existing(van.book));
    let third = Raw::connect(&office, &link.role, &link.password, &office.database).unwrap();
    let device = van.ask("status", json!({}))["device"]["id"].as_str().unwrap().to_owned();
    let error = third.run(&format!("SELECT * FROM daybook_sync.join_book(NULL, '{device}', 'D1')")).unwrap_err();
    assert_eq!(code(&error), "DB001", "{}", said(&error));
    assert_eq!(code(&third.run("SELECT * FROM daybook_sync.join_book(NULL, NULL, 'D1')").unwrap_err()), "DB004");
    assert_eq!(
        code(&third.run(&format!("SELECT * FROM daybook_sync.head('{}', 0, '', true)", van.book)).unwrap_err()),
        "DB001",
        "not joined yet"
    );
    // A member of another's role is still itself: this version of PostgreSQL lets a role give itself away.
    let (role, other_role) = (van.secret().0, other.secret().0);
    let given = Raw::of(&office, &van);
    if given.run(&format!("GRANT {role} TO {other_role}")).is_ok() {
        let taken = Raw::of(&office, &other);
        taken.run(&format!("SET ROLE {role}")).unwrap();
        let lane: uuid::Uuid = office.value("SELECT incarnation_id FROM daybook_sync.lane LIMIT 1").parse().unwrap();
        let book = van.book.to_string().parse().unwrap();
        let error = taken.push(book, lane, 1, &[0; 32], &[b"x".to_vec()]).unwrap_err();
        assert_eq!(said(&error), "DB001 That incarnation belongs to another device.");
    }
}

/// Tables or views of Daybook, each with a column.
fn names(office: &Office, kind: &str) -> Vec<(String, String)> {
    let rows = office.sql(&format!(
        "SELECT c.oid::regclass, (SELECT attname FROM pg_attribute a WHERE a.attrelid = c.oid AND attnum > 0 AND attgenerated = '' AND attidentity = '' LIMIT 1)
         FROM pg_class c WHERE c.relnamespace IN ('daybook'::regnamespace, 'daybook_sync'::regnamespace) AND c.relkind = '{kind}' ORDER BY 1"
    ));
    rows.into_iter().map(|row| (row[0].clone().unwrap(), row[1].clone().unwrap())).collect()
}

/// Who may do what, as the server knows it. A device's own settings are its own.
fn surroundings(office: &Office, roles: &[&str]) -> String {
    let list = roles.iter().map(|role| format!("'{role}'")).collect::<Vec<_>>().join(", ");
    let rows = office.sql(&format!(
        "SELECT 'role ' || (to_jsonb(a) - 'rolpassword')::text FROM pg_authid a
         WHERE rolname IN ('daybook_owner', 'daybook_machine', 'daybook_head_office', 'daybook_device', 'postgres', {list})
         UNION ALL SELECT 'password ' || rolname || coalesce(rolpassword, '') FROM pg_authid
         WHERE rolname IN ('daybook_owner', 'daybook_machine', 'daybook_head_office', 'postgres', {list})
         UNION ALL SELECT 'member ' || m.roleid::regrole || m.member::regrole FROM pg_auth_members m
         WHERE m.roleid::regrole::text IN ('daybook_owner', 'daybook_machine', 'daybook_head_office')
            OR m.member::regrole::text IN ('daybook_owner', 'daybook_machine', 'daybook_head_office', {list})
         UNION ALL SELECT 'relation ' || oid::regclass || relowner || coalesce(relacl::text, '') FROM pg_class WHERE relnamespace::regnamespace::text NOT LIKE 'pg\\_t%'
         UNION ALL SELECT 'function ' || oid::regprocedure || proowner || coalesce(proacl::text, '') FROM pg_proc
         UNION ALL SELECT 'schema ' || nspname || coalesce(nspacl::text, '') FROM pg_namespace WHERE nspname NOT LIKE 'pg\\_t%'
         UNION ALL SELECT 'database ' || datname || datdba || coalesce(datacl::text, '') FROM pg_database WHERE datname = current_database()
         UNION ALL SELECT 'language ' || lanname || coalesce(lanacl::text, '') FROM pg_language
         UNION ALL SELECT 'large object ' || oid FROM pg_largeobject_metadata
         UNION ALL SELECT 'limit ' || s::text FROM pg_db_role_setting d, unnest(d.setconfig) s
         WHERE d.setrole::regrole::text IN ({list}) AND s LIKE 'temp\\_file\\_limit%'
         UNION ALL SELECT 'trigger ' || tgname || tgenabled::text FROM pg_trigger"
    ));
    let mut lines: Vec<String> = rows.into_iter().filter_map(|mut row| row.remove(0)).collect();
    lines.sort();
    lines.join("\n")
}
