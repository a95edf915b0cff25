//! Tells cargo what else the build depends on, and lets Tauri prepare the window.

fn main() {
    // refinery's macro reads the folder, which cargo can't see.
    println!("cargo:rerun-if-changed=migrations");
    #[cfg(feature = "desktop")]
    #[expect(clippy::expect_used, reason = "a build that can't go on says why and ends")]
    tauri_build::try_build(
        tauri_build::Attributes::new()
            .capabilities_path_pattern("./src-tauri/capabilities/**/*")
            .app_manifest(tauri_build::AppManifest::new().commands(&["call"])),
    )
    .expect("tauri.conf.json and the capabilities must be sound");
}
