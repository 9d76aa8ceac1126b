"""Why files, rows and KPIs wait, in bokmål and Swedish: every reason that the program can give is looked for in its own code."""

import ast
import gzip
import io
import re
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path

import duckdb
import pytest
from sqlglot import exp, parse_one

from config.evidence import load_evidence
from config.yaml_file import read_yaml
from pipelines.formats_model import load_formats
from pipelines.periods import parse_spans
from pipelines.reading import broken_json
from pipelines.reports import _QUESTIONS
from review.language import Language
from review.reasons import is_translated, translated

NB, SV = Language("nb"), Language("sv")
ROOT = Path(__file__).parents[2]
READING = sorted((ROOT / "pipelines").glob("*.py"))
REFUSALS = {"UnreadableFileError": 0, "ArchiveError": 0, "_RefusedError": 0, "wait": 0, "refuse": 1, "Recognition": 1}
"""Who is called with a reason, and its place among the arguments."""
NAMED = ("reason", "fault", "said", "problem")
RETURNING = {"_order", "_swapped", "cut_short"}
"""Functions that return reasons; texts of theirs that are none hold no blank."""
STANDS_FOR_A_REASON = re.compile(r"problem|reason|refused\[")


def samples(node: ast.expr, module: object) -> list[str]:
    """The texts that an expression can give, with a word for what is filled in; none for what is no text."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if isinstance(node, ast.JoinedStr):
        texts = [""]
        for value in node.values:
            filled = samples(value, module) if isinstance(value, ast.Constant) else _filled(value, module)
            texts = [text + part for text in texts for part in filled]
        return texts
    if isinstance(node, ast.Name):
        value = getattr(module, node.id, None)
        return [value] if isinstance(value, str) else []
    if isinstance(node, ast.BinOp):
        return [first + second for first in samples(node.left, module) for second in samples(node.right, module)]
    if isinstance(node, ast.IfExp):
        return samples(node.body, module) + samples(node.orelse, module)
    if isinstance(node, ast.BoolOp):
        return [text for value in node.values for text in samples(value, module)]
    if isinstance(node, ast.Tuple):
        return [text for value in node.elts for text in samples(value, module)]
    if isinstance(node, ast.DictComp):
        return samples(node.value, module)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
        name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
        return samples(node.args[0], module) if name in ("mask", "hide", "Sql") and node.args else []
    return []


def _filled(value: ast.expr, module: object) -> list[str]:
    """What may stand in a blank: a constant of the module, a reason, or any word."""
    assert isinstance(value, ast.FormattedValue)
    source = ast.unparse(value.value)
    known = {
        "kind": binary_kinds(),
        "why": [getattr(module, name) for name in ("NO_DECIMALS", "NO_MARK") if hasattr(module, name)],
        "named": ["a part of the file", "the part 'x1'"],
        "unit": ["month"],
        "best.nearest": ["x1 (80% of the columns are known)"],
        "self._quoted(text)": ["'x1': "],
    }
    if known.get(source):
        return known[source]
    if STANDS_FOR_A_REASON.search(source):
        return ["not a number"]
    constant: object = module
    for name in source.split("."):
        constant = getattr(constant, name, None)
    return [constant if isinstance(constant, str) else "x1"]


def binary_kinds() -> list[str]:
    """What tables.py calls a file that is no table."""
    tree = ast.parse((ROOT / "pipelines/tables.py").read_text(encoding="utf-8"))
    function = next(n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == "_binary_kind")
    texts = [n.value for n in ast.walk(function) if isinstance(n, ast.Constant) and isinstance(n.value, str)]
    return [text for text in texts if text.startswith(("a ", "an ", "binary"))]


def expressions(path: Path) -> Iterator[tuple[int, ast.expr]]:
    """Everything in a module that becomes a reason, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", None) or getattr(node.func, "attr", "")
            place = REFUSALS.get(name)
            if name == "ValueError" and path.stem in ("dates", "values", "periods"):
                place = 0
            if name == "Row" and len(node.args) == 3:
                place = 2
            if place is not None and len(node.args) > place:
                yield node.lineno, node.args[place]
            yield from ((node.lineno, word.value) for word in node.keywords if word.arg in ("reason", "fault"))
        elif isinstance(node, ast.Assign):
            target = ast.unparse(node.targets[0])
            if any(word in target for word in NAMED) and not target.startswith("("):
                yield node.lineno, node.value
        elif isinstance(node, ast.FunctionDef) and node.name in RETURNING:
            yield from (
                (inner.lineno, inner.value) for inner in ast.walk(node) if isinstance(inner, ast.Return) and inner.value
            )
        elif isinstance(node, ast.Yield) and path.stem == "bulk" and isinstance(node.value, ast.Tuple):
            yield node.lineno, node.value.elts[0]


