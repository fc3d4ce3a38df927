//! An exit captures an `Arc`, or takes what it needs out before.

use std::rc::Rc;
use std::sync::Arc;
use withal::{ResourceExt, adopt};

pub fn main() {
    let name = Arc::new("five");
    let five = adopt(5, async |five, _| {
        println!("{name} is {five}");
        Ok(())
    });
    assert_eq!(futures::executor::block_on(five.scope(async |five| anyhow::Ok(*five))).unwrap(), 5);

    let name = Rc::new("five");
    let text = name.to_string();
    let five = adopt(5, async |five, _| {
        println!("{text} is {five}");
        Ok(())
    });
    assert_eq!(futures::executor::block_on(five.scope(async |five| anyhow::Ok(*five))).unwrap(), 5);
}
