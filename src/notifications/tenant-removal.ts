import { removalOf } from '../tenancy/tenant-removal.repository.ts';

export const notificationsRemoval = removalOf('notification_delivery', 'notification_channel');
