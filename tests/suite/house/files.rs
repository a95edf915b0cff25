//! Which file names which: a graph in which there must be no circle.

use super::reader::{Code, Import};
use std::collections::{BTreeMap, BTreeSet};

/// How many names are followed from file to file before it is given up: a name that leads to itself.
const HOPS_MAX: usize = 16;

/// The module that a file is.
pub fn module_of(path: &str) -> Vec<String> {
    let mut module: Vec<String> = path.trim_end_matches(".rs").split('/').map(ToOwned::to_owned).collect();
    if module.last().is_some_and(|last| last == "mod") || module == ["lib"] {
        module.pop();
    }
    module
}

/// A path that begins with `crate`, `self` or `super`, from the root on.
pub fn absolute(module: &[String], parts: &[String]) -> Option<Vec<String>> {
    let ups = parts.iter().take_while(|part| *part == "super").count();
    let (base, rest) = match parts.first()?.as_str() {
        "crate" => (&[][..], &parts[1..]),
        "self" => (module, &parts[1..]),
        "super" => (&module[..module.len().checked_sub(ups)?], &parts[ups..]),
        _ => return None,
    };
    Some([base, rest].concat())
}

/// Files by the modules that they are.
pub struct Files<'c>(BTreeMap<Vec<String>, (&'c str, &'c Code)>);

impl<'c> Files<'c> {
    pub fn of(files: impl Iterator<Item = (&'c str, &'c Code)>) -> Files<'c> {
        Files(files.map(|(path, code)| (module_of(path), (path, code))).collect())
    }

    /// Which files each one names. What a file only passes on (`pub use`) it does not name: whoever takes it from there
    /// names the file that it comes from.
    pub fn names(&self) -> BTreeMap<&'c str, BTreeSet<&'c str>> {
        let named_by = |(module, (path, code)): (&Vec<String>, &(&'c str, &'c Code))| {
            let imports = code.imports.iter().filter(|import| !import.is_public).map(|import| &import.parts);
            let paths = code.paths.iter().filter(|path| {
                // A word alone may be a variable or a field of that name.
                let is_named = path.is_called || path.parts[0].starts_with(char::is_uppercase);
                path.parts.len() > 1 || (is_named && imported(code, &path.parts[0]).is_some_and(|it| it.is_public))
            });
            let all = imports.chain(paths.map(|path| &path.parts));
            let named = all.filter_map(|parts| self.file_of(module, parts, HOPS_MAX)).filter(|named| named != path);
            (*path, named.collect())
        };
        self.0.iter().map(named_by).collect()
    }

    /// The file that a path of a module leads to, through what other files pass on.
    fn file_of(&self, module: &[String], parts: &[String], hops: usize) -> Option<&'c str> {
        let hops = hops.checked_sub(1)?;
        let way = match absolute(module, parts) {
            Some(way) => way,
            None => {
                let (first, rest) = parts.split_first()?;
                let (_, code) = self.0.get(module)?;
                if let Some(import) = imported(code, first).filter(|import| import.parts[0] != *first) {
                    return self.file_of(module, &[&import.parts, rest].concat(), hops);
                }
                let child = [module, std::slice::from_ref(first)].concat();
                if !self.0.contains_key(&child) {
                    return None;
                }
                [&child, rest].concat()
            }
        };
        let mut at = Vec::new();
        for (place, part) in way.iter().enumerate() {
            at.push(part.clone());
            if self.0.contains_key(&at) {
                continue;
            }
            at.pop();
            // Not a file: something in it, or something that it passes on.
            let (path, code) = self.0.get(&at)?;
            let passed_on = imported(code, part).filter(|import| at != *module || import.is_public);
            let further = passed_on.and_then(|it| self.file_of(&at, &[&it.parts, &way[place + 1..]].concat(), hops));
            return Some(further.unwrap_or(path));
        }
        self.0.get(&at).map(|(path, _)| *path)
    }
}

fn imported<'c>(code: &'c Code, name: &str) -> Option<&'c Import> {
    code.imports.iter().find(|import| import.name == name)
}

/// Files from which names lead back to them, each with the files of such that it names.
pub fn circles<'c>(names: &BTreeMap<&'c str, BTreeSet<&'c str>>) -> BTreeMap<&'c str, BTreeSet<&'c str>> {
    let reached = |from: &'c str| {
        let (mut reached, mut open) = (BTreeSet::new(), vec![from]);
        while let Some(file) = open.pop() {
            open.extend(names.get(file).into_iter().flatten().copied().filter(|named| reached.insert(*named)));
        }
        reached
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> = names.keys().map(|file| (*file, reached(file))).collect();
    let both = |one: &str, other: &str| reached[one].contains(other) && reached[other].contains(one);
    let within = |file: &'c str| names[file].iter().copied().filter(|named| both(file, named)).collect();
    names.keys().filter(|file| both(file, file)).map(|file| (*file, within(file))).collect()
}

#[test]
fn a_circle_of_files_is_seen_however_they_name_each_other() {
    let found = |files: &[(&str, &str)]| {
        let read: Vec<(&str, Code)> = files.iter().map(|(path, text)| (*path, super::read(text))).collect();
        let files = Files::of(read.iter().map(|(path, code)| (*path, code)));
        circles(&files.names()).keys().copied().collect::<Vec<_>>().join(" ")
    };
    let passing_on = "pub mod a; mod b; pub use a::One; pub(super) use b::two as second;";
    let with = |a: &str, b: &str| found(&[("room/mod.rs", passing_on), ("room/a.rs", a), ("room/b.rs", b)]);
    let circle = "room/a.rs room/b.rs";
    assert_eq!(with("use super::b::two; struct One;", "use super::a::One; fn two() {}"), circle);
    assert_eq!(with("use super::second; struct One;", "use super::One; fn two() {}"), circle, "as they are passed on");
    assert_eq!(with("use crate::room::{b}; fn f() { b::two() }", "fn two() -> crate::room::One {}"), circle);
    assert_eq!(
        with("fn f() { vec![super::second()] }", "mod inner { use super::super::a::One; }"),
        circle,
        "deep inside"
    );
    assert_eq!(with("use super::b::two;", "/// Of [`super::a`].\nfn two() { \"super::a\" }"), "");
    assert_eq!(with("use super::b::two;", "#[cfg(test)] mod tests { use super::super::a::One; }"), "");
    // A file and the one that passes its names on, where that one does something itself.
    let mods = |room: &str, child: &str| found(&[("room/mod.rs", room), ("room/child.rs", child)]);
    assert_eq!(mods("pub use child::Child; pub fn f() {}", "use super::f; struct Child;"), "");
    let circle = "room/child.rs room/mod.rs";
    assert_eq!(mods("pub use child::Child; pub fn f() -> Child {}", "use super::f; struct Child;"), circle);
    assert_eq!(mods("mod child; pub fn f() { child::g() }", "fn g() { super::f() }"), circle);
}
