//! Input and expansion side by side: `tests/golden/*.rs`, refreshed with `BLESS=1`.

use std::fs;
use std::path::{Path, PathBuf};

use super::support::{expand, pretty};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// A golden is the input, this line, and the expansion.
const BORDER: &str = "\n// ---- expands to ----\n\n";

pub(super) fn goldens() -> Vec<(PathBuf, String, String)> {
    let mut paths: Vec<_> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    paths.sort();
    assert!(paths.len() >= 11, "goldens are missing");
    paths
        .into_iter()
        .map(|path| {
            let text = fs::read_to_string(&path).unwrap();
            let (input, output) = text.split_once(BORDER).unwrap_or((&text, ""));
            (path, input.trim_end().to_owned(), output.to_owned())
        })
        .collect()
}

#[test]
fn expansions_are_as_recorded() {
    let mut stale = Vec::new();
    for (path, input, recorded) in goldens() {
        let output = expand(&input);
        let mut actual = String::new();
        for mistake in &output.mistakes {
            for line in mistake.to_string().lines() {
                actual += &format!("// error: {line}\n");
            }
        }
        actual += &pretty(&output.tokens);
        if actual == recorded {
            continue;
        }
        if std::env::var_os("BLESS").is_some() {
            fs::write(&path, format!("{input}\n{BORDER}{actual}")).unwrap();
        } else {
            stale.push(path);
        }
    }
    assert!(
        stale.is_empty(),
        "run the tests with BLESS=1 and read what changed in {stale:?}"
    );
}
