/** What a fan wrote for the people who answer, outside their hours. `_id` = the inbox id: a re-run writes no second one. */
export type Enquiry = {
  _id: string;
  pid: string;
  words: string;
  phone: string;
  at: Date;
  answeredAt?: Date;
  /** As signed. */
  answeredBy?: string;
};

export const enquiryFilters = ['open', 'done', 'all'] as const;
export type EnquiryFilter = (typeof enquiryFilters)[number];
export const enquiryFilterNames: Record<EnquiryFilter, string> = {
  open: '還沒回的',
  done: '回過的',
  all: '全部',
};
