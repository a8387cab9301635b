// The line between browser and server: a TCP proxy that can be cut, and can bar or hold back one
// transport. It reads no more than the first line of a request: a browser sends a request's head in
// one write, and the next one only when that was answered.
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

/** What may happen to a transport on the way. */
export type Barrier =
  /** Closes the connection without an answer. */
  | "break"
  /** Takes the request and never answers, as a proxy does that buffers a stream. */
  | "swallow"
  /** Lets the server say hello and breaks behind it. */
  | "greet"
  /** Answers with this status. */
  | 403
  | 404
  | 500;

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
  // What waits for release().
  private readonly held = new Map<Route, (() => void)[]>();
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

  /** Breaks every connection once. */
  drop(): void {
    for (const socket of this.open.keys()) socket.destroy();
  }
  /** Breaks every connection at once, and each new one, until mend(). */
  cut(): void {
    this.isCut = true;
    this.drop();
  }
  mend(): void {
    this.isCut = false;
  }

  /** Bars one transport from now on; what is open of it breaks. */
  bar(route: Route, how: Barrier): void {
    this.barred.set(route, how);
    this.dropRoute(route);
  }
  unbar(route: Route): void {
    this.barred.delete(route);
    // What was swallowed would never be answered.
    this.dropRoute(route);
  }

  /** Requests from now on reach the server only with release(): a slow way there. */
  hold(route: Route): void {
    this.held.set(route, []);
  }
  release(route: Route): void {
    const waiting = this.held.get(route) ?? [];
    this.held.delete(route);
    for (const go of waiting) go();
  }

  close(): void {
    this.cut();
    this.listener.close();
  }

  private dropRoute(route: Route): void {
    for (const [socket, carries] of this.open) if (carries === route) socket.destroy();
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
    server.on("end", () => browser.end());
    server.on("close", () => browser.destroySoon());
    browser.on("data", (chunk) => this.forward(browser, server, chunk));
    server.on("data", (chunk) => {
      browser.write(chunk);
      if (this.barrierOf(browser) === "greet" && chunk.includes('"op":"hello"')) browser.end();
    });
  }

  private forward(browser: Socket, server: Socket, chunk: Buffer): void {
    const target = /^[A-Z]+ (\S+) HTTP\/1\.1\r\n/.exec(chunk.toString("latin1"))?.[1];
    if (target !== undefined) {
      const route = routeOf(target);
      this.open.set(browser, route);
      if (target.startsWith("/v1/")) this.seen.push({ route, target });
    }
    const how = this.barrierOf(browser);
    const waiting = this.held.get(this.open.get(browser)!);
    if (waiting) waiting.push(() => server.write(chunk));
    else if (how === undefined || how === "greet") server.write(chunk);
    else if (how === "break") browser.destroy();
    else if (how !== "swallow") {
      browser.end(`HTTP/1.1 ${how} Barred\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
    }
  }

  private barrierOf(browser: Socket): Barrier | undefined {
    return this.barred.get(this.open.get(browser)!);
  }
}
