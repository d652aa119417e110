import type { Connection } from 'mongoose';

/** A standing by its campaign: its kind said, its campaign no longer in it. */
const byCampaign = (standings: object) => ({
  $arrayToObject: {
    $map: {
      input: standings,
      as: 'one',
      in: {
        k: '$$one.quiz',
        v: {
          $mergeObjects: [
            { kind: 'quiz' },
            {
              $unsetField: {
                field: 'others',
                input: { $unsetField: { field: 'quiz', input: '$$one' } },
              },
            },
          ],
        },
      },
    },
  },
});

/** Where she stood in quizzes was one standing with the others in it, hers and in her grave. */
export async function playsByCampaign(db: Connection): Promise<void> {
  for (const [collection, old, under] of [
    ['subscribers', 'talk.quiz', 'talk.'],
    ['graves', 'play', ''],
  ] as const)
    await db.collection(collection).updateMany({ [old]: { $exists: true } }, [
      {
        $set: {
          [`${under}playing`]: `$${old}.quiz`,
          [`${under}plays`]: byCampaign({
            $concatArrays: [[`$${old}`], { $ifNull: [`$${old}.others`, []] }],
          }),
        },
      },
      { $unset: old },
    ]);
}
