import type { Wait } from '../../src/domain/settlement/waits';
import { beijingMoment } from '../../src/kit/beijing';

/** One line for the morning page: what waits for whom, and how to go on. */
export function tellWait(campaign: string, wait: Wait): string {
  switch (wait.for) {
    case 'start':
      return `結束了，十分鐘後自動結算；現在就要：settle ${campaign}`;
    case 'settle':
      return `結算還沒有做完：settle ${campaign}`;
    case 'review':
      return `${wait.held} 人被留置，等人審核（${wait.blocks ? '名單還沒有公布' : '他們的獎品等著'}）：held ${campaign}，再 release 或 disqualify`;
    case 'value':
      if (!wait.due) return `抽獎 ${wait.draw} 等公開數「${wait.named}」，${beijingMoment(wait.at)} 公布`;
      return `抽獎 ${wait.draw} 等${wait.by ? ` ${wait.by} 以外的一位` : '兩位各自'}輸入「${wait.named}」：draw ${wait.draw} value 公開數`;
    case 'laterValue':
      return `抽獎 ${wait.draw} 的「${wait.named}」已經可以知道，等兩位另指定以後的：draw ${wait.draw} put-off`;
    case 'codes':
      return `獎品 ${wait.prize} 還缺 ${wait.missing} 個兌換碼：加進檔案的「兌換碼」表再 import，另一位 approve 後自動發給得主`;
    case 'nothing':
      return `抽獎 ${wait.draw} 開賽時沒有公布承諾，不能公開抽獎`;
  }
}
