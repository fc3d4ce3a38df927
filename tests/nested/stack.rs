//! The stack that nested scopes take. In a build without optimisation each move of the body's future is a copy on the
//! stack, and what is below it stays there while the body is polled.

use std::hint::black_box;
use std::thread;
use withal::{BoxError, ResourceExt, defer};
use withal_common::run;

const BIG: usize = 50_000;

/// A body whose future is big, and which is polled twice.
#[expect(clippy::large_types_passed_by_value, reason = "it is what the test is about")]
async fn body(big: [u8; BIG]) -> Result<u8, BoxError> {
    withal_common::pend(1).await;
    Ok(black_box(&big)[BIG - 1])
}

macro_rules! scope {
    ($body:expr) => {
        defer(async |_| Ok(())).scope(async move |()| $body.await)
    };
}

/// Threads have 2 MiB, also those of tokio and of tests.
#[test]
#[expect(clippy::large_stack_arrays, reason = "it is what the test is about")]
fn three_scopes_around_a_big_body_fit() {
    let main = thread::Builder::new().stack_size(16 << 20);
    let scopes = || {
        let scopes = Box::pin(scope!(scope!(scope!(body([7; BIG])))));
        let polling = thread::Builder::new().stack_size(2 << 20);
        polling.spawn(move || run(scopes)).unwrap().join().unwrap()
    };
    assert_eq!(main.spawn(scopes).unwrap().join().unwrap().unwrap(), 7);
}
