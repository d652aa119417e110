/**
 * Calls a Beijing day, by path (wechat.md, LIM): the base, which WeChat raises at 100,000, a million and ten million
 * followers. What it says itself of a path `openapi/quota/get` tells.
 */
export const dailyLimits: Readonly<Record<string, number>> = {
  '/cgi-bin/stable_token': 500_000,
  '/cgi-bin/message/custom/send': 500_000,
  '/cgi-bin/message/template/send': 100_000,
  '/cgi-bin/message/mass/send': 100,
  '/cgi-bin/message/mass/sendall': 100,
  '/cgi-bin/message/mass/preview': 100,
  '/cgi-bin/user/get': 500,
  '/cgi-bin/user/info': 5_000_000,
  '/cgi-bin/user/info/updateremark': 10_000,
  '/cgi-bin/menu/create': 1_000,
  '/cgi-bin/menu/get': 10_000,
  '/cgi-bin/menu/delete': 1_000,
  '/cgi-bin/menu/addconditional': 2_000,
  '/cgi-bin/menu/delconditional': 2_000,
  '/cgi-bin/menu/trymatch': 20_000,
  '/cgi-bin/qrcode/create': 100_000,
  '/cgi-bin/media/upload': 100_000,
  '/cgi-bin/media/get': 200_000,
  '/cgi-bin/draft/batchget': 1_000,
};
