//! The window: a webview that asks through one handler, `call`, and hears of every commit by one event, `changed`.
//!
//! Not here: anything a command does; the window is a face like the command line.

mod first;
pub mod graphics;

use crate::app::{App, error_object};
use crate::commands::{Changed, Envelope, decode};
use crate::kernel::{Code, Fault, Result};
use crate::paths;
use first::First;
use serde_json::Value;
use serde_json::value::RawValue;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};
use tauri::{Emitter, Listener, Manager, RunEvent, State, WebviewWindow, WebviewWindowBuilder};

/// Told to the screens after each commit.
const CHANGED: &str = "changed";

/// Told by the page once it hears [`CHANGED`].
const LISTENING: &str = "listening";

/// Opens the window on the user's store, and returns when it is closed.
pub fn run() {
    let drawing = graphics::choose();
    // A store that can't be opened is told in the window: every call is answered with the reason, until it can.
    let opened = Arc::new(paths::store_directory(None).map(|store| App::at(&store)));
    let asked = first::ask(Arc::clone(&opened));
    let (listening, closing) = (Arc::clone(&opened), Arc::clone(&opened));
    let built = tauri::Builder::default()
        .plugin(tauri_plugin_dialog::init())
        .manage(Opened(opened))
        .invoke_handler(tauri::generate_handler![call])
        .setup(move |window| {
            end_on_signal(window.handle().clone())?;
            let page = Page::default();
            if let Ok(app) = listening.as_ref() {
                window.manage(app.keep_synced());
                page.tell_changes(window.handle(), app);
            }
            let first = asked.wait();
            graphics::draw_as_set(first.drawing(), drawing);
            open(window.handle(), &first)?;
            Ok(())
        })
        .build(tauri::generate_context!());
    match built {
        Ok(window) => window.run(move |_, event| {
            // The process ends without letting go of anything.
            if let (RunEvent::Exit, Ok(app)) = (event, closing.as_ref()) {
                app.close();
            }
        }),
        Err(error) => {
            tracing::error!(%error, "the window can't be opened");
            // Where nobody can be told, the exit code says it.
            let _ = writeln!(std::io::stderr(), "The window can't be opened: {error}");
            std::process::exit(1);
        }
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

/// The app on this user's store, or why there is none.
struct Opened(Arc<Result<App>>);

/// Opens the one window, with the answers to what its page asks first.
fn open(handle: &tauri::AppHandle, first: &First) -> tauri::Result<()> {
    for config in &handle.config().app.windows {
        let window =
            WebviewWindowBuilder::from_config(handle, config)?.initialization_script(first.script()).build()?;
        window.set_zoom(first.zoom())?;
        scroll_at_once(&window)?;
    }
    Ok(())
}

/// Scrolling that glides is drawn many times, and lags behind the hand (WebKit bug 258926).
#[cfg(target_os = "linux")]
fn scroll_at_once(window: &WebviewWindow) -> tauri::Result<()> {
    use webkit2gtk::{SettingsExt, WebViewExt};
    window.with_webview(|webview| {
        if let Some(settings) = webview.inner().settings() {
            settings.set_enable_smooth_scrolling(false);
        }
    })
}

#[cfg(not(target_os = "linux"))]
fn scroll_at_once(_: &WebviewWindow) -> tauri::Result<()> {
    Ok(())
}

/// What the page is told of commits. Until it listens, they are kept for it: the answers that it was handed in are older.
#[derive(Clone, Default)]
struct Page(Arc<Mutex<Told>>);

#[derive(Default)]
struct Told {
    listens: bool,
    kept: Vec<Changed>,
}

impl Page {
    fn tell_changes(&self, handle: &tauri::AppHandle, app: &App) {
        let (page, window) = (self.clone(), handle.clone());
        app.listen(move |changed| {
            let mut told = page.0.lock().unwrap_or_else(PoisonError::into_inner);
            if told.listens {
                // A window that is closing hears nothing more.
                let _ = window.emit(CHANGED, changed);
            } else {
                told.kept.push(changed.clone());
            }
        });
        let (page, window) = (self.clone(), handle.clone());
        handle.listen_any(LISTENING, move |_| {
            let mut told = page.0.lock().unwrap_or_else(PoisonError::into_inner);
            told.listens = true;
            for changed in told.kept.drain(..) {
                let _ = window.emit(CHANGED, &changed);
            }
        });
    }
}

/// Runs a command off the window's thread.
#[tauri::command]
async fn call(envelope: Value, opened: State<'_, Opened>) -> std::result::Result<Box<RawValue>, Value> {
    let opened = Arc::clone(&opened.0);
    let answer = tauri::async_runtime::spawn_blocking(move || {
        let app = opened.as_ref().as_ref().map_err(error_object)?;
        let envelope: Envelope = decode(envelope).map_err(|fault| error_object(&fault))?;
        app.call(envelope)
            .and_then(|answer| {
                RawValue::from_string(answer.text().to_owned())
                    .map_err(|cause| Fault::new(Code::Internal, "The answer is no JSON.").because(cause))
            })
            .map_err(|fault| error_object(&fault))
    });
    answer.await.unwrap_or_else(|_| Err(error_object(&Fault::new(Code::Internal, "The command was broken off."))))
}
