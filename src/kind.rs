//! The names of resources that have no name of their own, or whose `name` panics.

/// Returns a type's name without path and parameters. Tuples and arrays are called `tuple` and `array`.
pub(crate) fn type_name<T: ?Sized>() -> &'static str {
    last_of(core::any::type_name::<T>())
}

/// Returns the last segment of the path with which a text begins.
fn last_of(full: &'static str) -> &'static str {
    match full.as_bytes().first() {
        Some(b'(') => return "tuple",
        Some(b'[') => return "array",
        _ => {}
    }
    // A path can have parameters before its last segment: `<u8 as Trait>::method::Type<T>`. Parameters of an outer type
    // can follow it, and its own parameters can contain an arrow: `Type<fn(T) -> U>`.
    let (mut depth, mut start, mut end, mut before) = (0_usize, 0, full.len(), ' ');
    for (at, character) in full.char_indices() {
        match character {
            '<' => depth += 1,
            '>' if before == '-' => {}
            ',' | '>' if depth == 0 => {
                end = at;
                break;
            }
            '>' => depth -= 1,
            ':' if depth == 0 => start = at + 1,
            _ => {}
        }
        before = character;
    }
    let last = &full[start..end];
    last.split('<').next().unwrap_or(last)
}

/// Returns the name of a resource's type. For a wrapper whose resources have the name of the wrapped one, it is the
/// wrapped type's.
pub(crate) fn kind_of<R>() -> &'static str {
    /// The wrappers, as they precede the type in its name.
    const OUTER: &[&str] = &[
        "&mut ",
        "alloc::boxed::Box<",
        "core::option::Option<",
        "withal::adapt::fail_fast::FailFast<",
        "withal::adapt::in_order::InOrder<",
        "withal::adapt::limit::Limit<",
        "withal::adapt::map_err::MapErr<",
        "withal::adapt::named::Named<",
        "withal::adapt::ready_when::ReadyWhen<",
        "withal::adapt::retry::Retry<",
        "withal::adapt::retry::remake::Remake<",
        "withal::adapt::within::Within<",
        "withal::background::watch::Watch<",
        "withal::closures::or_abandon::OrAbandon<",
        "withal::local::Local<",
        "withal::shared::Shared<",
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

    /// A wrapper has the name of the type inside it.
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

#[cfg(test)]
mod type_names {
    use super::type_name;
    use alloc::vec::Vec;

    struct Plain<T>(T);

    trait Inside {
        fn name() -> &'static str;
    }

    impl Inside for Plain<Vec<u8>> {
        fn name() -> &'static str {
            struct Inner<T>(T);
            type_name::<Inner<core::fmt::Error>>()
        }
    }

    #[test]
    fn names_are_without_path_and_parameters() {
        assert_eq!(type_name::<Plain<Vec<core::fmt::Error>>>(), "Plain");
        assert_eq!(type_name::<Plain<Plain<u8>>>(), "Plain");
        assert_eq!(<Plain<Vec<u8>>>::name(), "Inner");
        assert_eq!(type_name::<u8>(), "u8");
        assert_eq!(type_name::<(Plain<u8>, Plain<u8>)>(), "tuple");
        assert_eq!(type_name::<[Plain<u8>; 2]>(), "array");
        assert_eq!(type_name::<Plain<fn(u8) -> core::fmt::Error>>(), "Plain");
    }
}
