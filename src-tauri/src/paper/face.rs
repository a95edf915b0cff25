//! The fonts that papers are set in. They come with the program, so that a paper looks the same on every machine.

use resvg::usvg::fontdb::Database;
use rustybuzz::{Face, UnicodeBuffer};
use std::sync::{Arc, LazyLock};
use unicode_script::{Script, UnicodeScript};

/// How strong a text is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    Regular,
    Strong,
}

/// A family of letters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Family {
    /// Latin, Greek and Cyrillic.
    Latin,
    /// Arabic, and Latin beside it.
    Arabic,
}

impl Weight {
    /// As CSS counts it.
    pub(super) const fn number(self) -> u16 {
        match self {
            Weight::Regular => 400,
            Weight::Strong => 600,
        }
    }
}

impl Family {
    /// The one that a text is set in: a letter that it lacks is taken from the other, in regular weight.
    pub(super) fn of(text: &str) -> Family {
        if text.chars().any(|letter| letter.script() == Script::Arabic) { Family::Arabic } else { Family::Latin }
    }

    /// As the fonts name it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Family::Latin => "IBM Plex Sans",
            Family::Arabic => "IBM Plex Sans Arabic",
        }
    }
}

const FONTS: [(Family, Weight, &[u8]); 4] = [
    (Family::Latin, Weight::Regular, include_bytes!("../../fonts/IBMPlexSans-Regular.ttf")),
    (Family::Latin, Weight::Strong, include_bytes!("../../fonts/IBMPlexSans-SemiBold.ttf")),
    (Family::Arabic, Weight::Regular, include_bytes!("../../fonts/IBMPlexSansArabic-Regular.ttf")),
    (Family::Arabic, Weight::Strong, include_bytes!("../../fonts/IBMPlexSansArabic-SemiBold.ttf")),
];

/// The shipped fonts, and no others.
pub(super) fn database() -> Arc<Database> {
    static DATABASE: LazyLock<Arc<Database>> = LazyLock::new(|| {
        let mut database = Database::new();
        for (_, _, data) in FONTS {
            database.load_font_data(data.to_vec());
        }
        Arc::new(database)
    });
    DATABASE.clone()
}

/// How wide a text is when it is set in that size, in the size's unit.
pub(super) fn width(text: &str, size: f32, weight: Weight) -> f32 {
    static FACES: LazyLock<Vec<(Family, Weight, Face<'static>)>> = LazyLock::new(|| {
        let face = |(family, weight, data)| Some((family, weight, Face::from_slice(data, 0)?));
        FONTS.into_iter().filter_map(face).collect()
    });
    let family = Family::of(text);
    let Some((_, _, face)) = FACES.iter().find(|(other, strength, _)| (*other, *strength) == (family, weight)) else {
        return 0.0;
    };
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    let shaped = rustybuzz::shape(face, &[], buffer);
    #[expect(clippy::cast_precision_loss, reason = "advances of one line of text")]
    let advance = shaped.glyph_positions().iter().map(|glyph| glyph.x_advance as f32).sum::<f32>();
    #[expect(clippy::cast_precision_loss, reason = "units of an em are some thousand")]
    let em = face.units_per_em() as f32;
    advance * size / em
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_font_is_found_by_the_name_and_weight_that_a_paper_asks_for() {
        let database = database();
        assert_eq!(database.faces().count(), FONTS.len());
        for (family, weight, _) in FONTS {
            let found = database.faces().find(|face| {
                face.weight.0 == weight.number() && face.families.iter().any(|(name, _)| name == family.name())
            });
            assert!(found.is_some(), "{} {weight:?}", family.name());
        }
    }

    #[test]
    fn a_text_is_as_wide_as_its_letters_and_joined_letters_are_narrower() {
        assert!(width("iii", 10.0, Weight::Regular) < width("MMM", 10.0, Weight::Regular));
        assert!(width("Total", 10.0, Weight::Regular) < width("Total", 10.0, Weight::Strong));
        let joined = width("المجموع", 10.0, Weight::Regular);
        let apart: f32 = "المجموع".chars().map(|letter| width(&letter.to_string(), 10.0, Weight::Regular)).sum();
        assert!(joined < apart, "{joined} {apart}");
        assert!((width("Total", 20.0, Weight::Regular) - 2.0 * width("Total", 10.0, Weight::Regular)).abs() < 0.01);
    }
}
