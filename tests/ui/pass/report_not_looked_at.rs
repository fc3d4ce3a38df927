//! A report is looked at, or made into a result.

#![deny(unused_must_use)]

#[path = "../db.rs"]
mod db;

use db::Db;
use withal::Scope;

async fn work() -> anyhow::Result<()> {
    let report = Scope::new(Db).report(async |_| anyhow::Ok(())).await;
    for failure in report.failures.iter() {
        eprintln!("{failure}");
    }
    report.into_result()
}

pub fn main() {
    futures::executor::block_on(work()).unwrap();
}
