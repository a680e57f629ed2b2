// A command whose behaviour a test controls over a socket: it reports its start, then follows orders.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [, , socket_path, ...ignores] = process.argv;
const socket = connect(socket_path);
const send = (message) => socket.write(`${JSON.stringify(message)}\n`);
send({ pid: process.pid, cwd: process.cwd(), env: process.env });
for (const signal of ignores) process.on(signal, () => send({ signal }));
createInterface({ input: socket }).on("line", (line) => {
  const order = JSON.parse(line);
  if (order.print !== undefined) process.stdout.write(Buffer.from(order.print, "base64"));
  if (order.exit !== undefined) process.exit(order.exit);
});
socket.on("close", () => process.exit(99));
