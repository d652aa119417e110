import { leaf, quoted } from '../leaf';

/** Taken for the rule of that segment before anything is asked. */
export const inSegment = leaf('segment', '屬於分群{id}', { id: quoted() }, () => ({ hasOne: [] }));

export const inList = leaf('list', '在名單{id}裡', { id: quoted() }, ({ id }) => ({ has: `list:${id}` }));

/** Who has left is laid flat nowhere: all that are there follow us. */
export const everybody = leaf('everybody', '所有人', {}, () => ({ lacks: [] }), [
  { pattern: '全部' },
  { pattern: '全部人' },
  { pattern: '所有粉絲' },
  { pattern: '所有關注的人' },
  { pattern: 'everybody' },
]);
