//! The commands of paper: how a document looks, printing it, and this device's printers.

use super::answer::Answer;
use super::command::{Command, Reader, Task, read, read_in, task, write};
use super::rules::{ANYONE, OWNER};
use crate::domain::bill::{self, BillShown, WhichBill};
use crate::domain::book::{self, Session};
use crate::domain::customer::{self, WhichCustomer};
use crate::domain::payment::{self, WhichPayment};
use crate::domain::print::{self, Document, DocumentId, NewPrint, PaperKind, Print};
use crate::domain::printer::{self, Printer, PrinterName};
use crate::domain::{CustomerId, PrintId, opening, profile, receivable, transfer};
use crate::kernel::{Code, Currency, Fault, Instant, Result, Right, shown_path};
use crate::paper::{self, BillPaper, Copy, Format, Language, Letterhead, Paper, Reached, StatementPaper};
use crate::store::{self, Snapshot};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The tables that the paper of a document is made from.
const SHOWN: &[&str] = &[
    "payment_transfer",
    "payment_opening",
    "payment_bill",
    "payment_bill_line",
    "payment",
    "payment_expense",
    "payment_item",
    "payment_claim",
    "customer",
    "ledger_customer_balance",
    "payment_account",
    "ledger_posting",
    "person",
    "book",
    "book_profile",
    "document_print",
    "device",
];

pub(super) fn commands() -> Vec<Command> {
    vec![
        read(
            "receipt_render",
            "Shows a document as its next print looks: pages of SVG, and its prints until now.",
            &[],
            render,
        )
        .rests_on(SHOWN),
        task(
            "receipt_print",
            "Prints a document on one of this device's printers, or into a new file: PDF, PNG or ESC/POS. The print is written down \
             before the first byte leaves; what came to nothing is withdrawn.",
            ANYONE,
            &[
                Code::PrinterUnreachable,
                Code::PrinterStuck,
                Code::FileExists,
                Code::FileUnwritable,
                Code::IdTaken,
            ],
            print_receipt,
        )
        .making("print_id")
        .writes([Right::insert("document_print")]),
        write(
            "receipt_not_printed",
            "Notes that a print came to nothing, so that the next one takes its place.",
            ANYONE,
            &[Code::NotCustodian],
            print::withdraw,
        )
        .writes([Right::insert("document_print")]),
        read_in("printer_list", "Lists this device's receipt printers.", &[], list).rests_on(&["device_printer"]),
        write("printer_set", "Sets up a receipt printer of this device, or changes it.", OWNER, &[], printer::set)
            .touching(&["device_printer"]),
        write("printer_remove", "Forgets a receipt printer of this device.", OWNER, &[], printer::remove)
            .touching(&["device_printer"]),
    ]
}

/// This device's printers.
#[derive(Serialize, JsonSchema)]
struct Printers {
    /// By name.
    rows: Vec<Printer>,
}

/// Nothing is asked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AllPrinters {}

fn list(snapshot: &Snapshot, session: &Session, _: &AllPrinters) -> Result<Printers> {
    Ok(Printers { rows: printer::list(snapshot, session)? })
}

/// Which document, and how it is to be set.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct RenderOrder {
    /// The document, or the customer whose statement is to be set.
    document_id: DocumentId,
    /// What it is set for.
    format: Format,
    /// The language of Daybook's own words.
    #[serde(default)]
    language: Language,
}

/// A document as its next print looks.
#[derive(Serialize, JsonSchema)]
struct Rendered {
    /// Which copy the next print is: 0 for the original.
    copy_number: i64,
    /// What comes out of the printer, one after the other.
    pages: Vec<RenderedPage>,
    /// What was printed of it, the newest first; 100 at most.
    prints: Vec<Print>,
}

/// A page.
#[derive(Serialize, JsonSchema)]
struct RenderedPage {
    /// In dots of a roll, 8 a millimetre, or in points of a sheet.
    width: f32,
    /// In the same unit.
    height: f32,
    /// An SVG image that refers to nothing.
    svg: String,
}

fn render(snapshot: &Snapshot, reader: &Reader, order: RenderOrder) -> Result<Rendered> {
    let session = reader.session(snapshot)?;
    let document = print::find_document(snapshot, session.book.id, order.document_id)?;
    let copy = print::next_copy(snapshot, session.book.id, session.device.id, &document)?;
    let set = Setting { copy, format: order.format, language: order.language, at: reader.at };
    let paper = paper_of(snapshot, &session, &document, &set)?;
    let page = |page: &paper::Page| RenderedPage { width: page.width, height: page.height, svg: page.svg.clone() };
    Ok(Rendered {
        copy_number: copy,
        pages: paper.pages().iter().map(page).collect(),
        prints: print::of_document(snapshot, session.book.id, order.document_id)?,
    })
}

