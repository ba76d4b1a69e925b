//! The serializer behind [`super::encode`].

use core::fmt::{self, Display, Write};

use serde::Serialize;
use serde::ser;

use super::text::{
    NOT_SERIALIZABLE, NUMBER, TOO_DEEP, Written, is_number, normal_time, push_bytes, push_float,
    push_key, push_number, push_shortest, push_string, push_tag,
};

/// Levels of nesting that are written; deeper values would overflow the stack.
const MAX_DEPTH: u32 = 256;

/// The name under which `serde_json` hands over JSON text that is already made; as private and as
/// stable as [`NUMBER`].
const RAW_VALUE: &str = "$serde_json::private::RawValue";

/// Why a value was not written. Holds no message: serde's errors quote values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EncodeError {
    NotSerializable,
    TooDeep,
}

impl Display for EncodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotSerializable => "not serializable",
            Self::TooDeep => "nested too deeply",
        })
    }
}

impl core::error::Error for EncodeError {}

impl ser::Error for EncodeError {
    fn custom<T: Display>(_: T) -> Self {
        Self::NotSerializable
    }
}

/// Writes JSON text into a string.
pub(super) struct Encoder<'a> {
    out: &'a mut String,
    depth: u32,
    /// No list or object has been entered.
    top: bool,
    /// A text at the top is to be written as it is.
    plain: bool,
    written: Written,
    /// Where the last `u8` was written, and which one: how a sequence sees that it holds bytes.
    byte: Option<(usize, u8)>,
}

impl<'a> Encoder<'a> {
    /// Appends `value`, or a tag that says why it cannot be. With `plain`, a text at the top is
    /// appended as it is.
    pub(super) fn write<T: Serialize + ?Sized>(
        out: &mut String,
        value: &T,
        plain: bool,
    ) -> Written {
        let start = out.len();
        match Encoder::try_write(out, value, plain, 0) {
            Ok(written) => written,
            Err(error) => {
                out.truncate(start);
                out.push_str(match error {
                    EncodeError::NotSerializable => NOT_SERIALIZABLE,
                    EncodeError::TooDeep => TOO_DEEP,
                });
                Written::Json
            }
        }
    }

    fn try_write<T: Serialize + ?Sized>(
        out: &mut String,
        value: &T,
        plain: bool,
        depth: u32,
    ) -> Result<Written, EncodeError> {
        let mut encoder = Encoder {
            out,
            depth,
            top: true,
            plain,
            written: Written::Json,
            byte: None,
        };
        value.serialize(&mut encoder)?;
        Ok(encoder.written)
    }

    fn enter(&mut self) -> Result<(), EncodeError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            Err(EncodeError::TooDeep)
        } else {
            Ok(())
        }
    }

    /// Enters a list or an object.
    fn open(&mut self, bracket: char) -> Result<(), EncodeError> {
        self.enter()?;
        self.top = false;
        self.out.push(bracket);
        Ok(())
    }

    fn null(&mut self) -> Result<(), EncodeError> {
        self.out.push_str("null");
        if self.top {
            self.written = Written::Null;
        }
        Ok(())
    }

    fn string(&mut self, text: &str) -> Result<(), EncodeError> {
        if self.plain && self.top {
            self.out.push_str(text);
            self.written = Written::Text;
        } else {
            push_string(self.out, text);
        }
        Ok(())
    }

    fn number(&mut self, value: impl Display) -> Result<(), EncodeError> {
        // Writing to a String cannot fail.
        let _ = write!(self.out, "{value}");
        Ok(())
    }

    /// What `serialize` writes as a JSON string, as text.
    fn captured<T: Serialize + ?Sized>(&self, value: &T) -> Result<String, EncodeError> {
        let mut text = String::new();
        match Encoder::try_write(&mut text, value, true, self.depth)? {
            Written::Text => Ok(text),
            _ => Err(EncodeError::NotSerializable),
        }
    }
}

impl<'e, 'a> ser::Serializer for &'e mut Encoder<'a> {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Sequence<'e, 'a>;
    type SerializeTuple = List<'e, 'a>;
    type SerializeTupleStruct = List<'e, 'a>;
    type SerializeTupleVariant = List<'e, 'a>;
    type SerializeMap = Object<'e, 'a>;
    type SerializeStruct = Struct<'e, 'a>;
    type SerializeStructVariant = Object<'e, 'a>;

