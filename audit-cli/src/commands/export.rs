//! `audit export`.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use audit_diesel::LogQuery;
use serde_json::json;

use super::filters;
use crate::args::{Common, Export, Format};
use crate::database::{self, Database, on};
use crate::failure::{Failure, Result, Verdict, say};
use crate::output::spinner;

pub(crate) fn run(common: &Common, args: &Export) -> Result<Verdict> {
    let query = filters::query(&args.filters)?;
    if let Some(path) = &args.output
        && path.is_file()
        && !args.force
    {
        return Err(is_there(path));
    }
    let mut database = database::open(common)?;
    filters::refuse_unknown_table(&mut database, &args.filters)?;
    let bar = spinner("{spinner} {bytes} written, {elapsed}");
    let rows = match &args.output {
        // A device or a pipe is written to as it is.
        Some(path) if path.exists() && !path.is_file() => {
            if path.is_dir() {
                return Err(Failure::Usage(format!(
                    "`{}` is a directory",
                    path.display()
                )));
            }
            let file = OpenOptions::new().write(true).open(path)?;
            write(&mut database, &query, args.kind.csv, bar.wrap_write(file))?
        }
        Some(path) => {
            let partial = Partial::create(path)?;
            let rows = write(
                &mut database,
                &query,
                args.kind.csv,
                bar.wrap_write(&partial.file),
            )?;
            partial.finish(path, args.force)?;
            rows
        }
        None => write(
            &mut database,
            &query,
            args.kind.csv,
            bar.wrap_write(io::stdout().lock()),
        )?,
    };
    bar.finish_and_clear();
    match common.format {
        Format::Json => say(&json!({ "rows": rows }).to_string())?,
        _ => say(&format!("{rows} rows"))?,
    }
    Ok(Verdict::Fine)
}

fn write(database: &mut Database, query: &LogQuery, csv: bool, out: impl Write) -> Result<u64> {
    let mut out = BufWriter::new(out);
    let rows = on!(database, conn => {
        if csv { query.export_csv(conn, &mut out) } else { query.export_jsonl(conn, &mut out) }
    })?;
    out.flush()?;
    Ok(rows)
}

fn is_there(path: &Path) -> Failure {
    Failure::Usage(format!(
        "`{}` is there already: write to another name, or replace it with `--force`; nothing was written",
        path.display()
    ))
}

/// A file under another name until it is whole. It goes with the value unless it was finished.
struct Partial {
    file: File,
    path: Option<PathBuf>,
}

impl Partial {
    fn create(target: &Path) -> Result<Self> {
        let Some(name) = target.file_name() else {
            return Err(Failure::Usage(format!(
                "`{}` names no file",
                target.display()
            )));
        };
        let mut partial = std::ffi::OsString::from(".");
        partial.push(name);
        partial.push(format!(".{}.partial", std::process::id()));
        let path = target.with_file_name(partial);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path)?;
        Ok(Self {
            file,
            path: Some(path),
        })
    }

    fn finish(mut self, target: &Path, force: bool) -> Result<()> {
        // The name must not outlive a crash that the content does not.
        self.file.sync_all()?;
        let Some(path) = &self.path else {
            return Ok(());
        };
        // A link, unlike a rename, takes no other file's place: one may have come meanwhile.
        let linked = (!force).then(|| std::fs::hard_link(path, target));
        match linked {
            Some(Ok(())) => return Ok(()),
            Some(Err(error)) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(is_there(target));
            }
            Some(Err(_)) => without_link(path, target)?,
            None => std::fs::rename(path, target)?,
        }
        self.path = None;
        Ok(())
    }
}

/// Gives a file a name that nobody has where the file system knows no links: the name is taken first,
/// which one alone can do.
fn without_link(path: &Path, target: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).open(target) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(is_there(target)),
        taken => drop(taken?),
    }
    std::fs::rename(path, target).inspect_err(|_| {
        // The name is of no use without the content.
        let _ = std::fs::remove_file(target);
    })?;
    Ok(())
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_links_too_no_file_loses_its_place() {
        let name = format!("audit_test_export_{}", std::process::id());
        let target = std::env::temp_dir().join(name);
        let from = target.with_extension("partial");
        std::fs::write(&from, "new").unwrap();
        without_link(&from, &target).unwrap();
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        assert!(!from.exists());
        std::fs::write(&from, "newer").unwrap();
        assert!(matches!(
            without_link(&from, &target),
            Err(Failure::Usage(_))
        ));
        assert_eq!(std::fs::read(&target).unwrap(), b"new");
        std::fs::remove_file(&from).unwrap();
        std::fs::remove_file(&target).unwrap();
        // What cannot be moved leaves no empty file.
        assert!(without_link(&from, &target).is_err());
        assert!(!target.exists());
    }
}
