import { createServer } from 'node:http';
import pgAggregates from '@graphile/pg-aggregates';
import { postgraphile } from 'postgraphile';
import connectionFilter from 'postgraphile-plugin-connection-filter';

// Serves the database as it is. Days and hours are cut on the clock of the session, which a request may set: so days of
// a zone can be asked for as well.

const handler = postgraphile(process.env['DATABASE_URL'], 'public', {
  appendPlugins: [pgAggregates.default, connectionFilter],
  pgSettings: ({ headers }) => ({ timezone: headers['x-timezone'] ?? 'UTC' }),
  dynamicJson: true,
  graphiql: false,
  disableQueryLog: true,
});

await handler.getGraphQLSchema();
const server = createServer(handler).listen(0, '127.0.0.1', () => {
  process.stdout.write(`PostGraphile is ready at http://127.0.0.1:${server.address().port}/graphql\n`);
});
