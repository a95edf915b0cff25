//! Blocks laid out on a sheet, and the sheet as SVG.

use super::face::{Family, Weight, width};
use crate::domain::printer::Roll;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt::Write;
use unicode_segmentation::UnicodeSegmentation;

/// What is written on a paper, from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Block {
    /// One text, over as many lines as it needs.
    Text {
        text: Text,
        size: Size,
        weight: Weight,
        place: Place,
    },
    /// A word at the start and what it says at the end, on a line if both fit there.
    Pair {
        start: Text,
        end: Text,
        size: Size,
        weight: Weight,
    },
    /// Columns under their heads, for a sheet: a roll is too narrow for them.
    Table {
        head: Vec<Text>,
        rows: Vec<Vec<Text>>,
        /// The column that has what room the others leave, and is broken into lines.
        wide: usize,
    },
    /// A frame around a text: what must not be overlooked.
    Framed(Text),
    Rule,
    Space,
}

/// Whose words they are: that says in which direction they run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Text {
    /// Daybook's own, in the paper's language.
    Word(String),
    /// What people typed, in whatever script.
    Typed(String),
    /// Figures, dates, numbers of documents.
    Figure(String),
    /// Daybook's own, above a column of figures.
    Head(String),
}

impl Text {
    fn text(&self) -> &str {
        match self {
            Text::Word(text) | Text::Typed(text) | Text::Figure(text) | Text::Head(text) => text,
        }
    }

    /// The line as SVG has it, isolated (Unicode UAX #9) so that it runs in its own direction.
    fn isolated(&self, line: &str, direction: Direction) -> String {
        let opening = match (self, direction) {
            (Text::Word(_) | Text::Head(_), Direction::RightToLeft) => '\u{2067}',
            (Text::Word(_) | Text::Head(_), Direction::LeftToRight) | (Text::Figure(_), _) => '\u{2066}',
            (Text::Typed(_), _) => '\u{2068}',
        };
        format!("{opening}{}\u{2069}", escape(line))
    }
}

/// Where a text stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Start,
    Middle,
    End,
}

/// How large a text is set, of the sheet's own size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Small,
    Body,
    Large,
}

/// In which direction a language is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// As English is.
    LeftToRight,
    /// As Arabic is.
    RightToLeft,
}

/// What a paper is set for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// A roll of 58 mm, 48 of which are printed on: 384 dots.
    #[serde(rename = "roll_58")]
    Roll58,
    /// A roll of 80 mm, 72 of which are printed on: 576 dots.
    #[serde(rename = "roll_80")]
    Roll80,
    /// Sheets of 210 by 297 mm.
    A4,
}

impl From<Roll> for Format {
    fn from(roll: Roll) -> Format {
        match roll {
            Roll::Mm58 => Format::Roll58,
            Roll::Mm80 => Format::Roll80,
        }
    }
}

impl Format {
    /// How many points of 1/72 inch a unit is.
    pub(super) const fn points_a_unit(self) -> f32 {
        match self {
            // 8 dots a millimetre.
            Format::Roll58 | Format::Roll80 => 72.0 / (8.0 * 25.4),
            Format::A4 => 1.0,
        }
    }

    /// How many dots of a picture a unit is: a roll is printed dot by dot, a sheet is looked at, at 144 dots an inch.
    pub(super) const fn dots_a_unit(self) -> f32 {
        match self {
            Format::Roll58 | Format::Roll80 => 1.0,
            Format::A4 => 2.0,
        }
    }

    /// How wide it is, in dots of a roll or in points of a sheet.
    pub(super) const fn width(self) -> f32 {
        match self {
            Format::Roll58 => 384.0,
            Format::Roll80 => 576.0,
            Format::A4 => 595.0,
        }
    }

    /// How much of a page may be filled; a roll has no end.
    const fn height_max(self) -> Option<f32> {
        match self {
            Format::Roll58 | Format::Roll80 => None,
            Format::A4 => Some(842.0),
        }
    }

    const fn inset(self) -> f32 {
        match self {
            Format::Roll58 | Format::Roll80 => 8.0,
            Format::A4 => 56.0,
        }
    }

    /// A printer has 8 dots a millimetre, and what is smaller than 2.5 mm can't be read.
    const fn body(self) -> f32 {
        match self {
            Format::Roll58 => 23.0,
            Format::Roll80 => 26.0,
            Format::A4 => 10.0,
        }
    }

    fn size(self, size: Size) -> f32 {
        match size {
            Size::Small => self.body() * 0.85,
            Size::Body => self.body(),
            Size::Large => self.body() * 1.5,
        }
    }
}

