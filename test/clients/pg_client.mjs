// node's pg with pg-cursor, as in README.md.
import { once } from "node:events";
import pg from "pg";
import Cursor from "pg-cursor";

// Dates as text: those of JavaScript have no microseconds.
pg.types.setTypeParser(pg.types.builtins.TIMESTAMPTZ, (text) => text);

const show = (...fields) => console.log(fields.map((field) => field ?? "(null)").join(" "));
const client = new pg.Client();
await client.connect();

const steps = {
  async metadata() {
    const tables = await client.query(
      "SELECT relname, obj_description(oid) AS comment FROM pg_class WHERE relkind = 'f' ORDER BY 1");
    for (const row of tables.rows) show("table", row.relname, row.comment);
    const { fields } = await client.query("SELECT * FROM rows WHERE n = 1");
    for (const field of fields) {
      const comment = await client.query("SELECT col_description($1, $2) AS comment",
        [field.tableID, field.columnID]);
      show("column", field.name, comment.rows[0].comment);
    }
  },

  async prepared() {
    for (let n = 1; n <= 8; n++) {
      const result = await client.query(
        { name: "counted", text: "SELECT count(*) FROM rows WHERE n = $1", values: [n] });
      show("count", n, result.rows[0].count);
    }
  },

  async early() {
    const cursor = client.query(new Cursor("SELECT id FROM rows WHERE n = $1", [100000]));
    for (let part = 0; part < 2; part++)
      for (const row of await cursor.read(5)) show("id", row.id);
    await cursor.close();
    const after = await client.query("SELECT count(*) FROM rows WHERE n = $1", [3]);
    show("after", after.rows[0].count);
  },

  async values() {
    await client.query("BEGIN; SET LOCAL TIME ZONE 'America/New_York'");
    const { rows } = await client.query("SELECT amount, moment, nothing, flag, name FROM exact");
    await client.query("COMMIT");
    const { moment } = rows[0];
    rows[0].moment = moment.replace(" ", "T").replace(/([+-]\d\d)$/, "$1:00");
    for (const [column, value] of Object.entries(rows[0])) show(column, value);
  },

  async cancel() {
    once(process.stdin, "data").then(() => {
      const canceller = new pg.Client();
      canceller.cancel(client, client.activeQuery ?? client._getActiveQuery?.());
    });
    try {
      await client.query("SELECT count(*) FROM rows WHERE n = 40");
    } catch (error) {
      show("state", error.code);
    }
    process.stdin.unref();
  },
};

await steps[process.argv[2]]();
await client.end();
