// One request of the polling transports, or a POST of publishes: each line of the answer is a frame.

import { exchange, type HttpRequest } from "./http.js";
import type { Wire } from "./wire.js";

export async function poll(from: HttpRequest, wire: Wire): Promise<void> {
  const end = await exchange(from, async (answer) => {
    wire.frames_((await answer.text()).split("\n"));
  });
  wire.end_(end);
}
