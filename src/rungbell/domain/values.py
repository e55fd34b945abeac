"""The ``dataclass`` of values: the standard library's own, without the wait when it is defined.

``dataclasses`` writes six functions as source for each class and compiles them while the module is imported. With
hundreds of values that is half of the time in which a command of one line starts. Here what all values do alike is
shared, and only ``__init__`` is written, once a class has made a few values: most make no more in a command.

Rules
-----
* It is used as ``dataclasses.dataclass`` is, and what comes of it is a dataclass to ``fields``, ``replace``,
  ``asdict``, pydantic and a type checker.
* What inherits from such a value is made by this ``dataclass`` too.
* While its facts are set, a frozen value with slots is of a twin of its class that can be set: past what refuses to
  set them, each would take a call of its own, and a decision makes a dozen values.

May import: the standard library's pure parts. Every module may import it.
"""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import MISSING
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Self, TypeVar, dataclass_transform

__all__ = ["Changing", "dataclass"]

Value = TypeVar("Value")
Fields = tuple[dataclasses.Field[Any], ...]

FEW = 20
"""How many values of a class are filled field by field: to write its ``__init__`` takes as long as to fill forty."""

BECOME: Callable[[object, type], None] = vars(object)["__class__"].__set__
"""Give a value another class, past what refuses to set anything of it."""
ORDER: Mapping[str, Callable[[Any, Any], bool]] = {
    "__lt__": lambda one, other: one < other,
    "__le__": lambda one, other: one <= other,
    "__gt__": lambda one, other: one > other,
    "__ge__": lambda one, other: one >= other,
}


@dataclass_transform(field_specifiers=(dataclasses.field,))
def _dataclass(
    cls: type[Value] | None = None,
    /,
    *,
    frozen: bool = False,
    slots: bool = False,
    kw_only: bool = False,
    order: bool = False,
    eq: bool = True,
) -> Any:  # noqa: ANN401 -- a class, or what takes one
    """Make a dataclass of ``cls``."""

    def made(raw: type[Value]) -> type[Value]:
        return _made(raw, frozen=frozen, slots=slots, kw_only=kw_only, order=order, eq=eq)

    return made if cls is None else made(cls)


def _made(raw: type[Value], *, frozen: bool, slots: bool, kw_only: bool, order: bool, eq: bool) -> type[Value]:
    own = frozenset(raw.__dict__)
    hashed = "__hash__" in own and not (raw.__dict__["__hash__"] is None and "__eq__" in own)
    made = dataclasses.dataclass(init=False, repr=False, eq=False, slots=slots, kw_only=kw_only)(raw)
    fields = dataclasses.fields(made)  # type: ignore[arg-type]
    methods: dict[str, Any] = {"__repr__": _shown}
    if frozen:
        methods |= {"__setattr__": _refuse_setting, "__delattr__": _refuse_deleting}
    if frozen and slots:
        methods |= {"__getstate__": _state, "__setstate__": _restore}
    if eq:
        compared = _taken([field.name for field in fields if field.compare])
        methods["__eq__"] = _equal(compared)
        if order:
            methods |= {name: _ordered(name, compared) for name in ORDER}
        if not hashed:
            methods["__hash__"] = _hash_of(fields) if frozen else None
    methods["__init__"] = _Written(made, fields, slots=slots, frozen=frozen)
    for name, method in methods.items():
        if name not in own or name == "__hash__":
            setattr(made, name, method)
    return made


class _Factory:
    """Stands as the default of what is made anew for each value."""

    def __repr__(self) -> str:
        return "<factory>"


class _Written:
    """An ``__init__`` that is written when it is worth it, and stands in its own place from then on."""

    def __init__(self, owner: type, fields: Fields, *, slots: bool, frozen: bool) -> None:
        self._owner = owner
        self._fields = fields
        self._slots = slots
        self._frozen = frozen
        self._filled = 0

    def __get__(self, instance: object, owner: type | None = None) -> Any:  # noqa: ANN401 -- as methods are got
        if instance is not None and owner is self._owner and self._filled < FEW:
            self._filled += 1
            return partial(self._fill, instance)
        self._owner.__init__ = written = self._write()  # type: ignore[misc]
        return written if instance is None else written.__get__(instance, owner)

    def _write(self) -> Any:  # noqa: ANN401 -- a function
        return _written_init(self._owner, self._fields, slots=self._slots, frozen=self._frozen)

    def _fill(self, instance: Any, /, *given: object, **named: object) -> None:  # noqa: ANN401 -- any value
        """Do what the written one does; it says itself what is wrong with arguments that do not fit."""
        facts = _arguments(self._fields, given, named)
        if facts is None:
            self._write()(instance, *given, **named)
            return
        for name, fact in facts.items():
            object.__setattr__(instance, name, fact)
        if hasattr(instance, "__post_init__"):
            instance.__post_init__()


