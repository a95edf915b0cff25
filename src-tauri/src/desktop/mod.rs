//! The window: a webview that asks through one handler, `call`, and hears of every commit by one event, `changed`.
//!
//! Not here: anything a command does; the window is a face like the command line.

use crate::app::{App, error_object};
use crate::commands::{Envelope, decode};
use crate::kernel::{Code, Fault, Result};
use crate::paths;
use serde_json::Value;
use serde_json::value::RawValue;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::sync::Arc;
use tauri::{Emitter, Manager, State};

/// Told to the screens after each commit.
const CHANGED: &str = "changed";

/// Opens the window on the user's store, and returns when it is closed.
pub fn run() {
    // A store that can't be opened is told in the window: every call is answered with the reason.
    let opened = Arc::new(paths::store_directory(None).and_then(|store| App::open(&store)));
    let listening = Arc::clone(&opened);
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(Opened(opened))
        .invoke_handler(tauri::generate_handler![call])
        .setup(move |window| {
            end_on_signal(window.handle().clone())?;
            if let Ok(app) = listening.as_ref() {
                window.manage(app.keep_synced());
                let window = window.handle().clone();
                app.desk().listen(move |changed| {
                    // A window that is closing hears nothing more.
                    let _ = window.emit(CHANGED, changed);
                });
            }
            Ok(())
        })
        .run(tauri::generate_context!());
    if let Err(error) = built {
        tracing::error!(%error, "the window can't be opened");
        eprintln!("The window can't be opened: {error}");
        std::process::exit(1);
    }
}

/// Ctrl-C and SIGTERM close the window as a person would, so that the store is closed, too.
fn end_on_signal(window: tauri::AppHandle) -> std::io::Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM])?;
    std::thread::spawn(move || {
        if signals.forever().next().is_some() {
            window.exit(0);
        }
    });
    Ok(())
}

struct Opened(Arc<Result<App>>);

/// Runs a command off the window's thread.
#[tauri::command]
async fn call(envelope: Value, opened: State<'_, Opened>) -> std::result::Result<Box<RawValue>, Value> {
    let opened = Arc::clone(&opened.0);
    let answer = tauri::async_runtime::spawn_blocking(move || {
        let app = opened.as_ref().as_ref().map_err(error_object)?;
        let envelope: Envelope = decode(envelope).map_err(|fault| error_object(&fault))?;
        app.call(&envelope)
            .and_then(|answer| {
                RawValue::from_string(answer.text().to_owned())
                    .map_err(|cause| Fault::new(Code::Internal, "The answer is no JSON.").because(cause))
            })
            .map_err(|fault| error_object(&fault))
    });
    answer.await.unwrap_or_else(|_| Err(error_object(&Fault::new(Code::Internal, "The command was broken off."))))
}
