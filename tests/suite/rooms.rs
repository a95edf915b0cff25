//! The house: which room may know which, how things are called, and that every statement can be prepared.

use crate::world::World;
use daybook::domain::{LOCAL, SYNCED};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Each room and what it may import. Everything may import kernel.
const ROOMS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("store", &[]),
    ("daybook", &["store"]),
    ("domain", &["store"]),
    ("interchange", &["domain", "store"]),
    ("commands", &["interchange", "domain", "daybook", "store"]),
    ("app", &["commands", "log", "paths"]),
    ("log", &["paths"]),
    ("paths", &[]),
    ("cli", &["app", "commands", "paths"]),
    ("desktop", &["app", "commands", "paths"]),
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Each source with its room, its tests cut off.
fn rooms() -> Vec<(String, PathBuf, String)> {
    let folder = root().join("src-tauri/src");
    let mut paths = Vec::new();
    sources(&folder, &mut paths);
    let room_of = |path: &Path| {
        let first = path.strip_prefix(&folder).unwrap().components().next().unwrap();
        first.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
    };
    let text_of = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        text.split("#[cfg(test)]\nmod tests").next().unwrap().to_owned()
    };
    paths.iter().map(|path| (room_of(path), path.clone(), text_of(path))).collect()
}

#[test]
fn no_room_imports_what_it_may_not_know() {
    let mut seen = BTreeSet::new();
    for (room, path, text) in rooms() {
        if ["lib", "main", "bin"].contains(&room.as_str()) {
            continue;
        }
        let (_, allowed) = ROOMS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room} is no room"));
        seen.insert(room.clone());
        let code: String =
            text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n");
        for part in code.split("crate::").skip(1) {
            let named: String = part.chars().take_while(|letter| letter.is_ascii_lowercase()).collect();
            let fine = named == "kernel" || named == room || allowed.contains(&named.as_str());
            assert!(fine, "{} imports {named}, which {room} may not know", path.display());
        }
    }
    assert_eq!(seen.len(), ROOMS.len(), "every room of the table is there");
}

#[test]
fn transactions_are_controlled_in_the_store_alone() {
    for (room, path, text) in rooms() {
        for word in ["\"BEGIN", "\"COMMIT", "\"SAVEPOINT", "\"ROLLBACK", "\"RELEASE"] {
            assert!(room == "store" || !text.contains(word), "{} holds {word}", path.display());
        }
    }
}

#[test]
fn every_whole_statement_in_the_sources_can_be_prepared() {
    let world = World::empty();
    let connection = world.connection();
    daybook::commands::prepare(&connection).unwrap();
    let mut prepared = 0;
    for (_, path, text) in rooms() {
        for literal in text.split('"').skip(1).step_by(2) {
            let sql = literal.trim_start_matches("\\\n").trim();
            let starts = ["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH "];
            let whole = starts.iter().any(|start| sql.starts_with(start)) && !sql.contains('{');
            if whole {
                connection.prepare(sql).unwrap_or_else(|error| panic!("{}: {error}\n{sql}", path.display()));
                prepared += 1;
            }
        }
    }
    assert!(prepared > 40, "the statements are found: {prepared}");
}

#[test]
fn everything_in_the_schema_is_named_by_the_rules() {
    let world = World::empty();
    let connection = world.connection();
    let mut statement = connection.prepare("SELECT type, name, tbl_name, ifnull(sql, '') FROM sqlite_schema").unwrap();
    let objects: Vec<[String; 4]> = statement
        .query_map([], |row| Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?]))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    for [kind, name, table, sql] in &objects {
        let theirs = name.starts_with("sqlite_") || name == "refinery_schema_history";
        if theirs {
            continue;
        }
        assert!(
            name.len() <= 63 && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_'),
            "{name}"
        );
        match kind.as_str() {
            "index" => assert!(name.starts_with(table.as_str()) && name.ends_with("_idx"), "{name} on {table}"),
            "trigger" => assert!(name.starts_with(table.as_str()) && name.ends_with("_trigger"), "{name} on {table}"),
            "table" => {
                assert!(SYNCED.contains(&name.as_str()) || LOCAL.contains(&name.as_str()), "{name} is in neither list");
                assert!(sql.contains("STRICT"), "{name} is strict");
                let columns = sql.split_once('(').unwrap().1;
                for line in columns.lines().map(str::trim) {
                    if let Some(rest) = line.strip_prefix("CONSTRAINT ") {
                        let constraint = rest.split_whitespace().next().unwrap();
                        let endings = ["_pkey", "_key", "_fkey", "_check"];
                        let named = constraint.starts_with(&format!("{name}_"))
                            && endings.iter().any(|ending| constraint.ends_with(ending))
                            && constraint.len() <= 63;
                        assert!(named, "{constraint} in {name}");
                    }
                    let bare =
                        ["PRIMARY KEY", "FOREIGN KEY", "UNIQUE", "CHECK"].iter().any(|word| line.starts_with(word));
                    let own_line = line.starts_with("FOREIGN KEY") && sql.contains("_fkey\n");
                    assert!(!bare || own_line, "{line} in {name} has no name");
                    let mut words = line.split_whitespace();
                    if let (Some(column), Some(type_)) = (words.next(), words.next()) {
                        let expected = [
                            ("_at", "INTEGER"),
                            ("_minor", "INTEGER"),
                            ("_ppm", "INTEGER"),
                            ("_date", "TEXT"),
                            ("_id", "BLOB"),
                        ];
                        if let Some((_, expected)) = expected.iter().find(|(ending, _)| column.ends_with(ending)) {
                            assert_eq!(type_.trim_end_matches(','), *expected, "{name}.{column}");
                        }
                    }
                }
                if SYNCED.contains(&name.as_str()) && name != "book" {
                    assert!(sql.contains("PRIMARY KEY (book_id, id)"), "{name} is keyed by book and id");
                }
            }
            _ => {}
        }
    }
    assert!(objects.len() > 30, "the schema is there");
}

#[test]
fn migrations_are_dated_readable_and_one_a_version() {
    let mut versions = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("migrations/device")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (version, rest) = name.split_once("__").expect("V{version}__{verb}_{noun}.sql");
        assert!(
            version.starts_with('V') && version.len() == 13 && version[1..].bytes().all(|b| b.is_ascii_digit()),
            "{name}"
        );
        assert!(
            rest.ends_with(".sql") && rest[..rest.len() - 4].bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
        assert!(versions.insert(version.to_owned()), "two migrations of {version}");
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("-- "), "{name} says first what it is for");
    }
    assert_eq!(versions.len(), daybook::store::device_migrations().len(), "refinery passes over none in silence");
}

#[test]
fn every_command_is_described() {
    let mut names = BTreeSet::new();
    for command in daybook::commands::table() {
        assert!(names.insert(command.name), "{} is there twice", command.name);
        assert!(command.about.ends_with('.'), "{} is told in a sentence", command.name);
        let codes: BTreeSet<_> = command.errors.iter().collect();
        assert_eq!(codes.len(), command.errors.len(), "{} names a code twice", command.name);
        let described = command.describe();
        for side in ["input", "answer"] {
            assert!(described[side].is_object(), "{}: {side}", command.name);
        }
    }
}
