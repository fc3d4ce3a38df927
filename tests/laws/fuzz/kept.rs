//! Inputs that once failed: with the crate as it was, or with a law broken by hand to see that it is seen.

use crate::fuzz::engine::check;

fn scopes(bytes: &[u8]) {
    check::<crate::fuzz::scopes::Input>(bytes);
}

fn sets(bytes: &[u8]) {
    check::<crate::fuzz::sets::Input>(bytes);
}

#[test]
fn kept_inputs() {
    scopes(&[]);
    sets(&[]);
}

/// Two sets whose exits are dropped in flight: what is left in the later one is abandoned first.
#[test]
fn exactly_once_in_reverse() {
    sets(&[
        129, 169, 60, 159, 0, 0, 121, 20, 48, 104, 0, 0, 93, 0, 66, 217, 188, 0, 70, 0, 34, 141, 74, 61, 131, 0, 0, 25,
        0, 0, 1, 0, 0, 63, 0, 0, 217, 104, 0, 108, 0, 0, 120, 68, 193, 20, 0, 114, 0, 22, 69, 30, 36, 0, 0, 0, 0, 0, 0,
        0, 0, 0, 0,
    ]);
}

/// A pool with a limit from which members have exited early: the turns are among those that are left.
#[test]
fn fair_among_those_that_are_left() {
    sets(&[
        0, 0, 189, 49, 0, 0, 0, 0, 0, 105, 0, 0, 0, 0, 123, 7, 0, 0, 0, 3, 120, 0, 145, 20, 48, 0, 0, 41, 165, 6, 89,
        193, 90, 0, 0, 0, 0, 241, 31, 0, 0, 0, 0, 11, 126, 0, 24, 0, 121, 47, 32, 0, 0, 1, 37, 0, 0, 0, 15, 1, 254, 49,
        20, 0, 0, 0, 0, 81, 11, 0, 0, 0, 9, 126, 0, 0, 0, 0, 119, 0, 131, 0, 0, 119, 0, 63, 0, 0, 0, 0, 1, 0, 0, 0, 0,
        0, 131, 0, 0, 0, 189, 0,
    ]);
}

/// A tuple in order of which a member has ended in the first round: a round goes through those that have started.
#[test]
fn rounds_of_a_limited_tuple() {
    scopes(&[
        21, 1, 0, 0, 5, 0, 0, 0, 17, 4, 14, 129, 24, 52, 154, 9, 103, 132, 72, 88, 163, 125, 12, 25, 0, 165, 68, 9, 0,
        208, 78, 0, 0, 53, 0, 0, 40, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]);
}
