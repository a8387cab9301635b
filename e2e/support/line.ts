// The line between browser and server: a TCP proxy that can cut the line and bar one transport. It reads no
// more than the first line of a request: a browser sends a request's head in one write, and the
// next one only when that was answered.
import { once } from "node:events";
import {
  type AddressInfo,
  connect,
  createServer,
  type Server as TcpServer,
  type Socket,
} from "node:net";

/** The transports as a proxy can tell them apart; both kinds of polling use one path. */
export type Route = "websocket" | "sse" | "poll" | "publish" | "page";

/** What a proxy may do to a transport. */
export type Barrier =
  /** Closes the connection without an answer. */
  | "break"
  /** Takes the request and never answers, as one that buffers a stream does. */
  | "swallow"
  /** Answers with this status. */
  | 403
  | 404
  | 500
  | 503;

export interface Seen {
  readonly route: Route;
  /** The request's target: path and query. */
  readonly target: string;
}

const routes: readonly (readonly [string, Route])[] = [
  ["/v1/ws", "websocket"],
  ["/v1/sse", "sse"],
  ["/v1/poll", "poll"],
  ["/v1/publish", "publish"],
  ["/v1/topics/", "publish"],
];

const routeOf = (target: string): Route =>
  routes.find(([path]) => target.startsWith(path))?.[1] ?? "page";

export class Line {
  /** Every request for the server's /v1, in order, answered or not. */
  readonly seen: Seen[] = [];
  private readonly barred = new Map<Route, Barrier>();
  private readonly open = new Map<Socket, Route>();
  private isCut = false;

  private constructor(
    private readonly listener: TcpServer,
    private readonly port: number,
  ) {
    listener.on("connection", (socket) => this.serve(socket));
  }

  static async start(port: number): Promise<Line> {
    const listener = createServer();
    await once(listener.listen(0, "127.0.0.1"), "listening");
    return new Line(listener, port);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.listener.address() as AddressInfo).port}`;
  }

  count(route: Route): number {
    return this.seen.filter((one) => one.route === route).length;
  }

  /** Breaks every connection at once, and each new one, until mend(). */
  cut(): void {
    this.isCut = true;
    for (const socket of this.open.keys()) socket.destroy();
  }
  mend(): void {
    this.isCut = false;
  }

  /** Bars one transport from now on; what is open of it breaks. */
  bar(route: Route, how: Barrier): void {
    this.barred.set(route, how);
    for (const [socket, carries] of this.open) if (carries === route) socket.destroy();
  }
  unbar(route: Route): void {
    this.barred.delete(route);
    // What was swallowed would never be answered.
    for (const [socket, carries] of this.open) if (carries === route) socket.destroy();
  }

  close(): void {
    this.cut();
    this.listener.close();
  }

  private serve(browser: Socket): void {
    if (this.isCut) return void browser.destroy();
    this.open.set(browser, "page");
    // From another address than the server's: in its absence a connection to its port could
    // otherwise get that very port on this side too, and would be connected to itself.
    const server = connect({ host: "127.0.0.1", port: this.port, localAddress: "127.0.0.2" });
    for (const socket of [browser, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => {}); // "close" follows.
    }
    browser.on("close", () => {
      this.open.delete(browser);
      server.destroy();
    });
    server.on("close", () => browser.destroy());
    server.pipe(browser);
    browser.on("data", (chunk) => {
      if (this.lets(browser, chunk)) server.write(chunk);
    });
  }

  // Whether the server gets to see it.
  private lets(browser: Socket, chunk: Buffer): boolean {
    const target = /^[A-Z]+ (\S+) HTTP\/1\.1\r\n/.exec(chunk.toString("latin1"))?.[1];
    if (target !== undefined) {
      this.open.set(browser, routeOf(target));
      if (target.startsWith("/v1/")) this.seen.push({ route: routeOf(target), target });
    }
    const how = this.barred.get(this.open.get(browser)!);
    if (how === undefined) return true;
    if (how === "break") browser.destroy();
    else if (how !== "swallow") {
      browser.end(`HTTP/1.1 ${how} Barred\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    }
    return false;
  }
}
