//! The commands of imports. The file is read outside a unit of work; what is taken in of it goes in units, step by step.
//!
//! A dry run is the same import on a copy of the store, which is thrown away: nothing here changes, and every row says
//! what would become of it.

use super::decode::Envelope;
use super::desk::{Answer, Desk};
use super::table::{ANYONE, Asker, Command, Nothing, READ_STATEMENTS_MAX, Verb, answer, command, read, task};
use crate::domain::BatchId;
use crate::domain::book::scene;
use crate::domain::page::{Limit, Page};
use crate::domain::setting::{self, Key};
use crate::interchange::{
    self, Batch, Decimal, Encoding, Importable, KINDS, Mapping, NewBatch, Outcome, RowOutcome, STEP_ROWS_DEFAULT,
    STEP_ROWS_MAX, Undone,
};
use crate::kernel::{Code, Currency, Fault, Result, shown_path};
use crate::store::{Snapshot, copy_database};
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

/// How many dry runs may be open at once.
const DRY_RUNS_MAX: usize = 4;

pub(super) fn commands() -> Vec<Command> {
    vec![
        read("import_kinds", "Lists what can be imported, and the fields of each kind.", &[], list_kinds),
        task(
            "import_inspect",
            "Looks at a table: its encoding, columns, first rows, and which mapping suits it.",
            ANYONE,
            &[Code::FileUnreadable, Code::BadCsv],
            inspect,
        ),
        task(
            "import_start",
            "Begins an import, or a dry run of it on a copy; rows are then taken in by import_step.",
            ANYONE,
            &[Code::FileUnreadable, Code::BadCsv, Code::BadMapping, Code::FileUnwritable],
            start,
        ),
        task(
            "import_step",
            "Takes in the next rows of an import; good rows stand, bad ones are refused with column and reason.",
            ANYONE,
            &[Code::BatchFinished, Code::BatchUndone, Code::Stale, Code::FileUnreadable],
            step,
        ),
        task(
            "import_undo",
            "Takes back the next rows of an import; what somebody changed since is kept.",
            ANYONE,
            &[Code::BatchUndone],
            undo,
        ),
        task(
            "import_refused",
            "Writes the refused rows of an import as CSV, with a column that says why.",
            ANYONE,
            &[Code::FileExists, Code::FileUnwritable],
            write_refused,
        ),
        task("import_discard", "Throws the copy of a dry run away.", ANYONE, &[], discard),
        read(
            "import_rows",
            "Lists the refused rows of an import, in the order of its table.",
            &[Code::BadCursor],
            list_rows,
        ),
        read("import_list", "Lists imports, the newest first.", &[Code::BadCursor], list),
    ]
}

/// What can be imported.
#[derive(Serialize, JsonSchema)]
struct Kinds {
    /// The kinds.
    rows: Vec<KindShown>,
}

/// A kind of import.
#[derive(Serialize, JsonSchema)]
struct KindShown {
    /// What of.
    kind: Importable,
    /// Its fields.
    fields: Vec<FieldShown>,
}

/// A field that a column can be mapped to.
#[derive(Serialize, JsonSchema)]
struct FieldShown {
    /// Its name.
    name: &'static str,
    /// Whether every row must have it.
    required: bool,
    /// What it is.
    about: &'static str,
}

fn list_kinds(_: &Snapshot, _: &Asker, _: Nothing) -> Result<Kinds> {
    let fields = |kind: &interchange::ImportKind| {
        kind.fields
            .iter()
            .map(|field| FieldShown { name: field.name, required: field.required, about: field.about })
            .collect()
    };
    Ok(Kinds { rows: KINDS.iter().map(|kind| KindShown { kind: kind.of, fields: fields(kind) }).collect() })
}

/// Which table.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InspectOrder {
    /// The file.
    path: PathBuf,
}

/// What a table looks like.
#[derive(Serialize, JsonSchema)]
struct Inspected {
    /// The file's name.
    file_name: String,
    /// How its characters are written.
    encoding: Encoding,
    /// What parts its columns.
    delimiter: char,
    /// Its columns.
    header: Vec<String>,
    /// Its first rows.
    sample: Vec<Vec<String>>,
    /// How many rows it has.
    rows: u64,
    /// Mappings that suit it, the best first.
    suggested: Vec<SuggestionShown>,
}

/// A mapping that suits a table.
#[derive(Serialize, JsonSchema)]
struct SuggestionShown {
    /// The kind.
    kind: Importable,
    /// For each field recognised, its column.
    columns: BTreeMap<&'static str, String>,
    /// How many fields were recognised.
    recognised: usize,
}

