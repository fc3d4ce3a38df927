//! Groups whose members have keys: `BTreeMap`.

mod guards;
mod keys;
mod names;
mod policies;
mod work;

use std::collections::BTreeMap;
use withal::testing::Scripted;
use withal_common::World;

/// Members under keys of two letters, that are ready at once.
fn ready(world: &World, keys: &[&'static str]) -> BTreeMap<&'static str, Scripted> {
    keys.iter().enumerate().map(|(id, key)| (*key, world.ready(id))).collect()
}
