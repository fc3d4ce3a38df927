//! An exit that captures an `Rc`.

use std::rc::Rc;
use withal::{ResourceExt, adopt};

fn main() {
    let name = Rc::new("five");
    let five = adopt(5, async |five, _| {
        println!("{name} is {five}");
        Ok(())
    });
    let _scope = five.scope_local(async |five| anyhow::Ok(*five));
}
