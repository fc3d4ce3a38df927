//! A value that is no resource.

use withal::ResourceExt;

struct Redis;

fn main() {
    let _scope = Redis.scope(async |_| anyhow::Ok(()));
}
