//! `async with`, for all of them at once: one scope over many async resources.
//!
//! The members are entered concurrently, the body runs, the members are exited concurrently, and nothing that was
//! entered is ever left behind: on success, error, panic, and when the future is dropped.
//!
//! ```
//! use std::convert::Infallible;
//! use withal::{Outcome, Resource, ResourceExt};
//!
//! struct Vm(&'static str);
//!
//! impl Resource for Vm {
//!     type Guard = String;
//!     type Error = Infallible;
//!
//!     async fn enter(&mut self) -> Result<String, Infallible> {
//!         Ok(format!("{} is up", self.0))
//!     }
//!
//!     async fn exit(&mut self, guard: String, outcome: Outcome<'_>) -> Result<(), Infallible> {
//!         println!("{guard} no more: {outcome:?}");
//!         Ok(())
//!     }
//! }
//!
//! #[tokio::main]
//! async fn main() -> anyhow::Result<()> {
//!     let task = tokio::spawn(async {
//!         (Vm("a"), Vm("b"))
//!             .scope(async |(a, b)| {
//!                 println!("{a}, {b}");
//!                 anyhow::Ok(a.len() + b.len())
//!             })
//!             .await
//!     });
//!     assert_eq!(task.await??, 14);
//!     Ok(())
//! }
//! ```
//!
//! # What happens on each path
//!
//! | path | enters | body | exits | outcome | `scope` returns |
//! |---|---|---|---|---|---|
//! | success | all at once | runs | all at once | `Completed` | the body's value |
//! | the body fails | all at once | runs | all at once | `Failed` | the body's error as it is |
//! | the body panics | all at once | is caught | all at once | `Panicked` | the panic resumes |
//! | an enter fails | the others settle; under `fail_fast` they are dropped | is dropped | all members that entered | `EnterFailed` | a [`ScopeError`] |
//! | an enter panics | the others settle; under `fail_fast` they are dropped | is dropped | all members that entered | `Panicked` | the panic resumes |
//! | an exit fails | | | the others continue | as above | a [`ScopeError`] with every failure, and the body's error |
//! | an exit panics | | | the others continue | as above | the panic resumes, after the last exit |
//! | the work of a member fails, see [`background`] | | is given up | all at once | `MemberFailed` | a [`ScopeError`], with that failure first |
//! | the signal of [`until`](Scope::until) fires | settle | is given up | all members that entered | `Cancelled` | a [`ScopeError`] |
//! | the signal of [`abandon_on`](Scope::abandon_on) fires | those in flight are dropped | is dropped | those in flight are dropped; the other members are [abandoned](Resource::abandon) | | a [`ScopeError`] that names each of them |
//! | dropped while entering | those in flight are dropped | is dropped | members that entered are abandoned | | |
//! | dropped in the body | | is dropped | all members are abandoned | | |
//! | dropped while exiting | | | those in flight are dropped, with their guards ([`exit_dropped`](Resource::exit_dropped)); the other members are abandoned | | |
//! | dropped, [`on`](Scope::on) a reaper | settle there | is dropped | all members that entered, there | `Cancelled` | |
//!
//! A body that is given up is dropped once the [scopes within it](when_the_future_is_dropped#scopes-within-the-body)
//! are out: they are cancelled first, innermost first, and awaited.
//!
//! [`Scope::run`] and [`ResourceExt::scope`] return one value or one error. [`Scope::report`] returns everything that
//! happened, including the body's value if an exit failed.
//!
//! # What can be in a scope
//!
//! | resource | the body receives `&mut` | in a group |
//! |---|---|---|
//! | a type of your own | its `Guard` | at its position |
//! | a tuple of 1 to 12 | the tuple of guards: `async \|(a, b)\| ..` | its members are part of the outer group's set |
//! | `[R; N]` | `[R::Guard; N]` | its members are part of the outer group's set |
//! | `Vec<R>` | `Vec<R::Guard>` | its members are part of the outer group's set |
//! | `BTreeMap<K, R>` | `BTreeMap<K, R::Guard>` | its members are part of the outer group's set, named by their keys |
//! | `Option<R>` | `Option<R::Guard>` | no position of its own |
//! | `Box<R>`, `&mut R` | `R::Guard` | no position of its own |
//! | `()` | `()` | nothing to enter |
//! | [`in_order`](ResourceExt::in_order) | the guard of its group | its members are entered one by one, and exited in reverse |
//! | [`retry_with`] | the guard of the resource that each attempt creates | at its position |
//! | [`then`](ResourceExt::then) | the guards `(A, B)` | entered one by one, exited in reverse |
//! | [`ExitStack`], [`ExitPool`] | [`OpenStack`], [`OpenPool`]: enter more in the body | its members one by one in reverse, or all at once |
//! | [`resource`], [`around`], [`adopt`], [`defer`] | the guard of the closures | at its position; it can be entered once: for more attempts there is [`retry_with`] |
//! | [`background`], [`watch`](ResourceExt::watch) | the guard | a member that works while it is up, and whose death stops the body |
//! | [`shared`](shared()) | [`SharedGuard`], which derefs to the guard | at its position; clones of it can be in many scopes |
//! | `local`, with the feature | `LocalGuard`, on its thread | at its position; it need not be `Send` |
//!
//! Adaptors keep the guard: [`in_order`](ResourceExt::in_order), [`fail_fast`](ResourceExt::fail_fast),
//! [`limit`](ResourceExt::limit), [`named`](ResourceExt::named), [`map_err`](ResourceExt::map_err),
//! [`boxed`](ResourceExt::boxed), [`enter_within`](ResourceExt::enter_within),
//! [`exit_within`](ResourceExt::exit_within), [`retry`](ResourceExt::retry), [`ready_when`](ResourceExt::ready_when)
//! and [`watch`](ResourceExt::watch).
//!
//! # Where to look
//!
//! - [`Resource`]: the trait, with the duties of both sides.
//! - [`ResourceExt`]: [`scope`](ResourceExt::scope) and the adaptors.
//! - [`Scope`]: a scope with options, and [`Report`].
//! - [`Opened`]: a scope that is owned, as the field of a struct or the state of a server, by [`Scope::open`].
//! - [`Shared`]: a resource of several scopes, by [`shared`](shared()).
//! - [`Failures`] and [`ScopeError`]: the errors, in words that a person can act on.
//! - [`Reaper`]: finishes a dropped scope on a runtime.
//! - `shield` and `cancelled`: a region of a body that runs to its end, and the time for it to wrap up.
//! - [`Outcome`] and [`Cause`]: what an exit receives.
//! - [`Observe`], with [`Event`] and [`EventKind`]: receives what begins and ends in a scope, by [`Scope::observe`].
//!   `Timeline` is one, with the feature `timeline`, and the page `spans` describes the spans of `tracing`.
//! - [`Handle`] and [`Taken`]: a member of an open stack or pool, and one that was moved out of it.
//! - [`SendBody`], [`AsyncBody`], [`SendExit`], [`SendDefer`], [`SendCheck`], [`BodyError`], [`Group`], [`OnDrop`]:
//!   bounds, for generic code.
//! - [`cookbook`]: programs to start from, and a table for users who come from Python.
//! - [`with_what_you_have`]: tasks, tokens, processes, pools, servers and streams of other crates, in a scope.
//! - [`when_the_future_is_dropped`]: what a plain scope, `until` and a reaper each promise.
//! - [`when_it_does_not_compile`]: the compiler's messages, and the cures.
//!
//! # Features
//!
//! - `std`, on by default: panics are caught, as the table above says. Without it the crate is `no_std` with `alloc`,
//!   and everything except `local`, `timeline`, `testing`, `shield` and `cancelled` is available. But panics are not
//!   caught then: a panic in a member or in the body unwinds through the scope, if the target unwinds at all, and the
//!   members that had entered are abandoned, as if the scope's future were dropped. And a scope does not see the scopes
//!   within its body: they are dropped with the body that is given up.
//! - `local`, on by default: `local(..)`, for resources that are not `Send`.
//! - `anyhow`: [`suppress`] finds errors inside an `anyhow::Error`.
//! - `timeline`: `Timeline`, an [`Observe`] that records which members are slow, overlap or fail, and draws it as text,
//!   as SVG, or as a trace for Perfetto. While a scope hangs, it shows which members are still entering or exiting.
//! - `tracing`: a span for each scope, its body, and each enter and exit of a member, with target `withal` and level
//!   `INFO`. It has the name and path of the member, the outcome that an exit receives, and the error if it failed. The
//!   page `spans` has a program that prints them.
//! - `testing`: the module `testing`, which tests resources of your own as this crate tests itself.
//!
//! A feature that is off costs nothing. A scope without an observer makes a few checks of a pointer; with `tracing` it
//! also asks whether a subscriber wants any span.
//!
//! # Executors
//!
//! The crate is independent of the executor: a scope runs on tokio, smol, async-std, futures' own, or one of yours, on
//! one thread or many. One kind is not supported: an executor whose `wake` polls inline, before it returns, can
//! deadlock if another crate in the build switches on the feature `std` of `futures-concurrency`, which wakes while it
//! holds a lock.
//!
//! # What nobody can promise
//!
//! Members are not exited if the scope is forgotten (`mem::forget`), if the process aborts or exits, or if a runtime
//! ends without dropping its tasks. The same holds for a panic under `panic = "abort"`, which ends the process. If two
//! members panic in `Drop` while their group is dropped, the process aborts, as always in Rust. Cleanup that has to run
//! even if the future of an exit is dropped belongs in [`Resource::exit_dropped`], or in the guard's own `Drop`.
//!
//! # When not to use it
//!
//! For one resource whose release needs no `await`, `Drop` is enough. For tasks that outlive the scope, use a task
//! tracker.
//!
#![doc = include_str!("docs/beside_others.md")]
//!
#![doc = include_str!("docs/laws.md")]
#![no_std]
#![forbid(unsafe_code)]
#![warn(missing_docs, missing_debug_implementations, unreachable_pub, unnameable_types)]
#![cfg_attr(docsrs, feature(doc_cfg))]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[macro_use]
mod macros;

