/**
 * The province in which the block of a mainland mobile number was given out, 「浙江」, in Simplified. By a table of blocks of 2015:
 * undefined for newer ones, and whoever moved has kept her number. The table takes 24 MB, and is loaded for the first number.
 */
export async function areaOf(mobile: string): Promise<string | undefined> {
  const { default: query } = await import('query-mobile-phone-area');
  return query(mobile)?.province;
}
