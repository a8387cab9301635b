import assert from "node:assert/strict";
import { test } from "node:test";
import { first_state, type LabState, read_state, write_state } from "./lab_state.ts";

test("an address without a query is the lab as it begins, and the other way round", () => {
  assert.deepEqual(read_state(""), first_state);
  assert.equal(write_state(first_state), "");
});

test("what was changed stands in the address, and comes back from it", () => {
  const changed: LabState = {
    settings: { clients: 200, down: 500, rate: 1000, burst: 100, cold: true, tickets: false },
    compared: ["phoenix", "nats.js"],
    speed: Infinity,
  };
  const query = write_state(changed);
  assert.equal(
    query,
    "?clients=200&down=0.5&rate=1000&burst=100&cold=on&tickets=off&with=phoenix,nats.js&speed=max",
  );
  assert.deepEqual(read_state(query), changed);
  assert.deepEqual(read_state(write_state({ ...changed, compared: [] })).compared, []);
});

test("what makes no sense in an address is left as it was, or brought within reach", () => {
  const odd = read_state("?clients=many&down=-3&rate=1e99&burst=&cold=maybe&speed=7&with=a,a,b,c,d,e");
  assert.equal(odd.settings.clients, first_state.settings.clients);
  assert.equal(odd.settings.down, 0);
  assert.equal(odd.settings.rate, 50_000);
  assert.equal(odd.settings.burst, first_state.settings.burst);
  assert.equal(odd.settings.cold, false);
  assert.equal(odd.speed, undefined);
  assert.deepEqual(odd.compared, ["a", "b", "c", "d"]);
});
