/** Certificates that are installed, and when they end. */

import { get } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { factList } from "../lists.js";
import { date } from "../numbers.js";
import { say } from "../words.js";
import { mark, Panel } from "./panel.js";

const SOON_MS = 30 * 86_400_000;

export class Certificates extends Panel {
  async open() {
    try {
      const { certificates } = await get("certificates");
      const none = h("p", { say: "certificates.none" });
      fill(this.element, certificates.length ? h("div", { class: "grid" }, certificates.map(card)) : none);
    } catch (error) {
      fill(this.element, h("p", { class: "headline bad", lang: "en" }, error.message));
    }
  }
}

function card({ use, subject, issuer, serial, not_before: begun, not_after: ends }) {
  return h(
    "section",
    { class: "card block" },
    h("h3", {}, use),
    validity(ends),
    factList([
      ["certificate.subject", subject],
      ["certificate.issuer", issuer],
      ["certificate.serial", serial],
      ["certificate.since", begun && date(begun)],
      ["certificate.until", ends && date(ends)],
    ]),
  );
}

function validity(ends) {
  if (!ends) return null;
  const left = new Date(ends).getTime() - Date.now();
  if (left < 0) return mark("bad", icon("cross"), say("certificate.over"));
  if (left < SOON_MS) return mark("act", icon("warning"), say("certificate.soon"));
  return mark("go", icon("check"), say("certificate.valid"));
}
