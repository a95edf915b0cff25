//! How the characters of a file are written: what its bytes tell, and the file as UTF-8.
//!
//! A file tells its encoding by a byte order mark, or by being UTF-8 from end to end. Any other encoding is proposed, for a
//! person to see beside the first rows, and is taken only once it was named.

use super::files::{bad, open, unreadable};
use crate::kernel::{Code, Fault, Result, shown};
use chardetng::EncodingDetector;
use encoding_rs::{DecoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252};
use memchr::memmem;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::borrow::Cow;
use std::fmt;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::Path;

const CHUNK_BYTES: usize = 1 << 16;
/// The byte order mark in UTF-8.
const MARK: &[u8] = "\u{feff}".as_bytes();
/// How much of a file the proposal of a legacy encoding rests on.
const DETECTED_BYTES_MAX: usize = 1 << 20;

/// What the bytes of a file tell of its encoding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// The encoding that it is, or most likely is.
    pub encoding: &'static Encoding,
    /// Whether there is no doubt.
    pub is_certain: bool,
    /// Those that it may be, the likeliest first.
    pub candidates: Vec<&'static Encoding>,
    /// Whether it can be text, with the encoding that it most likely has.
    is_text: bool,
    /// Whether it begins with a byte order mark.
    has_mark: bool,
    /// Whether it has letters of UTF-8 beyond ASCII.
    is_wide: bool,
    /// Where it is UTF-8 but for a few bytes, the line of the first of those.
    stray_line: Option<u64>,
}

impl Told {
    fn certain(encoding: &'static Encoding) -> Told {
        Told {
            encoding,
            is_certain: true,
            candidates: vec![encoding],
            is_text: true,
            has_mark: false,
            is_wide: false,
            stray_line: None,
        }
    }
}

/// The name of an encoding, as commands say it: any label of the WHATWG's encodings is understood.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EncodingName(String);

/// The encodings as commands name them; others have a label that is understood.
const NAMES: &[&str] = &[
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1252",
    "windows-1251",
    "windows-1250",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "windows-874",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-8-i",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "ibm866",
    "macintosh",
    "x-mac-cyrillic",
    "gbk",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "euc-kr",
    "x-user-defined",
];

impl EncodingName {
    /// The name of an encoding.
    pub fn of(encoding: &'static Encoding) -> EncodingName {
        EncodingName(encoding.name().to_ascii_lowercase())
    }

    /// The encoding of that name, or of another label that means it.
    ///
    /// # Errors
    /// `unknown_choice`, with the field.
    pub fn encoding(&self) -> Result<&'static Encoding> {
        Encoding::for_label_no_replacement(self.0.as_bytes()).ok_or_else(|| {
            Fault::new(Code::UnknownChoice, format!("No encoding is called “{}”.", shown(&self.0))).at("encoding")
        })
    }
}

impl fmt::Display for EncodingName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

impl JsonSchema for EncodingName {
    fn schema_name() -> Cow<'static, str> {
        "EncodingName".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "enum": NAMES })
    }
}

/// Counts the lines of bytes or of text that come in pieces: they end with `\n`, `\r\n` or `\r`.
#[derive(Debug)]
struct Lines {
    line: u64,
    after_return: bool,
}

impl Lines {
    fn new() -> Lines {
        Lines { line: 1, after_return: false }
    }

    /// The line that the byte behind these is in.
    fn pass(&mut self, bytes: &[u8]) -> u64 {
        for byte in bytes {
            self.line += u64::from(*byte == b'\r' || (*byte == b'\n' && !self.after_return));
            self.after_return = *byte == b'\r';
        }
        self.line
    }
}

