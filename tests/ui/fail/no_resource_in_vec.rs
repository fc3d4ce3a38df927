//! A `Vec` of what is no resource.

use withal::ResourceExt;

struct Redis;

fn main() {
    let _scope = vec![Redis, Redis].scope(async |_| anyhow::Ok(()));
}
