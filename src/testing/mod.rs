//! Tests your own resources with the tools that test this crate. With the feature `testing`.
//!
//! - A [`Ledger`] records the events of members. [`Ledger::check`] checks them against the laws.
//! - [`Ledger::watch`] records a resource of your own. [`Ledger::member`] creates one that follows a [`Script`]: in
//!   each phase it is pending a number of times, and then succeeds, fails or panics.
//! - [`sweep_drops`] drops a scope after every possible number of polls, [`sweep_signals`] fires a signal there, and
//!   both report the poll at which a law broke.
//! - [`Ledger::check_also`] adds a check of your own to the end of each run. The ledger records the calls of a
//!   resource, not their effects: only such a check can see that nothing is left on the disk.
//!
//! A sweep finds and names a resource that never wakes, or that cannot be entered again, for example after a drop. With
//! a check of your own it also finds one that leaks when its enter or its exit is dropped, that forgets
//! [`abandon`](crate::Resource::abandon), or that exits twice. Without such a check these pass.
//!
//! # Examples
//!
//! A directory that is created on disk, in a scope with another member that is slow and fails to exit. Whenever the
//! scope is dropped or cancelled, nothing is left on the disk.
//!
//! ```
//! use std::{fs, io, path::PathBuf};
//! use withal::testing::{Ledger, READY, Script, Step, sweep_drops, sweep_signals};
//! use withal::{Outcome, Resource, Scope};
//!
//! struct Directory(PathBuf);
//!
//! /// Removes the directory when it is dropped: in the middle of an enter or of an exit, and when it is abandoned.
//! struct Created(PathBuf);
//!
//! impl Drop for Created {
//!     fn drop(&mut self) {
//!         // After an exit it is gone. Otherwise nobody is left to be told.
//!         fs::remove_dir_all(&self.0).ok();
//!     }
//! }
//!
//! impl Resource for Directory {
//!     type Guard = Created;
//!     type Error = io::Error;
//!
//!     async fn enter(&mut self) -> io::Result<Created> {
//!         fs::create_dir(&self.0)?;
//!         let created = Created(self.0.clone());
//!         smol::future::yield_now().await;
//!         fs::write(self.0.join("lock"), "")?;
//!         Ok(created)
//!     }
//!
//!     async fn exit(&mut self, created: Created, _: Outcome<'_>) -> io::Result<()> {
//!         fs::remove_file(created.0.join("lock"))?;
//!         smol::future::yield_now().await;
//!         fs::remove_dir_all(&created.0)
//!     }
//! }
//!
//! let ledger = Ledger::new();
//! let path = std::env::temp_dir().join(format!("withal-{}", std::process::id()));
//! # fs::remove_dir_all(&path).ok();
//! let directory = path.clone();
//! ledger.check_also("nothing is left on the disk", move || !directory.exists());
//!
//! let slow = Script { enter: READY.pending(3), exit: Step::error().pending(2) };
//! let members = || (ledger.watch(0, Directory(path.clone())), ledger.member(1, slow));
//! // A body that is pending can be dropped in its middle, when all members are in.
//! let body = async |_: &mut _| {
//!     ledger.pend(2).await;
//!     Ok::<_, io::Error>(())
//! };
//!
//! smol::block_on(async {
//!     sweep_drops(&ledger, || Scope::new(members()).report(body)).await;
//!     sweep_signals(&ledger, |signal| Scope::new(members()).until(signal).report(body)).await;
//! });
//! ```
//!
//! With a plain `PathBuf` as the guard, and an `abandon` that removes the directory, the same sweep panics. An enter
//! that is dropped after it yields leaves the directory there, and so does an exit. The laws allow that, and so does
//! the ledger, but the check fails:
//!
//! ```text
//! dropped after 1 polls: `nothing is left on the disk` does not hold; what happened: [EnterStarted(0), ..
//! ```
//!
//! Each run creates its resources anew. To test that the same value can be entered again, after an exit and after each
//! drop, share it between all runs:
//!
//! ```
//! use withal::testing::{Ledger, READY, Script, sweep_drops};
//! use withal::{Resource, Scope};
//!
//! # smol::block_on(async {
//! # let ledger = Ledger::new();
//! # let resource = ledger.member(7, Script { enter: READY.pending(1), exit: READY.pending(1) });
//! # let ledger = Ledger::new();
//! let member = smol::lock::Mutex::new(ledger.watch(0, resource));
//! let scene = async || {
//!     let mut member = member.lock().await;
//!     Scope::new(&mut *member).report(async |_| anyhow::Ok(())).await
//! };
//! sweep_drops(&ledger, scene).await;
//! # });
//! ```

mod check;
mod event;
mod ledger;
mod map_guard;
mod reference;
mod scene;
mod scripted;
mod signal;
mod sweep;
mod wakes;
mod watchdog;
mod watched;

pub use event::{Event, Violation};
pub use ledger::Ledger;
#[doc(hidden)]
pub use map_guard::map_guard;
pub use scripted::{End, READY, Script, Scripted, ScriptedError, Step, Token};
pub use signal::Signal;
pub use sweep::{sweep_drops, sweep_drops_on, sweep_signals};
pub use watched::Watched;
