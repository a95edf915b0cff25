//! The commands of imports. The file is read outside a unit of work; what is taken in of it goes in units, step by step.
//!
//! A dry run is the same import on a copy of the store, which is thrown away: nothing here changes, and every row says
//! what would become of it.

use super::answer::Answer;
use super::command::{Command, Nothing, Reader, Task, read, task};
use super::decode::Envelope;
use super::rules::ANYONE;
use super::runner::{DryRun, Runner};
use super::session::session;
use crate::domain::BatchId;
use crate::domain::customer;
use crate::domain::page::{Limit, Page};
use crate::domain::setting::{self, Key};
use crate::interchange::{
    self, Batch, Correction, Decimal, Delimiter, EncodingName, Found, Importable, KINDS, Mapping, Named, NewBatch,
    Outcome, RowOutcome, STEP_ROWS_DEFAULT, STEP_ROWS_MAX, Sheet, Undone, copy_of, remove_file,
};
use crate::kernel::{Acting, BookId, Code, Currency, Fault, Result, Right};
use crate::store::{Snapshot, Unit, create_new, unwritable};
use crate::sync;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError};

/// How many dry runs may be open at once.
const DRY_RUNS_MAX: usize = 4;
/// What a table of products may say; no column of it is a tax.
const PRODUCT_COLUMNS: &[&str] = &["barcode", "category", "class_code", "name", "price_minor", "sku", "unit"];

pub(super) fn commands() -> Vec<Command> {
    vec![
        read("import_kinds", "Lists what can be imported, and the fields of each kind.", &[], list_kinds).rests_on(&[]),
        task(
            "import_inspect",
            "Looks at a table: proposes encoding, delimiter, first line and mapping, and shows its first rows with them.",
            ANYONE,
            &[Code::FileUnreadable, Code::BadCsv, Code::FileUnwritable],
            inspect,
        )
        .beside_owner(),
        task(
            "import_start",
            "Begins an import, or a dry run of it on a copy; rows are then taken in by import_step.",
            ANYONE,
            &[Code::FileUnreadable, Code::BadCsv, Code::BadMapping, Code::FileUnwritable],
            start,
        )
        .writes([Right::insert("import_batch")]),
        task(
            "import_step",
            "Takes in the next rows of an import; good rows stand, bad ones are refused with column and reason, and known ones that \
             say something else are told.",
            ANYONE,
            &[Code::BatchFinished, Code::BatchUndone, Code::Stale, Code::FileUnreadable],
            step,
        )
        .writes([
            Right::update(
                "import_batch",
                &[
                    "byte_offset",
                    "lines_done",
                    "rows_added",
                    "rows_changed",
                    "rows_done",
                    "rows_empty",
                    "rows_known",
                    "rows_refused",
                    "state",
                ],
            ),
            Right::insert("import_row"),
            Right::insert("customer"),
            Right::insert("product"),
            Right::update("customer", customer::EDITED),
            Right::update("product", PRODUCT_COLUMNS),
        ]),
        task(
            "import_run",
            "Begins an import and takes in all of its rows in one call; or tries them all, and throws the copy away.",
            ANYONE,
            &[Code::FileUnreadable, Code::BadCsv, Code::BadMapping, Code::FileUnwritable, Code::Stale],
            run,
        ),
        task(
            "import_undo",
            "Takes back what the next rows of an import added; what somebody changed since is kept, and what it changed stays.",
            ANYONE,
            &[Code::BatchUndone],
            undo,
        )
        .writes([
            Right::update("import_batch", &["rows_added", "rows_done", "state"]),
            Right::delete("import_batch"),
            Right::delete("import_row"),
            Right::delete("customer"),
            Right::update("customer", &["archived_at"]),
            Right::delete("product"),
            Right::update("product", &["archived_at"]),
        ]),
        task(
            "import_refused",
            "Writes the refused rows of an import as CSV, with a column that says why.",
            ANYONE,
            &[Code::FileExists, Code::FileUnwritable],
            write_refused,
        )
        .beside_owner(),
        task("import_discard", "Throws the copy of a dry run away.", ANYONE, &[], discard),
        read(
            "import_rows",
            "Lists the rows of an import that were refused or say something else than the book, in the order of its table.",
            &[Code::BadCursor],
            list_rows,
        )
        .rests_on(&["import_row", "import_batch"]),
        read("import_list", "Lists imports, the newest first.", &[Code::BadCursor], list)
            .rests_on(&["import_batch", "person"]),
    ]
}

