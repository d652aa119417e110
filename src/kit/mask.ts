/** 王小明 → 王**; Lin → L**. */
export const maskName = (name: string): string => {
  const [first = '', ...rest] = name;
  return rest.length === 0 ? first : `${first}**`;
};

/** A name as boards show it: one that she chose is masked; 「旅友A37F」 says nothing about her, and she knows herself by it. */
export const maskBoardName = (name: string): string =>
  /^旅友[0-9A-F]{4}$/.test(name) ? name : maskName(name);

/** 13800001111 → 138****1111. */
export const maskPhone = (phone: string): string =>
  phone.length < 8 ? '****' : `${phone.slice(0, phone.length - 8)}****${phone.slice(-4)}`;

/** 浙江省杭州市西湖區靈隱路 1 號 → 浙江省杭州市… */
export const maskAddress = (address: string): string => `${[...address].slice(0, 6).join('')}…`;

/** Enough to recognise a code, not enough to use it. */
export const maskCode = (code: string): string => (code === '' ? '' : `${code.slice(0, 2)}…`);

/** lin.mei@example.com → l***@example.com */
export const maskMail = (address: string): string => address.replace(/^(.)[^@]*@/u, '$1***@');

/** Words of somebody in which no phone, no long number and no e-mail address is to be read: 「我的手機 138****1111」. */
export const maskWords = (words: string): string =>
  words
    .replace(/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, maskMail)
    .replace(/\d(?:[\d -]{5,}\d)/g, (number) => maskPhone(number.replace(/[ -]/g, '')));
