//! From JSON to values: the envelope and the input, and what is wrong with them, named by code and field.

use crate::kernel::{BookId, Code, Fault, PersonId, RequestId, Result, shown};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};
use serde_json::Value;

/// How long an envelope may be, in bytes.
pub const ENVELOPE_BYTES_MAX: usize = 1 << 20;

/// What a face sends: which command, for whom, and its input.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// Given back with the answer, where answers come in any order: the pipe takes it from the line as it was written.
    #[serde(default)]
    pub id: Option<IgnoredAny>,
    /// The command's name.
    pub command: String,
    /// The book; the one chosen last when it isn't given.
    #[serde(default)]
    pub book: Option<BookId>,
    /// Who acts; the person chosen on this device when it isn't given.
    #[serde(default)]
    pub person: Option<PersonId>,
    /// The request: the same one again is answered again and done once. Made here when it isn't given.
    #[serde(default)]
    pub request_id: Option<RequestId>,
    /// Whether the machine's clock is right, for a person who was told `clock_doubtful`.
    #[serde(default)]
    pub clock_confirmed: bool,
    /// The command's input; `{}` when it isn't given.
    #[serde(default = "nothing")]
    pub input: Value,
}

fn nothing() -> Value {
    Value::Object(serde_json::Map::new())
}

impl Envelope {
    /// Parses an envelope.
    ///
    /// # Errors
    /// `malformed`, `too_long`, and those of [`decode`].
    pub fn parse(text: &str) -> Result<Envelope> {
        if text.len() > ENVELOPE_BYTES_MAX {
            return Err(Fault::new(Code::TooLong, format!("A call has {ENVELOPE_BYTES_MAX} bytes at most.")));
        }
        decode(read_json(text)?)
    }

    /// Another command with its input, for the same book and person, as a request of its own.
    #[must_use]
    pub fn with(&self, command: &str, input: Value) -> Envelope {
        let Envelope { book, person, clock_confirmed, .. } = *self;
        Envelope { book, person, clock_confirmed, ..Envelope::of(command, input) }
    }

    /// An envelope with a command and its input alone.
    pub fn of(command: &str, input: Value) -> Envelope {
        let command = command.to_owned();
        Envelope { id: None, command, book: None, person: None, request_id: None, clock_confirmed: false, input }
    }
}

/// The text without the byte order mark that some editors and shells begin every text with.
pub fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// Reads text as JSON, with a byte order mark or without one.
///
/// # Errors
/// `malformed`.
pub fn read_json(text: &str) -> Result<Value> {
    serde_json::from_str(without_mark(text))
        .map_err(|cause| Fault::new(Code::Malformed, format!("This is not JSON: {cause}.")))
}

/// Reads a value of JSON as what a command takes.
///
/// # Errors
/// `unknown_field`, `missing_field`, `wrong_type`, `unknown_choice`, `out_of_range`, and what the values themselves
/// refuse; with the field.
pub fn decode<T: DeserializeOwned>(value: Value) -> Result<T> {
    if !value.is_object() {
        return Err(Fault::new(Code::WrongType, "The input must be a JSON object."));
    }
    serde_path_to_error::deserialize(value).map_err(|error| {
        let path = error.path().to_string();
        classify(&error.into_inner().to_string(), path.trim_start_matches('.'))
    })
}

/// serde tells what is wrong by text alone; these are the beginnings of its sentences, which a test holds.
fn classify(said: &str, path: &str) -> Fault {
    let at = |fault: Fault| if path.is_empty() { fault } else { fault.at(path) };
    if let Some(fault) = Fault::from_serde(said) {
        return at(fault);
    }
    let quoted = said.split('`').nth(1).unwrap_or_default();
    let inside = |field: &str| {
        let parent = path.strip_suffix(field).unwrap_or(path).trim_end_matches('.');
        if parent.is_empty() { field.to_owned() } else { format!("{parent}.{field}") }
    };
    if said.starts_with("missing field") {
        return Fault::new(Code::MissingField, format!("“{quoted}” must be given.")).at(&inside(quoted));
    }
    if said.starts_with("unknown field") {
        return Fault::new(Code::UnknownField, format!("“{}” is not a field of this command.", shown(quoted)))
            .at(&inside(quoted));
    }
    if said.starts_with("unknown variant") {
        let choices = said.split("expected ").nth(1).unwrap_or_default().replace('`', "");
        return at(Fault::new(
            Code::UnknownChoice,
            format!("“{}” is not one of the choices here: {choices}.", shown(quoted)),
        ));
    }
    if said.starts_with("invalid value") || said.starts_with("invalid length") {
        return at(Fault::new(Code::OutOfRange, "The number is outside its bounds."));
    }
    at(Fault::new(Code::WrongType, wrong_type(said)).because(said.to_owned()))
}

