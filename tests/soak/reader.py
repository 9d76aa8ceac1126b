"""A reader of the published file in a process of its own; needs nothing but duckdb, so that any version of it may run this.

``python reader.py loop|sqlalchemy|hold FILE STOP NUMBER``: ``loop`` opens the file anew for every look until the file STOP exists, and so
does ``sqlalchemy``, through an engine; ``hold`` opens it once and looks again when STOP is there. Prints how often it looked, how many
publications it saw, and what was wrong. ``reader.mjs`` is the same for Node.
"""

import json
import sys
import time
from pathlib import Path

import duckdb

LOOK = (
    "select (select max(sequence_number) from quality.publication), (select min(pages) from core.fct_visits), "
    "(select max(pages) from core.fct_visits), (select count(*) from quality.publication)"
)


def look(file: str) -> tuple[object, ...]:
    """What one look at the file finds: of one publication, all three figures are its number."""
    connection = duckdb.connect(file, read_only=True)
    try:
        row = connection.execute(LOOK).fetchone()
    finally:
        connection.close()
    return tuple(row or ())


def look_through_sqlalchemy(file: str) -> tuple[object, ...]:
    """The same through an engine that is made and disposed of, as BI tools on SQLAlchemy do it."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(f"duckdb:///{file}", connect_args={"read_only": True})
    try:
        with engine.connect() as connection:
            row = connection.execute(sqlalchemy.text(LOOK)).fetchone()
    finally:
        engine.dispose()
    return tuple(row or ())


def main() -> int:
    """Look until it is time to stop."""
    role, file, stop = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    looked, errors = look, (duckdb.Error,)
    if role == "sqlalchemy":
        from sqlalchemy.exc import SQLAlchemyError

        looked, errors = look_through_sqlalchemy, (duckdb.Error, SQLAlchemyError)
    faults: list[str] = []
    seen: set[object] = set()
    looks = 0
    held = duckdb.connect(file, read_only=True) if role == "hold" else None
    first = held.execute(LOOK).fetchone() if held is not None else None
    Path(f"{stop}.{sys.argv[4]}").touch()
    while not stop.exists():
        if held is not None:
            time.sleep(0.05)
            continue
        try:
            row = looked(file)
            seen.add(row[0])
            if not row[0] == row[1] == row[2] or row[3] != 1:
                faults.append(f"mixed: {row}")
        except errors as error:
            faults.append(f"{type(error).__name__}: {error}")
        looks += 1
        time.sleep(0.01)
    if held is not None and held.execute(LOOK).fetchone() != first:
        faults.append("the handle that was held sees something else")
    client = f"{'SQLAlchemy on ' if role == 'sqlalchemy' else ''}duckdb {duckdb.__version__}"
    told = {"client": client, "role": role, "looks": looks, "seen": len(seen), "faults": faults[:5]}
    sys.stdout.write(json.dumps(told) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
