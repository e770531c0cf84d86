// Events of any shape, those that nobody handles, and those whose handler fails.
"use strict";

feature("events", BOTH_PARSERS);

const TEXTS = ["", "text", "ünïcödé 🎉", '\u2028"\\\u001e'];
const VALUES = [...TEXTS, 0, -1, 1.5, 1e-7, true, false, null, [], {}, [[1, [2]]], { a: { b: 1 } }];

scenario("events carry no, one and many arguments", async (stage) => {
    const socket = await stage.connect();
    for (const given of [[], ...VALUES.map((value) => [value]), VALUES]) {
        socket.emit("message", ...given);
        equal(await socket.inbox.next("message-back"), given);
    }
});

scenario("a thousand events keep their order", async (stage) => {
    const socket = await stage.connect();
    for (let number = 0; number < 1000; number++) socket.emit("message", number);
    for (let number = 0; number < 1000; number++) equal(await socket.inbox.next("message-back"), [number]);
    equal(socket.inbox.pending("message-back"), []);
});

scenario("a handler that throws is not acknowledged and harms nothing", async (stage) => {
    const watcher = await stage.watcher();
    const socket = await stage.connect();
    equal(await rejection(socket.timeout(200).emitWithAck("throw"), "emitWithAck"), TIMED_OUT);
    const { error, place } = await watcher.report("error");
    equal([error, place], ["Failure()", 'event "throw"']);
    await caughtUp(socket);
});

scenario("arguments that do not fit never reach the handler", async (stage) => {
    const watcher = await stage.watcher();
    const socket = await stage.connect();
    equal(await rejection(socket.timeout(200).emitWithAck("broadcast", { to: 5 }, "told"), "emitWithAck"), TIMED_OUT);
    equal((await watcher.report("error")).place, 'event "broadcast"');
    await caughtUp(socket);
    equal(socket.inbox.pending("told"), []);
});

scenario("unknown events are ignored", async (stage) => {
    const socket = await stage.connect();
    equal(await rejection(socket.timeout(200).emitWithAck("nobody-handles-this"), "emitWithAck"), TIMED_OUT);
    await caughtUp(socket);
});
