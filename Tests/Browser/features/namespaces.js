// Several namespaces on a connection, namespaces that clients bring into being, and refusals.
"use strict";

feature("namespaces", BOTH_PARSERS);

scenario("namespaces share one connection", async (stage) => {
    const { main, custom, manager } = await stage.pair();
    if (main.id === custom.id) throw new Error(`expected two ids, found ${main.id} twice`);
    for (let number = 0; number < 20; number++) {
        main.emit("message", `main ${number}`);
        custom.emit("message", `custom ${number}`);
    }
    for (let number = 0; number < 20; number++) {
        equal(await main.inbox.next("message-back"), [`main ${number}`]);
        equal(await custom.inbox.next("message-back"), [`custom ${number}`]);
    }
    equal(main.io === manager && custom.io === manager, true, "whether both use one manager");
    main.emit("close");
    equal(await custom.inbox.next("disconnect"), ["io server disconnect"]);
});

scenario("io shares a connection by itself, unless it is told to make a new one", async (stage) => {
    const shared = { forceNew: false };
    const sockets = [stage.socket("/", shared), stage.socket("/custom", shared), stage.socket("/custom")];
    for (const socket of sockets) await stage.settled(socket);
    const [main, custom, apart] = sockets;
    equal(main.io.engine.id === custom.io.engine.id, true, "whether two share a connection");
    equal(main.io.engine.id === apart.io.engine.id, false, "whether the third shares it");
    main.emit("close");
    await custom.inbox.next("disconnect");
    await caughtUp(apart);
});

scenario("a namespace is left and joined again while the others stay", async (stage) => {
    const { main, custom } = await stage.pair();
    const { id } = custom;
    custom.disconnect();
    equal(await custom.inbox.next("disconnect"), ["io client disconnect"]);
    await caughtUp(main);
    custom.connect();
    await custom.inbox.next("connect");
    equal(custom.id === id, false, "whether the id is the old one");
    await caughtUp(main, custom);
});

feature("refusals", BOTH_PARSERS);

async function expectRefusal(socket, message, data) {
    const [error] = await socket.inbox.next("connect_error");
    equal({ message: error.message, data: error.data }, { message, data }, `refusal of ${socket.nsp}`);
}

scenario("a middleware refuses with data and admits who knows the secret", async (stage) => {
    for (const auth of [undefined, { token: "wrong" }]) {
        await expectRefusal(stage.socket("/admin", { auth }), "not authorized", { code: 7 });
    }
    await caughtUp(await stage.connect("/admin", { auth: { token: "secret" } }));
});

scenario("a refusal leaves the connection's other namespaces alone, and can be repaired", async (stage) => {
    const { main, manager } = await stage.pair();
    const admin = stage.of(manager, "/admin");
    await expectRefusal(admin, "not authorized", { code: 7 });
    await caughtUp(main);
    admin.auth = { token: "secret" };
    admin.connect();
    await admin.inbox.next("connect");
    await caughtUp(main, admin);
});

scenario("an unknown namespace is refused", async (stage) => {
    await expectRefusal(stage.socket("/nowhere"), "Invalid namespace", undefined);
});

feature("dynamic namespaces");

scenario("a pattern gives its namespaces typed parameters", async (stage) => {
    for (const [org, room] of [["acme", 7], ["ünï cödé 🎉", -12]]) {
        const manager = stage.manager();
        const socket = await stage.settled(stage.of(manager, `/org/${org}${stage.key}/room/${room}`));
        equal(await socket.inbox.next("welcome"), [org + stage.key, room]);
        equal(await call(socket, "message-with-ack", bytes(1)), [bytes(1)]);
    }
});

scenario("a name whose parameter has another type is refused", async (stage) => {
    const manager = stage.manager();
    for (const room of ["seven", "07", "1.5", "", "9".repeat(30)]) {
        await expectRefusal(stage.of(manager, `/org/${stage.key}/room/${room}`), "Invalid namespace", undefined);
    }
});

scenario("children inherit a middleware that refuses with data", async (stage) => {
    await expectRefusal(stage.socket("/org/closed/room/3"), "not yours", { room: 3 });
});

for (const [kind, how] of [["user", "a predicate"], ["guest", "a predicate that takes its time"]]) {
    scenario(`${how} decides by name and auth, and refuses with data`, async (stage) => {
        await caughtUp(await stage.connect(`/${kind}-ada`, { auth: { name: "ada" } }));
        const other = stage.socket(`/${kind}-bob`, { auth: { name: "ada" } });
        await expectRefusal(other, "Invalid namespace", undefined);
        const banned = stage.socket(`/${kind}-banned`, { auth: { name: "banned" } });
        await expectRefusal(banned, "banned", { until: "tomorrow" });
    });
}

scenario("too many namespaces are refused until one goes", { server: "--dynamic-namespaces 2" }, async (stage) => {
    const manager = stage.manager();
    const [first, second] = [stage.of(manager, "/own/1"), stage.of(manager, "/own/2")];
    for (const socket of [first, second]) await socket.inbox.next("connect");
    const third = stage.of(manager, "/own/3");
    await expectRefusal(third, "Too many namespaces", undefined);
    first.disconnect();
    await caughtUp(second);
    third.connect();
    await third.inbox.next("connect");
});

scenario(
    "more namespaces than a connection may have are refused",
    { server: "--namespaces-per-connection 2" },
    async (stage) => {
        const { main, custom, manager } = await stage.pair();
        await expectRefusal(stage.of(manager, "/own/1"), "Too many namespaces", undefined);
        await caughtUp(main, custom);
    },
);

scenario("an event for the parent reaches all children", async (stage) => {
    const [first, second] = [stage.manager(), stage.manager()];
    const name = (room) => `/org/${stage.key}/room/${room}`;
    const inside = [stage.of(first, name(1)), stage.of(first, name(2)), stage.of(second, name(2)), stage.of(second, name(3))];
    const outside = stage.of(first, "/");
    for (const socket of [...inside, outside]) await socket.inbox.next("connect");
    await call(inside[0], "announce", stage.key);
    for (const socket of inside) await socket.inbox.next("news", (text) => text === stage.key);
    await caughtUp(outside);
    equal(outside.inbox.pending("news"), []);
});

scenario("a namespace goes with its last socket and is made again", async (stage) => {
    const namespace = `/own/${stage.key}`;
    const watcher = await stage.watcher();
    const [first, second] = await stage.crowd(2, namespace);
    const [number] = await first.inbox.next("created");
    equal(await second.inbox.next("created"), [number], "number of the namespace that both are in");
    first.disconnect();
    await watcher.disconnected(namespace);
    const third = await stage.connect(namespace);
    equal(await third.inbox.next("created"), [number], "number of the namespace that one had left");
    second.disconnect();
    third.disconnect();
    for (let left = 0; left < 2; left++) await watcher.disconnected(namespace);
    const fourth = await stage.connect(namespace);
    const [again] = await fourth.inbox.next("created");
    if (again <= number) throw new Error(`expected a new namespace with a number above ${number}, found ${again}`);
});
