"""Prints what the articles leave out; fails when there is anything.

usage: unlisted.py <folder of documentation archives> <folder of symbol graphs>

Every type stands in a topic of its module's page. Every value of a configuration stands in SocketIO's articles on
options or on limits, and every limit of EngineIO in its own article too.
"""

import json
import pathlib
import re
import sys

MODULES = ("EngineIO", "SocketIO")
OPTIONS = ("SocketIO", "Limits.md", "Options.md")
ENGINE_LIMITS = ("EngineIO", "Limits.md")


def without_topic(archive):
    """What DocC had to group by itself."""
    page = json.loads((archive / "data/documentation" / f"{archive.stem.lower()}.json").read_text())
    for section in page.get("topicSections", []):
        if section.get("generated"):
            yield from (f"{archive.stem}: no topic lists {name}" for name in section["identifiers"])


def values(module, graphs):
    """The paths of the values of a module's configuration."""
    graph = json.loads((graphs / module / f"{module}.symbols.json").read_text())
    for symbol in graph["symbols"]:
        path = symbol["pathComponents"]
        if path[0] == f"{module}Configuration" and symbol["kind"]["identifier"] == "swift.property":
            yield path


def without_line(paths, catalog, *names):
    """The values that no article of these names has."""
    articles = [pathlib.Path(f"Sources/{catalog}/Documentation.docc/Articles/{name}") for name in names]
    listed = "".join(article.read_text() for article in articles)
    for path in paths:
        if not re.search(rf"\b{re.escape(path[-1])}\b", listed):
            yield f"{catalog}: {' or '.join(names)} must list {'.'.join(path)}"


def main():
    archives = sorted(pathlib.Path(sys.argv[1]).glob("*.doccarchive"))
    if not archives:
        sys.exit("found no archives at all")
    findings = [finding for archive in archives for finding in without_topic(archive)]
    paths = [path for module in MODULES for path in values(module, pathlib.Path(sys.argv[2]))]
    findings += without_line(paths, *OPTIONS)
    engine_limits = [path for path in paths if path[:2] == ["EngineIOConfiguration", "Limits"]]
    findings += without_line(engine_limits, *ENGINE_LIMITS)
    print("\n".join([*findings, f"{len(archives)} modules, {len(findings)} findings"]))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
