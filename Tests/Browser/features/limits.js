// Limits as clients feel them: what is too large, too much, too fast.
"use strict";

feature("limits");

const BURST = 10;
const SLOW = "--events-per-second 0.01"; // none while a scenario lasts
const rates = (beyond, rate = SLOW) => `${rate} --event-burst ${BURST} --beyond ${beyond}`;

scenario("who sends too much is made to wait and loses nothing", { server: rates("delay", "--events-per-second 50") }, async (stage) => {
    const socket = await stage.connect();
    const began = performance.now();
    // One after the other: what comes in one POST is handled as a whole.
    for (let number = 0; number < 40; number++) equal(await call(socket, "message-with-ack", number), [number]);
    const [waited, least] = [performance.now() - began, ((40 - BURST) / 50) * 1000];
    if (waited < least * 0.9) throw new Error(`expected at least ${least} ms, took ${waited} ms`);
});

scenario("what is too much is dropped and not acknowledged", { server: rates("drop") }, async (stage) => {
    const socket = await stage.connect();
    const answers = [];
    for (let number = 0; number < 3 * BURST; number++) {
        socket.emit("message-with-ack", number, (answer) => answers.push(answer));
    }
    equal(await rejection(socket.timeout(300).emitWithAck("message-with-ack"), "the last"), TIMED_OUT);
    // Joining the namespace was one.
    equal(answers, Array.from({ length: BURST - 1 }, (_, index) => index));
});

scenario("who sends too much is disconnected and nobody else is", { server: rates("close") }, async (stage) => {
    const watcher = await stage.watcher();
    const [socket, other] = await stage.crowd(2);
    for (let number = 0; number < BURST; number++) socket.emit("message", number);
    await socket.inbox.next("disconnect");
    equal(await watcher.disconnected(), "rate exceeded");
    await caughtUp(other);
});

scenario("a message over the limit ends only its own connection", async (stage) => {
    const watcher = await stage.watcher();
    const [socket, other] = await stage.crowd(2);
    socket.emit("message", "x".repeat(1_000_001));
    const [reason] = await socket.inbox.next("disconnect");
    // By polling the server only answers 413, and it is the client that gives up.
    const expected = stage.last === "polling" ? ["transport error", "transport close"] : ["transport close", "transport error"];
    equal([reason, await watcher.disconnected()], expected, "the client's and the server's reason");
    await caughtUp(other);
});

feature("shutdown");

scenario("clients get what the server says before it ends", { server: "" }, async (stage) => {
    const sockets = await stage.crowd(3);
    await driver.stopServer();
    for (const socket of sockets) {
        equal(await socket.inbox.next("maintenance"), ["back soon"]);
        await socket.inbox.next("disconnect");
    }
});
