import query from 'query-mobile-phone-area';

/**
 * The province in which the block of a mainland mobile number was given out, 「浙江」, in Simplified. By a table of blocks of 2015:
 * undefined for newer ones, and whoever moved has kept her number.
 */
export const areaOf = (mobile: string): string | undefined => query(mobile)?.province;
