"""SQL is never put together from what a file says without quoting it: what a parser can hold against that rule.

``pipelines/`` handles names and values from files, so there every statement that is not a plain string is put together by
``pipelines/statement.py``, which refuses parts that are not quoted. In the other rooms statements are about tables and columns that model
files and declarations name; a value between quotes must be one that cannot contain any, or have gone through a quoting function.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RUNS_SQL = ("execute", "executemany", "sql", "query")
QUOTING = ("literal", "identifier", "quoted_text", "quoted_name")


def statements(path: Path) -> Iterator[tuple[int, ast.expr]]:
    """What is handed to a database in a module, with its line."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in RUNS_SQL
            and node.args
        ):
            yield node.lineno, node.args[0]


def is_unquoted_text(expression: ast.expr) -> bool:
    """Whether text is put together on the spot, in any other way than by the functions that quote."""
    if isinstance(expression, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in expression.values)
    if isinstance(expression, ast.BinOp):
        return isinstance(expression.op, ast.Add | ast.Mod)
    is_method = isinstance(expression, ast.Call) and isinstance(expression.func, ast.Attribute)
    return is_method and expression.func.attr in ("format", "join", "replace")


def values_between_quotes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Values that an f-string puts between single quotes and that went through no quoting function, with their line."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.JoinedStr):
            continue
        for before, part in zip(node.values, node.values[1:], strict=False):
            opens = (
                isinstance(before, ast.Constant) and str(before.value).endswith("'") and " '" in " " + str(before.value)
            )
            if opens and isinstance(part, ast.FormattedValue) and not _is_harmless(part.value):
                yield node.lineno, ast.unparse(part.value)


def _is_harmless(value: ast.expr) -> bool:
    """A constant of the code, or something that a function has quoted."""
    if isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id.isupper()):
        return True
    if isinstance(value, ast.Call):
        name = value.func.id if isinstance(value.func, ast.Name) else getattr(value.func, "attr", "")
        return name in QUOTING
    return False


def is_sql(text: str) -> bool:
    return any(
        word in text
        for word in ("select ", "attach ", "insert ", "delete ", "create ", "set ", "copy ", "drop ", "comment on ")
    )


@pytest.mark.parametrize("path", sorted((ROOT / "pipelines").rglob("*.py")), ids=lambda path: path.name)
def test_statements_about_files_are_composed(path: Path) -> None:
    faults = [
        f"{path.name}:{line}: {ast.unparse(text)[:120]}" for line, text in statements(path) if is_unquoted_text(text)
    ]
    assert faults == []


@pytest.mark.parametrize("room", ["sql", "checks", "assets", "hourglass", "pipelines"])
def test_values_between_quotes_are_quoted(room: str) -> None:
    faults = []
    for path in sorted(
        path for path in (ROOT / room).rglob("*.py") if "simulate" not in path.parts
    ):  # it makes up all that it writes
        tree = ast.parse(path.read_text(encoding="utf-8"))
        lines = path.read_text(encoding="utf-8").splitlines()
        for line, value in values_between_quotes(tree):
            if is_sql(" ".join(lines[max(0, line - 3) : line + 3]).lower()):
                faults.append(f"{path.relative_to(ROOT)}:{line}: {value}")
    assert faults == []


@pytest.mark.parametrize(
    ("code", "is_refused"),
    [
        ("connection.execute(f'select * from {table}')", True),
        ("connection.execute('select * from ' + table)", True),
        ("connection.execute('select * from %s' % table)", True),
        ("connection.execute('select {}'.format(name))", True),
        ("connection.execute(compose('select {name}', name=identifier(name)))", False),
        ("connection.execute('select ?', [name])", False),
    ],
)
def test_the_rule_is_seen_refusing(code: str, is_refused: bool, tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(code)
    ((_line, text),) = statements(module)
    assert is_unquoted_text(text) is is_refused


def test_a_value_between_quotes_is_seen() -> None:
    assert list(values_between_quotes(ast.parse("f\"select '{name}'\""))) == [(1, "name")]
    assert list(values_between_quotes(ast.parse("f'select {quoted_text(name)}'"))) == []
