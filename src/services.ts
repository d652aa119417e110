import type { Redis } from 'ioredis';
import type { Connection } from 'mongoose';
import type { Config } from './config';
import { attributeIndexes, createAttributes } from './domain/attributes/attributes';
import { createCampaigns, quizIndexes } from './domain/campaigns/campaigns';
import { createHeld } from './domain/campaigns/published';
import { createChannels } from './domain/channels/channels';
import { createCities } from './domain/cities/cities';
import { createDraws, drawIndexes } from './domain/draws/draws';
import { createEnquiries, enquiryIndexes } from './domain/enquiries/enquiries';
import { createGuides } from './domain/guides/guides';
import { createHotels, hotelIndexes } from './domain/hotels/hotels';
import { createInbox, inboxIndexes } from './domain/inbox/inbox';
import { createProcesses } from './domain/inbox/processes';
import { createLinks } from './domain/links/links';
import { createMaps } from './domain/maps/maps';
import { createMisses, missIndexes } from './domain/misses/misses';
import { createNames } from './domain/names/names';
import { createOffers } from './domain/offers/offers';
import { createOutbox, outboxIndexes } from './domain/outbox/outbox';
import { createPoints, pointsIndexes } from './domain/points/points';
import { createPrizes, prizeIndexes } from './domain/prizes/prizes';
import { createTickets, ticketIndexes } from './domain/prizes/tickets';
import { createLeaderboard } from './domain/quiz/board/leaderboard';
import type { QuizState } from './domain/quiz/definition';
import { createOrders, orderIndexes } from './domain/quiz/log/answers';
import { createProjector } from './domain/quiz/log/projector';
import { createProof } from './domain/quiz/log/proof';
import { createScores, scoreIndexes } from './domain/quiz/log/scores';
import { createJoining } from './domain/quiz/play/joining';
import { createPlaying } from './domain/quiz/play/play';
import { createQuestionPages } from './domain/quiz/play/question-page';
import { createPlayed } from './domain/quiz/played';
import { createMembers } from './domain/quiz/players';
import { createQuiz } from './domain/quiz/quiz';
import { sampleAuthor } from './domain/quiz/workbook/sample';
import { createReplies, replyIndexes } from './domain/replies/replies';
import { createServiceHours } from './domain/service-hours/service-hours';
import { holdIndexes } from './domain/settlement/holds';
import { passingIndexes } from './domain/settlement/passing';
import { createSettlement } from './domain/settlement/settlement';
import { createSights, sightIndexes } from './domain/sights/sights';
import { createSubscribers, subscriberIndexes } from './domain/subscribers/subscribers';
import { createTimers, timerIndexes } from './domain/timers/timers';
import { createTrains, trainIndexes } from './domain/trains/trains';
import { createWeather } from './domain/weather/weather';
import type { Clock } from './kit/clock';
import type { Log } from './kit/log';
import type { Script } from './kit/text';
import type { Render } from './render/render';
import type { IndexSpec } from './store/indexes';
import { createVersions } from './store/versions';

/** Every index of every domain; `web` refuses to start without those that state invariants. */
export const indexes: IndexSpec[] = [
  ...inboxIndexes,
  ...missIndexes,
  ...outboxIndexes,
  ...subscriberIndexes,
  ...timerIndexes,
  ...enquiryIndexes,
  ...hotelIndexes,
  ...sightIndexes,
  ...trainIndexes,
  ...replyIndexes,
  ...orderIndexes,
  ...quizIndexes,
  ...attributeIndexes,
  ...ticketIndexes,
  ...prizeIndexes,
  ...pointsIndexes,
  ...scoreIndexes,
  ...drawIndexes,
  ...holdIndexes,
  ...passingIndexes,
];

/** The order log of a quiz in one of these states may still get answers, or is not settled yet. */
const mayGrow: QuizState[] = ['running', 'paused', 'ended', 'settling'];

