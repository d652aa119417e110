import { sends } from '../src/bot/bot';

/** 看不了、聽不了的，說一句，再把話接下去。 */
export default [
  sends('sticker', () => '表情收到，可惜到我這裡就看不見了。想問什麼，打幾個字給我就行。'),
  sends('image', () => '照片收到了。我還不會看圖，告訴我這是哪座城市，我講給你聽。'),
  sends('voice', ({ message, offers, at, redo }) => {
    if (message.recognition) return redo(message.recognition);
    const [ask] = offers.now(at).can.asks;
    return `聲音收到了，可惜我沒聽清。打幾個字給我吧${ask === undefined ? '' : `，比如「${ask}」`}。`;
  }),
  sends(['video', 'shortvideo'], () => '視頻收到了，看著就想出發。想去哪裡？說個城市名給我。'),
  sends('link', () => '連結收到了，謝謝分享。想聊裡面說到的哪座城市？回覆城市名就行。'),
  sends('file', () => '文件收到了，不過我打不開。要緊的話，回覆「人工」請同事幫你看。'),
];
