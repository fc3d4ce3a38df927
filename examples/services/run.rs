//! The scope: what is in it, and what is done in it.

use crate::members::lease::lease;
use crate::members::log::Log;
use crate::members::postgres::{Database, Postgres};
use crate::members::programs::{Missing, Programs};
use crate::members::redis::{Cache, Redis};
use crate::members::session::{Session, SqlError};
use crate::members::transaction::Transaction;
use crate::options::{Ending, Options};
use crate::picture::Picture;
use crate::signals::{Interrupted, Signals};
use redis::AsyncCommands;
use std::env;
use std::fmt;
use std::future::pending;
use std::io::{self, Write};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use withal::{Resource, ResourceExt, Scope, ScopeError, ScopeErrorKind, defer};

/// Whoever writes orders has to have this lease.
const LEASE: &str = "orders";

/// It is renewed three times within this, from its enter to its exit.
const LEASE_TIME: Duration = Duration::from_secs(10);

#[tokio::main]
pub(crate) async fn run(options: &Options, picture: &Picture) -> anyhow::Result<()> {
    let programs = Programs::find()?;
    // Before anything is started, so that no signal can end this process from then on.
    let mut signals = Signals::listen()?;
    let start = Instant::now();
    let log = Log::new(move |member, event| {
        say(format_args!("{:>5} ms  {member}: {event}", start.elapsed().as_millis()));
    });

    let parent = env::temp_dir();
    let servers = (Postgres::new(&programs, &parent, &log), Redis::new(&programs, &parent, &log));
    let servers = if options.one_after_the_other { servers.in_order().boxed() } else { servers.boxed() };
    // The transaction is over before the lease is free, and is committed only under it. Both are over before the
    // servers stop.
    let members = servers.then(|(database, cache)| {
        log.add("servers", format_args!("both ready"));
        let lease = || lease(cache, LEASE, LEASE_TIME, &log);
        let transaction = Transaction::on(database, &log);
        let under_lease = lease().then(move |held| transaction.clone().under(held));
        (audit(database, &log), options.lease_taken.then(lease), under_lease).in_order()
    });

    // Once the scope is on its way out it listens no more, and goes on.
    let (stop, stopped) = oneshot::channel();
    let cancel = async {
        // It says no more than that it is there, and an error would say the same.
        let _ = stopped.await;
        log.add("scope", format_args!("cancelled"));
    };
    let (mut first, mut second) = (None, None);
    let abandon = async {
        let signal = *first.insert(signals.next().await);
        log.add("signal", format_args!("interrupted by {signal}"));
        picture.in_flight().iter().for_each(|line| log.add("scope", format_args!("{line}")));
        let _ = stop.send(());
        let signal = *second.insert(signals.next().await);
        log.add("signal", format_args!("interrupted again, by {signal}"));
    };
    let scope = picture.observe(Scope::new(members), None).until(cancel).abandon_on(abandon).run(
        async |((database, cache), ((), _, (lease, transaction)))| {
            // When the lease is lost this is dropped, and the transaction is rolled back.
            write(lease.token(), transaction, &log).await?;
            look(database, cache, &log).await?;
            end(options.ending).await
        },
    );

    let result = scope.await;
    log.add("scope", format_args!("over"));
    match first {
        Some(first) => Err(Interrupted::new(first, second.is_some(), result, "everything was stopped").into()),
        None => result,
    }
}

/// Writes an order, which others see when the transaction is committed.
async fn write(fence: u64, transaction: &Session, log: &Log) -> anyhow::Result<()> {
    let insert = "INSERT INTO orders (item, fence) VALUES ('tea', $1)";
    transaction.execute(insert, &[&i64::try_from(fence)?]).await?;
    log.add("body", format_args!("order written"));
    Ok(())
}

/// Looks at the servers as others do.
async fn look(database: &Database, cache: &Cache, log: &Log) -> anyhow::Result<()> {
    let session = database.connect().await?;
    let orders = count(&session).await?;
    session.close().await?;
    let holder: Option<u64> = cache.connect().await?.get(LEASE).await?;
    log.add("body", format_args!("orders that others see: {orders}; who holds the lease: {holder:?}"));
    Ok(())
}

async fn end(ending: Ending) -> anyhow::Result<()> {
    match ending {
        Ending::Ok => Ok(()),
        Ending::Error => anyhow::bail!("the body failed, as it was asked to"),
        Ending::Panic => panic!("the body panicked, as it was asked to"),
        Ending::Never => pending().await,
    }
}

/// Counts the orders when the transaction is over.
fn audit(database: &Database, log: &Log) -> impl Resource<Guard = ()> + use<> {
    let (config, log) = (database.config().clone(), log.clone());
    let audit = defer(async move |_| {
        let session = Session::open(&config).await?;
        log.add("audit", format_args!("orders in the end: {}", count(&session).await?));
        Ok(session.close().await?)
    });
    audit.named("audit")
}

async fn count(session: &Session) -> Result<i64, SqlError> {
    Ok(session.query_one("SELECT count(*) FROM orders", &[]).await?.try_get(0)?)
}

pub(crate) fn exit_code(error: &anyhow::Error) -> u8 {
    match (error.downcast_ref::<Interrupted>(), error.downcast_ref::<ScopeError>()) {
        (Some(interrupted), _) => interrupted.by.exit_code(),
        (_, Some(error)) if error.kind() == ScopeErrorKind::MemberFailed => 4,
        _ if error.is::<Missing>() => 3,
        _ => 1,
    }
}

fn say(line: fmt::Arguments<'_>) {
    // Nobody may be listening any more, and the servers have to be stopped all the same: `println!` would panic.
    let _ = writeln!(io::stdout(), "{line}");
}