fn inspect(_: &Desk, _: &Envelope, order: InspectOrder) -> Result<Inspected> {
    let sheet = interchange::inspect(&order.path)?;
    let suggested = interchange::suggest(&sheet.header)
        .into_iter()
        .map(|suggestion| SuggestionShown {
            kind: suggestion.kind,
            recognised: suggestion.columns.len(),
            columns: suggestion.columns,
        })
        .collect();
    Ok(Inspected {
        file_name: name_of(&order.path),
        encoding: sheet.encoding,
        delimiter: char::from(sheet.delimiter),
        header: sheet.header,
        sample: sheet.sample,
        rows: sheet.rows,
        suggested,
    })
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// An import to be begun.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StartOrder {
    /// The file.
    path: PathBuf,
    /// What is imported.
    kind: Importable,
    /// For each field the name of its column.
    columns: BTreeMap<String, String>,
    /// The column that a row is recognised by; its content when it isn't given.
    #[serde(default)]
    reference: Option<String>,
    /// What parts whole from part in numbers.
    #[serde(default)]
    decimal: Option<Decimal>,
    /// Whether this only tries, on a copy of the store.
    #[serde(default)]
    dry_run: bool,
    /// Keeps the mapping as the setting `import_mapping.{name}`.
    #[serde(default)]
    save_as: Option<String>,
}

/// An import that was begun.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Started {
    /// The import.
    batch: Batch,
    /// Whether it only tries.
    dry_run: bool,
}

fn start(desk: &Desk, envelope: &Envelope, order: StartOrder) -> Result<Started> {
    let setting_key = order
        .save_as
        .as_ref()
        .map(|name| Key::parse(&format!("import_mapping.{name}")).map_err(|fault| fault.at("save_as")))
        .transpose()?;
    let id = BatchId::fresh();
    let store = desk.store().directory();
    let (copy, desk_of_copy) = if order.dry_run {
        let folder = dry_folder(store, id);
        make_folder(&folder)?;
        copy_database(&desk.store().database(), &folder.join(crate::store::DATABASE_FILE))?;
        (copy_of(&folder, id), Some(Arc::new(Desk::open(&folder)?)))
    } else {
        (copy_of(store, id), None)
    };
    make_folder(copy.parent().unwrap_or(store))?;
    let outcome = begin(desk_of_copy.as_deref().unwrap_or(desk), envelope, &order, id, &copy);
    match (outcome, desk_of_copy) {
        (Ok(started), copied) => {
            if started.batch.id != id || started.batch.total == 0 {
                // The request was answered before, and its own copy is in place; or no row will be read.
                remove_file(&copy);
            }
            if started.batch.id == id
                && let Some(copied) = copied
            {
                let mut dry_runs = desk.dry_runs.lock().unwrap_or_else(PoisonError::into_inner);
                if dry_runs.len() >= DRY_RUNS_MAX
                    && let Some(oldest) = dry_runs.keys().min().copied()
                {
                    dry_runs.remove(&oldest);
                    remove_folder(&dry_folder(store, oldest));
                }
                dry_runs.insert(id, copied);
            }
            if let Some(key) = setting_key {
                let value = json!({
                    "kind": order.kind, "columns": order.columns, "reference": order.reference,
                    "decimal": order.decimal.unwrap_or_default(),
                });
                desk.store().write(4, move |unit| setting::set(unit, key.clone(), value.clone()))?;
            }
            Ok(started)
        }
        (Err(fault), copied) => {
            remove_file(&copy);
            if copied.is_some() {
                drop(copied);
                remove_folder(&dry_folder(store, id));
            }
            Err(fault)
        }
    }
}

fn begin(desk: &Desk, envelope: &Envelope, order: &StartOrder, id: BatchId, copy: &Path) -> Result<Started> {
    let sheet = interchange::take_copy(&order.path, copy)?;
    let new = NewBatch {
        id,
        kind: order.kind,
        file_name: name_of(&order.path),
        mapping: Mapping {
            columns: order.columns.clone(),
            reference: order.reference.clone(),
            decimal: order.decimal.unwrap_or_default(),
            delimiter: sheet.delimiter,
            header: sheet.header,
        },
        total: i64::try_from(sheet.rows).unwrap_or(i64::MAX),
        first_row_at: sheet.first_row_at,
    };
    let dry_run = order.dry_run;
    perform(desk, envelope, move |unit, acting| {
        answer(&Started { batch: interchange::start(unit, acting, &new)?, dry_run })
    })
}

/// Does a part of a task as a unit of work under the task's name and request.
fn perform<A: DeserializeOwned>(
    desk: &Desk,
    envelope: &Envelope,
    verb: impl FnMut(&mut crate::store::Unit, &crate::kernel::Acting) -> Result<Answer> + Send + 'static,
) -> Result<A> {
    let verb: Verb = Box::new(verb);
    let answered = desk.perform(command(&envelope.command)?, envelope, verb, None)?;
    serde_json::from_value(answered.value()?)
        .map_err(|cause| Fault::new(Code::Internal, "An answer can't be read back.").because(cause))
}

