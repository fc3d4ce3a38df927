//! Inputs that once failed: with the crate as it was, or with a law broken by hand to see that it is seen.

use crate::engine::check;

fn scopes(bytes: &[u8]) {
    check::<crate::scopes::Input>(bytes);
}

fn sets(bytes: &[u8]) {
    check::<crate::sets::Input>(bytes);
}

#[test]
fn kept_inputs() {
    scopes(&[]);
    sets(&[]);
}
