//! A Redis server of one's own: started, stopped and removed.

use super::home::Home;
use super::log::Log;
use super::programs::Programs;
use super::server::Server;
use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, ConnectionAddr, RedisResult};
use nix::sys::signal::Signal;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use withal::{Outcome, Resource};

const NAME: &str = "redis";

const SOCKET: &str = "socket";

/// An answer that takes longer is an error. The client's own limit is too short for a busy computer.
const ANSWER_LIMIT: Duration = Duration::from_secs(30);

/// It ends in order.
const STOP: Signal = Signal::SIGTERM;

/// It has neither children nor anything to write.
const LAST_RESORT: Signal = Signal::SIGKILL;

/// A server that can be started: the member of the scope.
pub(crate) struct Redis {
    programs: Programs,
    parent: PathBuf,
    log: Log,
}

/// A server that is up: the guard.
pub(crate) struct Cache {
    client: Client,
    server: Server,
}

impl Redis {
    /// Prepares for a server that lives in a new directory in this one.
    pub(crate) fn new(programs: &Programs, parent: &Path, log: &Log) -> Self {
        Self { programs: programs.clone(), parent: parent.to_owned(), log: log.clone() }
    }
}

impl Resource for Redis {
    type Guard = Cache;
    type Error = anyhow::Error;

    async fn enter(&mut self) -> anyhow::Result<Cache> {
        let since = Instant::now();
        let home = Home::create(&self.parent, None)?;
        let client = Client::open(ConnectionAddr::Unix(home.path().join(SOCKET)))?;
        // It listens in its own directory and nowhere else, and keeps nothing.
        let args = ["--port", "0", "--unixsocket", SOCKET, "--save", "", "--appendonly", "no"];
        let mut server = Server::start(home, &self.programs.redis_server, LAST_RESORT, args)?;
        self.log.add(NAME, format_args!("started, pid {}", server.pid()));

        match server.connect(|| connect(&client)).await {
            Ok(_) => {
                self.log.add(NAME, format_args!("ready in {} ms", since.elapsed().as_millis()));
                Ok(Cache { client, server })
            }
            Err(error) => {
                server.kill().await?;
                Err(error.into())
            }
        }
    }

    async fn exit(&mut self, cache: Cache, outcome: Outcome<'_>) -> anyhow::Result<()> {
        self.log.add(NAME, format_args!("told to stop, outcome {:?}", outcome.kind()));
        let stopped = cache.server.stop(STOP).await;
        self.log.add(NAME, format_args!("ended"));
        Ok(stopped?)
    }

    fn abandon(&mut self, cache: Cache) {
        drop(cache);
        self.log.add(NAME, format_args!("killed"));
    }
}

pub(super) async fn connect(client: &Client) -> RedisResult<MultiplexedConnection> {
    let config = AsyncConnectionConfig::new();
    let config = config.set_connection_timeout(Some(ANSWER_LIMIT)).set_response_timeout(Some(ANSWER_LIMIT));
    client.get_multiplexed_async_connection_with_config(&config).await
}

impl Cache {
    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    /// Opens a connection. Its clones share it.
    pub(crate) async fn connect(&self) -> RedisResult<MultiplexedConnection> {
        connect(&self.client).await
    }
}
