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

#[test]
fn a_setting_needs_no_book_and_choosing_a_person_needs_none() {
    let world = World::empty();
    let theme = serde_json::json!({ "key": "theme", "value": "dark" });
    assert_eq!(world.ask("setting_set", theme.clone()), theme);
    let person = world.set_up("North route")["person"]["id"].clone();
    world.behind_its_back("UPDATE device_book SET person_id = NULL");
    let tax = serde_json::json!({ "name": "VAT", "rate_ppm": 75_000 });
    assert_eq!(world.refused("tax_add", tax.clone()).code.name(), "no_person");
    world.ask("person_select", serde_json::json!({ "person_id": person }));
    world.ask("tax_add", tax);
    let taken = world.refused("person_add", serde_json::json!({ "name": "ANA", "role": "clerk" }));
    assert_eq!(taken.code.name(), "name_taken");
    world.assert_holds();
}
