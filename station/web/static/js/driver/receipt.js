/** The receipt of the last session at an outlet: how much, and where to find it. */

import { address, get, page } from "../api.js";
import { h, put } from "../dom.js";
import { signedEnergy, time } from "../numbers.js";
import { say } from "../words.js";

export class LastReceipt {
  constructor({ kiosk }) {
    this.id = "";
    this.receipt = null;
    this.picture = h("img", { width: "120", height: "120" });
    this.energy = h("p", { class: "receipt-energy" });
    this.when = h("p", { class: "quiet" });
    this.link = h("a", { class: "button", say: "driver.receipt.open" });
    this.element = h(
      "section",
      { class: "receipt side", hidden: true },
      h("div", { class: "qr" }, this.picture),
      h(
        "div",
        { class: "receipt-words" },
        h("h3", { say: "driver.receipt" }),
        this.energy,
        this.when,
        kiosk ? h("p", { class: "quiet", say: "driver.receipt.scan" }) : this.link,
      ),
    );
  }

  /** Show the receipt of a transaction; an empty id: none. */
  show(id = "") {
    if (id !== this.id) {
      [this.id, this.receipt] = [id, null];
      if (id) this.load();
    }
    this.element.hidden = !id;
    if (id) this.refresh();
  }

  async load() {
    const { id } = this;
    this.link.href = page(`receipt/${encodeURIComponent(id)}`);
    this.picture.src = address(`receipts/public/${encodeURIComponent(id)}/qr.svg`);
    // Without an answer the code and the link still lead to it.
    const receipt = await get(`receipts/public/${encodeURIComponent(id)}`).catch(() => null);
    if (id !== this.id) return;
    this.receipt = receipt;
    this.refresh();
  }

  refresh() {
    this.picture.alt = say("driver.receipt.picture");
    const { energy_wh: energy, ended_at: ended } = this.receipt ?? {};
    this.energy.hidden = typeof energy !== "number";
    put(this.energy, signedEnergy(energy));
    put(this.when, ended ? say("driver.receipt.ended", { time: time(ended) }) : "");
  }
}
