//! The scopes that are measured.

use super::{Failed, Member, members};
use std::future::Future;
use withal::ResourceExt;

pub fn pair(pending: u32) -> impl Future<Output = Result<u64, Failed>> {
    let [a, b] = members(pending);
    (a, b).scope(async |(a, b)| Ok(*a + *b))
}

pub fn four(pending: u32) -> impl Future<Output = Result<u64, Failed>> {
    let [a, b, c, d] = members(pending);
    (a, b, c, d).scope(async |(a, b, c, d)| Ok(*a + *b + *c + *d))
}

#[expect(clippy::many_single_char_names, reason = "they are twelve of a kind")]
pub fn twelve(pending: u32) -> impl Future<Output = Result<u64, Failed>> {
    let [a, b, c, d, e, f, g, h, i, j, k, l] = members(pending);
    (a, b, c, d, e, f, g, h, i, j, k, l).scope(async |guards| Ok(guards.0 + guards.11))
}

pub fn array(pending: u32) -> impl Future<Output = Result<u64, Failed>> {
    members::<8>(pending).scope(async |guards| Ok(guards.iter().sum()))
}

pub fn vec(len: usize, pending: u32) -> impl Future<Output = Result<u64, Failed>> {
    let members: Vec<_> = (0..len).map(|number| Member { number: number as u64, pending }).collect();
    members.scope(async |guards| Ok(guards.iter().sum()))
}
