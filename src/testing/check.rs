use super::event::{Violation, by_member, follow, follow_calls};
use super::ledger::Ledger;
use crate::unwind::catch;
use std::borrow::ToOwned;
use std::fmt;
use std::format;
use std::string::String;
use std::sync::Arc;

/// A check of the user's own, in addition to the laws.
#[derive(Clone)]
pub(super) struct Check {
    name: String,
    holds: Arc<dyn Fn() -> bool + Send + Sync>,
}

impl fmt::Debug for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Check").field(&self.name).finish()
    }
}

impl Ledger {
    /// Adds a check of the user's own to [`check`](Self::check), and so to every run of a sweep.
    ///
    /// The ledger records the calls that this crate makes. Only a check of the resource's own effects can see what the
    /// resource leaves behind: no file on the disk, no process, as many closed as opened. It is called once all is
    /// over, and stays when the ledger is [cleared](Self::clear). If it panics, it has failed, and the message is
    /// reported. Later actions of an executor, such as dropping a task that was aborted, are not over by then: check
    /// their cause instead.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::sync::atomic::{AtomicUsize, Ordering};
    /// use withal::testing::Ledger;
    ///
    /// static OPEN: AtomicUsize = AtomicUsize::new(0);
    ///
    /// let ledger = Ledger::new();
    /// ledger.check_also("nothing is open", || OPEN.load(Ordering::SeqCst) == 0);
    /// ledger.check().unwrap();
    ///
    /// OPEN.fetch_add(1, Ordering::SeqCst);
    /// let violation = ledger.check().unwrap_err();
    /// assert_eq!(violation.to_string(), "`nothing is open` does not hold; what happened: []");
    /// ```
    pub fn check_also(&self, name: impl Into<String>, holds: impl Fn() -> bool + Send + Sync + 'static) {
        self.add_check(Check { name: name.into(), holds: Arc::new(holds) });
    }

    /// Checks that every member that entered was exited or abandoned exactly once, that no other member was, that no
    /// call is in flight, and that [`exit_dropped`](crate::Resource::exit_dropped) was called at most once for each
    /// exit that was dropped, after the drop (laws `exactly-once`, `never-entered`, `wait-for-exits`, `drop-any-time`).
    /// Then runs the user's own [checks](Self::check_also), in the order in which they were added.
    ///
    /// # Errors
    ///
    /// The first [`Violation`] of a law, by member, or of a check.
    pub fn check(&self) -> Result<(), Violation> {
        let events = self.events();
        for (id, own) in by_member(&events) {
            follow(id, &own)?;
        }
        follow_calls(&self.exits_dropped(), &events)?;
        // Not under the lock: the checks are user code, which may use this ledger.
        for Check { name, holds } in self.checks() {
            let what = match catch(|| holds()) {
                Ok(true) => continue,
                Ok(false) => "does not hold".to_owned(),
                Err(panic) => format!("panicked: {}", panic.payload.message()),
            };
            return Err(Violation::of_check(name, &what, events));
        }
        Ok(())
    }
}
