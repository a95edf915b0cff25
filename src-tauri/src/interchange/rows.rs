//! Rows out of text: CSV as RFC 4180 has it, with any delimiter, and each line of the text in exactly one row.
//!
//! A quote that is open where the text ends is a fault of the whole text, for nothing tells where its cell should have ended.
//! What is wrong with one row is said of that row, and the next one is read.
//!
//! Not here: what a row means.

use super::files::bad;
use crate::kernel::{Code, Fault, Result};
use serde_json::json;
use std::io::Read;

/// How much text one row may hold.
pub const ROW_BYTES_MAX: usize = 1 << 20;
/// How much text of a row is shown, and kept where it was refused or says something else.
const SHOWN_BYTES_MAX: usize = 4096;
/// How many columns a table may have.
pub const COLUMNS_MAX: usize = 500;
/// How many cells of a row are kept: more than any table has columns, so that a row that is too wide shows it.
const CELLS_MAX: usize = 2 * COLUMNS_MAX;
const BUFFER_BYTES: usize = 1 << 16;

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// Its cells, without those beyond the last column that say nothing.
    pub cells: Vec<String>,
    /// The line that it begins in, 1 being the first of the file.
    pub line: u64,
    /// How many lines it has.
    pub lines: u64,
    /// Where the next row begins, in bytes of the copy.
    pub end_at: u64,
    /// Why it can't be taken in, whatever its cells say.
    pub wrong: Option<Wrong>,
}

/// Why a row can't be taken in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The place of the cell, where it is one.
    pub cell: Option<usize>,
    /// The sentence.
    pub message: String,
}

impl SheetRow {
    /// Whether no cell says anything.
    pub fn is_empty(&self) -> bool {
        self.wrong.is_none() && self.cells.iter().all(|cell| cell.trim().is_empty())
    }

    /// As much of its cells as is shown and kept, and whether that is not all.
    pub fn beginning(&self) -> (Vec<String>, bool) {
        let mut left = SHOWN_BYTES_MAX;
        let mut shown = Vec::with_capacity(self.cells.len());
        for cell in &self.cells {
            let end = cell.floor_char_boundary(left);
            shown.push(cell[..end].to_owned());
            left -= end;
            if end < cell.len() {
                return (shown, true);
            }
        }
        (shown, false)
    }
}

/// Reads rows one by one.
pub struct Rows<R> {
    from: R,
    buffer: Vec<u8>,
    place: usize,
    filled: usize,
    delimiter: u8,
    columns: usize,
    line: u64,
    at: u64,
}

/// Where in a row a byte is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// At the beginning of a cell.
    Begin,
    /// In a cell without quotes.
    Plain,
    /// Between the quotes of a cell.
    Quoted,
    /// Behind a quote that ends a cell, or is the first of two that mean one.
    Closed,
    /// Behind blanks after such a quote, which say nothing.
    Blank,
    /// Behind something that may not follow a quote: the rest of the line belongs to the row, as it is.
    Astray,
}

/// A row while it is read.
#[derive(Default)]
struct Draft {
    text: Vec<u8>,
    /// Where each cell ends in the text.
    ends: Vec<usize>,
    wrong: Option<Wrong>,
    is_too_wide: bool,
    /// The line of the quote that the cell began with.
    quoted_at: u64,
    /// How many delimiters the line holds that lies between quotes, after the first line of the cell.
    delimiters: Option<usize>,
    looks_like_rows: bool,
    /// How many quotes stand in the rest of a line that went astray.
    quotes_astray: usize,
}

impl<R: Read> Rows<R> {
    /// Reads from here on, which is that line and byte of the text; the table has so many columns.
    pub fn new(from: R, delimiter: u8, columns: usize, line: u64, at: u64) -> Rows<R> {
        Rows { from, buffer: vec![0; BUFFER_BYTES], place: 0, filled: 0, delimiter, columns, line, at }
    }

    /// The line of the next row.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// Where the next row begins.
    pub fn at(&self) -> u64 {
        self.at
    }

    /// From here on rows have so many columns.
    pub fn set_columns(&mut self, columns: usize) {
        self.columns = columns;
    }

    fn peek(&mut self) -> Result<Option<u8>> {
        if self.place == self.filled {
            (self.place, self.filled) = (0, 0);
            self.filled = self.from.read(&mut self.buffer).map_err(|cause| {
                Fault::new(Code::FileUnreadable, "The copy of the file can't be read.").because(cause)
            })?;
        }
        Ok(self.buffer[..self.filled].get(self.place).copied())
    }

