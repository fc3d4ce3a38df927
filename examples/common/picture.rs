//! What the library records of a scope, with its feature `timeline`: a chart at the end, and a picture in a file if one
//! is named.

use std::path::PathBuf;
use std::sync::Arc;
use withal::{Observe, Resource, Scope};

/// Prints its chart when it is dropped, so that a panic, which passes through there, is charted too.
pub(crate) struct Picture {
    #[cfg(feature = "timeline")]
    timeline: withal::Timeline,
    #[cfg(feature = "timeline")]
    svg: Option<PathBuf>,
}

#[cfg(feature = "timeline")]
impl Picture {
    #[expect(clippy::unnecessary_wraps, reason = "without the feature it can fail")]
    pub(crate) fn new(svg: Option<PathBuf>) -> Result<Self, &'static str> {
        Ok(Self { timeline: withal::Timeline::new(), svg })
    }

    /// Observes a scope, beside another observer if there is one.
    pub(crate) fn observe<R: Resource>(&self, scope: Scope<R>, other: Option<Arc<dyn Observe>>) -> Scope<R> {
        match other {
            Some(other) => scope.observe(&(self.timeline.clone(), other)),
            None => scope.observe(&self.timeline),
        }
    }

    /// Says who is still entering or exiting, and since when.
    pub(crate) fn in_flight(&self) -> Vec<String> {
        self.timeline.in_flight().iter().map(ToString::to_string).collect()
    }
}

#[cfg(feature = "timeline")]
impl Drop for Picture {
    fn drop(&mut self) {
        use std::io::Write;
        if self.timeline.scopes().is_empty() {
            return;
        }
        // Nobody may be listening any more, and then `println!` would panic.
        let _ = writeln!(std::io::stdout(), "\n{}", self.timeline);
        if let Some(path) = &self.svg {
            if let Err(error) = std::fs::write(path, self.timeline.to_svg()) {
                let _ = writeln!(std::io::stderr(), "the picture is not in {}: {error}", path.display());
            }
        }
    }
}

#[cfg(not(feature = "timeline"))]
impl Picture {
    pub(crate) fn new(svg: Option<PathBuf>) -> Result<Self, &'static str> {
        let needs = "--svg needs the feature that draws: add `--features timeline` to `cargo run`";
        svg.map_or(Ok(Self {}), |_| Err(needs))
    }

    #[expect(clippy::unused_self, reason = "there is nothing to draw on")]
    pub(crate) fn observe<R: Resource>(&self, scope: Scope<R>, other: Option<Arc<dyn Observe>>) -> Scope<R> {
        match other {
            Some(other) => scope.observe(&other),
            None => scope,
        }
    }

    #[expect(clippy::unused_self, reason = "there is nothing to draw on")]
    pub(crate) fn in_flight(&self) -> Vec<String> {
        Vec::new()
    }
}
