// What only browsers have to do with: the client that comes from the server, cookies, origins.
"use strict";

feature("served files");

scenario("the client comes from the server and connects to it", { server: "--client-folder {client}" }, async (stage) => {
    const address = `${stage.url}/socket.io/socket.io.min.js`;
    const answer = await fetch(address, { cache: "no-store" });
    equal([answer.status, answer.headers.get("content-type")], [200, "application/javascript; charset=utf-8"]);
    equal((await fetch(`${stage.url}/socket.io/socket.io.js`)).status, 400, "status of a file that is not there");
    const frame = document.body.appendChild(document.createElement("iframe"));
    const script = frame.contentDocument.createElement("script");
    const loaded = new Promise((resolve, reject) => Object.assign(script, { onload: resolve, onerror: reject }));
    script.src = address;
    frame.contentDocument.head.appendChild(script);
    await within(loaded, "the script");
    const served = frame.contentWindow.io;
    equal([served === io, served.protocol], [false, io.protocol], "the client of the page and the served one");
    const socket = stage.remember(served(stage.url, stage.options()));
    await stage.settled(socket);
    await caughtUp(socket);
});

feature("engine hooks");

// As in Node only the answer to a first poll has one.
const COOKIES = { server: "--cookie", atHome: true, transports: ["polling", "upgrade"] };

scenario("a cookie names the session, and comes with what the browser asks next", COOKIES, async (stage) => {
    const first = await stage.connect();
    const second = await stage.connect();
    const [known] = await call(second, "handshake");
    equal(known.headers.cookie, `io=${first.io.engine.id}`);
    equal(document.cookie, "", "what scripts see of it");
});

feature("origins");

const OWN_PAGES = { server: "--same-origin" };

scenario("a page of another origin is refused where only the own one is allowed", OWN_PAGES, async (stage) => {
    const [error] = await stage.socket().inbox.next("connect_error");
    equal(error.message, stage.way === "websocket" ? "websocket error" : "xhr poll error");
});

scenario("a page of the server's own origin is let in", { ...OWN_PAGES, atHome: true }, async (stage) => {
    await caughtUp(await stage.connect());
});
