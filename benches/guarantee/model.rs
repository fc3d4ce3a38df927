//! What has to happen, by the script.

use super::Ended;
use super::scripted::{End, Event, Heard, Ledger, Place, Scripted, Speech, Step, error};
use crate::scene::list::Members;
use crate::scene::{Failed, Failure, What};
use withal::{MemberPanic, Phase};

#[derive(Clone, Debug)]
pub struct Script {
    /// Enter and exit of each member.
    members: Vec<(Step, Step)>,
    body: Step,
}

impl Script {
    pub fn well(number: usize, pending: usize) -> Self {
        let step = Step { pending, ..Step::WELL };
        Self { members: vec![(step, step); number], body: step }
    }

    pub fn body(self, body: Step) -> Self {
        Self { body, ..self }
    }

    pub fn enter(mut self, member: usize, step: Step) -> Self {
        self.members[member].0 = step;
        self
    }

    pub fn exit(mut self, member: usize, step: Step) -> Self {
        self.members[member].1 = step;
        self
    }

    pub fn make<M: Members<Scripted>>(&self, ledger: &Ledger) -> (M, Speech) {
        let member = |id: usize| {
            let (enter, exit) = self.members[id];
            Scripted { id, enter, exit, ledger: ledger.clone() }
        };
        (M::collect(self.members.len(), member), Speech { step: self.body, ledger: ledger.clone() })
    }

    fn body_runs(&self) -> bool {
        self.members.iter().all(|(enter, _)| enter.fails_at().is_none())
    }

    fn body_panics(&self) -> bool {
        self.body_runs() && self.body.panics()
    }

    /// What goes wrong beside an error of the body: where, in which poll of its phase, and whether by a panic.
    fn faults(&self) -> Vec<(Place, usize, bool)> {
        let mut faults = Vec::new();
        let mut add = |place, step: Step| faults.extend(step.fails_at().map(|poll| (place, poll, step.panics())));
        self.members.iter().enumerate().for_each(|(id, (enter, _))| add(Place::Enter(id), *enter));
        if self.body_panics() {
            add(Place::Body, self.body);
        }
        for (id, (enter, exit)) in self.members.iter().enumerate() {
            if enter.enters() {
                add(Place::Exit(id), *exit);
            }
        }
        faults
    }

    /// What exits may be told: of two errors that come at the same time, either is the earliest.
    fn told(&self) -> Vec<Heard> {
        let mut enters = self.faults();
        enters.retain(|(place, ..)| matches!(place, Place::Enter(_)));
        match self.body.end {
            _ if enters.iter().any(|fault| fault.2) || self.body_panics() => vec![Heard::Panicked],
            _ if !enters.is_empty() => {
                earliest(&enters).into_iter().map(|place| Heard::EnterFailed(error(place).to_string())).collect()
            }
            End::Error => vec![Heard::Failed],
            _ => vec![Heard::Completed],
        }
    }
}

/// By phase and poll, and the places that may come first.
fn earliest(faults: &[(Place, usize, bool)]) -> Vec<Place> {
    let time = |(place, poll, _): &(Place, usize, bool)| (matches!(place, Place::Exit(_)), *poll);
    let first = faults.iter().map(time).min();
    faults.iter().filter(|fault| Some(time(fault)) == first).map(|fault| fault.0).collect()
}

fn expect(holds: bool, law: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(law.to_owned()) }
}