    fn pass(&mut self) {
        self.place += 1;
        self.at += 1;
    }

    /// Passes the end of a line, of which the first byte is this.
    fn pass_end_of_line(&mut self, byte: u8) -> Result<()> {
        self.pass();
        if byte == b'\r' && self.peek()? == Some(b'\n') {
            self.pass();
        }
        self.line += 1;
        Ok(())
    }

    /// Passes so many lines without looking at them, or as many as there are.
    ///
    /// # Errors
    /// `file_unreadable`.
    pub fn pass_lines(&mut self, count: u64) -> Result<()> {
        let mut passed = 0;
        while passed < count && self.pass_line()?.is_some() {
            passed += 1;
        }
        Ok(())
    }

    /// Passes a line; answers how it begins behind its first blanks, or nothing at the end of the text.
    ///
    /// # Errors
    /// `file_unreadable`.
    pub fn pass_line(&mut self) -> Result<Option<String>> {
        const KEPT_BYTES_MAX: usize = 200;
        let mut kept = Vec::new();
        if self.peek()?.is_none() {
            return Ok(None);
        }
        while let Some(byte) = self.peek()? {
            if matches!(byte, b'\n' | b'\r') {
                self.pass_end_of_line(byte)?;
                break;
            }
            self.pass();
            if kept.len() < KEPT_BYTES_MAX && !(kept.is_empty() && byte.is_ascii_whitespace()) {
                kept.push(byte);
            }
        }
        Ok(Some(String::from_utf8_lossy(&kept).into_owned()))
    }

    /// The next row.
    ///
    /// # Errors
    /// `bad_csv` with the line of a quote that is never closed; `file_unreadable`.
    pub fn next(&mut self) -> Result<Option<SheetRow>> {
        if self.peek()?.is_none() {
            return Ok(None);
        }
        let first = self.line;
        let mut row = Draft::default();
        let mut place = Place::Begin;
        let ended = loop {
            let Some(byte) = self.peek()? else { break false };
            let is_end = matches!(byte, b'\n' | b'\r');
            place = match place {
                Place::Begin if byte == b'"' => {
                    row.quoted_at = self.line;
                    row.delimiters = None;
                    Place::Quoted
                }
                Place::Quoted if byte == b'"' => Place::Closed,
                Place::Quoted if is_end => {
                    row.end_inner_line(self.columns);
                    row.delimiters = Some(0);
                    row.push(b'\n');
                    self.pass_end_of_line(byte)?;
                    continue;
                }
                Place::Quoted => {
                    if byte == self.delimiter {
                        row.delimiters = row.delimiters.map(|count| count + 1);
                    }
                    row.push(byte);
                    Place::Quoted
                }
                Place::Closed if byte == b'"' => {
                    row.push(b'"');
                    Place::Quoted
                }
                Place::Begin | Place::Plain | Place::Closed | Place::Blank if byte == self.delimiter => {
                    self.close(&mut row, place);
                    Place::Begin
                }
                Place::Begin | Place::Plain | Place::Closed | Place::Blank if is_end => break true,
                Place::Closed | Place::Blank if byte == b' ' || byte == b'\t' => Place::Blank,
                Place::Closed | Place::Blank => {
                    let cell = row.ends.len();
                    row.blame(
                        Some(cell),
                        "Text follows the quote that ends this cell; a quote within a cell is written twice.",
                    );
                    row.push(b'"');
                    row.push(byte);
                    row.quotes_astray = usize::from(byte == b'"');
                    Place::Astray
                }
                Place::Astray if is_end => break true,
                Place::Astray => {
                    row.quotes_astray += usize::from(byte == b'"');
                    row.push(byte);
                    Place::Astray
                }
                Place::Begin | Place::Plain => {
                    row.push(byte);
                    Place::Plain
                }
            };
            self.pass();
        };
        if place == Place::Quoted {
            return Err(never_closed(row.quoted_at));
        }
        if place == Place::Astray && !row.quotes_astray.is_multiple_of(2) {
            // One of the quotes in the rest of the line may open a cell that goes on below.
            return Err(bad(&format!(
                "In line {} a quote ends a cell and text follows; a quote within a cell is written twice.",
                self.line
            ))
            .with(json!({ "line": self.line })));
        }
        self.close(&mut row, place);
        match (ended, self.peek()?) {
            (true, Some(byte)) => self.pass_end_of_line(byte)?,
            _ => self.line += 1,
        }
        row.finish(self.columns, first, self.line - first, self.at).map(Some)
    }

