"""Files that nobody would send by mistake, and some that happen: each is refused with its reason, or inert, and never costs the others."""

import gzip
import io
import json
import os
import re
import resource
import struct
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import duckdb

from config.home import Home
from config.settings import load_settings
from pipelines.ingest import ingest

SESSIONS = "session_id,visitor_id,started_at,landing_url"
ROW = "{0},v,2026-11-0{1}T12:00:00Z,https://shop.example/?utm_source=facebook&utm_medium=social&utm_campaign=host"
NASTY = (
    'x"; drop table raw.files; --',
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "@SUM(1+1)",
    "a'b",
    "{tpl}",
    "%s",
    "raw.files",
)
"""Names of columns and values of cells that are SQL, HTML, a spreadsheet's formula or a template."""
NAMES = ("two\nlines.csv", "-rf.csv", "'quoted'.csv", '"double".csv', "\x1b[31mred.csv", "a;drop table raw.files.csv", "$(touch x).csv",
         "‮gpj.csv", "salg! 100%.csv", "%41.csv", " .csv")  # fmt: skip
BYTES_OF_NAMES = (b"\xff\xfe.csv", b"h\xf8st.csv")
DEEP = 300


def sessions(*names: str) -> bytes:
    """A good file of sessions."""
    return "\n".join([SESSIONS, *(ROW.format(name, 1 + place % 9) for place, name in enumerate(names)), ""]).encode()


def zipped(members: dict[str, bytes]) -> bytes:
    """An archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def zip_with_a_link() -> bytes:
    """An archive with a symbolic link to a file of the system."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        info = zipfile.ZipInfo("passwd.csv")
        info.external_attr = 0o120777 << 16
        archive.writestr(info, "/etc/passwd")
    return stream.getvalue()


def zip_with_a_false_name() -> bytes:
    """An archive whose member says that its name is UTF-8, and it is not."""
    content = bytearray(zipped({"hæst.csv": b"x"}))
    name = "hæst.csv".encode()
    while (place := content.find(name)) >= 0:
        content[place : place + len(name)] = b"h\xff\xfest.csv"
    return bytes(content)


