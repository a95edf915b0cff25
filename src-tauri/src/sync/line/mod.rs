//! The line to a head office: where it is, with which password, and the functions that a device calls there.

pub(in crate::sync) mod address;
pub(in crate::sync) mod central;
pub(in crate::sync) mod connect;
mod keyring;
pub(in crate::sync) mod link;
pub(in crate::sync) mod secrets;
pub(in crate::sync) mod silence;
