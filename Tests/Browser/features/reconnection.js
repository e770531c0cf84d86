// Coming back: after the server was away, after the connection was cut, and when the client must ask for it itself.
"use strict";

feature("reconnection");

const RETRY = { reconnection: true, reconnectionDelay: 50, reconnectionDelayMax: 200, randomizationFactor: 0 };

for (const end of ["killServer", "stopServer"]) {
    const how = end === "killServer" ? "crashed" : "was stopped";
    scenario(`clients come back after the server ${how}, with what they emitted meanwhile`, { server: "" }, async (stage) => {
        let attempts = 0;
        const auth = (answer) => answer({ attempt: ++attempts });
        const socket = await stage.connect("/", { ...RETRY, auth });
        const { id } = socket;
        equal(await socket.inbox.next("auth"), [{ attempt: 1 }]);
        await driver[end]();
        await socket.inbox.next("disconnect");
        socket.emit("message", "kept", bytes(1));
        await driver.startServer();
        await stage.settled(socket);
        equal(socket.id === id, false, "whether the id is the old one");
        equal(await socket.inbox.next("auth"), [{ attempt: attempts }]);
        equal(await socket.inbox.next("message-back"), ["kept", bytes(1)]);
        await caughtUp(socket);
        equal(socket.inbox.pending("message-back"), []);
    });
}

scenario("all namespaces of a connection come back after it was cut", { server: "--threads 1" }, async (stage) => {
    const { main, custom } = await stage.pair({ ...RETRY, url: await driver.proxy() });
    await driver.cut();
    for (const socket of [main, custom]) await socket.inbox.next("disconnect");
    await stage.settled(main);
    await custom.inbox.next("connect");
    await caughtUp(main, custom);
});

scenario("a client that the server removed comes back only when it asks to", async (stage) => {
    const { main, custom } = await stage.pair(RETRY);
    custom.emit("leave");
    equal(await custom.inbox.next("disconnect"), ["io server disconnect"]);
    equal(custom.active, false, "whether the client means to come back by itself");
    custom.connect();
    await custom.inbox.next("connect");
    await caughtUp(main, custom);
});
