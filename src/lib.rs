//! `async with`, for all of them at once: one scope over many async resources.
//!
//! A resource is anything that has to be released by an `await`: a connection, a child process, a transaction, a lease,
//! a server. A scope enters all of its members concurrently, runs a body, and exits them concurrently. Every member
//! that was entered is exited once, on every path: success, error, panic, and cancellation.
//!
//! # Quick start
//!
#![doc = include_str!("docs/quick_start.md")]
//!
//! The examples in these pages that show no `main` run in one like that, unless they say otherwise.
//!
//! # What happens on each path
//!
//! | what happens | the other members | the body | what you get |
//! |---|---|---|---|
//! | all goes well | all start at once, all stop at once | runs when all are up | its value |
//! | the body fails | all stop at once, and are told that it failed | — | its error, as it is |
//! | the body panics | all stop at once | — | the panic, after the last stop |
//! | a member fails to start | those that start meanwhile finish, then all that are up stop | never runs | an error that names the member |
//! | a member fails to stop | stop all the same | has run | an error that names the member; [`report`](Scope::report) has the body's value, too |
//! | a member dies while it is up | all stop at once | is dropped | an error that names the member: see [`watch`](ResourceExt::watch) |
//! | you cancel, as by Ctrl-C: [`until`](Scope::until) | all that are up stop, and you wait for it | is dropped | an error, or `None` if you like |
//! | you give up, as by a second Ctrl-C | clean up without waiting | is dropped | an error that names those that hung |
//! | the future is dropped, as by a timeout | clean up without waiting; or stop on a runtime, with a [`Reaper`] | is dropped | nothing: see [when the future is dropped](when_the_future_is_dropped) |
//!
//! The page of the [laws](laws) has this table in full, and every guarantee by name.
//!
//! # Which one do I need
//!
//! | you have, or want | use |
//! |---|---|
//! | a type of your own | implement [`Resource`] |
//! | two closures, to start and to stop | [`resource`] |
//! | one function, whose locals live as long | [`around`] |
//! | something that is up already | [`adopt`] |
//! | only a clean-up | [`defer`] |
//! | a server, a worker, a lease to renew | [`background`] |
//! | to notice that it died | [`watch`](ResourceExt::watch) |
//! | several resources | a tuple, an array, a `Vec`, a `BTreeMap` |
//! | B, which needs A | [`a.then(\|a\| b)`](ResourceExt::then) |
//! | one after the other, or at most n at a time | [`in_order`](ResourceExt::in_order), [`limit`](ResourceExt::limit) |
//! | to start more while the body runs | [`ExitStack`], [`ExitPool`] |
//! | different types in one list | [`boxed`](ResourceExt::boxed), or a tuple of lists |
//! | a resource that is optional | `Option` |
//! | one resource for several scopes | [`shared`](shared()) |
//! | what is up in a struct, without a body | [`open`](Scope::open) |
//! | a deadline | [`enter_within`](ResourceExt::enter_within), [`exit_within`](ResourceExt::exit_within) |
//! | another attempt, a health check | [`retry`](ResourceExt::retry), [`ready_when`](ResourceExt::ready_when) |
//! | Ctrl-C, a token, a time limit | [`until`](Scope::until); the second Ctrl-C: [`abandon_on`](Scope::abandon_on) |
//! | to await every exit even if the future is dropped | [`on`](Scope::on) a [`Reaper`] |
//! | a part of the body that must not be cut | `shield` |
//! | all failures, not just one error | [`report`](Scope::report) |
//! | an exit that depends on how the scope ended | [`Outcome`] |
//! | to see what is slow, or hangs | [`observe`](Scope::observe), with `Timeline` |
//! | resources, or a body, that are not `Send` | `local`, [`scope_local`](ResourceExt::scope_local) |
//!
//! [`ResourceExt`] lists all adaptors, [`Scope`] all options.
//!
//! # More pages
//!
//! - [`faq`]: short answers to what users ask first.
//! - [`cookbook`]: programs to start from, and a list for users who come from Python.
//! - [`with_what_you_have`]: tasks, tokens, processes, pools, servers and streams of other crates, in a scope.
//! - [`when_the_future_is_dropped`]: what a plain scope, `until` and a reaper each promise.
//! - [`when_it_does_not_compile`]: the compiler's messages, and the cures.
//! - [`beside_others`]: how other crates and languages do it, and when another one is the better choice.
//! - [`laws`]: every guarantee, by name.
//! - `spans`: what the feature `tracing` records.
//!
//! # Features
//!
//! - `std`, on by default: panics are caught. [Without it](faq#what-is-missing-without-std) the crate is `no_std`, with
//!   `alloc`. `shield` and `cancelled` need it.
//! - `local`, on by default: `local(..)`, for resources that are not `Send`.
//! - `anyhow`: [`suppress`] finds errors inside an `anyhow::Error`.
//! - `timeline`: `Timeline`, which shows what happened when, as text, SVG, or a trace for Perfetto.
//! - `tracing`: a span for each scope, its body, and each enter and exit of a member.
//! - `testing`: tests resources of your own as this crate tests itself.
//!
//! A feature that is off costs nothing.
//!
//! # When not to use it
//!
//! For one resource whose release needs no `await`, `Drop` is enough. For tasks that outlive the scope, use a task
//! tracker. And nobody can promise anything for a process that [aborts or is
//! killed](when_the_future_is_dropped#what-nobody-can-promise).
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
    Adopt, Around, Defer, Lend, OrAbandon, ResourceFn, Suppress, adopt, around, defer, resource, suppress,
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

