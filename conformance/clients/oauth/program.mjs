// What the applications that are other programs share: the requests at the origin of a story are for the program.

import assert from "node:assert/strict";
import { once } from "node:events";
import { request as forward } from "node:http";
import { createInterface } from "node:readline";

// leadTo returns a handler that sends each request to a port of this computer.
export function leadTo(port) {
  return (request, response) => {
    const { method, url: path, headers } = request;
    const outgoing = forward({ port, host: "127.0.0.1", method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    request.pipe(outgoing);
  };
}

// readPort returns the port in the first line that a program prints, which ends with it.
export async function readPort(program) {
  const ended = once(program, "exit").then(([status]) => assert.fail(`the program ended with status ${status}`));
  const [line] = await Promise.race([once(createInterface({ input: program.stdout }), "line"), ended]);
  return Number(line.split(":").at(-1));
}
