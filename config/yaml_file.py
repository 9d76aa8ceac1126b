"""YAML read into a pydantic model, with errors that name the file, the line and what would be allowed."""

import re
import reprlib
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError

from config.home import Home

SHIPPED = Path(__file__).parent

# A value in an error's text: aliases make a few lines of YAML a value of gigabytes.
_SHORT = reprlib.Repr()
_SHORT.maxlevel, _SHORT.maxstring, _SHORT.maxother = 3, 200, 200

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
    return validate(read_yaml(path), model)


@dataclass(frozen=True)
class Document:
    """A YAML mapping as plain Python values, and where each of them stands."""

    name: str
    data: dict[str, Any]
    node: yaml.Node | None
    first_line: int = 1

    def line_of(self, location: tuple[int | str, ...]) -> int:
        """The 1-based line of the deepest part of ``location`` that the document has."""
        line, node = self.first_line, self.node
        for step in location:
            if isinstance(node, yaml.MappingNode):
                pair = next((pair for pair in node.value if pair[0].value == str(step)), None)
                if pair is None:
                    break
                line, node = self.first_line + pair[0].start_mark.line, pair[1]
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
                node = node.value[step]
                line = self.first_line + node.start_mark.line
            else:
                break
        return line

    def fault(self, location: tuple[int | str, ...], message: str) -> str:
        """One line of a ConfigError about the value at ``location``."""
        return f"{self.name}:{self.line_of(location)}: {message}"


def read_yaml(path: Path) -> Document:
    """One YAML file with the positions of its keys; an empty file is an empty mapping. Raises ConfigError."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read: {error}") from None
    return parse_yaml(text, str(path))


@lru_cache(maxsize=512)
def parse_yaml(text: str, name: str, first_line: int = 1) -> Document:
    """YAML text as a :class:`Document`; ``name`` and ``first_line`` say where it stands, for errors. Raises ConfigError.

    The same text is parsed once a process; nobody changes what a document holds.
    """
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            data = loader.construct_document(node) if node is not None else {}
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = first_line + (mark.line if mark else 0)
        raise ConfigError(f"{name}:{line}: not valid YAML: {error.problem or error.context}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{name}: not valid YAML: {error}") from None
    if not isinstance(data, dict):
        raise ConfigError(f"{name}:{first_line}: a mapping (key: value) is expected at the top level")
    return Document(name, data, node, first_line)


def validate(document: Document, model: type[ModelT]) -> ModelT:
    """The document as a model. Raises ConfigError with every fault."""
    try:
        return model.model_validate(document.data)
    except ValidationError as error:
        faults = [_fault(document, model, item) for item in error.errors()]
        raise ConfigError("\n".join(dict.fromkeys(faults))) from None


def _construct_date(loader: yaml.CSafeLoader, node: yaml.ScalarNode) -> Any:
    """A date or an instant; an impossible one is a fault with its line."""
    try:
        return loader.construct_yaml_timestamp(node)
    except ValueError as error:
        raise yaml.constructor.ConstructorError(None, None, f"'{node.value}': {error}", node.start_mark) from None


class _Loader(yaml.CSafeLoader):
    """YAML as people mean it: only true and false are booleans (NO is Norway), no numbers to base 60, no repeated keys, no tags."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _value in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"duplicate key '{key.value}'", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.add_constructor("tag:yaml.org,2002:timestamp", _construct_date)
_Loader.yaml_implicit_resolvers = {
    letter: [pair for pair in pairs if pair[0] not in ("tag:yaml.org,2002:bool", "tag:yaml.org,2002:int")]
    for letter, pairs in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false|True|False)$"), list("tfTF"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"^[-+]?(?:0|[1-9][0-9]*)$"), list("-+0123456789"))


def _fault(document: Document, model: type[BaseModel], item: Any) -> str:
    location = tuple(item["loc"])
    where = f"{document.name}:{document.line_of(location)}"
    name = ".".join(str(step) for step in location) or "(file)"
    if item["type"] == "extra_forbidden":
        allowed = _allowed_keys(model, location[:-1])
        near = get_close_matches(str(location[-1]), allowed, n=1)
        hint = f" (did you mean '{near[0]}'?)" if near else ""
        return f"{where}: unknown key '{name}'{hint}; allowed: {', '.join(allowed)}"
    if item["type"] == "missing":
        return f"{where}: '{name}' is missing"
    message = item["msg"].removeprefix("Value error, ").removeprefix("Input should be ")
    return f"{where}: '{name}' is {_SHORT.repr(item['input'])}; allowed: {message}"


def _allowed_keys(model: type[BaseModel], location: tuple[int | str, ...]) -> list[str]:
    """The keys that a model allows at a place inside it; empty where the place is a free mapping."""
    current: Any = model
    for step in location:
        found = _model_in(current)
        if get_origin(current) in (dict, list, tuple):
            current = found  # the step is a key or an index of the container
        elif found is not None and str(step) in found.model_fields:
            current = found.model_fields[str(step)].annotation
        else:
            return []
    found = None if get_origin(current) in (dict, list, tuple) else _model_in(current)
    return sorted(found.model_fields) if found is not None else []


def _model_in(annotation: Any) -> type[BaseModel] | None:
    """The first model of an annotation such as ``Model``, ``Model | None``, ``dict[str, Model]`` or ``list[Model]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)