/// A kind of import.
#[derive(Serialize, JsonSchema)]
struct KindShown {
    /// What its rows become.
    kind: Importable,
    /// What columns can be mapped to.
    fields: Vec<FieldShown>,
}

/// A field that a column can be mapped to.
#[derive(Serialize, JsonSchema)]
struct FieldShown {
    /// As a mapping names it.
    name: &'static str,
    /// Whether every row must have it.
    required: bool,
    /// Whether its cells are amounts, whose decimal mark the table has to tell.
    is_amount: bool,
    /// What its cells hold, in a sentence.
    about: &'static str,
}

fn list_kinds(_: &Snapshot, _: &Reader, _: Nothing) -> Result<Page<KindShown>> {
    let fields = |kind: &interchange::ImportKind| {
        kind.fields()
            .map(|field| FieldShown {
                name: field.name,
                required: field.is_required,
                is_amount: field.is_amount(),
                about: field.about(),
            })
            .collect()
    };
    Ok(Page::whole(KINDS.iter().map(|kind| KindShown { kind: kind.of, fields: fields(kind) }).collect()))
}

/// Which table, and what is known of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct InspectOrder {
    /// The file.
    path: PathBuf,
    /// How its characters are written: `utf-8`, `utf-16le`, `windows-1251`, or another label of the WHATWG's encodings.
    #[serde(default)]
    encoding: Option<EncodingName>,
    /// The delimiter between its columns: `,`, `;`, `|` or a tab.
    #[serde(default)]
    delimiter: Option<Delimiter>,
    /// How many lines stand before the one that names the columns.
    #[serde(default)]
    skip_lines: Option<u32>,
}

/// What a table looks like.
#[derive(Serialize, JsonSchema)]
struct Inspected {
    /// The last part of the path, as the import will be called.
    file_name: String,
    /// How its characters are written, or most likely are: the sample is read so.
    encoding: EncodingName,
    /// The encodings that it may have, the likeliest first.
    encodings: Vec<EncodingName>,
    /// The delimiter between its columns, or the one that it most likely is.
    delimiter: Delimiter,
    /// How many lines stand before the one that names the columns: those without text, and one like `sep=;`.
    skip_lines: u64,
    /// What import_start has to be told, for the file doesn't tell it: `encoding`, `delimiter`.
    asks: Vec<&'static str>,
    /// Its columns.
    header: Vec<String>,
    /// Its first rows that have text, up to 4 KiB of each.
    sample: Vec<Vec<String>>,
    /// How many rows it has, those without text included.
    rows: u64,
    /// How many lines it has.
    lines: u64,
    /// What its references most likely belong to.
    source: String,
    /// The decimal mark of each column whose numbers tell it.
    decimals: BTreeMap<String, Decimal>,
    /// Mappings that suit it, the best first.
    suggested: Vec<SuggestionShown>,
}

/// A mapping that suits a table.
#[derive(Serialize, JsonSchema)]
struct SuggestionShown {
    /// What the rows would become.
    kind: Importable,
    /// For each field recognised, its column.
    columns: BTreeMap<&'static str, String>,
    /// How many fields were recognised.
    recognised: usize,
}

fn inspect(_: &Task, order: InspectOrder) -> Result<Inspected> {
    let sheet = interchange::inspect(&order.path, named(order.encoding.as_ref(), order.delimiter, order.skip_lines)?)?;
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
        encoding: EncodingName::of(sheet.encoding),
        encodings: sheet.encodings.into_iter().map(EncodingName::of).collect(),
        delimiter: sheet.delimiter,
        skip_lines: sheet.skip_lines,
        asks: sheet.asks,
        decimals: sheet
            .header
            .iter()
            .cloned()
            .zip(&sheet.marks)
            .filter_map(|(it, marks)| Some((it, marks.told()?)))
            .collect(),
        header: sheet.header,
        sample: sheet.sample,
        rows: sheet.rows,
        lines: sheet.lines,
        source: interchange::suggest_source(&name_of(&order.path)),
        suggested,
    })
}