/** Builds every domain once. This is what handlers, jobs and routes see. */
export function createServices(given: {
  config: Config;
  db: Connection;
  clock: Clock;
  log: Log;
  role: string;
  redis: Redis;
  render: Render;
  onGroup?: (size: number) => void;
}) {
  const { config, db, clock, log, role, redis } = given;
  const appId = config.WECHAT_APP_ID ?? '';
  const publicUrl = config.PUBLIC_URL ?? `http://${config.HOST}:${config.PORT}`;
  const defaultScript: Script = config.DEFAULT_SCRIPT === 'simplified' ? 'hans' : 'hant';
  const versions = createVersions({ db });
  const processes = createProcesses({ db, role, log });
  const inbox = createInbox({ db, processes, log, ...(given.onGroup ? { onGroup: given.onGroup } : {}) });
  const outbox = createOutbox({ db, clock });
  const timers = createTimers({ db, outbox, clock });
  const tickets = createTickets({ db });
  const subscribers = createSubscribers({ db, dataKey: config.dataKey, appId, clock });
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
    render: given.render,
  });
  const orders = createOrders({ db, rulesAt: campaigns.rulesAt });
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
    namesOf: (_quiz, pids) => names.nameOf(pids),
    played: createPlayed({ db }),
    followed: subscribers.countFollowed,
  });
  const scores = createScores({ db });
  const leaderboard = createLeaderboard({ redis, prefix: `xiaoyi-${db.name}`, db });
  const playedQuiz = async (id: string) => {
    const quiz = campaigns.get(id) ?? (await campaigns.find(id));
    if (!quiz) throw new Error(`The quiz ${id} is gone, but its log says that prizes were won.`);
    return quiz;
  };
  const joining = createJoining({ awards: prizes.awards, quizOf: playedQuiz });
  const projector = createProjector({
    db,
    orders,
    points,
    rulesAt: campaigns.rulesAt,
    quizzes: () => campaigns.all().flatMap(({ id, state }) => (mayGrow.includes(state) ? [id] : [])),
    leaderboard,
    award: async ({ quiz, win }) => prizes.awards.award(await playedQuiz(quiz), win),
    join: joining.give,
    log,
  });
  const settlement = createSettlement({
    db,
    clock,
    campaigns,
    orders,
    projector,
    scores,
    points,
    awards: prizes.awards,
    draws,
    leaderboard,
    unanswered: inbox.undoneUpTo,
  });
  prizes.passOnWith(settlement.passOn);
  const cities = createCities({ db });
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

  return {
    /** Of somebody whose own is not known yet. */
    defaultScript,
    clock,
    versions,
    processes,
    inbox,
    outbox,
    timers,
    subscribers,
    tickets,
    cities,
    attributes: createAttributes({ db, clock }),
    campaigns,
    channels: createChannels({ db }),
    enquiries: createEnquiries({ db, clock }),
    guides: createGuides({ db }),
    hotels,
    links: createLinks({
      db,
      clock,
      key: config.dataKey,
      publicUrl,
      lookups: { hotel: async (id) => (await hotels.get(id))?.bookUrl },
    }),
    maps,
    misses: createMisses({ db, clock, key: config.dataKey }),
    members: createMembers({
      ranking: scores.ranking,
      awards: prizes.awards,
      rejected: async (quiz) => (await settlement.held(quiz, 'rejected')).map(({ pid }) => pid),
    }),
    names,
    offers: createOffers({ db, cities, campaigns, weather: weather.connected, maps: maps.available }),
    leaderboard,
    orders,
    points,
    prizes,
    draws,
    projector,
    proof: createProof({ db, orders, rulesAt: campaigns.rulesAt, projector, points }),
    scores,
    settlement,
    questionPages: createQuestionPages({ campaigns, publicUrl, key: config.dataKey }),
    quiz: createQuiz({
      campaigns,
      playing: createPlaying({ orders, now: clock.now }),
      orders,
      awards: prizes.awards,
      tickets,
    }),
    replies: createReplies({ db, clock }),
    serviceHours: createServiceHours({ hours: config.SERVICE_HOURS, clock }),
    sights: createSights({ db }),
    trains: createTrains({ db, clock }),
    weather,
  };
}

export type Services = ReturnType<typeof createServices>;

/** What can be answered now, for commands. */
export async function readOffers({ config, db, clock }: { config: Config; db: Connection; clock: Clock }) {
  const cities = createCities({ db });
  const campaigns = createHeld({ db, clock, notBy: unplayed(config) });
  const maps = config.AMAP_KEY !== undefined;
  const offers = createOffers({ db, cities, campaigns, weather: weatherOf(config) !== 'none', maps });
  await Promise.all([cities.load(), campaigns.load()]);
  await offers.load();
  return offers;
}

/** Invented weather and the invented quiz are for the simulator: no brand tells its fans of them. */
const weatherOf = (config: Config) =>
  config.WEATHER_PROVIDER === 'sample' && !config.simulated ? 'none' : config.WEATHER_PROVIDER;
const unplayed = (config: Config) => (config.simulated ? undefined : sampleAuthor);
