"""Reading an exposition as a test wants to: one figure, or every series."""

from prometheus_client.parser import text_string_to_metric_families


def samples(text: str) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    """Every sample by its name and labels."""
    families = text_string_to_metric_families(text)
    return {(one.name, frozenset(one.labels.items())): one.value for family in families for one in family.samples}


def series(text: str) -> set[str]:
    """Every series as Prometheus would keep it."""
    return {line.rpartition(" ")[0] for line in text.splitlines() if not line.startswith("#")}


def figure(text: str, name: str, **labels: str) -> float:
    """The sum of every sample of that name whose labels include these; fails where there is none.

    A label that is a word of Python is written with an underscore: ``from_``.
    """
    wanted = {(label.rstrip("_"), value) for label, value in labels.items()}
    found = [value for (at, has), value in samples(text).items() if at == name and wanted <= has]
    assert found, f"no series {name} with {labels}"
    return sum(found)