fn named(encoding: Option<&EncodingName>, delimiter: Option<Delimiter>, skip_lines: Option<u32>) -> Result<Named> {
    let encoding = encoding.map(EncodingName::encoding).transpose()?;
    Ok(Named { encoding, delimiter, skip_lines: skip_lines.map(u64::from) })
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// An import to be begun.
#[derive(Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StartOrder {
    /// The file.
    path: PathBuf,
    /// What is imported.
    kind: Importable,
    /// For each field the name of its column.
    columns: BTreeMap<String, String>,
    /// The column that a row is recognised by; its content when it isn't given. No two rows of a table have the same.
    #[serde(default)]
    reference: Option<String>,
    /// What the references belong to, such as a supplier or the old program; as the file's name suggests when it isn't given.
    #[serde(default)]
    source: Option<String>,
    /// Whether a record that says something else than its row is changed to what the row says; else that is only told. Cells that
    /// say nothing change nothing.
    #[serde(default)]
    take_changes: bool,
    /// How its characters are written; needed where the file doesn't tell it.
    #[serde(default)]
    encoding: Option<EncodingName>,
    /// The delimiter between its columns: `,`, `;`, `|` or a tab; needed where the file doesn't tell it.
    #[serde(default)]
    delimiter: Option<Delimiter>,
    /// How many lines stand before the one that names the columns: those without text, and one like `sep=;`, when it isn't
    /// given.
    #[serde(default)]
    skip_lines: Option<u32>,
    /// The decimal mark of amounts; needed where their column doesn't tell it.
    #[serde(default)]
    decimal: Option<Decimal>,
    /// Cells that are taken in otherwise than the file says them.
    #[serde(default)]
    corrections: Vec<Correction>,
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

fn start(task: &Task, order: StartOrder) -> Result<Started> {
    let runner = task.runner;
    let setting_key = order
        .save_as
        .as_ref()
        .map(|name| Key::parse(&format!("import_mapping.{name}")).map_err(|fault| fault.at("save_as")))
        .transpose()?;
    #[expect(clippy::disallowed_methods, reason = "the edge: the id is made before the unit of work that is given it")]
    let id = BatchId::fresh();
    let dry = order.dry_run.then(|| DryRun::on_copy_of(runner.store(), id)).transpose()?;
    let runs_on = dry.as_ref().map_or(runner, |dry| &dry.runner);
    let copy = copy_of(runs_on.store().directory(), id);
    let started = begin(task, runs_on, &order, id, &copy).inspect_err(|_| remove_file(&copy))?;
    if started.batch.id != id || started.batch.total == 0 {
        // The request was answered before, and its own copy is in place; or no row will be read.
        remove_file(&copy);
    }
    if let Some(dry) = dry {
        let mut dry_runs = runner.dry_runs.lock().unwrap_or_else(PoisonError::into_inner);
        if dry_runs.len() >= DRY_RUNS_MAX
            && let Some(oldest) = dry_runs.keys().min().copied()
        {
            dry_runs.remove(&oldest);
        }
        dry_runs.insert(id, Arc::new(dry));
    }
    if let Some(key) = setting_key {
        let value = json!({
            "kind": order.kind, "columns": order.columns, "reference": order.reference, "decimal": order.decimal,
            "source": order.source, "take_changes": order.take_changes, "encoding": order.encoding,
            "delimiter": order.delimiter, "skip_lines": order.skip_lines,
        });
        runner.store().write(move |unit| setting::set(unit, key.clone(), value.clone()))?;
    }
    Ok(started)
}

fn begin(task: &Task, runner: &Runner, order: &StartOrder, id: BatchId, copy: &Path) -> Result<Started> {
    let named = named(order.encoding.as_ref(), order.delimiter, order.skip_lines)?;
    let sheet = interchange::take_copy(&order.path, copy, named)?;
    let new = NewBatch {
        id,
        kind: order.kind,
        file_name: name_of(&order.path),
        mapping: Mapping {
            columns: order.columns.clone(),
            reference: order.reference.clone(),
            source: source_of(order)?,
            take_changes: order.take_changes,
            decimal: decimal_of(order, &sheet)?,
            delimiter: sheet.delimiter.byte(),
            bytes: sheet.bytes,
            header: sheet.header,
            rows_before: sheet.rows_before + 1,
            corrections: order.corrections.clone(),
        },
        total: sheet.rows,
        lines: sheet.lines,
        first_row_at: sheet.first_row_at,
        first_row_line: sheet.first_row_line,
    };
    let dry_run = order.dry_run;
    perform(task, runner, move |unit, acting| {
        Answer::of(&Started { batch: interchange::start(unit, acting, &new)?, dry_run })
    })
}

/// What the references belong to, where there are some.
fn source_of(order: &StartOrder) -> Result<Option<String>> {
    let named = order.source.as_deref().map(interchange::parse_source).transpose()?;
    Ok(order.reference.as_ref().map(|_| named.unwrap_or_else(|| interchange::suggest_source(&name_of(&order.path)))))
}

/// The mark that all amounts of the table are written with.
fn decimal_of(order: &StartOrder, sheet: &Sheet) -> Result<Decimal> {
    let mut mark = order.decimal;
    for field in order.kind.kind().fields().filter(|field| field.is_amount()) {
        let Some(column) = order.columns.get(field.name) else { continue };
        if let Some(marks) =
            sheet.header.iter().position(|name| name == column).and_then(|place| sheet.marks.get(place))
        {
            mark = Some(marks.choose(mark, column)?);
        }
    }
    Ok(mark.unwrap_or_default())
}

/// Does a part of a task as a unit of work under the task's name and request.
fn perform<A: DeserializeOwned>(
    task: &Task,
    runner: &Runner,
    verb: impl FnMut(&mut Unit, &Acting) -> Result<Answer> + Send + 'static,
) -> Result<A> {
    serde_json::from_value(task.perform(runner, verb)?.value()?)
        .map_err(|cause| Fault::new(Code::Internal, "An answer can't be read back.").because(cause))
}

/// Which import, and how many rows.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct StepOrder {
    /// The import to go on with.
    batch_id: BatchId,
    /// How many rows at most: 500 when it isn't given. Fewer are taken where they are long.
    #[serde(default)]
    #[schemars(range(min = 1, max = 1000))]
    rows: Option<i64>,
}

