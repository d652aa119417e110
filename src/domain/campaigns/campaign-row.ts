import type { Campaign, CampaignState, Content } from './campaign';
import type { Change, Finding } from './kind';
import type { Deed } from './states';

/** `campaigns{_id: id}`: the campaign, and what its operators did. Times are business ms. */
export type CampaignRow = Omit<Campaign, 'id'> & {
  _id: string;
  /** Moves with every write; writes are conditional on it. */
  rev: number;
  /** Who wrote the content that is published or about to be. */
  author: string;
  check?: { at: number; by: string; findings: Finding[] };
  /** A change of a published campaign that waits for a second person. */
  proposal?: { at: number; by: string; content: Content; changes: Change[] };
  /** The tickets of what is in force may not all be there yet. */
  stocking?: true;
  /** The last 200 deeds. */
  log: LogEntry[];
};
export type LogEntry = {
  at: number;
  by: string;
  deed: Deed | 'reject';
  state: CampaignState;
  reason?: string;
};

/** `campaignVersions{_id: '<campaign>/<version>'}`: every text that was ever published, and who stood for it. */
export type CampaignVersion = {
  _id: string;
  campaign: string;
  version: number;
  at: number;
  by: string;
  approvedBy?: string;
  changes: string[];
  findings: Finding[];
  content: Content;
};

/** The campaign in a stored row, without what only operators need. */
export function campaignOf(row: CampaignRow): Campaign {
  const { _id, rev: _rev, author: _author, check: _check, proposal: _proposal, log: _log, ...more } = row;
  const { stocking: _stocking, ...campaign } = more;
  return { id: _id, ...campaign };
}

/** What a marketer wrote: without what happened to it since. */
export const contentOf = (row: CampaignRow): Content => contentOfCampaign(campaignOf(row));

export function contentOfCampaign(campaign: Campaign): Content {
  const { state: _state, version: _version, pauses: _pauses, ...content } = campaign;
  return content;
}

export function withoutId<Row extends { _id: string }>(row: Row): Omit<Row, '_id'> {
  const { _id, ...rest } = row;
  return rest;
}
