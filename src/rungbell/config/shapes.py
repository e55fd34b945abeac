"""What a pydantic model expects at a place: for hints, for secrets, and to rescue the sound parts of a broken file.

Rules
-----
* What is known of a model is read from the model itself; nothing here names a key of the file.
* What is rescued is only held against the rest of the file, never used to page somebody.

May import: pydantic and the standard library.
"""

import json
import types
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from rungbell.domain.values import dataclass

Model = type[BaseModel]


@dataclass(frozen=True, slots=True)
class Holder:
    """What a field holds: one ``model``, a mapping of them (``key`` is the type of its keys), or a list of them."""

    model: Model
    kind: str
    key: Any = None


def holder(annotation: object) -> Holder | None:
    """Say which models a field with that annotation holds, or ``None`` where it holds plain values."""
    bare = _bare(annotation)
    if isinstance(bare, type) and not get_args(bare) and issubclass(bare, BaseModel):
        return Holder(bare, "one")
    origin, args = get_origin(bare), get_args(bare)
    if origin not in {dict, tuple, list} or not args:
        return None
    inner = holder(args[1 if origin is dict else 0])
    if inner is None or inner.kind != "one":
        return None
    return Holder(inner.model, "many", args[0]) if origin is dict else Holder(inner.model, "list")


def _bare(annotation: object) -> object:
    """Strip ``Annotated[…]`` and ``… | None``."""
    while True:
        args = get_args(annotation)
        if get_origin(annotation) is Annotated:
            annotation = args[0]
        elif get_origin(annotation) in {Union, types.UnionType}:
            rest = [arg for arg in args if arg is not type(None)]
            if len(rest) != 1:
                return annotation
            annotation = rest[0]
        else:
            return annotation


@cache
def secrets_of(model: Model) -> tuple[str, ...]:
    """Name the fields of a model that hold one secret."""
    return tuple(name for name, field in model.model_fields.items() if _bare(field.annotation) is SecretStr)


@cache
def _holders(model: Model) -> tuple[tuple[str, Holder], ...]:
    """Give the fields of a model that hold models; a file has many sections of the same."""
    found = [(name, holder(field.annotation)) for name, field in model.model_fields.items()]
    return tuple((name, inner) for name, inner in found if inner is not None)


def keys_of(model: Model) -> tuple[str, ...]:
    """Name every key that may be written for a model, the twins of its secrets included."""
    twins = tuple(f"{name}_file" for name in secrets_of(model))
    written = tuple(field.alias or name for name, field in model.model_fields.items())
    return written + twins


def model_at(model: Model, place: tuple[str | int, ...]) -> Model | None:
    """Find the model that stands at ``place`` below ``model``."""
    found: Model = model
    parts = iter(place)
    for part in parts:
        field = found.model_fields.get(str(part))
        inner = holder(field.annotation) if field else None
        if inner is None or (inner.kind != "one" and next(parts, None) is None):
            return None
        found = inner.model
    return found


def parts_of(
    model: Model, data: Mapping[str, object]
) -> Iterator[tuple[tuple[str | int, ...], Model, dict[str, object]]]:
    """Walk over the mappings directly below ``data`` that stand for models: their place, model and content."""
    for name, inner in _holders(model):
        value = data.get(name)
        if inner.kind == "one":
            entries: list[tuple[tuple[str | int, ...], object]] = [((name,), value)]
        elif inner.kind == "many":
            entries = [((name, key), item) for key, item in value.items()] if isinstance(value, dict) else []
        else:
            entries = [((name, index), item) for index, item in enumerate(value)] if isinstance(value, list) else []
        for place, item in entries:
            if isinstance(item, dict):
                yield place, inner.model, item


def salvage(model: Model, data: object) -> BaseModel:
    """Build a model of those fields that are sound, so that the rest of the file can be held against it.

    Required fields that are not sound are absent from the result: read them with ``getattr`` and a default.
    """
    values: dict[str, object] = {}
    given = data if isinstance(data, dict) else {}
    for name, field in model.model_fields.items():
        written = field.alias or name
        if written not in given:
            continue
        text = json.dumps(given[written])
        try:
            values[name] = TypeAdapter(field.rebuild_annotation()).validate_json(text, strict=True)
        except ValidationError:
            inner = holder(field.annotation)
            if inner is not None:
                values[name] = _salvage_entries(inner, given[written])
    return model.model_construct(set(values), **values)


def _salvage_entries(inner: Holder, data: object) -> object:
    if inner.kind == "one":
        return salvage(inner.model, data)
    if inner.kind == "list":
        return tuple(_sound(inner.model, item) for item in data) if isinstance(data, list) else ()
    keys: TypeAdapter[Any] = TypeAdapter(inner.key)
    found = {}
    for key, item in data.items() if isinstance(data, dict) else ():
        try:
            found[keys.validate_python(key)] = _sound(inner.model, item)
        except ValidationError:
            if _bare(inner.key) is str:
                found[key] = _sound(inner.model, item)  # a name that is refused is still the name that others refer to
    return found


def _sound(model: Model, data: object) -> BaseModel:
    try:
        return model.model_validate_json(json.dumps(data), strict=True)
    except ValidationError:
        return salvage(model, data)