/// Which import, and how many rows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepOrder {
    /// Which.
    batch_id: BatchId,
    /// How many rows: 500 when it isn't given.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    rows: Option<i64>,
}

/// What a step did.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Stepped {
    /// The import as it is now.
    batch: Batch,
    /// The rows: in a dry run all of this step, else those that were refused.
    rows: Vec<RowOutcome>,
    /// Whether nothing is left to do.
    finished: bool,
}

fn rows_of(asked: Option<i64>) -> Result<u32> {
    let rows = asked.unwrap_or(i64::from(STEP_ROWS_DEFAULT));
    match u32::try_from(rows) {
        Ok(rows) if (1..=STEP_ROWS_MAX).contains(&rows) => Ok(rows),
        Ok(_) | Err(_) => {
            Err(Fault::new(Code::OutOfRange, format!("A step takes 1 to {STEP_ROWS_MAX} rows.")).at("rows"))
        }
    }
}

/// The desk that an import runs on: a dry run has its own.
fn desk_of(desk: &Desk, id: BatchId) -> Option<Arc<Desk>> {
    desk.dry_runs.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
}

fn step(desk: &Desk, envelope: &Envelope, order: StepOrder) -> Result<Stepped> {
    let rows_max = rows_of(order.rows)?;
    let dry = desk_of(desk, order.batch_id);
    let desk = dry.as_deref().unwrap_or(desk);
    let found = desk.store().read(READ_STATEMENTS_MAX, |snapshot| {
        let book = scene(snapshot, envelope.book, envelope.person)?.book;
        let (batch, mapping, offset) = interchange::find(snapshot, book.id, order.batch_id)?;
        Ok((batch, mapping, offset, Currency::parse(&book.currency)?))
    });
    let (batch, mapping, offset, currency) = match found {
        Ok(found) => found,
        // An import that is gone, or a copy that is, is refused by the verb: a request that was answered before is
        // answered again all the same.
        Err(fault) if fault.field.as_deref() == Some("batch_id") => {
            let id = order.batch_id;
            return perform(desk, envelope, move |unit, acting| {
                interchange::find(unit, acting.book, id)?;
                Err(Fault::new(Code::Stale, "The import was begun in the meantime; take its first step again."))
            });
        }
        Err(fault) => return Err(fault),
    };
    let copy = copy_of(desk.store().directory(), batch.id);
    let copy_is_there = copy.exists();
    let copy_is_gone = batch.state == interchange::BatchState::Running && !copy_is_there;
    let rows = if batch.done < batch.total && copy_is_there {
        interchange::read_rows(&copy, mapping.delimiter, offset, rows_max as usize)?
    } else {
        Vec::new()
    };
    let (id, done, all) = (batch.id, batch.done, dry.is_some());
    let stepped: Stepped = perform(desk, envelope, move |unit, acting| {
        if copy_is_gone && interchange::find(unit, acting.book, id)?.0.state == interchange::BatchState::Running {
            return Err(Fault::new(
                Code::FileUnreadable,
                "The copy of the imported file is gone; take the import back and begin it again.",
            ));
        }
        let (batch, mut outcomes) = interchange::step(unit, acting, currency, id, done, &rows)?;
        let finished = batch.state == interchange::BatchState::Done;
        if !all {
            outcomes.retain(|row| row.outcome == Outcome::Refused);
        }
        answer(&Stepped { batch, rows: outcomes, finished })
    })?;
    if stepped.finished {
        remove_file(&copy);
    }
    Ok(stepped)
}

/// What a step of taking back did.
#[derive(Serialize, Deserialize, JsonSchema)]
struct UndoneShown {
    /// The import as it is now; gone, when nothing of it had to be kept.
    batch: Batch,
    /// How many records this step took out.
    removed: i64,
    /// How many it kept, because somebody changed them.
    kept: i64,
    /// Whether nothing is left to take back.
    finished: bool,
}

fn undo(desk: &Desk, envelope: &Envelope, order: StepOrder) -> Result<UndoneShown> {
    let rows_max = rows_of(order.rows)?;
    let id = order.batch_id;
    let undone: UndoneShown = perform(desk, envelope, move |unit, acting| {
        let Undone { batch, removed, kept, finished } = interchange::undo(unit, acting, id, rows_max)?;
        answer(&UndoneShown { batch, removed, kept, finished })
    })?;
    remove_file(&copy_of(desk.store().directory(), id));
    Ok(undone)
}

/// Where the refused rows go.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RefusedOrder {
    /// Which import.
    batch_id: BatchId,
    /// The file to be written.
    path: PathBuf,
}

/// The refused rows that were written.
#[derive(Serialize, JsonSchema)]
struct RefusedWritten {
    /// The file.
    path: PathBuf,
    /// How many rows.
    rows: i64,
}

