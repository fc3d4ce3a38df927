//! A `move` that takes the outer guard into the inner body.

#[path = "../db.rs"]
mod db;

use db::{Db, Motto};
use withal::ResourceExt;

fn main() {
    let scope = Db.scope(async |rows| {
        Motto
            .scope(async move |motto| {
                rows.push((*motto).to_owned());
                anyhow::Ok(())
            })
            .await?;
        anyhow::Ok(rows.len())
    });
    assert_eq!(futures::executor::block_on(scope).unwrap(), 2);
}
