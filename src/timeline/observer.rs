use super::clock::Clock;
use super::text::{Room, chart};
use super::trace::trace;
use super::{InFlight, MemberRecord, ScopeRecord, svg};
use crate::lock::{Mutex, MutexGuard};
use std::collections::BTreeMap;
use std::fmt;
use std::string::String;
use std::sync::Arc;
use std::time::Duration;
use std::vec::Vec;

/// Records when the members of scopes are entered and exited, and draws it as text, as a picture or as a trace.
///
/// Pass it to [`Scope::observe`](crate::Scope::observe).
///
/// Clones share one timeline. One timeline observes any number of scopes, one after the other or concurrently, on any
/// threads. Observing does not change what the scopes do or return. All methods return a snapshot, and can be called at
/// any time, from any thread.
///
/// A member has a row from its first event on: the start of its enter, or of its exit if it had entered before. A
/// member that never starts has none. If the future of a scope is dropped, the timeline shows which calls were dropped
/// in flight and which members were abandoned.
///
/// Its `Display` is a chart in ASCII, 100 columns wide:
///
/// ```text
/// shop: completed, 3.4 s in all, 1 failure
///                                   0 s                1 s                2 s                 3 s
///                enter      exit    |------------------|------------------|-------------------|-------
/// body                 ran 1.4 s                           ###########################
/// [0] postgres   1.2 s    800 ms    >>>>>>>>>>>>>>>>>>>>>>>===========================<<<<<<<<<<<<<<<<
/// [1] redis     200 ms     50 ms F  >>>===============================================F
/// - could not exit [1] redis: connection reset by peer (os error 104)
///
/// > entering   = up   < exiting   # body   F failed
/// ```
///
/// Each member has a row, in member order, with the time that its enter and its exit took, and so has the body. A
/// letter, which is explained below the rows, marks calls that did not succeed, and work that failed while its member
/// was up. The failures follow as sentences, the
/// earliest first, and then the calls in flight, the longest first. Names that are too long are shortened in the
/// middle, and at most ten calls in flight are listed. With `{:#}` both are in full, and the chart is as wide as the
/// names need.
///
/// # Examples
///
/// ```
/// use std::fs;
/// use withal::{Scope, Timeline};
///
/// # futures::executor::block_on(async {
/// let timeline = Timeline::new();
/// Scope::new(()).observe(&timeline).run(async |()| anyhow::Ok(())).await?;
///
/// println!("{timeline}");
/// fs::write(std::env::temp_dir().join("timeline.svg"), timeline.to_svg())?;
/// # anyhow::Ok(()) }).unwrap();
/// ```
#[derive(Clone)]
pub struct Timeline(Arc<Recordings>);

struct Recordings {
    clock: Clock,
    /// By the numbers of the scopes.
    scopes: Mutex<BTreeMap<usize, ScopeRecord>>,
}

impl Timeline {
    /// Creates an empty timeline, whose time begins now.
    #[must_use]
    pub fn new() -> Self {
        Self::by(Clock::since_now())
    }

    /// Creates a timeline with a clock of your own, which returns the time since some start: that of a runtime whose
    /// time can be paused, or one that a test advances.
    ///
    /// The clock is called whenever a phase begins or ends, on the thread of the phase, and under no lock. If it goes
    /// backwards or panics, the time of the timeline stands still until the clock has caught up. The clock must not run
    /// a scope that this timeline observes: that would call the clock again, without end.
    ///
    /// # Examples
    ///
    /// The time of tokio, which a test can pause:
    ///
    /// ```
    /// use withal::Timeline;
    ///
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let start = tokio::time::Instant::now();
    /// let timeline = Timeline::with_clock(move || start.elapsed());
    /// # drop(timeline) });
    /// ```
    pub fn with_clock(clock: impl Fn() -> Duration + Send + Sync + 'static) -> Self {
        Self::by(Clock::new(clock))
    }

    fn by(clock: Clock) -> Self {
        Self(Arc::new(Recordings { clock, scopes: Mutex::default() }))
    }

