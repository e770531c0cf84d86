// Events that are worthless when late, and a client beside that does not read.
"use strict";

feature("volatile");

const FLOODS = 60;
const FLOOD_BYTES = 256 << 10; // together more than the kernel's buffers and the outbox's limit of 8 MiB hold

// A client floods a room in which it is itself, beside one that does not read.
async function flood(stage, volatile) {
    await driver.stall(stage.key);
    const socket = await stage.connect();
    await call(socket, "join", stage.key);
    for (let number = 0; number < FLOODS; number++) {
        // Volatile events go to those who can take them now: over polling that is who has a request waiting.
        do await call(socket, "flood", { to: [stage.key], volatile }, number, FLOOD_BYTES);
        while (volatile && stage.way === "polling" && !socket.inbox.pending("flood").length);
        const [received, padding] = await socket.inbox.next("flood");
        equal([received, padding.length], [number, FLOOD_BYTES]);
    }
    return socket;
}

scenario("a stalled reader misses volatile events and nobody else does", async (stage) => {
    const socket = await flood(stage, true);
    await call(socket, "broadcast", { to: [stage.key] }, "mark");
    await socket.inbox.next("mark");
    const count = await driver.floodsUpToMark();
    if (count < 1 || count >= FLOODS) throw new Error(`expected some of ${FLOODS} volatile events, found ${count}`);
});

scenario("a stalled reader is closed by what is not volatile and nobody else is", async (stage) => {
    const watcher = await stage.watcher();
    const socket = await flood(stage, false);
    equal(await watcher.disconnected(), "outbox overflow");
    await caughtUp(socket);
    equal(socket.inbox.pending("disconnect"), []);
});
