/**
 * What lies where, and of which kind it is: every field of every collection (promises L8). A field that lies in the database and
 * is not here fails the tests (`test/support/fields.ts`); `docs/data-map.md` is made from it.
 */
export type DataClass =
  /** Made by us at random, or out of what names nobody. */
  | 'id'
  /** Tells by itself who she is, or where she lives; hashes of it too. */
  | 'identity'
  /** What she wrote, and what was said to her. */
  | 'words'
  /** Facts about her. */
  | 'profile'
  /** What she did, won, bought. */
  | 'deeds'
  /** Which operator did something. */
  | 'staff'
  /** What we tell everybody; about nobody. */
  | 'content'
  /** Times, states and counters that keep things going. */
  | 'technical';

export const dataClassNames: Record<DataClass, string> = {
  id: '編號',
  identity: '身分',
  words: '她說的、對她說的',
  profile: '關於她的事',
  deeds: '她做的、得的',
  staff: '誰經手',
  content: '內容',
  technical: '運轉',
};

/** By class, the fields in one line; `keeps`: until when. */
type Kept = { keeps: string } & { [Class in DataClass]?: string };

const forever = '一直留著';
const whileHere = '她離開或要求時刪除';
const month = '30 天，她離開或要求時刪除';
const untilReplaced = '下次導入時換掉';

