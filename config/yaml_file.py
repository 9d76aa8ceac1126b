"""YAML read into a pydantic model, with errors that name the file, the line and what would be allowed."""

from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from config.home import Home

SHIPPED = Path(__file__).parent

ModelT = TypeVar("ModelT", bound=BaseModel)


class ConfigError(Exception):
    """A configuration file that can't be used. The text is for the person who edits that file."""


def find(home: Home, name: str) -> Path:
    """The file of this name that counts: the home's own if there is one, else the shipped one.

    ``name`` is relative to the configuration folder, for example ``settings.yml`` or ``plans/nb2026.yml``.
    """
    override = home.config / name
    return override if override.is_file() else SHIPPED / name


def find_all(home: Home, folder: str, suffix: str = ".yml") -> list[Path]:
    """Every file of a configuration folder, the home's own before the shipped one of the same name, sorted by name."""
    found = {path.name: path for base in (SHIPPED, home.config) for path in sorted((base / folder).glob(f"*{suffix}"))}
    return [found[name] for name in sorted(found)]


def load_yaml(path: Path, model: type[ModelT]) -> ModelT:
    """Read one YAML file into ``model``.

    Raises:
        ConfigError: the file can't be read, isn't YAML, repeats a key, uses YAML tags, or doesn't fit the model;
            every fault is on a line of its own, as ``file:line: key: what is wrong; allowed: …``.
    """
    document = read_yaml(path)
    try:
        return model.model_validate(_plain(document))
    except ValidationError as error:
        faults = [_fault(path, document, model, item) for item in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(faults))) from None


def read_yaml(path: Path) -> CommentedMap:
    """One YAML mapping with the positions of its keys; an empty file is an empty mapping. Raises ConfigError."""
    parser = YAML(typ="rt")
    parser.allow_duplicate_keys = False
    try:
        document = parser.load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read: {error}") from None
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise ConfigError(f"{path}:{line}: not valid YAML: {error.problem or error.context}") from None
    except (YAMLError, ValueError) as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from None
    if document is None:
        return CommentedMap()
    if not isinstance(document, CommentedMap):
        raise ConfigError(f"{path}:1: a mapping (key: value) is expected at the top level")
    return document


def line_of(document: Any, location: tuple[int | str, ...]) -> int:
    """The 1-based line of the deepest part of ``location`` that exists in a document of :func:`read_yaml`."""
    line, node = 1, document
    for step in location:
        if isinstance(node, CommentedMap) and step in node:
            line = node.lc.key(step)[0] + 1
        elif isinstance(node, CommentedSeq) and isinstance(step, int) and step < len(node):
            line = node.lc.item(step)[0] + 1
        else:
            break
        node = node[step]
    return line


def _plain(node: Any) -> Any:
    """The document without ruamel's own types, so that pydantic sees dict, list and scalars; a YAML tag is refused by type."""
    if isinstance(node, CommentedMap):
        return {_plain(key): _plain(value) for key, value in node.items()}
    if isinstance(node, CommentedSeq):
        return [_plain(value) for value in node]
    if isinstance(node, bool) or node is None:
        return node
    for kind in (int, float, str):
        if isinstance(node, kind):
            return kind(node)
    return node


def _fault(path: Path, document: CommentedMap, model: type[BaseModel], item: Any) -> str:
    location = tuple(item["loc"])
    where = f"{path}:{line_of(document, location)}"
    name = ".".join(str(step) for step in location) or "(file)"
    if item["type"] == "extra_forbidden":
        allowed = _allowed_keys(model, location[:-1])
        near = get_close_matches(str(location[-1]), allowed, n=1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        return f"{where}: unknown key '{name}'{hint}; allowed: {', '.join(allowed)}"
    if item["type"] == "missing":
        return f"{where}: '{name}' is missing"
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{where}: '{name}' is {item['input']!r}; allowed: {message}"


def _allowed_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that a model allows at a place inside it; empty where the place is a free mapping."""
    current: Any = model
    for step in location:
        if isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(step))
            if field is None:
                return []
            current = field.annotation
        models = [part for part in _parts(current) if isinstance(part, type) and issubclass(part, BaseModel)]
        current = models[0] if models else None
    return sorted(current.model_fields) if isinstance(current, type) and issubclass(current, BaseModel) else []


def _parts(annotation: Any) -> list[Any]:
    arguments = getattr(annotation, "__args__", None)
    return [annotation] if arguments is None else [part for argument in arguments for part in _parts(argument)]
