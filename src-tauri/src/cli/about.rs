//! What a person asks of a command before giving it: its fields, an example, what it is refused for.

use super::stop::{Stop, print};
use crate::commands::{Command, GENERAL, Kind, command, describe, table};
use crate::kernel::{Code, Result};
use serde_json::{Map, Value, json};

/// Lists the commands, one a line, or as JSON with their schemas.
pub(super) fn list(as_json: bool) -> std::result::Result<(), Stop> {
    if as_json {
        return print(&format!("{:#}\n", describe()));
    }
    let width = table().iter().map(|command| command.rules.name.len()).max().unwrap_or(0);
    let line =
        |command: &Command| format!("{:width$}  {:6}  {}\n", command.rules.name, kind_of(command), command.about);
    print(&table().iter().map(line).collect::<String>())
}

/// Shows one command.
pub(super) fn show(name: &str, as_json: bool) -> std::result::Result<(), Stop> {
    let command = command(name)?;
    if as_json {
        return print(&format!("{:#}\n", command.describe()));
    }
    print(&page(command)?)
}

fn kind_of(command: &Command) -> &'static str {
    match command.kind {
        Kind::Read => "reads",
        Kind::Write => "writes",
        Kind::Task => "task",
    }
}

fn page(command: &Command) -> Result<String> {
    let described = command.describe();
    let name = command.rules.name;
    let fields = Fields::of(&described);
    let mut page = format!("{name} ({})\n  {}\n", kind_of(command), command.about);
    page.push_str("\nFields:\n");
    if fields.properties.is_empty() {
        page.push_str("  none\n");
    }
    let width = fields.properties.keys().map(String::len).max().unwrap_or(0);
    // What must be given comes first.
    for needed in [true, false] {
        for (field, schema) in fields.properties.iter().filter(|(field, _)| fields.is_required(field) == needed) {
            let need = if needed { ", needed" } else { "" };
            let about = schema["description"].as_str().unwrap_or_default().replace('\n', " ");
            page.push_str(&format!("  {field:width$}  {}{need}. {about}\n", fields.type_of(schema)));
        }
    }
    page.push_str("\nExample:\n");
    let example = fields.example();
    match example.as_object().is_some_and(Map::is_empty) {
        true => page.push_str(&format!("  daybook call {name}\n")),
        false => page.push_str(&format!("  daybook call {name} '{example}'\n")),
    }
    page.push_str("\nRefused with:\n");
    let width = command.rules.errors.iter().chain(GENERAL).map(|code| code.name().len()).max().unwrap_or(0);
    let line = |code: &Code| format!("  {:width$}  {}\n", code.name(), code.about());
    page.extend(command.rules.errors.iter().map(line));
    let general: Vec<&str> = GENERAL.iter().map(|code| code.name()).collect();
    page.push_str(&format!("  as any command: {}\n", general.join(", ")));
    Ok(page)
}

/// A command's input, as its schema describes it.
struct Fields<'d> {
    definitions: &'d Value,
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl<'d> Fields<'d> {
    fn of(described: &'d Value) -> Fields<'d> {
        let definitions = &described["$defs"];
        let input = resolved(definitions, &described["input"]);
        let required = input["required"]
            .as_array()
            .map_or_else(Vec::new, |names| names.iter().filter_map(Value::as_str).map(str::to_owned).collect());
        Fields { definitions, properties: input["properties"].as_object().cloned().unwrap_or_default(), required }
    }

    fn is_required(&self, field: &str) -> bool {
        self.required.iter().any(|name| name == field)
    }

    /// The schema itself, behind a reference and beside null.
    fn plain<'s>(&self, schema: &'s Value) -> &'s Value
    where
        'd: 's,
    {
        let schema = resolved(self.definitions, schema);
        let choices = schema["anyOf"].as_array().or_else(|| schema["oneOf"].as_array());
        let given = choices.and_then(|choices| choices.iter().find(|choice| choice["type"] != "null"));
        match given {
            // Choices of words are told as choices.
            Some(choice) if choice["const"].is_null() => resolved(self.definitions, choice),
            _ => schema,
        }
    }

    fn words(&self, schema: &Value) -> Vec<String> {
        let schema = self.plain(schema);
        let constants = schema["oneOf"].as_array().into_iter().flatten().filter_map(|choice| choice["const"].as_str());
        let listed = schema["enum"].as_array().into_iter().flatten().filter_map(Value::as_str);
        constants.chain(listed).map(str::to_owned).collect()
    }

    /// What a field holds, in words.
    fn type_of(&self, schema: &Value) -> String {
        let words = self.words(schema);
        if !words.is_empty() {
            return words.join(" | ");
        }
        let schema = self.plain(schema);
        let kind = match &schema["type"] {
            Value::Array(kinds) => kinds.iter().find(|kind| *kind != "null").cloned().unwrap_or_default(),
            kind => kind.clone(),
        };
        let word = match (kind.as_str(), schema["format"].as_str()) {
            (_, Some("uuid")) => "id",
            (_, Some("date")) => "YYYY-MM-DD",
            (Some("integer"), _) => "whole number",
            (Some("number"), _) => "number",
            (Some("boolean"), _) => "true | false",
            (Some("array"), _) => "list",
            (Some("object"), _) => "object",
            (Some("string"), _) => "text",
            _ => "JSON",
        };
        word.to_owned()
    }

    /// An input with what must be given.
    fn example(&self) -> Value {
        let given = self.properties.iter().filter(|(field, _)| self.is_required(field));
        Value::Object(given.map(|(field, schema)| (field.clone(), self.example_of(schema))).collect())
    }

    fn example_of(&self, schema: &Value) -> Value {
        if schema["const"].is_string() {
            return schema["const"].clone();
        }
        match (self.words(schema).first(), self.type_of(schema).as_str()) {
            (Some(word), _) => json!(word),
            (None, "id") => json!("00000000-0000-0000-0000-000000000000"),
            (None, "YYYY-MM-DD") => json!("2026-11-23"),
            (None, "whole number" | "number") => json!(1),
            (None, "true | false") => json!(true),
            (None, "list") => json!([]),
            (None, "object") => {
                let schema = self.plain(schema);
                let names = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let given = names.map(|name| (name.to_owned(), self.example_of(&schema["properties"][name])));
                Value::Object(given.collect())
            }
            (None, _) => json!("…"),
        }
    }
}

fn resolved<'s>(definitions: &'s Value, schema: &'s Value) -> &'s Value {
    match schema["$ref"].as_str() {
        Some(name) => &definitions[name.trim_start_matches("#/$defs/")],
        None => schema,
    }
}
