// The stage as clients of Socket.IO 2 need it: they have no catch-all listeners and no auth, and their own error event.
"use strict";

class OldInbox extends Inbox {
    // Events pass through one method, which is told of here.
    constructor(socket) {
        super({ onAny: () => {}, on: () => {} });
        const onevent = socket.onevent;
        socket.onevent = (packet) => {
            const [event, ...given] = packet.data;
            this.put({ event, given });
            onevent.call(socket, packet);
        };
        for (const event of ["connect", "error", "disconnect"]) {
            socket.on(event, (...given) => this.put({ event, given }));
        }
    }
}

class OldStage extends Stage {
    remember(socket) {
        this.sockets.push(socket);
        socket.inbox = socket.onAny ? new Inbox(socket) : new OldInbox(socket);
        return socket;
    }

    // Is told by the server what happens to this run's clients; the query of a namespace is its auth.
    async watcher() {
        const query = `about=${this.key}`;
        const socket = this.socket("/reports", { transports: ["websocket"], query });
        await socket.inbox.next("connect");
        return new Watcher(socket);
    }

    // A client of today.
    async connectOfToday() {
        const socket = this.remember(ioOfToday(this.url, this.options()));
        return this.settled(socket);
    }
}

async function playOld(title, situation) {
    const stage = new OldStage(situation);
    try {
        await table.find((one) => one.title === title).play(stage);
    } finally {
        stage.close();
    }
}
