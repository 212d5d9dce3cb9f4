// PostGraphile makes an API of what it finds in the catalogue: asks it a GraphQL query.
import pg from "pg";
import { graphql } from "graphql";
import { createPostGraphileSchema, withPostGraphileContext } from "postgraphile";

const pool = new pg.Pool();
const schema = await createPostGraphileSchema(pool, ["public"]);
const answer = await withPostGraphileContext({ pgPool: pool }, (context) =>
  graphql(schema, process.argv[2], null, { ...context }));
console.log(JSON.stringify(answer.errors ?? answer.data));
await pool.end();