/// Looks at all bytes of a file.
///
/// # Errors
/// `file_unreadable`.
pub fn told_by(path: &Path) -> Result<Told> {
    let mut source = open(path)?;
    let mut lines = Lines::new();
    // Of what was read, what is not looked at yet: at most the beginning of a character.
    let mut waiting: Vec<u8> = Vec::with_capacity(CHUNK_BYTES + 4);
    let mut chunk = vec![0; CHUNK_BYTES];
    let (mut is_first, mut wide, mut stray, mut stray_line) = (true, 0u64, 0u64, None);
    let (mut zeros, mut place) = ([0u64; 2], 0usize);
    loop {
        let count = source.read(&mut chunk).map_err(unreadable(path))?;
        let read = &chunk[..count];
        if is_first && let Some((encoding, _)) = Encoding::for_bom(read) {
            return Ok(Told { has_mark: true, ..Told::certain(encoding) });
        }
        is_first = false;
        for byte in read {
            zeros[place & 1] += u64::from(*byte == 0);
            place += 1;
        }
        waiting.extend_from_slice(read);
        let mut rest = waiting.as_slice();
        let left = loop {
            match std::str::from_utf8(rest) {
                Ok(text) => {
                    wide += wide_letters(text);
                    lines.pass(rest);
                    break &rest[rest.len()..];
                }
                Err(error) => {
                    let (good, behind) = rest.split_at(error.valid_up_to());
                    wide += std::str::from_utf8(good).map_or(0, wide_letters);
                    let line = lines.pass(good);
                    match error.error_len() {
                        None if count > 0 => break behind,
                        bad => {
                            stray += 1;
                            stray_line.get_or_insert(line);
                            rest = &behind[bad.unwrap_or(behind.len())..];
                        }
                    }
                }
            }
        };
        waiting = left.to_vec();
        if count == 0 {
            break;
        }
    }
    if zeros != [0; 2] {
        // Latin letters in UTF-16 are zeros in every second byte.
        let [even, odd] = zeros;
        let encoding = if odd > even { UTF_16LE } else { UTF_16BE };
        let is_likely =
            place.is_multiple_of(2) && odd.max(even) > 8 * odd.min(even) && 4 * odd.max(even) > place as u64;
        return Ok(Told { is_certain: false, is_text: is_likely, ..Told::certain(encoding) });
    }
    if stray == 0 {
        return Ok(Told { is_wide: wide > 0, ..Told::certain(UTF_8) });
    }
    let guess = detect(path)?;
    let mut candidates = vec![guess];
    for usual in [WINDOWS_1252, WINDOWS_1251] {
        if !candidates.contains(&usual) {
            candidates.push(usual);
        }
    }
    // Text in another encoding hardly ever holds letters of UTF-8.
    let stray_line = stray_line.filter(|_| wide >= stray);
    Ok(Told {
        encoding: guess,
        is_certain: false,
        candidates,
        is_text: true,
        has_mark: false,
        is_wide: wide > 0,
        stray_line,
    })
}

/// How many letters of more than one byte a text has.
fn wide_letters(text: &str) -> u64 {
    text.bytes().filter(|byte| *byte >= 0xc0).count() as u64
}

fn detect(path: &Path) -> Result<&'static Encoding> {
    let mut bytes = Vec::new();
    let source = open(path)?;
    source.take(DETECTED_BYTES_MAX as u64).read_to_end(&mut bytes).map_err(unreadable(path))?;
    let mut detector = EncodingDetector::new();
    detector.feed(&bytes, true);
    Ok(detector.guess(None, false))
}

