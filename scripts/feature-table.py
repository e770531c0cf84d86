#!/usr/bin/env python3
"""Checks that all that the table of features names is there: suites of Swift tests, scenarios of the stock clients.

usage: feature-table.py [--self-test]

Names are read from the sources, since the lists that the runners print need their Python packages and a browser. Fails
too when the clients have a feature that no row names. `--self-test` shows that each fault is found.
"""

import re
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parent.parent
TABLE = REPOSITORY / "Sources/SocketIO/Documentation.docc/Articles/Features.md"
SUITE = re.compile(r"^[^/\n]*\b(?:struct|class|actor|enum) (\w+Tests)\b", re.M)
PYTHON_FEATURE = re.compile(r'\bscenario\(\s*"\w+",\s*"([^"]+)"|^FEATURE = "([^"]+)"', re.M)
JAVASCRIPT_FEATURE = re.compile(r'^feature\("([^"]+)"', re.M)
NAME = re.compile(r"`([^`]+)`(?: \((\w+)\))?")
COLUMNS = ["feature", "article", "tests", "stock clients"]


def read_all(pattern):
    return "\n".join(path.read_text() for path in sorted(REPOSITORY.glob(pattern)))


def names_there():
    """Suites of tests, and the features of both kinds of clients."""
    python = {name for found in PYTHON_FEATURE.findall(read_all("Tests/Clients/*.py")) for name in found if name}
    javascript = set(JAVASCRIPT_FEATURE.findall(read_all("Tests/Browser/features/*.js")))
    return set(SUITE.findall(read_all("Tests/**/*.swift"))), {"Python": python, "JavaScript": javascript}


def rows(text):
    """The cells of each row below a heading of the table."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and cells != COLUMNS and not set(line) <= set("|-"):
            yield cells


def faults(text, suites, clients):
    """What is wrong, a line each."""
    named = {language: set() for language in clients}
    for cells in rows(text):
        if len(cells) != len(COLUMNS):
            yield f"{cells[0]}: expected {len(COLUMNS)} columns, found {len(cells)}"
            continue
        feature, articles, tests, scenarios = cells
        if "<doc:" not in articles:
            yield f"{feature}: no article"
        if not NAME.search(tests):
            yield f"{feature}: no test"
        yield from (f"{feature}: no suite {name}" for name, _ in NAME.findall(tests) if name not in suites)
        if not NAME.search(scenarios) and scenarios != "—":
            yield f"{feature}: neither scenarios nor a dash"
        for name, language in NAME.findall(scenarios):
            yield from faults_of_scenario(feature, name, language, clients)
            for each in [language] if language else clients:
                named.setdefault(each, set()).add(name)
    for language, there in clients.items():
        yield from (f"no row names the {language} scenarios of {name}" for name in sorted(there - named[language]))


def faults_of_scenario(feature, name, language, clients):
    """A name without a language is a feature of both kinds of clients, one with a language of that kind alone."""
    having = {each for each, there in clients.items() if name in there}
    expected = {language} if language else set(clients)
    if having != expected:
        yield f"{feature}: scenarios of {name} for {' and '.join(sorted(having)) or 'no client'}, " + (
            f"expected for {' and '.join(sorted(expected))}"
        )


def self_test(text, suites, clients):
    """Each of these changes is a fault."""
    row = next(line for line in text.splitlines() if "`RoomEventTests`" in line and "—" in line)
    changes = {
        "a suite that is not there": (row, row.replace("`RoomEventTests`", "`RoomEventsTests`")),
        "a row without tests": (row, row.replace("`RoomEventTests`", "none")),
        "a row without an article": (row, row.replace("<doc:Rooms>", "Rooms")),
        "a row without scenarios": (row, row.replace("—", "")),
        "a row of three columns": (row, row.replace("| —", "")),
        "scenarios that are not there": (row, row.replace("—", "`room events`")),
        "scenarios that one client has not": (row, row.replace("—", "`load`")),
        "scenarios that both clients have": ("`volatile` |", "`volatile` (Python) |"),
        "scenarios that no row names": ("`volatile` |", "— |"),
    }
    for what, (old, new) in changes.items():
        assert old in text, f"{what}: {old} is not in the table"
        if not list(faults(text.replace(old, new), suites, clients)):
            sys.exit(f"feature-table.py does not find {what}")
    print(f"the check of the features finds {len(changes)} faults of {len(changes)}")


def main():
    text = TABLE.read_text()
    there = names_there()
    if sys.argv[1:] == ["--self-test"]:
        return self_test(text, *there)
    found = list(faults(text, *there))
    if found:
        print("\n".join(f"{TABLE.name}: {fault}" for fault in found), file=sys.stderr)
        sys.exit(1)
    print(f"{sum(1 for _ in rows(text))} features, all with tests and articles that are there")


if __name__ == "__main__":
    main()
