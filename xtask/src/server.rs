//! A database server for the tests: one that is named, one that answers, or one of our own.

use std::fs::{self, File};
use std::io;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::{client, probe};

const START_LIMIT: Duration = Duration::from_secs(90);
const STOP_LIMIT: Duration = Duration::from_secs(30);

/// What differs between the servers.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// Names the server; the tests read it too.
    pub(crate) variable: &'static str,
    scheme: &'static str,
    port: u16,
    /// Who gets in without a password, and to which database.
    user: &'static str,
    database: &'static str,
    /// The system users that a server may run as when we are root, which it must not.
    system_users: &'static [&'static str],
    probe: fn(SocketAddr) -> io::Result<String>,
    start: fn(&Home, u16) -> Result<Child, String>,
}

pub(crate) const POSTGRES: Kind = Kind {
    name: "PostgreSQL",
    variable: "AUDIT_TEST_POSTGRES_URL",
    scheme: "postgres",
    port: 5432,
    user: "postgres",
    database: "postgres",
    system_users: &["postgres", "nobody"],
    probe: probe::postgres,
    start: start_postgres,
};

pub(crate) const MYSQL: Kind = Kind {
    name: "MySQL/MariaDB",
    variable: "AUDIT_TEST_MYSQL_URL",
    scheme: "mysql",
    port: 3306,
    user: "root",
    database: "mysql",
    system_users: &["mysql", "nobody"],
    probe: probe::mysql,
    start: start_mariadb,
};

/// A server that answers. One that we started is stopped when this is dropped.
pub(crate) struct Server {
    pub(crate) url: String,
    /// Which server, for the report.
    pub(crate) about: String,
    _running: Option<Running>,
}

/// The named server, else the usual one on this machine, else one that is started here. The error
/// says what was tried.
pub(crate) fn find(kind: &Kind) -> Result<Server, String> {
    if let Ok(url) = std::env::var(kind.variable) {
        return match answers(&url, kind.port) {
            Ok(about) => Ok(Server {
                about: format!("server at {about}"),
                url,
                _running: None,
            }),
            Err(error) => Err(format!("no server: {} is set, but {error}", kind.variable)),
        };
    }
    let address = local(kind.port);
    let refusal = match (kind.probe)(address) {
        Ok(version) => {
            return Ok(Server {
                url: kind.url(kind.port),
                about: format!("server {version} at {address}"),
                _running: None,
            });
        }
        Err(error) => error,
    };
    start(kind).map_err(|error| format!("no server: {address}: {refusal}; {error}"))
}

impl Kind {
    fn url(&self, port: u16) -> String {
        format!(
            "{}://{}@127.0.0.1:{port}/{}",
            self.scheme, self.user, self.database
        )
    }
}

fn local(port: u16) -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, port))
}

/// The host and port of a URL, if something listens there. A URL without a host is taken at its
/// word, and user and password are never shown.
fn answers(url: &str, default_port: u16) -> Result<String, String> {
    let Some(place) = place(url) else {
        return Ok("the URL's default place".to_owned());
    };
    let with_port = if place
        .rsplit(']')
        .next()
        .is_some_and(|rest| rest.contains(':'))
    {
        place.to_owned()
    } else {
        format!("{place}:{default_port}")
    };
    let mut addresses = with_port
        .to_socket_addrs()
        .map_err(|error| format!("{with_port}: {error}"))?;
    let address = addresses
        .next()
        .ok_or_else(|| format!("{with_port} has no address"))?;
    probe::connect(address)
        .map(drop)
        .map_err(|error| format!("{with_port}: {error}"))?;
    Ok(with_port)
}

/// `host[:port]` of a URL, if it has one.
fn place(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let authority = &rest[..end];
    let place = authority
        .rsplit_once('@')
        .map_or(authority, |(_, place)| place);
    (!place.is_empty()).then_some(place)
}

/// A server of ours: stopped, and its files removed, when dropped.
struct Running {
    child: Child,
    home: Home,
}

/// Keeps a server as long as its input is open, and so not a moment longer than we live: a Ctrl-C
/// or a kill that leaves us no time closes it too. Called with the directory to remove, the signal
/// that stops the server, and the server's command line.
const KEEPER: &str = r#"
dir=$1 signal=$2
shift 2
exec 3<&0
"$@" </dev/null 3<&- &
server=$!
(
    cat <&3 >/dev/null
    [ -e "$dir/gone" ] || kill -s "$signal" "$server"
    while kill -0 "$server" 2>/dev/null; do sleep 0.1; done
    rm -rf "$dir"
) &
wait "$server"
status=$?
: >"$dir/gone"
exit "$status"
"#;

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let deadline = Instant::now() + STOP_LIMIT;
        while matches!(self.child.try_wait(), Ok(None)) {
            if Instant::now() > deadline {
                eprintln!("the server in {} does not stop", self.home.dir.display());
                return;
            }
            sleep(Duration::from_millis(50));
        }
    }
}