/// Says which type is wanted: serde calls the types as Rust does.
fn wrong_type(said: &str) -> String {
    let (given, wanted) = said.split_once("expected ").unwrap_or((said, ""));
    let wanted = match wanted.split([' ', ',']).next().unwrap_or_default() {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" | "isize" => "a whole number",
        "a" if wanted.starts_with("a boolean") => "true or false",
        "a" if wanted.starts_with("a sequence") => "a list",
        "a" if wanted.starts_with("a map") => "an object",
        "a" if wanted.contains("string") => "a text",
        "struct" | "map" | "internally" => "an object",
        "string" | "enum" | "variant" => "a text",
        "sequence" => "a list",
        "f32" | "f64" => "a number",
        "" => return "The value is of another type than is needed here.".into(),
        _ => wanted,
    };
    let given = given.trim_start_matches("invalid type: ");
    let given = match given.split([' ', ',']).next().unwrap_or_default() {
        "null" | "unit" | "Option" => "nothing (null)",
        "boolean" => "true or false",
        "integer" => "a whole number",
        "floating" => "a number with a fraction",
        "string" => "a text",
        "sequence" => "a list",
        "map" => "an object",
        _ => "something else",
    };
    format!("This must be {wanted}, and not {given}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::{Edit, Line, Money};
    use serde_json::json;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Choice {
        One,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Input {
        name: Line<5>,
        #[serde(default)]
        amount: Option<Money>,
        #[serde(default)]
        choice: Option<Choice>,
        #[serde(default)]
        list: Vec<Line<5>>,
        #[serde(default)]
        edit: Edit<Line<5>>,
    }

    #[test]
    fn what_is_wrong_is_named_by_code_and_field() {
        let refused = |value: Value| {
            let fault = decode::<Input>(value).unwrap_err();
            (fault.code, fault.field.unwrap_or_default())
        };
        assert_eq!(refused(json!({})), (Code::MissingField, "name".into()));
        assert_eq!(refused(json!({"name": 1})), (Code::WrongType, "name".into()));
        assert_eq!(refused(json!({"name": null})), (Code::WrongType, "name".into()));
        assert_eq!(refused(json!({"name": ""})), (Code::Empty, "name".into()));
        assert_eq!(refused(json!({"name": "abcdef"})), (Code::TooLong, "name".into()));
        assert_eq!(refused(json!({"name": "a", "x": 1})), (Code::UnknownField, "x".into()));
        assert_eq!(refused(json!({"name": "a", "amount": 1.5})), (Code::WrongType, "amount".into()));
        assert_eq!(refused(json!({"name": "a", "amount": 1u64 << 60})), (Code::OutOfRange, "amount".into()));
        assert_eq!(refused(json!({"name": "a", "amount": u64::MAX})), (Code::OutOfRange, "amount".into()));
        assert_eq!(refused(json!({"name": "a", "choice": "two"})), (Code::UnknownChoice, "choice".into()));
        assert_eq!(refused(json!({"name": "a", "list": ["b", ""]})), (Code::Empty, "list[1]".into()));
        assert_eq!(refused(json!({"name": "a", "edit": "\0"})), (Code::BadText, "edit".into()));
        assert_eq!(refused(json!([])), (Code::WrongType, String::new()));
        let said = |value: Value| decode::<Input>(value).unwrap_err().message;
        assert_eq!(said(json!({"name": 1})), "This must be a text, and not a whole number.");
        assert_eq!(
            said(json!({"name": "a", "amount": 1.0})),
            "This must be a whole number, and not a number with a fraction."
        );
        assert_eq!(said(json!({"name": "a", "list": "b"})), "This must be a list, and not a text.");
        assert_eq!(said(json!({"name": "a", "choice": 3})), "This must be a text, and not a whole number.");
        assert_eq!(said(json!({"name": null})), "This must be a text, and not nothing (null).");
        let read: Input = decode(json!({"name": "a", "edit": null})).unwrap();
        assert_eq!(read.edit, Edit::Clear);
        let _ = (read.name, read.amount, read.choice, read.list);
    }
}