mod adapt;
mod background;
mod body;
mod catch_unwind;
mod closures;
mod dynamic;
mod error;
mod group;
mod kind;
#[cfg(feature = "local")]
mod local;
mod lock;
#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod member;
#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod member_future;
#[cfg_attr(not(feature = "std"), path = "nest/off.rs")]
mod nest;
#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod observe;
#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod opened;
mod outcome;
#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod panic_log;
mod reaper;
mod report;
mod resource;
mod scope;
mod shared;
mod signal;
mod stamp;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod thin_vec;
#[cfg(feature = "timeline")]
#[cfg_attr(docsrs, doc(cfg(feature = "timeline")))]
pub mod timeline;
#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod unwind;
mod wait_list;
#[expect(unnameable_types, reason = "what nobody can name, nobody can call or override")]
mod work;

pub use adapt::{
    BoxResource, FailFast, InOrder, Limit, MapErr, Named, ReadyWhen, Remake, ResourceExt, Retry, SendCheck, Then,
    Within, retry_with,
};
pub use background::{Background, Startup, Stop, Watch, background};
pub use body::{AsyncBody, SendBody};
pub use closures::{
    Adopt, Around, Defer, Lend, OrAbandon, ResourceFn, SendDefer, SendExit, Suppress, adopt, around, defer, resource,
    suppress,
};
pub use dynamic::{ExitPool, ExitStack, Handle, OpenPool, OpenStack, Taken};
pub use error::{
    Abandoned, BodyError, BoxError, Elapsed, Failure, Failures, MemberPanic, Phase, ScopeError, ScopeErrorKind,
};
pub use group::Group;
#[cfg(feature = "local")]
#[cfg_attr(docsrs, doc(cfg(feature = "local")))]
pub use local::{Local, LocalGuard, LocalResource, local};
#[cfg(feature = "std")]
#[cfg_attr(docsrs, doc(cfg(feature = "std")))]
pub use nest::{cancelled, shield};
pub use observe::{Event, EventKind, Observe, PhaseEnd};
pub use opened::Opened;
pub use outcome::{Cause, Outcome, OutcomeKind};
pub use reaper::{Reaped, Reaper};
pub use report::Report;
pub use resource::Resource;
pub use scope::{Abandon, OnDrop, Scope};
pub use shared::{Shared, SharedGuard, shared};
pub use signal::NoSignal;
#[cfg(feature = "timeline")]
#[cfg_attr(docsrs, doc(cfg(feature = "timeline")))]
pub use timeline::Timeline;

#[doc = include_str!("docs/cookbook.md")]
pub mod cookbook {}

#[doc = include_str!("docs/with_what_you_have.md")]
pub mod with_what_you_have {}

#[doc = include_str!("docs/when_the_future_is_dropped.md")]
pub mod when_the_future_is_dropped {}

#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
#[doc = include_str!("docs/spans.md")]
pub mod spans {}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[doc = include_str!("docs/when_it_does_not_compile.md")]
pub mod when_it_does_not_compile {}
