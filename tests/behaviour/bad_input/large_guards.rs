//! A guard of 1 MiB: laws `exactly-once` and `guard-kept`. It is moved, never copied, and needs room wherever it is
//! moved to: without optimization that is some 50 MiB of stack for one member and 70 for a pair, up to two and a half
//! times what plain `async fn`s take that make it and pass it on. In a `Box` it is no different from any other guard.

use withal::{Outcome, Resource, ResourceExt};
use withal_common::{Log, pend, run};

const MIB: usize = 1 << 20;

type Large = [u8; MIB];

struct Buffer(Log);

impl Resource for Buffer {
    type Guard = Large;
    type Error = String;

    #[expect(clippy::large_stack_arrays, reason = "it is what this is about")]
    async fn enter(&mut self) -> Result<Large, String> {
        pend(1).await;
        Ok([1; MIB])
    }

    async fn exit(&mut self, guard: Large, _: Outcome<'_>) -> Result<(), String> {
        pend(1).await;
        self.0.add(format!("exit {}", guard[MIB - 1]));
        Ok(())
    }
}

/// The same, on the heap.
struct Boxed(Log);

impl Resource for Boxed {
    type Guard = Box<[u8]>;
    type Error = String;

    async fn enter(&mut self) -> Result<Box<[u8]>, String> {
        Ok(vec![1; MIB].into())
    }

    async fn exit(&mut self, guard: Box<[u8]>, _: Outcome<'_>) -> Result<(), String> {
        self.0.add(format!("exit {}", guard[MIB - 1]));
        Ok(())
    }
}

fn on_a_large_stack(test: fn()) {
    std::thread::Builder::new().stack_size(128 * MIB).spawn(test).unwrap().join().unwrap();
}

#[test]
fn exactly_once_with_a_large_guard() {
    on_a_large_stack(|| {
        let log = Log::default();
        run(Buffer(log.clone()).scope(async |bytes| {
            bytes[MIB - 1] = 2;
            anyhow::Ok(())
        }))
        .unwrap();
        assert_eq!(log.take(), ["exit 2"]);
    });
}

#[test]
fn exactly_once_with_two_large_guards() {
    on_a_large_stack(|| {
        let log = Log::default();
        run((Buffer(log.clone()), Buffer(log.clone())).scope(async |(a, b)| {
            (a[MIB - 1], b[MIB - 1]) = (2, 3);
            anyhow::Ok(())
        }))
        .unwrap();
        assert_eq!(log.take(), ["exit 2", "exit 3"]); // the second round begins with the first one
    });
}

/// On the stack that every test has.
#[test]
fn exactly_once_with_large_guards_on_the_heap() {
    let log = Log::default();
    let buffers = (0..12).map(|_| Boxed(log.clone())).collect::<Vec<_>>();
    run(buffers.scope(async |all| {
        all[0][MIB - 1] = 2;
        anyhow::Ok(())
    }))
    .unwrap();
    assert_eq!(log.take(), [vec!["exit 1"; 11], vec!["exit 2"]].concat());
}