    fn close(&self, row: &mut Draft, place: Place) {
        if matches!(place, Place::Closed | Place::Blank | Place::Astray) {
            row.end_inner_line(self.columns);
            if row.looks_like_rows {
                let (from, to) = (row.quoted_at, self.line);
                row.blame(
                    Some(row.ends.len()),
                    &format!(
                        "This cell goes from line {from} to line {to}, and a line of it looks like a row: a quote may be missing or too many."
                    ),
                );
            }
        }
        row.delimiters = None;
        row.looks_like_rows = false;
        if row.ends.len() < CELLS_MAX {
            row.ends.push(row.text.len());
        } else {
            let cell = row.text.split_off(row.ends.last().copied().unwrap_or(0));
            row.is_too_wide |= !cell.trim_ascii().is_empty();
        }
    }
}

impl Draft {
    fn push(&mut self, byte: u8) {
        if self.text.len() < ROW_BYTES_MAX {
            self.text.push(byte);
        } else {
            let cell = self.ends.len();
            self.blame(Some(cell), "The row is longer than 1 MiB; what is beyond that in this cell was not read.");
        }
    }

    /// Keeps the first thing that is wrong.
    fn blame(&mut self, cell: Option<usize>, message: &str) {
        self.wrong.get_or_insert_with(|| Wrong { cell, message: message.to_owned() });
    }

    /// A line that lies between quotes ends here, or its cell does.
    fn end_inner_line(&mut self, columns: usize) {
        self.looks_like_rows |= columns > 1 && self.delimiters.is_some_and(|count| count + 1 == columns);
    }

    fn finish(mut self, columns: usize, line: u64, lines: u64, end_at: u64) -> Result<SheetRow> {
        // What was cut at the limit may end within a letter.
        if self.text.len() == ROW_BYTES_MAX
            && let Err(error) = std::str::from_utf8(&self.text)
            && error.error_len().is_none()
        {
            self.text.truncate(error.valid_up_to());
        }
        let mut cells = Vec::with_capacity(self.ends.len());
        let mut from = 0;
        for end in &self.ends {
            let end = (*end).min(self.text.len());
            let text = std::str::from_utf8(&self.text[from..end]).map_err(|cause| {
                Fault::new(Code::FileUnreadable, "The copy of the file holds half a letter.").because(cause)
            })?;
            cells.push(text.to_owned());
            from = end;
        }
        while cells.len() > columns && cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.len() > columns || self.is_too_wide {
            self.blame(None, "The row has more cells than the table has columns.");
        }
        Ok(SheetRow { cells, line, lines, end_at, wrong: self.wrong })
    }
}

