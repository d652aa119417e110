import { pinyin } from 'pinyin-pro';

/** How a text is read, syllable by syllable, without tones; what is no Chinese stands as it is, letter by letter. */
export const syllablesOf = (text: string): string[] =>
  pinyin(text, { toneType: 'none', type: 'array', v: true });

/** Without what southern tongues do not tell apart: zh and z, in and ing, n and l, hu and f. */
export const looseSound = (syllable: string): string =>
  syllable
    .replace(/^([zcs])h/, '$1')
    .replace(/ng$/, 'n')
    .replace(/^n/, 'l')
    .replace(/^hu(?=.)/, 'f');
