//! `daybook-desktop`, the window.

// A release build on Windows opens no terminal beside the window.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

fn main() {
    daybook::desktop::run();
}
