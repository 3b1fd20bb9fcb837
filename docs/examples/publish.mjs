// Publishes one message from Node, without packages:  node docs/examples/publish.mjs TASK ID [REDIS]
//   node docs/examples/publish.mjs parser.parse_article 1234 var/redis/redis.sock
//   node docs/examples/publish.mjs parser.parse_article 1234 redis://:password@127.0.0.1:6379/0
import { randomUUID } from "node:crypto";
import { connect } from "node:net";

const [task, id, redis = "var/redis/redis.sock"] = process.argv.slice(2);
if (!task || !/^[1-9][0-9]*$/.test(id ?? "")) {
  console.error("usage: node publish.mjs TASK ID [REDIS], as in: node publish.mjs parser.parse_article 1234");
  process.exit(2);
}

const queue = task.split(".")[0];
const tag = randomUUID();
const message = {
  body: Buffer.from(`[[${id}], {}, {}]`).toString("base64"),
  "content-type": "application/json",
  "content-encoding": "utf-8",
  headers: { task, id: tag },
  properties: {
    body_encoding: "base64",
    delivery_tag: tag,
    delivery_info: { exchange: "", routing_key: queue },
  },
};

const url = redis.includes("://") ? new URL(redis) : null;
if (url && url.protocol !== "redis:") {
  console.error(`${url.protocol}// is not spoken here: a redis:// URL, or the path of a socket`);
  process.exit(2);
}
const socket = connect(url ? { host: url.hostname.replace(/[[\]]/g, ""), port: Number(url.port || 6379) } : { path: redis });
// Redis' protocol: an array of strings, each with its length in bytes
const send = (...words) =>
  socket.write(`*${words.length}\r\n` + words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join(""));

const commands = [["LPUSH", `kiosque:${queue}`, JSON.stringify(message)]];
if (url?.pathname.length > 1) commands.unshift(["SELECT", url.pathname.slice(1)]);
if (url?.password) {
  const login = [url.username || "default", url.password].map(decodeURIComponent);
  commands.unshift(["AUTH", ...login]);
}

let answers = "";
let isSent = false;
socket.setEncoding("utf8").setTimeout(10_000, () => socket.destroy(new Error("Redis does not answer")));
socket.on("connect", () => commands.forEach((words) => send(...words)));
socket.on("error", (error) => {
  console.error(`${redis.replace(/:[^:@/]*@/, ":…@")}: ${error.message}`);
  process.exitCode = 1;
});
socket.on("close", (failed) => {
  if (isSent || failed) return;
  console.error("Redis closed the connection without an answer");
  process.exitCode = 1;
});
socket.on("data", (chunk) => {
  answers += chunk;
  const lines = answers.split("\r\n").slice(0, -1);
  const refused = lines.find((line) => line.startsWith("-"));
  if (refused) socket.destroy(new Error(refused.slice(1)));
  else if (lines.length === commands.length) {
    isSent = true;
    console.log(`${lines.at(-1).slice(1)} in ${queue}`);
    socket.end();
  }
});
