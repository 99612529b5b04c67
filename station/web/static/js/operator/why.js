/** "Why is it not charging?": the first thing in the way, what to do about it, and the whole chain. */

import { get } from "../api.js";
import { fill, h, icon } from "../dom.js";
import { known, say } from "../words.js";
import { withCode } from "./panel.js";

const LOOK_MS = 3_000;
const STANDINGS = { ok: ["go", "check"], note: ["off", "info"], waits: ["act", "hourglass"], stops: ["bad", "cross"] };

export class WhyPart {
  constructor(evseId) {
    this.path = `outlets/${evseId}/why`;
    this.shown = "";
    this.first = h("div");
    this.chain = h("ol", { class: "chain" });
    const whole = h("details", {}, h("summary", { say: "why.chain" }), this.chain);
    this.element = h("div", { class: "why-part" }, this.first, whole);
  }

  start() {
    this.timer = setInterval(() => this.look(), LOOK_MS);
    this.look();
  }

  stop() {
    clearInterval(this.timer);
  }

  async look() {
    const answer = await get(this.path).catch(() => null);
    const text = JSON.stringify(answer);
    if (!answer?.links || text === this.shown) return; // whoever is logged out is told no links
    this.shown = text;
    this.show(answer);
  }

  show({ charging, first, links }) {
    const link = first && (links.find((each) => each.code === first.code) ?? first);
    const well = () => headline("go", "check", say(charging ? "why.charges" : "why.nothing"));
    fill(this.first, charging || !link ? well() : obstacle(link));
    fill(this.chain, links.map(row));
  }
}

function obstacle(link) {
  const [tone, shape] = STANDINGS[link.standing];
  return h(
    "div",
    { class: `obstacle ${tone}` },
    h("h4", { say: "why.title" }),
    headline(tone, shape, words(link)),
    detail(link),
    remedy(link),
  );
}

function headline(tone, shape, text) {
  return h("p", { class: `headline ${tone}` }, icon(shape), h("span", {}, text));
}

function row(link) {
  const [tone, shape] = STANDINGS[link.standing] ?? STANDINGS.note;
  return h(
    "li",
    { class: tone },
    icon(shape),
    h(
      "div",
      {},
      h("strong", { say: `step.${link.step}` }),
      h("span", { class: "unseen" }, ` (${say(`standing.${link.standing}`)}): `),
      h("p", {}, words(link)),
      link.standing === "ok" ? null : [detail(link), remedy(link)],
    ),
  );
}

function words({ code, params }) {
  const key = `why.${code}`;
  return known(key) ? say(key, params) : code;
}

/** The words of the device, which are English. */
function detail({ detail: text }) {
  return text ? h("p", { class: "code", lang: "en" }, text) : null;
}

function remedy({ code, params }) {
  const key = `why.${code}.remedy`;
  return known(key) ? h("p", { class: "remedy" }, withCode(say(key, params))) : null;
}