/// A page of a paper.
#[derive(Debug, Clone)]
pub struct Page {
    /// In the format's unit.
    pub width: f32,
    /// In the format's unit.
    pub height: f32,
    /// Its SVG: text alone, that refers to nothing.
    pub svg: String,
}

/// Lays the blocks out, on as many pages as they need.
pub(super) fn set(blocks: &[Block], format: Format, direction: Direction) -> Vec<Page> {
    let mut setter = Setter { format, direction, y: format.inset(), marks: String::new(), pages: Vec::new() };
    for block in blocks {
        setter.put(block);
    }
    setter.turn_page();
    setter.pages
}

struct Setter {
    format: Format,
    direction: Direction,
    y: f32,
    marks: String,
    pages: Vec<Page>,
}

impl Setter {
    fn inner(&self) -> f32 {
        self.format.width() - 2.0 * self.format.inset()
    }

    fn put(&mut self, block: &Block) {
        match block {
            Block::Text { text, size, weight, place } => self.put_text(text, *size, *weight, *place),
            Block::Pair { start, end, size, weight } => self.put_pair(start, end, *size, *weight),
            Block::Table { head, rows, wide } => self.put_table(head, rows, *wide),
            Block::Framed(text) => self.put_framed(text),
            Block::Rule => {
                self.make_room(self.format.body());
                let y = self.y + self.format.body() * 0.4;
                let (left, right) = (self.format.inset(), self.format.width() - self.format.inset());
                let _ = write!(
                    self.marks,
                    r#"<path d="M{left} {y}H{right}" stroke="black" stroke-width="{}"/>"#,
                    self.format.body() / 13.0
                );
                self.y += self.format.body() * 0.8;
            }
            Block::Space => self.y += self.format.body() * 0.6,
        }
    }

    /// The second beside the last line of the first, or below it where a word of the first would have to be broken for that.
    fn put_pair(&mut self, start: &Text, end: &Text, size: Size, weight: Weight) {
        let points = self.format.size(size);
        let beside = self.inner() - width(end.text(), points, weight) - points;
        let longest = start.text().split_whitespace().map(|word| width(word, points, weight)).fold(0.0, f32::max);
        let fits = longest <= beside;
        let lines = wrap(start.text(), points, weight, if fits { beside } else { self.inner() });
        let last = lines.len() - 1;
        for (index, line) in lines.iter().enumerate() {
            let height = self.begin_line(size);
            self.write(start, line, size, weight, Place::Start);
            if fits && index == last {
                self.write(end, end.text(), size, weight, Place::End);
            }
            self.y += height;
        }
        if !fits {
            self.put_text(end, size, weight, Place::End);
        }
    }

    fn put_text(&mut self, text: &Text, size: Size, weight: Weight, place: Place) {
        for line in wrap(text.text(), self.format.size(size), weight, self.inner()) {
            let height = self.begin_line(size);
            self.write(text, &line, size, weight, place);
            self.y += height;
        }
    }

    /// Figures end at the end of their column whichever way the paper is read, so that their decimals stand below each other.
    fn put_table(&mut self, head: &[Text], rows: &[Vec<Text>], wide: usize) {
        let natural = |column: usize, size: f32| {
            let cells =
                rows.iter().filter_map(|row| row.get(column)).map(|cell| width(cell.text(), size, Weight::Regular));
            cells.fold(width(head[column].text(), size, Weight::Strong), f32::max)
        };
        let of_others = |size: f32| -> f32 {
            (0..head.len()).filter(|column| *column != wide).map(|column| natural(column, size) + size).sum()
        };
        let most = self.inner() * 0.7;
        let points = self.format.body() * (most / of_others(self.format.body())).min(1.0);
        let mut columns = Vec::new();
        let mut beside = 0.0;
        for column in 0..head.len() {
            let own = if column == wide { self.inner() - of_others(points) } else { natural(column, points) };
            let left = match self.direction {
                Direction::LeftToRight => self.format.inset() + beside,
                Direction::RightToLeft => self.format.width() - self.format.inset() - beside - own,
            };
            columns.push((left, own));
            beside += own + points;
        }
        self.put_row(head, &columns, (points, Weight::Strong));
        self.put(&Block::Rule);
        for row in rows {
            self.put_row(row, &columns, (points, Weight::Regular));
        }
    }