def reasons() -> list[tuple[str, str]]:
    """(where, a sample of the text) of every reason that reading can give."""
    found = []
    for path in READING:
        module = import_module(f"pipelines.{path.stem}")
        for line, expression in expressions(path):
            for text in samples(expression, module):
                if " " in text and text != "{text}":
                    found.append(
                        (f"{path.name}:{line}", text.replace("{text}", "x1").replace("'not readable'", "not readable"))
                    )
    found += [(f"question {need}", text.format(sidecar="a", choices="b")) for need, text in _QUESTIONS.items()]
    found += [(f"refused {one.id}", one.refused) for one in load_formats().all if one.refused]
    return found


def test_every_reason_that_reading_gives_is_translated() -> None:
    found = reasons()
    assert len({text for _, text in found}) > 90
    missing = [(where, text) for where, text in found if not is_translated(text, NB)]
    assert missing == []


def sql_reasons() -> Iterator[tuple[str, str]]:
    """(model, a sample of the text) of every reason that a model of KPIs puts together."""
    for path in sorted((ROOT / "sql/kpi").glob("*.sql")):
        if path.stem.startswith("int_rule_"):
            continue  # a said, of which evidence.yml has every text
        for alias in parse_one(path.read_text(encoding="utf-8"), dialect="duckdb").find_all(exp.Alias):
            if alias.alias not in ("missing", "null_reason"):
                continue
            for case in alias.find_all(exp.Case):
                for given in [*(branch.args["true"] for branch in case.args["ifs"]), case.args.get("default")]:
                    if isinstance(given, exp.Literal):
                        yield path.stem, given.this
                    elif isinstance(given, exp.Concat):
                        yield path.stem, "".join(map(_piece, given.expressions))


def _piece(part: exp.Expression) -> str:
    if isinstance(part, exp.Literal):
        return str(part.this)
    return "no data from x1" if "null_reason" in part.sql() else "x1"


def test_every_reason_that_a_model_gives_is_translated() -> None:
    found = sorted(set(sql_reasons()))
    assert {"kpi_values", "int_experiment_variants", "experiments", "series_scorecard"} <= {model for model, _ in found}
    assert [(model, text) for model, text in found if text and not is_translated(text, NB)] == []


def test_what_the_engine_says_of_a_line_is_translated(tmp_path: Path) -> None:
    broken = {
        "cells.csv": b'a,b\n1,2\n1,2,3\n4\n"x,5\n',
        "bytes.csv": b"a,b\n1,2\n\xff\xfe,3\n4,5\n",
        "long.csv": b"a,b\n1,2\n" + b"x" * 3000 + b",3\n4,5\n",
    }
    said = set()
    for name, data in broken.items():
        (tmp_path / name).write_bytes(data)
        connection = duckdb.connect()
        connection.execute(
            "select * from read_csv(?, header = true, delim = ',', quote = '\"', auto_detect = false, store_rejects = true,"
            " columns = {'a': 'varchar', 'b': 'varchar'}, max_line_size = 1000)",
            [str(tmp_path / name)],
        ).fetchall()
        said |= {
            row[0].split("\n")[0] for row in connection.execute("select error_message from reject_errors").fetchall()
        }
    assert len(said) == 5
    assert {text for text in said if not is_translated(text, SV)} == set()
    assert translated("Maximum line size of 1000 bytes exceeded. Actual Size:3002 bytes.", NB) == (
        "linjen er 3002 byte lang; høyst 1000 leses"
    )


def damaged(folder: Path) -> Iterator[Callable[[], object]]:
    """Ways to meet a damaged file."""
    packed, archived = gzip.compress(b"a,b\n" * 999), io.BytesIO()
    with zipfile.ZipFile(archived, "w") as archive:
        archive.writestr("a.csv", "a,b\n" * 9)
    garbled = bytearray(archived.getvalue())
    garbled[40] ^= 255
    locked = bytearray(archived.getvalue())
    for start in (6, locked.index(b"PK\x01\x02") + 8):
        locked[start] |= 1
    yield lambda: zipfile.ZipFile(io.BytesIO(b"PK\x03\x04garbage"))
    for data in (garbled, locked):
        yield partial(zipfile.ZipFile(io.BytesIO(bytes(data))).read, "a.csv")
    for data in (packed[:20], b"abc", packed[:-8] + b"12345678", packed[:12] + b"x" * 30):
        yield gzip.GzipFile(fileobj=io.BytesIO(data)).read
    yield (folder / "gone.csv").read_bytes
    for number, data in enumerate((b"xxxxPAR1", b"x" * 40, b"x" * 40 + (20).to_bytes(4, "little") + b"PAR1")):
        path = folder / f"{number}.parquet"
        path.write_bytes(b"PAR1" + data)
        yield partial(duckdb.connect().read_parquet, str(path))


def test_what_the_libraries_say_of_damaged_files_is_translated(tmp_path: Path) -> None:
    said: list[str] = []
    for meet in damaged(tmp_path):
        with pytest.raises(Exception) as caught:
            meet()
        error = caught.value
        if isinstance(error, duckdb.Error):
            said.append(f"reading it failed: {type(error).__name__}: {str(error).splitlines()[0]}")
        elif isinstance(error, FileNotFoundError):
            said.append(f"it can't be opened: {error.strerror}")
        else:
            said.append(f"the archive can't be opened: {error}")
    assert len(said) == 11
    for t in (NB, SV):
        of_libraries = re.compile(r"\b(?:Error|file|found|check|Could|password)\b")
        told = [re.sub("'[^']*'|\"[^\"]*\"", "", translated(text, t)) for text in said]
        assert [text for text in told if of_libraries.search(text)] == []
    assert translated(said[0], NB) == "arkivet kan ikke åpnes: filen er ingen ZIP-fil"