/// The directory of a server of ours, and who it runs as. Removed when dropped.
struct Home {
    dir: PathBuf,
    /// User and group, when we are root.
    run_as: Option<(u32, u32)>,
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn start(kind: &Kind) -> Result<Server, String> {
    let home = Home::new(kind)?;
    let port = free_port().map_err(|error| format!("no free port: {error}"))?;
    let child = (kind.start)(&home, port)?;
    let mut running = Running { child, home };
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let refusal = match (kind.probe)(local(port)) {
            Ok(version) => {
                return Ok(Server {
                    url: kind.url(port),
                    about: format!("server {version}, started here for the tests"),
                    _running: Some(running),
                });
            }
            Err(error) => error,
        };
        if let Ok(Some(status)) = running.child.try_wait() {
            return Err(format!(
                "one started here ended with {status}: {}",
                running.home.said()
            ));
        }
        if Instant::now() > deadline {
            let said = running.home.said();
            return Err(format!(
                "one started here does not answer: {refusal}: {said}"
            ));
        }
        sleep(Duration::from_millis(100));
    }
}

fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind(local(0))?.local_addr()?.port())
}

impl Home {
    fn new(kind: &Kind) -> Result<Self, String> {
        let dir =
            std::env::temp_dir().join(format!("audit-xtask-{}-{}", std::process::id(), kind.port));
        let failed = |error: io::Error| format!("cannot prepare {}: {error}", dir.display());
        fs::create_dir_all(&dir).map_err(failed)?;
        let mut home = Self {
            dir: dir.clone(),
            run_as: None,
        };
        home.run_as = give_away(&dir, kind.system_users).map_err(failed)?;
        Ok(home)
    }

    /// A command that runs here, as the user whom this directory belongs to, and says what it has to
    /// say to the log.
    fn command(&self, program: &Path) -> Result<Command, String> {
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.map_err(|error| format!("cannot write {}: {error}", self.log().display()))?;
        let error = log.try_clone().map_err(|error| error.to_string())?;
        let mut command = Command::new(program);
        command
            .current_dir(&self.dir)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(error);
        run_as(&mut command, self.run_as);
        Ok(command)
    }

    /// Runs a command to its end.
    fn prepare(&self, program: &Path, args: &[&str]) -> Result<(), String> {
        match self.command(program)?.args(args).status() {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!(
                "{} ended with {status}: {}",
                program.display(),
                self.said()
            )),
            Err(error) => Err(format!("{} does not run: {error}", program.display())),
        }
    }

    /// Starts a server under its keeper; see [`KEEPER`].
    fn spawn(&self, program: &Path, signal: &str, args: &[String]) -> Result<Child, String> {
        let mut keeper = self.command(Path::new("sh"))?;
        keeper
            .args(["-c", KEEPER, "keeper"])
            .arg(&self.dir)
            .arg(signal)
            .arg(program)
            .args(args);
        let child = keeper.stdin(Stdio::piped()).spawn();
        child.map_err(|error| format!("{} does not run: {error}", program.display()))
    }

    fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn path(&self, name: &str) -> String {
        self.dir.join(name).to_string_lossy().into_owned()
    }

    /// The end of the log, on one line.
    fn said(&self) -> String {
        let log = fs::read(self.log()).unwrap_or_default();
        let log = String::from_utf8_lossy(&log);
        let lines: Vec<_> = log
            .lines()
            .map(str::trim)
            .filter(|line| !line.is_empty())
            .collect();
        let last = lines
            .get(lines.len().saturating_sub(3)..)
            .unwrap_or_default();
        if last.is_empty() {
            "it said nothing".to_owned()
        } else {
            last.join(" / ")
        }
    }
}

/// When we are root, gives `dir` to the first of these users that exists.
#[cfg(unix)]
fn give_away(dir: &Path, users: &[&str]) -> io::Result<Option<(u32, u32)>> {
    use std::os::unix::fs::{MetadataExt, chown};
    if fs::metadata(dir)?.uid() != 0 {
        return Ok(None);
    }
    let passwd = fs::read_to_string("/etc/passwd")?;
    let Some((uid, gid)) = users.iter().find_map(|user| ids(&passwd, user)) else {
        return Err(io::Error::other(format!(
            "servers refuse to run as root, and none of {users:?} is a user"
        )));
    };
    chown(dir, Some(uid), Some(gid))?;
    Ok(Some((uid, gid)))
}

#[cfg(not(unix))]
fn give_away(_: &Path, _: &[&str]) -> io::Result<Option<(u32, u32)>> {
    Ok(None)
}

