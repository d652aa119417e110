import { leaf, quoted } from '../leaf';

/** Taken for the rule of that segment before anything is asked. */
export const inSegment = leaf('segment', '屬於分群{id}', { id: quoted() }, () => ({ hasOne: [] }));

export const inList = leaf('list', '在名單{id}裡', { id: quoted() }, ({ id }) => ({ has: `list:${id}` }));
