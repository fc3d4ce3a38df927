//! What gives guards of two types is in a tuple; what is in a `Vec` gives guards of one type, an enum for example.

#[path = "../db.rs"]
mod db;

use db::{Db, Motto};
use withal::{ResourceExt, adopt, resource};

enum Text {
    Rows(Vec<String>),
    Motto(&'static str),
}

impl Text {
    fn len(&self) -> usize {
        match self {
            Self::Rows(rows) => rows.len(),
            Self::Motto(motto) => motto.len(),
        }
    }
}

pub fn main() {
    let scope = (Db, Motto).scope(async |(rows, motto)| anyhow::Ok(rows.len() + motto.len()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 14);

    let rows = resource(async || Ok(Text::Rows(vec!["first".to_owned()])), async |_, _| Ok(()));
    let motto = adopt(Text::Motto("festina lente"), async |_, _| Ok(()));
    let both = vec![rows.boxed(), motto.boxed()];
    let scope = both.scope(async |both| anyhow::Ok(both.iter().map(Text::len).sum::<usize>()));
    assert_eq!(futures::executor::block_on(scope).unwrap(), 14);
}
