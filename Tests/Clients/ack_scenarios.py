"""Acknowledgements that come late or never, both ways, and broadcasts that ask for them."""

import asyncio

from peers import NoAnswer, within_deadline
from scenarios import equal, scenario


def never_answer(*arguments):
    raise NoAnswer


@scenario("features", "acknowledgements")
async def a_call_that_the_server_never_answers_times_out(stage):
    peer = await stage.peer()
    await peer.refuse_call("never-answered", "anybody?")
    equal(await peer.call("message-with-ack", "still here"), ["still here"])


@scenario("features", "acknowledgements")
async def the_server_reports_that_a_client_never_answered(stage):
    watcher, peer = await stage.watcher(), await stage.peer()
    peer.reply("question", never_answer)
    await peer.emit("ask-timeout", "anybody?")
    equal((await watcher.report("unanswered"))["error"], "acknowledgementTimeout")
    equal(await peer.expect("answer"), ["timeout"])


@scenario("features", "acknowledgements")
async def a_handler_that_waits_for_a_client_s_answer_is_cancelled_when_it_leaves(stage):
    watcher, peer = await stage.watcher(), await stage.peer()
    asked = asyncio.Event()

    def note_and_never_answer(question):
        peer.loop.call_soon_threadsafe(asked.set)
        raise NoAnswer

    peer.reply("question", note_and_never_answer)
    await peer.emit("ask", "anybody?")
    await within_deadline(asked.wait(), "the question")
    await peer.leave()
    equal((await watcher.report("unanswered"))["error"], "cancelled")
    await watcher.report("disconnect")
    equal(watcher.reports("error"), [])


@scenario("features", "acknowledgements", peers=("asyncio",))
async def an_answer_after_the_timeout_is_ignored(stage):
    peer = await stage.peer()
    may_answer = asyncio.Event()

    async def answer_late(question):
        await may_answer.wait()
        return "late"

    peer.reply("question", answer_late)
    await peer.emit("ask-timeout", "anybody?")
    equal(await peer.expect("answer"), ["timeout"])
    may_answer.set()
    await peer.diary.wait_for('"late"]', times=1)
    equal(await peer.call("message-with-ack", "fine"), ["fine"])
    equal(peer.pending("answer") + peer.pending("disconnect"), [])


async def voters(stage, *answers):
    """One who asks, and one voter in the scenario's room for each way to answer."""
    asking, *voting = await stage.crowd(1 + len(answers))
    for peer, answer in zip(voting, answers):
        peer.reply("vote", answer)
        await peer.call("join", stage.key)
    return asking, voting


@scenario("features", "acknowledged broadcasts")
async def a_broadcast_is_acknowledged_by_all(stage):
    asking, (first, second) = await voters(stage, lambda question: True, lambda question: question == "lunch?")
    answer = await asking.call("vote", {"to": [stage.key]}, "lunch?")
    equal(answer, [{first.sid(): True, second.sid(): True}, {}, True])


@scenario("features", "acknowledged broadcasts")
async def a_broadcast_s_result_names_who_failed_and_how(stage):
    answers = lambda question: False, never_answer, lambda question: "maybe"  # noqa: E731  one line each
    asking, (voter, silent, confused) = await voters(stage, *answers)
    replies, failures, is_complete = await asking.call("vote", {"to": [stage.key], "timeout": 300}, "lunch?")
    equal(replies, {voter.sid(): False})
    equal(failures, {silent.sid(): "acknowledgementTimeout", confused.sid(): "invalidAcknowledgement"})
    equal(is_complete, False)


@scenario("features", "acknowledged broadcasts")
async def a_broadcast_to_nobody_is_acknowledged_at_once(stage):
    asking, _ = await voters(stage)
    equal(await asking.call("vote", {"to": [stage.key]}, "lunch?"), [{}, {}, True])


@scenario("features", "acknowledged broadcasts", peers=("asyncio",))
async def a_broadcast_s_answers_are_told_one_by_one_as_they_come(stage):
    may_answer = asyncio.Event()

    async def answer_second(question):
        await may_answer.wait()
        return "second", b"\x02"

    asking, (second, leaving, first) = await voters(
        stage, answer_second, never_answer, lambda question: ("first", {"bytes": b"\x01"})
    )
    total = await asking.start_call("vote-one-by-one", {"to": [stage.key], "timeout": 9000}, "lunch?")
    equal(await asking.expect("voted"), [first.sid(), ["first", {"bytes": b"\x01"}]])
    may_answer.set()
    equal(await asking.expect("voted"), [second.sid(), ["second", b"\x02"]])
    gone = leaving.sid()
    await leaving.leave()
    equal(await asking.expect("failed"), [gone, "disconnected"])
    equal(await within_deadline(total, "the end of the vote"), [3])
