//! Resources of several types, as trait objects.

use std::convert::Infallible;
use withal::Resource;

type Member = Box<dyn Resource<Guard = Vec<String>, Error = Infallible>>;

fn main() {
    let _members: Vec<Member> = Vec::new();
}