def bomb(size: int) -> bytes:
    """So many zeros, as gzip packs them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    block = b"\0" * 1_000_000
    return b"".join(packer.compress(block) for _ in range(size // len(block))) + packer.flush()


def workbook(sheet: str, *, shared: str = "", doctype: str = "") -> bytes:
    """A workbook with this XML as its only sheet."""
    space = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    relations = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'
    of_office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    return zipped(
        {
            "[Content_Types].xml": b'<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            b'<Default Extension="xml" ContentType="application/xml"/></Types>',
            "_rels/.rels": f'<Relationships {relations}><Relationship Id="r" Type="{of_office}/officeDocument" Target="xl/workbook.xml"/>'
            "</Relationships>".encode(),
            "xl/workbook.xml": f'<workbook {space} xmlns:r="{of_office}"><sheets>'
            '<sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>'.encode(),
            "xl/_rels/workbook.xml.rels": f'<Relationships {relations}><Relationship Id="r1" Type="{of_office}/worksheet" '
            'Target="worksheets/sheet1.xml"/></Relationships>'.encode(),
            "xl/worksheets/sheet1.xml": f'<?xml version="1.0"?>{doctype}<worksheet {space}>{sheet}</worksheet>'.encode(),
        }
    )  # fmt: skip


LAUGHS = "<!DOCTYPE lolz [<!ENTITY a0 'ha'>" + "".join(
    f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)
) + "]>"  # fmt: skip
YAML_LAUGHS = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))


def cells(*values: str) -> str:
    """A row of inline texts."""
    return "".join(f'<c t="inlineStr"><is><t>{value}</t></is></c>' for value in values)


FILES: dict[str, Callable[[], bytes]] = {
    "bomb.csv.gz": lambda: bomb(200_000_000),
    "bomb.zip": lambda: zipped({"a.csv": b"\0" * 100_000_000}),
    "leads_out.zip": lambda: zipped({"../../out.csv": sessions("out"), "fine.csv": sessions("fine")}),
    "link.zip": zip_with_a_link,
    "false_name.zip": zip_with_a_false_name,
    "many.zip": lambda: zipped({f"{number}.csv": b"a" for number in range(2_100)}),
    "cut.zip": lambda: zipped({"a.csv": sessions("cut")})[:-30],
    "wide.xlsx": lambda: workbook(
        '<dimension ref="A1:XFD1048576"/><sheetData><row r="1">' + cells("Date") + '<c r="XFD1"/></row>'
        '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
    ),
    "lying.xlsx": lambda: workbook('<dimension ref="A1:B2"/><sheetData>' + "<row>" * 3 + "</sheetData>"),
    "laughs.xlsx": lambda: workbook(f"<sheetData><row>{cells('&a9;')}</row></sheetData>", doctype=LAUGHS),
    "outside.xlsx": lambda: workbook(
        f"<sheetData><row>{cells('&x;')}</row></sheetData>",
        doctype='<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
    ),
    "nested.json": lambda: b"[" * 2_000_000,
    "nested_objects.jsonl": lambda: b'{"a":' * 200_000,
    "rubbish.parquet": lambda: b"PAR1" + bytes(range(256)) * 40 + struct.pack("<I", 2**31 - 1) + b"PAR1",
    "rubbish.xls": lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(range(256)) * 40,
    "zeros.csv": lambda: b"\0" * 100_000,
    "quotes.csv": lambda: f"{SESSIONS}\n".encode() + b'"' * 100_001 + b"\n",
    "columns.csv": lambda: (",".join(f"c{number}" for number in range(50_000)) + "\n" + "," * 49_999 + "\n").encode(),
    "gzip_in_gzip.csv.gz": lambda: gzip.compress(gzip.compress(sessions("inner"))),
}


def fill(inbox: Path) -> None:
    """Lay all of it into an inbox, beside files that are good."""
    for name, content in FILES.items():
        (inbox / name).write_bytes(content())
    (inbox / "good.csv").write_bytes(sessions("good"))
    named = f'{SESSIONS},"{NASTY[0].replace(chr(34), chr(34) * 2)}",{",".join(NASTY[1:])}\n{ROW.format("nasty", 2)}'
    (inbox / "headers.csv").write_text(named + "".join(f",{value}" for value in NASTY) + "\n", encoding="utf-8")
    folder = inbox / "names"
    folder.mkdir()
    for number, name in enumerate(NAMES):
        (folder / name).write_bytes(sessions(f"named {number}"))
    for number, raw in enumerate(BYTES_OF_NAMES):
        Path(os.fsdecode(os.fsencode(folder) + b"/" + raw)).write_bytes(sessions(f"bytes {number}"))
    (folder / ("æ" * 110 + ".csv")).write_text("what,is,this\n1,2,3\n")
    (folder / ("æ" * 110 + "-b.csv")).write_text("what,is,that\n1,2,3\n")
    _specials(inbox)
    _deep(inbox / "deep")
    laughing = inbox / "laughing"
    laughing.mkdir()
    (laughing / "hourglass.yml").write_text(YAML_LAUGHS)
    (laughing / "x.csv").write_bytes(sessions("laughing"))
    tagged = inbox / "tagged"
    tagged.mkdir()
    (tagged / "hourglass.yml").write_text(f"account: !!python/object/apply:os.system ['touch {inbox / 'owned'}']\n")
    (tagged / "x.csv").write_bytes(sessions("tagged"))


def _specials(inbox: Path) -> None:
    """What is no plain file: pipes that would hold up a reader for ever, devices, links out, links in a circle."""
    os.mkfifo(inbox / "pipe.csv")
    piped = inbox / "piped"
    piped.mkdir()
    os.mkfifo(piped / "hourglass.yml")
    (piped / "x.csv").write_bytes(sessions("piped"))
    (inbox / "zero.csv").symlink_to("/dev/zero")
    (inbox / "passwd.csv").symlink_to("/etc/passwd")
    (inbox / "circle").symlink_to(inbox)
    (inbox / "nowhere.csv").symlink_to(inbox / "no such file")
    outside = inbox / "outside"
    outside.mkdir()
    (outside / "hourglass.yml").symlink_to("/etc/passwd")
    (outside / "x.csv").write_bytes(sessions("outside"))


def _deep(folder: Path) -> None:
    """Folders in folders, far beyond what a path may be long; made step by step, since no call takes such a path."""
    before = Path.cwd()
    try:
        for _ in range(DEEP):
            folder.mkdir()
            os.chdir(folder)
            folder = Path("d" * 20)
        Path("lost.csv").write_bytes(sessions("deep"))
    finally:
        os.chdir(before)


def fill_with_long_lines(inbox: Path, megabytes: int) -> None:
    """Files that are one line, or one cell, of so many MB."""
    block = b"a" * 1_000_000
    for name, before in (
        ("long.csv", b""),
        ("long.jsonl", b'{"session_id": "'),
        ("long_cell.csv", f'{SESSIONS}\nx,v,"'.encode()),
    ):
        with (inbox / name).open("wb") as stream:
            stream.write(before)
            for _ in range(megabytes):
                stream.write(block)


def main() -> int:
    """``python -m tests.soak.hostile HOME MB``: read all of it in one run; tells statuses, rows and the memory that it took as JSON."""
    home, megabytes = Home(Path(sys.argv[1])).create(), int(sys.argv[2])
    fill(home.inbox)
    fill_with_long_lines(home.inbox, megabytes)
    with duckdb.connect(str(home.warehouse)) as connection:
        connection.execute("set memory_limit = '1GB'")
        report = ingest(home, load_settings(home), connection=connection)
        rows = connection.execute("select session_id from raw.web_sessions order by 1").fetchall()
        known = connection.execute("select count(*) from raw.files").fetchone()
    told = {
        "files": {file.file_path: [file.status, file.reason] for file in report.files},
        "faults": report.sidecar_faults,
        "sessions": [row[0] for row in rows],
        "known": known[0] if known else 0,
        "peak_mb": peak_megabytes(),
    }
    print(json.dumps(told))
    return 0


def peak_megabytes() -> int:
    """The most memory that this process has held; what getrusage tells begins, on Linux, with what the parent held."""
    status = Path("/proc/self/status")
    if status.is_file():
        (peak,) = re.findall(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))
        return int(peak) // 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024**2


if __name__ == "__main__":
    sys.exit(main())
