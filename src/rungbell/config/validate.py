"""From plain data to a model: what pydantic finds is said in our words, at the line it stands in.

Rules
-----
* Types are strict, as in JSON: text never becomes a number, nor ``yes`` a boolean.
* Messages show a value only where a choice among known words was missed, never for a secret or a URL.
* Whatever is found, the caller gets a model to hold the rest of the file against (see ``shapes.salvage``).

May import: ``findings``, ``mistakes``, ``shapes`` and pydantic.
"""

import re
from typing import TypeVar, cast

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, to_json

from rungbell.config.findings import Findings
from rungbell.config.mistakes import Path, did_you_mean
from rungbell.config.shapes import keys_of, model_at, salvage, secrets_of

M = TypeVar("M", bound=BaseModel)

_SENTENCES = {
    "string_type": ("must be text", "put it in quotes"),
    "bool_type": ("must be true or false", ""),
    "int_type": ("must be a whole number", ""),
    "float_type": ("must be a number", ""),
    "model_type": ("must be a mapping (key: value)", ""),
    "model_attributes_type": ("must be a mapping (key: value)", ""),
    "dict_type": ("must be a mapping (key: value)", ""),
    "tuple_type": ("must be a list", "such as [one, two]"),
    "list_type": ("must be a list", "such as [one, two]"),
    "set_type": ("must be a list", "such as [one, two]"),
    "frozen_set_type": ("must be a list", "such as [one, two]"),
    "too_short": ("must not be empty", ""),
    "string_too_short": ("must not be empty", ""),
    "date_type": ("must be a date", "such as 2026-12-25"),
    "date_parsing": ("must be a date", "such as 2026-12-25"),
    "date_from_datetime_parsing": ("must be a date", "such as 2026-12-25"),
    "url_type": ("must be a URL", "such as https://pager.example.com/page"),
    "url_parsing": ("must be a URL", "such as https://pager.example.com/page"),
    "url_syntax_violation": ("must be a URL", "such as https://pager.example.com/page"),
}


def validated(model: type[M], data: object, path: Path, findings: Findings) -> M:
    """Make a ``model`` of ``data``, which stands at ``path``; everything wrong with it goes to ``findings``."""
    try:
        return model.model_validate_json(to_json(data), strict=True)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(detail, model, path, findings)
        return cast("M", salvage(model, data))


def _note(detail: ErrorDetails, model: type[BaseModel], path: Path, findings: Findings) -> None:
    place = tuple(part for part in detail["loc"] if part != "[key]")
    message, hint = _sentence(detail, model, place)
    kind = detail.get("ctx", {}).get("kind", "") if detail["type"] == "rungbell" else ""
    findings.wrong((*path, *place), message, hint, kind=kind)


def _sentence(detail: ErrorDetails, model: type[BaseModel], place: Path) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "rungbell":
        return str(context["message"]), str(context["hint"])
    if kind == "missing":
        return "is required", _twin_hint(model, place)
    if kind == "extra_forbidden":
        return "unknown key", _key_hint(model, place)
    if kind in {"enum", "literal_error"}:
        return _choice(detail["input"], re.findall(r"'([^']*)'", str(context["expected"])))
    if kind.endswith("_type") and detail["input"] is None:
        return "is empty", ""
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return _SENTENCES.get(kind, (message[:1].lower() + message[1:], ""))


def _choice(given: object, words: list[str]) -> tuple[str, str]:
    if not isinstance(given, str):
        return f"must be one of {', '.join(words)}", ""
    hint = did_you_mean(given, words)
    return f"{given[:40]!r} is not one of {', '.join(words)}", "" if hint.startswith("known:") else hint


def _twin_hint(model: type[BaseModel], place: Path) -> str:
    holder = model_at(model, place[:-1])
    name = str(place[-1])
    return f"give `{name}_file` or `{name}`" if holder is not None and name in secrets_of(holder) else ""


def _key_hint(model: type[BaseModel], place: Path) -> str:
    holder = model_at(model, place[:-1])
    return did_you_mean(place[-1], keys_of(holder)) if holder is not None else ""
