// One request of the polling transports: each line of the answer is a frame.

import { EndKind } from "./core.js";
import { failure, type HttpRequest, isEnd, request } from "./http.js";
import type { Wire } from "./wire.js";

export async function poll(from: HttpRequest, wire: Wire): Promise<void> {
  let kind = EndKind.unreachable;
  try {
    const answer = await request(from);
    if (isEnd(answer)) return wire.end(answer);
    kind = EndKind.lost;
    for (const line of (await answer.text()).split("\n")) if (line) wire.frame(line);
    wire.end({ kind: EndKind.finished });
  } catch (error) {
    wire.end(failure(kind, error));
  }
}
