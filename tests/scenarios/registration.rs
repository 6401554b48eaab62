//! Registering, refreshing, leaving, and not being let in.

use crate::basic_call::OFFICE;
use cordboard_sim::World;

#[test]
fn a_phone_registers_for_an_hour_and_is_listed() {
    let world = World::with_dialplan(OFFICE);
    let anna = world.phone("101");
    assert_eq!(anna.registers(), 3_600);
}
