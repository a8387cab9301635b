// Which type the data of a topic or pattern has, looked up in the application's map from patterns to
// types: { "prices.*": Price; "chat.>": Line } gives Price for "prices.AAPL".

/** Whether every topic that `Asked` (a topic or pattern) stands for is matched by `Pattern`. */
export type Covers<Pattern extends string, Asked extends string> =
  Pattern extends `${infer P}.${infer PatternRest}`
    ? Asked extends `${infer A}.${infer AskedRest}`
      ? CoversSegment<P, A> extends true
        ? Covers<PatternRest, AskedRest>
        : false
      : false
    : Pattern extends ">"
      ? true
      : Asked extends `${string}.${string}`
        ? false
        : CoversSegment<Pattern, Asked>;

// "*" stands for one segment, and so it covers "*" but not ">", which stands for more.
type CoversSegment<P extends string, A extends string> = A extends P
  ? true
  : P extends "*"
    ? A extends ">"
      ? false
      : true
    : false;

/**
 * The type of the data of `Asked`: of the entry that is spelled the same, else of the patterns that
 * cover it (the union if several do), else `unknown`. A name that is not known when compiling is
 * `unknown` too.
 */
export type DataOf<Topics extends object, Asked extends string> = string extends Asked
  ? unknown
  : Asked extends keyof Topics
    ? Topics[Asked]
    : [Covering<Topics, Asked>] extends [never]
      ? unknown
      : Topics[Covering<Topics, Asked>];

type Covering<Topics extends object, Asked extends string> = {
  [Pattern in keyof Topics]: Pattern extends string
    ? Covers<Pattern, Asked> extends true
      ? Pattern
      : never
    : never;
}[keyof Topics];