    fn serialize_bool(self, v: bool) -> Result<(), EncodeError> {
        self.out.push_str(if v { "true" } else { "false" });
        Ok(())
    }
    fn serialize_i8(self, v: i8) -> Result<(), EncodeError> {
        self.number(v)
    }
    fn serialize_i16(self, v: i16) -> Result<(), EncodeError> {
        self.number(v)
    }
    fn serialize_i32(self, v: i32) -> Result<(), EncodeError> {
        self.number(v)
    }
    fn serialize_i64(self, v: i64) -> Result<(), EncodeError> {
        self.number(v)
    }
    fn serialize_i128(self, v: i128) -> Result<(), EncodeError> {
        if i64::try_from(v).is_ok() || u64::try_from(v).is_ok() {
            return self.number(v);
        }
        push_tag(self.out, "$i", &v.to_string());
        Ok(())
    }
    fn serialize_u8(self, v: u8) -> Result<(), EncodeError> {
        self.byte = Some((self.out.len(), v));
        self.number(v)
    }
    fn serialize_u16(self, v: u16) -> Result<(), EncodeError> {
        self.number(v)
    }
    fn serialize_u32(self, v: u32) -> Result<(), EncodeError> {
        self.number(v)
    }
    fn serialize_u64(self, v: u64) -> Result<(), EncodeError> {
        self.number(v)
    }
    fn serialize_u128(self, v: u128) -> Result<(), EncodeError> {
        if u64::try_from(v).is_ok() {
            return self.number(v);
        }
        push_tag(self.out, "$i", &v.to_string());
        Ok(())
    }
    fn serialize_f32(self, v: f32) -> Result<(), EncodeError> {
        push_shortest(self.out, v.into(), v);
        Ok(())
    }
    fn serialize_f64(self, v: f64) -> Result<(), EncodeError> {
        push_float(self.out, v);
        Ok(())
    }
    fn serialize_char(self, v: char) -> Result<(), EncodeError> {
        self.string(v.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, v: &str) -> Result<(), EncodeError> {
        self.string(v)
    }
    fn serialize_bytes(self, v: &[u8]) -> Result<(), EncodeError> {
        push_bytes(self.out, v);
        Ok(())
    }
    fn serialize_none(self) -> Result<(), EncodeError> {
        self.null()
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        let start = self.out.len();
        self.enter()?;
        value.serialize(&mut *self)?;
        self.depth -= 1;
        self.byte = None;
        // `Some(None)` and `Some(Value::Null)` are not `None`.
        let inner = self.out.get(start..).unwrap_or_default();
        if self.written != Written::Text && (inner == "null" || inner.starts_with("{\"$some\":")) {
            self.out.insert_str(start, "{\"$some\":");
            self.out.push('}');
            self.written = Written::Json;
        }
        Ok(())
    }
    fn serialize_unit(self) -> Result<(), EncodeError> {
        self.null()
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        self.null()
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<(), EncodeError> {
        self.string(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.enter()?;
        value.serialize(&mut *self)?;
        self.depth -= 1;
        Ok(())
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        let mut object = Object::open(self)?;
        object.field(variant, value)?;
        object.close()
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Sequence<'e, 'a>, EncodeError> {
        let start = self.out.len();
        Ok(Sequence {
            list: List::open(self)?,
            start,
            bytes: Some(Vec::new()),
        })
    }
    fn serialize_tuple(self, _: usize) -> Result<List<'e, 'a>, EncodeError> {
        List::open(self)
    }
    fn serialize_tuple_struct(
        self,
        _: &'static str,
        _: usize,
    ) -> Result<List<'e, 'a>, EncodeError> {
        List::open(self)
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<List<'e, 'a>, EncodeError> {
        let mut object = Object::open(self)?;
        object.key(variant)?;
        let end = if object.wrapped { "]}}" } else { "]}" };
        let mut list = List::open(object.encoder)?;
        list.end = end;
        list.levels = 2;
        Ok(list)
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Object<'e, 'a>, EncodeError> {
        Object::open(self)
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Struct<'e, 'a>, EncodeError> {
        Ok(match name {
            NUMBER => Struct::Number(self),
            RAW_VALUE => Struct::Raw(self),
            _ => Struct::Object(Object::open(self)?),
        })
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Object<'e, 'a>, EncodeError> {
        let mut outer = Object::open(self)?;
        outer.key(variant)?;
        let end = if outer.wrapped { "}}" } else { "}" };
        let mut inner = Object::open(outer.encoder)?;
        inner.outer_end = end;
        inner.levels = 2;
        Ok(inner)
    }
    fn collect_str<T: Display + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        let mut text = String::new();
        // `to_string` would panic where `Display` fails.
        write!(text, "{value}").map_err(|_| EncodeError::NotSerializable)?;
        match normal_time(&text) {
            Some(time) => self.string(&time),
            None => self.string(&text),
        }
    }
}

/// A tuple, or anything else that is a JSON array and never bytes.
pub(super) struct List<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    first: bool,
    end: &'static str,
    levels: u32,
}

impl<'e, 'a> List<'e, 'a> {
    fn open(encoder: &'e mut Encoder<'a>) -> Result<Self, EncodeError> {
        encoder.open('[')?;
        Ok(Self {
            encoder,
            first: true,
            end: "]",
            levels: 1,
        })
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        if !core::mem::take(&mut self.first) {
            self.encoder.out.push(',');
        }
        value.serialize(&mut *self.encoder)
    }

    fn close(self) -> Result<(), EncodeError> {
        self.encoder.out.push_str(self.end);
        self.encoder.depth -= self.levels;
        Ok(())
    }
}

macro_rules! list_impl {
    ($($name:ident::$method:ident),+) => {$(
        impl ser::$name for List<'_, '_> {
            type Ok = ();
            type Error = EncodeError;
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.element(value)
            }
            fn end(self) -> Result<(), EncodeError> {
                self.close()
            }
        }
    )+};
}
list_impl!(
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

/// A sequence: bytes as long as every element is one, else a list.
pub(super) struct Sequence<'e, 'a> {
    list: List<'e, 'a>,
    start: usize,
    /// The elements so far, none of them written yet, while all are bytes.
    bytes: Option<Vec<u8>>,
}

impl ser::SerializeSeq for Sequence<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let Some(bytes) = &mut self.bytes else {
            return self.list.element(value);
        };
        let encoder = &mut *self.list.encoder;
        let start = encoder.out.len();
        encoder.byte = None;
        value.serialize(&mut *encoder)?;
        if let Some((at, byte)) = encoder.byte
            && at == start
        {
            bytes.push(byte);
            encoder.out.truncate(start);
            return Ok(());
        }
        // Not bytes after all: those so far were numbers.
        let numbers: String = bytes.iter().map(|byte| format!("{byte},")).collect();
        encoder.out.insert_str(start, &numbers);
        self.bytes = None;
        self.list.first = false;
        Ok(())
    }

    fn end(self) -> Result<(), EncodeError> {
        match self.bytes {
            Some(bytes) if !bytes.is_empty() => {
                self.list.encoder.depth -= self.list.levels;
                self.list.encoder.out.truncate(self.start);
                push_bytes(self.list.encoder.out, &bytes);
                Ok(())
            }
            _ => self.list.close(),
        }
    }
}

/// A map, a struct or a variant with named fields.
pub(super) struct Object<'e, 'a> {
    encoder: &'e mut Encoder<'a>,
    start: usize,
    first: bool,
    /// `{"$j":` stands before it.
    wrapped: bool,
    outer_end: &'static str,
    levels: u32,
}

impl<'e, 'a> Object<'e, 'a> {
    fn open(encoder: &'e mut Encoder<'a>) -> Result<Self, EncodeError> {
        let start = encoder.out.len();
        encoder.open('{')?;
        Ok(Self {
            encoder,
            start,
            first: true,
            wrapped: false,
            outer_end: "",
            levels: 1,
        })
    }

    fn key(&mut self, key: &str) -> Result<(), EncodeError> {
        if !core::mem::take(&mut self.first) {
            self.encoder.out.push(',');
        }
        if push_key(self.encoder.out, key) && !self.wrapped {
            // Any such key, not only a first one: a `jsonb` column may make it the first.
            self.encoder.out.insert_str(self.start, "{\"$j\":");
            self.wrapped = true;
        }
        self.encoder.out.push(':');
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, key: &str, value: &T) -> Result<(), EncodeError> {
        self.key(key)?;
        value.serialize(&mut *self.encoder)
    }

    fn close(self) -> Result<(), EncodeError> {
        self.encoder
            .out
            .push_str(if self.wrapped { "}}" } else { "}" });
        self.encoder.out.push_str(self.outer_end);
        self.encoder.depth -= self.levels;
        Ok(())
    }
}

impl ser::SerializeMap for Object<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        let mut text = String::new();
        Encoder::try_write(&mut text, key, true, self.encoder.depth)?;
        self.key(&text)
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut *self.encoder)
    }
    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

impl ser::SerializeStructVariant for Object<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.field(key, value)
    }
    fn end(self) -> Result<(), EncodeError> {
        self.close()
    }
}

/// A struct, or one of the two that `serde_json` uses as a private language.
pub(super) enum Struct<'e, 'a> {
    Object(Object<'e, 'a>),
    Number(&'e mut Encoder<'a>),
    Raw(&'e mut Encoder<'a>),
}

impl ser::SerializeStruct for Struct<'_, '_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        match self {
            Self::Object(object) => object.field(key, value),
            Self::Number(encoder) => {
                let text = encoder.captured(value)?;
                // Only what is a JSON number may be written without quotes.
                if !is_number(&text) {
                    return Err(EncodeError::NotSerializable);
                }
                push_number(encoder.out, &text);
                Ok(())
            }
            Self::Raw(encoder) => {
                let text = encoder.captured(value)?;
                let value: serde_json::Value =
                    serde_json::from_str(&text).map_err(|_| EncodeError::NotSerializable)?;
                encoder.enter()?;
                value.serialize(&mut **encoder)?;
                encoder.depth -= 1;
                Ok(())
            }
        }
    }

    fn end(self) -> Result<(), EncodeError> {
        match self {
            Self::Object(object) => object.close(),
            Self::Number(_) | Self::Raw(_) => Ok(()),
        }
    }
}
