-- Since when head office has shut a device out: nobody hands an account over to it. Head office alone writes it.

ALTER TABLE device ADD COLUMN revoked_at INTEGER;
