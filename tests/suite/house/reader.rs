//! Rust as the tests of the house read it: its strings, paths, imports, calls and types, told apart by `proc-macro2`, inside
//! of macros too. Comments and unit tests are left out.

use proc_macro2::{Delimiter, Literal, Spacing, TokenStream, TokenTree};
use std::collections::BTreeSet;

/// Macros that put values into their first string.
const FORMATS: &[&str] = &[
    "format",
    "format_args",
    "write",
    "writeln",
    "print",
    "println",
    "eprint",
    "eprintln",
    "panic",
    "info",
    "warn",
    "error",
    "debug",
];

/// What was read of one file.
#[derive(Default)]
pub struct Code {
    pub strings: Vec<Text>,
    /// Each path as it is written, but for a group of imports, which is as many paths.
    pub paths: Vec<Named>,
    pub imports: Vec<Import>,
    /// What is called, as a function or a method, by its last name.
    pub calls: BTreeSet<String>,
    /// The types and traits that are made here.
    pub types: Vec<String>,
}

/// A string.
pub struct Text {
    pub text: String,
    /// Whether values are put in, or it is but a part: the first string of a macro that formats, any of one that joins.
    pub is_format: bool,
    /// Its lines in the file, from 1.
    pub first_line: usize,
    pub last_line: usize,
}

/// A path outside of imports.
pub struct Named {
    pub parts: Vec<String>,
    pub is_called: bool,
}

/// One name of a `use`; `*` is the name of everything.
pub struct Import {
    pub parts: Vec<String>,
    pub name: String,
    pub is_public: bool,
}

/// Reads a file.
pub fn read(text: &str) -> Code {
    let mut code = Code::default();
    code.walk(tokens_of(text), 0, Inside::Code);
    code
}

/// A file's tokens.
pub fn tokens_of(text: &str) -> TokenStream {
    text.parse().unwrap_or_else(|error| panic!("no Rust: {error}"))
}

#[derive(Clone, Copy, PartialEq)]
enum Inside {
    Code,
    Format,
    Join,
}

impl Code {
    /// Reads tokens that lie in so many modules within the file.
    fn walk(&mut self, tokens: TokenStream, depth: usize, inside: Inside) {
        let tokens: Vec<TokenTree> = tokens.into_iter().collect();
        let mut is_format = inside != Inside::Code;
        let mut at = 0;
        while at < tokens.len() {
            match &tokens[at] {
                TokenTree::Punct(mark) if mark.as_char() == '#' => at = self.attribute(&tokens, at, depth),
                TokenTree::Literal(literal) => {
                    if let Some(text) = string(literal) {
                        let (first_line, last_line) = (literal.span().start().line, literal.span().end().line);
                        self.strings.push(Text { text, is_format, first_line, last_line });
                        is_format = inside == Inside::Join;
                    }
                    at += 1;
                }
                TokenTree::Ident(_) => at = self.word(&tokens, at, depth),
                TokenTree::Group(group) => {
                    self.walk(group.stream(), depth, Inside::Code);
                    at += 1;
                }
                TokenTree::Punct(_) => at += 1,
            }
        }
    }

    /// Reads an attribute; where it says that something is for unit tests, what it says that of is left out.
    fn attribute(&mut self, tokens: &[TokenTree], at: usize, depth: usize) -> usize {
        let at = at + 1 + usize::from(is_mark(tokens.get(at + 1), '!'));
        let Some(TokenTree::Group(group)) = tokens.get(at) else { return at };
        let said = group.stream().to_string();
        if said.replace(' ', "") == "cfg(test)" {
            let rest = tokens[at + 1..].iter();
            return at + 2 + rest.take_while(|token| !is_brace(token) && !is_mark(Some(token), ';')).count();
        }
        if !said.starts_with("doc ") {
            self.walk(group.stream(), depth, Inside::Code);
        }
        at + 1
    }

