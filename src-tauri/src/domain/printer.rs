//! The receipt printers of this device. Never sent: another device has others.

use super::book::Session;
use crate::kernel::{Acting, Code, Fault, Line, Result};
use crate::store::{ReadRow, Snapshot, Unit};
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};
use rusqlite::{Row, named_params};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a printer is called: one line.
pub type PrinterName = Line<40>;

/// A receipt printer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Printer {
    /// What commands name it by.
    pub name: PrinterName,
    /// Where it is.
    pub target: Target,
    /// What it prints on.
    pub roll: Roll,
    /// Whether it opens a cash drawer after each print.
    #[serde(default)]
    pub opens_drawer: bool,
}

/// Where a printer is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Target {
    /// Behind a character device, such as /dev/usb/lp0.
    Device {
        /// The device's file.
        path: Line<300>,
    },
    /// In the network.
    Network {
        /// Its name or address.
        host: Line<253>,
        /// Its port; 9100 when it isn't given.
        #[serde(default = "usual_port")]
        port: u16,
    },
}

const fn usual_port() -> u16 {
    9100
}

/// A roll of paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum Roll {
    /// 58 mm wide.
    #[serde(rename = "roll_58")]
    Mm58,
    /// 80 mm wide.
    #[serde(rename = "roll_80")]
    Mm80,
}

impl Roll {
    const fn millimetres(self) -> i64 {
        match self {
            Roll::Mm58 => 58,
            Roll::Mm80 => 80,
        }
    }
}

impl FromSql for Roll {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Roll> {
        match value.as_i64()? {
            58 => Ok(Roll::Mm58),
            80 => Ok(Roll::Mm80),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

impl ToSql for Roll {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(self.millimetres().into())
    }
}

/// Sets a printer up, or that of this name anew.
///
/// # Errors
/// `bad_text` for a path that is not absolute.
pub fn set(unit: &mut Unit, _: &Acting, printer: &Printer) -> Result<Printer> {
    let (device, host, port) = match &printer.target {
        Target::Device { path } if !path.as_str().starts_with('/') => {
            return Err(Fault::new(Code::BadText, "The path of a device begins with a slash.").at("target.path"));
        }
        Target::Device { path } => (Some(path.as_str()), None, None),
        Target::Network { host, port } => (None, Some(host.as_str()), Some(*port)),
    };
    unit.execute(
        "INSERT INTO device_printer (name, device_path, host, port, roll_mm, opens_drawer)
         VALUES (:name, :device, :host, :port, :roll, :drawer)
         ON CONFLICT (name) DO UPDATE SET device_path = excluded.device_path, host = excluded.host, port = excluded.port,
             roll_mm = excluded.roll_mm, opens_drawer = excluded.opens_drawer",
        named_params! {
            ":name": printer.name.as_str(), ":device": device, ":host": host, ":port": port, ":roll": printer.roll,
            ":drawer": printer.opens_drawer,
        },
    )?;
    find(unit, printer.name.as_str())
}

/// Which printer.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WhichPrinter {
    /// What commands call it.
    pub name: PrinterName,
}

/// Forgets a printer.
///
/// # Errors
/// `not_found`.
pub fn remove(unit: &mut Unit, _: &Acting, which: &WhichPrinter) -> Result<Printer> {
    let printer = find(unit, which.name.as_str())?;
    unit.execute("DELETE FROM device_printer WHERE name = :name", named_params! { ":name": which.name.as_str() })?;
    Ok(printer)
}

impl ReadRow for Printer {
    fn read_row(row: &Row<'_>) -> rusqlite::Result<Printer> {
        let target = match row.get("device_path")? {
            Some(path) => Target::Device { path },
            None => Target::Network { host: row.get("host")?, port: row.get("port")? },
        };
        Ok(Printer {
            name: row.get("name")?,
            target,
            roll: row.get("roll_mm")?,
            opens_drawer: row.get("opens_drawer")?,
        })
    }
}

const PRINTER: &str = "SELECT name, device_path, host, port, roll_mm, opens_drawer FROM device_printer";

/// The printer of that name.
///
/// # Errors
/// `not_found`.
pub fn find(snapshot: &Snapshot, name: &str) -> Result<Printer> {
    snapshot
        .maybe(&format!("{PRINTER} WHERE name = :name"), named_params! { ":name": name }, Printer::read_row)?
        .ok_or_else(|| Fault::new(Code::NotFound, format!("No printer is called “{name}” here.")).at("printer"))
}

/// This device's printers, by name.
///
/// # Errors
/// What SQLite says.
pub fn list(snapshot: &Snapshot, _: &Session) -> Result<Vec<Printer>> {
    snapshot.all(&format!("{PRINTER} ORDER BY name"), [], Printer::read_row)
}
