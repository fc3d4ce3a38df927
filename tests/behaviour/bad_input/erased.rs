//! One type for chains of every shape, so that what is done to them is compiled once.

use std::any::Any;
use withal::testing::map_guard;
use withal::{BoxResource, Resource, ResourceExt};

/// A resource whose guard is boxed.
pub(crate) type Erased = BoxResource<'static, Guard>;

type Guard = Box<dyn Any + Send>;

pub(crate) fn erased(resource: impl Resource<Guard: 'static> + 'static) -> Erased {
    map_guard(resource, |guard| Box::new(guard) as Guard, into).boxed()
}

fn into<G: 'static>(guard: Guard) -> G {
    *guard.downcast().expect("a guard goes back to the shape that gave it")
}
