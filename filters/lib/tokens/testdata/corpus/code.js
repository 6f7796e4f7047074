import { createServer } from "node:http";
const tides = new Map([["kiel", 0.4], ["büsum", 3.6]]);
export const handler = async (req, res) => {
  const { searchParams } = new URL(req.url ?? "/", `http://${req.headers.host}`);
  const name = searchParams.get("harbour")?.toLowerCase() || "kiel";
  if (!tides.has(name)) return res.writeHead(404).end(JSON.stringify({ error: `no harbour '${name}'` }));
  res.end(`${tides.get(name) !== undefined ? tides.get(name) : "n/a"}\n`); /* don't cache */
};
createServer(handler).listen(+process.env.PORT || 8080, () => console.log("listening…"));
