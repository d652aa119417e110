import type { Script } from '../../kit/text';
import { linksIn } from './check';
import { type Content, type PushRow, type RouteName, routeWords } from './push';
import type { Here, Sending } from './sending';
import { shareOfRest, variableNamesOf, versionsOn, written } from './ways';

/** A piece of a line: `href` where it can be tapped. */
type Piece = { text: string; href?: string };
/** One message as she would read it. */
export type Shown = {
  route: RouteName;
  says: string;
  /** 「其餘」, 「問句」; '' where all read the same. */
  version: string;
  share?: number;
  title?: string;
  pieces: Piece[];
  /** Below it: choices to tap, fields of a notice. */
  lines: string[];
  /** A picture that is kept here. */
  picture?: string;
  /** What of it cannot be shown here: 「語音」. */
  what?: string;
  /** What she has not and for which nothing stands in: she gets none of it. */
  missing: string[];
};

/**
 * A push as somebody reads it: filled with what `her` values are, in her script; a value that is not known stands in 〔〕, and is
 * told. Links are the plain addresses.
 */
export async function previewOf(
  house: Pick<Sending, 'routes' | 'values'>,
  push: Pick<PushRow, 'content' | 'variants' | 'routes'>,
  reader: { her?: Here | undefined; script: Script },
): Promise<Shown[]> {
  const { her = { pid: '', fan: '', script: reader.script } } = reader;
  const names = variableNamesOf(push);
  const known = reader.her && names.length > 0 ? await house.values([her], names) : new Map();
  const own = (known.get(her.pid) ?? {}) as Record<string, string>;
  const links = linksIn(house.routes, push);
  const shown: Shown[] = [];
  for (const name of push.routes) {
    const route = house.routes.get(name);
    if (!route) continue;
    for (const { variant, told } of versionsOn(push, name)) {
      if (!(push.variants.find((one) => one.name === variant)?.content[name] ?? push.content[name])) continue;
      const values = { ...own };
      const missing: string[] = [];
      for (;;) {
        const filled = written(
          {
            push: { ...push, links } as PushRow,
            values: new Map([[her.pid, values]]),
            house: { linkTo: (_push, n) => links[n] ?? '' },
          },
          route,
          { pid: her.pid, ...(variant === undefined ? {} : { variant }) },
          route.together ? undefined : her.script,
        );
        if ('missing' in filled) {
          if (missing.includes(filled.missing)) break;
          missing.push(filled.missing);
          values[filled.missing] = `〔${filled.missing}〕`;
          continue;
        }
        shown.push({
          route: name,
          says: routeWords[name],
          version: told.replace(/^「(.*)」$|^（(.*)）$/u, '$1$2'),
          ...shareIn(push, name, variant),
          ...faceOf(name, filled.content),
          missing,
        });
        break;
      }
    }
  }
  return shown;
}

function shareIn(
  { variants }: Pick<PushRow, 'variants'>,
  name: RouteName,
  variant: string | undefined,
): { share?: number } {
  if (variant !== undefined) return { share: variants.find((one) => one.name === variant)?.share ?? 0 };
  const own = variants.filter((one) => one.content[name]);
  return own.length > 0 ? { share: shareOfRest(own) } : {};
}

const anchor = /<a href="([^"]*)">([^<]*)<\/a>/gu;
function piecesOf(text: string): Piece[] {
  const pieces: Piece[] = [];
  let from = 0;
  for (const { 0: whole, 1: href = '', 2: words = '', index } of text.matchAll(anchor)) {
    if (index > from) pieces.push({ text: text.slice(from, index) });
    pieces.push({ text: words, href });
    from = index + whole.length;
  }
  if (from < text.length) pieces.push({ text: text.slice(from) });
  return pieces;
}

function faceOf(
  name: RouteName,
  content: NonNullable<Content[RouteName]>,
): Pick<Shown, 'title' | 'pieces' | 'lines' | 'picture' | 'what'> {
  const plain = (text = '') => ({ pieces: piecesOf(text), lines: [] });
  if ('subject' in content) return { ...plain(content.text), title: content.subject };
  if ('fields' in content)
    return {
      pieces: content.url ? [{ text: '查看詳情', href: content.url }] : [],
      lines: Object.entries(content.fields).map(([field, value]) => `${field}：${value}`),
      what: `${routeWords[name]} ${content.templateId}`,
    };
  if (!('kind' in content)) return plain(content.text);
  switch (content.kind) {
    case 'text':
      return plain(content.text);
    case 'image':
      return {
        ...plain(),
        ...('file' in content.image
          ? { picture: content.image.file }
          : { what: `圖片（素材 ${content.image.mediaId}）` }),
      };
    case 'article':
      return 'draftMediaId' in content
        ? { ...plain(), what: `草稿箱裡的圖文（素材 ${content.draftMediaId}）` }
        : {
            title: content.title,
            pieces: piecesOf(content.description ?? ''),
            lines: [content.url],
            ...(content.picUrl ? { what: '圖文卡片，有封面' } : {}),
          };
    case 'menu':
      return {
        pieces: piecesOf(content.head ?? ''),
        lines: [...content.items.map(({ text }) => `▸ ${text}`), ...(content.tail ? [content.tail] : [])],
      };
    case 'miniProgram':
      return { ...plain(), title: content.title, what: `小程序卡片（${content.page}）` };
    case 'video':
      return {
        ...plain(content.description),
        title: content.title ?? '',
        what: `視頻（素材 ${content.mediaId}）`,
      };
    case 'voice':
      return { ...plain(), what: `語音（素材 ${content.mediaId}）` };
    case 'published':
      return { ...plain(), what: `已發布的文章（素材 ${content.articleId}）` };
  }
}
