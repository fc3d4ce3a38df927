//! Servers in the hands of a test, which hears what their members do.

use crate::left::Place;
use crate::members::log::Log;
use crate::members::postgres::{Database, Postgres};
use crate::members::programs::Programs;
use crate::members::redis::{Cache, Redis};
use crate::running::LIMIT;
use std::fmt::Write;
use tokio::sync::watch;
use tokio::time::timeout;
use withal::Resource;

/// A place for servers, and all that was said there.
pub(crate) struct Stage {
    pub(crate) programs: Programs,
    pub(crate) place: Place,
    pub(crate) log: Log,
    said: watch::Receiver<String>,
}

impl Stage {
    pub(crate) fn new() -> Self {
        let (say, said) = watch::channel(String::new());
        let log = Log::new(move |member, event| {
            say.send_modify(|said| writeln!(said, "{member}: {event}").expect("there is memory"));
        });
        let programs = Programs::find().unwrap_or_else(|missing| panic!("{missing}"));
        Self { programs, place: Place::new(), log, said }
    }

    pub(crate) fn postgres(&self) -> impl Resource<Guard = Database> + use<> {
        Postgres::new(&self.programs, self.place.path(), &self.log)
    }

    pub(crate) fn servers(&self) -> impl Resource<Guard = (Database, Cache)> + use<> {
        let Self { programs, place, log, .. } = self;
        (self.postgres(), Redis::new(programs, place.path(), log))
    }

    /// Is ready when this has been said.
    pub(crate) async fn hears(&self, event: &str) {
        self.said.clone().wait_for(|said| said.contains(event)).await.expect("the log is there");
    }

    pub(crate) fn said(&self) -> String {
        self.said.borrow().clone()
    }

    pub(crate) fn count(&self, event: &str) -> usize {
        self.said().lines().filter(|line| line.contains(event)).count()
    }

    pub(crate) fn expect_empty(&self) {
        self.place.expect_empty(&self.said());
    }
}

/// Fails a test that hangs.
pub(crate) fn in_time<T>(test: impl Future<Output = T>) -> impl Future<Output = T> {
    let test = Box::pin(timeout(2 * LIMIT, test));
    async { test.await.expect("it hangs") }
}
