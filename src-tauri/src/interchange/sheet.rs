//! Tables as people have them: CSV of any common dialect.
//!
//! What a dialect is (encoding, delimiter, first line) can be named. What isn't named is proposed by the file; an import is
//! begun with a proposal only where the file can be read in no other way.

use super::cells::Marks;
use super::encoding::{told_by, write_as_utf8};
use super::files::{bad, unreadable};
use super::rows::{COLUMNS_MAX, Rows, SheetRow};
use crate::kernel::{Code, Fault, Result, shown_path};
use crate::store::{make_folder, sync_folder, unwritable};
use encoding_rs::Encoding;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

const SAMPLE_ROWS: usize = 10;
/// How much of a table the proposal of a delimiter rests on.
const PROPOSED_BYTES_MAX: usize = 1 << 16;
/// How much text one step reads, for memory should not hold a thousand of the longest rows: it ends with the row that reaches this.
const STEP_BYTES_MAX: u64 = 8 << 20;
/// How many lines before the header are looked at.
const LINES_BEFORE_MAX: u64 = 1_000;

/// The character between the columns of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Delimiter {
    /// `,`
    #[serde(rename = ",")]
    Comma,
    /// `;`
    #[serde(rename = ";")]
    Semicolon,
    /// A tab.
    #[serde(rename = "\t")]
    Tab,
    /// `|`
    #[serde(rename = "|")]
    Bar,
}

impl Delimiter {
    /// All that are looked for.
    pub const ALL: [Delimiter; 4] = [Delimiter::Comma, Delimiter::Semicolon, Delimiter::Tab, Delimiter::Bar];

    /// As it stands in a file.
    pub const fn byte(self) -> u8 {
        match self {
            Delimiter::Comma => b',',
            Delimiter::Semicolon => b';',
            Delimiter::Tab => b'\t',
            Delimiter::Bar => b'|',
        }
    }
}

/// The word of spreadsheets for the delimiter, in a line before the first row.
const DELIMITER_LINE: &str = "sep=";

/// What a person said about a table; what they didn't say, the table has to tell.
#[derive(Debug, Clone, Copy, Default)]
pub struct Named {
    /// How its characters are written.
    pub encoding: Option<&'static Encoding>,
    /// The delimiter between its columns.
    pub delimiter: Option<Delimiter>,
    /// How many lines stand before the one that names the columns.
    pub skip_lines: Option<u64>,
}

/// What a table looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// How its characters are written.
    pub encoding: &'static Encoding,
    /// The encodings that it may have, the likeliest first.
    pub encodings: Vec<&'static Encoding>,
    /// The delimiter between its columns.
    pub delimiter: Delimiter,
    /// How many lines stand before the one that names the columns.
    pub skip_lines: u64,
    /// How many of them a spreadsheet shows as rows: not the one that says the delimiter.
    pub rows_before: u64,
    /// What an import of it has to be told, for the table does not tell it.
    pub asks: Vec<&'static str>,
    /// The names of its columns, each unlike the others.
    pub header: Vec<String>,
    /// How many rows follow the header, those without any text included.
    pub rows: u64,
    /// How many lines the file has.
    pub lines: u64,
    /// How many bytes its copy has.
    pub bytes: u64,
    /// The first rows that say something, up to 4 KiB of each.
    pub sample: Vec<Vec<String>>,
    /// For each column, how its numbers are written.
    pub marks: Vec<Marks>,
    /// Where the first row begins, in bytes of the copy.
    pub first_row_at: u64,
    /// The line that the first row begins in.
    pub first_row_line: u64,
}