    /// Reads what a word begins: an item, an import, a path, a call; answers the place after it.
    fn word(&mut self, tokens: &[TokenTree], at: usize, depth: usize) -> usize {
        let word = tokens[at].to_string();
        let name = match tokens.get(at + 1) {
            Some(TokenTree::Ident(name)) => Some(name.to_string()),
            _ => None,
        };
        match (word.as_str(), name, tokens.get(at + 2)) {
            ("use", ..) => return self.import(tokens, at, depth),
            ("mod", Some(_), Some(TokenTree::Group(group))) => {
                self.walk(group.stream(), depth + 1, Inside::Code);
                return at + 3;
            }
            ("struct" | "enum" | "trait" | "union" | "type", Some(name), _) => {
                self.types.push(name);
                return at + 2;
            }
            ("fn", Some(_), _) => return at + 2,
            _ => {}
        }
        let is_method = at > 0 && is_mark(tokens.get(at - 1), '.') && !(at > 1 && is_mark(tokens.get(at - 2), '.'));
        // Behind `<T as Trait>::` or `::`, where no path of ours begins.
        let goes_on = at > 1 && are_colons(tokens, at - 2);
        let mut parts = vec![word];
        let mut at = at + 1;
        while are_colons(tokens, at)
            && let Some(TokenTree::Ident(next)) = tokens.get(at + 2)
        {
            parts.push(next.to_string());
            at += 3;
        }
        let last = parts.last().cloned().unwrap_or_default();
        let is_called =
            matches!(tokens.get(at), Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis);
        if is_called {
            self.calls.insert(last.clone());
        }
        if !is_method && !goes_on {
            self.paths.push(Named { parts: below(parts, depth), is_called });
        }
        if is_mark(tokens.get(at), '!')
            && let Some(TokenTree::Group(group)) = tokens.get(at + 1)
        {
            let inside = match last.as_str() {
                "concat" => Inside::Join,
                last if FORMATS.contains(&last) => Inside::Format,
                _ => Inside::Code,
            };
            self.walk(group.stream(), depth, inside);
            return at + 2;
        }
        at
    }

    fn import(&mut self, tokens: &[TokenTree], at: usize, depth: usize) -> usize {
        let before = at.checked_sub(1).map(|before| &tokens[before]);
        let is_public = before.is_some_and(|before| {
            before.to_string() == "pub"
                || (matches!(before, TokenTree::Group(_)) && at > 1 && tokens[at - 2].to_string() == "pub")
        });
        let end = at + tokens[at..].iter().take_while(|token| !is_mark(Some(token), ';')).count();
        let mut found = Vec::new();
        tree(&tokens[at + 1..end], &[], &mut found);
        self.imports.extend(found.into_iter().map(|(parts, name)| Import {
            parts: below(parts, depth),
            name,
            is_public,
        }));
        end + 1
    }
}

/// The paths of an import and the names that they have here.
fn tree(tokens: &[TokenTree], before: &[String], found: &mut Vec<(Vec<String>, String)>) {
    for branch in tokens.split(|token| is_mark(Some(token), ',')).filter(|branch| !branch.is_empty()) {
        let mut parts = before.to_vec();
        let mut name = None;
        let mut rest = branch.iter();
        while let Some(token) = rest.next() {
            match token {
                TokenTree::Ident(word) if *word == "as" => name = rest.next().map(ToString::to_string),
                TokenTree::Ident(word) => parts.push(word.to_string()),
                TokenTree::Punct(mark) if mark.as_char() == '*' => parts.push("*".into()),
                TokenTree::Group(group) => {
                    tree(&group.stream().into_iter().collect::<Vec<_>>(), &parts, found);
                    parts.clear();
                }
                _ => {}
            }
        }
        if parts.len() > 1 && parts.last().is_some_and(|last| last == "self") {
            parts.pop();
        }
        if let Some(last) = parts.last() {
            let name = name.unwrap_or_else(|| last.clone());
            found.push((parts, name));
        }
    }
}