    fn put_row(&mut self, row: &[Text], columns: &[(f32, f32)], (points, weight): (f32, Weight)) {
        let cells: Vec<Vec<String>> = row
            .iter()
            .zip(columns)
            // A hair more than was measured: what fits exactly must not be broken.
            .map(|(cell, (_, own))| {
                cell.text().split('\n').flat_map(|line| wrap(line, points, weight, own + 0.5)).collect()
            })
            .collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or(0) {
            self.make_room(points * LEADING);
            for ((cell, lines), (left, own)) in row.iter().zip(&cells).zip(columns) {
                let Some(text) = lines.get(line).filter(|text| !text.is_empty()) else { continue };
                let ends_right =
                    matches!(cell, Text::Figure(_) | Text::Head(_)) || self.direction == Direction::RightToLeft;
                let (x, anchor) = if ends_right { (left + own, "end") } else { (*left, "start") };
                self.write_at(cell, text, (points, weight), (x, anchor));
            }
            self.y += points * LEADING;
        }
    }

    fn put_framed(&mut self, text: &Text) {
        let size = Size::Large;
        let lines = wrap(text.text(), self.format.size(size), Weight::Strong, self.inner() * 0.9);
        let line_height = self.format.size(size) * LEADING;
        #[expect(clippy::cast_precision_loss, reason = "a few lines")]
        let height = line_height * lines.len() as f32 + self.format.body() * 0.6;
        self.make_room(height + self.format.body());
        let (x, y) = (self.format.inset(), self.y + self.format.body() * 0.3);
        let _ = write!(
            self.marks,
            r#"<rect x="{x}" y="{y}" width="{}" height="{height}" fill="none" stroke="black" stroke-width="{}"/>"#,
            self.inner(),
            self.format.body() / 8.0
        );
        self.y = y + self.format.body() * 0.3;
        for line in lines {
            self.write(text, &line, size, Weight::Strong, Place::Middle);
            self.y += line_height;
        }
        self.y += self.format.body() * 0.9;
    }

    /// How high the line is that is begun here, on a new page where this one is full.
    fn begin_line(&mut self, size: Size) -> f32 {
        let height = self.format.size(size) * LEADING;
        self.make_room(height);
        height
    }

    fn make_room(&mut self, height: f32) {
        if self.format.height_max().is_some_and(|most| self.y + height > most - self.format.inset()) {
            self.turn_page();
        }
    }

    fn turn_page(&mut self) {
        let (width, inset) = (self.format.width(), self.format.inset());
        let height = self.format.height_max().unwrap_or((self.y + inset).ceil());
        let marks = std::mem::take(&mut self.marks);
        let svg = format!(
            r#"<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}"><rect width="{width}" height="{height}" fill="white"/><g fill="black">{marks}</g></svg>"#
        );
        self.pages.push(Page { width, height, svg });
        self.y = inset;
    }

    fn write(&mut self, text: &Text, line: &str, size: Size, weight: Weight, place: Place) {
        let points = self.format.size(size);
        let (left, right) = (self.format.inset(), self.format.width() - self.format.inset());
        let (x, anchor) = match (place, self.direction) {
            (Place::Middle, _) => (self.format.width() / 2.0, "middle"),
            (Place::Start, Direction::LeftToRight) | (Place::End, Direction::RightToLeft) => (left, "start"),
            (Place::End, Direction::LeftToRight) | (Place::Start, Direction::RightToLeft) => (right, "end"),
        };
        self.write_at(text, line, (points, weight), (x, anchor));
    }

    fn write_at(&mut self, text: &Text, line: &str, (points, weight): (f32, Weight), (x, anchor): (f32, &str)) {
        let _ = write!(
            self.marks,
            r#"<text x="{x}" y="{}" font-family="{}" font-size="{points}" font-weight="{}" text-anchor="{anchor}">{}</text>"#,
            self.y + points,
            Family::of(line).name(),
            weight.number(),
            text.isolated(line, self.direction)
        );
    }
}

/// The height of a line, of its letters' size: Arabic needs more than Latin.
const LEADING: f32 = 1.35;

/// The lines of a text that are at most so wide. A word that is wider is broken between its letters.
fn wrap(text: &str, size: f32, weight: Weight, most: f32) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&longer, size, weight) <= most {
            line = longer;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for letter in word.graphemes(true) {
            let longer = format!("{line}{letter}");
            if !line.is_empty() && width(&longer, size, weight) > most {
                lines.push(std::mem::replace(&mut line, letter.to_owned()));
            } else {
                line = longer;
            }
        }
    }
    lines.push(line);
    lines
}

/// Text as XML takes it, without what is no character of XML, and without what would turn the direction of its neighbours round:
/// a name that head office wrote may hold it.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{fffe}' | '\u{ffff}' => {}
            letter if letter.is_control() => {}
            letter => escaped.push(letter),
        }
    }
    escaped
}