/// What a step did.
#[derive(Serialize, Deserialize, JsonSchema)]
struct Stepped {
    /// The import as it is now.
    batch: Batch,
    /// The rows: in a dry run all of this step, each as it would be stored, else those that were refused or say something else than the book.
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

/// The dry run of that id: it has a runner of its own.
fn dry_run_of(runner: &Runner, id: BatchId) -> Option<Arc<DryRun>> {
    runner.dry_runs.lock().unwrap_or_else(PoisonError::into_inner).get(&id).cloned()
}

fn step(task: &Task, order: StepOrder) -> Result<Stepped> {
    let rows_max = rows_of(order.rows)?;
    let (dry, envelope) = (dry_run_of(task.runner, order.batch_id), task.envelope);
    let runner = dry.as_ref().map_or(task.runner, |dry| &dry.runner);
    let found = runner.store().read(|snapshot| {
        let book = session(snapshot, envelope.book, envelope.person)?.book;
        Ok((interchange::find(snapshot, book.id, order.batch_id)?, Currency::parse(&book.currency)?))
    });
    let (Found { batch, mapping, from }, currency) = match found {
        Ok(found) => found,
        // An import that is gone, or a copy that is, is refused by the verb: a request that was answered before is
        // answered again all the same.
        Err(fault) if fault.field.as_deref() == Some("batch_id") => {
            let id = order.batch_id;
            return perform(task, runner, move |unit, acting| {
                interchange::find(unit, acting.book, id)?;
                Err(Fault::new(Code::Stale, "The import was begun in the meantime; take its first step again."))
            });
        }
        Err(fault) => return Err(fault),
    };
    let copy = copy_of(runner.store().directory(), batch.id);
    // A request that was answered before is answered again, whatever became of the copy: the verb refuses when there is
    // nothing to take in.
    let rows = if batch.state == interchange::BatchState::Running {
        let columns = mapping.header.len();
        interchange::read_rows(&copy, mapping.delimiter, columns, from, rows_max as usize).unwrap_or_else(|fault| {
            tracing::warn!(fault = fault.chain(), "the copy of an import can't be read");
            Vec::new()
        })
    } else {
        Vec::new()
    };
    let (id, done, all) = (batch.id, batch.done, dry.is_some());
    let stepped: Stepped = perform(task, runner, move |unit, acting| {
        let (batch, mut outcomes) = interchange::step(unit, acting, currency, id, done, &rows, all)?;
        let finished = batch.state == interchange::BatchState::Done;
        if !all {
            outcomes.retain(|row| is_told(row.outcome));
        }
        Answer::of(&Stepped { batch, rows: outcomes, finished })
    })?;
    if stepped.finished {
        remove_file(&copy);
    }
    Ok(stepped)
}

/// How many rows the answer of a whole import tells of.
const RUN_ROWS_MAX: usize = 1_000;

/// What a whole import did, or would do.
#[derive(Serialize, JsonSchema)]
struct Ran {
    /// The import as it is now; gone where it only tried.
    batch: Batch,
    /// Whether it only tried.
    dry_run: bool,
    /// The first thousand rows that were refused or say something else than the book.
    rows: Vec<RowOutcome>,
    /// How many such rows there are besides; import_rows lists those of a real import.
    rows_left_off: i64,
}

fn run(task: &Task, order: StartOrder) -> Result<Ran> {
    let envelope = task.envelope;
    let broken = |cause| Fault::new(Code::Internal, "An answer can't be read back.").because(cause);
    let mut part = 0;
    let mut ask = |command: &str, input: serde_json::Value| -> Result<serde_json::Value> {
        part += 1;
        let request_id = envelope.request_id.map(|request| request.derive_nth("import_run", part));
        let (book, person) = (envelope.book, envelope.person);
        task.ask(Envelope { book, person, request_id, ..Envelope::of(command, input) })?.value()
    };
    let dry_run = order.dry_run;
    let order = serde_json::to_value(order).map_err(broken)?;
    let Started { mut batch, .. } = serde_json::from_value(ask("import_start", order)?).map_err(broken)?;
    let id = batch.id;
    let (mut rows, mut rows_left_off) = (Vec::new(), 0);
    let mut take_in = || -> Result<()> {
        while batch.done < batch.total {
            let step = ask("import_step", json!({ "batch_id": id, "rows": STEP_ROWS_MAX }))?;
            let stepped: Stepped = serde_json::from_value(step).map_err(broken)?;
            let told = stepped.rows.into_iter().filter(|row| is_told(row.outcome));
            rows.extend(told);
            rows_left_off += i64::try_from(rows.len().saturating_sub(RUN_ROWS_MAX)).unwrap_or(0);
            rows.truncate(RUN_ROWS_MAX);
            batch = stepped.batch;
        }
        Ok(())
    };
    let taken_in = take_in();
    if dry_run {
        discard(task, DiscardOrder { batch_id: id })?;
    }
    taken_in.map(|()| Ran { batch, dry_run, rows, rows_left_off })
}

/// Whether an answer tells of such a row, of an import that changes something.
fn is_told(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Refused | Outcome::Changed)
}

