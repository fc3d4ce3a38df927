//! Properties of characters that affect a line: hidden, combining, wide, or written from right to left.
//!
//! The ranges are those of Unicode 16.

use std::format;
use std::string::String;

/// Begins an isolated part, which is laid out on its own in the direction of its first letter.
pub(super) const ISOLATE: char = '\u{2068}';
/// Ends an isolated part.
pub(super) const END_OF_ISOLATE: char = '\u{2069}';

/// Returns `true` if the character is invisible, or changes the look of its neighbours: `Default_Ignorable_Code_Point`,
/// `General_Category` `Cf`, `Zl` and `Zp`, and the letters that are blank. Variation selectors count as marks.
pub(super) fn is_hidden(character: char) -> bool {
    matches!(
        u32::from(character),
        0x00ad
            | 0x034f
            | 0x0600..=0x0605
            | 0x061c
            | 0x06dd
            | 0x070f
            | 0x0890..=0x0891
            | 0x08e2
            | 0x115f..=0x1160
            | 0x17b4..=0x17b5
            | 0x180b..=0x180f
            | 0x200b..=0x200f
            | 0x2028..=0x202e
            | 0x2060..=0x206f
            | 0x2800
            | 0x3164
            | 0xfeff
            | 0xffa0
            | 0xfff0..=0xfffb
            | 0x110bd
            | 0x110cd
            | 0x13430..=0x1343f
            | 0x13441..=0x13442
            | 0x1bca0..=0x1bca3
            | 0x1d159
            | 0x1d173..=0x1d17a
            | 0xe0000..=0xe00ff
            | 0xe01f0..=0xe0fff
    )
}

/// Returns `true` if the character combines with the one before it (`Grapheme_Extend`). The standard library escapes it
/// at the beginning of a text, and not after another character.
pub(super) fn is_mark(character: char) -> bool {
    let behind = || String::from_iter(['a', character]);
    character >= '\u{300}' && character.escape_debug().len() > 1 && behind().escape_debug().count() == 2
}

/// Returns the approximate number of columns of a character in a terminal. A wrong number only shifts a row.
pub(super) fn width(character: char) -> usize {
    match u32::from(character) {
        // Characters that are no marks, and blocks in which marks have a width of their own.
        0x00..=0x2ff | 0x0900..=0x0dff | 0x1b04..=0x1b44 | 0xff9e..=0xff9f => 1,
        0x1100..=0x115f
        | 0x231a..=0x231b
        | 0x2329..=0x232a
        | 0x23e9..=0x23ec
        | 0x23f0
        | 0x23f3
        | 0x25fd..=0x25fe
        | 0x2614..=0x2615
        | 0x2630..=0x2637
        | 0x2648..=0x2653
        | 0x267f
        | 0x268a..=0x268f
        | 0x2693
        | 0x26a1
        | 0x26aa..=0x26ab
        | 0x26bd..=0x26be
        | 0x26c4..=0x26c5
        | 0x26ce
        | 0x26d4
        | 0x26ea
        | 0x26f2..=0x26f3
        | 0x26f5
        | 0x26fa
        | 0x26fd
        | 0x2705
        | 0x270a..=0x270b
        | 0x2728
        | 0x274c
        | 0x274e
        | 0x2753..=0x2755
        | 0x2757
        | 0x2795..=0x2797
        | 0x27b0
        | 0x27bf
        | 0x2b1b..=0x2b1c
        | 0x2b50
        | 0x2b55
        | 0x2e80..=0x3029
        | 0x302e..=0x3098
        | 0x309b..=0xa4cf
        | 0xa960..=0xa97c
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe10..=0xfe19
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x16fe0..=0x18d08
        | 0x1aff0..=0x1b2fb
        | 0x1d300..=0x1d376
        | 0x1f004
        | 0x1f0cf
        | 0x1f18e
        | 0x1f191..=0x1f19a
        | 0x1f200..=0x1f265
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ if matches!(character, ISOLATE | END_OF_ISOLATE) || is_mark(character) => 0,
        _ => 1,
    }
}

/// Isolates a text that is written from right to left, in full or in part, so that it does not reorder its neighbours.
pub(super) fn isolated(text: String) -> String {
    if text.chars().any(is_right_to_left) { format!("{ISOLATE}{text}{END_OF_ISOLATE}") } else { text }
}

/// The blocks whose letters and digits are laid out from right to left.
fn is_right_to_left(character: char) -> bool {
    matches!(
        u32::from(character),
        0x0590..=0x08ff | 0xfb1d..=0xfdff | 0xfe70..=0xfefe | 0x10800..=0x10fff | 0x1e800..=0x1efff
    )
}

/// Ends the isolated part that a text leaves open.
pub(super) fn end_isolates(head: &mut String) {
    if head.matches(ISOLATE).count() > head.matches(END_OF_ISOLATE).count() {
        head.push(END_OF_ISOLATE);
    }
}

/// Begins the isolated part of which a text has only the end.
pub(super) fn begin_isolates(tail: &mut String) {
    if tail.matches(END_OF_ISOLATE).count() > tail.matches(ISOLATE).count() {
        tail.insert(0, ISOLATE);
    }
}
