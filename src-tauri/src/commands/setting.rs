//! The commands of this device's settings.

use super::command::{Command, Reader, read, write};
use super::rules::ANYONE;
use crate::domain::setting::{self, Key, Setting};
use crate::kernel::{Acting, Result};
use crate::store::{Snapshot, Unit};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

pub(super) fn commands() -> Vec<Command> {
    vec![
        read("setting_get", "Reads one of this device's settings.", &[], setting_get).rests_on(&["device_setting"]),
        write("setting_set", "Sets one of this device's settings; null clears it.", ANYONE, &[], setting_set)
            .by_anybody()
            .touching(&["device_setting"]),
    ]
}

/// Which setting.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SettingKey {
    /// Its name: a-z, 0-9, `_`, `-` and `.`.
    key: Key,
}

fn setting_get(snapshot: &Snapshot, _: &Reader, input: SettingKey) -> Result<Setting> {
    setting::get(snapshot, input.key)
}

/// A setting to be set.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSetting {
    /// Its name: a-z, 0-9, `_`, `-` and `.`.
    key: Key,
    /// Any JSON; null clears.
    value: Value,
}

fn setting_set(unit: &mut Unit, _: &Acting, new: &NewSetting) -> Result<Setting> {
    setting::set(unit, new.key.clone(), new.value.clone())
}
