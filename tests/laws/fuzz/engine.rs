//! Where inputs come from, and how one that fails is told.

use proptest::collection::vec;
use proptest::prelude::any;
use proptest::test_runner::{Config, RngSeed, TestError, TestRunner};
use std::cell::Cell;
use std::fmt::Debug;
use std::panic::catch_unwind;
use std::sync::Once;
use std::time::{Duration, Instant};

/// What bytes are read as. All bytes can be read.
pub trait Input: Debug {
    /// The function in `kept.rs` that checks one.
    const KEPT_BY: &str;

    fn read(bytes: &[u8]) -> Self;

    /// Panics if a law is broken.
    fn check(&self);
}

/// Without `WITHAL_FUZZ_SECONDS`, so many inputs are tried, and always the same.
const INPUTS: u32 = 20_000;
/// Names how many it is to be, for who asks whether there is a failure and not which: it is not made smaller then.
const FEW: &str = "WITHAL_FUZZ_INPUTS";
/// More than this is seldom read.
const LENGTH: usize = 160;

/// Tries random inputs, and makes one that fails smaller.
pub fn run<I: Input>() {
    let limit = std::env::var("WITHAL_FUZZ_SECONDS").ok();
    let Some(limit) = limit.map(|seconds| Duration::from_secs(seconds.parse().expect("a number of seconds"))) else {
        return search::<I>(RngSeed::Fixed(0));
    };
    let start = Instant::now();
    let mut inputs = 0_u64;
    while start.elapsed() < limit {
        search::<I>(RngSeed::Random);
        inputs += u64::from(INPUTS);
    }
    println!("{inputs} inputs of {} in {:?}", I::KEPT_BY, start.elapsed());
}

fn search<I: Input>(rng_seed: RngSeed) {
    let mut config = Config { cases: INPUTS, failure_persistence: None, rng_seed, ..Config::default() };
    if let Ok(few) = std::env::var(FEW) {
        config.cases = few.parse().expect("a number of inputs");
        config.max_shrink_iters = 0;
    }
    let passed = Cell::new(0);
    let found = silently(|| {
        TestRunner::new(config).run(&vec(any::<u8>(), 0..LENGTH), |bytes| {
            I::read(&bytes).check();
            passed.set(passed.get() + 1);
            Ok(())
        })
    });
    match found {
        Ok(()) => {}
        Err(TestError::Fail(_, bytes)) => {
            // Those that pass while the one that fails is made smaller count, too.
            println!("{} inputs passed before this one, which was made smaller", passed.get());
            check::<I>(&bytes);
        }
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// Checks one input, and tells what it is if it fails.
pub fn check<I: Input>(bytes: &[u8]) {
    listen();
    let checked = catch_unwind(|| I::read(bytes).check());
    let (input, kept_by) = (I::read(bytes), I::KEPT_BY);
    assert!(
        checked.is_ok(),
        "{input:#?}\nfails. To keep it, add this to tests/laws/fuzz/kept.rs:\n    {kept_by}(&{bytes:?});"
    );
}

thread_local! {
    static SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Panics that are only a step on the way to a smaller input print nothing.
fn silently<T>(search: impl FnOnce() -> T) -> T {
    listen();
    SILENT.set(true);
    let found = search();
    SILENT.set(false);
    found
}

fn listen() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        // The one of libFuzzer would end the process at a scripted panic.
        #[cfg(fuzzing)]
        drop(std::panic::take_hook());
        crate::world::quiet();
        let hook = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !SILENT.get() {
                hook(info);
            }
        }));
    });
}

/// One input of libFuzzer's: the first byte says what the others are read as.
#[cfg(fuzzing)]
pub fn guided(bytes: &[u8]) {
    let Some((first, bytes)) = bytes.split_first() else { return };
    let check = if first % 2 == 0 { check::<crate::fuzz::scopes::Input> } else { check::<crate::fuzz::sets::Input> };
    if catch_unwind(|| check(bytes)).is_err() {
        std::process::abort();
    }
}
