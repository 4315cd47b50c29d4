import { defineEntity, p } from '@mikro-orm/postgresql';

/** The clocks of tenants' time zones, as local-clock.ts has them; written once each and never changed. */
export const ClockSpanEntity = defineEntity({
  name: 'ClockSpan',
  tableName: 'clock_span',
  properties: {
    name: p.text().collation('C').primary(),
    since: p.datetime(3).primary(),
    utcOffset: p.string().columnType('interval'),
    dayBegan: p.datetime(3),
    monthBegan: p.datetime(3),
  },
});
