//! A lease: who has it is the only one, until it is released or has run out.

use super::log::Log;
use super::redis::{Cache, connect};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Client, ExistenceCheck, RedisError, RedisResult, SetExpiry, SetOptions, cmd};
use std::time::Duration;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};
use withal::{Outcome, Resource};

const NAME: &str = "lease";

/// Both of these do something only while the lease is ours. Once it has run out, it may be another's.
const RELEASE: &str = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0";
const RENEW: &str = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0";

/// A lease that can be taken: the member of the scope. If it is dropped it runs out, as leases do.
pub(crate) struct Lease {
    client: Client,
    key: &'static str,
    time: Duration,
    log: Log,
}

/// A lease that is ours: the guard. It is renewed by a task until it is dropped, whatever the scope does meanwhile.
pub(crate) struct Held {
    holder: Holder,
    /// Why it could not be renewed.
    lost: watch::Receiver<Option<LeaseError>>,
    renewals: AbortOnDrop,
}

/// The holder of a lease, for those who ask whether it still is.
#[derive(Clone)]
pub(crate) struct Holder {
    connection: MultiplexedConnection,
    key: &'static str,
    time: Duration,
    /// Is ours alone, and greater than that of every holder before.
    token: u64,
}

/// Aborts its task when it is dropped; a `JoinHandle` alone lets it go on.
struct AbortOnDrop(JoinHandle<()>);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum LeaseError {
    #[error("{0} is held by another")]
    Taken(&'static str),
    #[error("{0} has run out, and may be another's")]
    Lost(&'static str),
    #[error(transparent)]
    Redis(#[from] RedisError),
}

impl Lease {
    /// Prepares for one on this key, which runs out if it is not renewed within this time.
    pub(crate) fn on(cache: &Cache, key: &'static str, time: Duration, log: &Log) -> Self {
        Self { client: cache.client().clone(), key, time, log: log.clone() }
    }
}

impl Resource for Lease {
    type Guard = Held;
    type Error = LeaseError;

    async fn enter(&mut self) -> Result<Held, LeaseError> {
        let mut connection = connect(&self.client).await?;
        let token: u64 = connection.incr(format!("{}:token", self.key), 1).await?;
        let options = SetOptions::default().conditional_set(ExistenceCheck::NX);
        let options = options.with_expiration(SetExpiry::PX(millis(self.time)));
        if connection.set_options::<_, _, Option<String>>(self.key, token, options).await?.is_none() {
            return Err(LeaseError::Taken(self.key));
        }
        self.log.add(NAME, format_args!("taken, token {token}"));
        Ok(Held::new(Holder { connection, key: self.key, time: self.time, token }))
    }

    async fn exit(&mut self, held: Held, outcome: Outcome<'_>) -> Result<(), LeaseError> {
        let Held { mut holder, lost, renewals } = held;
        drop(renewals);
        let is_ours = holder.run(RELEASE).await?;
        self.log.add(NAME, format_args!("{}, outcome {:?}", if is_ours { "released" } else { "lost" }, outcome.kind()));
        match lost.borrow().clone() {
            Some(lost) => Err(lost),
            None if is_ours => Ok(()),
            None => Err(LeaseError::Lost(self.key)),
        }
    }
}

impl Held {
    fn new(holder: Holder) -> Self {
        let (tell, lost) = watch::channel(None);
        let renewing = holder.clone();
        let renewals = AbortOnDrop(tokio::spawn(async move {
            let error = renewing.renew_while_ours().await;
            tell.send_replace(Some(error));
        }));
        Self { holder, lost, renewals }
    }

    pub(crate) fn token(&self) -> u64 {
        self.holder.token
    }

    /// Returns the holder, which others ask before they do what only the holder may do.
    pub(crate) fn holder(&self) -> Holder {
        self.holder.clone()
    }

    /// Waits until the lease is lost. It can be asked any number of times, and the exit does not mind.
    pub(crate) async fn lost(&mut self) -> LeaseError {
        let lost = self.lost.wait_for(Option::is_some).await;
        // A task that ended without a word renews no more either.
        lost.ok().and_then(|lost| lost.clone()).unwrap_or(LeaseError::Lost(self.holder.key))
    }
}

impl Holder {
    /// Renews the lease for all of its time, or returns why that is in vain.
    ///
    /// A third of the time is for the answer, and a third passes between two renewals: so a lease whose server does not
    /// answer is given up before it has run out.
    pub(crate) async fn renew(&mut self) -> Result<(), LeaseError> {
        match timeout(self.time / 3, self.run(RENEW)).await {
            Ok(Ok(true)) => Ok(()),
            Ok(Err(error)) => Err(error.into()),
            Ok(Ok(false)) | Err(_) => Err(LeaseError::Lost(self.key)),
        }
    }

    async fn renew_while_ours(mut self) -> LeaseError {
        loop {
            sleep(self.time / 3).await;
            if let Err(error) = self.renew().await {
                return error;
            }
        }
    }

    /// Runs a script, which says whether the lease was ours.
    async fn run(&mut self, script: &str) -> RedisResult<bool> {
        let mut command = cmd("EVAL");
        command.arg(script).arg(1).arg(self.key).arg(self.token).arg(millis(self.time));
        command.query_async(&mut self.connection).await
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
