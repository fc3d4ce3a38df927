//! A lease: who has it is the only one, until it is released or has run out.

use super::log::Log;
use super::redis::{Cache, connect};
use redis::aio::MultiplexedConnection;
use redis::{AsyncCommands, Client, ExistenceCheck, RedisError, RedisResult, SetExpiry, SetOptions, cmd};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::timeout;
use withal::{Resource, ResourceExt, background};

const NAME: &str = "lease";

/// Both of these do something only while the lease is ours. Once it has run out, it may be another's.
const RELEASE: &str = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('DEL', KEYS[1]) or 0";
const RENEW: &str = "return redis.call('GET', KEYS[1]) == ARGV[1] and redis.call('PEXPIRE', KEYS[1], ARGV[2]) or 0";

/// A lease that is ours: the guard. Others ask it before they do what only the holder may do.
#[derive(Clone)]
pub(crate) struct Held {
    connection: MultiplexedConnection,
    key: &'static str,
    time: Duration,
    /// Is ours alone, and greater than that of every holder before.
    token: u64,
    /// Is closed when the lease is renewed no more.
    renewed: watch::Receiver<()>,
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

/// Takes the lease on this key, which runs out if it is not renewed within this time.
///
/// It is renewed from its enter to its exit, whatever the scope does meanwhile. When it is lost the body ends. If the
/// scope is dropped it runs out, as leases do.
pub(crate) fn lease(
    cache: &Cache,
    key: &'static str,
    time: Duration,
    log: &Log,
) -> impl Resource<Guard = Held> + use<> {
    let (client, log) = (cache.client().clone(), log.clone());
    let lease = background(async move |startup| {
        let (_renews, renewed) = watch::channel(());
        let mut held = Held::take(&client, key, time, renewed).await?;
        log.add(NAME, format_args!("taken, token {}", held.token));
        let mut stop = startup.ready(held.clone());
        let outcome = loop {
            match timeout(time / 3, &mut stop).await {
                Ok(outcome) => break outcome,
                Err(_) => held.renew().await?,
            }
        };
        let is_ours = held.run(RELEASE).await?;
        log.add(NAME, format_args!("{}, outcome {outcome:?}", if is_ours { "released" } else { "lost" }));
        if is_ours { Ok(()) } else { Err(LeaseError::Lost(key).into()) }
    });
    lease.named(NAME)
}

impl Held {
    async fn take(
        client: &Client,
        key: &'static str,
        time: Duration,
        renewed: watch::Receiver<()>,
    ) -> Result<Self, LeaseError> {
        let mut connection = connect(client).await?;
        let token: u64 = connection.incr(format!("{key}:token"), 1).await?;
        let options = SetOptions::default().conditional_set(ExistenceCheck::NX);
        let options = options.with_expiration(SetExpiry::PX(millis(time)));
        if connection.set_options::<_, _, Option<String>>(key, token, options).await?.is_none() {
            return Err(LeaseError::Taken(key));
        }
        Ok(Self { connection, key, time, token, renewed })
    }

    pub(crate) fn token(&self) -> u64 {
        self.token
    }

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

    /// Waits until the lease is lost.
    pub(crate) async fn lost(&mut self) -> LeaseError {
        // Nothing is ever sent: this ends when the sender is dropped.
        while self.renewed.changed().await.is_ok() {}
        LeaseError::Lost(self.key)
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