/// A path as it reads from the file itself, not from the module within it.
fn below(mut parts: Vec<String>, depth: usize) -> Vec<String> {
    let ups = parts.iter().take_while(|part| *part == "super").count().min(depth);
    if ups > 0 {
        parts.splice(..ups, ["self".to_owned()]);
        if parts.get(1).is_some_and(|part| part == "super") {
            parts.remove(0);
        }
    }
    parts
}

fn string(literal: &Literal) -> Option<String> {
    match syn::Lit::new(literal.clone()) {
        syn::Lit::Str(text) => Some(text.value()),
        syn::Lit::ByteStr(bytes) => Some(String::from_utf8_lossy(&bytes.value()).into_owned()),
        syn::Lit::CStr(text) => Some(text.value().to_string_lossy().into_owned()),
        _ => None,
    }
}

fn is_mark(token: Option<&TokenTree>, letter: char) -> bool {
    matches!(token, Some(TokenTree::Punct(mark)) if mark.as_char() == letter)
}

fn are_colons(tokens: &[TokenTree], at: usize) -> bool {
    let is_joint =
        matches!(&tokens[at.min(tokens.len())..], [TokenTree::Punct(mark), ..] if mark.spacing() == Spacing::Joint);
    is_joint && is_mark(tokens.get(at), ':') && is_mark(tokens.get(at + 1), ':')
}

fn is_brace(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// The tests of a file, by name, with what their bodies hold.
pub fn tests(tokens: TokenStream) -> Vec<(String, TokenStream)> {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut found = Vec::new();
    let mut is_test = false;
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
                is_test |= group.stream().to_string() == "test";
            }
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let name = at.checked_sub(2).map(|name| tokens[name].to_string()).unwrap_or_default();
                if is_test {
                    found.push((name, group.stream()));
                } else {
                    found.extend(tests(group.stream()));
                }
                is_test = false;
            }
            _ => {}
        }
    }
    found
}

/// What a test's body holds another thing to: the strings and words in what it asserts or matches, in what a loop that asserts
/// goes over, and in what it hands to a closure of its own that asserts.
pub fn asserted(body: &TokenStream) -> BTreeSet<String> {
    let tokens: Vec<TokenTree> = body.clone().into_iter().collect();
    let mut closures = BTreeSet::new();
    for statement in tokens.split(|token| is_mark(Some(token), ';')) {
        // After a loop or a block there is no semicolon.
        let begun =
            statement.iter().rposition(|token| token.to_string() == "let").map_or(statement, |at| &statement[at..]);
        if let [_, TokenTree::Ident(name), equals, bar, rest @ ..] = begun
            && is_mark(Some(equals), '=')
            && is_mark(Some(bar), '|')
            && asserts(&rest.iter().cloned().collect(), &is_assertion)
        {
            closures.insert(name.to_string());
        }
    }
    let mut found = BTreeSet::new();
    collect(body.clone(), &|word| is_assertion(word) || closures.contains(word), false, &mut found);
    found
}

fn is_assertion(word: &str) -> bool {
    word.starts_with("assert") || word == "matches"
}

fn collect(body: TokenStream, is_assertion: &dyn Fn(&str) -> bool, is_held: bool, found: &mut BTreeSet<String>) {
    let tokens: Vec<TokenTree> = body.into_iter().collect();
    let mut over = None;
    for (at, token) in tokens.iter().enumerate() {
        let before = |back: usize| at.checked_sub(back).map(|at| tokens[at].to_string()).unwrap_or_default();
        match token {
            TokenTree::Ident(word) => {
                if is_held {
                    found.insert(word.to_string());
                }
                if *word == "in" {
                    over = Some(at + 1);
                }
            }
            TokenTree::Literal(literal) if is_held => found.extend(string(literal)),
            TokenTree::Group(group) => {
                let called = if before(1) == "!" { before(2) } else { before(1) };
                let holds = group.delimiter() == Delimiter::Parenthesis && is_assertion(&called);
                collect(group.stream(), is_assertion, is_held || holds, found);
                if group.delimiter() == Delimiter::Brace
                    && let Some(from) = over.take()
                    && asserts(&group.stream(), is_assertion)
                {
                    collect(tokens[from..at].iter().cloned().collect(), is_assertion, true, found);
                }
            }
            _ => {}
        }
    }
}

