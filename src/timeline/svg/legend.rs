use super::row::{draw_mark, shape};
use super::sheet::{CHARACTER, MARGIN, ROW, Sheet};
use crate::timeline::segment::{Kind, Mark};

/// Draws the legend of the shapes, and of the letters that were drawn.
pub(super) fn draw(sheet: &mut Sheet) {
    let mut x = MARGIN;
    for kind in Kind::ALL {
        let (class, height) = shape(kind);
        let y = sheet.y + (ROW - height) / 2;
        sheet.put(format_args!(
            "<rect class=\"{class}\" x=\"{x}\" y=\"{y}\" width=\"24\" height=\"{height}\" rx=\"{}\"/>\n",
            height / 6
        ));
        x = draw_word(sheet, x + 32, kind.word());
    }
    for mark in Mark::ALL {
        if sheet.marks.contains(&mark) {
            draw_mark(sheet, mark, (x + 7) * 10);
            x = draw_word(sheet, x + 20, mark.word());
        }
    }
    sheet.down(ROW);
}

/// Draws a word, and returns the position after it.
fn draw_word(sheet: &mut Sheet, x: usize, word: &str) -> usize {
    sheet.text(x, "k", word);
    x + (word.len() * CHARACTER).div_ceil(10) + 18
}