/// How a document is set.
struct Setting {
    copy: i64,
    format: Format,
    language: Language,
    at: Instant,
}

/// How many lines a statement has: the newest.
const STATEMENT_LINES_MAX: i64 = 1_000;

fn paper_of(snapshot: &Snapshot, session: &Session, document: &Document, set: &Setting) -> Result<Paper> {
    let book = &session.book;
    let id = document.id;
    let (bill, payment) = match document.kind {
        PaperKind::Bill => (Some(bill::show(snapshot, session, &WhichBill { bill_id: id.cast() })?), None),
        PaperKind::Payment => (None, Some(payment::show(snapshot, session, &WhichPayment { payment_id: id.cast() })?)),
        PaperKind::Opening | PaperKind::Transfer | PaperKind::Statement => (None, None),
    };
    let bill_made = bill.as_ref().map(|shown| shown.bill.created_at);
    let made = bill_made.or(payment.as_ref().map(|shown| shown.payment.created_at));
    let profile = profile::of_document(snapshot, book.id, id, made.unwrap_or(set.at))?;
    let head = Letterhead {
        book,
        profile: profile.as_ref(),
        currency: Currency::parse(&book.currency)?,
        language: set.language,
        format: set.format,
        copy: if set.copy == 0 { Copy::Original } else { Copy::Number(set.copy) },
    };
    if let Some(shown) = bill {
        return Ok(paper::bill(&bill_paper(snapshot, session, shown)?, &head));
    }
    let account = |customer: CustomerId| {
        receivable::account(snapshot, session, session.today(set.at)?, &WhichCustomer { customer_id: customer })
    };
    if let Some(shown) = payment {
        let payer = shown.payment.customer_id;
        let owed = match payer == customer::walk_in(book.id) {
            true => None,
            false => Some((session.today(set.at)?, account(payer)?.balance_minor)),
        };
        return Ok(paper::payment(&shown, owed, &head));
    }
    if document.kind == PaperKind::Statement {
        let account = account(id.cast())?;
        let owed = (account.customer.id, account.balance_minor);
        let lines = receivable::newest_lines(snapshot, session, owed, STATEMENT_LINES_MAX)?;
        return Ok(paper::statement(&StatementPaper { account, lines, day: session.today(set.at)? }, &head));
    }
    match document.kind {
        PaperKind::Opening => Ok(paper::opening(&opening::find(snapshot, book.id, id.cast())?, &head)),
        _ => Ok(paper::transfer(&transfer::find(snapshot, book.id, id.cast())?, &head)),
    }
}

/// What the paper of a bill says besides: what it credits, and what was paid in the same command.
fn bill_paper(snapshot: &Snapshot, session: &Session, shown: BillShown) -> Result<BillPaper> {
    let book = session.book.id;
    let original = shown.bill.credits_id.or(shown.bill.reverses_id);
    let original = original.map(|id| bill::find(snapshot, book, id)).transpose()?;
    let payments = payment::made_with(snapshot, book, shown.bill.id, shown.bill.created_at)?;
    Ok(BillPaper { shown, original, payments })
}

/// What is to be printed, and where.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct PrintOrder {
    /// The print's id; made here when it isn't given.
    #[serde(default = "PrintId::unless_given")]
    print_id: PrintId,
    /// The document, or the customer whose statement is printed.
    document_id: DocumentId,
    /// One of this device's printers; or a path is given.
    #[serde(default)]
    printer: Option<PrinterName>,
    /// A file that isn't there yet, named .pdf, .png or .escpos; or a printer is given.
    #[serde(default)]
    path: Option<PathBuf>,
    /// What a file is set for: `a4` when it isn't given, and `roll_80` for .escpos. A printer prints on its roll.
    #[serde(default)]
    format: Option<Format>,
    /// The language of Daybook's own words.
    #[serde(default)]
    language: Language,
}

/// Where a paper goes, reached already: nothing was sent yet.
enum Way {
    Printer(Printer, Reached),
    File(PathBuf, FileKind),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum FileKind {
    Pdf,
    Png,
    EscPos,
}

impl Way {
    fn of(task: &Task, order: &PrintOrder) -> Result<Way> {
        match (&order.printer, &order.path) {
            (Some(name), None) => {
                let printer = task.runner.store().read(|snapshot| printer::find(snapshot, name.as_str()))?;
                let reached = paper::reach(&printer).map_err(|fault| fault.at("printer"))?;
                Ok(Way::Printer(printer, reached))
            }
            (None, Some(path)) => {
                let kind = file_kind(path)?;
                refuse_place(path, task.runner.store().directory())?;
                Ok(Way::File(path.clone(), kind))
            }
            (None, None) => Err(Fault::new(Code::MissingField, "A printer or a path must be given.").at("path")),
            (Some(_), Some(_)) => {
                Err(Fault::new(Code::UnknownField, "A path is given, so no printer can be.").at("printer"))
            }
        }
    }

