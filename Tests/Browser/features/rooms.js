// Rooms, broadcasts to them, and what the server does to many sockets at once.
"use strict";

feature("rooms", BOTH_PARSERS);

// What each has got of the event `told`, once all that was on its way has arrived.
async function told(...sockets) {
    await caughtUp(...sockets);
    return sockets.map((socket) => socket.inbox.pending("told").map(([text]) => text));
}

scenario("a socket enters and leaves many rooms", async (stage) => {
    const socket = await stage.connect();
    equal(await call(socket, "join", "a", "b", "c", "b"), [["a", "b", "c"]]);
    equal(await call(socket, "leave-rooms", "a", "c", "never entered"), [["b"]]);
    equal(await call(socket, "join", "a"), [["a", "b"]]);
    equal(await call(socket, "leave-all-rooms"), [[]]);
});

scenario("a broadcast reaches the union of rooms, each socket once", async (stage) => {
    const sockets = await stage.crowd(4);
    const rooms = ["a", "b", "c"].map((name) => `${stage.key} ${name}`);
    const entered = [rooms.slice(0, 2), [rooms[1]], [rooms[2]], []];
    for (const [index, socket] of sockets.entries()) await call(socket, "join", ...entered[index]);
    await call(sockets[3], "broadcast", { to: [rooms[0], rooms[1], rooms[0]] }, "told", "a or b");
    equal(await told(...sockets), [["a or b"], ["a or b"], [], []]);
});

scenario("a broadcast leaves out rooms and who sends it", async (stage) => {
    const sockets = await stage.crowd(3);
    const [here, muted] = [stage.key, `${stage.key} muted`];
    for (const socket of sockets) await call(socket, "join", here);
    await call(sockets[2], "join", muted);
    const choice = { to: [here], except: [muted, "unknown"] };
    await call(sockets[0], "broadcast", choice, "told", "all but the muted");
    await call(sockets[0], "broadcast", { ...choice, others: true }, "told", "nor me");
    await call(sockets[0], "broadcast", { to: [] }, "told", "no room is nobody");
    equal(await told(...sockets), [["all but the muted"], ["all but the muted", "nor me"], []]);
});

scenario("everybody in a namespace is reached and nobody elsewhere", async (stage) => {
    const [first, second] = await stage.crowd(2, `/own/${stage.key}`);
    const elsewhere = await stage.connect(`/own/${stage.key}-elsewhere`);
    await call(first, "broadcast", { others: true }, "told", "others");
    await call(first, "broadcast", {}, "told", "all");
    equal(await told(first, second, elsewhere), [["all"], ["others", "all"], []]);
});

scenario("a socket is reached by its id alone", async (stage) => {
    const [sender, receiver, curious] = await stage.crowd(3);
    equal(await call(curious, "join", receiver.id, stage.key), [[stage.key]], "rooms of who wants to listen");
    await call(sender, "broadcast", { to: [receiver.id] }, "told", "in private");
    equal(await told(sender, receiver, curious), [[], ["in private"], []]);
});

feature("selections", BOTH_PARSERS);

scenario("sockets are fetched with their rooms and auth", async (stage) => {
    const [first, second] = [await stage.connect("/", { auth: { name: "Ada" } }), await stage.connect()];
    await call(first, "join", stage.key, "other");
    await call(second, "join", stage.key);
    const [found] = await call(second, "fetch-sockets", { to: [stage.key] });
    const expected = [
        { id: first.id, rooms: ["other", stage.key], auth: { name: "Ada" } },
        { id: second.id, rooms: [stage.key], auth: {} },
    ];
    const sorted = (all) => all.map((one) => ({ ...one, rooms: one.rooms.sort() })).sort((a, b) => (a.id < b.id ? -1 : 1));
    equal(sorted(found), sorted(expected));
});

scenario("sockets are made to enter and leave rooms", async (stage) => {
    const [first, second, third] = await stage.crowd(3);
    const [a, b, c] = ["a", "b", "c"].map((name) => `${stage.key} ${name}`);
    await call(first, "join", a);
    await call(second, "join", a);
    await call(third, "sockets-join", { to: [a] }, b, c);
    await call(third, "sockets-leave", { to: [second.id] }, b);
    await call(third, "broadcast", { to: [b] }, "told", "b");
    await call(third, "broadcast", { to: [c] }, "told", "c");
    equal(await told(first, second, third), [["b", "c"], ["c"], []]);
});

scenario("sockets are made to leave their namespace", async (stage) => {
    const [staying, leaving] = [await stage.pair(), await stage.pair()];
    await call(leaving.custom, "join", stage.key);
    await call(staying.custom, "disconnect-sockets", { to: [stage.key] }, false);
    equal(await leaving.custom.inbox.next("disconnect"), ["io server disconnect"]);
    await caughtUp(leaving.main, staying.custom);
    equal([leaving.main, staying.custom].flatMap((socket) => socket.inbox.pending("disconnect")), []);
});

scenario("sockets are made to end their connections", async (stage) => {
    const watcher = await stage.watcher();
    const [staying, leaving] = [await stage.pair(), await stage.pair()];
    await call(leaving.custom, "join", stage.key);
    await call(staying.custom, "disconnect-sockets", { to: [stage.key] }, true);
    for (const socket of [leaving.main, leaving.custom]) {
        equal(await socket.inbox.next("disconnect"), ["io server disconnect"]);
        equal(await watcher.disconnected(socket.nsp), "server namespace disconnect");
    }
    await caughtUp(staying.main, staying.custom);
});
