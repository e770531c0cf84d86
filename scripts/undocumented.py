"""Prints the symbols of a folder of symbol graphs that have no documentation comment; fails when there are any."""

import json
import pathlib
import sys
import urllib.parse


def undocumented(graph):
    for symbol in graph["symbols"]:
        # What the compiler makes up (a raw value's initializer) stands in no file.
        if "docComment" not in symbol and "location" in symbol:
            yield symbol


def describe(symbol):
    path = urllib.parse.unquote(urllib.parse.urlparse(symbol["location"]["uri"]).path)
    line = symbol["location"]["position"]["line"] + 1
    return f"{path}:{line}: {'.'.join(symbol['pathComponents'])} has no documentation"


def main():
    graphs = [json.loads(path.read_text()) for path in pathlib.Path(sys.argv[1]).rglob("*.symbols.json")]
    count = sum(len(graph["symbols"]) for graph in graphs)
    if not count:
        sys.exit("found no public symbols at all")
    findings = sorted(describe(symbol) for graph in graphs for symbol in undocumented(graph))
    print("\n".join([*findings, f"{count} public symbols, {len(findings)} without documentation"]))
    sys.exit(1 if findings else 0)


if __name__ == "__main__":
    main()
