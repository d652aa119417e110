declare module 'query-mobile-phone-area' {
  /** Of eleven digits. */
  export default function query(mobile: string): { province: string; city: string; type: string } | undefined;
}
