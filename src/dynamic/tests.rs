use super::slot::Slot;
use super::slots::Slots;
use crate::error::Failures;
use alloc::vec::Vec;

fn add(slots: &mut Slots<'_>) -> usize {
    slots.add(Slot::Out(Failures::default()))
}

fn numbers(slots: &mut Slots<'_>) -> Vec<usize> {
    slots.iter_mut().filter(|(_, slot)| !matches!(slot, Slot::Gone)).map(|(number, _)| number).collect()
}

#[test]
fn numbers_stay_in_order_whichever_slots_are_removed() {
    let mut slots = Slots::default();
    let first: Vec<_> = (0..10).map(|_| add(&mut slots)).collect();
    for number in [3, 9, 0, 5, 8] {
        assert!(slots.remove(first[number]).is_some());
    }
    assert_eq!(numbers(&mut slots), [1, 2, 4, 6, 7]);
    assert_eq!(add(&mut slots), 10);
    for number in [1, 2, 7, 6] {
        assert!(slots.remove(number).is_some());
    }
    assert_eq!(numbers(&mut slots), [4, 10]);
    assert!(slots.remove(6).is_none() && slots.remove(6).is_none());
}

#[test]
fn slots_of_members_that_left_take_no_memory() {
    let mut slots = Slots::default();
    let (stays, mut last) = (add(&mut slots), add(&mut slots));
    for _ in 0..1000 {
        let before = core::mem::replace(&mut last, add(&mut slots));
        slots.remove(before);
        assert!(slots.iter_mut().len() <= 4);
    }
    assert_eq!(numbers(&mut slots), [stays, last]);
    slots.remove(last);
    assert_eq!(slots.iter_mut().len(), 1);
    slots.remove(stays);
    assert!(slots.is_empty());
}
