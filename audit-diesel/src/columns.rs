//! The compile-time proof that no column of a table escapes the audit.

use audit_core::__private::same;
use audit_core::EntityMeta;
use diesel::query_source::Column;

/// The names of a table's columns. Implemented for the tuples that `table!` makes of them.
pub trait ColumnNames {
    /// In the order of `table!`.
    const NAMES: &'static [&'static str];
}

macro_rules! column_names {
    ($first:ident $($rest:ident)*) => {
        impl<$first: Column, $($rest: Column),*> ColumnNames for ($first, $($rest,)*) {
            const NAMES: &'static [&'static str] = &[$first::NAME, $($rest::NAME),*];
        }
        column_names!($($rest)*);
    };
    () => {};
}

// Diesel's own limit, with its feature `128-column-tables`.
column_names!(
    A0 A1 A2 A3 A4 A5 A6 A7 A8 A9 A10 A11 A12 A13 A14 A15
    A16 A17 A18 A19 A20 A21 A22 A23 A24 A25 A26 A27 A28 A29 A30 A31
    A32 A33 A34 A35 A36 A37 A38 A39 A40 A41 A42 A43 A44 A45 A46 A47
    A48 A49 A50 A51 A52 A53 A54 A55 A56 A57 A58 A59 A60 A61 A62 A63
    A64 A65 A66 A67 A68 A69 A70 A71 A72 A73 A74 A75 A76 A77 A78 A79
    A80 A81 A82 A83 A84 A85 A86 A87 A88 A89 A90 A91 A92 A93 A94 A95
    A96 A97 A98 A99 A100 A101 A102 A103 A104 A105 A106 A107 A108 A109 A110 A111
    A112 A113 A114 A115 A116 A117 A118 A119 A120 A121 A122 A123 A124 A125 A126 A127
);

/// A sentence put together at compile time. Longer ones are cut.
pub struct Message {
    bytes: [u8; 1024],
    length: usize,
}

impl Message {
    const fn push(mut self, text: &str) -> Self {
        let text = text.as_bytes();
        let mut index = 0;
        while index < text.len() && self.length < self.bytes.len() {
            self.bytes[self.length] = text[index];
            self.length += 1;
            index += 1;
        }
        self
    }

    /// Nothing to complain of.
    pub const fn is_empty(&self) -> bool {
        self.length == 0
    }

    /// The sentence.
    pub const fn as_str(&self) -> &str {
        match core::str::from_utf8(self.bytes.split_at(self.length).0) {
            Ok(text) => text,
            // Cut inside a character.
            Err(_) => "the table has columns that the struct does not have",
        }
    }
}

/// Names the columns of the table that the struct does not have.
pub const fn missing_columns(
    entity: &str,
    table: &'static [&'static str],
    meta: &EntityMeta,
) -> Message {
    let mut message = Message {
        bytes: [0; 1024],
        length: 0,
    };
    let mut index = 0;
    while index < table.len() {
        if !has_column(meta, table[index]) {
            message = if message.is_empty() {
                message
                    .push("the table has columns that `")
                    .push(entity)
                    .push("` does not have: `")
            } else {
                message.push(", `")
            };
            message = message.push(table[index]).push("`");
        }
        index += 1;
    }
    if message.is_empty() {
        return message;
    }
    message.push(
        "\nhelp: add a field for each, so that no column escapes the audit; `#[audit(skip)]` keeps its \
         values out of the trail",
    )
}

const fn has_column(meta: &EntityMeta, column: &str) -> bool {
    let mut index = 0;
    while index < meta.fields.len() {
        if same(meta.fields[index].column, column) {
            return true;
        }
        index += 1;
    }
    false
}
