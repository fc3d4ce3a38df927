//! What has to be in a stack and a pool, kept beside them.

use super::ops::Place;
use crate::model::{Node, Policy, group, in_order};
use std::sync::{Arc, Mutex, MutexGuard};

/// Both sets; all clones are one.
#[derive(Clone, Debug, Default)]
pub struct Contents(Arc<Mutex<Both>>);

#[derive(Debug, Default)]
pub struct Both {
    pub stack: Set,
    pub pool: Set,
    /// Who was let go of early.
    pub released: Vec<usize>,
    /// Who was given up before all of its group were in.
    pub given_up: Vec<usize>,
}

/// Members by their numbers.
#[derive(Debug, Default)]
pub struct Set {
    members: Vec<(usize, Member)>,
    next: usize,
    /// So many of a pool exit at a time.
    limit: Option<usize>,
}

#[derive(Debug)]
pub enum Member {
    In(usize),
    /// Its early exit was polled so often.
    Leaving(usize, usize),
    /// A group.
    Pair([usize; 2]),
    /// A group whose enter was given up when these were in.
    GivenUp([(usize, bool); 2]),
    Stack(Set),
    Pool(Set),
}

impl Contents {
    pub fn new(limit: Option<usize>) -> Self {
        let contents = Self::default();
        contents.both().pool.limit = limit;
        contents
    }

    pub fn both(&self) -> MutexGuard<'_, Both> {
        self.0.lock().unwrap()
    }

    pub fn add(&self, place: Place, member: Member) {
        let mut both = self.both();
        let set = both.set(place);
        set.members.push((set.next, member));
        set.next += 1;
    }

    /// Takes out a member of this id.
    pub fn remove(&self, place: Place, id: usize) {
        self.both().set(place).members.retain(|(_, member)| member.id() != Some(id));
    }

    /// Notes that the early exit of a member is polled.
    pub fn poll(&self, place: Place, id: usize) {
        let mut both = self.both();
        let member = both.set(place).members.iter_mut().find(|(_, member)| member.id() == Some(id));
        if let Some((_, member)) = member {
            *member = Member::Leaving(id, if let Member::Leaving(_, polls) = member { *polls + 1 } else { 1 });
        }
        both.released.push(id);
    }

    pub fn take_all(&self, place: Place) -> Member {
        let mut both = self.both();
        let set = both.set(place);
        // Those that enter from now on go on with the numbers.
        let Set { next, limit, .. } = *set;
        let set = std::mem::replace(set, Set { next, limit, ..Set::default() });
        match place {
            Place::Stack => Member::Stack(set),
            Place::Pool => Member::Pool(set),
        }
    }
}

impl Both {
    fn set(&mut self, place: Place) -> &mut Set {
        match place {
            Place::Stack => &mut self.stack,
            Place::Pool => &mut self.pool,
        }
    }

    /// As the model knows it: a stack is a group in order.
    pub fn node(&self) -> Node {
        group(vec![in_order(self.stack.nodes()), self.pool.pool_node()])
    }

    /// Visits all members that are no sets, in order, with their paths.
    pub fn visit<'a>(&'a self, see: &mut dyn FnMut(&'a Member, &[usize])) {
        self.stack.visit(&mut vec![0], see);
        self.pool.visit(&mut vec![1], see);
    }
}

impl Set {
    /// Counts those that are in.
    pub fn len(&self) -> usize {
        let is_in = |member: &Member| !matches!(member, Member::Leaving(..) | Member::GivenUp(_));
        self.members.iter().filter(|(_, member)| is_in(member)).count()
    }

    fn pool_node(&self) -> Node {
        Node::Group { policy: Policy { width: self.limit, ..Policy::default() }, members: self.nodes() }
    }

    fn nodes(&self) -> Vec<Node> {
        let nodes = self.members.iter().map(|(_, member)| match member {
            Member::In(id) | Member::Leaving(id, _) => Node::Leaf(*id),
            Member::Pair(ids) => group(ids.map(Node::Leaf).to_vec()),
            Member::GivenUp(members) => Node::GivenUp {
                in_flight: members.iter().filter(|(_, is_in)| !is_in).map(|(id, _)| *id).collect(),
                member: Box::new(group(members.map(|(id, _)| Node::Leaf(id)).to_vec())),
            },
            Member::Stack(set) => in_order(set.nodes()),
            Member::Pool(set) => set.pool_node(),
        });
        nodes.collect()
    }

    fn visit<'a>(&'a self, path: &mut Vec<usize>, see: &mut dyn FnMut(&'a Member, &[usize])) {
        for (number, member) in &self.members {
            path.push(*number);
            match member {
                Member::Stack(set) | Member::Pool(set) => set.visit(path, see),
                _ => see(member, path),
            }
            path.pop();
        }
    }
}

impl Member {
    /// The members in it, each with its position in a group, and whether it is in.
    pub fn leaves(&self) -> Vec<(usize, Option<usize>, bool)> {
        match self {
            Self::In(id) => vec![(*id, None, true)],
            Self::Leaving(id, _) => vec![(*id, None, false)],
            Self::Pair([a, b]) => vec![(*a, Some(0), true), (*b, Some(1), true)],
            Self::GivenUp([a, b]) => vec![(a.0, Some(0), a.1), (b.0, Some(1), b.1)],
            Self::Stack(_) | Self::Pool(_) => Vec::new(),
        }
    }

    fn id(&self) -> Option<usize> {
        match self {
            Self::In(id) | Self::Leaving(id, _) => Some(*id),
            Self::Pair(_) | Self::GivenUp(_) | Self::Stack(_) | Self::Pool(_) => None,
        }
    }
}
