//! One type for every shape: a resource whose guard is boxed. So a shape can be made at run time, and what is done to
//! one is compiled once.

use crate::check::Ids;
use std::any::Any;
use withal::testing::map_guard;
use withal::{BoxResource, Resource, ResourceExt};

/// Any shape.
pub type Erased = BoxResource<'static, Guard>;

/// Any shape's guard.
pub struct Guard(Box<dyn AnyIds>);

pub trait AnyIds: Ids + Send {
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
}

impl<G: Any + Ids + Send> AnyIds for G {
    fn into_any(self: Box<Self>) -> Box<dyn Any> {
        self
    }
}

impl Ids for Guard {
    fn ids(&self) -> Vec<usize> {
        self.0.ids()
    }
}

impl Guard {
    fn new(guard: impl AnyIds + 'static) -> Self {
        Self(Box::new(guard))
    }

    fn into<G: 'static>(self) -> G {
        *self.0.into_any().downcast().expect("a guard goes back to the shape that gave it")
    }
}

/// Members stay members of one set with all others.
pub fn erased(resource: impl Resource<Guard: Ids + 'static> + 'static) -> Erased {
    map_guard(resource, Guard::new, Guard::into).boxed()
}
