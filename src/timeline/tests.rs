use crate::timeline::ScopeRecord;
use crate::timeline::label::Label;
use crate::timeline::scale::Scale;
use crate::timeline::words::{ASCII, UNICODE, clean, columns, short, units};
use std::format;
use std::string::ToString;
use std::time::Duration;
use std::vec::Vec;

#[test]
fn times_have_three_digits_and_the_unit_that_suits_them() {
    let table = [
        (0, "0 s"),
        (1, "1 ns"),
        (999, "999 ns"),
        (1_000, "1 us"),
        (1_234, "1.23 us"),
        (9_996, "10 us"),
        (12_345, "12.3 us"),
        (999_499, "999 us"),
        (999_500, "1 ms"),
        (50_000_000, "50 ms"),
        (999_999_999, "1 s"),
        (3_204_999_999, "3.2 s"),
        (3_205_000_000, "3.21 s"),
        (59_949_999_999, "59.9 s"),
        (59_950_000_000, "1 min"),
        (60_000_000_000, "1 min"),
        (61_499_999_999, "1 min 1 s"),
        (3_599_499_999_999, "59 min 59 s"),
        (3_599_500_000_000, "1 h"),
        (5_430_000_000_000, "1 h 30 min"),
        (86_400_000_000_000, "1 d"),
        (180_000_000_000_000, "2 d 2 h"),
    ];
    for (nanos, words) in table {
        assert_eq!(units(Duration::from_nanos(nanos), ASCII), words);
    }
    assert_eq!(units(Duration::from_micros(5), UNICODE), "5 \u{b5}s");
    assert_eq!(units(Duration::MAX, ASCII), "213503982334601 d 7 h");
}

#[test]
fn names_keep_both_ends_and_the_path() {
    let label = Label::new(&[0, 12], "cluster/eu-west/redis-17");
    assert_eq!(label.within(40, ASCII), "[0, 12] cluster/eu-west/redis-17");
    assert_eq!(label.within(24, ASCII), "[0, 12] cluster..edis-17");
    assert_eq!(label.within(24, UNICODE), "[0, 12] cluster\u{2026}redis-17");
    assert_eq!(label.within(12, ASCII), "[0, 1..is-17", "there is no room left for the name");
    for most in 0..40 {
        assert!(columns(&label.within(most, ASCII)) <= most.max(2), "{most}");
    }
    assert_eq!(Label::new(&[], "").in_full(ASCII), "");
}

#[test]
fn wide_characters_take_two_columns_and_none_is_cut_in_two() {
    assert_eq!(columns("数据库 cafe\u{301} 🦀"), 3 * 2 + 6 + 2);
    assert_eq!(short("数据库连接池", 12, UNICODE), "数据库连接池");
    assert_eq!(short("数据库连接池", 10, UNICODE), "数据\u{2026}接池");
    assert_eq!(short("数据库连接池", 11, UNICODE), "数据\u{2026}连接池");
    assert_eq!(short("数据库连接池", 3, UNICODE), "\u{2026}池");
}

/// What is left out at an end takes the marks with it that stand on what is left out.
#[test]
fn no_mark_stands_on_what_tells_that_something_is_left_out() {
    assert_eq!(short("abcdefge\u{301}\u{302}h", 4, ASCII), "a..h");
    assert_eq!(short("e\u{301}bcdefg\u{5d0}\u{5b8}", 4, ASCII), "e\u{301}..\u{5d0}\u{5b8}");
}

/// Names are as wide as they look, or are taken for wider.
#[test]
fn pictures_and_marks_of_all_scripts_have_their_width() {
    assert_eq!(columns("⚡✅⌚🚀㊀ꥠ\u{17000}"), 14);
    assert_eq!(
        columns("\u{5e9}\u{5b8}\u{5c1} \u{e01}\u{e34}\u{e48} \u{4e00}\u{fe00} \u{633}\u{64e}"),
        1 + 1 + 1 + 1 + 2 + 1 + 1
    );
    assert_eq!(columns("\u{995}\u{9be}\u{1b35}\u{ff76}\u{ff9e}"), 5);
}

