import type { Mass, MassContent } from '../../../wechat/api/mass';
import { massLeft } from '../../rations';
import { problemsOfLength } from '../fill';
import { type ContentOf, routeWords } from '../push';
import type { Route } from './route';

const hourMs = 3_600_000;

/** Mass messages: the same words to up to 10,000 people in one call, four a person and month, and nobody is told who got them. */
export function massRoute(given: {
  mass: Pick<Mass, 'sendTo' | 'preview'>;
  mediaId: (image: { mediaId: string } | { file: string }) => Promise<string>;
}): Route<'mass'> {
  const { mass, mediaId } = given;
  const messageOf = async (content: ContentOf<'mass'>): Promise<MassContent> =>
    content.kind === 'image' ? { kind: 'image', mediaId: await mediaId(content.image) } : content;

  return {
    name: 'mass',
    says: routeWords.mass,
    carries: ['marketing', 'service'],
    feature: 'massByOpenid',
    anchors: true,
    together: true,
    // WeChat knows the key for 24 hours.
    againMs: 23 * hourMs,
    shut: ({ reach }, { month, rations, byHand }) =>
      massLeft(reach, month, rations, byHand) > 0 ? undefined : 'month',
    takes: (_, { month, byHand }) => ({ kind: 'mass', month, byHand }),
    problems: (content) => (content.kind === 'text' ? problemsOfLength(content.text) : []),
    words: (content) => (content.kind === 'text' ? [content.text] : []),
    withWords: (content, [text = '']) => (content.kind === 'text' ? { ...content, text } : content),
    show: async (openid, content) => mass.preview(openid, await messageOf(content)),
    async sendAll(openids, content, key) {
      const outcome = await mass.sendTo(openids, await messageOf(content), key);
      // Until the administrator has confirmed, the same key is asked again.
      return outcome.kind === 'confirm'
        ? { kind: 'later', afterMs: 60_000, reason: outcome.reason, asksAgain: true }
        : outcome;
    },
  };
}