fn write_refused(desk: &Desk, envelope: &Envelope, order: RefusedOrder) -> Result<RefusedWritten> {
    let dry = desk_of(desk, order.batch_id);
    let desk = dry.as_deref().unwrap_or(desk);
    let unwritable = |cause: std::io::Error| {
        let code =
            if cause.kind() == std::io::ErrorKind::AlreadyExists { Code::FileExists } else { Code::FileUnwritable };
        Fault::new(code, format!("{} can't be written.", shown_path(&order.path))).because(cause).at("path")
    };
    desk.store().read(READ_STATEMENTS_MAX, |snapshot| {
        let book = scene(snapshot, envelope.book, envelope.person)?.book;
        let (_, mapping, _) = interchange::find(snapshot, book.id, order.batch_id)?;
        let file = std::fs::File::create_new(&order.path).map_err(unwritable)?;
        let mut writer = csv::WriterBuilder::new().delimiter(mapping.delimiter).flexible(true).from_writer(file);
        let failed = |cause: csv::Error| unwritable(std::io::Error::other(cause));
        let width = mapping.header.len();
        writer.write_record(mapping.header.iter().map(String::as_str).chain(["reason"])).map_err(failed)?;
        let mut rows = 0;
        interchange::refused_rows(snapshot, book.id, order.batch_id, |row| {
            rows += 1;
            let mut cells = row.cells.unwrap_or_default();
            cells.resize(cells.len().max(width), String::new());
            let column = row.column.map(|column| format!("{column}: ")).unwrap_or_default();
            let reason = format!("{column}{}", row.message.unwrap_or_default());
            writer.write_record(cells.iter().chain([&reason])).map_err(failed)
        })?;
        writer.flush().map_err(unwritable)?;
        Ok(RefusedWritten { path: order.path.clone(), rows })
    })
}

/// Which dry run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DiscardOrder {
    /// Which.
    batch_id: BatchId,
}

/// A dry run that was thrown away.
#[derive(Serialize, JsonSchema)]
struct Discarded {
    /// Whether there was one.
    discarded: bool,
}

fn discard(desk: &Desk, _: &Envelope, order: DiscardOrder) -> Result<Discarded> {
    let found = desk.dry_runs.lock().unwrap_or_else(PoisonError::into_inner).remove(&order.batch_id);
    let discarded = found.is_some();
    drop(found);
    if discarded {
        remove_folder(&dry_folder(desk.store().directory(), order.batch_id));
    }
    Ok(Discarded { discarded })
}

/// Which page.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListQuery {
    /// Where the last page ended.
    #[serde(default)]
    cursor: Option<String>,
    /// How many rows.
    #[serde(default)]
    limit: Limit,
}

fn list(snapshot: &Snapshot, asker: &Asker, query: ListQuery) -> Result<Page<Batch>> {
    interchange::list(snapshot, asker.scene(snapshot)?.book.id, query.cursor.as_deref(), query.limit)
}

/// Which import's rows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RowsQuery {
    /// Which import.
    batch_id: BatchId,
    /// Where the last page ended.
    #[serde(default)]
    cursor: Option<String>,
    /// How many rows.
    #[serde(default)]
    limit: Limit,
}

fn list_rows(snapshot: &Snapshot, asker: &Asker, query: RowsQuery) -> Result<Page<RowOutcome>> {
    let book = asker.scene(snapshot)?.book.id;
    let page = |snapshot: &Snapshot| {
        interchange::refused_page(snapshot, book, query.batch_id, query.cursor.as_deref(), query.limit)
    };
    match desk_of(asker.desk, query.batch_id) {
        Some(dry) => dry.store().read(READ_STATEMENTS_MAX, page),
        None => page(snapshot),
    }
}

fn copy_of(store: &Path, id: BatchId) -> PathBuf {
    store.join("imports").join(format!("{id}.csv"))
}

fn dry_folder(store: &Path, id: BatchId) -> PathBuf {
    store.join("dry-runs").join(id.to_string())
}

/// Dry runs end with the process that made them; what a killed one left is removed.
pub(super) fn clear_dry_runs(store: &Path) {
    remove_folder(&store.join("dry-runs"));
}

fn make_folder(folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder).map_err(|cause| {
        Fault::new(Code::FileUnwritable, format!("The folder {} can't be made.", folder.display())).because(cause)
    })
}

/// A copy that can't be removed only takes room; the log says so.
fn remove_file(file: &Path) {
    report(file, std::fs::remove_file(file));
}

fn remove_folder(folder: &Path) {
    report(folder, std::fs::remove_dir_all(folder));
}

fn report(path: &Path, removed: std::io::Result<()>) {
    if let Err(error) = removed
        && error.kind() != std::io::ErrorKind::NotFound
    {
        tracing::warn!(%error, path = %path.display(), "what is no longer needed can't be removed");
    }
}
