//! Asks a server who it is, over its own protocol.
//!
//! A few bytes by hand tell more than an open port does (whether a user gets in without a password)
//! and, unlike the client libraries, they are always there.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);

/// Servers send little here; more is not the protocol that we expect.
const LONGEST: usize = 64 * 1024;

/// The version of a PostgreSQL server that lets `postgres` in without a password.
pub(crate) fn postgres(address: SocketAddr) -> io::Result<String> {
    let mut stream = connect(address)?;
    let mut startup = 196_608_i32.to_be_bytes().to_vec();
    startup.extend(b"user\0postgres\0database\0postgres\0\0");
    let length = i32::try_from(startup.len() + 4).map_err(io::Error::other)?;
    stream.write_all(&length.to_be_bytes())?;
    stream.write_all(&startup)?;

    let mut version = "of unknown version".to_owned();
    loop {
        let (kind, body) = postgres_message(&mut stream)?;
        match kind {
            b'R' if body != [0; 4] => {
                return Err(io::Error::other("it asks `postgres` for a password"));
            }
            b'S' => {
                let mut parts = body.split(|&byte| byte == 0);
                if parts.next() == Some(b"server_version")
                    && let Some(value) = parts.next()
                {
                    let text = String::from_utf8_lossy(value);
                    version = text.split(' ').next().unwrap_or(&text).to_owned();
                }
            }
            b'E' => return Err(io::Error::other(postgres_error(&body))),
            b'Z' => {
                stream.write_all(b"X\0\0\0\x04")?;
                return Ok(version);
            }
            _ => {}
        }
    }
}

fn postgres_message(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 5];
    stream.read_exact(&mut head)?;
    let [kind, length @ ..] = head;
    let length = usize::try_from(i32::from_be_bytes(length)).unwrap_or(usize::MAX);
    Ok((kind, read_body(stream, length.saturating_sub(4))?))
}

/// The sentence of an error message: its field `M`.
fn postgres_error(body: &[u8]) -> String {
    body.split(|&byte| byte == 0)
        .find_map(|field| field.strip_prefix(b"M"))
        .map_or_else(
            || "it refuses".to_owned(),
            |m| String::from_utf8_lossy(m).into_owned(),
        )
}

/// The version of a MySQL or MariaDB server that lets `root` in without a password.
pub(crate) fn mysql(address: SocketAddr) -> io::Result<String> {
    let mut stream = connect(address)?;
    let (_, greeting) = mysql_packet(&mut stream)?;
    let version = match greeting.split_first() {
        Some((10, rest)) => {
            let end = rest
                .iter()
                .position(|&byte| byte == 0)
                .unwrap_or(rest.len());
            String::from_utf8_lossy(&rest[..end]).into_owned()
        }
        Some((0xff, _)) => return Err(io::Error::other(mysql_error(&greeting))),
        _ => return Err(io::Error::other("it does not speak the MySQL protocol")),
    };

    // Long password, protocol 4.1, secure connection, plugin authentication.
    let mut login = 0x0008_8201_u32.to_le_bytes().to_vec();
    login.extend(0x0100_0000_u32.to_le_bytes());
    login.push(45);
    login.extend([0; 23]);
    login.extend(b"root\0\0mysql_native_password\0");
    let mut sequence = 1;
    write_mysql(&mut stream, sequence, &login)?;
    loop {
        let (seen, answer) = mysql_packet(&mut stream)?;
        match answer.first() {
            Some(0) => break,
            // Another plugin, or the server's next question: an empty password is empty in all.
            Some(0xfe | 1) if sequence < 8 => {
                sequence = seen.wrapping_add(1);
                write_mysql(&mut stream, sequence, &[])?;
            }
            _ => return Err(io::Error::other(mysql_error(&answer))),
        }
    }
    write_mysql(&mut stream, 0, &[1])?;
    // MariaDB says so to old clients, which know no two-digit version.
    let version = version.strip_prefix("5.5.5-").unwrap_or(&version);
    Ok(version.split("-0+").next().unwrap_or(version).to_owned())
}

fn mysql_packet(stream: &mut TcpStream) -> io::Result<(u8, Vec<u8>)> {
    let mut head = [0; 4];
    stream.read_exact(&mut head)?;
    let [a, b, c, sequence] = head;
    let length = usize::from(a) | usize::from(b) << 8 | usize::from(c) << 16;
    Ok((sequence, read_body(stream, length)?))
}

fn write_mysql(stream: &mut TcpStream, sequence: u8, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len())
        .map_err(io::Error::other)?
        .to_le_bytes();
    let [a, b, c, _] = length;
    stream.write_all(&[a, b, c, sequence])?;
    stream.write_all(body)
}

/// 0xff, a code of two bytes, `#` and five characters of SQLSTATE (once logged in), a sentence.
fn mysql_error(packet: &[u8]) -> String {
    let text = packet.get(3..).unwrap_or_default();
    let text = if text.first() == Some(&b'#') {
        text.get(6..).unwrap_or_default()
    } else {
        text
    };
    if text.is_empty() {
        "it refuses".to_owned()
    } else {
        String::from_utf8_lossy(text).into()
    }
}

fn read_body(stream: &mut TcpStream, length: usize) -> io::Result<Vec<u8>> {
    if length > LONGEST {
        return Err(io::Error::other(
            "it does not speak the protocol expected there",
        ));
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(body)
}

pub(crate) fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, TIMEOUT)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    Ok(stream)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn errors_are_read_as_the_servers_say_them() {
        assert_eq!(
            postgres_error(b"SFATAL\0C28000\0Mno such role\0\0"),
            "no such role"
        );
        assert_eq!(
            mysql_error(b"\xff\x15\x04#28000Access denied"),
            "Access denied"
        );
        assert_eq!(mysql_error(b"\xff\x15\x04Too many"), "Too many");
        assert_eq!(mysql_error(b"\xff"), "it refuses");
    }

    #[test]
    fn a_silent_port_is_an_error() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        drop(listener);
        assert!(postgres(address).is_err());
        assert!(mysql(address).is_err());
    }
}