/// Checks what became of the members, whether the scope came to its end or was dropped.
pub fn check_events(script: &Script, events: &[Event], ended: bool) -> Result<(), String> {
    let count = |wanted: &dyn Fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    let first = |wanted: &dyn Fn(&Event) -> bool| events.iter().position(wanted).unwrap_or(events.len());
    let leaves = |event: &Event| matches!(event, Event::ExitBegan(..) | Event::Abandoned(_));
    for (id, (enter, _)) in script.members.iter().enumerate() {
        let settled = count(&|event| *event == Event::Ended(Place::Enter(id)));
        let entered = settled * usize::from(enter.enters());
        let begun = count(&|event| matches!(event, Event::ExitBegan(member, _) if *member == id));
        let abandoned = count(&|event| *event == Event::Abandoned(id));
        expect(begun + abandoned == entered, "what entered is exited or abandoned once")?;
        expect(!ended || abandoned == 0, "nothing is abandoned but by a drop")?;
        let exited = count(&|event| *event == Event::Ended(Place::Exit(id)));
        expect(!ended || exited == begun, "all exits are awaited")?;
        let settled_at = first(&|event| *event == Event::Ended(Place::Enter(id)));
        expect(settled_at <= first(&|event| matches!(event, Event::ExitBegan(..))), "enters settle before exits")?;
    }
    let exits: Vec<_> = events.iter().filter_map(Event::exit_began).collect();
    expect(exits.is_sorted_by(|(a, _), (b, _)| a > b), "exits begin in reverse")?;
    expect(exits.iter().all(|(_, heard)| script.told().contains(heard)), "all are told how it ended")?;
    expect(exits.iter().all(|(_, heard)| *heard == exits[0].1), "all are told the same")?;
    let abandoned: Vec<_> = events.iter().filter_map(Event::abandoned).collect();
    expect(abandoned.is_sorted_by(|a, b| a > b), "members are abandoned in reverse")?;
    expect(count(&|event| *event == Event::BodyDropped) == 1, "the body is dropped")?;
    expect(first(&|event| *event == Event::BodyDropped) <= first(&leaves), "the body goes before the members")?;
    let ran = count(&|event| *event == Event::Ended(Place::Body)) == 1;
    expect(!ended || ran == script.body_runs(), "the body runs if all are in")?;
    let overlap = script.members.iter().all(|(_, exit)| exit.pending > 0 && exit.end != End::PanicWhereMade);
    let last_begun = events.iter().rposition(|event| event.exit_began().is_some()).unwrap_or(0);
    let exit_ended = first(&|event| matches!(event, Event::Ended(Place::Exit(_))));
    expect(!overlap || last_begun <= exit_ended, "exits overlap")
}

/// Checks what came back.
pub fn check_result(script: &Script, ended: &Ended, resumes: bool) -> Result<(), String> {
    let faults = script.faults();
    let panics: Vec<_> = faults.iter().copied().filter(|fault| fault.2).collect();
    let declined = script.body_runs() && script.body.end == End::Error;
    let result = match ended {
        Err(panic) => {
            let first = if script.body_panics() { vec![Place::Body] } else { earliest(&panics) };
            return expect(resumes && panic.is_some_and(|place| first.contains(&place)), "the first panic resumes");
        }
        Ok(result) => result,
    };
    expect(!resumes || panics.is_empty(), "a panic resumes")?;
    let (body, told) = match result {
        Ok(sum) => {
            let all = script.members.len() as u64;
            return expect(
                faults.is_empty() && !declined && *sum == all * (all - 1) / 2,
                "a value means that all went well",
            );
        }
        Err(Failed::Declined) => return expect(faults.is_empty() && declined, "the body's error comes back as it is"),
        Err(Failed::ByHand { body, failures }) => {
            (matches!(body.as_deref(), Some(Failed::Declined)), failures.iter().map(Failure::fault).collect())
        }
        Err(Failed::InAScope(error)) => {
            let mut told: Vec<_> = error.failures().iter().map(in_a_scope).collect();
            let first = error.failures().first().map(in_a_scope);
            told.sort_by_key(|fault| Some(fault) != first.as_ref());
            (error.body().is_some_and(|body| matches!(body.downcast_ref(), Some(Failed::Declined))), told)
        }
        Err(Failed::Member(_)) => return Err("not all is told".to_owned()),
    };
    expect(body == declined, "the body's error is among what is told")?;
    let missing = faults.iter().any(|(place, _, panic)| !told.contains(&Some((*place, *panic))));
    expect(told.len() == faults.len() && !missing, "nothing is lost")?;
    expect(told[0].is_some_and(|(place, _)| earliest(&faults).contains(&place)), "the earliest comes first")
}

/// Checks what a drop resumes.
pub fn check_drop(events: &[Event], resumed: Option<Place>) -> Result<(), String> {
    expect(resumed == events.iter().find_map(Event::panicked), "a drop resumes the first panic")
}

impl Failure {
    /// None if its error is that of another place.
    fn fault(&self) -> Option<(Place, bool)> {
        let place = match (self.member, self.phase) {
            (None, _) => Place::Body,
            (Some(member), Phase::Enter) => Place::Enter(member),
            (Some(member), Phase::Exit) => Place::Exit(member),
            (Some(_), phase) => unreachable!("{phase:?}"),
        };
        match &self.what {
            What::Error(found) if found.to_string() != error(place).to_string() => None,
            What::Error(_) => Some((place, false)),
            What::Panic(_) => Some((place, true)),
        }
    }
}

fn in_a_scope(failure: &withal::Failure) -> Option<(Place, bool)> {
    let place = match (failure.path(), failure.phase()) {
        ([member], Phase::Enter) => Place::Enter(*member),
        ([member], Phase::Exit) => Place::Exit(*member),
        _ => return None,
    };
    let is_own = failure.error().to_string() == error(place).to_string();
    (is_own || failure.error().is::<MemberPanic>()).then_some((place, !is_own))
}