export const dataMap: Record<string, Kept> = {
  accountDays: { keeps: forever, technical: '_id at joined left messages answers partial' },
  alarms: { keeps: '過去 30 天後刪除', content: 'text', technical: '_id at by dueAt over ref told tries' },
  answers: {
    keeps: '一直留著；pid 在她離開後不通向誰',
    deeds: 'a',
    content: 'quiz v',
    technical: '_id at first sealed seq',
  },
  apiCalls: { keeps: '60 天', technical: '_id errors n refused' },
  attributes: { keeps: whileHere, profile: 'name value', id: '_id pid', technical: 'at source consent' },
  attempts: { keeps: '一天', id: '_id', technical: 'n nextAt at' },
  audiences: {
    keeps: '180 天；pid 在她離開後不通向誰',
    deeds: 'ids',
    id: '_id push run',
    technical: 'n open owner epoch until notBefore batches counts doneAt',
  },
  audit: {
    keeps: forever,
    staff: 'by ip asked before after',
    technical: '_id at what path end why of mac',
  },
  auditHead: { keeps: forever, technical: '_id n mac' },
  awards: {
    keeps: '一直留著；pid 在她離開後不通向誰',
    deeds: 'prize floor on code redeem used',
    id: '_id pid campaign ticket unit',
    staff: 'history',
    content: 'what why conditions name',
    technical: 'at claimBy claimDays sent state told todo todoAt waits takenAt closedAt reason',
  },
  balances: {
    keeps: '一直留著；pid 在她離開後不通向誰',
    deeds: 'points earned recent',
    id: '_id',
    technical: 'v',
  },
  bindings: {
    keeps: whileHere,
    identity: 'hash',
    profile: 'area',
    id: '_id pid',
    technical: 'at source consent',
  },
  campaignVersions: {
    keeps: forever,
    content: 'campaign changes content findings version',
    staff: 'by approvedBy',
    technical: '_id at',
  },
  campaigns: {
    keeps: forever,
    content:
      'audience closesAt contact endsAt forfeiture game intro keywords kind menuKey opensAt organiser prizes rules sponsors startsAt title version',
    staff: 'author by check log proposal staff',
    technical: '_id pauses rev state stocking signed',
  },
  cannedAnswers: { keeps: forever, content: 'title words', staff: 'by', technical: '_id at' },
  channelDays: { keeps: forever, content: 'scene', technical: '_id day joined' },
  channels: { keeps: untilReplaced, content: '_id name words' },
  cities: { keeps: untilReplaced, content: '_id aliases name nameHans point region' },
  claims: {
    keeps: '辦完 90 天後刪除',
    identity: 'name phone address',
    id: '_id pid',
    technical: 'at consent consentAt until',
  },
  clock: { keeps: '模擬器用', technical: '_id ms' },
  codeLists: { keeps: forever, content: 'campaign codes prize', technical: '_id out' },
  conversationWords: {
    keeps: month,
    words: 'words',
    id: '_id conversation pid',
    staff: 'agent',
    technical: 'at kept',
  },
  conversations: {
    keeps: '結束半年後刪除；她離開或要求時刪除',
    deeds: 'rating why',
    id: '_id pid endedBy',
    staff: 'agent',
    technical: 'answeredAt at claimedAt closedAt ended herAt live movedAt ourAt state todo turn waitingSince',
  },
  cubeDays: { keeps: forever, technical: '_id at people known length bought engaged points stages' },
  cursors: {
    keeps: forever,
    technical: '_id at began behind day endedAt gone listed met n pages state total met',
  },
  drawEntries: {
    keeps: '一直留著；pid 在她離開後不通向誰',
    deeds: 'draw entry',
    id: '_id pid',
    technical: 'attempt',
  },
  deliveries: {
    keeps: '180 天；pid 在她離開後不通向誰',
    deeds: 'state reason report clickedAt at missed',
    id: '_id pid push',
    technical: 'n route variant epoch firstAt tries key msgId',
  },
  devices: { keeps: '180 天', id: '_id', staff: 'who', technical: 'at' },
  draws: {
    keeps: forever,
    content: 'campaign commitment named prize',
    staff: 'value putOff pending',
    technical: '_id committedAt drawn frozen sealed state valueAt',
  },
  enquiries: {
    keeps: whileHere,
    words: 'words',
    identity: 'phone',
    id: '_id pid',
    technical: 'at answeredAt',
    staff: 'answeredBy',
  },
  exports: { keeps: forever, staff: 'by', technical: '_id at filter format full rows what' },
  floors: { keeps: forever, technical: '_id state wins' },
  graves: {
    keeps: '兩年：只有只能發生一次的事',
    identity: '_id',
    id: 'pid',
    deeds: 'playing plays',
    technical: 'leftAt once pidUntil until',
  },
  guides: { keeps: untilReplaced, content: '_id food overview routes seasons tips title updatedOn' },
  hidden: { keeps: forever, id: '_id pid', content: 'quiz', technical: 'at' },
  holds: {
    keeps: forever,
    id: '_id pid',
    content: 'campaign',
    staff: 'by decided reasons',
    technical: 'at state undone',
  },
  hotels: {
    keeps: untilReplaced,
    content: '_id address at bookUrl cityId name point priceFen priceOn priceSource stars tel',
  },
  importFiles: { keeps: '7 天', content: 'data', technical: '_id at name' },
  imports: { keeps: forever, staff: 'by', technical: '_id at on rows sample source' },
  inbox: {
    keeps: month,
    identity: 'fan',
    words: 'body reply about',
    id: '_id',
    technical: 'at carries doneAt failed late open ownedAt owner quarantinedAt tries',
  },
  invites: {
    keeps: '三天，用過就刪除',
    id: '_id',
    staff: 'who login name by secret roles',
    technical: 'kind at until',
  },
  leases: { keeps: '幾分鐘', technical: '_id owner until' },
  ledger: {
    keeps: '一直留著；pid 在她離開後不通向誰',
    deeds: 'campaign cause delta',
    id: '_id pid',
    technical: 'at',
  },
  leavings: { keeps: forever, content: 'scene', technical: '_id left followed n' },
  linkClicks: { keeps: forever, content: 'kind ref', technical: '_id n on' },
  mailAsks: {
    keeps: '48 小時',
    identity: 'address hash',
    id: '_id pid',
    technical: 'at confirmedAt consent sentAt',
  },
  mailBindings: {
    keeps: whileHere,
    identity: 'address hash',
    id: '_id pid',
    technical: 'confirmedAt consent source',
  },
  mailConsents: {
    keeps: '她退訂、解除郵箱、離開或要求時刪除',
    identity: 'hash',
    id: '_id',
    technical: 'at consent',
  },
  mailLimits: { keeps: '幾天', identity: '_id', technical: 'at causes' },
  mailStops: { keeps: '180 天：誰不要收', identity: '_id', technical: 'at' },
  massSends: { keeps: '400 天', content: 'people push report', staff: 'by', technical: '_id at heardAt' },
  members: {
    keeps: '一直留著；雜湊在她解除綁定後不通向誰',
    identity: '_id',
    deeds: 'level number',
    technical: 'at on',
  },
  migrations: { keeps: forever, technical: '_id doneAt name' },
  menuVersions: { keeps: forever, content: 'menu what', staff: 'by pushed', technical: '_id at' },
  misses: { keeps: '90 天', words: '_id sample parts', staff: 'mark', technical: 'first lastAt n fans' },
  moves: { keeps: whileHere, deeds: 'from to on', id: '_id pid', technical: 'at' },
  names: { keeps: whileHere, identity: 'name', id: '_id', technical: 'at' },
  notes: { keeps: whileHere, profile: 'words', id: '_id pid', staff: 'by', technical: 'at' },
  outbox: {
    keeps: month,
    identity: 'fan',
    words: 'effect',
    id: '_id cause',
    technical: 'at dueAt epoch late leaseUntil owner reason sentAt state tries until',
  },
  passings: { keeps: forever, deeds: 'floor on prize seat unit why', id: '_id pid campaign' },
  people: { keeps: whileHere, profile: 't n', id: '_id', technical: 'r' },
  phoneAsks: { keeps: '幾天', identity: '_id', technical: 'causes at' },
  phoneCodes: {
    keeps: '幾天',
    identity: 'phone sealed',
    id: '_id',
    technical: 'at cause consent offerUntil proven sentAt tried tries',
  },
  processes: { keeps: '活著的時候', technical: '_id at role' },
  projections: { keeps: forever, technical: '_id count epoch floors owner seq until' },
  purchaseConflicts: {
    keeps: '解決為止',
    deeds: 'order said kept fen on what',
    identity: 'phone',
    technical: '_id at file line settled',
  },
  purchaseFiles: { keeps: forever, technical: '_id at name' },
  purchases: {
    keeps: '一直留著；雜湊在她解除綁定後不通向誰',
    deeds: 'fen on what',
    identity: 'phone',
    id: '_id',
    technical: 'at file',
  },
  reach: {
    keeps: '她離開或要求時只留這個月群發過的次數，40 天',
    identity: '_id',
    deeds: 'talk tap sends pushes mass shut notices grants quiet',
    id: 'pid',
    technical: 'leftAt',
  },
  pushFiles: { keeps: '400 天', content: 'name type bytes mediaId', technical: '_id at expiresAt' },
  pushes: {
    keeps: forever,
    content: 'name class audience routes content at quiet cap late variants links again version sequence',
    staff: 'by approved paused log',
    technical: '_id state changedAt dueAt frozen startedAt brake',
  },
  redeemTries: { keeps: '幾天', staff: '_id', technical: 'at n' },
  replyRules: {
    keeps: forever,
    content: '_id match mode name priority replies validFrom validUntil on',
    staff: 'by editedBy removed',
    technical: 'createdAt editedAt source fingerprint media v',
  },
  rfmDays: { keeps: forever, technical: '_id at cells unjudged' },
  rounds: {
    keeps: '一直留著；pid 在她離開後不通向誰',
    deeds: 'answered failed firstFloor flash lastFloor level on passed points reached right took',
    id: '_id pid',
    content: 'quiz',
    technical: 'firstAt lastAt seq',
  },
  scores: {
    keeps: '一直留著；pid 在她離開後不通向誰',
    deeds: 'answered bestStreak days firstFloor flash lastFloor level played points reached right streak',
    id: '_id pid',
    content: 'quiz',
    technical: 'seq',
  },
  segmentMembers: { keeps: whileHere, profile: 'segment', id: '_id pid', technical: 'at' },
  segmentVersions: { keeps: forever, content: 'rule segment version', staff: 'by', technical: '_id at' },
  segmentSizes: {
    keeps: '400 天',
    content: 'segment day people of exact error',
    technical: '_id at',
  },
  segments: { keeps: forever, content: 'name rule tag version size', staff: 'by', technical: '_id at' },
  sequenceRuns: {
    keeps: '「每天一次」結束 60 天、「每年一次」結束 400 天後刪除；她離開或要求時刪除',
    deeds: 'state step skipped why at endedAt',
    id: '_id pid',
    technical: 'sequence version occurrence dueAt piece',
  },
  sequenceVersions: {
    keeps: forever,
    content: 'definition rules sequence version',
    staff: 'by',
    technical: '_id at',
  },
  sequences: {
    keeps: forever,
    content: 'name version live',
    staff: 'by log',
    technical: '_id state changedAt letGo look',
  },
  sessions: { keeps: '十二小時', id: '_id', staff: 'who device ip agent', technical: 'step token at seenAt' },
  settlements: { keeps: forever, content: 'published', technical: '_id rev steps' },
  sights: {
    keeps: untilReplaced,
    content: '_id aliases cityId hours intro name place point tickets updatedOn',
  },
  smsConsents: {
    keeps: '她退訂、解除綁定、離開或要求時刪除',
    identity: 'hash sealed',
    id: '_id',
    technical: 'at consent',
  },
  stageDays: { keeps: forever, technical: '_id moves people' },
  stageRuns: { keeps: '366 天', technical: '_id after cuts done' },
  stages: { keeps: whileHere, profile: 'churn stage value', id: '_id', technical: 'since' },
  subscribers: {
    keeps: whileHere,
    identity: '_id openid spot',
    id: 'pid',
    words: 'said talk mailbox',
    profile: 'channel cityId script scriptChosen',
    technical: 'desk followedAt following listed once seenAt v',
  },
  surveyAnswers: {
    keeps: whileHere,
    words: 'answers',
    profile: 'marks',
    id: '_id pid survey',
    technical: 'at consent paid',
  },
  surveys: { keeps: forever, content: 'survey version', staff: 'by', technical: '_id at state' },
  tagMembers: { keeps: whileHere, profile: 'tag', id: '_id pid', technical: 'at' },
  tags: { keeps: '讀到下一次', content: 'name people', technical: '_id at' },
  tagsMade: { keeps: forever, content: 'name segment', technical: '_id at tag gone' },
  taskChunks: { keeps: '7 天', deeds: 'data', id: '_id task' },
  tasks: {
    keeps: '7 天',
    staff: 'by who right',
    content: 'title input text why step',
    technical: '_id name state slot epoch tries until done total href file at beganAt endedAt seen',
  },
  team: {
    keeps: '一直留著',
    staff: 'login name nameKey roles hash secret recovery by',
    technical: '_id state step script at seenAt',
  },
  tickets: {
    keeps: forever,
    deeds: 'award code',
    id: '_id',
    content: 'campaign prize',
    technical: 'burnt heldAt rnd state was',
  },
  timers: { keeps: '到期為止', id: 'data', technical: '_id dueAt job state firedAt' },
  tokens: { keeps: '兩小時，加密', technical: '_id leaseUntil mark owner sealed until' },
  trains: {
    keeps: untilReplaced,
    content: '_id arrives dayOffset departs from fromStation kind number runs secondClassFen to toStation',
  },
  versions: { keeps: forever, technical: '_id n' },
};

/** The class of each field of a collection; undefined for a collection that is not in the map. */
export function classesOf(collection: string): Map<string, DataClass> | undefined {
  const kept = dataMap[collection];
  if (!kept) return undefined;
  const classes = Object.keys(dataClassNames) as DataClass[];
  return new Map(
    classes.flatMap((one) =>
      (kept[one] ?? '')
        .split(/\s+/)
        .filter(Boolean)
        .map((field): [string, DataClass] => [field, one]),
    ),
  );
}
