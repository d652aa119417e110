/**
 * One script per change of state. Keys are always: 1 cursor, 2 building (a token while a rebuild runs), 3 hidden (a set
 * of pids), 4 keys (a set of the boards there are), then the boards. Scores are passed on as text and never calculated
 * with: Lua's numbers lose digits on their way to text.
 */

/** Rows from argument `first` on: key number, seconds to keep the board, score, pid. GT: a score only ever rises. */
const addRows = (first: number): string => `
local touched = {}
for i = ${first}, #ARGV, 4 do
  local board = KEYS[tonumber(ARGV[i])]
  touched[board] = ARGV[i + 1]
  if redis.call('SISMEMBER', KEYS[3], ARGV[i + 3]) == 0 then
    redis.call('ZADD', board, 'GT', ARGV[i + 2], ARGV[i + 3])
  end
end
for board, seconds in pairs(touched) do
  redis.call('SADD', KEYS[4], board)
  redis.call('EXPIRE', board, seconds)
end
`;

/** ARGV: from, to, seconds to keep the rest, rows. 1: done; 0: the cursor is not at `from`. */
export const writeScores = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
${addRows(4)}
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
redis.call('EXPIRE', KEYS[3], ARGV[3])
redis.call('EXPIRE', KEYS[4], ARGV[3])
return 1
`;

/** ARGV: token, seconds. Everything goes; who began last is the one who builds. */
export const beginRebuild = `
for _, board in ipairs(redis.call('SMEMBERS', KEYS[4])) do redis.call('DEL', board) end
redis.call('DEL', KEYS[1], KEYS[3], KEYS[4])
redis.call('SET', KEYS[2], ARGV[1], 'EX', ARGV[2])
return 1
`;

/** ARGV: token, rows. 0: somebody else is building. */
export const fillRebuild = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
${addRows(2)}
return 1
`;

/** ARGV: token, seq, seconds. */
export const endRebuild = `
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[2])
redis.call('SET', KEYS[1], ARGV[2], 'EX', ARGV[3])
return 1
`;

/** ARGV: pid. */
export const hidePerson = `
redis.call('SADD', KEYS[3], ARGV[1])
for _, board in ipairs(redis.call('SMEMBERS', KEYS[4])) do redis.call('ZREM', board, ARGV[1]) end
return 1
`;

/** The boards are built anew; a rebuild that runs now may have read what changed, so it must not end. */
export const forgetBoards = `
redis.call('DEL', KEYS[1], KEYS[2])
return 1
`;
