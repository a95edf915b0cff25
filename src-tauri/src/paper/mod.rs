//! Papers: what people carry away of a document, on the roll of a receipt printer or on a sheet.
//!
//! A paper is set once, as text on pages of SVG, in fonts that come with the program. PNG, PDF and what a receipt printer takes are
//! made of these pages, and the window shows them: what is seen is what prints.
//!
//! Not here: which document may be printed and which copy it is (domain), and when (commands).

mod bill;
mod face;
mod head;
mod out;
mod payment;
mod printer;
mod sheet;
mod statement;
mod voucher;
mod words;

pub use bill::{BillPaper, bill};
pub use head::{Copy, Letterhead};
pub use payment::payment;
pub use printer::{Reached, reach};
pub use sheet::{Format, Page};
pub use statement::{StatementPaper, statement};
pub use voucher::{opening, transfer};
pub use words::Language;

use crate::kernel::Result;

/// A document as it is printed.
#[derive(Debug, Clone)]
pub struct Paper {
    format: Format,
    pages: Vec<Page>,
}

impl Paper {
    fn set(blocks: &[sheet::Block], format: Format, language: Language) -> Paper {
        Paper { format, pages: sheet::set(blocks, format, language.direction()) }
    }

    /// Its pages.
    pub fn pages(&self) -> &[Page] {
        &self.pages
    }

    /// As PDF.
    ///
    /// # Errors
    /// `internal` where a page can't be drawn.
    pub fn pdf(&self) -> Result<Vec<u8>> {
        out::pdf(&self.pages, self.format.points_a_unit())
    }

    /// Its first page as PNG: of a roll, all of it.
    ///
    /// # Errors
    /// `internal` where the page can't be drawn.
    pub fn png(&self) -> Result<Vec<u8>> {
        out::png(&self.pages[0], self.format.dots_a_unit())
    }

    /// As a receipt printer takes it.
    ///
    /// # Errors
    /// `internal` where a page can't be drawn.
    pub fn escpos(&self, opens_drawer: bool) -> Result<Vec<u8>> {
        out::escpos(&self.pages, self.format.dots_a_unit(), opens_drawer)
    }
}
