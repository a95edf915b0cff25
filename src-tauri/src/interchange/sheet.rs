//! Tables as people have them: CSV of any common dialect.

use crate::kernel::{Code, Fault, Result, shown_path};
use csv::{ByteRecord, ReaderBuilder};
use encoding_rs::{Decoder, DecoderResult, UTF_8, WINDOWS_1252};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// How long one row may be: more is a quote that was never closed.
pub const ROW_BYTES_MAX: usize = 1 << 20;
/// How many columns a table may have.
pub const COLUMNS_MAX: usize = 500;
const CHUNK_BYTES: usize = 1 << 16;

/// How a file's characters are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Encoding {
    /// UTF-8, with a byte order mark or without.
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-1252, which office programs still write.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

/// What parts whole from part in a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
pub enum Decimal {
    /// 1234.50
    #[default]
    #[serde(rename = ".")]
    Point,
    /// 1234,50
    #[serde(rename = ",")]
    Comma,
}

/// What a table looks like.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// How its characters are written.
    pub encoding: Encoding,
    /// What parts its columns: `,`, `;` or a tab.
    pub delimiter: u8,
    /// The names of its columns, each unlike the others.
    pub header: Vec<String>,
    /// How many rows follow the header.
    pub rows: u64,
    /// The first rows.
    pub sample: Vec<Vec<String>>,
    /// Where the first row begins, in bytes of the copy.
    pub first_row_at: u64,
}

/// A row of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SheetRow {
    /// Its cells.
    pub cells: Vec<String>,
    /// Where the next row begins, in bytes of the copy.
    pub end_at: u64,
}

const SAMPLE_ROWS: usize = 10;

/// Looks at a table without keeping a copy.
///
/// # Errors
/// `file_unreadable`, `bad_csv`.
pub fn inspect(path: &Path) -> Result<Sheet> {
    let mut copy = temporary_file()?;
    let encoding = transcode(path, &mut copy)?;
    survey(copy, encoding)
}

/// Copies a table as UTF-8 without a byte order mark, to be read in steps.
///
/// # Errors
/// `file_unreadable`, `bad_csv`, `file_unwritable`.
pub fn take_copy(path: &Path, to: &Path) -> Result<Sheet> {
    let unwritable = |cause: std::io::Error| {
        Fault::new(Code::FileUnwritable, format!("{} can't be written.", shown_path(to))).because(cause)
    };
    let mut copy = File::options().read(true).write(true).create(true).truncate(true).open(to).map_err(unwritable)?;
    let encoding = transcode(path, &mut copy)?;
    copy.sync_all().map_err(unwritable)?;
    survey(copy, encoding)
}

fn temporary_file() -> Result<File> {
    tempfile::tempfile()
        .map_err(|cause| Fault::new(Code::FileUnwritable, "There is no room for a temporary file.").because(cause))
}

/// Writes the file as UTF-8: as it is when it is UTF-8, else as Windows-1252, which any bytes can be.
fn transcode(path: &Path, out: &mut File) -> Result<Encoding> {
    for (encoding, table) in [(Encoding::Utf8, UTF_8), (Encoding::Windows1252, WINDOWS_1252)] {
        if transcode_as(path, out, table.new_decoder_with_bom_removal())? {
            return Ok(encoding);
        }
        out.set_len(0).and_then(|()| out.rewind()).map_err(unreadable(path))?;
    }
    Err(bad("The file's characters can't be read; save it as CSV in UTF-8."))
}

