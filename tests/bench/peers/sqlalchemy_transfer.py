"""The transfer as async SQLAlchemy 2 with aiosqlite would have it in a textbook: what Daybook is measured against.

A session for each request, the work in a SAVEPOINT (begin_nested), commit, refresh. Declarative models with CHECK constraints
and foreign keys; an overdraft is refused. SQLite as Daybook opens it: WAL, synchronous FULL, foreign keys on. BEGIN IMMEDIATE
through the two event hooks that SQLAlchemy's documentation gives for SQLite; without them SAVEPOINT doesn't work there.

It does less than Daybook: no history, no document numbers, no request ids, no input to parse.

It stays on one processor. Python runs one thread at a time anyway, and aiosqlite hands every statement to another thread and
back: across processors that cost four times as much where this was tried.

    sqlalchemy_transfer.py --directory DIR --seconds N --callers K

prints one line of JSON: {"peer", "callers", "transfers", "seconds", "per_second", "cpu_seconds"}.
"""

import argparse
import asyncio
import json
import os
import sqlite3
import tempfile
import time
from datetime import date, datetime, timezone
from pathlib import Path

import sqlalchemy
from sqlalchemy import CheckConstraint, ForeignKey, event, func, select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

ACCOUNTS = 8
OPENING_MINOR = 1_000_000_000
AMOUNT_MINOR = 125
BUSY_SECONDS = 60


class Base(DeclarativeBase):
    pass


class Account(Base):
    __tablename__ = "payment_account"
    __table_args__ = (CheckConstraint("balance_minor >= minimum_minor", name="payment_account_minimum_check"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    minimum_minor: Mapped[int] = mapped_column(default=0)
    balance_minor: Mapped[int] = mapped_column(default=0)


class Transfer(Base):
    __tablename__ = "payment_transfer"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="payment_transfer_amount_check"),
        CheckConstraint("from_account_id <> to_account_id", name="payment_transfer_sides_check"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    business_date: Mapped[date]
    from_account_id: Mapped[int] = mapped_column(ForeignKey("payment_account.id"), index=True)
    to_account_id: Mapped[int] = mapped_column(ForeignKey("payment_account.id"), index=True)
    amount_minor: Mapped[int]
    memo: Mapped[str | None]
    created_at: Mapped[datetime]
    postings: Mapped[list["Posting"]] = relationship(back_populates="transfer")


class Posting(Base):
    __tablename__ = "ledger_posting"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="ledger_posting_amount_check"),
        CheckConstraint("debit_account_id <> credit_account_id", name="ledger_posting_sides_check"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    transfer_id: Mapped[int] = mapped_column(ForeignKey("payment_transfer.id"), index=True)
    debit_account_id: Mapped[int] = mapped_column(ForeignKey("payment_account.id"), index=True)
    credit_account_id: Mapped[int] = mapped_column(ForeignKey("payment_account.id"), index=True)
    amount_minor: Mapped[int]
    transfer: Mapped[Transfer] = relationship(back_populates="postings")


class InsufficientFunds(Exception):
    pass


async def transfer_funds(sessions, from_account_id, to_account_id, amount_minor, memo):
    async with sessions() as session:
        async with session.begin_nested():
            source = await session.get_one(Account, from_account_id)
            target = await session.get_one(Account, to_account_id)
            if source.balance_minor - amount_minor < source.minimum_minor:
                raise InsufficientFunds(f"{source.name} has {source.balance_minor}, asked for {amount_minor}")
            source.balance_minor -= amount_minor
            target.balance_minor += amount_minor
            transfer = Transfer(
                business_date=date.today(),
                from_account_id=source.id,
                to_account_id=target.id,
                amount_minor=amount_minor,
                memo=memo,
                created_at=datetime.now(timezone.utc),
                postings=[Posting(debit_account_id=target.id, credit_account_id=source.id, amount_minor=amount_minor)],
            )
            session.add(transfer)
        await session.commit()
        await session.refresh(transfer)
        return transfer


def open_engine(path):
    engine = create_async_engine(f"sqlite+aiosqlite:///{path}", connect_args={"timeout": BUSY_SECONDS})

    @event.listens_for(engine.sync_engine, "connect")
    def on_connect(connection, _record):
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def on_begin(connection):
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


async def call(sessions, caller, until):
    """One caller's requests, one after the other; how many were answered by then."""
    done = 0
    while time.perf_counter() < until:
        step = caller + done
        transfer = await transfer_funds(
            sessions, step % ACCOUNTS + 1, (step + 1) % ACCOUNTS + 1, AMOUNT_MINOR, f"caller {caller}, {done}"
        )
        assert transfer.id is not None
        done += 1
    return done


async def measure(path, seconds, callers):
    engine = open_engine(path)
    # Attributes stay readable after commit, as the documentation advises for asyncio; refresh reads them again.
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with sessions() as session:
        session.add_all(Account(name=f"Float {n + 1}", balance_minor=OPENING_MINOR) for n in range(ACCOUNTS))
        await session.commit()

    try:
        await transfer_funds(sessions, 1, 2, OPENING_MINOR + 1, None)
    except InsufficientFunds:
        pass
    else:
        raise SystemExit("the peer let an account be overdrawn")
    warm = await call(sessions, 0, time.perf_counter() + 0.5)

    begun, begun_cpu = time.perf_counter(), time.process_time()
    counts = await asyncio.gather(*(call(sessions, caller, begun + seconds) for caller in range(callers)))
    took, cpu = time.perf_counter() - begun, time.process_time() - begun_cpu

    async with sessions() as session:
        kept = await session.scalar(select(func.count()).select_from(Posting))
        total = await session.scalar(select(func.sum(Account.balance_minor)))
    await engine.dispose()
    assert kept == warm + sum(counts), "a transfer was lost or done twice"
    assert total == ACCOUNTS * OPENING_MINOR, "money was made or lost"
    return sum(counts), took, cpu


def main():
    parser = argparse.ArgumentParser(description="transfers per second with async SQLAlchemy 2 and aiosqlite")
    parser.add_argument("--directory", type=Path, required=True, help="where the database goes, in a folder of its own")
    parser.add_argument("--seconds", type=float, required=True)
    parser.add_argument("--callers", type=int, required=True)
    asked = parser.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(prefix="peer-", dir=asked.directory) as folder:
        transfers, seconds, cpu_seconds = asyncio.run(measure(Path(folder) / "peer.sqlite", asked.seconds, asked.callers))
    print(
        json.dumps(
            {
                "peer": f"SQLAlchemy {sqlalchemy.__version__}, aiosqlite, SQLite {sqlite3.sqlite_version}",
                "callers": asked.callers,
                "transfers": transfers,
                "seconds": round(seconds, 3),
                "per_second": round(transfers / seconds, 1),
                "cpu_seconds": round(cpu_seconds, 3),
            }
        )
    )


if __name__ == "__main__":
    main()