/// Whether something is asserted there.
fn asserts(body: &TokenStream, is_assertion: &dyn Fn(&str) -> bool) -> bool {
    body.clone().into_iter().any(|token| match token {
        TokenTree::Ident(word) => is_assertion(&word.to_string()),
        TokenTree::Group(group) => asserts(&group.stream(), is_assertion),
        _ => false,
    })
}

#[test]
fn the_reader_of_sources_tells_code_from_strings() {
    let code = read(
        "//! \"doc\"\nfn f() { let a = \"x \\\"y\\\" \\\n   z\"; // \"no\"\nlet b = '\"'; f::<'static>(r#\"q\"q\"#, \
         format!(\"{a}\", \"value\"), write!(out, \"{b}\"), concat!(\"m\", \"n\"), b\"raw\", '\\'') }\n\
         #[serde(default = \"Id::fresh\")] struct S; #[cfg(test)] mod tests { const T: &str = \"left out\"; }",
    );
    let texts: Vec<(&str, bool)> = code.strings.iter().map(|it| (it.text.as_str(), it.is_format)).collect();
    let expected = [
        ("x \"y\" z", false),
        ("q\"q", false),
        ("{a}", true),
        ("value", false),
        ("{b}", true),
        ("m", true),
        ("n", true),
        ("raw", false),
        ("Id::fresh", false),
    ];
    assert_eq!(texts, expected);
    assert_eq!((code.strings[0].first_line, code.strings[0].last_line), (2, 3));
    assert_eq!(code.types, ["S"]);
}

#[test]
fn the_reader_of_sources_sees_every_path_and_call() {
    let code = read(
        "pub use a::{b::{self, c as d}, e::*}; use crate::k; mod inner { use super::x; fn g() { super::super::y() } }
         fn f(v: &p::Q) -> R { v.m().n; <T as U>::z(); vec![s::t(1); 2]; Vec::<w::W>::new() }",
    );
    let imports: Vec<(String, &str, bool)> =
        code.imports.iter().map(|it| (it.parts.join("::"), it.name.as_str(), it.is_public)).collect();
    let expected = [
        ("a::b", "b", true),
        ("a::b::c", "d", true),
        ("a::e::*", "*", true),
        ("crate::k", "k", false),
        ("self::x", "x", false),
    ];
    assert_eq!(imports, expected.map(|(parts, name, is_public)| (parts.to_owned(), name, is_public)));
    let paths: Vec<String> = code.paths.iter().filter(|it| it.parts.len() > 1).map(|it| it.parts.join("::")).collect();
    assert_eq!(paths, ["super::y", "p::Q", "s::t", "w::W"]);
    assert_eq!(code.calls.iter().map(String::as_str).collect::<Vec<_>>(), ["m", "new", "t", "y", "z"]);
}

#[test]
fn the_reader_of_tests_sees_what_they_assert() {
    let found = |body: &str| asserted(&tokens_of(body)).into_iter().filter(|word| word == "bad").count() == 1;
    assert!(found("assert_eq!(code(&refused), (\"bad\", 1));"));
    assert!(found("for (value, code) in [(1, \"bad\")] { assert_eq!(f(value), code); }"));
    assert!(found("let refuses = |code: &str| { assert_ends(code); }; refuses(\"bad\");"));
    assert!(found("if x { assert!(matches!(y, Code::bad)) }"));
    assert!(!found("let told = refused(\"bad\"); println!(\"bad\"); assert!(true);"));
    assert!(!found("for code in [\"bad\"] { ask(code); }"));
    let names = |text: &str| tests(tokens_of(text)).into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    assert_eq!(names("#[test] fn a() {} fn b() {} mod inner { #[test] #[x] fn c() { d() } }"), ["a", "c"]);
}
