//! Whether a client library is there to link: asked the way that its `-sys` crate will ask.

use std::process::{Command, Stdio};

/// Where libpq was found, or what is missing.
///
/// `pg_config` may come without the library, and the library without `pg_config`, so the linker has
/// the last word.
pub(crate) fn libpq() -> Result<String, String> {
    let dir = std::env::var("PQ_LIB_DIR")
        .ok()
        .or_else(|| output("pg_config", &["--libdir"]));
    let mut link = Command::new("cc");
    link.args(["-x", "c", "-o", "/dev/null", "-"]);
    if let Some(dir) = &dir {
        link.arg(format!("-L{dir}"));
    }
    link.arg("-lpq")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = link
        .spawn()
        .map_err(|error| format!("no C compiler: `cc` {error}"))?;
    if let Some(mut source) = child.stdin.take() {
        // A compiler that gives up early is judged by its exit status.
        let _ = std::io::Write::write_all(&mut source, b"int main(void) { return 0; }");
    }
    if child.wait().is_ok_and(|status| status.success()) {
        Ok(dir.unwrap_or_else(|| "where the linker looks".to_owned()))
    } else {
        Err("no client library: libpq does not link (Debian: apt install libpq-dev)".to_owned())
    }
}

/// Where libmariadb or libmysqlclient was found, or what is missing.
pub(crate) fn libmysql() -> Result<String, String> {
    for name in ["mysqlclient", "libmariadb"] {
        if let Some(version) = output("pkg-config", &["--modversion", name]) {
            return Ok(format!("{name} {version}"));
        }
    }
    if let Ok(dir) = std::env::var("MYSQLCLIENT_LIB_DIR") {
        return if std::env::var_os("MYSQLCLIENT_VERSION").is_some() {
            Ok(dir)
        } else {
            Err("MYSQLCLIENT_LIB_DIR is set, but MYSQLCLIENT_VERSION is not".to_owned())
        };
    }
    if let Some(version) = output("mysql_config", &["--version"]) {
        return Ok(format!("mysql_config {version}"));
    }
    Err(
        "no client library: neither `pkg-config` nor `mysql_config` knows one (Debian: apt \
         install libmariadb-dev pkg-config), MYSQLCLIENT_LIB_DIR not set"
            .to_owned(),
    )
}

/// The first line that a command prints, if it is there and content.
pub(crate) fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    if !output.status.success() {
        return None;
    }
    let text = String::from_utf8(output.stdout).ok()?;
    text.lines()
        .next()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
}
