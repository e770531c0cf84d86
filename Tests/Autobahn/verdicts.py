"""What the suite says about a case, and whether that is accepted."""

import dataclasses

# Cases without a right answer: they only tell what a server does. The README says what ours does.
INFORMATIONAL = {"7.1.6", "7.13.1", "7.13.2"}


@dataclasses.dataclass(frozen=True)
class Verdict:
    name: str
    is_accepted: bool


def judge(result, case):
    """One verdict for both of the suite's columns: what happened, and how the connection ended."""
    if result is None:
        return Verdict("NOT RUN", False)
    columns = (result["behavior"], result["behaviorClose"])
    if columns == ("OK", "OK"):
        return Verdict("OK", True)
    if set(columns) <= {"OK", "INFORMATIONAL"}:
        return Verdict("INFORMATIONAL", case in INFORMATIONAL)
    return Verdict(columns[0] if columns[0] == columns[1] else f"{columns[0]}, closing: {columns[1]}", False)
