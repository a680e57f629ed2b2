// What a task runs when a test decides how it goes: says that it is here, then does what it is told over a socket.
import { connect } from "node:net";
import { createInterface } from "node:readline";

const [, , socket_path, ...ignores] = process.argv;
const socket = connect(socket_path);
const tell = (message) => socket.write(`${JSON.stringify(message)}\n`);
tell({ pid: process.pid, cwd: process.cwd(), env: process.env });
for (const signal of ignores) process.on(signal, () => tell({ signal }));
createInterface({ input: socket }).on("line", (line) => {
  const order = JSON.parse(line);
  if (order.print !== undefined) process.stdout.write(Buffer.from(order.print, "base64"));
  if (order.exit !== undefined) process.exit(order.exit);
});
socket.on("close", () => process.exit(99));
