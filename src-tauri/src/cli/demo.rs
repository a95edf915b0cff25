//! The demo: a store made through the command table, told as a person would read it.

use super::{Stop, print};
use crate::app::App;
use crate::commands::Envelope;
use crate::kernel::{Code, Currency, Fault, Money, shown_path};
use serde_json::{Value, json};
use std::path::PathBuf;

type Told = std::result::Result<(), Stop>;

/// Shows the demo, in the store that was named or in one that is thrown away.
pub(super) fn show(store: Option<PathBuf>) -> Told {
    match store {
        Some(store) => Demo::open(store)?.tell(),
        None => {
            let folder = tempfile::tempdir().map_err(|cause| {
                let folder = std::env::temp_dir();
                let sentence = format!("No folder can be made in {}: {cause}.", shown_path(&folder));
                Fault::new(Code::FileUnwritable, sentence).because(cause)
            })?;
            Demo::open(folder.path().to_owned())?.tell()
        }
    }
}

struct Demo {
    app: App,
    currency: Currency,
}

impl Demo {
    fn open(store: PathBuf) -> std::result::Result<Demo, Stop> {
        let app = App::at(&store);
        app.open_for("book_setup").map_err(Stop::NotOpened)?;
        let demo = Demo { app, currency: Currency::parse("EUR")? };
        // A book that is there is somebody's: the demo would put its own beside it.
        if demo.ask("status", json!({}))?["book"] != Value::Null {
            return Err(
                Fault::new(Code::BookNotEmpty, "There is a book in this store; the demo needs a new one.").into()
            );
        }
        say(&format!("A new store in {}", shown_path(&store)))?;
        Ok(demo)
    }

    fn ask(&self, command: &str, input: Value) -> crate::kernel::Result<Value> {
        self.app.call(Envelope::of(command, input))?.value()
    }

    fn money(&self, minor: &Value) -> String {
        let amount = Money::new(minor.as_i64().unwrap_or(0)).unwrap_or_default();
        format!("{:>16}", self.currency.show(amount))
    }

    fn tell(&self) -> Told {
        let set_up = self.ask(
            "book_setup",
            json!({"name": "North route", "currency": "EUR", "person_name": "Ana", "time_zone": "Europe/Madrid"}),
        )?;
        say(&format!("  book “{}”, kept by {}", text(&set_up["book"]["name"]), text(&set_up["person"]["name"])))?;

        say("\nNorthwind's customers and products are imported, three more accounts are opened, a week passes")?;
        let filled = self.ask("demo_fill", json!({}))?;
        say(&format!(
            "  {} customers, {} products, {} accounts, {} transfers",
            filled["customers"], filled["products"], filled["accounts"], filled["transfers"]
        ))?;
        for name in ["Blondésddsl", "Berglunds"] {
            let found = self.ask("customer_list", json!({ "search": name, "limit": 1 }))?;
            let customer = &found["rows"][0];
            say(&format!(
                "  found “{name}”: {}, {} {}, {}",
                text(&customer["name"]),
                text(&customer["postal_code"]),
                text(&customer["city"]),
                text(&customer["country"])
            ))?;
        }

        self.tell_accounts()?;
        self.tell_transfers()?;
        self.tell_statement()?;
        self.tell_check()
    }

    fn accounts(&self) -> crate::kernel::Result<Vec<Value>> {
        let list = self.ask("account_list", json!({ "kinds": ["cash", "bank", "mobile_money"], "sort": "kind" }))?;
        Ok(list["rows"].as_array().cloned().unwrap_or_default())
    }

    fn account(&self, name: &str) -> crate::kernel::Result<Value> {
        self.accounts()?
            .into_iter()
            .find(|account| account["name"] == name)
            .ok_or_else(|| Fault::new(Code::Internal, format!("The demo's account {name} is missing.")))
    }

    fn tell_accounts(&self) -> Told {
        say("\nThe accounts")?;
        for account in self.accounts()? {
            say(&format!("  {:<16}{}", text(&account["name"]), self.money(&account["balance_minor"])))?;
        }
        Ok(())
    }

    fn tell_transfers(&self) -> Told {
        let (till, bank) = (self.account("Till")?, self.account("Bank")?);
        let available = till["available_minor"].as_i64().unwrap_or(0);

        say("\nMore than the till holds is asked of it")?;
        let refused = self.ask(
            "transfer_funds",
            json!({ "from_account_id": till["id"], "to_account_id": bank["id"], "amount_minor": available + 1 }),
        );
        self.tell_refusal(refused)?;

        say("\nAll that the till holds goes to the bank, with a fee that can't be paid any more and need not be")?;
        let made = self.ask(
            "transfer_funds",
            json!({
                "from_account_id": till["id"], "to_account_id": bank["id"], "amount_minor": available,
                "fee_minor": 100, "fee_optional": true, "memo": "Season's end",
            }),
        )?;
        let transfer = &made;
        say(&format!("  {} {}  made", text(&transfer["number"]), self.money(&transfer["amount_minor"])))?;
        say(&format!("  its fee was refused alone: {}", text(&made["fee_refused"]["message"])))?;

        say("\nIt was a mistake, so it is taken back; posted is posted, so a second transfer does it")?;
        let reversal = self.ask("transfer_reverse", json!({ "transfer_id": transfer["id"], "memo": "Wrong day" }))?;
        say(&format!(
            "  {} {}  reverses {}",
            text(&reversal["number"]),
            self.money(&reversal["amount_minor"]),
            text(&transfer["number"])
        ))?;
        say("\nTaking it back again")?;
        self.tell_refusal(self.ask("transfer_reverse", json!({ "transfer_id": transfer["id"] })))?;
        self.tell_accounts()
    }

    fn tell_refusal(&self, answer: crate::kernel::Result<Value>) -> Told {
        match answer {
            Ok(_) => Err(Fault::new(Code::Internal, "The demo was not refused what it should be.").into()),
            Err(fault) => {
                say(&format!("  refused ({}): {}", fault.code, fault.message))?;
                if let Some(details) = &fault.details {
                    say(&format!(
                        "  available {}, asked {}",
                        self.money(&details["available_minor"]).trim(),
                        self.money(&details["asked_minor"]).trim()
                    ))?;
                }
                Ok(())
            }
        }
    }

    fn tell_statement(&self) -> Told {
        let till = self.account("Till")?;
        say("\nThe till's statement, newest first")?;
        let statement = self.ask("account_statement", json!({ "account_id": till["id"], "limit": 8 }))?;
        for line in statement["rows"].as_array().into_iter().flatten() {
            say(&format!(
                "  {}  {:<12}{}  {}  {}",
                text(&line["date"]),
                text(&line["number"]),
                self.money(&line["amount_minor"]),
                self.money(&line["balance_minor"]),
                text(&line["memo"])
            ))?;
        }
        Ok(())
    }

    fn tell_check(&self) -> Told {
        say("\nEverything is recomputed from the daybook")?;
        let verified = self.ask("verify", json!({}))?;
        let outcome = if verified["holds"] == true { "everything holds" } else { "NOT everything holds" };
        say(&format!(
            "  {} entries, {} rows, {} postings: {outcome}",
            verified["entries"], verified["rows"], verified["postings"]
        ))?;
        if verified["holds"] == true {
            Ok(())
        } else {
            Err(Fault::new(Code::Damaged, "The demo's books don't hold.").with(verified["findings"].clone()).into())
        }
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or("")
}

fn say(line: &str) -> Told {
    print(&format!("{line}\n"))
}