/// All that Unicode calls `Default_Ignorable_Code_Point`, `Cf`, `Zl` or `Zp`, and blank letters; but for variation
/// selectors, which are marks.
#[test]
fn nothing_is_hidden_in_a_text() {
    let ranges = [
        '\u{ad}'..='\u{ad}',
        '\u{34f}'..='\u{34f}',
        '\u{600}'..='\u{605}',
        '\u{61c}'..='\u{61c}',
        '\u{6dd}'..='\u{6dd}',
        '\u{70f}'..='\u{70f}',
        '\u{890}'..='\u{891}',
        '\u{8e2}'..='\u{8e2}',
        '\u{115f}'..='\u{1160}',
        '\u{17b4}'..='\u{17b5}',
        '\u{180b}'..='\u{180f}',
        '\u{200b}'..='\u{200f}',
        '\u{2028}'..='\u{202e}',
        '\u{2060}'..='\u{206f}',
        '\u{2800}'..='\u{2800}',
        '\u{3164}'..='\u{3164}',
        '\u{feff}'..='\u{feff}',
        '\u{ffa0}'..='\u{ffa0}',
        '\u{fff0}'..='\u{fffb}',
        '\u{110bd}'..='\u{110bd}',
        '\u{110cd}'..='\u{110cd}',
        '\u{13430}'..='\u{1343f}',
        '\u{1bca0}'..='\u{1bca3}',
        '\u{1d173}'..='\u{1d17a}',
        '\u{e0000}'..='\u{e00ff}',
        '\u{e01f0}'..='\u{e0fff}',
    ];
    for character in ranges.into_iter().flatten() {
        let hidden = format!("a{character}b");
        assert_eq!(clean(&hidden), format!("a{}b", character.escape_unicode()));
    }
}

/// A few marks stand on a character; they neither cover the lines around it, nor stand on what is not theirs.
#[test]
fn no_marks_pile_up_in_a_text() {
    for plain in
        ["e\u{323}\u{301}", "\u{26a0}\u{fe0f}", "\u{5e9}\u{5b8}\u{5c1}\u{591}", "1\u{fe0f}\u{20e3} \u{995}\u{9be}"]
    {
        assert_eq!(clean(plain), plain);
    }
    for mark in ["\u{301}", "\u{489}", "\u{e49}", "\u{fe0f}", "\u{e0100}", "\u{1e8d0}"] {
        let escaped = mark.escape_unicode().to_string();
        assert_eq!(clean(&format!("a{}b", mark.repeat(7))), format!("a{}{}b", mark.repeat(4), escaped.repeat(3)));
        assert_eq!(clean(&format!("{mark}a")), format!("{escaped}a"), "it would stand on what is before the text");
        assert_eq!(clean(&format!("a\t{mark}")), format!("a\\t{escaped}"), "it would stand on what is escaped");
    }
}

#[test]
fn nothing_in_a_text_moves_or_turns_its_neighbours() {
    assert_eq!(clean("a\tb\r\n\u{1b}[31m\u{7f}\u{85}"), "a\\tb\\r\\n\\u{1b}[31m\\u{7f}\\u{85}");
    assert_eq!(clean("\u{202e}evil\u{200b}\u{feff}"), "\\u{202e}evil\\u{200b}\\u{feff}");
    assert_eq!(clean("plain, \"quoted\" \\ and <é>"), "plain, \"quoted\" \\ and <é>");
}

#[test]
fn ticks_are_round_and_not_many() {
    let ticks = |total: Duration, most| {
        let mut scope = ScopeRecord::new("", Duration::ZERO);
        scope.closed = Some((total, crate::OutcomeKind::Completed));
        let ticks: Vec<_> = Scale::of(&scope, total).ticks(most).collect();
        assert!(ticks.len() <= most.max(1) + 1, "{ticks:?}");
        ticks.iter().map(|tick| units(*tick, ASCII)).collect::<Vec<_>>().join(", ")
    };
    let seconds = Duration::from_secs;
    assert_eq!(ticks(Duration::ZERO, 5), "0 s");
    assert_eq!(ticks(Duration::from_nanos(7), 5), "0 s, 2 ns, 4 ns, 6 ns");
    assert_eq!(ticks(Duration::from_millis(3400), 5), "0 s, 1 s, 2 s, 3 s");
    assert_eq!(ticks(seconds(5), 5), "0 s, 1 s, 2 s, 3 s, 4 s, 5 s");
    assert_eq!(ticks(seconds(90), 6), "0 s, 20 s, 40 s, 1 min, 1 min 20 s");
    assert_eq!(ticks(seconds(4000), 5), "0 s, 30 min, 1 h");
    assert_eq!(ticks(seconds(20 * 86_400), 5), "0 s, 5 d, 10 d, 15 d, 20 d");
    assert_eq!(ticks(seconds(1), 0), "0 s, 1 s");
    ticks(Duration::from_nanos(u64::MAX), 5);
    ticks(Duration::MAX, 5);
}