    fn medium(&self) -> String {
        match self {
            Way::Printer(printer, _) => printer.name.to_string(),
            Way::File(path, _) => path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default(),
        }
    }

    fn format(&self, asked: Option<Format>) -> Format {
        match self {
            Way::Printer(printer, _) => printer.roll.into(),
            Way::File(_, FileKind::EscPos) => asked.unwrap_or(Format::Roll80),
            Way::File(..) => asked.unwrap_or(Format::A4),
        }
    }

    fn send(self, paper: &Paper) -> Result<()> {
        match self {
            Way::Printer(printer, reached) => {
                reached.send(&paper.escpos(printer.opens_drawer)?).map_err(|fault| fault.at("printer"))
            }
            Way::File(path, kind) => {
                let bytes = match kind {
                    FileKind::Pdf => paper.pdf()?,
                    FileKind::Png => paper.png()?,
                    FileKind::EscPos => paper.escpos(false)?,
                };
                store::write_new(&path, &bytes).map_err(|fault| fault.at("path"))
            }
        }
    }
}

fn file_kind(path: &Path) -> Result<FileKind> {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("pdf") => Ok(FileKind::Pdf),
        Some("png") => Ok(FileKind::Png),
        Some("escpos") => Ok(FileKind::EscPos),
        _ => Err(Fault::new(Code::UnknownChoice, "A file's name ends with .pdf, .png or .escpos.").at("path")),
    }
}

/// What is there already, or lies among the books, is refused before anything is written down.
fn refuse_place(path: &Path, store: &Path) -> Result<()> {
    if path.symlink_metadata().is_ok() {
        return Err(Fault::new(Code::FileExists, format!("{} is there already.", shown_path(path))).at("path"));
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let real = |folder: &Path| folder.canonicalize();
    match (real(folder), real(store)) {
        (Ok(folder), Ok(store)) if folder.starts_with(&store) => {
            Err(Fault::new(Code::FileUnwritable, "The store's folder holds the books alone.").at("path"))
        }
        (Ok(_), _) => Ok(()),
        (Err(cause), _) => Err(Fault::new(Code::FileUnwritable, format!("{} can't be written.", shown_path(path)))
            .because(cause)
            .at("path")),
    }
}

fn print_receipt(task: &Task, order: PrintOrder) -> Result<Print> {
    let (runner, envelope) = (task.runner, task.envelope);
    runner.must_own_the_store()?;
    // No printer is reached for what is not in the book.
    runner.store().read(|snapshot| {
        let session = book::session(snapshot, envelope.book, envelope.person)?;
        print::find_document(snapshot, session.book.id, order.document_id).map(drop)
    })?;
    let way = Way::of(task, &order)?;
    let new = NewPrint { id: order.print_id, document: order.document_id, medium: way.medium() };
    let written = Arc::new(AtomicBool::new(false));
    let writing = Arc::clone(&written);
    let answer = task.perform(runner, move |unit, acting| {
        writing.store(true, Ordering::Relaxed);
        Answer::of(&print::add(unit, acting, &new)?)
    })?;
    let print: Print = answer.read()?;
    // The same request again was printed by the first: whether that came through, its answer said.
    if !written.load(Ordering::Relaxed) {
        return Ok(print);
    }
    let paper = runner.store().read(|snapshot| {
        let session = book::session(snapshot, envelope.book, envelope.person)?;
        let document = print::find_document(snapshot, session.book.id, print.document_id)?;
        let set = Setting {
            copy: print.copy_number,
            format: way.format(order.format),
            language: order.language,
            at: print.printed_at,
        };
        paper_of(snapshot, &session, &document, &set)
    });
    paper.and_then(|paper| way.send(&paper)).map(|()| print.clone()).inspect_err(|fault| {
        // A part that a printer took may be in somebody's hand.
        if fault.code != Code::PrinterStuck {
            let input = json!({ "print_id": print.id });
            if let Err(fault) = task.ask(envelope.with("receipt_not_printed", input)) {
                tracing::warn!(fault = fault.chain(), "a print that came to nothing was not withdrawn");
            }
        }
    })
}
