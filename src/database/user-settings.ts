import { escapeIdentifier, escapeLiteral } from 'pg';
import type { SqlEntityManager } from '@mikro-orm/postgresql';
import type { DatabaseLimits } from '../settings/database-limits.ts';
import { platformRole, roleSettings } from './database-role.ts';
import { selectRows } from './session.ts';

/**
 * Statements that give a user what its connections lack to work as the role that serves: none where nothing is lacking.
 * Behind a pooler that gives each transaction another connection, nothing can be set for a connection, so it has to be set
 * for the user. Time limits need to be there, whatever they are.
 */
export async function missingUserSettings(em: SqlEntityManager, limits: DatabaseLimits | undefined): Promise<string[]> {
  const wanted = Object.entries(roleSettings(platformRole, limits));
  const values = wanted.map(([name]) => `current_setting(${escapeLiteral(name)}) as ${name}`);
  const select = `select session_user as login, ${values.join(', ')}`;
  const [found] = await selectRows<Record<string, string>>(em, select);
  const isLacking = ([name, value]: [string, string]) =>
    name.endsWith('_timeout') ? found?.[name] === '0' : found?.[name] !== value;
  return wanted
    .filter(isLacking)
    .map(
      ([name, value]) =>
        `alter role ${escapeIdentifier(found?.['login'] ?? '')} set ${name} = ${escapeLiteral(value)};`,
    );
}
