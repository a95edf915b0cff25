//! Whether a graphics card draws the window. Where none does, WebKit's compositing is done by the processor, and costs ten to thirty
//! times what drawing without it does.
//!
//! Not here: OpenGL, which would know better. To ask it is to load its driver, and that is most of what is to be saved.

use std::path::Path;

/// Where Linux lists the devices that can draw.
pub const DEVICES: &str = "/sys/class/drm";

/// WebKit doesn't composite where this stands in the environment before its first page is made. To change its policy for a page that is
/// made already does the same, but then a page now and then draws nothing at all.
#[cfg(target_os = "linux")]
const WITHOUT_COMPOSITING: &str = "WEBKIT_DISABLE_COMPOSITING_MODE";

/// Says in the environment what draws, `card` or `processor`, before the store is asked. A program that starts itself again has it.
#[cfg(target_os = "linux")]
const DRAWN_BY: &str = "DAYBOOK_DRAWN_BY";

/// Drivers that offer to render and have no card to do it with: those of virtual machines, and the kernel's own for tests. Where a
/// virtual machine does pass a card on, its driver is the card's.
const WITHOUT_CARD: &[&str] = &["vgem", "virtio_gpu", "vmwgfx"];

/// What draws the window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drawing {
    /// A graphics card: compositing is left to WebKit.
    Card,
    /// The processor: without compositing.
    Processor,
}

impl Drawing {
    /// As a person's setting names it, or else as these devices say.
    pub fn of(setting: Option<&str>, devices: &Path) -> Drawing {
        match setting {
            Some(name) if name == Drawing::Card.name() => Drawing::Card,
            Some(name) if name == Drawing::Processor.name() => Drawing::Processor,
            _ if has_card(devices) => Drawing::Card,
            _ => Drawing::Processor,
        }
    }

    /// As a setting names it.
    pub fn name(self) -> &'static str {
        match self {
            Drawing::Card => "card",
            Drawing::Processor => "processor",
        }
    }
}

/// Chooses what draws the window, before there is another thread that could read the environment.
#[cfg(target_os = "linux")]
pub(super) fn choose() -> Drawing {
    let named = std::env::var(DRAWN_BY).ok();
    let drawing = Drawing::of(named.as_deref(), Path::new(DEVICES));
    if drawing == Drawing::Processor
        && let Err(error) = webkit2gtk::glib::setenv(WITHOUT_COMPOSITING, "1", true)
    {
        tracing::warn!(%error, "the window is drawn with compositing");
    }
    drawing
}

/// Starts the program again where a person's setting wants the window drawn by something else; returns where it stays as it is.
/// No page is made yet, and what a store keeps survives more than this.
#[cfg(target_os = "linux")]
pub(super) fn draw_as_set(setting: Option<&str>, drawing: Drawing) {
    use std::os::unix::process::CommandExt;
    if setting.is_none() || std::env::var_os(DRAWN_BY).is_some() {
        return;
    }
    let wanted = Drawing::of(setting, Path::new(DEVICES));
    let Ok(program) = std::env::current_exe() else { return };
    if wanted == drawing {
        return;
    }
    let mut again = std::process::Command::new(program);
    again.args(std::env::args_os().skip(1)).env(DRAWN_BY, wanted.name()).env_remove(WITHOUT_COMPOSITING);
    let error = again.exec();
    tracing::warn!(%error, "the window can't be started again to be drawn as set");
}

/// Elsewhere the system knows best.
#[cfg(not(target_os = "linux"))]
pub(super) fn choose() -> Drawing {
    Drawing::Card
}

/// Elsewhere the system knows best.
#[cfg(not(target_os = "linux"))]
pub(super) fn draw_as_set(_: Option<&str>, _: Drawing) {}

/// Whether one of the devices renders with a driver that has a card. A screen alone is listed as `card0`; what renders, as `renderD128`.
fn has_card(devices: &Path) -> bool {
    let Ok(listed) = std::fs::read_dir(devices) else { return false };
    listed.flatten().filter(|device| device.file_name().to_string_lossy().starts_with("renderD")).any(|device| {
        let driver = std::fs::read_link(device.path().join("device/driver"));
        driver.is_ok_and(|driver| {
            driver.file_name().is_some_and(|name| !WITHOUT_CARD.contains(&&*name.to_string_lossy()))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;
    use tempfile::TempDir;

    /// A tree of devices, each with its driver, as Linux shows them.
    fn devices(listed: &[(&str, &str)]) -> TempDir {
        let tree = tempfile::tempdir().unwrap();
        for (device, driver) in listed {
            let real = tree.path().join("devices").join(device);
            std::fs::create_dir_all(&real).unwrap();
            symlink(format!("../../../bus/drivers/{driver}"), real.join("driver")).unwrap();
            let class = tree.path().join("class").join(device);
            std::fs::create_dir_all(&class).unwrap();
            symlink(real, class.join("device")).unwrap();
        }
        tree
    }

    fn drawing(setting: Option<&str>, listed: &[(&str, &str)]) -> Drawing {
        Drawing::of(setting, &devices(listed).path().join("class"))
    }

    #[test]
    fn a_card_draws_where_a_driver_with_one_renders() {
        for driver in ["amdgpu", "i915", "nouveau", "nvidia", "panfrost", "xe"] {
            assert_eq!(drawing(None, &[("card0", driver), ("renderD128", driver)]), Drawing::Card, "{driver}");
        }
        // A laptop whose screen hangs on a device that can't render, beside one that can; and a card passed on to a virtual machine.
        assert_eq!(drawing(None, &[("card0", "simple-framebuffer"), ("renderD128", "v3d")]), Drawing::Card);
        assert_eq!(drawing(None, &[("renderD128", "virtio_gpu"), ("renderD129", "nvidia")]), Drawing::Card);
    }

    #[test]
    fn the_processor_draws_where_none_does() {
        assert_eq!(drawing(None, &[]), Drawing::Processor);
        for driver in ["virtio_gpu", "vmwgfx"] {
            assert_eq!(drawing(None, &[("card0", driver), ("renderD128", driver)]), Drawing::Processor, "{driver}");
        }
        // Screens of servers and of firmware show and don't render.
        for driver in ["ast", "bochs-drm", "mgag200", "simple-framebuffer"] {
            assert_eq!(drawing(None, &[("card0", driver), ("card0-VGA-1", driver)]), Drawing::Processor, "{driver}");
        }
        let nowhere = devices(&[]).path().join("no class at all");
        assert_eq!(Drawing::of(None, &nowhere), Drawing::Processor);
    }

    #[test]
    fn a_setting_overrules_what_is_found() {
        let (card, none): (&[_], &[_]) = (&[("renderD128", "i915")], &[]);
        assert_eq!(drawing(Some("processor"), card), Drawing::Processor);
        assert_eq!(drawing(Some("card"), none), Drawing::Card);
        assert_eq!(drawing(Some("something else"), card), Drawing::Card);
        assert_eq!(drawing(Some("something else"), none), Drawing::Processor);
    }
}
