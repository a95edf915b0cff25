//! What this device remembers for itself: the theme, saved mappings, and the like. Never sent.

use crate::kernel::{Code, Fault, Result};
use crate::store::{Snapshot, Unit};
use rusqlite::named_params;
use schemars::JsonSchema;
use serde::{Deserialize, Deserializer, Serialize, de};
use serde_json::Value;

/// How long a value may be, as JSON.
pub const VALUE_BYTES_MAX: usize = 65_536;

/// A setting's name: 1 to 64 characters a-z, 0-9, `_`, `-` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub struct Key(#[schemars(regex(pattern = "^[a-z0-9_.-]{1,64}$"))] String);

impl Key {
    /// Parses; `bad_text`.
    ///
    /// # Errors
    /// `bad_text`.
    pub fn parse(text: &str) -> Result<Key> {
        let fits = (1..=64).contains(&text.len())
            && text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'.' | b'-'));
        if !fits {
            return Err(Fault::new(Code::BadText, "A key has 1 to 64 characters a-z, 0-9, _, - and a dot."));
        }
        Ok(Key(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Key {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        let text = String::deserialize(from)?;
        Key::parse(&text).map_err(|fault| de::Error::custom(fault.to_serde()))
    }
}

/// A setting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Setting {
    /// Its name.
    pub key: Key,
    /// Its value; null when it was never set.
    pub value: Value,
}

/// Reads a setting.
///
/// # Errors
/// What SQLite says.
pub fn get(snapshot: &Snapshot, key: Key) -> Result<Setting> {
    let text: Option<String> = snapshot.maybe(
        "SELECT value FROM device_setting WHERE key = :key",
        named_params! { ":key": key.0 },
        |row| row.get(0),
    )?;
    let value = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
    Ok(Setting { key, value })
}

/// Sets a setting; null clears it.
///
/// # Errors
/// `too_long` past [`VALUE_BYTES_MAX`].
pub fn set(unit: &mut Unit, key: Key, value: Value) -> Result<Setting> {
    let text = value.to_string();
    if text.len() > VALUE_BYTES_MAX {
        return Err(Fault::new(Code::TooLong, format!("A setting holds {VALUE_BYTES_MAX} bytes at most.")).at("value"));
    }
    if value.is_null() {
        unit.execute("DELETE FROM device_setting WHERE key = :key", named_params! { ":key": key.0 })?;
    } else {
        unit.execute(
            "INSERT INTO device_setting (key, value) VALUES (:key, :value)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            named_params! { ":key": key.0, ":value": text },
        )?;
    }
    Ok(Setting { key, value })
}
