import { pino, type Logger } from 'pino';
import type { Config } from './config.ts';

export type { Logger };

/** JSON lines in production, readable lines elsewhere. Standard error, so that standard output has only answers. */
export function createLogger(config: Pick<Config, 'environment' | 'logLevel'>): Logger {
  if (config.environment === 'production') return pino({ level: config.logLevel }, pino.destination(2));
  return pino({
    level: config.logLevel,
    transport: {
      target: 'pino-pretty',
      options: { destination: 2, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' },
    },
  });
}
