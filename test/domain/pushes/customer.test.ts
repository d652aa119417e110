import type { ContentOf } from '../../../src/domain/pushes/push';
import { customerRoute } from '../../../src/domain/pushes/routes/customer';

const unasked = () => Promise.reject(new Error('nothing is sent here'));
const route = customerRoute({ messages: { send: unasked }, mediaId: unasked });
const loud = (content: ContentOf<'customer'>) =>
  route.withWords(
    content,
    route.words(content).map((word) => (word === '' ? '' : `${word}！`)),
  );

test('only words become others, whatever else reads the same', () => {
  expect(loud({ kind: 'menu', head: '去嗎', items: [{ id: '雲南', text: '雲南' }] })).toEqual({
    kind: 'menu',
    head: '去嗎！',
    items: [{ id: '雲南', text: '雲南！' }],
  });
  expect(loud({ kind: 'text', text: 'text' })).toEqual({ kind: 'text', text: 'text！' });
  const url = 'https://a.example.com/x.png';
  expect(loud({ kind: 'article', title: '海', url, picUrl: url })).toEqual({
    kind: 'article',
    title: '海！',
    url: `${url}！`,
    picUrl: url,
  });
});
