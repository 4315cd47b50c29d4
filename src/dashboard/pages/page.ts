import type { JSX } from 'preact';
import type { Caller, TenantName } from '../caller.ts';

export interface PageProps {
  caller: Caller;
  tenant: TenantName;
  /** What the address says besides the page. */
  params: URLSearchParams;
  /** Asks again who the caller is and which tenants there are. */
  reloadCaller: () => void;
}

export interface Page {
  name: string;
  title: string;
  isOffered: (caller: Caller) => boolean;
  Content: (props: PageProps) => JSX.Element;
}