impl Told {
    /// The encoding to read the file in: the one that was named, or the only one that it can be.
    ///
    /// # Errors
    /// `missing_field` where it has to be named, with the candidates; `bad_csv` where the file contradicts it.
    pub fn choose(&self, named: Option<&'static Encoding>, may_propose: bool) -> Result<&'static Encoding> {
        let candidates: Vec<String> = self.candidates.iter().map(|encoding| EncodingName::of(encoding).0).collect();
        let Some(named) = named else {
            if !self.is_text {
                return Err(bad("The file contains NUL bytes, so it is not a table of text; save it as CSV in UTF-8."));
            }
            if let Some(line) = self.stray_line {
                return Err(Fault::new(
                    Code::BadCsv,
                    format!("The file is UTF-8 but for a byte in line {line}; correct that, or name the encoding."),
                )
                .at("encoding")
                .with(json!({ "line": line, "candidates": candidates })));
            }
            if self.is_certain || may_propose {
                return Ok(self.encoding);
            }
            return Err(Fault::new(
                Code::MissingField,
                format!("The file does not tell its encoding; name it: {}, or another.", candidates.join(", ")),
            )
            .at("encoding")
            .with(json!({ "candidates": candidates })));
        };
        // A byte order mark, or letters of UTF-8 throughout, are no accident.
        let is_other = self.is_certain && named != self.encoding;
        if is_other && (self.has_mark || (self.is_wide && named.is_single_byte())) {
            let (is, named) = (EncodingName::of(self.encoding), EncodingName::of(named));
            return Err(Fault::new(Code::BadCsv, format!("The file is {is}, not {named}.")).at("encoding"));
        }
        Ok(named)
    }
}

/// Writes a file as UTF-8 without byte order marks: one further in stood at the beginning of a file that was put behind another, and
/// would make `\u{feff}17` another reference than `17`.
///
/// # Errors
/// `bad_csv` with the line where the file contradicts the encoding; `file_unreadable`; those of `unwritable`.
pub fn write_as_utf8(
    path: &Path,
    encoding: &'static Encoding,
    out: &mut File,
    unwritable: impl Fn(std::io::Error) -> Fault,
) -> Result<()> {
    let mut source = open(path)?;
    let mut out = BufWriter::new(out);
    let mut decoder = encoding.new_decoder_with_bom_removal();
    let mut bytes = vec![0; CHUNK_BYTES];
    let mut text = vec![0; CHUNK_BYTES * 3 + 16];
    let mut lines = Lines::new();
    loop {
        let count = source.read(&mut bytes).map_err(unreadable(path))?;
        let (result, _, written) = decoder.decode_to_utf8_without_replacement(&bytes[..count], &mut text, count == 0);
        let text = &text[..written];
        if let Some(place) = unlikely(text, encoding) {
            return Err(contradicts(encoding, lines.pass(&text[..place])));
        }
        let line = lines.pass(text);
        match result {
            DecoderResult::InputEmpty => {}
            // The buffer holds three bytes for each that comes in, so it is never full.
            DecoderResult::Malformed(..) | DecoderResult::OutputFull => return Err(contradicts(encoding, line)),
        }
        let mut rest = text;
        while let Some(place) = memmem::find(rest, MARK) {
            out.write_all(&rest[..place]).map_err(&unwritable)?;
            rest = &rest[place + MARK.len()..];
        }
        out.write_all(rest).map_err(&unwritable)?;
        if count == 0 {
            break;
        }
    }
    out.flush().map_err(unwritable)
}

/// Where a text holds what no table does: a NUL, or one of the controls U+0080 to U+009F, which in an encoding of one byte a
/// letter are the bytes that it gives no letter to.
fn unlikely(text: &[u8], encoding: &'static Encoding) -> Option<usize> {
    let zero = text.iter().position(|byte| *byte == 0);
    if !encoding.is_single_byte() {
        return zero;
    }
    let control = text.windows(2).position(|pair| pair[0] == 0xc2 && (0x80..=0x9f).contains(&pair[1]));
    zero.into_iter().chain(control).min()
}

fn contradicts(encoding: &'static Encoding, line: u64) -> Fault {
    let name = EncodingName::of(encoding);
    Fault::new(Code::BadCsv, format!("Line {line} of the file is not {name}; correct it, or name another encoding."))
        .at("encoding")
        .with(json!({ "line": line }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::unwritable;
    use encoding_rs::{BIG5, GBK, KOI8_R};

    fn with_file<T>(bytes: &[u8], look: impl FnOnce(&Path) -> T) -> T {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("table.csv");
        std::fs::write(&path, bytes).unwrap();
        look(&path)
    }

    fn told(bytes: &[u8]) -> Told {
        with_file(bytes, told_by).unwrap()
    }

    fn line_of(fault: &Fault) -> u64 {
        fault.details.as_ref().unwrap()["line"].as_u64().unwrap()
    }

    #[test]
    fn a_file_tells_its_encoding_by_a_mark_or_by_being_utf_8() {
        for (bytes, encoding) in [
            (&b"name\nAna\n"[..], UTF_8),
            ("name\n\u{c9}va\n".as_bytes(), UTF_8),
            ("\u{feff}name\n".as_bytes(), UTF_8),
            (b"\xff\xfen\0", UTF_16LE),
            (b"\xfe\xff\0n", UTF_16BE),
            (b"", UTF_8),
        ] {
            let told = told(bytes);
            assert_eq!((told.encoding, told.is_certain), (encoding, true), "{bytes:?}");
            assert_eq!(told.choose(None, false).unwrap(), encoding);
        }
    }

    #[test]
    fn what_it_does_not_tell_has_to_be_named() {
        let (cyrillic, ..) = WINDOWS_1251
            .encode("\u{418}\u{432}\u{430}\u{43d}\u{43e}\u{432};\u{41c}\u{43e}\u{441}\u{43a}\u{432}\u{430}\n");
        for bytes in [&b"Caf\xe9\n"[..], &cyrillic, b"n\0a\0m\0e\0"] {
            let told = told(bytes);
            let asked = told.choose(None, false).unwrap_err();
            assert_eq!((asked.code, asked.field.as_deref()), (Code::MissingField, Some("encoding")), "{bytes:?}");
            let named = asked.details.unwrap()["candidates"].as_array().unwrap().len();
            assert_eq!(named, told.candidates.len());
            assert_eq!(told.choose(None, true).unwrap(), told.encoding, "it is proposed");
        }
        assert_eq!(told(&cyrillic).encoding, WINDOWS_1251);
        assert!(told(b"Caf\xe9\n").candidates.contains(&WINDOWS_1252));
        let labelled = |label: &str| EncodingName(label.to_owned()).encoding().map_err(|fault| fault.code);
        assert_eq!((labelled("CP1251"), labelled("no such")), (Ok(WINDOWS_1251), Err(Code::UnknownChoice)));
        for name in NAMES {
            assert_eq!(EncodingName::of(labelled(name).unwrap()).to_string(), *name);
        }
    }

    #[test]
    fn what_contradicts_an_encoding_is_refused_with_its_line() {
        let stray =
            told("name\nZo\u{eb}\n".as_bytes().iter().chain(b"Caf\xe9\n").copied().collect::<Vec<_>>().as_slice());
        for may_propose in [false, true] {
            let fault = stray.choose(None, may_propose).unwrap_err();
            assert_eq!((fault.code, line_of(&fault)), (Code::BadCsv, 3));
        }
        assert_eq!(stray.choose(Some(WINDOWS_1252), false).unwrap(), WINDOWS_1252, "what is named is taken");
        let marked = told("\u{feff}name\n".as_bytes());
        assert_eq!(marked.choose(Some(WINDOWS_1252), false).unwrap_err().code, Code::BadCsv);
        let wide = told("\u{c9}va\n".as_bytes());
        assert_eq!(wide.choose(Some(WINDOWS_1252), false).unwrap_err().code, Code::BadCsv);
        assert_eq!(told(b"Ana\n").choose(Some(WINDOWS_1252), false).unwrap(), WINDOWS_1252, "ASCII is both");
        let as_utf8 = |bytes: &[u8], encoding| {
            with_file(bytes, |path| write_as_utf8(path, encoding, &mut tempfile::tempfile().unwrap(), unwritable(path)))
        };
        assert_eq!(line_of(&as_utf8(b"a\r\nb\rc\xff\n", UTF_8).unwrap_err()), 3);
        assert_eq!(line_of(&as_utf8(b"a\nb\x81\n", WINDOWS_1252).unwrap_err()), 2, "no letter in it");
        assert_eq!(line_of(&as_utf8(b"a\nb\0\n", KOI8_R).unwrap_err()), 2);
        assert_eq!(line_of(&as_utf8(b"a\n\xff\n", GBK).unwrap_err()), 2);
        assert!(as_utf8(b"\xa4\xa4\n", BIG5).is_ok());
    }
}
