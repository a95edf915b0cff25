//! `daybook-desktop`, the window.

#![forbid(unsafe_code)]
// A release build on Windows opens no terminal beside the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    daybook::desktop::run();
}
