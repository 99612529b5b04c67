/** What is known of the station at the moment, for the panel that is open. */

import { get } from "../api.js";
import { Stream } from "../live.js";

const KEPT = 500;

export class Store extends EventTarget {
  /** Tells "status", "events" and "messages" when there is something new. */
  constructor({ turned }) {
    super();
    this.status = null;
    this.events = [];
    this.messages = [];
    this.live = false;
    this.stream = new Stream("operator/live", {
      on: {
        status: (view) => this.take(view),
        event: (event) => this.append("events", event),
        message: (message) => this.append("messages", message),
      },
      turned: (to) => {
        // Whatever came while nobody listened is asked for.
        if (to === "live" && !this.live) this.catchUp();
        this.live = to === "live";
        turned(to);
      },
    });
  }

  start() {
    this.stream.start();
  }

  stop() {
    this.stream.stop();
  }

  /** Call `act` on each news of that kind until the returned function is called. */
  watch(kind, act) {
    this.addEventListener(kind, act);
    return () => this.removeEventListener(kind, act);
  }

  take(view) {
    this.status = view;
    this.dispatchEvent(new Event("status"));
  }

  append(kind, item) {
    const items = this[kind];
    if (items.length && item.number <= items[items.length - 1].number) return;
    items.push(item);
    if (items.length > KEPT) items.shift();
    this.dispatchEvent(new Event(kind));
  }

  async catchUp() {
    for (const kind of ["events", "messages"]) {
      const answer = await get(`${kind}?limit=${KEPT}`).catch(() => null);
      if (!answer) continue;
      this[kind] = answer[kind];
      this.dispatchEvent(new Event(kind));
    }
  }
}
