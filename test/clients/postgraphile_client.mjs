// PostGraphile, as in README.md: it makes a GraphQL API of what it finds in the catalogue.
import pg from "pg";
import { graphql } from "graphql";
import { createPostGraphileSchema, withPostGraphileContext } from "postgraphile";

// One connection, so that statements stay prepared from one request to the next.
const pool = new pg.Pool({ max: 1 });
const schema = await createPostGraphileSchema(pool, ["public"]);
const show = (...fields) => console.log(fields.map((field) => field ?? "(null)").join(" "));

async function ask(query, variables = {}, pgSettings = {}) {
  const { data, errors } = await withPostGraphileContext({ pgPool: pool, pgSettings }, (context) =>
    graphql(schema, query, null, { ...context }, variables));
  if (errors) throw errors[0];
  return data;
}

async function rows(n) {
  const { allRows } = await ask("query ($n: Int) { allRows(condition: { n: $n }) { nodes { id n } } }", { n });
  return allRows.nodes.length;
}

const steps = {
  // Comments are descriptions.
  async metadata() {
    const { exact, rows } = await ask(`{
      exact: __type(name: "Exact") { description }
      rows: __type(name: "Row") { description fields { name description } } }`);
    show("table", "exact", exact.description);
    show("table", "rows", rows.description);
    for (const field of rows.fields) show("column", field.name, field.description);
  },

  async prepared() {
    for (let n = 1; n <= 8; n++) show("count", n, await rows(n));
  },

  // A LIMIT: the scan ends before its result does.
  async early() {
    const { allRows } = await ask("{ allRows(first: 10, condition: { n: 100000 }) { nodes { id } } }");
    for (const row of allRows.nodes) show("id", row.id);
    show("after", await rows(3));
  },

  async values() {
    const { allExacts } = await ask("{ allExacts { nodes { amount moment nothing flag name } } }", {},
      { timezone: "America/New_York" });
    for (const [column, value] of Object.entries(allExacts.nodes[0])) show(column, value);
  },
};

await steps[process.argv[2]]();
await pool.end();