@pytest.mark.parametrize(
    ("text", "record", "byte"),
    [
        ('{"a": 1}\n{bad', 2, 2),
        ('{"a": 1,\n{bad', 1, 10),
        ('[{"a":1},{"a":}]', 2, 6),
        ('{"a":1}\n{"a":2} x\n', 2, 8),
    ],
)
def test_broken_json_says_where_it_breaks(tmp_path: Path, text: str, record: int, byte: int) -> None:
    path = tmp_path / "d.jsonl"
    path.write_text(text)
    with pytest.raises(duckdb.Error) as caught:
        duckdb.connect().read_json(str(path)).fetchall()
    said = broken_json(str(caught.value))
    assert said == f"its record {record} breaks at byte {byte}"
    assert translated(f"it begins like JSON and is none: {said}", SV) == (
        f"den börjar som JSON men är det inte: post {record} bryts vid byte {byte} i den"
    )


def test_every_span_has_a_name_for_what_it_is_not() -> None:
    units = {spec.unit for one in load_formats().all for spec in one.specs.values() if spec.type == "span"}
    for unit in {unit or "month" for unit in units}:
        (problem,) = parse_spans(["quite another thing"], unit).problems.values()
        assert is_translated(problem, NB), problem


@pytest.mark.parametrize(
    ("english", "nb"),
    [
        ("the 4 weeks up to this one, each complete", "de 4 ukene fram til denne, hver fullstendig"),
        ("no data from ads, posts", "ingen data fra annonser, innlegg"),
        ("no data from lead values and ads, posts", "ingen data fra verdier av leads og annonser, innlegg"),
        ("reading it failed: posts and pans", "den kunne ikke leses: posts and pans"),
        ("started_at is missing; session_id is missing", "started_at mangler; session_id mangler"),
        (
            "not a known export; like meta.ads (25% of the columns are known; missing: `Beløp brukt`)",
            "ikke en kjent eksport; ligner meta.ads (25 % av kolonnene er kjent; mangler: `Beløp brukt`)",
        ),
        (
            "could be from x (x.a); neither header nor file name tells the platform; like x.a (80% of the columns are known)",
            "kan være fra x (x.a); verken overskrift eller filnavn sier hvilken plattform; ligner x.a (80 % av kolonnene er kjent)",
        ),
        (
            "started_at: i går kl. 25:61: not a date; session_id is missing; Spend: '1.234': too large (and 2 other reasons)",
            "started_at: i går kl. 25:61: ingen dato; session_id mangler; Spend: '1.234': for stort (og 2 andre grunner)",
        ),
        (
            "the part 'Campaigns' is not known: not a known export",
            "delen 'Campaigns' er ikke kjent: ikke en kjent eksport",
        ),
        (
            "Of which year are its days? Write `year: 2026` (the year of the newest day) or `downloaded_at: 2026-02-10` in a. "
            "In which currency are its amounts? Write `currency: NOK` in a",
            "Hvilket år er dagene fra? Skriv `year: 2026` (året for den nyeste dagen) eller `downloaded_at: 2026-02-10` i a. "
            "Hvilken valuta er beløpene i? Skriv `currency: NOK` i a",
        ),
        (
            "hourglass.yml:1: unknown key 'platfrom' (did you mean 'platform'?); allowed: account\n"
            "hourglass.yml:2: 'year' is 'abc'; allowed: a year",
            "hourglass.yml:1: ukjent nøkkel 'platfrom' (mente du 'platform'?); tillatt: account\n"
            "hourglass.yml:2: 'year' er 'abc'; tillatt: a year",
        ),
        ("quite another reason", "quite another reason"),
        ("started_at: quite another reason", "started_at: quite another reason"),
        ("session_id is missing; quite another reason", "session_id mangler; quite another reason"),
    ],
)
def test_texts_that_come_in_english_are_translated_where_they_are_known(english: str, nb: str) -> None:
    assert translated(english, NB) == nb
    assert translated(english, Language("en")) == english
    assert is_translated(english, NB) == ("another" not in nb)


def test_every_pattern_reads_its_own_text_and_has_the_same_blanks_in_every_language() -> None:
    blank = re.compile(r"\{(?:said|\d)?\}")
    for texts in [*load_evidence().said, *read_yaml(ROOT / "review/reasons.yml").data["reasons"]]:
        assert len(texts) == 3
        counts = {len(set(blank.findall(text))) if "{1}" in text else len(blank.findall(text)) for text in texts}
        assert len(counts) == 1, texts[0]
        sample = texts[0].replace("{said}", "not a number").replace("{}", "x1")
        for t in (NB, SV):
            assert translated(sample, t) != "", texts[0]
            assert is_translated(sample, t), texts[0]
