import type { Piece, Reading } from './read';
import type { Wish } from './things';
import type { Understood } from './understanding';
import { writeWish } from './write';

const thingWords: Record<keyof Wish, string> = {
  city: '城市',
  from: '出發',
  to: '到達',
  sight: '景點',
  hotel: '酒店名',
  near: '附近',
  days: '日子',
  time: '時間',
  yuan: '價格',
  stars: '星級',
  order: '順序',
  kind: '車種',
  number: '車次',
  stations: '車站',
  page: '頁',
};

/** What of a sentence was understood, in a few words each: 「城市 杭州」「價格 500以內」. What names a person is not among it. */
export const partsOf = ({ why: { reading } }: Understood): string[] =>
  reading.pieces.flatMap((piece) => {
    const said = partOf(piece, reading);
    return said === undefined ? [] : [said];
  });

function partOf(piece: Piece, { said }: Reading): string | undefined {
  if (piece.kind === 'thing') return `${thingWords[thingOf(piece.wish)]} ${said(piece)}`;
  if (piece.kind === 'word' && piece.word.topics.length > 0) return `詞 ${said(piece)}`;
  if (piece.kind !== 'name') return undefined;
  const { hotel, sight, station, elsewhere } = piece.meant;
  const kind = hotel
    ? '酒店名'
    : sight
      ? '景點'
      : station
        ? '車站'
        : elsewhere === undefined
          ? '城市'
          : '沒有資料的地方';
  return `${kind} ${said(piece)}`;
}

const thingOf = (wish: Wish): keyof Wish => Object.keys(wish)[0] as keyof Wish;

/** How a sentence came to its answer, line by line, for those who write handlers. */
export function explain(found: Understood): string[] {
  const { wanted, scores, followed } = found.why;
  const parts = partsOf(found);
  return [
    `聽出的　${parts.length > 0 ? parts.join('，') : '沒有'}`,
    `沒聽懂　${wanted.unknown.length > 0 ? wanted.unknown.join('、') : '沒有'}`,
    `主題　　${scores.length > 0 ? scores.map(({ topic, score, words }) => `${topic.name} ${score}${words.length > 0 ? `（${words.join('、')}）` : ''}`).join('，') : '沒有'}`,
    ...(followed === undefined ? [] : [`接著　　「${followed}」`]),
    ...(found.guess === undefined ? [] : [`當作　　「${found.guess}」`]),
    `決定　　${decisionOf(found)}`,
  ];
}

function decisionOf({ wants, several, elsewhere, topic }: Understood): string {
  if (elsewhere !== undefined)
    return `${elsewhere}${topic === undefined ? '' : `的${topic}`}：沒有資料，照實說`;
  if (several) return `「${several.typed}」有幾個可能，反問`;
  if (wants.length === 0) return '不夠確定（要 2 分），交給 otherwise';
  return wants
    .map((want) => {
      const left = want.rest === '' ? '' : `；做不到的「${want.rest}」`;
      return `${want.topic.name}，當作「${writeWish(want.topic, want.wish)}」${left}`;
    })
    .join('；再答 ');
}
