//! Without `move`, the inner body borrows the outer guard.

#[path = "../db.rs"]
mod db;

use db::{Db, Motto, spawn};
use withal::ResourceExt;

pub fn main() {
    let scope = Db.scope(async |rows| {
        Motto
            .scope(async |motto| {
                rows.push((*motto).to_owned());
                anyhow::Ok(())
            })
            .await?;
        anyhow::Ok(rows.len())
    });
    assert_eq!(spawn(scope).unwrap(), 2);
}