/// Looks at a table without keeping a copy. What it doesn't tell is proposed.
///
/// # Errors
/// `file_unreadable`, `bad_csv`, `unknown_choice`; `file_unwritable`, `disk_full` where the copy that is looked at can't be made.
pub fn inspect(path: &Path, named: Named) -> Result<Sheet> {
    let copy = tempfile::tempfile().map_err(|cause| {
        let sentence = format!("No file can be made in {}: {cause}.", shown_path(&std::env::temp_dir()));
        Fault::new(Code::FileUnwritable, sentence).because(cause)
    })?;
    survey(path, copy, unwritable(&std::env::temp_dir()), named, true)
}

/// Copies a table as UTF-8 without a byte order mark, to be read in steps.
///
/// # Errors
/// `file_unreadable`, `bad_csv`, `file_unwritable`, `disk_full`, `unknown_choice`; `missing_field` for what has to be named.
pub fn take_copy(path: &Path, to: &Path, named: Named) -> Result<Sheet> {
    to.parent().map_or(Ok(()), make_folder)?;
    let unwritable = unwritable(to);
    let copy = File::options().read(true).write(true).create(true).truncate(true).open(to).map_err(&unwritable)?;
    let kept = copy.try_clone().map_err(&unwritable)?;
    let sheet = survey(path, copy, &unwritable, named, false)?;
    kept.sync_all().map_err(&unwritable)?;
    sync_folder(to)?;
    Ok(sheet)
}

fn survey(
    path: &Path,
    mut copy: File,
    unwritable: impl Fn(std::io::Error) -> Fault,
    named: Named,
    may_propose: bool,
) -> Result<Sheet> {
    let told = told_by(path)?;
    let encoding = told.choose(named.encoding, may_propose)?;
    write_as_utf8(path, encoding, &mut copy, unwritable)?;
    let mut asks = Vec::new();
    if !told.is_certain && named.encoding.is_none() {
        asks.push("encoding");
    }
    let (before, told_delimiter) = look_before(rewound(&mut copy)?)?;
    let skip_lines = named.skip_lines.unwrap_or(before);
    let delimiter = match named.delimiter.or(told_delimiter) {
        Some(delimiter) => delimiter,
        None => {
            let mut beginning = Vec::new();
            rewound(&mut copy)?.take(PROPOSED_BYTES_MAX as u64).read_to_end(&mut beginning).map_err(copy_unreadable)?;
            let (delimiter, is_certain) = propose_delimiter(&beginning, skip_lines);
            if !is_certain && !may_propose {
                return Err(Fault::new(
                    Code::MissingField,
                    "More than one delimiter splits the first row; name the one between its columns.",
                )
                .at("delimiter")
                .with(json!({ "candidates": Delimiter::ALL })));
            }
            if !is_certain {
                asks.push("delimiter");
            }
            delimiter
        }
    };
    let mut rows = Rows::new(rewound(&mut copy)?, delimiter.byte(), COLUMNS_MAX, 1, 0);
    rows.pass_lines(skip_lines)?;
    let line = rows.line();
    let Some(first) = rows.next()? else {
        return Err(bad("No row is left to name the columns."));
    };
    let header = name_columns(&first).map_err(|fault| fault.with(json!({ "line": line })))?;
    rows.set_columns(header.len());
    let mut sheet = Sheet {
        encoding,
        encodings: told.candidates,
        delimiter,
        skip_lines,
        rows_before: skip_lines.saturating_sub(u64::from(told_delimiter.is_some())),
        asks,
        marks: vec![Marks::default(); header.len()],
        header,
        rows: 0,
        lines: 0,
        bytes: 0,
        sample: Vec::new(),
        first_row_at: rows.at(),
        first_row_line: rows.line(),
    };
    while let Some(row) = rows.next()? {
        sheet.rows += 1;
        if row.is_empty() {
            continue;
        }
        if row.wrong.is_none() {
            for (marks, cell) in sheet.marks.iter_mut().zip(&row.cells) {
                marks.see(cell, row.line);
            }
        }
        if sheet.sample.len() < SAMPLE_ROWS {
            sheet.sample.push(row.beginning().0);
        }
    }
    (sheet.lines, sheet.bytes) = (rows.line() - 1, rows.at());
    Ok(sheet)
}

