/** The largest type with which everything is on the screen: a display at the station does not scroll. */

const SMALLEST_PX = 8;
/** Below this, and this part of the screen, less is shown rather than smaller. */
const READABLE_PX = 12;
const READABLE_PART = 1 / 45;
const STEP_PX = 0.5;
const TALL = 0.9;

export class Fit {
  constructor(outlets) {
    this.outlets = outlets;
    this.scene = "";
  }

  /** Choose the size anew where another scene is shown; in the same one it only shrinks, lest it flickers. */
  apply() {
    const scene = this.describe();
    if (scene !== this.scene) {
      this.scene = scene;
      const { width, height } = this.outlets.firstElementChild?.getBoundingClientRect() ?? {};
      this.outlets.classList.toggle("tall", height > width * TALL);
      this.begin(false);
    }
    this.shrink();
    if (this.size < Math.max(READABLE_PX, Math.min(innerWidth, innerHeight) * READABLE_PART) && !this.dense) {
      this.begin(true);
      this.shrink();
    }
  }

  /** Begin with the largest size; `dense`: without what can be read elsewhere. */
  begin(dense) {
    this.dense = dense;
    this.outlets.classList.toggle("dense", dense);
    this.set(Math.min(innerWidth / 18, innerHeight / 20));
  }

  shrink() {
    if (!this.overflows()) return;
    let [fits, tooLarge] = [SMALLEST_PX, this.size];
    while (tooLarge - fits > STEP_PX) {
      this.set((fits + tooLarge) / 2);
      if (this.overflows()) tooLarge = this.size;
      else fits = this.size;
    }
    this.set(fits);
  }

  describe() {
    const seen = (card) => `${card.className} ${card.querySelectorAll("[hidden]").length}`;
    return [innerWidth, innerHeight, ...[...this.outlets.children].map(seen)].join();
  }

  overflows() {
    const boxes = [this.outlets, ...this.outlets.querySelectorAll(".outlet, .body, .values dd, .side")];
    return boxes.some((box) => box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1);
  }

  set(size) {
    this.size = size;
    document.documentElement.style.fontSize = `${size}px`;
  }
}