/// What a step of taking back did.
#[derive(Serialize, Deserialize, JsonSchema)]
struct UndoneShown {
    /// The import as it is now; gone, when nothing of it had to be kept.
    batch: Batch,
    /// How many records this step took out.
    removed: i64,
    /// How many of them it archived, because other devices may know them; the others are gone.
    archived: i64,
    /// How many it kept, because somebody changed them.
    kept: i64,
    /// Whether nothing is left to take back.
    finished: bool,
}

fn undo(task: &Task, order: StepOrder) -> Result<UndoneShown> {
    let rows_max = rows_of(order.rows)?;
    let (id, runner) = (order.batch_id, task.runner);
    let undone: UndoneShown = perform(task, runner, move |unit, acting| {
        let unsent_since = sync::unsent_since(unit, acting.book)?;
        let Undone { batch, removed, archived, kept, finished } =
            interchange::undo(unit, acting, id, rows_max, unsent_since)?;
        Answer::of(&UndoneShown { batch, removed, archived, kept, finished })
    })?;
    remove_file(&copy_of(runner.store().directory(), id));
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

fn write_refused(task: &Task, order: RefusedOrder) -> Result<RefusedWritten> {
    let (dry, envelope) = (dry_run_of(task.runner, order.batch_id), task.envelope);
    let runner = dry.as_ref().map_or(task.runner, |dry| &dry.runner);
    runner.store().read(|snapshot| {
        let book = session(snapshot, envelope.book, envelope.person)?.book;
        let Found { batch, mapping, .. } = interchange::find(snapshot, book.id, order.batch_id)?;
        let file = create_new(&order.path).map_err(|fault| fault.at("path"))?;
        let rows = write_reasons(snapshot, book.id, batch.id, &mapping, file, &order.path).inspect_err(|_| {
            remove_file(&order.path); // it is not whole
        })?;
        Ok(RefusedWritten { path: order.path.clone(), rows })
    })
}

fn write_reasons(
    snapshot: &Snapshot,
    book: BookId,
    batch: BatchId,
    mapping: &Mapping,
    file: File,
    path: &Path,
) -> Result<i64> {
    let unwritable = |cause| unwritable(path)(cause).at("path");
    let failed = |cause: csv::Error| match cause.into_kind() {
        csv::ErrorKind::Io(cause) => unwritable(cause),
        other => unwritable(std::io::Error::other(format!("{other:?}"))),
    };
    let mut writer = csv::WriterBuilder::new().delimiter(mapping.delimiter).flexible(true).from_writer(file);
    let width = mapping.header.len();
    writer.write_record(mapping.header.iter().map(String::as_str).chain(["reason"])).map_err(failed)?;
    let mut rows = 0;
    interchange::refused_rows(snapshot, book, batch, |row| {
        rows += 1;
        let mut cells = row.cells.unwrap_or_default();
        cells.resize(cells.len().max(width), String::new());
        let column = row.column.map(|column| format!("{column}: ")).unwrap_or_default();
        let lines = match row.lines {
            1 => String::new(),
            _ => format!(" (Lines {} to {}.)", row.line, row.line + row.lines - 1),
        };
        let reason = format!("{column}{}{lines}", row.message.unwrap_or_default());
        // Cells beyond the last column stand behind the reason, which has a column of its own.
        cells.insert(width, reason);
        writer.write_record(&cells).map_err(failed)
    })?;
    writer.flush().map_err(unwritable)?;
    Ok(rows)
}

/// Which dry run.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DiscardOrder {
    /// The dry run to throw away.
    batch_id: BatchId,
}

/// A dry run that was thrown away.
#[derive(Serialize, JsonSchema)]
struct Discarded {
    /// Whether there was one.
    discarded: bool,
}

fn discard(task: &Task, order: DiscardOrder) -> Result<Discarded> {
    let found = task.runner.dry_runs.lock().unwrap_or_else(PoisonError::into_inner).remove(&order.batch_id);
    Ok(Discarded { discarded: found.is_some() })
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

fn list(snapshot: &Snapshot, reader: &Reader, query: ListQuery) -> Result<Page<Batch>> {
    interchange::list(snapshot, reader.session(snapshot)?.book.id, query.cursor.as_deref(), query.limit)
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

fn list_rows(snapshot: &Snapshot, reader: &Reader, query: RowsQuery) -> Result<Page<RowOutcome>> {
    let book = reader.session(snapshot)?.book.id;
    let page = |snapshot: &Snapshot| {
        interchange::remarked_page(snapshot, book, query.batch_id, query.cursor.as_deref(), query.limit)
    };
    match dry_run_of(reader.runner, query.batch_id) {
        Some(dry) => dry.runner.store().read(page),
        None => page(snapshot),
    }
}