fn rewound(copy: &mut File) -> Result<&mut File> {
    copy.rewind().map_err(copy_unreadable)?;
    Ok(copy)
}

fn copy_unreadable(cause: std::io::Error) -> Fault {
    Fault::new(Code::FileUnreadable, "The copy of the file can't be read.").because(cause)
}

/// How many lines come before the one that names the columns, as far as they tell it themselves: lines without text, and one
/// that says the delimiter, which is answered as well.
fn look_before(copy: &mut File) -> Result<(u64, Option<Delimiter>)> {
    let mut lines = Rows::new(copy, b',', COLUMNS_MAX, 1, 0);
    let (mut before, mut told) = (0, None);
    while before < LINES_BEFORE_MAX
        && let Some(line) = lines.pass_line()?
    {
        match delimiter_said_by(line.trim_matches([' ', '"'])) {
            Some(delimiter) if told.is_none() => told = Some(delimiter),
            _ if line.trim().is_empty() => {}
            _ => break,
        }
        before += 1;
    }
    Ok((before, told))
}

fn delimiter_said_by(line: &str) -> Option<Delimiter> {
    let (word, said) = line.split_at_checked(DELIMITER_LINE.len())?;
    let is_said = |delimiter: &Delimiter| said.as_bytes() == [delimiter.byte()];
    Delimiter::ALL.into_iter().find(is_said).filter(|_| word.eq_ignore_ascii_case(DELIMITER_LINE))
}

/// The delimiter that a table most likely has, and whether it can be no other: the only one that splits the first row, or
/// the only one that splits all rows as it splits the first.
fn propose_delimiter(beginning: &[u8], skip_lines: u64) -> (Delimiter, bool) {
    let is_cut = beginning.len() == PROPOSED_BYTES_MAX;
    let widths = |delimiter: Delimiter| -> Vec<usize> {
        let mut rows = Rows::new(beginning, delimiter.byte(), 1, 1, 0);
        let _ = rows.pass_lines(skip_lines); // memory can be read
        let mut widths = Vec::new();
        while let Ok(Some(row)) = rows.next() {
            if !row.is_empty() {
                widths.push(row.cells.len());
            }
        }
        if is_cut && widths.len() > 1 {
            widths.pop();
        }
        widths
    };
    let split: Vec<(Delimiter, Vec<usize>)> = Delimiter::ALL
        .into_iter()
        .map(|delimiter| (delimiter, widths(delimiter)))
        .filter(|(_, widths)| widths.first().is_some_and(|first| *first > 1))
        .collect();
    match split.as_slice() {
        [] => (Delimiter::Comma, true),
        [(delimiter, _)] => (*delimiter, true),
        _ => {
            let fits =
                |widths: &[usize]| widths.len() > 1 && widths.iter().all(|width| (2..=widths[0]).contains(width));
            let fitting: Vec<Delimiter> = split.iter().filter(|(_, widths)| fits(widths)).map(|(it, _)| *it).collect();
            if let [delimiter] = fitting.as_slice() {
                return (*delimiter, true);
            }
            let widest = split.iter().max_by_key(|(_, widths)| widths[0]);
            (widest.map_or(Delimiter::Comma, |(delimiter, _)| *delimiter), false)
        }
    }
}

/// Columns without a name get one, and those that share a name are numbered.
fn name_columns(first: &SheetRow) -> Result<Vec<String>> {
    if let Some(wrong) = &first.wrong {
        return Err(match wrong.cell {
            Some(_) => bad(&format!("The row that names the columns can't be read: {}", wrong.message)),
            None => bad(&format!("The table has more than {COLUMNS_MAX} columns.")),
        });
    }
    if first.is_empty() {
        return Err(bad(&format!("Line {} must name the columns, but it is empty.", first.line)));
    }
    let mut names: Vec<String> = Vec::new();
    for (index, cell) in first.cells.iter().enumerate() {
        let name = cell.split('\n').map(str::trim).collect::<Vec<_>>().join(" ");
        let name = if name.trim().is_empty() { format!("Column {}", index + 1) } else { name.trim().to_owned() };
        let mut unlike = name.clone();
        let mut number = 1;
        while names.contains(&unlike) {
            number += 1;
            unlike = format!("{name} ({number})");
        }
        names.push(unlike);
    }
    Ok(names)
}

