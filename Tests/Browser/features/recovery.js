// Clients that lose their connection for a moment: what they get when they come back, and who begins anew.
"use strict";

feature("recovery", BOTH_PARSERS);

const KEEPS = "--threads 1 --recovery 60";

// An event that is kept carries its offset as one more argument.
function withoutOffset(given) {
    equal(typeof given.at(-1), "string", "kind of the offset");
    return given.slice(0, -1);
}

function bareTold(socket) {
    return socket.inbox.pending("told").map(withoutOffset);
}

// A client that is in a room and has a value, one that stays, and who sees both sides.
async function meeting(stage, more) {
    const [watcher, sender] = [await stage.watcher(), await stage.connect()];
    const socket = await stage.connect("/", { url: await driver.proxy(), ...more });
    equal(socket.recovered, false, "whether a new client is one that came back");
    await call(socket, "join", stage.key);
    await call(socket, "remember", { name: "Ada" });
    await call(sender, "broadcast", { to: [stage.key] }, "told", "seen");
    equal(withoutOffset(await socket.inbox.next("told")), ["seen"]);
    return { watcher, sender, socket, id: socket.id };
}

// Until both sides know.
async function lose(watcher, ...sockets) {
    await driver.cut();
    for (const socket of sockets) {
        await socket.inbox.next("disconnect");
        await watcher.disconnected(socket.nsp);
    }
}

async function isBack(stage, socket, id) {
    await stage.settled(socket);
    equal([socket.recovered, socket.id], [true, id], "whether it came back, and its id");
    equal(await call(socket, "recall"), [{ name: "Ada" }, true, [stage.key]], "value, recovery and rooms");
}

async function isNew(stage, socket, id) {
    await stage.settled(socket);
    // Where the server recovers nobody the client has no value at all.
    equal([!!socket.recovered, socket.id === id], [false, false], "whether it came back, and whether its id is the old one");
    equal(await call(socket, "recall"), [null, false, []], "value, recovery and rooms");
    equal(bareTold(socket), []);
}

scenario("a client gets its id, rooms and values back, and what it missed in order", { server: KEEPS }, async (stage) => {
    const { watcher, sender, socket, id } = await meeting(stage);
    await lose(watcher, socket);
    const tell = (choice, ...given) => call(sender, "broadcast", choice, "told", ...given);
    await tell({ to: [stage.key] }, "its room");
    await tell({}, "all", { bytes: [bytes(1, 2)] });
    await tell({ to: [id] }, "itself");
    await tell({ to: ["elsewhere"] }, "not it");
    await tell({ except: [stage.key] }, "not it either");
    await tell({ to: [stage.key], volatile: true }, "worthless when late");
    equal(await call(sender, "vote", { to: [stage.key] }, "anybody?"), [{}, {}, true], "who was asked meanwhile");
    await tell({ to: [stage.key], others: true }, "the others");
    socket.connect();
    await isBack(stage, socket, id);
    await tell({ to: [stage.key] }, "live");
    await caughtUp(socket);
    equal(bareTold(socket), [["its room"], ["all", { bytes: [bytes(1, 2)] }], ["itself"], ["the others"], ["live"]]);
});

scenario("a client that lost its connection again and again has each event once", { server: KEEPS }, async (stage) => {
    const { watcher, sender, socket, id } = await meeting(stage, RETRY);
    let number = 0;
    const tellSome = async () => {
        for (let some = 0; some < 20; some++) await call(sender, "broadcast", { to: [stage.key] }, "told", number++);
    };
    for (let loss = 0; loss < 3; loss++) {
        await tellSome();
        // Nothing may be on its way: browsers repeat a GET whose connection is lost, and if the server had answered the
        // lost one, neither side would ever know.
        await caughtUp(socket);
        await driver.cut();
        await watcher.disconnected("/");
        // While it is away, while it comes back and while it changes to WebSocket.
        const telling = tellSome();
        await socket.inbox.next("disconnect");
        await isBack(stage, socket, id);
        await telling;
    }
    await tellSome();
    await caughtUp(socket);
    equal(bareTold(socket), Array.from({ length: number }, (_, index) => [index]));
});

scenario("every namespace of a connection comes back with its own", { server: KEEPS }, async (stage) => {
    const [watcher, sender] = [await stage.watcher(), await stage.pair()];
    const { main, custom } = await stage.pair({ url: await driver.proxy() });
    const ids = [main.id, custom.id];
    await call(custom, "join", stage.key);
    await lose(watcher, main, custom);
    await call(sender.main, "broadcast", { to: [stage.key] }, "told", "nobody");
    await call(sender.custom, "broadcast", { to: [stage.key] }, "told", "the room of /custom");
    await call(sender.main, "broadcast", {}, "told", "everybody in /");
    for (const socket of [main, custom]) socket.connect();
    await stage.settled(main);
    await custom.inbox.next("connect");
    equal([main, custom].map((socket) => [socket.recovered, socket.id]), ids.map((id) => [true, id]));
    await caughtUp(main, custom);
    equal([main, custom].map(bareTold), [[["everybody in /"]], [["the room of /custom"]]]);
});

scenario("who comes back too late begins anew", { server: "--threads 1 --recovery 0.2" }, async (stage) => {
    const { watcher, sender, socket, id } = await meeting(stage);
    await lose(watcher, socket);
    await call(sender, "broadcast", { to: [stage.key] }, "told", "missed");
    await new Promise((resolve) => setTimeout(resolve, 500)); // more than the client may be away
    socket.connect();
    await isNew(stage, socket, id);
});

scenario("who missed more than is kept begins anew", { server: `${KEEPS} --recovery-events 3` }, async (stage) => {
    const { watcher, sender, socket, id } = await meeting(stage);
    await lose(watcher, socket);
    for (let number = 0; number < 4; number++) {
        await call(sender, "broadcast", { to: [stage.key] }, "told", number);
    }
    socket.connect();
    await isNew(stage, socket, id);
});

scenario("who said goodbye, or was sent away, begins anew", { server: KEEPS }, async (stage) => {
    const { watcher, sender, socket } = await meeting(stage);
    for (const end of [() => socket.disconnect(), () => socket.emit("leave"), () => socket.emit("close")]) {
        const { id } = socket;
        end();
        await socket.inbox.next("disconnect");
        await watcher.disconnected("/");
        await call(sender, "broadcast", { to: [id, stage.key] }, "told", "missed");
        socket.connect();
        await isNew(stage, socket, id);
        await call(socket, "join", stage.key);
    }
});

scenario("nobody comes back to a server that was started anew", { server: KEEPS }, async (stage) => {
    const { socket, id } = await meeting(stage);
    await driver.killServer();
    await socket.inbox.next("disconnect");
    await driver.startServer();
    socket.connect();
    await isNew(stage, socket, id);
});

scenario("without the option a client begins anew, and events carry nothing more", { server: "--threads 1" }, async (stage) => {
    const watcher = await stage.watcher();
    const socket = await stage.connect("/", { url: await driver.proxy() });
    equal(await socket.inbox.next("auth"), [{}]);
    const { id } = socket;
    await lose(watcher, socket);
    socket.connect();
    await isNew(stage, socket, id);
});
