"""A page people already have, which keeps only the original chat's contract, works with the server unchanged."""

from pathlib import Path

from playwright.sync_api import expect

from scenarios import scenario
from scenarios_connection import talk_after_restart
from scenarios_conversation import expect_message, order, temporary
from stage import Stage

FOREIGN_PAGE = Path(__file__).with_name("original-contract.html")


@scenario("a foreign page: names, joins, messages both ways and leaving", page=FOREIGN_PAGE)
def conversation(stage: Stage) -> None:
    first, second = stage.open_named(2)
    first.expect_note(second.name, "joined")
    for sender in (first, second):
        sender.send(f"from {sender.name} <b>")
    for reader in (first, second):
        expect(reader.messages).to_have_count(2)
        for sender in (first, second):
            expect_message(reader, sender, f"from {sender.name} <b>")
    first.rename("Renamed")
    first.send("under a new name")
    expect(second.log.locator(".message-username").last).to_have_text("Renamed")
    first.page.close()
    second.expect_note("Renamed", "left")


@scenario("a foreign page: many messages keep their order", page=FOREIGN_PAGE)
def many(stage: Stage) -> None:
    order(stage)


@scenario("a foreign page: temporary messages", page=FOREIGN_PAGE)
def temporary_messages(stage: Stage) -> None:
    temporary(stage)


@scenario("a foreign page: a killed and restarted server is survived", page=FOREIGN_PAGE)
def killed(stage: Stage) -> None:
    survive(stage, stage.server.kill)


@scenario("a foreign page: a stopped and restarted server is survived", page=FOREIGN_PAGE)
def stopped(stage: Stage) -> None:
    survive(stage, stage.server.stop)


def survive(stage: Stage, end) -> None:
    """Such a page has no code for it: it comes back because its client does."""
    stage.allow_errors()
    pages = stage.open_named(2)
    end()
    for page in pages:
        page.await_connected(False)
    stage.server.start()
    for page in pages:
        page.await_transport("websocket")
        page.expect_assigned_name()
    talk_after_restart(*pages)
