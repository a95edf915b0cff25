//! The main job, once through.

use crate::world::World;

#[test]
fn a_transfer_is_made_refused_taken_back_and_everything_holds() {
    let world = World::with_book();
    let (till, bank) = (world.account("Till", "cash", 5_000), world.account("Bank", "bank", 0));
    let transfer = world.transfer(&till, &bank, 3_000);
    assert_eq!(transfer["number"], "D1-T-000001");
    let refused = world.refused(
        "transfer_funds",
        serde_json::json!({ "from_account_id": till["id"], "to_account_id": bank["id"], "amount_minor": 2_001 }),
    );
    assert_eq!(refused.code.name(), "insufficient_funds");
    assert_eq!(refused.field.as_deref(), Some("amount_minor"));
    world.ask("transfer_reverse", serde_json::json!({ "transfer_id": transfer["id"] }));
    assert_eq!((world.balance(&till["id"]), world.balance(&bank["id"])), (5_000, 0));
    world.assert_holds();
}
