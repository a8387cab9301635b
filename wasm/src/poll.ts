// The polling transports, and POSTs of publishes: each line of an answer is a frame.

import type { Read } from "./http.js";

export const readLines: Read = async (answer, wire) => {
  wire.frames_((await answer.text()).split("\n"));
};