    pub(super) fn records(&self) -> MutexGuard<'_, BTreeMap<usize, ScopeRecord>> {
        self.0.scopes.lock()
    }

    pub(super) fn now(&self) -> Duration {
        self.0.clock.now()
    }

    /// Returns the records of all scopes, in the order in which they began.
    #[must_use]
    pub fn scopes(&self) -> Vec<ScopeRecord> {
        let mut scopes: Vec<_> = self.records().values().cloned().collect();
        scopes.sort_by_key(ScopeRecord::opened);
        for scope in &mut scopes {
            scope.members.sort_by(|a, b| a.path.cmp(&b.path));
        }
        scopes
    }

    /// Returns the members of all scopes: scope by scope, each in member order.
    ///
    /// # Examples
    ///
    /// A test that two resources are entered concurrently, with a clock that counts its readings:
    ///
    /// ```
    /// use std::sync::atomic::{AtomicU64, Ordering::SeqCst};
    /// use std::time::Duration;
    /// use withal::{Scope, Timeline, resource};
    ///
    /// # futures::executor::block_on(async {
    /// let readings = AtomicU64::new(0);
    /// let timeline = Timeline::with_clock(move || Duration::from_millis(readings.fetch_add(1, SeqCst)));
    /// let slow = || resource(async || Ok(smol::future::yield_now().await), async |(), _| Ok(()));
    /// Scope::new((slow(), slow())).observe(&timeline).run(async |_| anyhow::Ok(())).await?;
    ///
    /// let members = timeline.members();
    /// let enters: Vec<_> = members.iter().filter_map(|member| member.enter()).collect();
    /// assert!(enters[0].overlaps(&enters[1]));
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn members(&self) -> Vec<MemberRecord> {
        self.scopes().into_iter().flat_map(|scope| scope.members).collect()
    }

    /// Returns the calls in flight: the enters and exits of members, and the bodies that run, the longest first.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::pin::pin;
    /// use withal::{ResourceExt, Scope, Timeline, defer};
    ///
    /// # futures::executor::block_on(async {
    /// let timeline = Timeline::new();
    /// let stuck = defer(async |_| std::future::pending().await).named("redis");
    /// let members = (defer(async |_| Ok(())), stuck);
    /// let mut scope = pin!(Scope::new(members).observe(&timeline).run(async |_| anyhow::Ok(())));
    /// assert!(futures::poll!(scope.as_mut()).is_pending());
    ///
    /// let in_flight = timeline.in_flight();
    /// assert_eq!((in_flight.len(), in_flight[0].name()), (1, "redis"));
    /// println!("{}", in_flight[0]); // [1] redis has been exiting for 3.2 s
    /// # });
    /// ```
    #[must_use]
    pub fn in_flight(&self) -> Vec<InFlight> {
        let (scopes, now) = self.look();
        let mut in_flight: Vec<_> = scopes.iter().flat_map(|scope| InFlight::of(scope, now)).collect();
        in_flight.sort_by_key(InFlight::since);
        in_flight
    }

    /// Returns the chart that `Display` draws, with this width: 60 columns at least, and 1000 at most. Longer parts are
    /// shortened, or wrapped. Only the sentences below a scope's rows can be wider.
    #[must_use]
    pub fn to_text(&self, columns: usize) -> String {
        self.text(Room { columns: columns.clamp(60, 1000), in_full: false })
    }

    fn text(&self, room: Room) -> String {
        let (scopes, now) = self.look();
        chart(&scopes, now, room)
    }

    /// Returns one self-contained SVG document, to be written to a file or put into a page.
    ///
    /// It follows the viewer's colour scheme, light or dark. Every colour is accompanied by a shape or a letter with
    /// the same meaning, and the tooltip of each bar has exact times and the error.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let (scopes, now) = self.look();
        svg::picture(&scopes, now)
    }

    /// Returns a trace in the Trace Event Format: a JSON document, to be opened in [Perfetto](https://ui.perfetto.dev)
    /// or `chrome://tracing`, which zoom and search.
    ///
    /// Each scope is a process. In it the scope, the body and each member have a track, with a slice for each phase.
    /// The outcome that an exit received, and how a phase ended unless it succeeded, with its error, are its arguments.
    /// A phase in flight lasts until now. Times are those of the timeline's clock.
    ///
    /// # Examples
    ///
    /// ```
    /// use std::fs;
    /// use withal::{Scope, Timeline};
    ///
    /// # futures::executor::block_on(async {
    /// let timeline = Timeline::new();
    /// Scope::new(()).observe(&timeline).run(async |()| anyhow::Ok(())).await?;
    /// fs::write(std::env::temp_dir().join("trace.json"), timeline.to_chrome_trace())?;
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    #[must_use]
    pub fn to_chrome_trace(&self) -> String {
        let (scopes, now) = self.look();
        trace(&scopes, now)
    }

    /// Removes the scopes that are over. The others stay.
    ///
    /// A timeline keeps everything that it has recorded until then, so a long-running program has to clear it now and
    /// then.
    ///
    /// # Examples
    ///
    /// ```
    /// use withal::{Scope, Timeline};
    ///
    /// # futures::executor::block_on(async {
    /// let timeline = Timeline::new();
    /// Scope::new(()).observe(&timeline).run(async |()| anyhow::Ok(())).await?;
    /// assert_eq!(timeline.scopes().len(), 1);
    /// timeline.clear();
    /// assert_eq!(timeline.scopes().len(), 0);
    /// # anyhow::Ok(()) }).unwrap();
    /// ```
    pub fn clear(&self) {
        self.records().retain(|_, scope| scope.closed.is_none());
    }

    /// Returns a snapshot, and the time. The clock is read last, so that nothing in the snapshot is later.
    fn look(&self) -> (Vec<ScopeRecord>, Duration) {
        (self.scopes(), self.now())
    }
}

impl Default for Timeline {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Timeline").field("scopes", &self.records().len()).finish_non_exhaustive()
    }
}

impl fmt::Display for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Room { columns: 100, in_full: f.alternate() }))
    }
}
