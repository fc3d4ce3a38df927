//! Where the servers' programs are, and who may run them.

use nix::unistd::{User, geteuid};
use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

/// Where Debian has Postgres: each version in a directory of its own, and none of them on the `PATH`.
const DEBIAN: &str = "/usr/lib/postgresql";

/// The only directories to look into, if it is set: a list as `PATH` is.
const PATH_VARIABLE: &str = "SERVICES_PATH";

/// The programs that the servers are run with.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    pub(crate) initdb: PathBuf,
    pub(crate) postgres: PathBuf,
    pub(crate) redis_server: PathBuf,
    /// Who runs Postgres in our stead, which refuses to be run by root.
    pub(crate) postgres_user: Option<User>,
}

/// What has to be installed first.
#[derive(Debug, thiserror::Error)]
#[error("no {} found: run `apt-get install postgresql redis-server`", .0.join(", no "))]
pub(crate) struct Missing(Vec<&'static str>);

impl Programs {
    /// Finds them without running anything.
    pub(crate) fn find() -> Result<Self, Missing> {
        let places: Vec<PathBuf> = match env::var_os(PATH_VARIABLE) {
            Some(only) => env::split_paths(&only).collect(),
            None => debian().into_iter().chain(env::split_paths(&env::var_os("PATH").unwrap_or_default())).collect(),
        };
        let find = |names: &[&str]| places.iter().find(|place| names.iter().all(|name| place.join(name).is_file()));
        // Both of one version, and so from one directory.
        let postgres = find(&["initdb", "postgres"]);
        let redis = find(&["redis-server"]);
        let is_root = geteuid().is_root();
        let user = if is_root { User::from_name("postgres").ok().flatten() } else { None };

        match (postgres, redis) {
            (Some(postgres), Some(redis)) if user.is_some() == is_root => Ok(Self {
                initdb: postgres.join("initdb"),
                postgres: postgres.join("postgres"),
                redis_server: redis.join("redis-server"),
                postgres_user: user,
            }),
            _ => {
                let is_missing = [
                    (postgres.is_none(), "initdb with postgres"),
                    (redis.is_none(), "redis-server"),
                    (user.is_some() != is_root, "user postgres"),
                ];
                Err(Missing(is_missing.into_iter().filter(|(is, _)| *is).map(|(_, what)| what).collect()))
            }
        }
    }
}

/// Lists the directories of all versions, the newest first.
fn debian() -> Vec<PathBuf> {
    let entries = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
    let version = |name: &OsStr| name.to_str().and_then(|name| name.parse::<u32>().ok());
    let mut versions: Vec<u32> = entries.filter_map(|entry| version(&entry.file_name())).collect();
    versions.sort_unstable_by(|a, b| b.cmp(a));
    versions.iter().map(|version| Path::new(DEBIAN).join(version.to_string()).join("bin")).collect()
}
