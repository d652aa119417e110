import { join } from 'node:path';
import type { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import type { z } from 'zod';
import { type Config, simulatedAppId } from './config';
import { createAlarms } from './domain/alarms/alarms';
import { createMailVoice, createWecomVoice } from './domain/alarms/voices';
import { createAttributes } from './domain/attributes/attributes';
import { collectAudience } from './domain/audience';
import { createAudit } from './domain/audit/audit';
import { createCampaigns } from './domain/campaigns/campaigns';
import { createChannels } from './domain/channels/channels';
import { createCities } from './domain/cities/cities';
import { createCopies } from './domain/copies/copies';
import { createCube } from './domain/cube/cube';
import { createDays } from './domain/days/days';
import { createDesk } from './domain/desk/desk';
import { createDirectory } from './domain/directory/directory';
import { createDraws } from './domain/draws/draws';
import { createEnquiries } from './domain/enquiries/enquiries';
import { createExports } from './domain/exports/exports';
import { createGuides } from './domain/guides/guides';
import { createHotels } from './domain/hotels/hotels';
import { createContent } from './domain/import/content';
import { createInbox } from './domain/inbox/inbox';
import { nthAsked, type TopicCode, topics } from './domain/inbox/inbox.leaves';
import { createProcesses } from './domain/inbox/processes';
import { createLinks } from './domain/links/links';
import { createMails, type MailQrcode } from './domain/mails/mails';
import { createKeepingSender, createSmtpSender, type MailSender } from './domain/mails/sender';
import { createMaps } from './domain/maps/maps';
import { createMenus } from './domain/menu/menu';
import { createMisses } from './domain/misses/misses';
import { createNames } from './domain/names/names';
import { createNotes } from './domain/notes/notes';
import { createOffers } from './domain/offers/offers';
import { createOutbox } from './domain/outbox/outbox';
import { createPeople, wholeCircle } from './domain/people/people';
import { createPhones } from './domain/phones/phones';
import { createShownSms, problemsOfSms, type SmsSender } from './domain/phones/sms';
import { createTencentSms } from './domain/phones/tencent-sms';
import { createPoints } from './domain/points/points';
import { createPrizes } from './domain/prizes/prizes';
import { createTickets } from './domain/prizes/tickets';
import { createPurchases } from './domain/purchases/purchases';
import { createPushFiles } from './domain/pushes/files';
import { createNaming } from './domain/pushes/naming';
import { createPushes } from './domain/pushes/pushes';
import { customerRoute } from './domain/pushes/routes/customer';
import { mailRoute } from './domain/pushes/routes/mail';
import { massRoute } from './domain/pushes/routes/mass';
import { noticeRoute, templateRoute } from './domain/pushes/routes/notices';
import { smsRoute } from './domain/pushes/routes/sms';
import { createSequences } from './domain/pushes/sequences/sequences';
import { createValues } from './domain/pushes/values';
import { quizKind } from './domain/quiz/definition';
import { createQuizKind } from './domain/quiz/kind';
import { createPlayers } from './domain/quiz/players';
import { createQuizzes } from './domain/quiz/quizzes';
import { sampleAuthor } from './domain/quiz/workbook/sample';
import { createQuota } from './domain/quota/quota';
import { createReach } from './domain/reach/reach';
import { createReplies } from './domain/replies/replies';
import { createFunnel } from './domain/reports/funnel';
import { createReports } from './domain/reports/reports';
import { createStatus } from './domain/reports/status';
import { createRfm } from './domain/rfm/rfm';
import { createLists } from './domain/segments/lists';
import { createSegments } from './domain/segments/segments';
import { createServiceHours } from './domain/service-hours/service-hours';
import { createSettlement } from './domain/settlement/settlement';
import { createSights } from './domain/sights/sights';
import { hasNoSource, stageNames, stageRules } from './domain/stages/stage-rules';
import { createStages } from './domain/stages/stages';
import { createSubscribers } from './domain/subscribers/subscribers';
import { createSubscriberSync } from './domain/subscribers/sync';
import { createSurveys } from './domain/surveys/surveys';
import { createTags } from './domain/tags/tags';
import { createTasks } from './domain/tasks/tasks';
import { may } from './domain/team/rights';
import { createTeam } from './domain/team/team';
import { createTimers } from './domain/timers/timers';
import { createTrains } from './domain/trains/trains';
import { collectUpkeep } from './domain/upkeep';
import { createWeather } from './domain/weather/weather';
import { AppError } from './errors';
import type { Clock } from './kit/clock';
import type { AnyJob } from './kit/define-job';
import type { Log } from './kit/log';
import { fold, inScript, type Script } from './kit/text';
import { createMailRender, type MailRender } from './render/mails';
import type { Render } from './render/render';
import { createVersions } from './store/versions';
import { notForAccount, type WechatClient } from './wechat/api/client';
import { createCustomerMessages } from './wechat/api/customer-messages';
import { createMass } from './wechat/api/mass';
import { createMedia } from './wechat/api/media';
import { createNotices } from './wechat/api/notices';
import { createTags as createTagCalls } from './wechat/api/tags';
import { createTemplates } from './wechat/api/templates';
import { createUsers } from './wechat/api/users';

/** Builds every domain once. This is what handlers, jobs and routes see. */
export function createServices(given: {
  config: Config;
  db: Connection;
  clock: Clock;
  log: Log;
  role: string;
  redis: Redis;
  render: Render;
  /** Makes personal QR codes; absent: this account may not, or nobody asks WeChat here. */
  mailQrcode?: MailQrcode | undefined;
  onGroup?: (size: number) => void;
  /** What lies in the outbox under a cause may be carried out now: sooner than the sweeper would find it. */
  hint?: (cause: string) => void;
  /** WeChat's API; absent: nobody asks WeChat here. */
  client?: Pick<WechatClient, 'get' | 'post' | 'upload' | 'download'>;
  /** Domains of a test. */
  more?: Record<string, unknown>;
}) {
  const { config, db, clock, log, role, redis } = given;
  const appId = config.WECHAT_APP_ID ?? simulatedAppId;
  const publicUrl = config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`;
  const defaultScript: Script = config.DEFAULT_SCRIPT === 'simplified' ? 'hans' : 'hant';
  const versions = createVersions({ db });
  const processes = createProcesses({ db, role, log });
  const inbox = createInbox({ db, processes, log, ...(given.onGroup ? { onGroup: given.onGroup } : {}) });
  const outbox = createOutbox({ db, clock });
  const timers = createTimers({ db, outbox, clock });
  const tickets = createTickets({ db });
  const cities = createCities({ db });
  const subscribers = createSubscribers({
    db,
    dataKey: config.dataKey,
    appId,
    clock,
    placeOf: (id) => cities.get(id),
  });
  const reach = createReach({
    db,
    clock,
    rations: {
      talk: config.CUSTOMER_MESSAGES_PER_TALK,
      tap: config.CUSTOMER_MESSAGES_PER_TAP,
      massPerMonth: config.MASS_PER_MONTH,
    },
  });
  const names = createNames({ db, clock });
  const points = createPoints({ db, clock });
  const hotels = createHotels({ db });
  const draws = createDraws({ db, clock, dataKey: config.dataKey });
  const campaigns = createCampaigns({
    db,
    clock,
    timers,
    tickets,
    draws,
    notBy: unplayed(config),
    strangers: subscribers.strangers,
    kinds: { [quizKind]: createQuizKind({ render: given.render }) },
  });
  const namesOf = (_campaign: string, pids: string[]) => names.nameOf(pids);
  const prizes = createPrizes({
    db,
    clock,
    log,
    tickets,
    timers,
    outbox,
    points,
    inbox,
    render: given.render,
    fanByPid: async (pid) => {
      const her = await subscribers.byPid(pid);
      return her && { script: defaultScript, ...her };
    },
    titleOf: (quiz) => campaigns.get(quiz)?.title,
    namesOf,
  });
  const quizzes = createQuizzes({
    db,
    redis,
    clock,
    log,
    key: config.dataKey,
    publicUrl,
    campaigns,
    points,
    awards: prizes.awards,
    tickets,
  });
  const { answerLog, scores, leaderboard, played, projector, proof, questionPages, quiz } = quizzes;
  const kinds = { [quizKind]: quizzes.settling };
  const settlement = createSettlement({
    db,
    clock,
    campaigns,
    kinds,
    points,
    awards: prizes.awards,
    draws,
    unanswered: inbox.undoneUpTo,
  });
  // Of all domains, once they are made.
  const audience = () => collected;
  const people = createPeople({
    db,
    clock,
    everybody: subscribers.everybody,
    among: subscribers.among,
    here: subscribers.here,
    wrote: inbox.wrote,
    firstWrote: inbox.firstWrote,
    audience,
  });
  const stages = createStages({ db, clock, subscribers, wrote: inbox.wrote, people });
  const purchases = createPurchases({
    db,
    clock,
    dataKey: config.dataKey,
    changed: async (pids) => {
      const known = await subscribers.known(pids);
      await people.refresh(known);
      await stages.look(known);
    },
  });
  const phones = createPhones({
    db,
    clock,
    log,
    key: config.dataKey,
    signature: config.SMS_SIGNATURE ?? '小藝旅行',
    sms: smsOf(config, log),
    bind: purchases.bindPhone,
    changed: async (pids) => people.refresh(await subscribers.known(pids)),
  });
  const segments = createSegments({
    db,
    clock,
    audience,
    people,
    circle: wholeCircle,
    usesOf: createNaming({ db }).usesOf,
  });
  const attributes = createAttributes({ db, clock });
  const surveys = createSurveys({
    db,
    clock,
    setAttribute: attributes.set,
    givePoints: points.give,
    holderOf(word) {
      const campaign = campaigns.byKeyword(fold(word));
      return campaign && `活動「${campaign.title}」`;
    },
    isCampaign: async (id) => (await campaigns.find(id)) !== undefined,
    notBy: unplayed(config),
    render: given.render,
  });
  const exports = createExports({ db, clock, namesOf, ...prizes });
  const maps = createMaps({ amapKey: config.AMAP_KEY, log });
  const weather = createWeather({
    provider: weatherOf(config),
    openMeteoUrl: config.OPEN_METEO_URL,
    openMeteoKey: config.OPEN_METEO_KEY,
    qweatherUrl: config.QWEATHER_URL,
    qweatherKey: config.QWEATHER_KEY,
    clock,
    log,
  });

  const mailRender = createMailRender().mail;
  const mailSender = mailSenderOf(config, log);
  const voices = voicesOf(config, { sender: mailSender, render: mailRender });

  const alarms = createAlarms({ db, clock, log, voices });
  const quota = createQuota({ db, clock, log });
  const links = createLinks({
    db,
    clock,
    key: config.dataKey,
    publicUrl,
    lookups: {
      hotel: async (id) => (await hotels.get(id))?.bookUrl,
      push: async (ref) => pushes.linkOf(ref),
    },
  });
  const mails = createMails({
    db,
    clock,
    log,
    key: config.dataKey,
    publicUrl,
    account: accountOf(config),
    render: mailRender,
    sender: mailSender,
    qrcode: given.mailQrcode,
    async her(pid) {
      const known = await subscribers.byPid(pid);
      if (!known) return undefined;
      const name = (await names.nameOf([pid])).get(pid) ?? '';
      return { name, script: known.script ?? defaultScript };
    },
    async undelivered(pid, cause) {
      const known = await subscribers.byPid(pid);
      const reply = given.render('mail-undelivered');
      if (known && reply.kind === 'text')
        await outbox.add({ id: `mail_${cause}`, fan: known.fan }, [
          {
            kind: 'tell',
            reply: { ...reply, text: inScript(reply.text, known.script ?? defaultScript) },
          },
        ]);
    },
    changed: async (pids) => people.refresh(await subscribers.known(pids)),
  });
  const client = given.client ?? noClient;
  const pushFiles = createPushFiles({ db, clock, media: createMedia({ client }) });
  const { mediaId } = pushFiles;
  const pushes = createPushes({
    db,
    clock,
    log,
    account: { type: config.WECHAT_ACCOUNT_TYPE, verified: config.WECHAT_VERIFIED },
    reach,
    segments,
    timers,
    outbox,
    alarms,
    routes: [
      customerRoute({ messages: createCustomerMessages({ client }), mediaId }),
      massRoute({ mass: createMass({ client }), mediaId }),
      templateRoute({ templates: createTemplates({ client }) }),
      noticeRoute({ notices: createNotices({ client }) }),
      smsRoute({ phones, problemsOf: problemsOfSms }),
      mailRoute({ mails }),
    ],
    async here(pids) {
      const some = await subscribers.readers(pids);
      return some.map(({ script, ...her }) => ({ ...her, script: script ?? defaultScript }));
    },
    openids: subscribers.openidsOf,
    async standing(pids) {
      const [sms, mail] = await Promise.all([phones.forPush(pids), mails.forPush(pids)]);
      return new Map(pids.map((pid) => [pid, { sms: sms.has(pid), mail: mail.has(pid) }]));
    },
    values: createValues({ db, names: names.chosenBy, cities: subscribers.citiesOf }),
    mediaId,
    linkTo: (push, n, pid) => links.to(publicUrl, { kind: 'push', ref: `${push}/${n}/${pid}` }),
    previewsLeft: () => quota.left('/cgi-bin/message/mass/preview'),
    approvalAbove: config.PUSH_APPROVAL_ABOVE,
    solo: config.SOLO_TEAM,
    inFlight: config.PUSH_IN_FLIGHT,
    perSecond: config.PUSH_PER_SECOND,
  });

  const sequences = createSequences({
    db,
    clock,
    log,
    timers,
    segments,
    pushes,
    refresh: async (pids) => people.refresh(await subscribers.known(pids)),
    follow: people.upkeep.sweep,
    approvalAbove: config.PUSH_APPROVAL_ABOVE,
    solo: config.SOLO_TEAM,
  });

  const tags = createTags({
    db,
    clock,
    segments,
    openidsOf: subscribers.openidsOf,
    wechat: createTagCalls({ client }),
  });
  const misses = createMisses({ db, clock, key: config.dataKey });
  const serviceHours = createServiceHours({ hours: config.SERVICE_HOURS, clock });
  const team = createTeam({ db, key: config.dataKey });
  const desk = createDesk({
    db,
    clock,
    timers,
    alarms,
    subscribers,
    reach,
    inbox,
    outbox,
    misses,
    render: given.render,
    defaultScript,
    hint: given.hint ?? (() => {}),
    isOpen: serviceHours.isOpen,
    team: async () =>
      (await team.list()).map(({ id, name, roles, state }) => ({
        id,
        name,
        answers: state === 'active' && may(roles, 'desk.answer'),
      })),
    here: config.DESK === 'console',
  });

  const domains = {
    /** Of somebody whose own is not known yet. */
    defaultScript,
    clock,
    alarms,
    audit: createAudit({
      db,
      key: config.dataKey,
      alarm: (text) => alarms.raise({ cause: 'audit', text }),
    }),
    tasks: createTasks({ db }),
    team,
    desk,
    versions,
    processes,
    inbox,
    outbox,
    timers,
    subscribers,
    reach,
    subscriberSync: createSubscriberSync({
      db,
      clock,
      subscribers,
      nameKeptUntil: campaigns.nameKeptUntil,
      outbox,
      refresh: people.refresh,
      users: createUsers({ client }),
    }),
    tags,
    directory: createDirectory({ db, clock, segments, subscribers, names, tags, stageNames }),
    tickets,
    cities,
    attributes,
    campaigns,
    channels: createChannels({ db }),
    content: createContent({ db, clock, cities, simulated: config.simulated }),
    notes: createNotes({ db, clock }),
    copies: createCopies({
      clock,
      key: config.dataKey,
      publicUrl,
      fanByPid: subscribers.byPid,
      copy: (her) => upkeep.copy(her),
    }),
    enquiries: createEnquiries({ db, clock }),
    exports,
    guides: createGuides({ db }),
    hotels,
    links,
    mails,
    maps,
    menus: createMenus({ db, clock, client, solo: config.SOLO_TEAM }),
    misses,
    people,
    phones,
    segments,
    segmentLists: createLists({ segments, subscribers }),
    players: createPlayers({
      scoresOf: scores.ofPeople,
      levelsOf: (quiz) => quizzes.levelsOf(quiz),
      perDayOf: quizzes.perDayOf,
      roundsOn: scores.roundsOn,
      ranking: scores.ranking,
      awards: prizes.awards,
      rejected: async (quiz) => (await settlement.held(quiz, 'rejected')).map(({ pid }) => pid),
    }),
    names,
    offers: createOffers({
      db,
      cities,
      campaigns,
      weather: weather.connected,
      maps: maps.available,
      phone: phones.available,
    }),
    leaderboard,
    answerLog,
    played,
    points,
    prizes,
    purchases,
    pushes,
    pushFiles,
    sequences,
    stages,
    cube: createCube({
      db,
      clock,
      standing: stages.counts,
      stages: stageRules.map((rule) => ({
        code: rule.stage,
        name: stageNames[rule.stage],
        isFed: !hasNoSource(rule),
        fedBy: rule.fedBy,
      })),
      asked: (Object.keys(topics) as TopicCode[]).map((topic) => nthAsked(topic, 1)),
    }),
    // After the cube: what is judged of a day is counted once it is judged.
    rfm: createRfm({ db, clock }),
    days: createDays({
      db,
      clock,
      subscribers,
      messages: inbox.countBetween,
      async answers(day) {
        const each = campaigns.all().map(({ id, kind }) => kinds[kind as keyof typeof kinds]?.on(id, day));
        return (await Promise.all(each)).reduce((all, one) => all + (one?.answers ?? 0), 0);
      },
    }),
    funnel: createFunnel({ clock, segments, campaigns }),
    draws,
    projector,
    proof,
    scores,
    settlement,
    questionPages,
    quiz,
    quizzes,
    quota,
    replies: createReplies({ db, clock, client: given.client }),
    reports: createReports({
      awards: prizes.awards,
      tickets,
      clock,
      kinds,
      followed: subscribers.countFollowed,
    }),
    serviceHours,
    sights: createSights({ db }),
    status: createStatus({ campaigns, tickets, settlement, exports }),
    surveys,
    trains: createTrains({ db }),
    weather,
  };
  const upkeep = collectUpkeep({ ...domains, ...given.more });
  const collected = collectAudience({ ...domains, ...given.more });
  return { ...given.more, ...domains, upkeep };
}

export type Services = ReturnType<typeof createServices>;

type JobsOf<Domain> = Domain extends { upkeep: { jobs: readonly (infer Job)[] } } ? Job : never;
type DomainJob = { [Name in keyof Services]: JobsOf<Services[Name]> }[keyof Services];
type Jobs = DomainJob extends AnyJob<Services> ? DomainJob : 'a job needs what the services have not';

/** What each job wants to know, by its name. */
export type JobTable = {
  [Job in Jobs as Job extends { name: infer Name extends string } ? Name : never]: Job extends {
    data: z.ZodType<infer Data>;
  }
    ? Data
    : never;
};

/** For who only asks our own data: what would be asked of WeChat is refused. */
const noClient: Pick<WechatClient, 'get' | 'post' | 'upload' | 'download'> = (() => {
  const refuse = () =>
    Promise.reject(new AppError('Conflict', notForAccount, '這裡不連微信；由運行中的程式去做。'));
  return { get: refuse, post: refuse, upload: refuse, download: refuse };
})();

/** Invented weather and the invented quiz are for the simulator: no brand tells its fans of them. */
const weatherOf = (config: Config) =>
  config.WEATHER_PROVIDER === 'sample' && !config.simulated ? 'none' : config.WEATHER_PROVIDER;
/** A brand's fans get mails from its own server, or none. */
function mailSenderOf(config: Config, log: Log) {
  const { MAIL_URL: url, MAIL_FROM: from } = config;
  if (url && from) return createSmtpSender({ url, from });
  if (!config.simulated) return undefined;
  const folder = join(config.dataDir, 'mails');
  return createKeepingSender({ folder, from: '小藝旅行 <mail@xiaoyi.example.com>', log });
}
/** What the account is called in mails: as they are from. */
const accountOf = ({ MAIL_FROM: from = '' }: Config): string =>
  /^"?([^"<@]+)"?\s*</.exec(from)?.[1]?.trim() ?? '小藝旅行';
/** By which ways our own people are told. */
function voicesOf(config: Config, mails: { sender: MailSender | undefined; render: MailRender }) {
  const { ALARM_WECOM_URL: url, ALARM_MAIL_TO: to } = config;
  const { sender, render } = mails;
  return {
    ...(url ? { wecom: createWecomVoice({ url }) } : {}),
    ...(to && sender ? { mail: createMailVoice({ to, sender, render }) } : {}),
  };
}
const unplayed = (config: Config) => (config.simulated ? undefined : sampleAuthor);

function smsOf(config: Config, log: Log): SmsSender | undefined {
  const [secretId, secretKey] = [config.SMS_SECRET_ID, config.SMS_SECRET_KEY];
  const [appId, templateId, signature] = [config.SMS_APP_ID, config.SMS_TEMPLATE_ID, config.SMS_SIGNATURE];
  if (secretId && secretKey && appId && templateId && signature)
    return createTencentSms({
      baseUrl: config.SMS_URL,
      region: config.SMS_REGION,
      log,
      secretId,
      secretKey,
      appId,
      templateId,
      pushTemplateId: config.SMS_PUSH_TEMPLATE_ID,
      signature,
    });
  // Never where anybody real could read what only her phone may.
  if (!config.simulated || config.production) return undefined;
  return createShownSms({ folder: join(config.dataDir, 'sms'), log });
}
