/** What somebody of the team is there for. One person may be several. */
export const roles = {
  marketer: '營銷：內容、活動、分群、群發的草稿',
  approver: '審批：同意群發、菜單、獎品',
  officer: '獎品專員：中獎者、快遞、核銷',
  agent: '客服：收件箱',
  analyst: '分析：只看，個人資料遮住',
  operator: '運維：系統、團隊以外的設定',
  administrator: '管理員：全部，含團隊',
} as const;

export type Role = keyof typeof roles;
export const roleNames: Record<Role, string> = {
  marketer: '營銷',
  approver: '審批',
  officer: '獎品專員',
  agent: '客服',
  analyst: '分析',
  operator: '運維',
  administrator: '管理員',
};

const watching: Role[] = ['marketer', 'approver', 'analyst', 'operator'];

/**
 * Who may what. A right that is not here nobody has, and an administrator has every one. What a right lets through for
 * whom in one particular case (who wrote it may not agree to it) is the business of the domain.
 */
export const rights = {
  'home.see': ['marketer', 'approver', 'officer', 'agent', 'analyst', 'operator'],
  'people.see': [...watching, 'agent', 'officer'],
  /** Phone, mail, address, openid as they are; without it they are masked. */
  'people.full': ['officer'],
  'people.note': ['marketer', 'agent', 'officer'],
  'people.erase': ['operator'],
  'people.export': ['operator'],
  /** Brings purchases, asks WeChat for its list of followers, has everybody judged anew. */
  'people.edit': ['marketer', 'operator'],
  'segments.see': watching,
  'segments.edit': ['marketer'],
  'tags.see': watching,
  'tags.edit': ['marketer'],
  'surveys.see': watching,
  'surveys.edit': ['marketer'],
  'replies.see': [...watching, 'agent'],
  'replies.edit': ['marketer'],
  'menu.see': watching,
  'menu.edit': ['marketer'],
  'menu.push': ['approver'],
  'content.see': [...watching, 'agent'],
  'content.edit': ['marketer'],
  'quiz.see': [...watching, 'officer'],
  'quiz.edit': ['marketer'],
  /** Starts, stops, amends, settles. */
  'quiz.run': ['marketer'],
  /** The second person of the quiz: agrees to changes after the start, decides on who is held. */
  'quiz.approve': ['approver'],
  'prizes.see': [...watching, 'officer'],
  'prizes.approve': ['approver', 'officer'],
  'prizes.ship': ['officer'],
  'prizes.redeem': ['officer', 'agent'],
  'prizes.export': ['officer', 'analyst'],
  'pushes.see': watching,
  'pushes.edit': ['marketer'],
  /** Starts, pauses, cancels. */
  'pushes.send': ['marketer', 'approver'],
  'pushes.approve': ['approver'],
  'quota.see': watching,
  'quota.edit': ['marketer', 'operator'],
  'desk.see': ['marketer', 'agent', 'operator'],
  'desk.answer': ['agent'],
  'reports.see': watching,
  'system.see': ['operator'],
  'system.replay': ['operator'],
  'audit.see': ['operator'],
  'team.see': ['operator', 'approver'],
  'team.edit': [],
} as const satisfies Record<string, readonly Role[]>;

export type Right = keyof typeof rights;

export const isRole = (word: string): word is Role => Object.hasOwn(roles, word);

export const may = (held: readonly Role[], right: Right): boolean =>
  held.includes('administrator') || (rights[right] as readonly Role[]).some((role) => held.includes(role));