fn transcode_as(path: &Path, out: &mut File, mut decoder: Decoder) -> Result<bool> {
    let mut source = File::open(path).map_err(unreadable(path))?;
    let mut out = BufWriter::new(out);
    let mut bytes = vec![0; CHUNK_BYTES];
    let mut text = vec![0; CHUNK_BYTES * 3 + 16];
    let mut first = true;
    loop {
        let count = source.read(&mut bytes).map_err(unreadable(path))?;
        let chunk = &bytes[..count];
        if first && (chunk.starts_with(&[0xff, 0xfe]) || chunk.starts_with(&[0xfe, 0xff])) {
            return Err(bad("The file is UTF-16; save it as CSV in UTF-8."));
        }
        if chunk.contains(&0) {
            return Err(bad("The file holds bytes of zero, so it is no table of text; save it as CSV in UTF-8."));
        }
        first = false;
        let (result, _, written) = decoder.decode_to_utf8_without_replacement(chunk, &mut text, count == 0);
        match result {
            DecoderResult::InputEmpty => {}
            // The buffer holds three bytes for each that comes in, so it is never full.
            DecoderResult::Malformed(..) | DecoderResult::OutputFull => return Ok(false),
        }
        out.write_all(&text[..written]).map_err(|cause| {
            Fault::new(Code::FileUnwritable, "The copy of the file can't be written.").because(cause)
        })?;
        if count == 0 {
            break;
        }
    }
    out.flush()
        .map_err(|cause| Fault::new(Code::FileUnwritable, "The copy of the file can't be written.").because(cause))?;
    Ok(true)
}

fn survey(mut copy: File, encoding: Encoding) -> Result<Sheet> {
    let failed = |cause: std::io::Error| Fault::new(Code::FileUnreadable, "The copy can't be read.").because(cause);
    let mut beginning = vec![0; CHUNK_BYTES];
    copy.rewind().map_err(failed)?;
    let count = copy.read(&mut beginning).map_err(failed)?;
    let delimiter = guess_delimiter(&beginning[..count]);
    copy.rewind().map_err(failed)?;
    let mut reader = reader(delimiter, BufReader::new(copy));
    let mut record = ByteRecord::new();
    if !next(&mut reader, &mut record)? {
        return Err(bad("The file is empty; its first row must name the columns."));
    }
    let header = name_columns(&texts(&record)?)?;
    let first_row_at = reader.position().byte();
    let mut rows = 0;
    let mut sample = Vec::new();
    while next(&mut reader, &mut record)? {
        rows += 1;
        if sample.len() < SAMPLE_ROWS {
            sample.push(texts(&record)?);
        }
    }
    Ok(Sheet { encoding, delimiter, header, rows, sample, first_row_at })
}

fn reader<R: Read>(delimiter: u8, from: R) -> csv::Reader<R> {
    ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(from)
}

fn next<R: Read>(reader: &mut csv::Reader<R>, record: &mut ByteRecord) -> Result<bool> {
    let found =
        reader.read_byte_record(record).map_err(|cause| bad("The file can't be read as a table.").because(cause))?;
    if found && record.as_slice().len() > ROW_BYTES_MAX {
        let line = record.position().map_or(0, csv::Position::line);
        return Err(bad(&format!("The row at line {line} is endless: a quote was opened there and never closed.")));
    }
    Ok(found)
}

fn texts(record: &ByteRecord) -> Result<Vec<String>> {
    record
        .iter()
        .map(|cell| {
            std::str::from_utf8(cell)
                .map(str::to_owned)
                .map_err(|cause| bad("A cell holds half a character.").because(cause))
        })
        .collect()
}

