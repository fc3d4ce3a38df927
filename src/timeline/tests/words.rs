use crate::timeline::ScopeRecord;
use crate::timeline::label::Label;
use crate::timeline::scale::Scale;
use crate::timeline::words::{ASCII, UNICODE, clean, columns, short, units};
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
    assert_eq!(Label::new(&[], "").to_string(), "");
}

#[test]
fn wide_characters_take_two_columns_and_none_is_cut_in_two() {
    assert_eq!(columns("数据库 cafe\u{301} 🦀"), 3 * 2 + 6 + 2);
    assert_eq!(short("数据库连接池", 12, UNICODE), "数据库连接池");
    assert_eq!(short("数据库连接池", 10, UNICODE), "数据\u{2026}接池");
    assert_eq!(short("数据库连接池", 11, UNICODE), "数据\u{2026}连接池");
    assert_eq!(short("数据库连接池", 3, UNICODE), "\u{2026}池");
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
