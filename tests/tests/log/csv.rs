//! A parser of the grammar of RFC 4180, as strict as it is written there.

/// The records of a file.
pub fn parse(text: &str) -> Result<Vec<Vec<String>>, String> {
    let mut records = Vec::new();
    let mut record = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let (field, after) = if let Some(quoted) = rest.strip_prefix('"') {
            quoted_field(quoted)?
        } else {
            let end = rest.find([',', '\r', '\n', '"']).unwrap_or(rest.len());
            (rest[..end].to_owned(), &rest[end..])
        };
        record.push(field);
        if let Some(after) = after.strip_prefix(',') {
            rest = after;
            if rest.is_empty() {
                return Err("the file ends behind a comma".into());
            }
        } else if let Some(after) = after.strip_prefix("\r\n") {
            records.push(std::mem::take(&mut record));
            rest = after;
        } else {
            let shown: String = after.chars().take(10).collect();
            return Err(format!("expected a comma or CRLF before {shown:?}"));
        }
    }
    Ok(records)
}

/// A field behind its first quote, and what follows the last.
fn quoted_field(mut rest: &str) -> Result<(String, &str), String> {
    let mut field = String::new();
    loop {
        let quote = rest.find('"').ok_or("a quoted field does not end")?;
        field.push_str(&rest[..quote]);
        rest = &rest[quote + 1..];
        match rest.strip_prefix('"') {
            Some(after) => {
                field.push('"');
                rest = after;
            }
            None => return Ok((field, rest)),
        }
    }
}

#[test]
fn the_grammar() {
    let read = parse("a,\"b,\"\"c\"\"\r\n\",\r\n,x,\"\"\r\n").unwrap();
    assert_eq!(read, [["a", "b,\"c\"\r\n", ""], ["", "x", ""]]);
    for wrong in ["a\n", "a", "a\"b\r\n", "\"a", "\"a\"b\r\n", "a\rb\r\n"] {
        assert!(parse(wrong).is_err(), "{wrong:?}");
    }
}