#[cfg(unix)]
fn run_as(command: &mut Command, user: Option<(u32, u32)>) {
    use std::os::unix::process::CommandExt;
    // Not in the terminal's group: a Ctrl-C is for us.
    command.process_group(0);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
}

#[cfg(not(unix))]
fn run_as(_: &mut Command, _: Option<(u32, u32)>) {}

/// User and group of a user in the text of `/etc/passwd`.
fn ids(passwd: &str, user: &str) -> Option<(u32, u32)> {
    let mut fields = passwd
        .lines()
        .find_map(|line| line.strip_prefix(user)?.strip_prefix(':'))?
        .split(':');
    let uid = fields.nth(1)?.parse().ok()?;
    Some((uid, fields.next()?.parse().ok()?))
}

fn start_postgres(home: &Home, port: u16) -> Result<Child, String> {
    let bin = client::output("pg_config", &["--bindir"]).map(PathBuf::from);
    let places = bin
        .into_iter()
        .chain(versions("/usr/lib/postgresql", "bin"));
    let initdb = program(&["initdb"], places)?;
    // The two must be of one version: take the server that lies beside it.
    let initdb = initdb.canonicalize().unwrap_or(initdb);
    let data = home.path("data");
    home.prepare(
        &initdb,
        &[
            "-D",
            &data,
            "-U",
            "postgres",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--locale=C",
            "--no-sync",
        ],
    )?;
    let mut args: Vec<String> = ["-D", &data, "-k", &home.path(""), "-h", "127.0.0.1", "-p"]
        .map(str::to_owned)
        .into();
    args.push(port.to_string());
    // Nothing here has to survive a power cut.
    args.extend(["-c", "fsync=off", "-c", "full_page_writes=off"].map(str::to_owned));
    // SIGTERM would wait for the last client to go.
    home.spawn(&initdb.with_file_name("postgres"), "INT", &args)
}

fn start_mariadb(home: &Home, port: u16) -> Result<Child, String> {
    let install = program(&["mariadb-install-db", "mysql_install_db"], [])?;
    let server = program(&["mariadbd", "mysqld"], [])?;
    let data = format!("--datadir={}", home.path("data"));
    home.prepare(
        &install,
        &[
            "--no-defaults",
            &data,
            "--auth-root-authentication-method=normal",
            "--skip-test-db",
        ],
    )?;
    let args = [
        "--no-defaults".to_owned(),
        data,
        format!("--port={port}"),
        "--bind-address=127.0.0.1".to_owned(),
        format!("--socket={}", home.path("socket")),
        format!("--pid-file={}", home.path("pid")),
        "--skip-log-bin".to_owned(),
        "--innodb-flush-log-at-trx-commit=0".to_owned(),
    ];
    home.spawn(&server, "TERM", &args)
}

/// The first program of these names on the path, in `places`, or where servers are kept.
fn program(names: &[&str], places: impl IntoIterator<Item = PathBuf>) -> Result<PathBuf, String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let dirs: Vec<PathBuf> = std::env::split_paths(&path)
        .chain(places)
        .chain(["/usr/sbin", "/usr/local/sbin", "/usr/libexec"].map(PathBuf::from))
        .collect();
    names
        .iter()
        .flat_map(|name| dirs.iter().map(move |dir| dir.join(name)))
        .find(|candidate| candidate.is_file())
        .ok_or_else(|| {
            format!(
                "none can be started: `{}` is not installed",
                names.join("` or `")
            )
        })
}

/// `root/<version>/below` for every version there, the newest first.
fn versions(root: &str, below: &str) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = fs::read_dir(root)
        .into_iter()
        .flatten()
        .filter_map(|entry| {
            let entry = entry.ok()?;
            let version = entry.file_name().to_str()?.parse().ok()?;
            Some((version, entry.path().join(below)))
        })
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_place_is_shown_without_user_and_password() {
        assert_eq!(
            place("mysql://root:p@ss@db.example:33/x?a=b"),
            Some("db.example:33")
        );
        assert_eq!(place("postgres://localhost?x=/y@z"), Some("localhost"));
        assert_eq!(place("postgres:///x"), None);
        assert_eq!(place("host=/run user=x"), None);
    }

    #[test]
    fn a_named_server_that_is_silent_is_an_error_without_secrets() {
        let port = free_port().unwrap();
        let error = answers(&format!("mysql://root:hunter2@127.0.0.1:{port}/x"), 1).unwrap_err();
        assert!(
            error.contains(&port.to_string()) && !error.contains("hunter2"),
            "{error}"
        );
    }

    #[test]
    fn users_are_found_by_their_whole_name() {
        let passwd =
            "root:x:0:0::/root:/bin/sh\nmysqlx:x:1:2:::\nmysql:x:107:110:,,:/:/bin/false\n";
        assert_eq!(ids(passwd, "mysql"), Some((107, 110)));
        assert_eq!(ids(passwd, "postgres"), None);
    }
}
