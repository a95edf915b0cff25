//! The yardstick of the window's start: the same shell around a page with nothing in it.

fn main() -> tauri::Result<()> {
    tauri::Builder::default().run(tauri::generate_context!("tests/bench/empty/tauri.conf.json"))
}
