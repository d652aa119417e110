/** How far the walk through WeChat's list of followers is. What the rows say is true at any moment. */
export type Walk = {
  _id: string;
  /** Business ms; whom WeChat lists has it in her row (`listed`). */
  began: number;
  state: 'walking' | 'removing' | 'done';
  /** The last of those who are done, newest last, by their hashes: the next page is asked behind one who still follows. */
  behind: string[];
  pages: number;
  /** How many WeChat listed, how many of them were new to us, who is gone, and how many follow in all, as WeChat says. */
  listed: number;
  met: number;
  gone: number;
  total: number;
  endedAt?: Date;
};

/** `tomorrow`: the calls of this Beijing day are used up; the next run goes on from here. */
export type SyncReport = Pick<Walk, 'pages' | 'listed' | 'met' | 'gone' | 'total'> & {
  state: Walk['state'] | 'tomorrow';
};

/** 「微信名單上 48,210 位，看過 10,000 位，新認識 12 位」 */
export const tellSync = ({ listed, total, met }: Pick<SyncReport, 'listed' | 'total' | 'met'>): string =>
  `微信名單上 ${few(total)} 位，看過 ${few(listed)} 位，新認識 ${few(met)} 位`;
const few = (n: number): string => n.toLocaleString('en');