/// Where in a copy the next step begins, and what the copy has to hold.
#[derive(Debug, Clone, Copy)]
pub struct From {
    /// In bytes.
    pub at: u64,
    /// The line there.
    pub line: u64,
    /// How many rows are left.
    pub rows_left: u64,
    /// How many bytes the copy has.
    pub bytes: u64,
}

/// Reads up to so many rows of a copy, and fewer where they are long.
///
/// # Errors
/// `file_unreadable` when the copy is gone, or isn't whole any more.
pub fn read_rows(copy: &Path, delimiter: u8, columns: usize, from: From, rows_max: usize) -> Result<Vec<SheetRow>> {
    let cut = || {
        Fault::new(
            Code::FileUnreadable,
            "The copy of the imported file is damaged; take the import back and begin it again.",
        )
    };
    let mut file = File::open(copy).map_err(unreadable(copy))?;
    if file.metadata().map_err(unreadable(copy))?.len() != from.bytes {
        return Err(cut());
    }
    file.seek(SeekFrom::Start(from.at)).map_err(unreadable(copy))?;
    let mut reader = Rows::new(file, delimiter, columns, from.line, from.at);
    let wanted = rows_max.min(usize::try_from(from.rows_left).unwrap_or(usize::MAX));
    let mut rows = Vec::with_capacity(wanted);
    while rows.len() < wanted && reader.at() - from.at < STEP_BYTES_MAX {
        match reader.next() {
            Ok(Some(row)) => rows.push(row),
            Ok(None) => return Err(cut()),
            Err(fault) => return Err(cut().because(fault)),
        }
    }
    if rows.len() as u64 == from.rows_left && reader.at() != from.bytes {
        return Err(cut());
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use encoding_rs::{UTF_8, UTF_16LE, WINDOWS_1252};
    use proptest::prelude::*;

    fn with_file<T>(bytes: &[u8], look: impl FnOnce(&Path) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, bytes).unwrap();
        look(&path)
    }

    fn survey_of(bytes: &[u8]) -> Result<Sheet> {
        with_file(bytes, |path| inspect(path, Named::default()))
    }

    fn begun(bytes: &[u8], named: Named) -> Result<Sheet> {
        with_file(bytes, |path| take_copy(path, &path.with_extension("copy"), named))
    }

    #[test]
    fn every_common_dialect_is_read() {
        let expected = vec![vec!["Éva".to_owned(), "two\nlines".to_owned()]];
        let utf16 = "\u{feff}name|note\r\nÉva|\"two\r\nlines\"\r\n";
        let utf16: Vec<u8> = utf16.encode_utf16().flat_map(u16::to_le_bytes).collect();
        for (bytes, encoding) in [
            (&b"name,note\n\xc3\x89va,\"two\nlines\"\n"[..], UTF_8),
            (b"\xef\xbb\xbfname,note\r\n\xc3\x89va,\"two\nlines\"\r\n", UTF_8),
            (b"\xef\xbb\xbf\xef\xbb\xbfname,note\n\xef\xbb\xbf\"\xc3\x89va\",\"two\nlines\"\n", UTF_8),
            (b"name,note\r\xc3\x89va,\"two\rlines\"", UTF_8),
            (b"name;note\n\xc9va;\"two\nlines\"", WINDOWS_1252),
            (b"sep=\t\r\nname\tnote\n\xc9va\t\"two\nlines\"\n", WINDOWS_1252),
            (b"\n \n\"sep=|\"\nname|note\n\xc3\x89va|\"two\nlines\"|||\n", UTF_8),
            (&utf16, UTF_16LE),
        ] {
            let named = Named { encoding: Some(encoding), ..Named::default() };
            let sheet = begun(bytes, named).unwrap();
            assert_eq!((sheet.header.len(), sheet.encoding), (2, encoding), "{bytes:?}");
            assert_eq!((sheet.rows, &sheet.sample, sheet.header[0].as_str()), (1, &expected, "name"), "{bytes:?}");
            let looked_at = survey_of(bytes).unwrap();
            assert_eq!(
                looked_at.asks.is_empty(),
                encoding != WINDOWS_1252,
                "an encoding that is only guessed is asked for"
            );
            assert_eq!(looked_at.lines, sheet.lines);
        }
    }

    #[test]
    fn columns_without_a_name_of_their_own_get_one() {
        assert_eq!(survey_of(b"a,,a,\"b;c\"\n").unwrap().header, ["a", "Column 2", "a (2)", "b;c"]);
        assert_eq!(survey_of(b"a,\"b\n c\"\n").unwrap().header, ["a", "b c"]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        let wide = [b"a".as_slice(), b",a".repeat(500).as_slice()].concat();
        for bytes in [&b""[..], b"\n\n", b"sep=;\n", b"a\0b", b"a,b\n1,\"2\n", b"\"a\"b,c\n", &wide] {
            let fault = survey_of(bytes).unwrap_err();
            assert_eq!((fault.code, fault.field.as_deref()), (Code::BadCsv, Some("path")), "{bytes:?}");
        }
    }

    #[test]
    fn a_delimiter_is_taken_where_it_can_be_no_other() {
        for (text, delimiter, is_certain) in [
            ("name\nAna\n", Delimiter::Comma, true),
            ("name;code\nAna, B;1\n", Delimiter::Semicolon, true),
            ("name;note\nAna;a, b\nBea;c\n", Delimiter::Semicolon, true),
            ("name;first, last\nAna;A, B\nBea;C\n", Delimiter::Semicolon, true),
            ("name;first, last\nAna;A, B\n", Delimiter::Semicolon, false),
            ("a|b,c\n1|2,3\n", Delimiter::Comma, false),
            ("sep=|\na|b,c\n", Delimiter::Bar, true),
        ] {
            let sheet = survey_of(text.as_bytes()).unwrap();
            assert_eq!(sheet.asks.is_empty(), is_certain, "{text}");
            let begun_so = begun(text.as_bytes(), Named::default());
            if is_certain {
                assert_eq!((sheet.delimiter, begun_so.is_ok()), (delimiter, true), "{text}");
            } else {
                let fault = begun_so.unwrap_err();
                assert_eq!((fault.code, fault.field.as_deref()), (Code::MissingField, Some("delimiter")), "{text}");
                let named = Named { delimiter: Some(delimiter), ..Named::default() };
                assert_eq!(begun(text.as_bytes(), named).unwrap().delimiter, delimiter);
            }
        }
    }

    #[test]
    fn lines_before_the_header_are_skipped_as_they_are_named() {
        let text = b"Prices of \"May\n\nname;price\nBread;2,50\n";
        let named = |skip_lines| Named { skip_lines: Some(skip_lines), ..Named::default() };
        let sheet = begun(text, named(2)).unwrap();
        assert_eq!((sheet.header.len(), sheet.rows, sheet.lines, sheet.first_row_line), (2, 1, 4, 4));
        assert_eq!(survey_of(text).unwrap().header.len(), 1, "that such a line is no header can't be told");
        // So many lines are not gone through where the file has four.
        for skip_lines in [1, 4, 1_000, u64::MAX] {
            assert_eq!(begun(text, named(skip_lines)).unwrap_err().code, Code::BadCsv);
        }
        let far_right = [b"\t".repeat(300).as_slice(), b"name\nBread\n"].concat();
        assert_eq!(survey_of(&far_right).unwrap().skip_lines, 0, "a line is empty only where all of it is");
    }

    #[test]
    fn long_rows_are_read_a_few_at_a_time_and_shown_in_part() {
        let row = format!("{}\n", "x".repeat(1 << 20));
        with_file(format!("name\n{}", row.repeat(20)).as_bytes(), |path| {
            let copy = path.with_extension("copy");
            let sheet = take_copy(path, &copy, Named::default()).unwrap();
            let from = From { at: sheet.first_row_at, line: 2, rows_left: 20, bytes: sheet.bytes };
            assert_eq!(read_rows(&copy, b',', 1, from, 1_000).unwrap().len(), 8);
            let shown: usize = sheet.sample.iter().flatten().map(String::len).sum();
            assert_eq!((sheet.rows, shown), (20, 10 * 4096));
        });
    }

    #[test]
    fn a_copy_that_is_not_whole_any_more_is_refused() {
        with_file(b"name\nAna\nBea\nCarla\n", |path| {
            let copy = path.with_extension("copy");
            let sheet = take_copy(path, &copy, Named::default()).unwrap();
            let from = From { at: sheet.first_row_at, line: 2, rows_left: 3, bytes: sheet.bytes };
            let read =
                |rows_max| read_rows(&copy, b',', 1, from, rows_max).map(|rows| rows.len()).map_err(|it| it.code);
            assert_eq!(read(10), Ok(3));
            std::fs::write(&copy, b"name\nAna\nBea\n\"arla\n").unwrap();
            assert_eq!((read(2), read(3)), (Ok(2), Err(Code::FileUnreadable)), "a quote");
            std::fs::write(&copy, b"name\nAna\nBea,Carla\n").unwrap();
            assert_eq!(read(3), Err(Code::FileUnreadable), "a row less");
            std::fs::write(&copy, b"name\nAna\nBea\nCar").unwrap();
            assert_eq!(read(1), Err(Code::FileUnreadable), "cut short");
        });
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(256))]

        #[test]
        fn any_bytes_are_read_or_refused_in_steps_as_in_one(
            bytes in proptest::collection::vec(
                prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b';'), Just(b'a'), any::<u8>()], 0..300,
            ),
            step in 1usize..5,
            encoding in prop_oneof![Just(None), Just(Some(WINDOWS_1252)), Just(Some(UTF_16LE))],
            delimiter in prop_oneof![Just(None), Just(Some(Delimiter::Comma)), Just(Some(Delimiter::Bar))],
        ) {
            let named = Named { encoding, delimiter, skip_lines: None };
            let folder = tempfile::tempdir().unwrap();
            let (path, copy) = (folder.path().join("table.csv"), folder.path().join("copy.csv"));
            std::fs::write(&path, &bytes).unwrap();
            if let Ok(sheet) = take_copy(&path, &copy, named) {
                let read = |rows_max: usize| {
                    let mut rows: Vec<SheetRow> = Vec::new();
                    while (rows.len() as u64) < sheet.rows {
                        let (at, line) = rows
                            .last()
                            .map_or((sheet.first_row_at, sheet.first_row_line), |row| (row.end_at, row.line + row.lines));
                        let rows_left = sheet.rows - rows.len() as u64;
                        let from = From { at, line, rows_left, bytes: sheet.bytes };
                        rows.extend(read_rows(&copy, sheet.delimiter.byte(), sheet.header.len(), from, rows_max).unwrap());
                    }
                    rows
                };
                let rows = read(step);
                prop_assert_eq!(&rows, &read(usize::MAX));
                // Each line is skipped, names the columns, or belongs to one row.
                let of_rows: u64 = rows.iter().map(|row| row.lines).sum();
                prop_assert_eq!(sheet.first_row_line - 1 + of_rows, sheet.lines);
            }
        }
    }
}
