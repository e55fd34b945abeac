"""The part of jinja that templates may use, held against a template before anything of it runs.

Rules
-----
* What may be named are facts, what a loop gives, and the loop itself. What may be called is nothing.
* A loop goes over the lines of one fact, and not within another loop; no filter makes much of little. So the work that
  a template can ask for is bounded by its size, and its size is bounded too.
* All mistakes are told at once.

May import: ``domain``, ``config.mistakes``, jinja2 and the standard library.
"""

from collections.abc import Iterator, Mapping

from jinja2 import nodes

from rungbell.config.mistakes import did_you_mean
from rungbell.domain.communication.facts import ABOUT, LISTS
from rungbell.domain.values import dataclass

FILTERS = frozenset(
    {"capitalize", "d", "default", "first", "join", "last", "length", "lower", "trim", "truncate", "upper"}
)
TESTS = frozenset({"eq", "equalto", "ne", "in", "false", "true"})
LOOP = frozenset({"first", "last", "index", "length"})
"""What a template may ask of ``loop``."""
LONGEST_TEXT = 200
LARGEST_NUMBER = 1000
"""What an argument of a filter may be."""
DEEPEST = 40
"""How deep a template may nest, far below what the interpreter takes."""

_PLAIN = (
    nodes.Output, nodes.TemplateData, nodes.If, nodes.Const, nodes.And, nodes.Or, nodes.Not, nodes.CondExpr,
    nodes.Concat, nodes.Compare, nodes.Operand, nodes.List, nodes.Tuple,
)  # fmt: skip
"""What is allowed as it stands."""
_NAMES: Mapping[type, str] = {
    nodes.Call: "nothing can be called",
    nodes.Assign: "`set` is not available",
    nodes.AssignBlock: "`set` is not available",
    nodes.With: "`with` is not available",
    nodes.Macro: "`macro` is not available",
    nodes.CallBlock: "`call` is not available",
    nodes.FilterBlock: "`filter` is not available as a block",
    nodes.Include: "`include` is not available",
    nodes.Import: "`import` is not available",
    nodes.FromImport: "`import` is not available",
    nodes.Extends: "`extends` is not available",
    nodes.Block: "`block` is not available",
    nodes.BinExpr: "there is no arithmetic",
    nodes.UnaryExpr: "there is no arithmetic",
    nodes.Getitem: "`[…]` is not available",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong on a line of a template, and how it is mended."""

    line: int
    message: str
    hint: str = ""


def faults(template: nodes.Template) -> list[Fault]:
    """Give everything that a template may not do, in the order of its lines."""
    found = sorted(_within(template, frozenset(), 0), key=lambda fault: fault.line)
    return list(dict.fromkeys(found))


def _within(parent: nodes.Node, bound: frozenset[str], depth: int) -> Iterator[Fault]:
    for node in parent.iter_child_nodes():
        if depth > DEEPEST:
            yield Fault(node.lineno, f"nests more than {DEEPEST} deep", "write it flatter")
            return
        if isinstance(node, nodes.For):
            yield from _loop(node, bound, depth)
            continue
        yield from _alone(node, bound)
        if not isinstance(node, nodes.Getattr):
            yield from _within(node, bound, depth + 1)


def _alone(node: nodes.Node, bound: frozenset[str]) -> Iterator[Fault]:
    """What is wrong with one node, whatever is in it."""
    match node:
        case nodes.Name():
            yield from _name(node, bound)
        case nodes.Getattr():
            yield from _attribute(node, bound)
        case nodes.Filter():
            yield from _applied(node, FILTERS, "filter")
        case nodes.Test():
            yield from _applied(node, TESTS, "test")
        case _ if not isinstance(node, _PLAIN) and not isinstance(node, nodes.Keyword | nodes.Pair):
            what = next((_NAMES[kind] for kind in type(node).__mro__ if kind in _NAMES), "")
            yield Fault(
                node.lineno,
                what or f"{type(node).__name__} is not available",
                "a template has facts, `if`, `for` over a list of facts, `~`, and the filters " + _listed(FILTERS),
            )


def _loop(node: nodes.For, bound: frozenset[str], depth: int) -> Iterator[Fault]:
    over = node.iter.name if isinstance(node.iter, nodes.Name) else ""
    if "loop" in bound:
        yield Fault(node.lineno, "a loop within a loop", "write one after the other; no fact has lists of lists")
    if over not in LISTS or over in bound or node.recursive:
        yield Fault(node.lineno, "loops over something else than a list of facts", f"known lists: {_listed(LISTS)}")
    if not isinstance(node.target, nodes.Name):
        yield Fault(node.lineno, "takes its lines apart", "write `{% for line in … %}`: each is one text")
        return
    inside = bound | {node.target.name, "loop"}
    if node.test is not None:
        yield from _within(nodes.Output([node.test], lineno=node.lineno), inside, depth + 1)
    for part, known in ((node.body, inside), (node.else_, bound)):
        for child in part:
            yield from _within(nodes.Scope([child], lineno=child.lineno), known, depth + 1)


def _name(node: nodes.Name, bound: frozenset[str]) -> Iterator[Fault]:
    if node.ctx == "load" and node.name not in ABOUT and node.name not in bound - {"loop"}:
        yield Fault(
            node.lineno,
            f"there is no fact `{node.name[:60]}`",
            did_you_mean(node.name, [*ABOUT, *bound - {"loop"}]) + " (`rungbell templates facts` lists all)",
        )


def _attribute(node: nodes.Getattr, bound: frozenset[str]) -> Iterator[Fault]:
    of_loop = isinstance(node.node, nodes.Name) and node.node.name == "loop" and "loop" in bound
    if not of_loop or node.attr not in LOOP:
        known = ", ".join(f"`loop.{name}`" for name in sorted(LOOP))
        yield Fault(node.lineno, f"`.{node.attr[:60]}` is not available", f"facts are plain texts; in a loop: {known}")


def _applied(node: nodes.Filter | nodes.Test, known: frozenset[str], word: str) -> Iterator[Fault]:
    if node.name not in known:
        yield Fault(node.lineno, f"there is no {word} `{node.name[:60]}`", did_you_mean(node.name, sorted(known)))
    given: list[nodes.Node] = [*node.args, *(one.value for one in node.kwargs)]
    spread = node.dyn_args is not None or node.dyn_kwargs is not None
    if isinstance(node, nodes.Filter) and (spread or not all(_small(one) for one in given)):
        yield Fault(
            node.lineno,
            f"`{node.name}` is given something else than a short text or a number up to {LARGEST_NUMBER}",
            "write the text or the number itself",
        )


def _small(argument: nodes.Node) -> bool:
    if not isinstance(argument, nodes.Const):
        return False
    value = argument.value
    if isinstance(value, str):
        return len(value) <= LONGEST_TEXT
    return isinstance(value, bool) or (isinstance(value, int) and 0 <= value <= LARGEST_NUMBER)


def _listed(names: frozenset[str]) -> str:
    return ", ".join(sorted(names))
