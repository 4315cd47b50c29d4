let openNow = 0;

/** How many subscriptions are open. */
export const openSubscriptions = (): number => openNow;

/** Counts a subscription as open until what is returned is called. */
export function countOpenSubscription(): () => void {
  openNow++;
  return () => openNow--;
}
