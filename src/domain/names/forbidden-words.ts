/**
 * What a fan may not call herself on a public board, as the account would be the one that shows it. Compared after
 * folding (script, width, case, spaces) and with signs dropped, anywhere inside a name. Operators extend it by hand.
 */
export const forbiddenWords: readonly string[] = [
  // Pretends to be us, the platform or an authority.
  ...'小藝|官方|客服|管理員|主辦|工作人員|系統|騰訊|微信|公眾號|紅包|中獎|領獎|警察|公安|政府|法院|記者'.split(
    '|',
  ),
  ...'admin|official|service|system|wechat|weixin|tencent'.split('|'),
  // Advertises or leads elsewhere.
  ...'加微|加我|微商|代購|代理|兼職|刷單|貸款|借錢|套現|發票|優惠券|推廣|掃碼|聯繫|電話|網址'.split('|'),
  ...'vx|qq'.split('|'),
  // Gambling, drugs, pornography, violence.
  ...'賭|博彩|彩票|六合|外掛|毒品|冰毒|大麻|約炮|裸|色情|成人|嫖|妓|淫|槍|炸彈|恐怖|殺人|自殺'.split('|'),
  ...'sex|porn|casino|bet365'.split('|'),
  // Insults.
  ...'傻逼|傻b|煞筆|沙比|腦殘|白痴|賤人|賤貨|婊|王八|混蛋|去死|他媽|你媽|操你|草泥馬|狗日|雜種|畜生|垃圾人|滾蛋'.split(
    '|',
  ),
  ...'fuck|shit|bitch|nigger'.split('|'),
  // Politics and its people have no place on a board of a game.
  ...'習近平|毛澤東|江澤民|胡錦濤|李克強|李強|共產黨|國民黨|民進黨|台獨|港獨|藏獨|疆獨|法輪|六四|天安門事件|反共|納粹|希特勒'.split(
    '|',
  ),
];
