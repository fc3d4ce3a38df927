//! Cases of rstest: each has a server of its own, which its fixture describes and its scope enters.

use crate::members::log::Log;
use crate::members::programs::Programs;
use crate::members::redis::{Cache, Redis};
use redis::AsyncCommands;
use rstest::{fixture, rstest};
use withal::{Resource, ResourceExt};

#[fixture]
fn server() -> impl Resource<Guard = Cache> {
    let programs = Programs::find().unwrap_or_else(|missing| panic!("{missing}"));
    Redis::new(&programs, &std::env::temp_dir(), &Log::new(|_, _| {}))
}

#[rstest]
#[case::one("tea", &[1], 1)]
#[case::many("milk", &[1, 2, 3], 6)]
#[case::negative("sugar", &[5, -7], -2)]
#[tokio::test]
#[ignore = "needs PostgreSQL and Redis: apt-get install postgresql redis-server"]
async fn a_stock_is_the_sum_of_its_changes(
    server: impl Resource<Guard = Cache>,
    #[case] item: &str,
    #[case] changes: &[i64],
    #[case] stock: i64,
) -> anyhow::Result<()> {
    server
        .scope(async |cache| {
            let mut connection = cache.connect().await?;
            for change in changes {
                let _: i64 = connection.incr(item, *change).await?;
            }
            assert_eq!(connection.get::<_, i64>(item).await?, stock);
            assert_eq!(connection.keys::<_, Vec<String>>("*").await?, [item], "the server is new");
            Ok(())
        })
        .await
}
