/** What the station tells by itself, as it happens. */

import { address } from "./api.js";

const SILENCE_MS = 20_000; // The station says something every 15 s at least.
const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 10_000;

/**
 * A stream of server-sent events that is taken up again whenever it breaks.
 *
 * Read with fetch, because EventSource notices neither a peer that vanished nor why it was turned away.
 */
export class Stream {
  /** `on`: what to do with the data of each event; `turned`: told "live", "lost" or "refused". */
  constructor(path, { on, turned }) {
    this.path = path;
    this.on = on;
    this.turned = turned;
    this.stopped = false;
    this.wake = () => {};
    this.renewing = false;
    this.renew = () => {
      this.renewing = !document.hidden;
      if (this.renewing) this.reading?.abort();
    };
  }

  start() {
    document.addEventListener("visibilitychange", this.renew);
    window.addEventListener("online", () => this.wake());
    this.watch = setInterval(() => this.checkSilence(), 1_000);
    this.run();
  }

  stop() {
    this.stopped = true;
    document.removeEventListener("visibilitychange", this.renew);
    clearInterval(this.watch);
    this.reading?.abort();
    this.wake();
  }

  async run() {
    let pause = FIRST_PAUSE_MS;
    while (!this.stopped) {
      try {
        await this.read(() => (pause = FIRST_PAUSE_MS));
      } catch {
        // Whatever broke it, the remedy is the same.
      }
      if (this.stopped) return;
      // A phone that slept may hold a dead connection; nobody has to wait until that shows.
      if (this.renewing) {
        this.renewing = false;
        continue;
      }
      this.turned("lost");
      await new Promise((resolve) => {
        this.wake = resolve;
        setTimeout(resolve, pause);
      });
      pause = Math.min(pause * 2, LONGEST_PAUSE_MS);
    }
  }

  async read(opened) {
    this.reading = new AbortController();
    this.heardAt = performance.now();
    const answer = await fetch(address(this.path), {
      headers: { Accept: "text/event-stream" },
      cache: "no-store",
      signal: this.reading.signal,
    });
    if (answer.status === 401 || answer.status === 403) {
      this.stop();
      this.turned("refused");
      return;
    }
    if (!answer.ok) throw new Error(`${answer.status}`);
    opened();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.heardAt = performance.now();
      const blocks = (rest + value).split("\n\n");
      rest = blocks.pop();
      this.turned("live");
      blocks.forEach((block) => this.take(block));
    }
  }

  take(block) {
    let name = "message";
    const data = [];
    for (const line of block.split("\n")) {
      if (line.startsWith("event:")) name = line.slice(6).trim();
      else if (line.startsWith("data:")) data.push(line.slice(5).replace(/^ /, ""));
    }
    if (data.length && this.on[name]) this.on[name](JSON.parse(data.join("\n")));
  }

  checkSilence() {
    if (performance.now() - this.heardAt > SILENCE_MS) this.reading?.abort();
  }
}
