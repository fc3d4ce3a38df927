//! Test your own resources with what this crate is tested with. With the feature `testing`.
//!
//! - A [`Ledger`] records what happens to members, and knows the laws: [`Ledger::check`] tells which was broken.
//! - [`Ledger::watch`] puts a resource of your own under its eyes; [`Ledger::member`] makes one that follows a
//!   [`Script`]: pending so many times, then ok, an error or a panic, in each phase.
//! - [`sweep_drops`] drops a scope after every possible number of polls, [`sweep_signals`] fires a signal there, and both
//!   say at which poll a law broke.
//!
//! # Examples
//!
//! A directory that is made on disk, in a scope with a neighbour that is slow and fails to exit: whenever the scope is
//! dropped or cancelled, nothing is left on the disk.
//!
//! ```
//! use std::{fs, io, path::PathBuf};
//! use withal::testing::{Ledger, READY, Script, Step, sweep_drops, sweep_signals};
//! use withal::{Outcome, Resource, Scope};
//!
//! struct Directory(PathBuf);
//!
//! impl Resource for Directory {
//!     type Guard = PathBuf;
//!     type Error = io::Error;
//!
//!     async fn enter(&mut self) -> io::Result<PathBuf> {
//!         fs::create_dir(&self.0)?;
//!         Ok(self.0.clone())
//!     }
//!
//!     async fn exit(&mut self, path: PathBuf, _: Outcome<'_>) -> io::Result<()> {
//!         smol::future::yield_now().await;
//!         fs::remove_dir_all(path)
//!     }
//!
//!     fn abandon(&mut self, path: PathBuf) {
//!         // Nobody is left to be told.
//!         fs::remove_dir_all(path).ok();
//!     }
//! }
//!
//! let ledger = Ledger::new();
//! let path = std::env::temp_dir().join(format!("withal-{}", std::process::id()));
//! # fs::remove_dir_all(&path).ok();
//! let slow = Script { enter: READY.pending(3), exit: Step::error().pending(2) };
//! let members = || (ledger.watch(0, Directory(path.clone())), ledger.member(1, slow));
//! let body = async |_: &mut _| {
//!     ledger.pend(2).await;
//!     Ok::<_, io::Error>(())
//! };
//!
//! smol::block_on(async {
//!     sweep_drops(&ledger, || Scope::new(members()).report(body)).await;
//!     sweep_signals(&ledger, |signal| Scope::new(members()).until(signal).report(body)).await;
//! });
//! # let _ = fs::remove_dir_all(&path);
//! ```
//!
//! The example shows a hole, too: an exit that is dropped after it yields, before it removes the directory, leaves it
//! there. The ledger calls that begun, as the laws do; only a guard with a `Drop` of its own closes it, or a
//! [`Reaper`](crate::Reaper).

mod check;
mod event;
mod ledger;
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
pub use scripted::{End, READY, Script, Scripted, ScriptedError, Step, Token};
pub use signal::Signal;
pub use sweep::{sweep_drops, sweep_drops_on, sweep_signals};
pub use watched::Watched;
