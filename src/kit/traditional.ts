type Convert = (text: string) => string;

let loading: Promise<Convert> | undefined;

/**
 * What mainland services write (Simplified) in the script of our templates, phrase by phrase; the forms are the
 * common ones (為 裡 群), the words stay theirs. The words are loaded with
 * the first use (some 150 ms, once, and 85 MB per process), so an account that asks no such service never pays for them. Taiwan and its cities
 * are written as we write them everywhere else: 台灣, 台北.
 */
export function toTraditional(): Promise<Convert> {
  loading ??= import('opencc-js/cn2t').then(({ Converter }) => {
    const convert = Converter({ from: 'cn', to: 'tw' });
    return (text) => convert(text).replace(/臺(?=[灣北中南東])/g, '台');
  });
  return loading;
}