/// The delimiter that the first row holds most of, outside quotes.
fn guess_delimiter(beginning: &[u8]) -> u8 {
    let mut quoted = false;
    let mut counts = [0usize; 3];
    for byte in beginning {
        match byte {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted && counts != [0; 3] => break,
            b',' if !quoted => counts[0] += 1,
            b';' if !quoted => counts[1] += 1,
            b'\t' if !quoted => counts[2] += 1,
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    match counts {
        [_, _, tabs] if tabs == most && most > 0 => b'\t',
        [_, semicolons, _] if semicolons == most && most > 0 => b';',
        _ => b',',
    }
}

/// Columns without a name get one, and those that share a name are numbered.
fn name_columns(cells: &[String]) -> Result<Vec<String>> {
    if cells.len() > COLUMNS_MAX {
        return Err(bad(&format!("The table has more than {COLUMNS_MAX} columns.")));
    }
    let mut names: Vec<String> = Vec::new();
    for (index, cell) in cells.iter().enumerate() {
        let trimmed = cell.trim();
        let name = if trimmed.is_empty() { format!("Column {}", index + 1) } else { trimmed.to_owned() };
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

/// Reads up to so many rows of a copy, from a byte on.
///
/// # Errors
/// `file_unreadable` when the copy is gone, `bad_csv`.
pub fn read_rows(copy: &Path, delimiter: u8, from: u64, rows_max: usize) -> Result<Vec<SheetRow>> {
    let mut file = File::open(copy).map_err(unreadable(copy))?;
    file.seek(SeekFrom::Start(from)).map_err(unreadable(copy))?;
    let mut reader = reader(delimiter, BufReader::new(file));
    let mut record = ByteRecord::new();
    let mut rows = Vec::new();
    while rows.len() < rows_max && next(&mut reader, &mut record)? {
        rows.push(SheetRow { cells: texts(&record)?, end_at: from + reader.position().byte() });
    }
    Ok(rows)
}

fn unreadable(path: &Path) -> impl Fn(std::io::Error) -> Fault + '_ {
    move |cause| {
        Fault::new(Code::FileUnreadable, format!("{} can't be read.", shown_path(path))).because(cause).at("path")
    }
}

fn bad(message: &str) -> Fault {
    Fault::new(Code::BadCsv, message).at("path")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn survey_of(bytes: &[u8]) -> Result<Sheet> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, bytes).unwrap();
        inspect(&path)
    }

    #[test]
    fn every_common_dialect_is_read() {
        let expected = vec![vec!["Éva".to_owned(), "two\nlines".to_owned()]];
        for bytes in [
            &b"name,note\n\xc3\x89va,\"two\nlines\"\n"[..],
            b"\xef\xbb\xbfname,note\r\n\xc3\x89va,\"two\nlines\"\r\n",
            b"name;note\n\xc9va;\"two\nlines\"",
            b"name\tnote\n\xc9va\t\"two\nlines\"\n",
        ] {
            let sheet = survey_of(bytes).unwrap();
            assert_eq!(sheet.header, ["name", "note"]);
            assert_eq!((sheet.rows, &sheet.sample), (1, &expected));
        }
    }

    #[test]
    fn columns_without_a_name_of_their_own_get_one() {
        assert_eq!(survey_of(b"a,,a,\"b;c\"\n").unwrap().header, ["a", "Column 2", "a (2)", "b;c"]);
    }

    #[test]
    fn what_is_no_table_is_refused() {
        for bytes in [&b""[..], b"\xff\xfea\0", b"a\0b"] {
            assert_eq!(survey_of(bytes).unwrap_err().code, Code::BadCsv);
        }
        let endless = [b"a,b\n\"".as_slice(), &vec![b'x'; ROW_BYTES_MAX + 10]].concat();
        assert_eq!(survey_of(&endless).unwrap_err().code, Code::BadCsv);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn any_bytes_are_read_or_refused_and_the_steps_give_what_the_whole_gives(
            bytes in proptest::collection::vec(prop_oneof![Just(b','), Just(b'"'), Just(b'\n'), Just(b';'), any::<u8>()], 0..400),
            step in 1usize..5,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let (path, copy) = (folder.path().join("table.csv"), folder.path().join("copy.csv"));
            std::fs::write(&path, &bytes).unwrap();
            if let Ok(sheet) = take_copy(&path, &copy) {
                let mut at = sheet.first_row_at;
                let mut rows = Vec::new();
                loop {
                    let more = read_rows(&copy, sheet.delimiter, at, step).unwrap();
                    let Some(last) = more.last() else { break };
                    at = last.end_at;
                    rows.extend(more);
                }
                let whole = read_rows(&copy, sheet.delimiter, sheet.first_row_at, usize::MAX).unwrap();
                prop_assert_eq!(rows.len() as u64, sheet.rows);
                prop_assert_eq!(rows, whole);
            }
        }
    }
}
