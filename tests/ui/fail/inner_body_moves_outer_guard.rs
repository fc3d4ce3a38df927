//! A `move` that takes the outer guard into the inner body.

use withal::ResourceExt;
use withal_fixtures::{Db, Motto, block_on};

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
    assert_eq!(block_on(scope).unwrap(), 2);
}
