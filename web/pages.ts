// The pages of the demo. The navigation, the titles and the build's inputs all come from here, so
// a further page is one entry and one .html file.

export interface Page {
  /** File name without .html; "index" is the start page. */
  name: string;
  /** Its word in the navigation. */
  label: string;
  /** The document's title. */
  title: string;
  /** One sentence for search engines and link previews. */
  description: string;
}

export const pages: readonly Page[] = [
  {
    name: "index",
    label: "Overview",
    title: "Freshet: live updates over four transports",
    description: "One subscribe over WebSocket, Server-Sent Events, long polling and polling.",
  },
  {
    name: "ticker",
    label: "Ticker",
    title: "Ticker · Freshet",
    description: "A replayed price series, live over the transport you choose.",
  },
  {
    name: "chat",
    label: "Chat",
    title: "Chat · Freshet",
    description: "A chat room with history, live over the transport you choose.",
  },
  {
    name: "notifications",
    label: "Notifications",
    title: "Notifications · Freshet",
    description: "Lines of a log file, live over the transport you choose.",
  },
  {
    name: "herd",
    label: "Herd lab",
    title: "Herd lab · Freshet",
    description: "What clients do to a server that comes back, by each library's own rule.",
  },
];
