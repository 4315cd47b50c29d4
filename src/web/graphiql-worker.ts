import { parentPort } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { graphiqlHead, graphiqlOptions } from './graphiql.ts';

const page = renderGraphiQL(graphiqlOptions).replace('</head>', () => `${graphiqlHead}</head>`);
const gzipped = gzipSync(page);
parentPort?.postMessage(gzipped, [gzipped.buffer]);
