use super::event::{Violation, by_member, follow, follow_calls};
use super::ledger::Ledger;
use crate::unwind::catch;
use std::borrow::ToOwned;
use std::fmt;
use std::format;
use std::string::String;
use std::sync::Arc;

/// What the user checks besides the laws.
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
    /// The ledger sees what this crate calls. What a resource leaves behind, only a check of the resource's own
    /// effects can see: no file on the disk, no process, as many closed as opened. It is called once all is over, and
    /// stays when the ledger is [cleared](Self::clear). A panic in it is a check that failed; its message is told. What
    /// an executor does later, such as dropping a task that was aborted, is not over by then: check what causes it
    /// instead.
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

    /// Checks that every member that entered was let go of exactly once, that nobody else was, that nothing is under
    /// way, and that [`exit_dropped`](crate::Resource::exit_dropped) was called once at most for each exit that was
    /// dropped, after that (laws `exactly-once`, `never-entered`, `wait-for-exits`, `drop-any-time`). Then runs the
    /// [checks](Self::check_also) of the user's own, in the order in which they were added.
    ///
    /// # Errors
    ///
    /// The first [`Violation`]: of a law, by member, or of a check.
    pub fn check(&self) -> Result<(), Violation> {
        let events = self.events();
        for (id, own) in by_member(&events) {
            follow(id, &own)?;
        }
        follow_calls(&self.exits_dropped(), &events)?;
        // They are the user's code, which may use this ledger: not under its lock.
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
