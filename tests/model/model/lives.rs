//! Members that die while they are up (laws `attended`, `death-stops-the-body`, `death-is-first`).

use super::{Going, Life, Model, Node};
use crate::world::Step;
use withal::Phase;

impl Model<'_> {
    /// A member begins to live when it has entered, unless the body will not run.
    pub(super) fn begin_life(&mut self, life: Step, member: &Node) {
        let Node::Leaf(id) = member else { panic!("{member:?} has no life") };
        if self.enters[*id] == Going::Well && !self.is_in_vain() {
            self.lives.push(Life { id: *id, since: self.round, step: life });
            if self.round == 0 {
                // They were all there before the first poll.
                self.lives.sort_by_key(|life| life.id);
            }
        }
    }

    pub(super) fn end_life(&mut self, member: &Node) {
        let Node::Leaf(id) = member else { panic!("{member:?} has no life") };
        self.lives.retain(|life| life.id != *id);
    }

    /// Lets all live that are in, for one round. Tells whether one of them dies: in this phase, as its failure tells.
    pub(super) fn live(&mut self, phase: Phase) -> bool {
        let round = self.round;
        let dies = |life: &Life| round - life.since >= life.step.pending;
        let dead: Vec<_> = self.lives.iter().filter(|life| dies(life)).copied().collect();
        self.lives.retain(|life| !dies(life));
        for Life { id, step, .. } in &dead {
            self.fault(*id, phase, step.end);
        }
        !dead.is_empty()
    }
}