#[doc = include_str!("docs/faq.md")]
pub mod faq {}

/// Bounds on the closures of members, for generic code that passes on the closure of its caller.
pub mod bounds {
    pub use crate::closures::{SendDefer, SendExit};
}

/// Programs to start from.
///
/// Each is complete, and runs anywhere: what takes the place of a database, a network or a lock server is a few lines
/// long. The rest is as with a real one. The page [`with_what_you_have`] has more programs, one for each thing that you
/// bring along.
///
/// - Processes: [in a temporary directory](#a-temporary-directory-and-a-process-in-it), [stopped, then
///   killed](#a-process-that-is-asked-to-stop-and-then-killed), [watched](#a-child-process-that-is-watched).
/// - Databases: [a transaction](#a-transaction-that-commits-or-rolls-back), [a transaction on a
///   connection](#a-transaction-on-a-connection-that-another-member-holds), [a connection to be
///   polled](#a-connection-whose-driver-has-to-be-polled), [one that is still
///   starting](#a-database-that-is-still-starting), [a number of
///   connections](#as-many-connections-as-the-configuration-says).
/// - Servers and tasks: [a server](#a-server-with-workers), [workers](#a-queue-with-workers), [a task that may
///   end](#a-task-that-may-end-before-the-body-does), [a lease](#a-lease-that-is-renewed-until-its-own-exit),
///   [Ctrl-C](#ctrl-c-once-and-twice), [state for all requests](#a-scope-in-a-struct-shared-by-all-requests).
/// - Several resources: [a list of many kinds](#a-list-of-many-kinds), [one needs
///   another](#a-resource-that-needs-another-one), [a graph](#a-graph-of-dependencies), [an enter of two
///   steps](#an-enter-of-two-steps).
/// - While the body runs: [letting go early](#letting-go-early), [replacing a member](#replacing-one-member), [a pool
///   for tasks](#a-pool-that-spawned-tasks-share), [all or nothing](#all-or-nothing-and-then-hand-over), [scopes that
///   the body gives up](#scopes-that-the-body-gives-up).
/// - Tests: [a fixture](#fixtures-for-tests), [a shared one](#a-fixture-that-tests-share).
/// - Libraries: [scopes in a function](#scopes-in-a-library-function), [a function that takes a
///   body](#a-function-that-takes-a-body).
/// - [Coming from Python](#coming-from-python).
///
/// # The quick start
///
#[doc = include_str!("docs/quick_start.md")]
///
/// The programs that follow use more of tokio, and some use other crates:
///
/// ```toml
/// backon = { version = "1", default-features = false }
/// futures = "0.3"
/// nix = { version = "0.30", features = ["signal"] }
/// thiserror = "2"
/// tokio = { version = "1", features = ["full", "test-util"] }
/// tokio-postgres = "0.7"
/// ```
///
#[doc = include_str!("docs/cookbook.md")]
pub mod cookbook {}

#[doc = include_str!("docs/with_what_you_have.md")]
pub mod with_what_you_have {}

#[doc = include_str!("docs/when_the_future_is_dropped.md")]
pub mod when_the_future_is_dropped {}

#[doc = include_str!("docs/beside_others.md")]
pub mod beside_others {}

#[doc = include_str!("docs/laws.md")]
pub mod laws {}

#[cfg(feature = "tracing")]
#[cfg_attr(docsrs, doc(cfg(feature = "tracing")))]
#[doc = include_str!("docs/spans.md")]
pub mod spans {}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
mod readme {}

#[doc = include_str!("docs/when_it_does_not_compile.md")]
pub mod when_it_does_not_compile {}