fn never_closed(line: u64) -> Fault {
    bad(&format!("A quote is opened in line {line} and never closed.")).with(json!({ "line": line }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(text: &[u8], delimiter: u8, columns: usize) -> Result<Vec<SheetRow>> {
        let mut rows = Rows::new(text, delimiter, columns, 1, 0);
        let mut all = Vec::new();
        while let Some(row) = rows.next()? {
            all.push(row);
        }
        Ok(all)
    }

    fn cells(text: &str) -> Vec<Vec<String>> {
        rows(text.as_bytes(), b',', 3).unwrap().into_iter().map(|row| row.cells).collect()
    }

    fn wrong(text: &str, columns: usize) -> Vec<Option<(Option<usize>, u64, u64)>> {
        let all = rows(text.as_bytes(), b',', columns).unwrap();
        all.into_iter().map(|row| row.wrong.map(|wrong| (wrong.cell, row.line, row.lines))).collect()
    }

    #[test]
    fn cells_are_read_as_they_are_quoted() {
        assert_eq!(cells("a,b\r\nc,\"d, \"\"e\"\"\"\rf"), [vec!["a", "b"], vec!["c", "d, \"e\""], vec!["f"]]);
        assert_eq!(cells("5\" pipe,a \"b\" c\n"), [vec!["5\" pipe", "a \"b\" c"]]);
        assert_eq!(cells("\"a\" ,\"\",b\n"), [vec!["a", "", "b"]]);
        assert_eq!(cells("\"one\r\ntwo\rthree\"\n"), [vec!["one\ntwo\nthree"]]);
        assert_eq!(
            cells("a,b,c,,\n,,,,,\n\n"),
            [vec!["a", "b", "c"], vec!["", "", ""], vec![""]],
            "cells beyond say nothing"
        );
    }

    #[test]
    fn a_quote_that_is_never_closed_is_named_with_its_line() {
        for (text, line) in [("a\nb,\"c\nd\n", 2), ("\"", 1), ("a\n\n\"b\"\"\n", 3), ("a,\"b\n\"\"", 1)] {
            let fault = rows(text.as_bytes(), b',', 2).unwrap_err();
            assert_eq!((fault.code, &fault.details.unwrap()["line"]), (Code::BadCsv, &json!(line)), "{text}");
        }
    }

    #[test]
    fn what_is_wrong_with_a_row_is_said_of_that_row() {
        assert_eq!(wrong("\"Anna \\\"Big\\\" Shop\",1\nb,2\n", 2), [Some((Some(0), 1, 1)), None]);
        assert_eq!(wrong("a,b,c\nd\n", 2), [Some((None, 1, 1)), None]);
        // Two rows that a quote swallowed, and that another one gives back.
        assert_eq!(
            wrong("x,y,z\nAnna,1,\"Rome\nBen,2,Oslo\nCara,3,Kiel\"\nDora,4,Bonn\n", 3),
            [None, Some((Some(2), 2, 3)), None]
        );
        assert_eq!(wrong("Anna,1,\"Rome\nBen,2,Oslo\"\n", 3), [Some((Some(2), 1, 2))]);
        assert_eq!(wrong("a,\"one\ntwo, three\",b\n", 3), [None], "a line that looks like no row");
        let fault = rows(b"a\n\"b\"c,\"d\ne\"\n", b',', 2).unwrap_err();
        assert_eq!(
            (fault.code, &fault.details.unwrap()["line"]),
            (Code::BadCsv, &json!(2)),
            "where it ends can't be told"
        );
    }

    #[test]
    fn a_cell_that_is_too_long_refuses_its_row_alone() {
        let long = "\u{e9}".repeat(ROW_BYTES_MAX / 2 + 10);
        for quote in ["", "\""] {
            let text = format!("a,b\nc,x{quote}{quote}\nd,{quote}{long}{quote}\ne,f\n");
            let all = rows(text.as_bytes(), b',', 2).unwrap();
            let wrong: Vec<bool> = all.iter().map(|row| row.wrong.is_some()).collect();
            assert_eq!(wrong, [false, false, true, false]);
            assert!(all[2].wrong.as_ref().unwrap().message.contains("1 MiB"));
        }
        let wide = format!("{}\na\n{}x\n", ",".repeat(5_000), ",".repeat(5_000));
        let wrong: Vec<bool> = rows(wide.as_bytes(), b',', 2).unwrap().iter().map(|row| row.wrong.is_some()).collect();
        assert_eq!(wrong, [false, false, true]);
    }

    /// How many lines a text has: they end with `\n`, `\r\n` or `\r`, and the last one may lack its end.
    fn count_lines(text: &[u8]) -> u64 {
        let text = String::from_utf8_lossy(text).replace("\r\n", "\n").replace('\r', "\n");
        text.split_inclusive('\n').count() as u64
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(512))]

        #[test]
        fn each_line_of_any_text_belongs_to_one_row(
            text in proptest::collection::vec(
                prop_oneof![
                    4 => Just(b','), 4 => Just(b'"'), 4 => Just(b'\n'), 2 => Just(b'\r'), 1 => Just(b' '),
                    4 => b'a'..b'e', 1 => 0u8..0x80,
                ],
                0..200,
            ),
            columns in 1usize..5,
        ) {
            // A text that is refused as a whole has no rows.
            if let Ok(all) = rows(&text, b',', columns) {
                let (mut line, mut at) = (1, 0);
                for row in &all {
                    prop_assert_eq!(row.line, line);
                    prop_assert!(row.lines > 0 && row.end_at > at);
                    (line, at) = (line + row.lines, row.end_at);
                }
                prop_assert_eq!(line - 1, count_lines(&text));
                prop_assert_eq!(at, text.len() as u64);
            }
        }

        #[test]
        fn what_was_written_is_read_back(
            table in proptest::collection::vec(proptest::collection::vec("[a-c ,;\"\n\u{e9}]{0,8}", 3), 1..8),
            delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|')],
        ) {
            let mut writer = csv::WriterBuilder::new().delimiter(delimiter).from_writer(Vec::new());
            table.iter().for_each(|row| writer.write_record(row).unwrap());
            let read = rows(&writer.into_inner().unwrap(), delimiter, 3).unwrap();
            let read: Vec<&Vec<String>> = read.iter().map(|row| &row.cells).collect();
            prop_assert_eq!(read, table.iter().collect::<Vec<_>>());
        }
    }
}
