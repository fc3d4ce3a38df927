//! A lease: who has it is the only one, until it is released or has run out.

use super::log::Log;
use super::redis::{Cache, connect};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Client, ExistenceCheck, RedisError, RedisResult, SetExpiry, SetOptions, cmd};
use std::time::Duration;
use tokio::time::sleep;
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

/// A lease that is ours: the guard.
pub(crate) struct Held {
    connection: MultiplexedConnection,
    key: &'static str,
    time: Duration,
    /// Is ours alone, and greater than that of every holder before.
    token: u64,
}

#[derive(Debug, thiserror::Error)]
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
        Ok(Held { connection, key: self.key, time: self.time, token })
    }

    async fn exit(&mut self, mut held: Held, outcome: Outcome<'_>) -> Result<(), LeaseError> {
        let is_ours = held.run(RELEASE).await?;
        self.log.add(NAME, format_args!("{}, outcome {:?}", if is_ours { "released" } else { "lost" }, outcome.kind()));
        if is_ours { Ok(()) } else { Err(LeaseError::Lost(self.key)) }
    }
}

impl Held {
    pub(crate) fn token(&self) -> u64 {
        self.token
    }

    /// Renews the lease, and is ready when that is in vain.
    pub(crate) async fn lost(&mut self) -> LeaseError {
        loop {
            sleep(self.time / 3).await;
            match self.run(RENEW).await {
                Ok(true) => {}
                Ok(false) => return LeaseError::Lost(self.key),
                Err(error) => return error.into(),
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
