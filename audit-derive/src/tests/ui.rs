//! The compile-fail suite (`tests/ui` of the workspace) shows every attribute in a message, has
//! no orphans and no two files that show the same.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::symbol::SYMBOLS;

/// The suite, which is not part of the published crate.
fn suite() -> Option<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/ui");
    let mut files = Vec::new();
    for kind in fs::read_dir(folder).ok()? {
        let kind = kind.unwrap().path();
        if kind.is_dir() {
            files.extend(
                fs::read_dir(kind)
                    .unwrap()
                    .map(|entry| entry.unwrap().path()),
            );
        }
    }
    files.sort();
    Some(files)
}

/// The first lines of the errors, names and values left out.
fn shape(stderr: &str) -> Vec<String> {
    let errors = stderr.lines().filter(|line| line.starts_with("error"));
    let blank = |line: &str| {
        let odd_are_names = line.split('`').enumerate();
        odd_are_names
            .map(|(at, part)| if at % 2 == 0 { part } else { "_" })
            .collect()
    };
    let mut shapes: Vec<String> = errors.map(blank).collect();
    shapes.sort();
    shapes.dedup();
    shapes
}

#[test]
fn every_file_has_its_messages_and_only_its_own() {
    let Some(files) = suite() else { return };
    let mut seen: BTreeMap<Vec<String>, PathBuf> = BTreeMap::new();
    let sources = files
        .iter()
        .filter(|path| path.extension().is_some_and(|it| it == "rs"));
    assert!(sources.clone().count() >= 60);
    for source in sources {
        let stderr = source.with_extension("stderr");
        let text = fs::read_to_string(&stderr).unwrap_or_else(|_| panic!("{stderr:?} is missing"));
        if let Some(other) = seen.insert(shape(&text), source.clone()) {
            panic!("{source:?} shows what {other:?} shows");
        }
    }
    for path in files
        .iter()
        .filter(|path| path.extension().is_some_and(|it| it == "stderr"))
    {
        assert!(path.with_extension("rs").exists(), "{path:?} is an orphan");
    }
}

#[test]
fn every_attribute_is_in_a_message() {
    let Some(files) = suite() else { return };
    let stderr: String = files
        .iter()
        .filter(|path| path.extension().is_some_and(|it| it == "stderr"))
        .map(|path| fs::read_to_string(path).unwrap())
        .collect();
    for symbol in SYMBOLS {
        let form = format!("`#[audit({})]`", symbol.form);
        assert!(stderr.contains(&form), "no message shows {form}");
    }
}
