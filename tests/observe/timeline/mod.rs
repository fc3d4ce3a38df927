//! What a timeline records, by a clock that is moved by hand.

mod in_flight;
#[cfg(feature = "std")]
mod nested;
mod phases;
mod several;

use withal::timeline::End;

/// New ends may come: who looks at them all has an arm for the others.
#[test]
fn the_kinds_of_ends_can_grow() {
    #[deny(unreachable_patterns, reason = "it is reachable as the kinds are `#[non_exhaustive]`")]
    fn went_well(end: End) -> Option<bool> {
        match end {
            End::Done => Some(true),
            End::Dropped | End::Late | End::Failed | End::Panicked => Some(false),
            _ => None,
        }
    }
    assert_eq!(went_well(End::Done), Some(true));
}
