//! Devices that may no longer call: which one is meant, how it is kept out, and who gets the accounts of one that is lost.

use super::admin::Admin;
use crate::kernel::{BookId, Code, Fault, Id, Result};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// How often a device that holds on to its own role is sent away before its revocation fails.
const SHUT_OUT_TRIES_MAX: usize = 10;

/// A device that is enrolled, with the roles of its links: its book and its id once it has joined.
struct Enrolled {
    book: Option<Uuid>,
    device: Option<Uuid>,
    roles: Vec<String>,
    is_revoked: bool,
}

impl Admin {
    /// Shuts a device out, by role, id, name or code, in that book or in all; answers the roles that were shut out: those of its links.
    ///
    /// # Errors
    /// `not_found`; `unknown_choice` when several are called that, with a list of them.
    pub fn revoke(&self, device: &str, book: Option<BookId>) -> Result<Vec<String>> {
        let roles = self.find_device(device, book, false)?.roles;
        for role in &roles {
            self.shut_out(role)?;
            self.query("SELECT daybook_sync.revoke_role($1)", &[role])?;
        }
        Ok(roles)
    }

    /// The one enrolled device that is called so: by its role, id, code or the name that it was enrolled with, and only where none is, by the
    /// name that it gave itself. Those that were shut out count as well where `revoked` says so.
    fn find_device(&self, text: &str, book: Option<BookId>, revoked: bool) -> Result<Enrolled> {
        let book = book.map(|id| Uuid::from_bytes(*id.as_bytes()));
        let mut rows = Vec::new();
        for by_own_name in [false, true] {
            rows = self.query(
                "SELECT e.book_id, e.device_id, array_agg(e.role_name ORDER BY e.created_at), bool_or(e.revoked_at IS NULL),
                        min(coalesce(b.name, e.book_name)), min(coalesce(d.name, e.device_name)), min(d.code)
                 FROM daybook_sync.enrolment e
                 LEFT JOIN daybook.book b ON b.id = e.book_id
                 LEFT JOIN daybook.device d ON d.book_id = e.book_id AND d.id = e.device_id
                 WHERE ($3 OR e.revoked_at IS NULL) AND ($2::uuid IS NULL OR e.book_id = $2)
                   AND CASE WHEN $4 THEN d.name = $1
                            ELSE e.role_name = $1 OR e.device_id::text = lower($1) OR e.device_name = $1 OR d.code = $1 END
                 GROUP BY e.book_id, e.device_id, CASE WHEN e.device_id IS NULL THEN e.role_name END
                 ORDER BY 5, 6, 7",
                &[&text, &book, &revoked, &by_own_name],
            )?;
            if !rows.is_empty() {
                break;
            }
        }
        if rows.len() > 1 {
            let choices = rows.iter().map(|row| {
                json!({
                    "book": row.get::<_, Option<String>>(4), "device": row.get::<_, Option<String>>(5),
                    "code": row.get::<_, Option<String>>(6), "device_id": row.get::<_, Option<Uuid>>(1).map(|id| id.to_string()),
                    "roles": row.get::<_, Vec<String>>(2), "revoked": !row.get::<_, bool>(3),
                })
            });
            return Err(Fault::new(
                Code::UnknownChoice,
                format!("Several devices are called {text}; say which by its book, its id or its role."),
            )
            .at("device")
            .with(Value::Array(choices.collect())));
        }
        match rows.pop() {
            Some(row) => Ok(Enrolled {
                book: row.get(0),
                device: row.get(1),
                roles: row.get(2),
                is_revoked: !row.get::<_, bool>(3),
            }),
            None => Err(Fault::new(Code::NotFound, format!("No enrolled device is called {text}.")).at("device")),
        }
    }

    /// Ends a role's connections, and lets it make none. That comes first: in an open transaction a device can hold the very rows
    /// that say who it is, and its revocation would wait for it.
    fn shut_out(&self, role: &str) -> Result<()> {
        // The names come from our own table, and are made of a-z, 0-9 and _.
        let no_connection =
            format!("REVOKE CONNECT ON DATABASE \"{}\" FROM {role}", self.database.replace('"', "\"\""));
        let no_login = format!("SET lock_timeout = '1s'; ALTER ROLE {role} NOLOGIN");
        let end =
            || self.query("SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = $1", &[&role]);
        self.run(&no_connection)?;
        let mut shut_out = Ok(());
        for _ in 0..SHUT_OUT_TRIES_MAX {
            end()?;
            shut_out = self.run(&no_login);
            if shut_out.is_ok() {
                break;
            }
        }
        self.run("RESET lock_timeout")?;
        end()?;
        shut_out
    }

    /// Ends the connections of devices whose transaction has been open for longer than that. Roles have time limits of their own, but whoever
    /// logs in as one can lift them. Answers role and seconds of each.
    ///
    /// # Errors
    /// What PostgreSQL says.
    pub fn end_stuck(&self, longest: Duration) -> Result<Vec<(String, i64)>> {
        let rows = self.query(
            "SELECT a.usename::text, extract(epoch FROM clock_timestamp() - a.xact_start)::bigint, pg_terminate_backend(a.pid)
             FROM pg_stat_activity a
             JOIN daybook_sync.enrolment e ON e.role_name = a.usename
             WHERE a.datname = current_database() AND a.xact_start < clock_timestamp() - make_interval(secs => $1)",
            &[&longest.as_secs_f64()],
        )?;
        Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
    }

    /// Revokes a lost device and gives its accounts to another one of the same book. Answers what is known of what it had not sent.
    /// Nothing is done before both are found.
    ///
    /// # Errors
    /// `not_found`, `unknown_choice`.
    pub fn release(&self, lost: &str, to: &str, book: Option<BookId>) -> Result<Value> {
        // One that was shut out at once may still keep accounts.
        let lost = self.find_device(lost, book, true)?;
        let (Some(book), Some(lost_id)) = (lost.book, lost.device) else {
            return Err(Fault::new(Code::NotFound, "That device never joined; revoke its link.").at("device"));
        };
        let heir = self
            .find_device(to, Some(Id::from_bytes(*book.as_bytes())), true)
            .map_err(|fault| Fault { field: Some("to".to_owned()), ..fault })?;
        let Some(heir) = heir.device.filter(|id| *id != lost_id && !heir.is_revoked) else {
            let message =
                "The accounts can only go to another device of the same book, which has joined and was not shut out.";
            return Err(Fault::new(Code::UnknownChoice, message).at("to"));
        };
        let known = self.value(
            "SELECT seen_at AS last_seen_at, waiting_entries AS entries_not_sent_when_last_seen
             FROM daybook_sync.enrolment WHERE book_id = $1 AND device_id = $2 ORDER BY created_at DESC LIMIT 1",
            &[&book, &lost_id],
        )?;
        for role in &lost.roles {
            self.shut_out(role)?;
        }
        let accounts: i64 =
            self.query("SELECT daybook_sync.release_device($1, $2, $3)", &[&book, &lost_id, &heir])?[0].get(0);
        // What the heir did with those accounts before they were its own is allowed by now.
        let applied = self.retry(Id::from_bytes(*book.as_bytes())).ok();
        Ok(json!({ "accounts_released": accounts, "applied_from_quarantine": applied, "known": known[0] }))
    }
}
