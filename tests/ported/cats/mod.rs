//! After the tests of `Resource` in cats-effect 3: the behaviour, not the text.
//!
//! `flatMap` is `then`, `traverse` is `in_order`, `both` is a pair, `allocated` is a stack that leaves its scope, an
//! exit case is an outcome, and a fiber that is cancelled is a scope `until` a signal, or one that is dropped on a
//! reaper.

mod acquire;
mod allocated;
mod both;
mod choose;
mod depth;
mod laws;
mod nest;

// What does not carry over, and why:
//
// - `mapK`, `liftK`, `surroundK`, `evalOn`: there is one effect, the future, and a scope runs where it is awaited. For
//   the
//   same reason there is no lookup of the executor in an acquire or a release.
// - `map`, `evalMap` on the value alone: no adaptor changes the guard (law `guard-kept`). `then` adds to it.
// - `surround`, `use_`: a body that ignores its guard.
// - `attempt`, `handleErrorWith`, `orElse` as adaptors: what fails to enter is an `Err` of `stack.enter(..)`, and the
//   body
//   goes on as it likes; see `choose`. What the first of two alternatives had acquired is released before the second
//   one
//   is tried, and told `EnterFailed`; there, it is released at the end, and told how the use ended.
// - The monoid of resources, and `combineK` of an effect that combines otherwise: guards are not combined, but a tuple.
// - `uncancelable` with its `poll`, inside one acquire: whether an acquire may be interrupted is a policy of a group,
//   by
//   `fail_fast`. So is `onCancel` of an acquire: what it would clean up belongs in the enter's own locals.
// - The laws of `MonadCancel` and `Spawn` on effects that are no resources, and `start`: a scope spawns nothing. A
//   fiber in
//   the background is a member whose exit awaits it; see what Arrow's tests say of tasks.
// - `race` as a combinator, and `memoize`: they are a `select`, and a cell, in the body of a pool or stack; see
//   `choose`.
// - `async` and `cont`, whose callback is called in a resource: nothing here is called back.
// - Chains of 50,000 nested binds, and of as many resources within resources: each level of futures that contain each
//   other is a level of the stack, boxed or not, as in all of async Rust. A loop over a stack, or a list, has no
//   levels;
//   see `depth`.
// - Cancelling a scope cancels the scopes in its body, there: they are released, the inner ones first. Here the body is
//   dropped, and so are the scopes in it; see `nest`. A signal that both an outer and an inner scope wait for does not
//   help: as soon as the inner one waits for its exits, the outer one drops it.
