"""The one table of deliberate differences, and what is found to differ.

An entry of the table:

    what    "packets", "answer" (status and body), "body" or the name of a header
    theirs  what is recorded: a text or null; for packets a list of texts
    ours    what our server does instead; in a list of packets "$2" stands for the second of theirs
    why     the reason
    steps   scenario to the steps where it happens, each listed; "7 a" or "end a" is what client a gets beyond
            the recording up to a check

Random values are written <sid>, <user>, <kind>; a long repetition is counted (z×3000).
"""

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    scenario: str
    step: object
    what: str
    theirs: object
    ours: object

    def key(self):
        return json.dumps([self.what, self.theirs, self.ours])


class Table:
    def __init__(self, entries=()):
        self.entries = list(entries)
        self.places = {}
        self.used = set()
        for entry in self.entries:
            self.index(entry)

    @classmethod
    def load(cls, path):
        with open(path, encoding="utf-8") as file:
            return cls(json.load(file))

    def index(self, entry):
        if not entry.get("why") or entry["why"].startswith("TODO"):
            raise ValueError(f"an entry of the table does not say why: {entry['what']}, {entry['theirs']}")
        for scenario, listed in entry["steps"].items():
            for step in listed:
                place = (scenario, step, entry["what"])
                if place in self.places:
                    raise ValueError(f"two entries for {place}")
                self.places[place] = entry

    def entry(self, scenario, step, what):
        return self.places.get((scenario, step, what))

    def accepts(self, difference):
        """True, and noted as used, when the table has exactly this difference."""
        place = (difference.scenario, difference.step, difference.what)
        entry = self.places.get(place)
        if entry is None or (entry["theirs"], entry["ours"]) != (difference.theirs, difference.ours):
            return False
        self.used.add(place)
        return True

    def stale(self, scenario):
        """Places of a scenario where nothing differs any more."""
        return [place for place in self.places if place[0] == scenario and place not in self.used]


def proposed(table, differences, played):
    """A table with what differs now: entries keep their reasons, places that no longer differ go."""
    entries = [entry | {"steps": still_different(table, entry, played)} for entry in table.entries]
    by_key = {}
    for entry in entries:
        by_key.setdefault(Difference("", 0, entry["what"], entry["theirs"], entry["ours"]).key(), entry)
    for found in differences:
        if found.key() not in by_key:
            entries.append(by_key.setdefault(found.key(), new_entry(found)))
        listed = by_key[found.key()]["steps"].setdefault(found.scenario, [])
        listed.append(found.step)
        listed.sort(key=lambda step: (isinstance(step, str), step))
    return [entry for entry in entries if entry["steps"]]


def new_entry(found):
    return {"what": found.what, "theirs": found.theirs, "ours": found.ours, "why": "TODO", "steps": {}}


def still_different(table, entry, played):
    """The places of an entry without those that were played and did not differ."""
    places = {
        scenario: [step for step in listed if scenario not in played or (scenario, step, entry["what"]) in table.used]
        for scenario, listed in entry["steps"].items()
    }
    return {scenario: listed for scenario, listed in places.items() if listed}


def written(entries):
    """The table as JSON, one scenario a line."""
    blocks = []
    for entry in entries:
        lines = [
            f"    {json.dumps(key)}: {json.dumps(entry[key], ensure_ascii=False)}"
            for key in ("what", "theirs", "ours", "why")
        ]
        places = ",\n".join(
            f"      {json.dumps(scenario)}: {json.dumps(steps)}" for scenario, steps in sorted(entry["steps"].items())
        )
        blocks.append("  {\n" + ",\n".join(lines) + ',\n    "steps": {\n' + places + "\n    }\n  }")
    return "[\n" + ",\n".join(blocks) + "\n]\n" if blocks else "[]\n"
