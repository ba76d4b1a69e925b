//! Reading a stored value as a Rust type.

use core::fmt::{self, Display};

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{
    self, DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::{DecodeError, Decoded, decode};

/// Reads what [`super::encode`] wrote as a value of the type it was written from.
///
/// # Errors
/// As [`decode`], and [`DecodeError::Type`] where the value is not a `T` (or was truncated).
///
/// ```
/// use audit_core::encode::{decode_as, to_json};
///
/// let value = (u128::MAX, vec![1_u8, 2], Some("a\0b".to_string()));
/// assert_eq!(decode_as::<(u128, Vec<u8>, Option<String>)>(&to_json(&value))?, value);
/// # Ok::<(), audit_core::encode::DecodeError>(())
/// ```
pub fn decode_as<T: DeserializeOwned>(text: &str) -> Result<T, DecodeError> {
    T::deserialize(decode(text)?)
}

/// Drops the message, which may quote the value.
impl de::Error for DecodeError {
    fn custom<T: Display>(_: T) -> Self {
        Self::Type
    }
}

impl<'de> IntoDeserializer<'de, DecodeError> for Decoded {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Decoded {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Null => visitor.visit_unit(),
            Self::Some(inner) => inner.deserialize_any(visitor),
            Self::Bool(v) => visitor.visit_bool(v),
            Self::Int(v) => match (i64::try_from(v), u64::try_from(v)) {
                (Ok(v), _) => visitor.visit_i64(v),
                (_, Ok(v)) => visitor.visit_u64(v),
                _ => visitor.visit_i128(v),
            },
            Self::UInt(v) => visitor.visit_u128(v),
            Self::Float(v) => visitor.visit_f64(v),
            // As `serde_json` has it: exact where it keeps all digits, else as near as it gets.
            Self::Number(text) => match serde_json::from_str::<serde_json::Number>(&text) {
                Ok(number) => number
                    .deserialize_any(visitor)
                    .map_err(|_| DecodeError::Type),
                Err(_) => visitor.visit_string(text),
            },
            Self::Text(text) => visitor.visit_string(text),
            Self::Bytes(bytes) => visitor.visit_seq(SeqDeserializer::new(bytes.into_iter())),
            Self::List(items) => visitor.visit_seq(SeqDeserializer::new(items.into_iter())),
            Self::Object(fields) => visitor.visit_map(MapDeserializer::new(
                fields.into_iter().map(|(key, value)| (Key(key), value)),
            )),
            Self::Truncated { .. } | Self::Error(_) => Err(DecodeError::Type),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Null => visitor.visit_none(),
            Self::Some(inner) => visitor.visit_some(*inner),
            value => visitor.visit_some(value),
        }
    }

    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        self.deserialize_byte_buf(visitor)
    }

    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        match self {
            Self::Bytes(bytes) => visitor.visit_byte_buf(bytes),
            value => value.deserialize_any(visitor),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match self {
            Self::Some(inner) => inner.deserialize_enum("", &[], visitor),
            Self::Text(variant) => visitor.visit_enum(Variant {
                variant,
                value: None,
            }),
            Self::Object(fields) => {
                let mut fields = fields.into_iter();
                match (fields.next(), fields.next()) {
                    (Some((variant, value)), None) => visitor.visit_enum(Variant {
                        variant,
                        value: Some(value),
                    }),
                    _ => Err(DecodeError::Type),
                }
            }
            _ => Err(DecodeError::Type),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// An externally tagged enum.
struct Variant {
    variant: String,
    value: Option<Decoded>,
}

impl<'de> EnumAccess<'de> for Variant {
    type Error = DecodeError;
    type Variant = Content;

    fn variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<(S::Value, Content), DecodeError> {
        Ok((seed.deserialize(Key(self.variant))?, Content(self.value)))
    }
}

struct Content(Option<Decoded>);

impl<'de> VariantAccess<'de> for Content {
    type Error = DecodeError;

    fn unit_variant(self) -> Result<(), DecodeError> {
        if self.0.is_none() {
            Ok(())
        } else {
            Err(DecodeError::Type)
        }
    }
    fn newtype_variant_seed<S: DeserializeSeed<'de>>(
        self,
        seed: S,
    ) -> Result<S::Value, DecodeError> {
        seed.deserialize(self.0.ok_or(DecodeError::Type)?)
    }
    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, DecodeError> {
        self.0.ok_or(DecodeError::Type)?.deserialize_any(visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.0.ok_or(DecodeError::Type)?.deserialize_any(visitor)
    }
}

/// An object's key: text, or the text of a number, a boolean or a composite key.
struct Key(String);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(..)")
    }
}

impl<'de> IntoDeserializer<'de, DecodeError> for Key {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

macro_rules! key_as_json {
    ($($method:ident)+) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
            decode(&self.0)?.$method(visitor)
        }
    )+};
}

impl<'de> Deserializer<'de> for Key {
    type Error = DecodeError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        visitor.visit_string(self.0)
    }

    key_as_json! {
        deserialize_bool deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
        deserialize_u128 deserialize_f32 deserialize_f64 deserialize_unit deserialize_seq
        deserialize_map deserialize_bytes deserialize_byte_buf
    }

    fn deserialize_tuple<V: Visitor<'de>>(
        self,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_seq(visitor)
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        self.deserialize_map(visitor)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, DecodeError> {
        if self.0 == "null" {
            visitor.visit_none()
        } else {
            visitor.visit_some(self)
        }
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, DecodeError> {
        match decode(&self.0) {
            Ok(object @ Decoded::Object(_)) => object.deserialize_enum(name, variants, visitor),
            _ => visitor.visit_enum(Variant {
                variant: self.0,
                value: None,
            }),
        }
    }

    forward_to_deserialize_any! { char str string unit_struct identifier ignored_any }
}
