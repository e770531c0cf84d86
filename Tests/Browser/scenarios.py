"""The list of scenarios: a function marked with `@scenario("a sentence")` is one test."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from stage import OWN_PAGE, PAGE_CLIENT, Stage

BOTH_CLIENTS = ("4.7.5", "4.8.1")


@dataclass(frozen=True)
class Scenario:
    title: str
    run: Callable[[Stage], None]
    client: str
    page: Path

    @property
    def name(self) -> str:
        return self.title if self.client == PAGE_CLIENT else f"{self.title} (client {self.client})"


SCENARIOS: list[Scenario] = []


def scenario(title: str, clients: tuple[str, ...] = (PAGE_CLIENT,), page: Path = OWN_PAGE) -> Callable:
    def register(function: Callable[[Stage], None]) -> Callable[[Stage], None]:
        SCENARIOS.extend(Scenario(title, function, client, page) for client in clients)
        return function

    return register
