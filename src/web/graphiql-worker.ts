import { parentPort } from 'node:worker_threads';
import { gzipSync } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { completePage, graphiqlOptions } from './graphiql.ts';

const gzipped = gzipSync(completePage(renderGraphiQL(graphiqlOptions)));
parentPort?.postMessage(gzipped, [gzipped.buffer]);
