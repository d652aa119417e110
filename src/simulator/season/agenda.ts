/** What comes next in time: a binary heap. Equal times keep the order in which they were put down. */
export function createAgenda<What>() {
  type Item = { at: number; n: number; what: What };
  const heap: Item[] = [];
  let count = 0;
  const before = (a: Item, b: Item): boolean => a.at < b.at || (a.at === b.at && a.n < b.n);
  const swap = (i: number, j: number): void => {
    [heap[i], heap[j]] = [heap[j] as Item, heap[i] as Item];
  };

  return {
    add(at: number, what: What): void {
      heap.push({ at, n: count++, what });
      for (let i = heap.length - 1; i > 0; ) {
        const parent = (i - 1) >> 1;
        if (!before(heap[i] as Item, heap[parent] as Item)) break;
        swap(i, parent);
        i = parent;
      }
    },
    /** When the next is due. */
    next: (): number | undefined => heap[0]?.at,
    take(): What | undefined {
      const [first] = heap;
      const last = heap.pop();
      if (!first || !last || heap.length === 0) return first?.what;
      heap[0] = last;
      for (let i = 0; ; ) {
        let least = i;
        for (const child of [2 * i + 1, 2 * i + 2])
          if (child < heap.length && before(heap[child] as Item, heap[least] as Item)) least = child;
        if (least === i) return first.what;
        swap(i, least);
        i = least;
      }
    },
  };
}

export type Agenda<What> = ReturnType<typeof createAgenda<What>>;
