/** A display at the station: it stays awake, and speaks every language in turn. */

import { find, put } from "../dom.js";
import { time } from "../numbers.js";
import { language, LANGUAGES, other, speak } from "../words.js";
import { Fit } from "./fit.js";

const TURN_MS = 12_000;
const PINNED_MS = 90_000;
const LOOK_MS = 90_000;

const asked = new URLSearchParams(location.search);

export function isKiosk() {
  return asked.get("kiosk") === "1";
}

export class Kiosk {
  /** `usual`: the language that it begins with. */
  constructor(usual) {
    this.usual = LANGUAGES.includes(asked.get("lang")) ? asked.get("lang") : usual;
    document.body.classList.add("kiosk");
    const type = new Fit(find("#outlets"));
    const anew = { subtree: true, childList: true, characterData: true, attributes: true };
    new MutationObserver(() => type.apply()).observe(find("main"), anew);
    window.addEventListener("resize", () => type.apply());
  }

  language() {
    return this.usual;
  }

  start() {
    this.turnLater(TURN_MS);
    setInterval(() => this.showClock(), 1_000);
    this.showClock();
    find("#clock").hidden = false;
    this.stayAwake();
    document.addEventListener("visibilitychange", () => this.stayAwake());
    document.addEventListener("toggle", (event) => this.closeLater(event.target), true);
  }

  /** Somebody chose a language: it stays for a while. */
  pin() {
    this.turnLater(PINNED_MS);
  }

  turnLater(pause) {
    clearTimeout(this.turning);
    this.turning = setTimeout(async () => {
      // The other catalogue may be out of reach for a moment; then the language stays.
      await speak(other()).catch(() => null);
      this.turnLater(TURN_MS);
    }, pause);
  }

  /** What somebody opened does not hide the outlets for ever. */
  closeLater(details) {
    if (details.open) setTimeout(() => (details.open = false), LOOK_MS);
  }

  showClock() {
    const clock = find("#clock");
    clock.lang = language();
    put(clock, time(Date.now()));
  }

  async stayAwake() {
    if (document.hidden || !navigator.wakeLock) return;
    // Refused on batteries that are low, and where the page is not served from this computer or over TLS.
    await navigator.wakeLock.request("screen").catch(() => null);
  }
}
