/** What happened on a Beijing day. `messages` is missing where letters of that day are no longer kept. */
export type DayCounts = { joined: number; left: number; messages?: number; answers: number };
/**
 * `accountDays{_id: day}`: a day as it was counted when it was over. Sums only, for good. `partial`: of before leavings were
 * counted, so who followed then and left soon is not among `joined`, and who left then is not in `left`.
 */
export type AccountDay = DayCounts & { _id: string; at: Date; partial?: true };
/** `channelDays{_id: '<day>/<scene>'}`: how many began to follow on a day by a code. */
export type ChannelDay = { _id: string; day: string; scene: string; joined: number };
