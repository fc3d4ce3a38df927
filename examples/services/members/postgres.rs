//! A Postgres server of one's own: made, started, migrated, stopped and removed.

use super::home::Home;
use super::log::Log;
use super::migrations;
use super::programs::Programs;
use super::server::Server;
use super::session::{Session, SqlError};
use nix::sys::signal::Signal;
use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Instant;
use tokio_postgres::Config;
use withal::{Outcome, Resource};

const NAME: &str = "postgres";

/// It disconnects its clients, writes what there is to write, and ends: a "fast shutdown".
const STOP: Signal = Signal::SIGINT;

/// It ends at once, all of its children first, and gives back its shared memory: none of that would SIGKILL do.
const LAST_RESORT: Signal = Signal::SIGQUIT;

/// A server that can be started: the member of the scope.
pub(crate) struct Postgres {
    programs: Programs,
    parent: PathBuf,
    log: Log,
}

/// A server that is up: the guard.
pub(crate) struct Database {
    config: Config,
    server: Server,
}

impl Postgres {
    /// Prepares for a server that lives in a new directory in this one.
    pub(crate) fn new(programs: &Programs, parent: &Path, log: &Log) -> Self {
        Self { programs: programs.clone(), parent: parent.to_owned(), log: log.clone() }
    }

    /// Makes the files of a new database.
    async fn make(&self, home: &Home) -> io::Result<()> {
        let args = ["-D", "data", "-U", NAME, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"];
        // On SIGTERM it ends when its child has, which so gives back its shared memory.
        let mut initdb = home.run(&self.programs.initdb, Signal::SIGTERM, args)?;
        self.log.add(NAME, format_args!("initdb started, pid {}", initdb.pid()));
        let status = initdb.wait().await?;
        self.log.add(NAME, format_args!("initdb ended"));
        if status.success() {
            Ok(())
        } else {
            Err(home.explain(&io::Error::other(format!("initdb ended with {status}"))))
        }
    }

    fn start(&self, home: Home) -> io::Result<Server> {
        let args = [
            "-D".into(),
            "data".into(),
            // It listens in its own directory and nowhere else, and so takes no other server's place.
            setting("listen_addresses", ""),
            setting("unix_socket_directories", home.path()),
            setting("port", "5432"),
            // All that it has is in its directory, and need not outlive the computer.
            setting("dynamic_shared_memory_type", "mmap"),
            setting("fsync", "off"),
            setting("full_page_writes", "off"),
        ];
        let server = Server::start(home, &self.programs.postgres, LAST_RESORT, args)?;
        self.log.add(NAME, format_args!("started, pid {}", server.pid()));
        Ok(server)
    }
}

fn setting(name: &str, value: impl AsRef<OsStr>) -> OsString {
    let mut setting = OsString::from(format!("--{name}="));
    setting.push(value);
    setting
}

impl Resource for Postgres {
    type Guard = Database;
    type Error = anyhow::Error;

    async fn enter(&mut self) -> anyhow::Result<Database> {
        let since = Instant::now();
        let home = Home::create(&self.parent, self.programs.postgres_user.as_ref())?;
        let mut config = Config::new();
        config.host_path(home.path()).port(5432).user(NAME).dbname(NAME);
        self.make(&home).await?;
        let mut server = self.start(home)?;

        match prepare(&mut server, &config).await {
            Ok(migrations) => {
                let time = since.elapsed().as_millis();
                self.log.add(NAME, format_args!("ready in {time} ms, with {migrations} migrations"));
                Ok(Database { config, server })
            }
            Err(error) => {
                // Nobody exits what did not enter: an `enter` that fails ends what it started.
                server.kill().await?;
                Err(error)
            }
        }
    }

    async fn exit(&mut self, database: Database, outcome: Outcome<'_>) -> anyhow::Result<()> {
        self.log.add(NAME, format_args!("told to stop, outcome {:?}", outcome.kind()));
        let stopped = database.server.stop(STOP).await;
        self.log.add(NAME, format_args!("ended"));
        Ok(stopped?)
    }

    fn abandon(&mut self, database: Database) {
        drop(database);
        self.log.add(NAME, format_args!("killed"));
    }
}

/// Waits until the server takes connections, and runs the migrations.
async fn prepare(server: &mut Server, config: &Config) -> anyhow::Result<usize> {
    let mut session = server.connect(|| Session::open(config)).await?;
    let migrations = migrations::run(&mut session).await?;
    session.close().await?;
    Ok(migrations)
}

impl Database {
    pub(crate) fn config(&self) -> &Config {
        &self.config
    }

    /// Opens a connection, of which there can be many.
    pub(crate) async fn connect(&self) -> Result<Session, SqlError> {
        Session::open(&self.config).await
    }
}
