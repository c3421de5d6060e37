// Authenticator is a user's authenticator app. Each code is of a later time step, because the service accepts each step
// once.

import { createHmac } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";

const STEP = 30;
const MARGIN = 20;

export class Authenticator {
  secret = "";
  #last = 0;

  async next() {
    const now = Math.floor(Date.now() / 1000);
    let oldest = Math.floor(now / STEP) - 1;
    if (now % STEP >= STEP - MARGIN) oldest++; // the previous step expires soon
    this.#last = Math.max(oldest, this.#last + 1);
    await sleep(Math.max(0, (this.#last - 1) * STEP * 1000 - Date.now()));
    return this.#code(this.#last);
  }

  wrong() {
    const present = Math.floor(Date.now() / 1000 / STEP);
    const codes = Array.from({ length: 8 }, (_, i) => this.#code(present - 3 + i));
    return Array.from({ length: 10 }, (_, n) => String(n).padStart(6, "0")).find((c) => !codes.includes(c));
  }

  // RFC 6238 over RFC 4226: HMAC-SHA1, six digits.
  #code(step) {
    const counter = Buffer.alloc(8);
    counter.writeBigUInt64BE(BigInt(step));
    const digest = createHmac("sha1", fromBase32(this.secret)).update(counter).digest();
    const number = digest.readUInt32BE(digest.at(-1) & 15) & 0x7fffffff;
    return String(number % 1e6).padStart(6, "0");
  }
}

function fromBase32(text) {
  const bytes = [];
  let bits = 0;
  let value = 0;
  for (const letter of text.replace(/=+$/, "")) {
    value = ((value << 5) | "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      bytes.push((value >> bits) & 0xff);
    }
  }
  return Buffer.from(bytes);
}
