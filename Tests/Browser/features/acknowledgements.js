// Acknowledgements both ways, in time, late or never, and broadcasts that ask for them.
"use strict";

const TIMED_OUT = "operation has timed out";

feature("acknowledgements", BOTH_PARSERS);

scenario("an acknowledgement carries no, one and many arguments", async (stage) => {
    const socket = await stage.connect();
    for (const given of [[], [1], [null], ["", "ünïcödé 🎉\u2028", [3], { four: [4, {}] }, null, 1.5, false]]) {
        equal(await call(socket, "message-with-ack", ...given), given);
    }
});

scenario("emitWithAck resolves to the first argument", async (stage) => {
    const socket = await stage.connect();
    equal(await within(socket.emitWithAck("message-with-ack", { a: 1 }, 2), "the answer"), { a: 1 });
    equal(await within(socket.timeout(9000).emitWithAck("message-with-ack", "b"), "the answer"), "b");
});

scenario("emit with a timeout fails when the server never answers", async (stage) => {
    const socket = await stage.connect();
    const failed = new Promise((resolve) => socket.timeout(200).emit("never-answered", 1, resolve));
    equal((await within(failed, "the callback")).message, TIMED_OUT);
    await caughtUp(socket);
});

scenario("emitWithAck with a timeout rejects when the server never answers", async (stage) => {
    const socket = await stage.connect();
    equal(await rejection(socket.timeout(200).emitWithAck("never-answered"), "emitWithAck"), TIMED_OUT);
    await caughtUp(socket);
});

scenario("a timeout set for the whole socket holds for every event", async (stage) => {
    const socket = await stage.connect("/", { ackTimeout: 200 });
    equal(await rejection(socket.emitWithAck("never-answered"), "emitWithAck"), TIMED_OUT);
});

scenario("a client that retries sends again what is not acknowledged, and once what is", async (stage) => {
    const watcher = await stage.watcher();
    const namespace = `/own/${stage.key}`;
    const socket = await stage.connect(namespace, { ackTimeout: 150, retries: 2 });
    const failed = new Promise((resolve) => socket.emit("never-answered", "again", resolve));
    equal((await within(failed, "the callback")).message, TIMED_OUT);
    const answered = new Promise((resolve) => socket.emit("message-with-ack", "once", (...all) => resolve(all)));
    equal(await within(answered, "the answer"), [null, "once"]);
    const names = [];
    while (names.at(-1) !== "message-with-ack") names.push((await watcher.report("received", namespace)).event);
    equal(names, ["never-answered", "never-answered", "never-answered", "message-with-ack"]);
});

scenario("what waits for an acknowledgement is told when the client disconnects", async (stage) => {
    const socket = await stage.connect();
    const waiting = socket.timeout(9000).emitWithAck("never-answered");
    socket.disconnect();
    equal(await rejection(waiting, "emitWithAck"), "socket has been disconnected");
});

scenario("the server gets what the client acknowledges", async (stage) => {
    const socket = await stage.connect();
    socket.on("question", (value, answer) => answer("answered", value, 2));
    for (const value of ["why", [{ a: [1] }], null]) {
        socket.emit("ask", value);
        equal(await socket.inbox.next("answer"), ["answered", value, 2]);
    }
});

scenario("the server reports that a client never answered", async (stage) => {
    const watcher = await stage.watcher();
    const socket = await stage.connect();
    socket.emit("ask-timeout", "anybody?");
    equal((await watcher.report("unanswered")).error, "acknowledgementTimeout");
    equal(await socket.inbox.next("answer"), ["timeout"]);
});

scenario("an answer after the server's timeout is ignored, and so is a second one", { parsers: JSON_ONLY }, async (stage) => {
    const socket = await stage.connect();
    let answerLate;
    socket.on("question", (_, answer) => (answerLate = answer));
    socket.emit("ask-timeout", "anybody?");
    equal(await socket.inbox.next("answer"), ["timeout"]);
    answerLate("late");
    await caughtUp(socket);
    equal(socket.inbox.pending("answer"), []);
    // The stock client sends one answer only, so a second is written by hand.
    socket.io.engine.write("30[]");
    await caughtUp(socket);
});

scenario("a handler that waits for a client's answer is cancelled when it leaves", async (stage) => {
    const watcher = await stage.watcher();
    const socket = await stage.connect();
    socket.emit("ask", "anybody?");
    await socket.inbox.next("question");
    socket.disconnect();
    equal((await watcher.report("unanswered")).error, "cancelled");
    await watcher.report("disconnect");
    equal(watcher.reports("error"), []);
});

feature("acknowledged broadcasts", BOTH_PARSERS);

// One who asks, and one voter in the run's room for each way to answer.
async function voters(stage, ...answers) {
    const [asking, ...voting] = await stage.crowd(1 + answers.length);
    for (const [index, socket] of voting.entries()) {
        socket.on("vote", (question, answer) => answers[index](answer, question));
        await call(socket, "join", stage.key);
    }
    return { asking, voting };
}

scenario("a broadcast is acknowledged by all", async (stage) => {
    const { asking, voting } = await voters(stage, (answer) => answer(true), (answer) => answer(false));
    const expected = [{ [voting[0].id]: true, [voting[1].id]: false }, {}, true];
    equal(await call(asking, "vote", { to: [stage.key] }, "lunch?"), expected);
});

scenario("a broadcast's result names who failed and how", async (stage) => {
    const answers = [(answer) => answer(true), () => {}, (answer) => answer("maybe")];
    const { asking, voting } = await voters(stage, ...answers);
    const [voter, silent, confused] = voting.map((socket) => socket.id);
    const failures = { [silent]: "acknowledgementTimeout", [confused]: "invalidAcknowledgement" };
    const found = await call(asking, "vote", { to: [stage.key], timeout: 300 }, "lunch?");
    equal(found, [{ [voter]: true }, failures, false]);
});

scenario("a broadcast's answers are told one by one as they come", async (stage) => {
    let answerSecond;
    const { asking, voting } = await voters(
        stage,
        (answer) => (answerSecond = answer),
        () => {},
        (answer) => answer("first", { bytes: bytes(1) }),
    );
    const [second, leaving, first] = voting.map((socket) => socket.id);
    const total = call(asking, "vote-one-by-one", { to: [stage.key], timeout: 9000 }, { bytes: bytes(0, 255) });
    equal(await asking.inbox.next("voted"), [first, ["first", { bytes: bytes(1) }]]);
    equal(await voting[2].inbox.next("vote"), [{ bytes: bytes(0, 255) }]);
    answerSecond("second", bytes(2));
    equal(await asking.inbox.next("voted"), [second, ["second", bytes(2)]]);
    voting[1].disconnect();
    equal(await asking.inbox.next("failed"), [leaving, "disconnected"]);
    equal(await total, [3]);
});
