import type { Campaign } from '../campaigns/campaign';
import type { Campaigns } from '../campaigns/campaigns';
import { laidFlat, type Quiz, quizKind } from './definition';

/**
 * The published campaigns that are quizzes, laid flat. One that did not change stays the same object, so what is derived
 * from it may hang on it (a WeakMap).
 */
export function createQuizCampaigns(
  campaigns: Pick<
    Campaigns,
    'all' | 'get' | 'find' | 'running' | 'byKeyword' | 'byMenuKey' | 'named' | 'calledBy' | 'latest'
  >,
) {
  const flat = new WeakMap<Campaign, Quiz>();

  function quizIn(campaign: Campaign | undefined): Quiz | undefined {
    if (campaign?.kind !== quizKind) return undefined;
    let quiz = flat.get(campaign);
    if (!quiz) flat.set(campaign, (quiz = laidFlat(campaign)));
    return quiz;
  }
  const quizzesIn = (all: readonly Campaign[]): Quiz[] => all.flatMap((one) => quizIn(one) ?? []);

  return {
    all: (): Quiz[] => quizzesIn(campaigns.all()),
    get: (id: string) => quizIn(campaigns.get(id)),
    /** In any state, from the database. */
    find: async (id: string) => quizIn(await campaigns.find(id)),
    running: (at?: number): Quiz[] => quizzesIn(campaigns.running(at)),
    byKeyword: (folded: string, at?: number) => quizIn(campaigns.byKeyword(folded, at)),
    byMenuKey: (key: string, at?: number) => quizIn(campaigns.byMenuKey(key, at)),
    named: (said: string, at?: number) => quizIn(campaigns.named(said, at)),
    calledBy: (quiz: Quiz, at?: number): string => campaigns.calledBy(quiz, at),
    latest: (at?: number) => quizIn(campaigns.latest(at)),
  };
}

export type QuizCampaigns = ReturnType<typeof createQuizCampaigns>;
