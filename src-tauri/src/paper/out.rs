//! Pages as PNG, as PDF, and as what a receipt printer takes.

use super::face::database;
use super::sheet::Page;
use crate::kernel::{Code, Fault, Result};
use krilla::geom::Size;
use krilla::page::PageSettings;
use krilla_svg::{SurfaceExt, SvgSettings};
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};
use std::fmt::Debug;

fn undrawable(cause: impl Debug) -> Fault {
    Fault::new(Code::Internal, "The paper can't be drawn.").because(format!("{cause:?}"))
}

fn tree(page: &Page) -> Result<Tree> {
    // Nothing else is loaded: neither fonts of the machine nor a file that an image would refer to.
    let options = Options { fontdb: database(), resources_dir: None, ..Options::default() };
    Tree::from_str(&page.svg, &options).map_err(undrawable)
}

fn pixels(page: &Page, dots_a_unit: f32) -> Result<Pixmap> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a paper's length, above zero")]
    let dots = |length: f32| (length * dots_a_unit).ceil() as u32;
    let mut pixels =
        Pixmap::new(dots(page.width), dots(page.height)).ok_or_else(|| undrawable("the page is too long"))?;
    resvg::render(&tree(page)?, Transform::from_scale(dots_a_unit, dots_a_unit), &mut pixels.as_mut());
    Ok(pixels)
}

pub(super) fn png(page: &Page, dots_a_unit: f32) -> Result<Vec<u8>> {
    pixels(page, dots_a_unit)?.encode_png().map_err(undrawable)
}

pub(super) fn pdf(pages: &[Page], points_a_unit: f32) -> Result<Vec<u8>> {
    let mut document = krilla::Document::new();
    for page in pages {
        let (width, height) = (page.width * points_a_unit, page.height * points_a_unit);
        let (Some(settings), Some(size)) = (PageSettings::from_wh(width, height), Size::from_wh(width, height)) else {
            return Err(undrawable("the page has no size"));
        };
        let mut sheet = document.start_page_with(settings);
        let mut surface = sheet.surface();
        surface
            .draw_svg(&tree(page)?, size, SvgSettings::default())
            .ok_or_else(|| undrawable("the page is not drawn"))?;
        surface.finish();
        sheet.finish();
    }
    document.finish().map_err(undrawable)
}

/// `ESC @`: the printer forgets what it was told before.
const RESET: &[u8] = b"\x1b@";
/// `GS v 0`, in single density: a picture follows, its width in bytes and its height in dots first.
const PICTURE: &[u8] = b"\x1dv0\x00";
/// `GS V 66 0`: feeds to the knife, and cuts.
const CUT: &[u8] = b"\x1dV\x42\x00";
/// `ESC p 0 25 250`: 50 ms on and 500 ms off, to the first pin of the drawer's socket.
const DRAWER: &[u8] = b"\x1bp\x00\x19\xfa";
/// How many rows of dots a picture has: printers of little memory take no more.
const PICTURE_ROWS_MAX: usize = 128;

/// Pictures and nothing else, so that no text of anybody's is ever read as a command.
pub(super) fn escpos(pages: &[Page], dots_a_unit: f32, opens_drawer: bool) -> Result<Vec<u8>> {
    let mut sent = RESET.to_vec();
    for page in pages {
        let pixels = pixels(page, dots_a_unit)?;
        let width = usize::try_from(pixels.width()).map_err(undrawable)?;
        let rows: Vec<Vec<u8>> =
            pixels
                .pixels()
                .chunks(width)
                .map(|row| {
                    // Papers are black on white: any of the colours tells.
                    row.chunks(8)
                        .map(|dots| {
                            dots.iter().enumerate().fold(0, |byte, (place, dot)| {
                                if dot.green() < 128 { byte | (0x80 >> place) } else { byte }
                            })
                        })
                        .collect()
                })
                .collect();
        for picture in rows.chunks(PICTURE_ROWS_MAX) {
            sent.extend(PICTURE);
            for length in [width.div_ceil(8), picture.len()] {
                sent.extend(u16::try_from(length).map_err(undrawable)?.to_le_bytes());
            }
            picture.iter().for_each(|row| sent.extend(row));
        }
        sent.extend(CUT);
    }
    if opens_drawer {
        sent.extend(DRAWER);
    }
    Ok(sent)
}
