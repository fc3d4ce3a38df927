//! What a resource is called that cannot be asked for its name.

use crate::resource::{Resource, last_of};

/// Returns the name of a resource's type. A type whose resources go by the name of what is in them goes by that one's.
pub(crate) fn kind_of<R: Resource>() -> &'static str {
    /// What stands before the type in it.
    const OUTER: [&str; 11] = [
        "&mut ",
        "alloc::boxed::Box<",
        "core::option::Option<",
        "withal::adapt::fail_fast::FailFast<",
        "withal::adapt::in_order::InOrder<",
        "withal::adapt::limit::Limit<",
        "withal::adapt::map_err::MapErr<",
        "withal::adapt::named::Named<",
        "withal::adapt::within::Within<",
        "withal::local::Local<",
        "withal::testing::watched::Watched<",
    ];
    let mut full = core::any::type_name::<R>();
    while let Some(inner) = OUTER.iter().find_map(|outer| full.strip_prefix(outer)) {
        full = inner;
    }
    if full.starts_with("withal::adapt::then::Then<") {
        return "then";
    }
    last_of(full)
}

#[cfg(test)]
mod tests {
    use super::kind_of;
    use crate::{
        BoxResource, FailFast, Failures, InOrder, Limit, MapErr, Named, Outcome, Resource, ResourceExt, Then, Within,
    };
    use alloc::boxed::Box;
    use alloc::vec::Vec;

    struct Plain;

    impl Resource for Plain {
        type Guard = ();
        type Error = core::fmt::Error;

        async fn enter(&mut self) -> Result<(), core::fmt::Error> {
            Ok(())
        }

        async fn exit(&mut self, (): (), _: Outcome<'_>) -> Result<(), core::fmt::Error> {
            Ok(())
        }
    }

    fn kind_of_value<R: Resource>(_: &R) -> &'static str {
        kind_of::<R>()
    }

    type Map = fn(Failures) -> core::fmt::Error;

    /// What cannot be asked: nothing has its name, and what is in it has.
    #[test]
    fn names_that_nobody_wrote() {
        assert_eq!(kind_of::<Option<Box<&mut FailFast<Limit<InOrder<Vec<()>>>>>>>(), "Vec");
        assert_eq!(kind_of::<Named<Option<MapErr<[(); 1], Map>>>>(), "array");
        assert_eq!(kind_of::<MapErr<Named<Vec<()>>, Map>>(), "Vec");
        assert_eq!(kind_of::<Option<Then<(), fn(&mut ()) -> (), ()>>>(), "then");
        assert_eq!(kind_of::<BoxResource<'_, core::fmt::Error>>(), "BoxResource");
        let timer = core::future::pending::<()>;
        assert_eq!(kind_of_value(&[()].map_err(|failures| failures).enter_within(timer).named("")), "array");
        assert_eq!(kind_of::<Within<Plain, fn() -> core::future::Ready<()>>>(), "Plain");
        #[cfg(feature = "testing")]
        assert_eq!(kind_of::<Option<crate::testing::Watched<Plain>>>(), "Plain");
    }
}