def _arguments(fields: Fields, given: tuple[object, ...], named: dict[str, object]) -> dict[str, object] | None:
    """Give the value of each field; ``None`` where the arguments do not fit."""
    left = dict(named)
    rest = iter(given)
    facts: dict[str, object] = {}
    for field in fields:
        name = field.name
        if field.init and not field.kw_only and (fact := next(rest, MISSING)) is not MISSING:
            facts[name] = fact
        elif field.init and name in left:
            facts[name] = left.pop(name)
        elif field.default is not MISSING:
            facts[name] = field.default
        elif field.default_factory is not MISSING:
            facts[name] = field.default_factory()
        elif field.init:
            return None
    return None if left or next(rest, MISSING) is not MISSING else facts


def _written_init(owner: type, fields: Fields, *, slots: bool, frozen: bool) -> Any:  # noqa: ANN401 -- a function
    """Write ``__init__``."""
    known: dict[str, object] = {"__name__": owner.__module__, "_factory": _Factory()}
    parameters: dict[bool, list[str]] = {False: [], True: []}
    body = [] if slots else ["values = self.__dict__"]
    for field in fields:
        name, value = field.name, field.name
        default = ""
        if field.default is not MISSING:
            known[f"_default_{name}"] = field.default
            default = value = f"_default_{name}"
        elif field.default_factory is not MISSING:
            known[f"_make_{name}"] = field.default_factory
            default, value = "_factory", f"_make_{name}()"
        if field.init:
            parameters[bool(field.kw_only)].append(f"{name}={default}" if default else name)
            value = f"_make_{name}() if {name} is _factory else {name}" if default == "_factory" else name
        elif not default:
            continue
        body.append(f"self.{name} = {value}" if slots else f"values[{name!r}] = {value}")
    if slots and frozen:
        known |= {"_become": BECOME, "_twin": _twin(owner), "_owner": owner}
        body = ["_become(self, _twin)", *body, "self.__class__ = _owner"]
    if hasattr(owner, "__post_init__"):
        body.append("self.__post_init__()")
    arguments = ["self", *parameters[False], *(["*", *parameters[True]] if parameters[True] else [])]
    lines = "\n".join(f" {line}" for line in body or ["pass"])
    source = f"def __init__({', '.join(arguments)}):\n{lines}"
    names: dict[str, Any] = {}
    exec(source, known, names)  # noqa: S102 -- of nothing but the names of fields
    written = names["__init__"]
    written.__qualname__ = f"{owner.__qualname__}.__init__"
    written.__annotations__ = {field.name: field.type for field in fields if field.init} | {"return": None}
    return written


def _twin(owner: Any) -> type:  # noqa: ANN401 -- a class with slots
    """Give a class of the same shape whose values can be set, without a call for each fact."""
    plain = {"__slots__": (), "__setattr__": object.__setattr__, "__delattr__": object.__delattr__}
    return type(owner.__name__, (owner,), plain)


def _taken(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    """Give what takes the values of these names."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _equal(taken: Callable[[object], object]) -> Callable[[object, object], bool]:
    def __eq__(self: object, other: object) -> bool:  # noqa: N807 -- its own name, in tracebacks
        return taken(self) == taken(other) if other.__class__ is self.__class__ else NotImplemented

    return __eq__


def _hash(taken: Callable[[object], object]) -> Callable[[object], int]:
    def __hash__(self: object) -> int:  # noqa: N807 -- its own name, in tracebacks
        return hash(taken(self))

    return __hash__


def _hash_of(fields: Fields) -> Callable[[object], int]:
    return _hash(_taken([field.name for field in fields if (field.compare if field.hash is None else field.hash)]))


def _ordered(name: str, taken: Callable[[object], object]) -> Callable[[object, object], bool]:
    compare = ORDER[name]

    def ordered(self: object, other: object) -> bool:
        return compare(taken(self), taken(other)) if other.__class__ is self.__class__ else NotImplemented

    return ordered


def _shown(self: Any) -> str:  # noqa: ANN401 -- any value
    told = (f"{field.name}={getattr(self, field.name)!r}" for field in dataclasses.fields(self) if field.repr)
    return f"{self.__class__.__qualname__}({', '.join(told)})"


def _refuse_setting(_self: object, name: str, _value: object) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")


def _refuse_deleting(_self: object, name: str) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")


def _state(self: Any) -> list[object]:  # noqa: ANN401 -- any value
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[object]) -> None:  # noqa: ANN401 -- any value
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)


if TYPE_CHECKING:
    from dataclasses import dataclass
else:
    dataclass = _dataclass


class Changing:
    """What a value without slots inherits from that a decision changes several times: it is copied as a whole.

    Such a value is a dataclass with ``eq=False``: it is compared here, and has mappings among its facts, so no hash.
    """

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        """Compare the dictionaries: what they share is not looked into."""
        return self.__dict__ == other.__dict__ if other.__class__ is self.__class__ else NotImplemented

    def changed(self, **facts: Any) -> Self:  # noqa: ANN401 -- the fields of the class
        """Give the value with other facts: what ``dataclasses.replace`` does, in a tenth of the time.

        Raises:
            TypeError: it has no such facts.
        """
        values = self.__dict__ | facts
        if len(values) > len(self.__dict__):
            raise TypeError(f"{type(self).__name__} has no {', '.join(sorted(facts.keys() - self.__dict__.keys()))}")
        made = object.__new__(type(self))
        object.__setattr__(made, "__dict__", values)
        return made
