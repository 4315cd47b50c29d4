import { overview } from './overview/overview.tsx';
import type { Page } from './page.ts';

/** In the order of the navigation. */
export const pages: readonly Page[] = [overview];
